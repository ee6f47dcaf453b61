"""The frame of the pages: French writing, fields, marks, tables, pictures, errors, colours, the menu."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import InputRequired

from matching import web
from matching.access.permissions import Permission
from matching.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, RuleRefused
from matching.terms import Criterion, MatchStatus, OfferState, ProposalState
from matching.web import formats, theme
from matching.web.forms import Form, FrenchDateField, VersionField
from matching.web.guard import public, requires
from tests.support import factories as make
from tests.support.pages import client_of

Draw = Callable[..., str]


def plain(text: str) -> str:
    """Every kind of space made a plain one."""
    return re.sub(r"\s+", " ", text).strip()


@pytest.fixture
def draw(app: Flask) -> Draw:
    """Draws a piece of template, the macros named `fields`, `marks`, `tables`, `states`, `pictures`."""
    names = ("fields", "marks", "tables", "states", "pictures")
    start = "".join(f'{{% import "macros/{name}.html" as {name} with context %}}' for name in names)

    def render(source: str, **context: Any) -> str:
        with app.test_request_context("/aide"):
            app.preprocess_request()
            return str(app.jinja_env.from_string(start + source).render(**context))

    return render


def words(html: str) -> str:
    """What is read of `html`, without its tags."""
    return plain(unescape(re.sub(r"<[^>]*>", "", html)))


# French writing


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formats.long_date(date(2026, 6, 9)), "9 juin 2026"),
        (formats.long_date(date(2026, 9, 1)), "1er septembre 2026"),
        (formats.long_date(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)), "1er janvier 2027"),
        (formats.long_date(None), "inconnue"),
        (formats.full_date(date(2026, 6, 9)), "Mardi 9 juin 2026"),
        (formats.instant(datetime(2026, 6, 9, 12, 30, tzinfo=UTC)), "9 juin 2026 à 14 h 30"),
        (formats.instant(datetime(2026, 12, 9, 13, 0, tzinfo=UTC)), "9 décembre 2026 à 14 h"),
        (formats.hours(870), "14 h 30"),
        (formats.hours(545), "9 h 05"),
        (formats.hours(2100), "35 h"),
        (formats.hours(0), "0 h"),
        (formats.hours(None), "à préciser"),
        (formats.amount(125000), "1 250,00 €"),
        (formats.amount(1205), "12,05 €"),
        (formats.amount(123456789), "1 234 567,89 €"),
        (formats.amount(-50), "−0,50 €"),
        (formats.amount(None), "à préciser"),
        (formats.duration(1), "1 jour"),
        (formats.duration(13), "13 jours"),
        (formats.duration(21), "3 semaines"),
        (formats.duration(120), "4 mois"),
        (formats.duration(None), ""),
        (formats.count(0, "personne", feminine=True), "aucune personne"),
        (formats.count(1, "offre", feminine=True), "une offre"),
        (formats.count(0, "poste"), "aucun poste"),
        (formats.count(12, "poste"), "12 postes"),
        (formats.count(2, "travail", "travaux"), "2 travaux"),
        (formats.ago(date(2026, 6, 9), date(2026, 6, 9)), "aujourd’hui"),
        (formats.ago(date(2026, 6, 8), date(2026, 6, 9)), "hier"),
        (formats.ago(date(2026, 5, 28), date(2026, 6, 9)), "il y a 12 jours"),
        (formats.size(10 * 1024 * 1024), "10 Mo"),
        (formats.size(512 * 1024), "512 ko"),
    ],
)
def test_figures_and_dates_in_french(written: str, expected: str) -> None:
    assert plain(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        formats.long_date(date(2026, 6, 9)),
        formats.hours(870),
        formats.amount(125000),
        formats.count(12, "poste"),
    ],
)
def test_figures_never_break_across_lines(written: str) -> None:
    assert " " not in written


# Forms


class Sample(Form):
    name = StringField("Intitulé", [InputRequired("Saisissez l’intitulé du poste.")])
    starts = FrenchDateField("Début")
    night = BooleanField("De nuit")
    kind = RadioField("Contrat", choices=["CDI", "CDD"], validate_choice=False)
    version = VersionField()


@pytest.fixture
def fill(app: Flask) -> Iterator[Callable[..., Sample]]:
    """Makes the form as sent with these values."""
    with app.test_request_context("/", method="POST"):
        yield lambda **values: Sample(MultiDict(values))


@pytest.mark.parametrize("typed", ["09/06/2026", "2026-06-09", " 9/6/2026 "])
def test_days_as_people_write_them(fill: Callable[..., Sample], typed: str) -> None:
    assert fill(starts=typed).starts.data == date(2026, 6, 9)


def test_a_day_that_does_not_exist_is_kept_as_typed_and_says_what_to_write(fill: Callable[..., Sample]) -> None:
    form = fill(name="Plongeur", starts="31/02/2026")
    assert not form.validate()
    assert form.starts.errors
    assert form.starts._value() == "31/02/2026"


@pytest.mark.parametrize(("typed", "version"), [("12", 12), ("", 0), ("-1", 0), ("²", 0), ("9" * 40, 0), ("x", 0)])
def test_a_version_is_a_small_whole_number(fill: Callable[..., Sample], typed: str, version: int) -> None:
    assert fill(version=typed).version.data == version


def test_what_a_service_refuses_stands_beside_its_field(fill: Callable[..., Sample]) -> None:
    form = fill(name="Plongeur")
    form.take_errors(Invalid("Rien.", [FieldError("name", "Trop vague."), FieldError("elsewhere", "Pas ici.")]))
    assert form.errors == {"name": ["Trop vague."], "": ["Pas ici."]}


def test_a_refusal_without_field_goes_to_the_top(fill: Callable[..., Sample], draw: Draw) -> None:
    form = fill(name="Plongeur")
    form.take_errors(Invalid("Deux dates se contredisent."))
    assert "Deux dates se contredisent." in draw("{{ fields.summary(form) }}", form=form)


def test_the_summary_leads_to_the_field_that_says_the_same(fill: Callable[..., Sample], draw: Draw) -> None:
    form = fill()
    form.validate()
    summary = draw("{{ fields.summary(form) }}", form=form)
    field = draw("{{ fields.field(form.name, hint='Comme sur l’affiche') }}", form=form)
    assert 'href="#name"' in summary
    assert 'role="alert"' in summary
    assert "Saisissez l’intitulé du poste." in words(summary)
    assert "Saisissez l’intitulé du poste." in words(field)
    assert_described(field, "name", invalid=True)


def assert_described(html: str, field_id: str, *, invalid: bool) -> None:
    """The control `field_id` has a label, and what describes it exists."""
    control = re.search(rf'<(?:input|select|textarea)\b[^>]*\bid="{field_id}"[^>]*>', html)
    assert control, html
    assert f'for="{field_id}"' in html
    assert ('aria-invalid="true"' in control[0]) is invalid
    described = re.search(r'aria-describedby="([^"]*)"', control[0])
    for target in described[1].split() if described else ():
        assert f'id="{target}"' in html, target
    shown = re.findall(r'class="(?:hint|field-error)" id="([^"]*)"', html)
    assert sorted(described[1].split() if described else ()) == sorted(shown)


@pytest.mark.parametrize("error", ["", "Écrivez une date comme 09/06/2026."])
@pytest.mark.parametrize("hint", ["", "Nom ou code postal"])
@pytest.mark.parametrize("kind", ["type='text'", "type='textarea'", "options=[('', 'Toutes'), ('44', 'Nantes')]"])
def test_a_field_written_by_hand_is_described_too(draw: Draw, kind: str, hint: str, error: str) -> None:
    html = draw(
        f"{{{{ fields.plain('town', 'Commune', '44', hint=hint, error=error, {kind}) }}}}", hint=hint, error=error
    )
    assert_described(html, "town", invalid=bool(error))
    assert 'value="44"' in html or ">44<" in html


def test_what_was_typed_is_never_markup(draw: Draw) -> None:
    html = draw("{{ fields.plain('town', 'Commune', typed) }}", typed='"><script>alert(1)</script>')
    assert "<script" not in html


@pytest.mark.parametrize("errors", [[], ["Cochez pour confirmer."]])
def test_a_box_and_a_group_say_their_hint_and_error(fill: Callable[..., Sample], draw: Draw, errors: list[str]) -> None:
    form = fill(kind="CDD")
    form.night.errors = form.kind.errors = errors
    box = draw("{{ fields.checkbox(form.night, hint='Entre 21 h et 6 h') }}", form=form)
    assert_described(box, "night", invalid=bool(errors))
    group = draw("{{ fields.radios(form.kind, hint='Le premier proposé') }}", form=form)
    described = re.search(r'<fieldset[^>]*aria-describedby="([^"]*)"', group)
    assert described
    assert [f'id="{target}"' in group for target in described[1].split()] == [True] * (1 + len(errors))


def test_choices_are_one_group_with_its_name(fill: Callable[..., Sample], draw: Draw) -> None:
    html = draw("{{ fields.radios(form.kind) }}", form=fill(kind="CDD"))
    assert "<legend>Contrat</legend>" in html
    assert len(re.findall(r'type="radio"', html)) == 2
    assert len(re.findall(r"\bchecked\b", html)) == 1


# Marks


def _item(criterion: Criterion, status: MatchStatus, **more: Any) -> SimpleNamespace:
    known = {
        "asked": "CACES 3",
        "known": "Jamais demandé",
        "importance": "",
        "source": "",
        "advice": None,
        "question": "",
    }
    return SimpleNamespace(criterion=criterion, short=criterion.label[:6], status=status, **{**known, **more})


def test_each_status_has_its_own_drawing(draw: Draw) -> None:
    shapes = dict(re.findall(r'<symbol id="(.*?)".*?>(.*)</symbol>', draw("{{ marks.drawings() }}")))
    shown = [
        re.search(r'<use href="#(.*?)"', draw("{{ marks.glyph(status, class) }}", status=status, **{"class": kind}))
        for kind in ("mk", "mk-in")
        for status in MatchStatus
        if status is not MatchStatus.NOT_ASKED
    ]
    assert {found[1] for found in shown if found} == shapes.keys()
    assert len(shown) == 2 * len(set(shapes.values()))


def test_marks_are_read_aloud_in_words_and_bold_unless_met(draw: Draw) -> None:
    items = [_item(Criterion.TRAVEL, MatchStatus.LIFTABLE), _item(Criterion.PAY, MatchStatus.MET)]
    html = draw("{{ marks.marks(items) }}", items=items)
    assert plain(
        unescape(re.sub(r'.*?<span class="visually-hidden">(.*?)</span>', r"\1|", html, flags=re.S))
    ).startswith("Trajet : à lever|Salaire : rempli|")
    assert html.count('class="on"') == 1


@pytest.mark.parametrize(
    ("counts", "delay", "expected"),
    [
        (
            {"met": 9, "liftable": 1, "unknown": 2},
            "3 semaines",
            "9 critères remplis · 1 à lever (3 semaines) · 2 à confirmer",
        ),
        ({"met": 1, "partly": 0, "blocking": 2}, "", "1 critère rempli · 2 bloquants"),
        ({"met": 12}, "", "12 critères remplis"),
    ],
)
def test_the_summary_leaves_out_what_is_none(draw: Draw, counts: dict[str, int], delay: str, expected: str) -> None:
    html = draw(
        "{{ marks.summary(counts, delay) }}", counts={MatchStatus(k): n for k, n in counts.items()}, delay=delay
    )
    assert words(html) == expected
    assert "<b>" not in html.split("·")[0]


def test_two_facts_side_by_side_with_the_question_to_ask(draw: Draw) -> None:
    item = _item(Criterion.CERTIFICATES, MatchStatus.UNKNOWN, question="Avez-vous le CACES 3 ?")
    text = words(draw("{{ marks.pairs([item], 'Critères') }}", item=item))
    for expected in (
        "L’offre demande",
        "La personne",
        "CACES 3",
        "Jamais demandé",
        "À confirmer",
        "Avez-vous le CACES 3 ?",
    ):
        assert expected in text


# Tables, states, pictures


def _address(**arguments: Any) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in arguments.items())


@pytest.mark.parametrize(
    ("sort", "direction", "aria", "following"),
    [("name", "asc", "ascending", "desc"), ("name", "desc", "descending", "asc"), ("age", "asc", None, "asc")],
)
def test_a_head_says_the_order_and_offers_the_other(
    draw: Draw, sort: str, direction: str, aria: str | None, following: str
) -> None:
    html = draw(
        "{{ tables.sort_head('Nom', 'name', sort, direction, url) }}", sort=sort, direction=direction, url=_address
    )
    assert re.findall(r'aria-sort="(\w+)"', html) == ([aria] if aria else [])
    assert f"sens={following}" in html


@pytest.mark.parametrize(("page", "pages", "links"), [(1, 1, []), (1, 3, ["2"]), (2, 3, ["1", "3"]), (3, 3, ["2"])])
def test_pages_before_and_after(draw: Draw, page: int, pages: int, links: list[str]) -> None:
    html = draw("{{ tables.pagination(page, pages, url) }}", page=page, pages=pages, url=_address)
    assert re.findall(r"page=(\d+)", html) == links


def test_each_filter_can_be_removed_and_none_shows_nothing(draw: Draw) -> None:
    html = draw("{{ tables.chips([('Permis C', '?c=1'), ('Nantes', '?p=1')]) }}")
    assert re.findall(r'href="([^"]*)"', html) == ["?c=1", "?p=1"]
    assert words(html).count("Retirer le filtre") == 2
    assert not plain(draw("{{ tables.chips([]) }}"))


def test_nothing_yet_is_not_nothing_with_these_filters(draw: Draw) -> None:
    yet = draw("{{ tables.empty_yet('Aucune offre', 'Ajoutez-en une.', '/offres/nouvelle', 'Ajouter') }}")
    filtered = draw("{{ tables.empty_filtered('Aucune offre', [('Permis C', '?')]) }}")
    assert "/offres/nouvelle" in yet
    assert "Retirer « Permis C »" in words(filtered)


@pytest.mark.parametrize("term", [*OfferState, *ProposalState], ids=str)
def test_a_state_is_a_shape_and_a_word(draw: Draw, term: OfferState | ProposalState) -> None:
    html = draw("{{ states.state(term) }}", term=term)
    assert words(html) == term.label
    assert "<svg" in html


def test_pictures_have_the_same_figures_in_words(draw: Draw) -> None:
    bars = draw("{{ pictures.bars([('Permis B', 14, 'aide, 4 mois'), ('CACES 1', 7, '')], 'Offres en plus') }}")
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', bars)]
    assert widths[0] == 2 * widths[1]
    assert re.findall(r'<td class="num">(\d+)</td>', bars) == ["14", "7"]
    point = SimpleNamespace(x=10, y=20, label="Rezé", count=4, kind="people")
    town_map = draw("{{ pictures.map([point], 'Où sont-elles ?') }}", point=point)
    assert "Rezé" in words(town_map)
    assert 'aria-label="Où sont-elles ?"' in town_map


def test_no_bar_for_nothing_and_no_division_by_zero(draw: Draw) -> None:
    assert 'width="0.0"' in draw("{{ pictures.bars([('CACES 1', 0, '')], 'Offres') }}")
    assert "<rect" not in draw("{{ pictures.bars([], 'Offres') }}")


# Errors


def _raising(app: Flask, error: Exception) -> None:
    @app.get("/essai")
    @public
    def essai() -> str:
        raise error


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotFound(), 404, "n’existe pas"),
        (Forbidden(), 403, "l’administration"),
        (Conflict("Julie vient de la proposer."), 409, "Julie vient de la proposer."),
        (RuleRefused("Salaire sous le SMIC."), 422, "Salaire sous le SMIC."),
        (Invalid("À reprendre.", [FieldError("pay", "Écrivez 12,50.")]), 422, "Écrivez 12,50."),
        (RequestEntityTooLarge(), 413, "10 Mo au plus"),
        (RuntimeError("secret of the house"), 500, "Rien n’a été enregistré"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_errors_say_what_to_do(app: Flask, error: Exception, status: int, said: str) -> None:
    _raising(app, error)
    app.config["TESTING"] = app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()
    page, fragment = client.get("/essai"), client.get("/essai", headers={"HX-Request": "true"})
    assert page.status_code == fragment.status_code == status
    for answer in (page, fragment):
        assert said in words(answer.text)
        assert "secret of the house" not in answer.text
    assert "<html" in page.text
    assert "<html" not in fragment.text
    assert 'role="alert"' in fragment.text


def test_a_file_too_heavy_is_told_the_limit_of_this_installation(app: Flask) -> None:
    _raising(app, RequestEntityTooLarge())
    app.extensions["matching"].settings.upload_max_bytes = 3 * 1024 * 1024
    assert "3 Mo au plus" in words(app.test_client().get("/essai").text)


# Guard, menu, session


def test_a_page_that_declares_nothing_opens_for_nobody(app: Flask) -> None:
    app.add_url_rule("/oubli", "forgotten", lambda: "seen")
    admin = make.administrator(app.extensions["matching"])
    for client in (app.test_client(), client_of(app, admin)):
        answer = client.get("/oubli")
        assert answer.status_code == 404
        assert "seen" not in answer.text


def test_a_page_asks_its_permission(app: Flask) -> None:
    @app.get("/reserve")
    @requires(Permission.ADMINISTER)
    def reserved() -> str:
        return "seen"

    ctx = app.extensions["matching"]
    nobody = app.test_client().get("/reserve?a=1")
    assert (nobody.status_code, nobody.location) == (302, "/connexion?next=/reserve?a%3D1")
    assert client_of(app, make.adviser(ctx)).get("/reserve").status_code == 403
    assert client_of(app, make.administrator(ctx)).get("/reserve").text == "seen"


def _menu(page: str) -> dict[str, bool]:
    """Label → whether it is the current one."""
    inside = re.search(r'<nav class="menu".*?</nav>', page, re.S)
    found = re.findall(r"<a ([^>]*)>([^<]*)</a>", inside[0]) if inside else []
    return {label: "aria-current" in attributes for attributes, label in found}


def test_the_menu_is_that_of_the_role(app: Flask) -> None:
    ctx = app.extensions["matching"]
    menus = {
        actor.role: set(_menu(client_of(app, actor).get("/aide").text))
        for actor in (
            make.adviser(ctx),
            make.manager(ctx),
            make.employer(ctx),
            make.pilot(ctx),
            make.administrator(ctx),
        )
    }
    asked = {"Personnes", "Mes offres", "Unité", "Équité", "Administration"}
    assert {role.value: labels & asked for role, labels in menus.items()} == {
        "adviser": {"Personnes"},
        "unit_manager": {"Personnes", "Unité", "Équité"},
        "employer": {"Mes offres"},
        "pilot": {"Équité"},
        "administrator": {"Administration"},
    }
    assert _menu(app.test_client().get("/aide").text) == {}


def test_the_ranked_page_stands_under_offers(app: Flask) -> None:
    ctx = app.extensions["matching"]
    actor = make.adviser(ctx)
    page = client_of(app, actor).get(f"/offres/{make.offer(ctx)}/personnes").text
    assert [label for label, current in _menu(page).items() if current] == ["Offres"]


def test_static_files_ask_the_database_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(app, make.adviser(app.extensions["matching"]))
    asked: list[str] = []
    monkeypatch.setattr("matching.services.accounts.find_actor", lambda ctx, token: asked.append(token))
    with client.get("/static/theme.css") as answer:
        assert answer.status_code == 200
    assert asked == []
    client.get("/aide")
    assert len(asked) == 1


# Colours, vendored files


@pytest.mark.parametrize(
    ("colour", "contrast"), [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#1c4f8f", 8.2)]
)
def test_contrast_on_white(colour: str, contrast: float) -> None:
    assert theme.contrast_on_white(colour) == pytest.approx(contrast, abs=0.05)


@pytest.mark.parametrize("colour", ["#777777", "#ffd84d", "blue", "#12", "#1c4f8f;}body{display:none"])
def test_a_colour_that_cannot_be_read_is_refused(colour: str) -> None:
    with pytest.raises(Invalid):
        theme.stylesheet(colour)


def test_a_departement_s_colour_reaches_the_page() -> None:
    assert "--brand:#0b5d3b" in theme.stylesheet("#0b5d3b")
    assert theme.stylesheet("") == ""


def test_vendored_files_are_those_that_were_read() -> None:
    folder = Path(web.__file__).parent / "static" / "vendor"
    written = dict(re.findall(r"\| ([\w.-]+\.(?:css|js)) \|.*\| ([0-9a-f]{64}) \|", (folder / "VENDOR.md").read_text()))
    held = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.suffix != ".md"
    }
    assert held == written
