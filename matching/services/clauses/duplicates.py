"""Two lines that may be the same hours: an officer says, with a reason, that they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.overlap import DuplicateKind
from matching.errors import Conflict, FieldError, Invalid, NotFound, RuleRefused
from matching.services.clauses.findings import duplicates_of
from matching.services.clauses.participations import acted_on
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.declarations import DeclarationLine, DuplicateResolution, HourDeclaration
from matching.store.tables.participations import Participation
from matching.store.unit_of_work import UnitOfWork
from matching.text import NBSP

LONGEST_REASON = 2000


@dataclass(frozen=True)
class Resolved:
    """The resolution written, and the declaration of the line it was asked from."""

    id: int
    declaration_id: int


def resolve(ctx: Context, actor: Actor, first_line_id: int, second_line_id: int, reason: str) -> Resolved:
    """Note that two lines of one person are not the same hours, and why. The page is that of `first_line_id`.

    Raises `Invalid` without a reason, `RuleRefused` when the days or a written agreement are needed, `Conflict` when a
    colleague settled it.
    """
    require(actor, Permission.DECIDE_HOURS)
    text = reason.strip()
    if not text or len(text) > LONGEST_REASON:
        told = f"Écrivez pourquoi ce ne sont pas les mêmes heures ({LONGEST_REASON} caractères au plus)."
        raise Invalid(told, [FieldError("reason", told)])
    with ctx.write(actor) as work:
        session = work.session
        line = line_in_reach(session, actor, first_line_id)
        other = line_in_reach(session, actor, second_line_id)
        low, high = sorted((line.id, other.id))
        _expect_open(session, low, high)
        _expect_double(session, line, low, high)
        row = DuplicateResolution(first_line_id=low, second_line_id=high, reason=text, by_id=actor.user_id, at=work.at)
        session.add(row)
        session.flush()
        acted_on(work, session.get_one(HourDeclaration, line.declaration_id).commitment_id)
        work.record("duplicate.resolved", "declaration_line", low, note=text, other=high)
        return Resolved(row.id, line.declaration_id)


def forget_resolutions(session: Session, line_ids: Sequence[int]) -> None:
    """Lines sent back come again with other hours: what was noted of the hours before does not hold for them.

    The audit trail keeps who noted it and why.
    """
    settled = or_(DuplicateResolution.first_line_id.in_(line_ids), DuplicateResolution.second_line_id.in_(line_ids))
    session.execute(delete(DuplicateResolution).where(settled))


def keep_resolutions(work: UnitOfWork, old_line_id: int, new_line_id: int) -> None:
    """An officer corrects a line: what was noted of its possible doubles, with its reason and its author, still holds.

    The new line keeps the days; a total that no longer fits in them is refused all the same.
    """
    d = DuplicateResolution
    for row in work.session.execute(
        select(d).where(or_(d.first_line_id == old_line_id, d.second_line_id == old_line_id))
    ).scalars():
        other = row.second_line_id if row.first_line_id == old_line_id else row.first_line_id
        low, high = sorted((other, new_line_id))
        work.session.add(d(first_line_id=low, second_line_id=high, reason=row.reason, by_id=row.by_id, at=row.at))
    work.session.flush()


def line_in_reach(session: Session, actor: Actor, line_id: int) -> DeclarationLine:
    """A line of a declaration that the actor reaches. Raises `NotFound`."""
    query = (
        select(DeclarationLine)
        .join(HourDeclaration, HourDeclaration.id == DeclarationLine.declaration_id)
        .where(DeclarationLine.id == line_id, scope.declarations(actor))
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def _expect_open(session: Session, low: int, high: int) -> None:
    who = session.execute(
        select(UserAccount.name)
        .join(DuplicateResolution, DuplicateResolution.by_id == UserAccount.id)
        .where(DuplicateResolution.first_line_id == low, DuplicateResolution.second_line_id == high)
    ).scalar_one_or_none()
    if who is not None:
        raise Conflict(f"{who} a déjà noté que ces deux lignes ne sont pas les mêmes heures. Rouvrez la page.")


def _expect_double(session: Session, line: DeclarationLine, low: int, high: int) -> None:
    declaration = session.get_one(HourDeclaration, line.declaration_id)
    doubles = {double.pair: double for double in duplicates_of(session, declaration)}
    double = doubles.get((low, high))
    if double is None:
        people = select(Participation.person_id).join(
            DeclarationLine, DeclarationLine.participation_id == Participation.id
        )
        pair = session.execute(people.where(DeclarationLine.id.in_((low, high)))).scalars().all()
        if low == high or len(set(pair)) != 1:
            raise NotFound()
        raise RuleRefused("Ces deux lignes ne se recouvrent pas, ou plus. Rouvrez la page pour voir où elles en sont.")
    # Under two files, the reason may well be that these are two people.
    namesakes = double.line_a.person_id != double.line_b.person_id
    if double.kind is DuplicateKind.TWO_COMMITMENTS and not namesakes:
        raise RuleRefused(
            f"Deux engagements sur la même période{NBSP}: il faut les heures jour par jour, ou la convention de "
            "globalisation qui relie les deux. Un motif ne suffit pas."
        )
