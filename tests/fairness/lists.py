"""People in bulk, lists logged as the ranked page logs them, proposals: what a reading is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count as numbers

from matching.access.permissions import Actor
from matching.services.context import Context
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.people import Candidate, Person
from matching.store.tables.proposals import Proposal
from matching.store.tables.protected import ProtectedFact
from matching.terms import CandidateState, ProposalState
from tests.support import factories as make

_NUMBERS = numbers(1)


def month_ended(at: datetime) -> datetime:
    """The same time on the last day of the month before."""
    return at - timedelta(days=at.day)


def people(
    ctx: Context,
    unit_id: int,
    count: int,
    protected: Mapping[str, str] | None = None,
    state: CandidateState = CandidateState.ACTIVE,
) -> list[int]:
    """`count` people of a unit, all with the same protected facts."""
    with ctx.write(None) as work:
        at = work.at - timedelta(days=90)
        made = []
        for _ in range(count):
            person = Person(given_name="Awa", family_name="Essai", name_search="awa essai", created_at=at)
            row = Candidate(
                code=f"F-{next(_NUMBERS)}", person=person, unit_id=unit_id, state=state, created_at=at, updated_at=at
            )
            work.session.add(row)
            made.append(row)
        work.session.flush()
        for row in made:
            for kind, value in (protected or {}).items():
                work.session.add(
                    ProtectedFact(person_id=row.person_id, kind=kind, value=value, known_on=work.at.date())
                )
        work.record("test.people", "employment_unit", unit_id)
        return [row.id for row in made]


def shown(ctx: Context, actor: Actor, offer_id: int, ids: Sequence[int], days_ago: int = 1) -> None:
    """A list of these people, in this order; days before the end of the last finished month."""
    with ctx.write(actor) as work:
        work.session.add(
            ExposureLog(
                at=month_ended(work.at) - timedelta(days=days_ago), actor_id=actor.user_id, offer_id=offer_id,
                unit_id=actor.unit_id, data_version=1, engine_version="1", seed=1, weights={},
                shown=[[key, "clear", 0.5, {"occupation": "met"}] for key in ids],
            )
        )  # fmt: skip
        work.record("list.shown", "offer", offer_id)


def proposed(
    ctx: Context, offer_id: int, adviser: Actor, ids: Sequence[int], state: ProposalState = ProposalState.PROPOSED
) -> None:
    """Proposals of these people made at the end of the last finished month, in `state`."""
    agreed = None if state in (ProposalState.PROPOSED, ProposalState.DECLINED) else make.today(ctx)
    with ctx.write(None) as work:
        for key in ids:
            work.session.add(
                Proposal(
                    offer_id=offer_id, candidate_id=key, adviser_id=adviser.user_id, state=state, agreed_on=agreed,
                    created_at=month_ended(work.at), state_changed_at=work.at,
                )
            )  # fmt: skip
        work.record("test.proposals", "offer", offer_id)
