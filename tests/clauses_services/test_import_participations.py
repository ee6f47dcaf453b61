"""Participants from a spreadsheet: people recognised or asked about, decisions judged by the rules of their day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.clauses.terms import EligiblePublic, PartyRole, ProofKind, Route
from matching.errors import Forbidden, Invalid
from matching.exchange.tables import write_csv, write_xlsx
from matching.services.clauses.checking import check_everything
from matching.services.clauses.importing.participation_lines import COLUMNS
from matching.services.clauses.importing.participations import import_participations
from matching.services.clauses.importing.reading import ImportReport
from matching.services.clauses.rules import load_clause_defaults
from matching.services.context import Context
from matching.store.tables.contracts import CommitmentParty
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.tables.participations import EligibilityDecision, Participation
from matching.store.tables.people import Person
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.trail import AuditEvent
from matching.terms import ContractKind, Known, OrganisationKind
from tests.support import clauses, factories

HEADER = {column.name: column.header for column in COLUMNS}
SIRET = "73282932000074"
Row = Mapping[str, object]


class World:
    """A contract with two lots and no participant."""

    def __init__(self, ctx: Context) -> None:
        load_clause_defaults(ctx)
        self.ctx = ctx
        self.me = clauses.officer(ctx)
        contract = clauses.contract(ctx, number="2026-TX-0214")
        self.nine = clauses.commitment(ctx, contract, lot="9")
        self.ten = clauses.commitment(ctx, contract, lot="10", publics=[EligiblePublic.RSA])

    def row(self, **cells: object) -> Row:
        return {
            "number": "2026-TX-0214",
            "lot": "9",
            "given_name": "Camille",
            "family_name": "Exemple",
            "birth_date": "05/09/1998",
            "employer": SIRET,
            "employer_name": "Intérim d’Essai",
            "route": "ETTI",
            "started_on": "02/03/2026",
        } | cells

    def file(self, *rows: Row, write: Callable[..., bytes] = write_csv) -> bytes:
        names = list(dict.fromkeys([name for row in rows for name in row]))
        return write([HEADER[name] for name in names], [[row.get(name, "") for name in names] for row in rows])

    def take(self, *rows: Row, dry_run: bool = False) -> ImportReport:
        return import_participations(self.ctx, self.me, self.file(*rows), "participants.csv", dry_run)

    def refused(self, *rows: Row) -> list[tuple[int, str, str]]:
        before = counts(self.ctx)
        with pytest.raises(Invalid) as told:
            self.take(*rows)
        assert counts(self.ctx) == before
        return [(error.line or 0, error.column or "", error.message) for error in told.value.errors]


def counts(ctx: Context) -> tuple[int, ...]:
    with ctx.read() as session:
        tables = (Person, Participation, EligibilityDecision, Organisation, CommitmentParty, AuditEvent)
        return tuple(session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


@pytest.fixture
def world(ctx: Context) -> World:
    return World(ctx)


def test_a_participant_with_everything(any_ctx: Context) -> None:
    world = World(any_ctx)
    report = world.take(
        world.row(
            employer_kind="ETTI",
            sex="femme",
            contract_kind="Intérim",
            job="Peintre",
            ended_on="30/06/2026",
            outcome="Emploi durable",
            weekly="35h",
            public="RSA",
            decided_on="25/02/2026",
            proof_dated_on="10/02/2026",
        )
    )
    assert report.facts == ("1\u00a0participant", "1\u00a0personne nouvelle", "1\u00a0employeur nouveau")
    with any_ctx.read() as session:
        row = session.execute(select(Participation)).scalar_one()
        assert (row.code, row.commitment_id, row.route, row.contract_kind) == (
            "H-0001",
            world.nine,
            Route.ETTI,
            ContractKind.TEMPORARY_AGENCY,
        )
        assert (row.started_on, row.ended_on, row.weekly_minutes) == (date(2026, 3, 2), date(2026, 6, 30), 2100)
        assert (row.eligible, row.eligible_public, row.eligible_decided_on, row.outcome) == (
            Known.YES,
            EligiblePublic.RSA,
            date(2026, 2, 25),
            "durable",
        )
        facts = session.execute(select(ProtectedFact.kind, ProtectedFact.value).order_by(ProtectedFact.kind)).all()
        assert [tuple(fact) for fact in facts] == [("birth_date", "1998-09-05"), ("sex", "f")]
        decision = session.execute(select(EligibilityDecision)).scalar_one()
        assert (decision.granted, decision.proof_kind, decision.by_id) == (
            Known.YES,
            ProofKind.ATTESTATION,
            world.me.user_id,
        )
        owner = session.execute(select(Organisation).where(Organisation.siren == SIRET[:9])).scalar_one()
        assert (owner.name, owner.kind) == ("Intérim d’Essai", OrganisationKind.ETTI)
        assert session.execute(select(Establishment.siret).where(Establishment.organisation_id == owner.id)).all()
        party = session.execute(select(CommitmentParty)).scalar_one()
        assert (party.organisation_id, party.role) == (owner.id, PartyRole.EMPLOYER)
        events = session.execute(select(AuditEvent).order_by(AuditEvent.id.desc())).scalars().all()
        assert events[0].action == "participations.imported"
        assert all("Camille" not in event.details and "rsa" not in event.details for event in events)
    assert check_everything(any_ctx).breaches == ()


def test_the_same_file_again_changes_nothing(any_ctx: Context) -> None:
    world = World(any_ctx)
    rows = (world.row(birth_date=""), world.row(given_name="Dominique", birth_date="", code="K-7"))
    world.take(*rows)
    before = counts(any_ctx)
    again = world.take(*rows)
    assert counts(any_ctx) == before
    assert (again.new, again.already) == (0, 2)
    assert again.rows[0].note == "Déjà là, code H-0001. Rien ne change."


def test_the_same_person_on_two_lots_is_one(any_ctx: Context) -> None:
    world = World(any_ctx)
    world.take(world.row())
    report = world.take(world.row(lot="10", given_name="EXEMPLE", family_name="camille"))
    assert report.rows[0].note.startswith("Déjà connue (H-0001)")
    report = world.take(
        world.row(given_name="Alix", lot="9", code="A-1", birth_date=""),
        world.row(given_name="Alix", lot="10", birth_date="", person_code="a-1"),
    )
    assert report.rows[1].note == "La même personne que la ligne 2."
    with any_ctx.read() as session:
        assert session.execute(select(func.count()).select_from(Person)).scalar_one() == 2
        codes = session.execute(select(Participation.code).order_by(Participation.id)).scalars().all()
        assert codes == ["H-0001", "H-0002", "A-1", "H-0003"]


def test_two_people_of_one_name_stay_two(world: World) -> None:
    world.take(world.row(), world.row(birth_date="06/09/1998"))
    assert counts(world.ctx)[:2] == (2, 2)


@pytest.mark.parametrize(
    ("known", "typed", "remedy"),
    [
        ("", "", "complétez celle de la personne connue"),
        ("05/09/1998", "", "écrivez sa date de naissance"),
        ("", "05/09/1998", "complétez d’abord la date de naissance"),
    ],
)
def test_a_name_without_birth_date_is_asked_about(world: World, known: str, typed: str, remedy: str) -> None:
    world.take(world.row(birth_date=known))
    ((line, column, message),) = world.refused(world.row(lot="10", birth_date=typed))
    assert (line, column) == (2, "Nom")
    assert "écrivez H-0001 dans" in message
    assert remedy in message
    assert world.take(world.row(lot="10", birth_date=typed, person_code="H-0001")).new == 1
    assert counts(world.ctx)[:2] == (1, 2)


def test_a_name_twice_in_the_file_is_asked_about(world: World) -> None:
    ((line, _, message),) = world.refused(world.row(birth_date=""), world.row(lot="10", birth_date=""))
    assert (line, "La ligne 2 porte le même nom" in message) == (3, True)


def test_a_candidate_is_recognised_by_code(world: World) -> None:
    followed = factories.candidate(world.ctx, given_name="Camille", family_name="Exemple")
    code = factories.code_of(world.ctx, followed) if hasattr(factories, "code_of") else _code(world.ctx, followed)
    ((_, _, message),) = world.refused(world.row())
    assert code in message
    world.take(world.row(person_code=code))
    assert counts(world.ctx)[:2] == (1, 1)


def _code(ctx: Context, candidate_id: int) -> str:
    from matching.store.tables.people import Candidate

    with ctx.read() as session:
        return session.get_one(Candidate, candidate_id).code


BAD: list[tuple[dict[str, object], str, str]] = [
    ({"number": "RIEN"}, "Numéro du contrat", "Aucun engagement à ce numéro"),
    ({"lot": ""}, "Lot", "Écrivez le lot. Ceux de ce contrat\u00a0: 9, 10."),
    ({"given_name": ""}, "Prénom", "obligatoire"),
    ({"given_name": "***"}, "Prénom", "lettres"),
    ({"birth_date": "05/09/2098"}, "Date de naissance", "Vérifiez la date de naissance"),
    ({"birth_date": "30/02/1998"}, "Date de naissance", "Ce jour n’existe pas"),
    ({"sex": "oui"}, "Sexe", "« femme »"),
    ({"employer": ""}, "SIRET ou SIREN de l’employeur", "obligatoire"),
    ({"employer": "73282932000075"[:13]}, "SIRET ou SIREN de l’employeur", "celui-ci en a 13"),
    ({"employer": "732829321"}, "SIRET ou SIREN de l’employeur", "n’existe pas"),
    ({"employer": "00000000000000"}, "SIRET ou SIREN de l’employeur", "que des zéros"),
    ({"employer_name": ""}, "SIRET ou SIREN de l’employeur", "écrivez son nom"),
    ({"route": "à pied"}, "Voie", "Les plus proches"),
    ({"contract_kind": "CDX"}, "Contrat de travail", "«\u00a0CDI\u00a0»"),
    ({"started_on": ""}, "Premier jour", "obligatoire"),
    ({"ended_on": "01/03/2026"}, "Dernier jour", "avant le premier"),
    ({"outcome": "Emploi durable"}, "Issue", "demande le dernier jour"),
    ({"weekly": "60h"}, "Heures par semaine", "48 h"),
    ({"weekly": "7h5"}, "Heures par semaine", "deux façons"),
    ({"code": "H 42"}, "Code du participant", "16 lettres"),
    ({"person_code": "H-9999"}, "Code d’une personne déjà connue", "n’est celui de personne"),
    ({"public": "RSA"}, "Éligibilité décidée le", "ou laissez vides les deux"),
    ({"decided_on": "25/02/2026"}, "Public éligible", "ou laissez vides les deux"),
    ({"public": "licorne", "decided_on": "25/02/2026"}, "Public éligible", "Les plus proches"),
    ({"public": "RSA", "decided_on": "25/02/2027"}, "Éligibilité décidée le", "à venir"),
    ({"public": "RSA", "decided_on": "25/02/2026"}, "Justificatif daté du", "Date du justificatif inconnue"),
    (
        {"public": "RSA", "decided_on": "25/02/2026", "proof_dated_on": "24/11/2025"},
        "Justificatif daté du",
        "accepté jusqu’au 24\u00a0février\u00a02026",
    ),
    ({"public": "50 ans et plus", "decided_on": "25/02/2026"}, "Public éligible", "27 ans"),
    ({"public": "RQTH", "decided_on": "25/02/2026"}, "Justificatif valable jusqu’au", "Fin de validité inconnue"),
    ({"public": "prescriber", "decided_on": "25/02/2026"}, "Avis du prescripteur", "avis motivé"),
    (
        {"lot": "10", "public": "QPV", "decided_on": "25/02/2026", "proof_dated_on": "10/02/2026"},
        "Public éligible",
        "ne prévoit pas ce public",
    ),
    (
        {"public": "EI", "decided_on": "25/02/2026", "ends_on": "24/02/2026"},
        "Fin d’éligibilité",
        "vient avant la décision",
    ),
]


@pytest.mark.parametrize(("cells", "column", "said"), BAD)
def test_what_is_refused(world: World, cells: dict[str, object], column: str, said: str) -> None:
    told = world.refused(world.row(**cells))
    assert any(line == 2 and where == column and said in message for line, where, message in told), told


def test_a_reason_overrides_the_rule(world: World) -> None:
    world.take(world.row(public="RSA", decided_on="25/02/2026", override="Dossier papier vu par l’ancien service"))
    with world.ctx.read() as session:
        decision = session.execute(select(EligibilityDecision)).scalar_one()
        assert decision.override_reason == "Dossier papier vu par l’ancien service"


def test_twice_on_the_same_days(world: World) -> None:
    rows = (world.row(), world.row(started_on="01/06/2026"))
    ((line, column, message),) = world.refused(*rows)
    assert (line, column, "ligne 2" in message) == (3, "Premier jour", True)
    world.take(world.row())
    ((line, _, message),) = world.refused(world.row(started_on="01/06/2026"))
    assert (line, "H-0001" in message) == (2, True)
    assert world.take(world.row(started_on="01/06/2026", route="Embauche directe")).new == 1
    assert [line for line, _, _ in world.refused(world.row(lot="10"), world.row(lot="10"))] == [3]


def test_codes_are_unique(world: World) -> None:
    world.take(world.row(code="H-0005"))
    told = world.refused(
        world.row(lot="10", code="h-0005"),
        world.row(lot="10", given_name="Alix", code="B-1"),
        world.row(lot="10", given_name="Sacha", code="b-1"),
    )
    assert [(line, column) for line, column, _ in told] == [(2, "Code du participant"), (4, "Code du participant")]
    world.take(world.row(given_name="Alix", code="H-0006"), world.row(given_name="Sacha"))
    with world.ctx.read() as session:
        codes = set(session.execute(select(Participation.code)).scalars())
    assert codes == {"H-0005", "H-0006", "H-0007"}


def test_an_odd_siret_is_taken_and_said(world: World) -> None:
    report = world.take(world.row(employer="73282932000075"))
    assert "La clé de ce SIRET" in report.rows[0].note


def test_hostile_cells_are_only_text(world: World) -> None:
    content = world.file(world.row(given_name="=HYPERLINK(1)", job="@SUM(A1)"), write=write_xlsx)
    import_participations(world.ctx, world.me, content, "x.xlsx", False)
    with world.ctx.read() as session:
        assert session.execute(select(Person.given_name)).scalar_one() == "=HYPERLINK(1)"
        assert session.execute(select(Participation.job)).scalar_one() == "@SUM(A1)"


def test_checking_writes_nothing(world: World) -> None:
    before = counts(world.ctx)
    assert "Rien n’est encore enregistré" in world.take(world.row(), dry_run=True).message
    assert counts(world.ctx) == before


@pytest.mark.parametrize("make", [factories.adviser, clauses.buyer, clauses.company])
def test_only_officers(ctx: Context, make: Callable[[Context], Actor]) -> None:
    with pytest.raises(Forbidden):
        import_participations(ctx, make(ctx), b"", "x", True)


def test_two_officers_at_once_make_one_person(any_ctx: Context) -> None:
    world = World(any_ctx)
    content, other = world.file(world.row()), clauses.officer(any_ctx)
    with ThreadPoolExecutor(2) as pool:
        officers = (world.me, other)
        both = list(pool.map(lambda me: import_participations(any_ctx, me, content, "x.csv", False), officers))
    assert sorted((report.new, report.already) for report in both) == [(0, 1), (1, 0)]
    assert counts(any_ctx)[:2] == (1, 1)


def test_the_code_of_a_namesake_is_believed(world: World) -> None:
    world.take(world.row(), world.row(lot="10", birth_date="06/09/1998"))
    assert world.take(world.row(birth_date="", person_code="H-0002")).new == 1
    assert counts(world.ctx)[:2] == (2, 3)
