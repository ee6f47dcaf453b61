"""Dated amounts, networks, everyday words, the registry of facts, and the trail's page."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import text

from matching.access.permissions import Actor
from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services import journal, parameters
from matching.services.context import Context
from matching.services.occupations import suggest
from matching.services.parameters import AmountForm, CertificateForm
from matching.services.reference import load_embedded
from matching.store.tables.reference import OccupationSynonym
from matching.store.tables.trail import AuditEvent, AuditNote
from matching.store.trail import remove_guards
from matching.store.unit_of_work import REFERENCE, current_versions
from matching.terms import FactGroup, FactUnit
from tests.support import factories


@pytest.fixture
def admin(ctx: Context) -> Actor:
    load_embedded(ctx)
    return factories.administrator(ctx)


def _smic(ctx: Context, admin: Actor) -> parameters.ParameterGroup:
    return next(group for group in parameters.list_parameters(ctx, admin) if group.code == "smic_hourly")


def test_the_amount_in_force_is_the_last_one_begun(ctx: Context, admin: Actor) -> None:
    smic = _smic(ctx, admin)
    assert smic.current is not None
    assert (smic.current.amount, smic.current.valid_from) == ("12.31", date(2026, 6, 1))
    form = AmountForm("smic_hourly", date(2027, 1, 1), " 12,60 € ", "EUR_PER_HOUR", "décret", to_check=True)
    parameters.add_parameter(ctx, admin, form)
    smic = _smic(ctx, admin)
    assert smic.current is not None
    assert smic.current.amount == "12.31"
    assert (smic.lines[0].amount, smic.lines[0].to_check) == ("12.60", True)


def test_an_amount_is_corrected_once(ctx: Context, admin: Actor) -> None:
    line = _smic(ctx, admin).lines[0]
    form = AmountForm("other_code", line.valid_from, "12,32", line.unit, "arrêté vérifié")
    parameters.correct_parameter(ctx, admin, line.id, line.version, form)
    now = parameters.get_parameter(ctx, admin, line.id)
    assert (now.code, now.amount, now.in_force) == ("smic_hourly", "12.32", True)
    with pytest.raises(Conflict):
        parameters.correct_parameter(ctx, admin, line.id, line.version, form)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (AmountForm("smic_hourly", date(2026, 6, 1), "12", "EUR_PER_HOUR", "décret"), "valid_from"),
        (AmountForm("smic_hourly", None, "12", "EUR_PER_HOUR", "décret"), "valid_from"),
        (AmountForm("smic_hourly", date(1026, 6, 1), "12", "EUR_PER_HOUR", "décret"), "valid_from"),
        (AmountForm("smic_hourly", date(2027, 6, 1), "douze", "EUR_PER_HOUR", "décret"), "amount"),
        (AmountForm("smic_hourly", date(2027, 6, 1), "-12", "EUR_PER_HOUR", "décret"), "amount"),
        (AmountForm("smic_hourly", date(2027, 6, 1), "1e400", "EUR_PER_HOUR", "décret"), "amount"),
        (AmountForm("smic_hourly", date(2027, 6, 1), "12", "FRANCS", "décret"), "unit"),
        (AmountForm("smic_hourly", date(2027, 6, 1), "12", "EUR_PER_HOUR", " "), "source"),
        (AmountForm("Le SMIC", date(2027, 6, 1), "12", "EUR_PER_HOUR", "décret"), "code"),
    ],
)
def test_refused_amounts_name_the_field(ctx: Context, admin: Actor, form: AmountForm, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parameters.add_parameter(ctx, admin, form)
    assert [error.field for error in refused.value.errors] == [field]


def test_networks(ctx: Context, admin: Actor) -> None:
    with ctx.read() as session:
        before = current_versions(session)[REFERENCE]
    key = parameters.save_network(ctx, admin, None, "", "Réseau d’essai", 16)
    parameters.add_network_commune(ctx, admin, key, "Rezé")
    with pytest.raises(Invalid, match="ajoutée"):
        parameters.add_network_commune(ctx, admin, key, "44400")
    sheet = parameters.get_network(ctx, admin, key)
    assert [commune.insee for commune in sheet.communes] == ["44143"]
    parameters.save_network(ctx, admin, key, sheet.revision, "Réseau d’essai", 20)
    with pytest.raises(Conflict):
        parameters.save_network(ctx, admin, key, sheet.revision, "Réseau d’essai", 25)
    parameters.remove_network_commune(ctx, admin, key, "44143")
    with pytest.raises(NotFound):
        parameters.remove_network_commune(ctx, admin, key, "44143")
    parameters.add_network_commune(ctx, admin, key, "Rezé")
    parameters.remove_network(ctx, admin, key)
    assert key not in {network.id for network in parameters.list_networks(ctx, admin)}
    with ctx.read() as session:
        assert current_versions(session)[REFERENCE] > before


@pytest.mark.parametrize("speed", [None, 0, 500, float("nan")])
def test_network_speed_must_make_sense(ctx: Context, admin: Actor, speed: float | None) -> None:
    with pytest.raises(Invalid):
        parameters.save_network(ctx, admin, None, "", "Réseau", speed)


def test_everyday_words_are_added_and_removed_but_those_of_the_reference_stay(ctx: Context, admin: Actor) -> None:
    key = parameters.add_synonym(ctx, admin, "  Nettoyeur   de bureaux du soir ", "k2204")
    page = parameters.list_synonyms(ctx, admin, added=True)
    assert [(line.words, line.rome_code) for line in page.lines] == [("Nettoyeur de bureaux du soir", "K2204")]
    with pytest.raises(Invalid):
        parameters.add_synonym(ctx, admin, "NETTOYEUR DE BUREAUX DU SOIR", "K2204")
    with pytest.raises(Invalid):
        parameters.add_synonym(ctx, admin, "nettoyeur", "Z9999")
    parameters.remove_synonym(ctx, admin, key)
    assert parameters.list_synonyms(ctx, admin, added=True).total == 0
    embedded = parameters.list_synonyms(ctx, admin).lines[0]
    with pytest.raises(RuleRefused):
        parameters.remove_synonym(ctx, admin, embedded.id)
    with pytest.raises(RuleRefused):
        parameters.get_synonym(ctx, admin, embedded.id)
    with pytest.raises(NotFound):
        parameters.change_synonym(ctx, admin, key, "mots", "K2204")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("a", "trop court"),
        ("z" * 300, "trop long"),
        ("le", "aucun métier"),
        ("De  la", "aucun métier"),
        ("?!", "Écrivez"),
    ],
)
def test_everyday_words_that_say_no_trade_are_refused_with_why(
    ctx: Context, admin: Actor, words: str, said: str
) -> None:
    with pytest.raises(Invalid) as refused:
        parameters.add_synonym(ctx, admin, words, "K2204")
    assert [(error.field, said in error.message) for error in refused.value.errors] == [("words", True)]


@pytest.mark.parametrize("words", ["plongeur resto", "Maçonne en  RENOVATION", "BRICOLOS  du dimanche"])
def test_words_that_lead_elsewhere_are_taken_only_to_replace(ctx: Context, admin: Actor, words: str) -> None:
    parameters.add_synonym(ctx, admin, "bricolos du dimanche", "I1203")
    with pytest.raises(Invalid) as refused:
        parameters.add_synonym(ctx, admin, words, "K1304")
    assert [error.field for error in refused.value.errors] == ["replace"]
    assert "mènent déjà à" in refused.value.errors[0].message
    parameters.add_synonym(ctx, admin, words, "K1304", replace=True)
    found = suggest(ctx, words)
    assert (found.sure, found.suggestions[0].code) == (True, "K1304")


@pytest.mark.parametrize(
    ("words", "before"),
    [("plongeur resto", ["G1605"]), ("BRICOLOS  du dimanche", ["I1203"]), ("mots que personne ne dit", [])],
    ids=["of the reference", "added here, gone since", "new"],
)
@pytest.mark.parametrize("changed", [False, True], ids=["added", "changed"])
def test_words_replaced_leave_a_line_in_the_trail(
    ctx: Context, admin: Actor, words: str, before: list[str], changed: bool
) -> None:
    first = parameters.add_synonym(ctx, admin, "bricolos du dimanche", "I1203")
    if changed:
        key = parameters.add_synonym(ctx, admin, "zinzin du soir", "K2204")
        parameters.change_synonym(ctx, admin, key, words, "K1304", replace=True)
    else:
        key = parameters.add_synonym(ctx, admin, words, "K1304", replace=True)
    with ctx.read() as session:
        events = session.query(AuditEvent).filter_by(action="synonym.replaced").all()
        told = [(e.actor_id, e.at, e.subject_id, json.loads(e.details)) for e in events]
        notes = [session.get_one(AuditNote, e.id).text for e in events]
    removed = [first] if before == ["I1203"] else None
    once = (admin.user_id, ctx.clock.now(), key, {"before": before, "removed": removed, "rome_code": "K1304"})
    assert (told, notes) == (([once], [" ".join(words.split())]) if before else ([], []))


def test_words_saved_as_they_are_remove_no_others(ctx: Context, admin: Actor) -> None:
    with ctx.write(admin) as work:
        rows = [OccupationSynonym(words="zinzin", rome_code=code, embedded=False) for code in ("K2204", "D1202")]
        work.session.add_all(rows)
        work.record("test.synonyms", "occupation_synonym", 0)
    first, second = (line.id for line in parameters.list_synonyms(ctx, admin, added=True).lines)
    parameters.change_synonym(ctx, admin, first, " zinzin ", "k2204", replace=True)
    assert parameters.get_synonym(ctx, admin, second).rome_code == "D1202"
    parameters.change_synonym(ctx, admin, first, "Zinzin", "K2204", replace=True)
    assert [line.id for line in parameters.list_synonyms(ctx, admin, added=True).lines] == [first]
    with ctx.read() as session:
        event = session.query(AuditEvent).filter_by(action="synonym.replaced").one()
        assert json.loads(event.details)["removed"] == [second]


def test_words_changed_say_in_the_trail_what_they_were(ctx: Context, admin: Actor) -> None:
    key = parameters.add_synonym(ctx, admin, "zinzin du soir", "K2204")
    parameters.change_synonym(ctx, admin, key, "zinzin de nuit", "D1202")
    with ctx.read() as session:
        event = session.query(AuditEvent).filter_by(action="synonym.changed").one()
        assert json.loads(event.details) == {"before": ["K2204"], "rome_code": "D1202"}
        assert session.get_one(AuditNote, event.id).text == "zinzin du soir → zinzin de nuit"


def test_everyday_words_are_changed_with_the_same_errors_and_heard_at_once(ctx: Context, admin: Actor) -> None:
    first = parameters.add_synonym(ctx, admin, "zinzin du soir", "K2204")
    second = parameters.add_synonym(ctx, admin, "zinzin de nuit", "K2204")
    for words, code, field in (("Zinzin du soir", "K2204", "words"), ("zinzin de nuit", "Z9999", "rome_code")):
        with pytest.raises(Invalid) as refused:
            parameters.change_synonym(ctx, admin, second, words, code)
        assert [error.field for error in refused.value.errors] == [field]
    assert suggest(ctx, "Zinzin de nuit").suggestions[0].code == "K2204"
    parameters.change_synonym(ctx, admin, second, "Zinzin de nuit", "d1202")
    changed = parameters.get_synonym(ctx, admin, second)
    assert (changed.words, changed.rome_code) == ("Zinzin de nuit", "D1202")
    found = suggest(ctx, "zinzin de nuit")
    assert (found.sure, found.suggestions[0].code) == (True, "D1202")
    assert suggest(ctx, "zinzin du soir au salon").suggestions[0].code == "K2204"
    for key in (first, second):
        parameters.remove_synonym(ctx, admin, key)
    assert not suggest(ctx, "zinzin de nuit").sure


def test_a_certificate_joins_the_registry(ctx: Context, admin: Actor) -> None:
    form = CertificateForm("caces_r484", "CACES R484 (ponts roulants)", "Avez-vous un CACES R484 ?", expires=True)
    parameters.add_certificate(ctx, admin, form)
    kinds = dict(parameters.list_fact_kinds(ctx, admin))
    added = next(line for line in kinds[FactGroup.CERTIFICATE] if line.code == "caces_r484")
    assert added.unit is FactUnit.VALID_UNTIL
    parameters.change_fact_words(ctx, admin, "caces_r484", "CACES ponts", "Un CACES ponts ?")
    for bad in (form, CertificateForm("Caces R4", "Neuf", "?"), CertificateForm("neuf", "caces PONTS", "?")):
        with pytest.raises(Invalid):
            parameters.add_certificate(ctx, admin, bad)


def test_only_an_administrator_reads_and_writes_parameters(ctx: Context) -> None:
    for actor in (factories.adviser(ctx), factories.manager(ctx), factories.employer(ctx)):
        for act in (
            lambda a: parameters.list_parameters(ctx, a),
            lambda a: parameters.add_synonym(ctx, a, "mots", "K2204"),
            lambda a: parameters.list_networks(ctx, a),
            lambda a: journal.read_trail(ctx, a),
            lambda a: journal.check_trail(ctx, a),
        ):
            with pytest.raises(Forbidden):
                act(actor)


def test_the_trail_tells_who_and_what(ctx: Context, admin: Actor) -> None:
    parameters.save_network(ctx, admin, None, "", "Réseau d’essai", 16)
    page = journal.read_trail(ctx, admin, action="network.saved")
    assert [(line.who, line.details) for line in page.lines] == [(admin.name, {"speed_kmh": "16"})]
    today = ctx.clock.today()
    assert journal.read_trail(ctx, admin, since=today, until=today).total > 0
    assert journal.read_trail(ctx, admin, until=date(2020, 1, 1)).total == 0
    assert journal.check_trail(ctx, admin).broken is None


def test_a_touched_link_is_found(ctx: Context, admin: Actor) -> None:
    parameters.save_network(ctx, admin, None, "", "Réseau d’essai", 16)
    last = journal.read_trail(ctx, admin).lines[0].id
    with ctx.engine.begin() as connection:
        remove_guards(connection)
        connection.execute(text("UPDATE audit_event SET details = '{}' WHERE id = :id"), {"id": last})
    assert journal.check_trail(ctx, admin).broken == last
