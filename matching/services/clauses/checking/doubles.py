"""The same hours counted twice: every overlap between one person's lines was looked at by an officer, and fits."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from matching.clauses.line_model import WorkedLine
from matching.clauses.overlap import period_total_excess, possible_duplicates
from matching.clauses.terms import LineState
from matching.services.clauses.checking.report import Breach
from matching.store.tables.contracts import PoolingMember
from matching.store.tables.declarations import DeclarationLine, DuplicateResolution, HourDeclaration
from matching.store.tables.participations import Participation

_BATCH = 20_000


def check_doubles(connection: Connection) -> Iterator[Breach]:
    """The first validated line that doubles another one without a decision, or overfills its days with others."""
    people = _people_with_overlaps(connection)
    with Session(connection) as session:
        resolved = {(row.first_line_id, row.second_line_id) for row in session.execute(_RESOLVED)}
        agreements: dict[int, set[int]] = {}
        for member in session.execute(select(PoolingMember)).scalars():
            agreements.setdefault(member.agreement_id, set()).add(member.commitment_id)
        pooled = [frozenset(members) for members in agreements.values()]
        for person_id in people:
            lines = _lines(session, person_id)
            for double in possible_duplicates(lines, resolved, pooled):
                yield Breach(
                    "doublons",
                    "declaration_line",
                    double.line_b.id,
                    f"mêmes heures possibles que la ligne {double.line_a.id}, sans décision",
                )
                return
            for excess in period_total_excess(lines):
                told = f"plus de 24 heures par jour avec les lignes {', '.join(map(str, excess.line_ids[:-1]))}"
                yield Breach("jours", "declaration_line", excess.line_ids[-1], told)
                return


_RESOLVED = select(DuplicateResolution.first_line_id, DuplicateResolution.second_line_id)


def _people_with_overlaps(connection: Connection) -> list[int]:
    """People with two validated lines whose periods meet: a sweep over all the lines, person by person."""
    query = (
        select(Participation.person_id, DeclarationLine.from_on, DeclarationLine.to_on)
        .join(Participation, Participation.id == DeclarationLine.participation_id)
        .where(DeclarationLine.state == LineState.VALIDATED, DeclarationLine.minutes > 0)
        .order_by(Participation.person_id, DeclarationLine.from_on)
    )
    found: list[int] = []
    person, until = 0, None
    raw = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
    # As the driver gives them: days compare the same as text on SQLite, and a million of them need no objects.
    with connection.exec_driver_sql(raw, execution_options={"yield_per": _BATCH}) as rows:
        for person_id, from_on, to_on in rows:
            if person_id != person:
                person, until = person_id, to_on
            elif until is not None and from_on <= until:
                if not found or found[-1] != person_id:
                    found.append(person_id)
                until = max(until, to_on)
            else:
                until = to_on
    return found


def _lines(session: Session, person_id: int) -> list[WorkedLine]:
    query = (
        select(DeclarationLine, Participation, HourDeclaration)
        .join(Participation, Participation.id == DeclarationLine.participation_id)
        .join(HourDeclaration, HourDeclaration.id == DeclarationLine.declaration_id)
        .where(Participation.person_id == person_id, DeclarationLine.state == LineState.VALIDATED)
    )
    return [
        WorkedLine(
            line.id,
            person.id,
            person.person_id,
            declaration.commitment_id,
            declaration.organisation_id,
            person.route,
            line.from_on,
            line.to_on,
            line.minutes,
            line.training_minutes,
            tuple((day.day, day.minutes) for day in line.days),
        )
        for line, person, declaration in session.execute(query)
    ]
