"""What a contract asks for some people (women, under 26, a public), and where its validated hours are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.dates import age_on
from matching.services.clauses.commitment_inputs import TARGET_LABELS
from matching.store.tables.contracts import CommitmentTarget
from matching.store.tables.participations import Participation
from matching.store.tables.protected import ProtectedFact
from matching.terms import Known

_AGE = 26


@dataclass(frozen=True)
class TargetLine:
    """A part of the hours asked for some people. Minutes; `unknown`: hours of people of whom that is not known."""

    label: str
    percent: int
    minutes: int
    unknown: int
    validated: int

    @property
    def reached(self) -> Decimal | None:
        """Percent of the validated hours, to a tenth; None before any hour."""
        if not self.validated:
            return None
        return (Decimal(100) * self.minutes / self.validated).quantize(Decimal("0.1"), ROUND_HALF_UP)

    @property
    def held(self) -> Known:
        """Whether the part is reached; unknown when those not known could make the difference."""
        wanted = self.percent * self.validated
        if 100 * self.minutes >= wanted:
            return Known.YES if self.validated else Known.UNKNOWN
        return Known.UNKNOWN if 100 * (self.minutes + self.unknown) >= wanted else Known.NO


def targets_of(session: Session, commitment_id: int) -> tuple[TargetLine, ...]:
    """The targets of a commitment over the hours validated of its own people; two statements, none without a target.

    An age is that of the day eligibility was decided, as for the publics.
    """
    wanted = session.execute(
        select(CommitmentTarget)
        .where(CommitmentTarget.commitment_id == commitment_id)
        .order_by(CommitmentTarget.percent.desc(), CommitmentTarget.target)
    ).scalars().all()  # fmt: skip
    if not wanted:
        return ()
    query = select(Participation).where(
        Participation.commitment_id == commitment_id, Participation.validated_minutes > 0
    )
    people = list(session.execute(query).scalars())
    known = _facts(session, [one.person_id for one in people])
    total = sum(one.validated_minutes for one in people)
    lines = []
    for target in wanted:
        answers = [(one.validated_minutes, _answer(target.target, one, known)) for one in people]
        minutes = sum(worked for worked, answer in answers if answer is Known.YES)
        unknown = sum(worked for worked, answer in answers if answer is Known.UNKNOWN)
        label = TARGET_LABELS.get(target.target, target.target)
        lines.append(TargetLine(label, target.percent, minutes, unknown, total))
    return tuple(lines)


def _facts(session: Session, people: list[int]) -> dict[tuple[int, str], str]:
    query = select(ProtectedFact.person_id, ProtectedFact.kind, ProtectedFact.value)
    query = query.where(ProtectedFact.person_id.in_(people), ProtectedFact.kind.in_(("sex", "birth_date")))
    return {(row.person_id, row.kind): row.value for row in session.execute(query)}


def _answer(target: str, one: Participation, known: dict[tuple[int, str], str]) -> Known:
    if target == "women":
        sex = known.get((one.person_id, "sex"))
        return Known.UNKNOWN if sex is None else _known(sex == "f")
    if target == "under_26":
        birth = known.get((one.person_id, "birth_date"))
        day = one.eligible_decided_on or one.started_on or one.created_at.date()
        return Known.UNKNOWN if birth is None else _known(age_on(date.fromisoformat(birth), day) < _AGE)
    if one.eligible_public is None:
        return Known.UNKNOWN
    return _known(one.eligible_public.value == target)


def _known(answer: bool) -> Known:
    return Known.YES if answer else Known.NO
