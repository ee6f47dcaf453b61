"""Commitments from a spreadsheet: written as the page writes them, opening balances, everything or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pytest
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.clauses.terms import (
    EligiblePublic,
    EntryKind,
    EventKind,
    GroupLiability,
    Modality,
    PartyRole,
    PurchaseNature,
    Support,
    TrainingHours,
)
from matching.errors import Forbidden, Invalid
from matching.exchange.tables import write_csv, write_xlsx
from matching.services.clauses.checking import check_everything
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.importing import KINDS
from matching.services.clauses.importing.commitment_lines import COLUMNS
from matching.services.clauses.importing.commitments import import_commitments
from matching.services.clauses.importing.reading import ImportReport
from matching.services.context import Context
from matching.store.tables.contracts import Commitment, CommitmentEvent, CommitmentParty, Contract
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.store.tables.trail import AuditEvent
from matching.terms import OrganisationKind
from tests.support import clauses, factories

HEADER = {column.name: column.header for column in COLUMNS}
BUYER, HOLDER, OTHER = "22440002800011", "73282932000074", "552100554"
Row = Mapping[str, object]


class World:
    """An officer and nothing else."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.me = clauses.officer(ctx)

    def row(self, **cells: object) -> Row:
        return {
            "buyer": BUYER,
            "buyer_name": "Département d’Essai",
            "support": "Marché public",
            "number": "2026-TX-0214",
            "object": "Réhabilitation d’un collège",
            "notified_on": "01/12/2025",
            "end_on": "31/12/2026",
            "lot": "9",
            "label": "Peinture",
            "modality": "Condition d’exécution",
            "required_minutes": "510",
        } | cells

    def file(self, *rows: Row, write: Callable[..., bytes] = write_csv) -> bytes:
        names = list(dict.fromkeys([name for row in rows for name in row]))
        return write([HEADER[name] for name in names], [[row.get(name, "") for name in names] for row in rows])

    def take(self, *rows: Row, dry_run: bool = False) -> ImportReport:
        return import_commitments(self.ctx, self.me, self.file(*rows), "engagements.csv", dry_run)

    def refused(self, *rows: Row) -> list[tuple[int, str, str]]:
        """What is told, the same when checking as when importing, and nothing written either way."""
        before = counts(self.ctx)
        told = []
        for dry_run in (True, False):
            with pytest.raises(Invalid) as error:
                self.take(*rows, dry_run=dry_run)
            told.append([(one.line or 0, one.column or "", one.message) for one in error.value.errors])
        assert counts(self.ctx) == before
        assert told[0] == told[1]
        return told[0]


def counts(ctx: Context) -> tuple[int, ...]:
    with ctx.read() as session:
        tables = (Contract, Commitment, CommitmentEvent, CommitmentParty, Organisation, LedgerEntry, AuditEvent)
        return tuple(session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


@pytest.fixture
def world(ctx: Context) -> World:
    return World(ctx)


def test_a_commitment_with_everything(any_ctx: Context) -> None:
    world = World(any_ctx)
    report = world.take(
        world.row(
            buyer_kind="Département",
            nature="Travaux",
            amount_cents="1 850 000,00 €",
            promised_minutes="600h30",
            window_from="01/03/2026",
            window_to="30/09/2026",
            holder=HOLDER,
            holder_name="Peintures d’Essai",
            others=f"cotraitant : {OTHER} : Enduits d’Essai",
            liability="solidaire",
            publics="RSA | senior | Moins de 26 ans, sans qualification",
            training="Comptent jusqu’à un plafond",
            training_cap_percent="20 %",
            evidence_required="oui",
            facilitator=factories.email_of(world.me),
            per_hour_cents="60",
            opening="120h30",
            opening_on="31/05/2026",
            opening_from="05/01/2026",
            opening_to="29/05/2026",
        )
    )
    assert report.facts == (
        "1\u00a0engagement",
        "600\u00a0h\u00a030 dues",
        "1\u00a0contrat nouveau",
        "3\u00a0organisations nouvelles",
        "120\u00a0h\u00a030 déjà validées",
    )
    with any_ctx.read() as session:
        contract = session.execute(select(Contract)).scalar_one()
        assert (contract.support, contract.nature, contract.amount_cents, contract.buyer_siret) == (
            Support.PUBLIC_CONTRACT,
            PurchaseNature.WORKS,
            185_000_000,
            BUYER,
        )
        assert contract.buyer.kind is OrganisationKind.DEPARTEMENT
        row = session.execute(select(Commitment)).scalar_one()
        assert (row.modality, row.liability, row.facilitator_id) == (
            Modality.EXECUTION_CONDITION,
            GroupLiability.SEVERAL,
            world.me.user_id,
        )
        assert (row.required_minutes, row.promised_minutes) == (510 * 60, 600 * 60 + 30)
        assert {one.public for one in row.publics} == {
            EligiblePublic.RSA,
            EligiblePublic.SENIOR,
            EligiblePublic.YOUNG_UNQUALIFIED,
        }
        assert (row.training, row.training_cap_percent, row.evidence_required) == (TrainingHours.CAPPED, 20, True)
        assert [one.role for one in row.parties] == [PartyRole.LEAD_HOLDER, PartyRole.CO_CONTRACTOR]
        assert row.penalty is not None
        assert row.penalty.per_hour_cents == 6000
        entry = session.execute(select(LedgerEntry)).scalar_one()
        assert (entry.kind, entry.minutes, entry.participation_id, entry.worked_to) == (
            EntryKind.OPENING,
            120 * 60 + 30,
            None,
            date(2026, 5, 29),
        )
        assert row.validated_minutes == entry.minutes
        today = any_ctx.clock.today()
        assert minutes_due_of(session, [row.id], today, today) == {row.id: 600 * 60 + 30}
        assert session.execute(select(CommitmentEvent.kind)).scalar_one() is EventKind.INITIAL
    assert check_everything(any_ctx).breaches == ()


def test_the_same_file_again_changes_nothing(any_ctx: Context) -> None:
    world = World(any_ctx)
    rows = (world.row(opening="10", opening_on="31/05/2026", holder=HOLDER, holder_name="Essai"), world.row(lot="10"))
    world.take(*rows)
    before = counts(any_ctx)
    again = world.take(*rows)
    assert (again.new, again.already, counts(any_ctx)) == (0, 2, before)
    more = world.take(*rows, world.row(lot="11"))
    assert (more.new, more.already) == (1, 2)
    assert counts(any_ctx)[:2] == (1, 3)


def test_the_lots_of_a_contract_say_it_once(world: World) -> None:
    bare = {"object": "", "support": "", "notified_on": "", "end_on": "", "buyer_name": ""}
    world.take(world.row(), world.row(lot="10", label="", **bare))
    with world.ctx.read() as session:
        labels = session.execute(select(Commitment.label).order_by(Commitment.lot.desc())).scalars().all()
    assert labels == ["Peinture", "Lot 10, Réhabilitation d’un collège"]


def test_more_lots_than_a_page_takes(world: World) -> None:
    assert world.take(*(world.row(lot=str(number)) for number in range(1, 96))).new == 95
    ((line, column, _),) = world.refused(*(world.row(lot=str(n), label="x" * (n == 180) * 201) for n in range(96, 196)))
    assert (line, column) == (86, "Intitulé")


def test_what_exists_is_never_written_over(world: World) -> None:
    world.take(world.row(opening="10", opening_on="31/05/2026"))
    told = world.refused(
        world.row(required_minutes="520", modality="Marché réservé", opening="12", opening_on="31/05/2026")
    )
    assert {column for _, column, _ in told} == {"Heures dues", "Modalité", "Heures déjà validées"}
    assert any("existe déjà, avec 510\u00a0h dues" in message for _, _, message in told)
    ((_, column, message),) = world.refused(world.row(lot="10", object="Autre objet"))
    assert (column, "Ce contrat, déjà enregistré, dit autre chose" in message) == ("Objet", True)


def test_a_framework_with_orders(world: World) -> None:
    orders = {"order_labour_share": "40", "order_rate": "7", "order_hourly_cost": "35"}
    report = world.take(world.row(support="Accord-cadre", required_minutes="", **orders))
    assert "heures dues selon les commandes" in report.rows[0].detail


BAD: list[tuple[dict[str, object], str, str]] = [
    ({"buyer": ""}, "SIRET ou SIREN de l’acheteur", "obligatoire"),
    ({"buyer": "2244000280001"}, "SIRET ou SIREN de l’acheteur", "celui-ci en a 13"),
    ({"buyer": "22440002Z"}, "SIRET ou SIREN de l’acheteur", "que des chiffres"),
    ({"buyer": "000000000"}, "SIRET ou SIREN de l’acheteur", "que des zéros"),
    ({"buyer": "224400029"}, "SIRET ou SIREN de l’acheteur", "n’existe pas"),
    ({"buyer_name": ""}, "Nom de l’acheteur", "écrivez le nom de l’organisation"),
    ({"support": ""}, "Support", "Choisissez ce qui porte"),
    ({"support": "licorne"}, "Support", "«\u00a0Marché public\u00a0»"),
    ({"number": ""}, "Numéro du contrat", "obligatoire"),
    ({"number": "x" * 41}, "Numéro du contrat", "40 caractères"),
    ({"object": ""}, "Objet", "Écrivez l’objet"),
    ({"cpv": "45"}, "CPV", "huit chiffres"),
    ({"amount_cents": "-1"}, "Montant du contrat (€ HT)", "négatif"),
    ({"amount_cents": "NC"}, "Montant du contrat (€ HT)", "un montant en euros"),
    ({"amount_cents": "99 999 999 999 999"}, "Montant du contrat (€ HT)", ""),
    ({"notified_on": "31/02/2026"}, "Notification", "Ce jour n’existe pas"),
    ({"notified_on": "01/12/0002"}, "Notification", "L’année"),
    ({"launched_on": "01/01/2026"}, "Notification", "ne peut pas précéder"),
    ({"start_on": "01/01/2027"}, "Fin du contrat", "précède son début"),
    ({"notified_on": ""}, "Début prévu du lot", "au moins la date de notification"),
    ({"lot": "x" * 21}, "Lot", "20 caractères"),
    ({"modality": ""}, "Modalité", "Choisissez la modalité"),
    ({"required_minutes": ""}, "Heures dues", "Indiquez les heures signées"),
    ({"required_minutes": "1.607 h"}, "Heures dues", "deux façons"),
    ({"required_minutes": "99999999"}, "Heures dues", "trop grand"),
    ({"promised_minutes": "500"}, "Heures promises", "promet moins"),
    ({"window_from": "02/03/2026", "window_to": "01/03/2026"}, "Fin prévue du lot", "précède leur début"),
    ({"holder": HOLDER}, "Nom du titulaire", "pas encore connu"),
    ({"holder_name": "Essai"}, "SIRET ou SIREN du titulaire", "à côté de son nom"),
    ({"others": "cotraitant"}, "Autres entreprises", "rôle : SIRET : nom"),
    ({"others": f"ami : {OTHER}"}, "Autres entreprises", "«\u00a0Titulaire\u00a0»"),
    ({"others": f"sous-traitant : {OTHER}"}, "Autres entreprises", "pas encore connu"),
    ({"others": f"cotraitant : {OTHER} : Essai"}, "Autres entreprises", "mandataire"),
    ({"liability": "conjoint"}, "Groupement", "groupement"),
    ({"publics": "rsa|licorne"}, "Publics autorisés", "Les plus proches"),
    ({"training": "Comptent jusqu’à un plafond"}, "Plafond de formation (%)", "Indiquez le plafond"),
    ({"training_cap_percent": "120"}, "Plafond de formation (%)", "de 0 à 100"),
    ({"evidence_required": "peut-être"}, "Justificatif exigé", "laissez vide si"),
    ({"facilitator": "personne@exemple.fr"}, "Courriel du facilitateur", "Aucun compte"),
    ({"per_hour_cents": "soixante"}, "Pénalité par heure manquante (€)", "montant"),
    ({"opening": "10"}, "Solde arrêté au", "à quelle date"),
    ({"opening_on": "31/05/2026"}, "Heures déjà validées", "retirez leurs dates"),
    ({"opening": "10", "opening_from": "01/05/2026"}, "Travaillées au", "les deux dates"),
    ({"opening": "10", "opening_on": "31/05/2027"}, "Solde arrêté au", "pas passé"),
    (
        {"opening": "10", "opening_from": "01/05/2026", "opening_to": "30/04/2026"},
        "Travaillées au",
        "La fin vient avant le début",
    ),
    ({"opening": "10", "opening_on": "30/11/2025"}, "Travaillées du", "avant la notification"),
    ({"opening": "10", "opening_on": "31/10/2026", "end_on": "30/06/2026"}, "Travaillées au", "a fini avant"),
]


@pytest.mark.parametrize(("cells", "column", "said"), BAD)
def test_what_is_refused(world: World, cells: dict[str, object], column: str, said: str) -> None:
    told = world.refused(world.row(**cells))
    assert any(line == 2 and where == column and said in message for line, where, message in told), told


def test_every_contract_refused_is_told_at_once(world: World) -> None:
    told = world.refused(
        world.row(number="A", modality=""),
        world.row(number="B"),
        world.row(number="C", support=""),
        world.row(number="D", lot=""),
        world.row(number="D", lot="1"),
        world.row(number="E", lot="1"),
        world.row(number="E", lot="1"),
    )
    # A line written twice in the file is told first: the file itself does not stand.
    assert [(line, column) for line, column, _ in told] == [(8, "Lot")]
    told = world.refused(
        world.row(number="A", modality=""),
        world.row(number="B"),
        world.row(number="C", support=""),
        world.row(number="D", lot=""),
        world.row(number="D", lot="1"),
        world.row(number="F", required_minutes="7h5"),
    )
    assert [(line, column) for line, column, _ in told] == [
        (2, "Modalité"),
        (4, "Support"),
        (6, "Lot"),
        (7, "Heures dues"),
    ]


def test_two_lines_that_contradict_one_another(world: World) -> None:
    ((line, column, message),) = world.refused(world.row(), world.row(lot="10", end_on="30/06/2027"))
    assert (line, column) == (3, "Fin du contrat")
    assert message == "La ligne 2 dit autre chose (31/12/2026). Écrivez la même chose, ou laissez vide."


def test_an_official_siret_with_an_odd_key_is_taken_and_said(world: World) -> None:
    report = world.take(world.row(buyer="21750001630066"))
    assert "La clé de ce SIRET" in report.rows[0].note


def test_two_buyers_may_use_one_number(world: World) -> None:
    world.take(world.row(), world.row(buyer=OTHER, buyer_name="Ville d’Essai"))
    assert counts(world.ctx)[:2] == (2, 2)


def test_checking_writes_nothing(world: World) -> None:
    before = counts(world.ctx)
    assert "Rien n’est encore enregistré" in world.take(world.row(), dry_run=True).message
    assert counts(world.ctx) == before


@pytest.mark.parametrize("write", [write_xlsx, write_csv])
def test_hostile_cells_are_only_text(world: World, write: Callable[..., bytes]) -> None:
    content = world.file(world.row(label="=HYPERLINK(1)", lot="@9"), write=write)
    import_commitments(world.ctx, world.me, content, "x", False)
    with world.ctx.read() as session:
        assert session.execute(select(Commitment.label)).scalar_one() == "=HYPERLINK(1)"


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=lambda kind: kind.code)
def test_templates_have_one_column_a_name(kind: object) -> None:
    from matching.services.clauses.importing import FileKind
    from matching.text import fold

    assert isinstance(kind, FileKind)
    headers, rows = kind.template()
    assert len({fold(header) for header in headers}) == len(headers) == len(rows[0])
    words: dict[str, str] = {}
    for column in kind.columns:
        for word in {fold(word) for word in (column.name, column.header, *column.aliases)}:
            assert words.setdefault(word, column.name) == column.name, word
        column.parser(column.example)


def test_the_three_templates_follow_one_another(world: World) -> None:
    """Filled as they are, the examples make a commitment, a participant and their hours."""
    from matching.services.clauses.rules import load_clause_defaults

    load_clause_defaults(world.ctx)
    for kind in KINDS.values():
        assert kind.run(world.ctx, world.me, kind.template_csv(), "modele.csv", False).new == 1
    assert check_everything(world.ctx).breaches == ()


@pytest.mark.parametrize("make", [factories.adviser, clauses.buyer, clauses.company])
def test_only_officers(ctx: Context, make: Callable[[Context], Actor]) -> None:
    with pytest.raises(Forbidden):
        import_commitments(ctx, make(ctx), b"", "x", True)
