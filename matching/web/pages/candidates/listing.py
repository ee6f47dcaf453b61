"""The list of the unit's people and its export.

The words searched are kept in the session, never in the address: addresses stay in histories and logs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from matching.access.permissions import Permission
from matching.exchange.tables import write_csv, write_xlsx
from matching.services import candidates
from matching.services.candidates import CandidateFilter, Order
from matching.services.candidates.directory import MINE, NOBODY, PAGE_SIZES, SORTS, FilterChoices
from matching.terms import CandidateState
from matching.web.guard import requires
from matching.web.pages.candidates.blueprint import blueprint
from matching.web.pages.candidates.forms import pairs
from matching.web.session import actor, context

WORDS_KEY = "people_words"
FORGET = "sans-recherche"
_NOT_KEPT = ("q", "kind", FORGET)
PARAMETERS = {
    "adviser": "suivi",
    "commune": "commune",
    "goal": "metier",
    "state": "etat",
    "idle_days": "sans",
    "missing": "manque",
}
"""Names of the filters in the address: all but the words."""

COLUMNS = (
    ("name", "Personne"),
    ("goal", "Projet"),
    ("commune", "Commune"),
    ("idle", "Sans proposition"),
    ("adviser", "Suivi par"),
    ("updated", "Mise à jour"),
)


@dataclass(frozen=True)
class Chip:
    """One active filter: `url` is the list without it; `freed` says how many people that gives, when empty."""

    label: str
    url: str
    freed: int | None = None


def read_filter() -> CandidateFilter:
    """The filters of this address; what cannot be read restricts nothing."""
    days = _argument("sans")
    return CandidateFilter(
        words=str(session.get(WORDS_KEY, "")),
        adviser=_argument("suivi"),
        commune=_argument("commune"),
        goal=_argument("metier"),
        state=_argument("etat"),
        idle_days=int(days) if days.isdecimal() and len(days) < 5 else None,
        missing=_argument("manque"),
    )


def _argument(name: str) -> str:
    return _clean(request.args.get(name, ""))


def _clean(text: str) -> str:
    # PostgreSQL takes no NUL in a text.
    return text.replace("\x00", "").strip()[:100]


def read_order() -> Order:
    """The order of this address."""
    key = request.args.get("sort", "")
    return Order(key if key in SORTS else "name", request.args.get("sens") == "desc")


def _number(name: str, default: int) -> int:
    found = request.args.get(name, "")
    return int(found) if found.isdecimal() and len(found) < 7 else default


def _url(**changes: Any) -> str:
    """This list with some parameters changed; None takes one away."""
    kept = _kept() | changes
    return url_for("candidates.index", **{name: value for name, value in kept.items() if value is not None})


def _kept() -> dict[str, Any]:
    """What the address says that its links go on saying."""
    return {name: value for name, value in request.args.items() if value and name not in _NOT_KEPT}


@blueprint.post("/chercher")
@requires(Permission.READ_CANDIDATE)
def search() -> AnyResponse:
    """Keep the words and show the list; a code alone goes straight to its person."""
    words = _clean(request.form.get("mots", ""))
    found = candidates.find_code(context(), actor(), words)
    if found is not None:
        return redirect(url_for("candidates.show", candidate_id=found), 303)
    session[WORDS_KEY] = words
    return redirect(_url(page=None), 303)


@blueprint.get("")
@requires(Permission.READ_CANDIDATE)
def index() -> str | AnyResponse:
    """The people of the unit, filtered, ordered, by pages."""
    if FORGET in request.args:
        session.pop(WORDS_KEY, None)
        return redirect(_url(), 303)
    wanted, order = read_filter(), read_order()
    page = candidates.list_candidates(context(), actor(), wanted, order, _number("page", 1), _number("taille", 25))
    choices = candidates.filter_choices(context(), actor())
    return render_template(
        "candidates/list.html",
        page=page,
        wanted=wanted,
        chips=_chips(wanted, choices, page.freed),
        choices=choices,
        states=CandidateState,
        pairs=pairs,
        columns=COLUMNS,
        order=order,
        sorted_url=_sorted,
        page_url=_url,
        search_url=url_for("candidates.search", **_kept()),
        nothing_url=f"{url_for('candidates.index')}?{FORGET}=1",
        sizes=[(size, _sorted(taille=size)) for size in PAGE_SIZES],
        exports={kind: _export_url(kind) for kind in ("csv", "xlsx")},
        views=_views(wanted),
    )


def _export_url(kind: str) -> str:
    return url_for("candidates.export", kind=kind, **_kept())


def _sorted(**changes: Any) -> str:
    return _url(page=None, **changes)


def _views(wanted: CandidateFilter) -> list[dict[str, Any]]:
    """Views that serve every day, as tabs; the last ones are pages of their own."""
    views = (
        ("Toute l’unité", CandidateFilter()),
        ("Mon portefeuille", CandidateFilter(adviser=MINE)),
        ("Horaires jamais notés", CandidateFilter(adviser=MINE, missing="week")),
    )
    here = replace(wanted, words="")
    lists = [
        {"label": label, "current": view == here, "url": url_for("candidates.index", **_arguments(view))}
        for label, view in views
    ]
    pages = (
        ("Pourquoi sans proposition", "candidates.forgotten"),
        ("Ce qui ouvrirait des offres", "candidates.levers"),
    )
    return lists + [{"label": label, "current": False, "url": url_for(page)} for label, page in pages]


def _arguments(wanted: CandidateFilter) -> dict[str, Any]:
    return {PARAMETERS[name]: getattr(wanted, name) for name in wanted.active()}


def _chips(wanted: CandidateFilter, choices: FilterChoices, freed: dict[str, int]) -> list[Chip]:
    return [
        Chip(_say(name, wanted, choices), _url(**_without(name), page=None), freed.get(name))
        for name in wanted.active()
    ]


def _without(name: str) -> dict[str, Any]:
    return {FORGET: "1"} if name == "words" else {PARAMETERS[name]: None}


def _say(name: str, wanted: CandidateFilter, choices: FilterChoices) -> str:
    """A filter in words."""
    value = str(getattr(wanted, name))
    if name == "words":
        return f"« {value} »"
    if name == "idle_days":
        return f"Sans proposition depuis {value} jours"
    if name == "state":
        labels = {state.value: state.label for state in CandidateState} | {"all": "Tous les états"}
        return labels.get(value, value)
    if name == "adviser":
        labels = {MINE: "Mon portefeuille", NOBODY: "Suivies par personne"}
        return labels.get(value) or f"Suivies par {dict(choices.advisers).get(value, 'quelqu’un d’autre')}"
    known = {"commune": choices.communes, "goal": choices.goals, "missing": choices.missing}[name]
    return dict(known).get(value, value)


@blueprint.get("/export.<any(csv, xlsx):kind>")
@requires(Permission.READ_CANDIDATE)
def export(kind: str) -> Response:
    """Exactly what is filtered, as a file."""
    columns, rows = candidates.export_candidates(context(), actor(), read_filter(), read_order())
    return table_file("personnes", kind, columns, rows)


def table_file(name: str, kind: str, columns: tuple[str, ...], rows: Any) -> Response:
    """A CSV or XLSX to download."""
    content = write_csv(columns, rows) if kind == "csv" else write_xlsx(columns, rows)
    mime = (
        "text/csv; charset=utf-8"
        if kind == "csv"
        else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, mimetype=mime, headers=headers)
