"""Hours from a spreadsheet: what enters the ledger, what waits, what is refused line by line, what is already there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.clauses.terms import DeclarationState, LineState, TrainingHours
from matching.errors import Forbidden, Invalid
from matching.exchange.tables import write_csv, write_xlsx
from matching.services.clauses.checking import check_everything
from matching.services.clauses.importing.hours import import_hours
from matching.services.clauses.importing.hours_lines import COLUMNS, parse_month
from matching.services.clauses.importing.reading import ImportReport
from matching.services.clauses.rules import load_clause_defaults
from matching.services.context import Context
from matching.store.tables.contracts import Commitment
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.participations import Participation
from matching.store.tables.trail import AuditEvent, AuditNote
from tests.support import clauses, factories

HEADER = {column.name: column.header for column in COLUMNS}
MAY = date(2026, 5, 1)
Row = Mapping[str, object]


class World:
    """A contract notified on 1 December 2025, its commitment, a company and a participant H-0001."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        load_clause_defaults(ctx)
        self.me = clauses.officer(ctx)
        self.company = factories.organisation(ctx, "Peintures d’Essai")
        self.contract = clauses.contract(ctx, number="2026-TX-0214")
        self.commitment = clauses.commitment(ctx, self.contract, lot="9", holder_id=self.company)
        self.participation = clauses.participation(ctx, self.commitment, organisation_id=self.company, code="H-0001")

    def row(self, **cells: object) -> Row:
        return {"number": "2026-TX-0214", "lot": "9", "code": "H-0001", "month": "05/2026", "minutes": "100"} | cells

    def file(self, rows: Iterable[Row], *more: str) -> bytes:
        rows = list(rows)
        names = list(dict.fromkeys([name for row in rows for name in row]))
        return write_csv([HEADER[name] for name in names], [[row.get(name, "") for name in names] for row in rows])

    def take(self, *rows: Row, dry_run: bool = False) -> ImportReport:
        return import_hours(self.ctx, self.me, self.file(rows), "heures.csv", dry_run)

    def refused(self, *rows: Row) -> list[tuple[int, str, str]]:
        before = counts(self.ctx)
        with pytest.raises(Invalid) as told:
            self.take(*rows)
        assert counts(self.ctx) == before
        return [(error.line or 0, error.column or "", error.message) for error in told.value.errors]


def counts(ctx: Context) -> tuple[int, ...]:
    with ctx.read() as session:
        tables = (HourDeclaration, DeclarationLine, LineDay, LedgerEntry, AuditEvent)
        return tuple(session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


@pytest.fixture
def world(ctx: Context) -> World:
    return World(ctx)


def test_history_enters_the_ledger_and_the_register_still_holds(any_ctx: Context) -> None:
    world = World(any_ctx)
    report = world.take(
        world.row(minutes="100h30"),
        world.row(month="juin 2026", minutes="7,5"),
        world.row(month="", from_on="01/07/2026", to_on="10/07/2026", minutes="20", day_1="7h30", day_2="12h30"),
    )
    assert (report.new, report.already, report.done) == (3, 0, True)
    with any_ctx.read() as session:
        one = session.get_one(Participation, world.participation)
        assert one.validated_minutes == 100 * 60 + 30 + 450 + 1200
        assert one.first_worked_on == MAY
        assert one.eligible_until == date(2028, 4, 30)
        assert session.get_one(Commitment, world.commitment).validated_minutes == one.validated_minutes
        lines = session.execute(select(DeclarationLine).order_by(DeclarationLine.id)).scalars().all()
        assert {line.state for line in lines} == {LineState.VALIDATED}
        assert [(day.day.day, day.minutes) for line in lines for day in line.days] == [(1, 450), (2, 750)]
        last = session.execute(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).scalar_one()
        assert last.action == "hours.imported"
        assert "heures" not in last.details
    assert check_everything(any_ctx).breaches == ()


def test_the_same_file_again_changes_nothing(any_ctx: Context) -> None:
    world = World(any_ctx)
    rows = [world.row(), world.row(month="06/2026", minutes="90", validated="à valider")]
    first = world.take(*rows)
    before = counts(any_ctx)
    again = world.take(*rows)
    assert counts(any_ctx) == before
    assert (first.new, again.new, again.already) == (2, 0, 2)
    assert again.message == "Tout ce fichier est déjà enregistré\u00a0: rien ne change."
    more = world.take(*rows, world.row(month="07/2026", minutes="80"))
    assert (more.new, more.already) == (1, 2)


def test_hours_to_validate_wait_for_an_officer(any_ctx: Context) -> None:
    world = World(any_ctx)
    world.take(world.row(validated="à valider"))
    with any_ctx.read() as session:
        found = session.execute(select(HourDeclaration)).scalar_one()
        assert (found.state, found.source, found.month) == (DeclarationState.SUBMITTED, "import", MAY)
        assert [(line.state, line.minutes) for line in found.lines] == [(LineState.PENDING, 6000)]
        assert session.execute(select(func.count()).select_from(LedgerEntry)).scalar_one() == 0


def test_checking_writes_nothing(world: World) -> None:
    before = counts(world.ctx)
    report = world.take(world.row(), dry_run=True)
    assert counts(world.ctx) == before
    assert (
        report.message == "À reprendre\u00a0: 100\u00a0h au grand livre (1\u00a0ligne). Rien n’est encore enregistré."
    )
    assert report.rows[0].detail == "2026-TX-0214, lot 9, 01/05/2026 – 31/05/2026\u00a0: 100\u00a0h"


BAD: list[tuple[dict[str, object], str, str]] = [
    ({"number": "2026-TX-0412"}, "Numéro du contrat", "Aucun engagement à ce numéro. Vouliez-vous dire 2026-TX-0214"),
    ({"number": ""}, "Numéro du contrat", "obligatoire"),
    ({"lot": "8"}, "Lot", "Aucun engagement à ce lot. Ceux de ce contrat\u00a0: 9."),
    ({"buyer": "123"}, "SIREN ou SIRET de l’acheteur", "14 chiffres"),
    ({"code": "H-9999"}, "Code du participant", "n’est celui de personne"),
    ({"code": ""}, "Code du participant", "obligatoire"),
    ({"month": "mai 2062"}, "Mois", "pas encore passé"),
    ({"month": "brumaire"}, "Mois", "Écrivez un mois"),
    ({"month": ""}, "Mois", "Écrivez le mois"),
    ({"month": "10/2025"}, "Mois", "notifié le 1er\u00a0décembre\u00a02025"),
    ({"month": "12/2025"}, "Mois", "commence le 1er\u00a0janvier\u00a02026"),
    ({"month": "", "from_on": "05/05/2026"}, "Au", "les deux dates"),
    ({"month": "", "from_on": "05/05/2026", "to_on": "01/05/2026"}, "Au", "La fin vient avant le début"),
    ({"month": "", "from_on": "05/05/2026", "to_on": "05/06/2026"}, "Du", "un seul mois"),
    ({"from_on": "31/02/2026", "to_on": "05/03/2026"}, "Du", "Ce jour n’existe pas"),
    ({"minutes": ""}, "Heures", "Écrivez les heures"),
    ({"minutes": "7h5"}, "Heures", "peut se lire de deux façons"),
    ({"minutes": "1.607 h"}, "Heures", "peut se lire de deux façons"),
    ({"minutes": "-5"}, "Heures", "négative"),
    ({"minutes": "745"}, "Heures", "ne tiennent pas"),
    ({"minutes": "30", "day_3": "25h", "day_4": "5"}, "Heures", "un jour compte 24\u00a0h"),
    ({"minutes": "30", "day_3": "7"}, "Heures", "Les jours font"),
    ({"month": "06/2026", "minutes": "7", "day_31": "7"}, "Jour 31", "n’existe pas"),
    ({"training": "200"}, "Dont formation", "ne peut pas le dépasser"),
    ({"training": "20"}, "Dont formation", "ne compte pas la formation"),
    ({"validated": "peut-être"}, "État", "« à valider »"),
    ({"declarant": "732829320"}, "SIRET ou SIREN du déclarant", "pas connue"),
    ({"declarant": "7328293200007"}, "SIRET ou SIREN du déclarant", "celui-ci en a 13"),
    ({"minutes": "=1+1"}, "Heures", "pas lisible"),
]


@pytest.mark.parametrize(("cells", "column", "said"), BAD)
def test_what_is_refused(world: World, cells: dict[str, object], column: str, said: str) -> None:
    assert any(
        line == 2 and where == column and said in message for line, where, message in world.refused(world.row(**cells))
    ), world.refused(world.row(**cells))


def test_the_same_hours_twice_are_refused(world: World) -> None:
    told = world.refused(world.row(), world.row(), world.row(minutes="90"))
    assert [(line, "ligne 2" in message) for line, _, message in told] == [(3, True), (4, True)]
    world.take(world.row())
    ((line, _, message),) = world.refused(world.row(minutes="90"))
    assert (line, "déclaration 1" in message) == (2, True)
    world.take(world.row(month="06/2026", minutes="10", day_1="10"))
    ((_, _, message),) = world.refused(world.row(month="06/2026", minutes="16", day_1="8", day_2="8"))
    assert "Un même jour est déjà compté" in message


def test_two_commitments_need_the_days_or_the_agreement(world: World) -> None:
    ctx = world.ctx
    second = clauses.commitment(ctx, world.contract, lot="10", holder_id=world.company)
    with ctx.read() as session:
        person = session.get_one(Participation, world.participation).person_id
    clauses.participation(ctx, second, person_id=person, organisation_id=world.company, code="H-0002")
    rows = (world.row(), world.row(lot="10", code="H-0002", minutes="50"))
    ((line, _, message),) = world.refused(*rows)
    assert (line, "autre engagement" in message) == (3, True)
    days = {f"day_{day}": "10" for day in range(4, 9)}
    told = world.refused(
        world.row(minutes="75", **dict.fromkeys(days, "15")), world.row(lot="10", code="H-0002", minutes="50", **days)
    )
    assert [(line, "25\u00a0h" in message) for line, _, message in told] == [(3, True)] * 5
    clauses.pooling(ctx, world.company, [world.commitment, second])
    assert world.take(*rows).new == 2


def test_a_rule_that_says_no_takes_a_reason(world: World) -> None:
    late = world.row(month="", from_on="01/12/2025", to_on="31/12/2025", override="Avenant signé, arrivé après")
    world.take(late)
    with world.ctx.read() as session:
        line = session.execute(select(DeclarationLine)).scalar_one()
        assert line.override_code == "outside_contract"
        assert line.override_reason == "Avenant signé, arrivé après"
    assert check_everything(world.ctx).breaches == ()


def test_hours_after_the_end_of_eligibility_are_seen_before_they_are_written(world: World) -> None:
    """The clock starts with the first hour of the file itself."""
    ctx = world.ctx
    contract = clauses.contract(
        ctx, number="VIEUX", notified_on=date(2023, 1, 1), start_on=date(2023, 1, 1), end_on=date(2026, 12, 31)
    )
    old = clauses.commitment(ctx, contract, holder_id=world.company)
    start = date(2023, 1, 1)
    clauses.participation(ctx, old, organisation_id=world.company, code="H-0007", eligible_from=start, started_on=start)
    rows = [{"number": "VIEUX", "code": "H-0007", "month": month, "minutes": "100"} for month in ("01/2024", "02/2026")]
    ((line, column, message),) = world.refused(*rows)
    assert (line, column) == (3, "Code du participant")
    assert "31\u00a0décembre\u00a02025" in message


def test_a_month_still_open_is_finished_first(world: World) -> None:
    for state, said in (
        (DeclarationState.DRAFT, "commencé à déclarer"),
        (DeclarationState.RETURNED, "renvoyé"),
        (DeclarationState.SUBMITTED, "attend votre décision"),
    ):
        other = clauses.commitment(world.ctx, world.contract, lot=state.value, holder_id=world.company)
        code = f"H-{state.value[:4]}"
        clauses.participation(world.ctx, other, organisation_id=world.company, code=code)
        clauses.declaration(world.ctx, other, world.company, month=MAY, state=state)
        ((_, column, message),) = world.refused(world.row(lot=state.value, code=code))
        assert (column, said in message) == ("Mois", True)


def test_three_bad_rows_in_five_hundred(world: World) -> None:
    people = [
        clauses.participation(world.ctx, world.commitment, organisation_id=world.company, code=f"K-{n:03d}")
        for n in range(50)
    ]
    assert len(people) == 50
    rows = [
        world.row(code=f"K-{n:03d}", month=f"{month:02d}/2026", minutes="70")
        for n in range(50)
        for month in range(1, 11)
    ]
    rows[6] = {**rows[6], "minutes": "52h80"}
    rows[18] = {**rows[18], "number": "2026-TX-0241"}
    rows[30] = {**rows[30], "month": "05/2062"}
    assert [line for line, _, _ in world.refused(*rows)] == [8, 20, 32]
    rows = [row for place, row in enumerate(rows) if place not in (6, 18, 30)]
    assert world.take(*rows).new == 497
    assert check_everything(world.ctx).breaches == ()


def test_only_the_dates_of_the_contract_stop_hours_to_validate(world: World) -> None:
    clauses.participation(world.ctx, world.commitment, organisation_id=world.company, code="H-0009", eligible_from=None)
    assert world.take(world.row(code="H-0009", validated="à valider")).new == 1
    ((_, column, _),) = world.refused(world.row(code="H-0009", validated="à valider", month="12/2025"))
    assert column == "Mois"


def test_training_counts_when_the_contract_says_so(world: World) -> None:
    other = clauses.commitment(
        world.ctx,
        world.contract,
        lot="F",
        holder_id=world.company,
        training=TrainingHours.CAPPED,
        training_cap_percent=20,
    )
    clauses.participation(world.ctx, other, organisation_id=world.company, code="H-000F")
    ((_, column, _),) = world.refused(world.row(lot="F", code="H-000F", training="30"))
    assert column == "Dont formation"
    world.take(world.row(lot="F", code="H-000F", training="20"))
    with world.ctx.read() as session:
        assert session.execute(select(DeclarationLine.training_minutes)).scalar_one() == 1200


@pytest.mark.parametrize("write", [write_xlsx, write_csv])
def test_files_of_every_tool(world: World, write: Callable[..., bytes]) -> None:
    content = write(
        ["Numéro du marché", "LOT", "Participant", "Mois travaillé", "Heures travaillées", "Remarques"],
        [["2026-TX-0214", "9", "h-0001", "2026-05-01", "7h30", "vu"]],
    )
    report = import_hours(world.ctx, world.me, content, "reprise", False)
    assert (report.new, report.unused) == (1, ("Remarques",))


def test_an_old_encoding_is_read(world: World) -> None:
    header = "Numéro du contrat;Lot;Code du participant;Mois;Heures;État"
    text = f"{header}\r\n2026-TX-0214;9;H-0001;août 2026;7h30;validées\r\n"
    assert import_hours(world.ctx, world.me, text.encode("latin-1"), "vieux.csv", False).new == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"rien", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04rien", b"a;b\n1;2\n", b"x" * (10 * 2**20 + 1)],
)
def test_what_is_not_such_a_file(world: World, content: bytes) -> None:
    before = counts(world.ctx)
    with pytest.raises(Invalid):
        import_hours(world.ctx, world.me, content, "x", False)
    assert counts(world.ctx) == before


def test_too_many_rows(world: World) -> None:
    with pytest.raises(Invalid, match="20000 au plus"):
        world.take(*[world.row()] * 20_001)


def test_no_name_in_the_chain(world: World) -> None:
    import_hours(world.ctx, world.me, world.file([world.row()]), "heures de Camille.csv", False)
    with world.ctx.read() as session:
        assert all("Camille" not in event.details for event in session.execute(select(AuditEvent)).scalars())
        assert "heures de Camille.csv" in set(session.execute(select(AuditNote.text)).scalars())


@pytest.mark.parametrize("make", [factories.adviser, clauses.buyer, clauses.company])
def test_only_officers(ctx: Context, make: Callable[[Context], Actor]) -> None:
    with pytest.raises(Forbidden):
        import_hours(ctx, make(ctx), b"", "x", True)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("mai 2026", date(2026, 5, 1)),
        ("Août 2026", date(2026, 8, 1)),
        ("5/2026", date(2026, 5, 1)),
        ("2026-05", date(2026, 5, 1)),
        ("2026-05-17", date(2026, 5, 1)),
        ("17/05/2026", date(2026, 5, 1)),
        ("", None),
    ],
)
def test_months(text: str, month: date | None) -> None:
    assert parse_month(text) == month


def test_two_officers_at_once_write_the_hours_once(any_ctx: Context) -> None:
    world = World(any_ctx)
    rows = [world.row(month=f"{month:02d}/2026", minutes="70") for month in range(1, 11)]
    content, other = world.file(rows), clauses.officer(any_ctx)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda me: import_hours(any_ctx, me, content, "x.csv", False), (world.me, other)))
    assert sorted((report.new, report.already) for report in both) == [(0, 10), (10, 0)]
    with any_ctx.read() as session:
        assert session.get_one(Commitment, world.commitment).validated_minutes == 700 * 60
    assert check_everything(any_ctx).breaches == ()
