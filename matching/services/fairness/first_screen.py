"""The pilot's first screen: figures with their trend, and what stands out of the lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matching.clock import PARIS
from matching.services.blocks import Block, Figure, Task
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.services.fairness.gathering import instant
from matching.services.fairness.reading import Compared, read_groups, units_read, usual_period
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import Proposal
from matching.terms import CandidateState, ProposalState

RECENT_DAYS: Final = 30
_SHOWN: Final = 8
_HIDDEN: Final = "masqué"


def pilot_screen(ctx: Context, session: Session, day: date) -> tuple[list[Block], tuple[Figure, ...], str]:
    """What stands out, the units to read one by one, the figures of the month and one sentence of it all."""
    first, last = usual_period(day)
    out = read_groups(ctx, session, first, last).standing_out
    units = tuple(Task(unit.name, "", "", "Lire", "fairness.unit", unit.id) for unit in units_read(session))
    blocks = [
        Block("Ce qui ressort des listes", tuple(map(_task, out[:_SHOWN])), len(out), "fairness.index"),
        Block("Unités", units, len(units), side=True),
    ]
    summary = "Des chiffres de groupes assez grands, et le dossier de personne."
    return blocks, _figures(session, day), summary


def _task(one: Compared) -> Task:
    return Task(one.subject, one.words, "", "Lire", "fairness.index")


def _figures(session: Session, day: date) -> tuple[Figure, ...]:
    least = thresholds_on(session, day).small_cell
    active = select(func.count(Candidate.id)).where(Candidate.state == CandidateState.ACTIVE)
    proposed = select(func.count(Proposal.candidate_id.distinct()))
    lists = select(func.count(ExposureLog.id))
    since, before = (instant(day - timedelta(days=days - 1)) for days in (RECENT_DAYS, 2 * RECENT_DAYS))

    def people(counted: int) -> str:
        return str(counted) if counted == 0 or counted >= least else _HIDDEN

    def count(query: object, *where: ColumnElement[bool]) -> int:
        return int(session.execute(query.where(*where)).scalar_one())  # type: ignore[attr-defined]

    hires = select(func.count(Proposal.id)).where(Proposal.state == ProposalState.HIRED)
    since_day, before_day = since.astimezone(PARIS).date(), before.astimezone(PARIS).date()
    return (
        Figure("Personnes en recherche", people(count(active)), "", "fairness.index"),
        _trend(
            "Listes montrées",
            str(count(lists, ExposureLog.at >= since)),
            str(count(lists, ExposureLog.at >= before, ExposureLog.at < since)),
        ),
        _trend(
            "Personnes proposées",
            people(count(proposed, Proposal.created_at >= since)),
            people(count(proposed, Proposal.created_at >= before, Proposal.created_at < since)),
        ),
        _trend(
            "Embauches",
            people(count(hires, Proposal.hired_on >= since_day)),
            people(count(hires, Proposal.hired_on >= before_day, Proposal.hired_on < since_day)),
        ),
    )


def _trend(label: str, now: str, before: str) -> Figure:
    return Figure(f"{label}, {RECENT_DAYS}\u00a0jours", now, f"{RECENT_DAYS} jours d’avant\u00a0: {before}")
