"""A unit with two advisers, one offer and one person; what the tests of proposals read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.errors import MatchingError
from matching.services.context import Context
from matching.services.proposals import Wanted, move_proposal
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import Proposal
from matching.store.unit_of_work import current_versions
from matching.terms import AgreementChannel
from matching.terms import ProposalState as S
from tests.support import factories as make

DAY = date(2026, 11, 23)
COMPLETE = {
    S.AGREED: Wanted(S.AGREED, agreed_on=DAY, channel=AgreementChannel.PHONE),
    S.DECLINED: Wanted(S.DECLINED, reason="person_schedule"),
    S.SENT: Wanted(S.SENT),
    S.SEEN: Wanted(S.SEEN),
    S.INTERVIEW: Wanted(S.INTERVIEW, step_date=DAY),
    S.IMMERSION: Wanted(S.IMMERSION, step_date=DAY),
    S.OFFERED: Wanted(S.OFFERED),
    S.HIRED: Wanted(S.HIRED, step_date=DAY),
    S.REFUSED: Wanted(S.REFUSED, reason="employer_other_chosen"),
    S.WITHDRAWN: Wanted(S.WITHDRAWN, reason="service_situation"),
    S.EXPIRED: Wanted(S.EXPIRED),
    S.HIRED_ELSEWHERE: Wanted(S.HIRED_ELSEWHERE),
    S.PROPOSED: Wanted(S.PROPOSED),
}
"""Everything each step asks, given."""


@dataclass(frozen=True)
class Office:
    adviser: Actor
    colleague: Actor
    unit_id: int
    offer_id: int
    candidate_id: int


def build_office(ctx: Context) -> Office:
    unit = make.unit(ctx)
    return Office(
        adviser=make.adviser(ctx, unit, "Ada Essai"),
        colleague=make.adviser(ctx, unit, "Bo Témoin"),
        unit_id=unit,
        offer_id=make.offer(ctx),
        candidate_id=make.candidate(ctx, unit, given_name="Chloé", family_name="Fictif"),
    )


def row(ctx: Context, table: type[Any], key: int) -> Any:
    with ctx.read() as session:
        return session.get_one(table, key)


def offer_of(ctx: Context, key: int) -> Offer:
    found: Offer = row(ctx, Offer, key)
    return found


def candidate_of(ctx: Context, key: int) -> Candidate:
    found: Candidate = row(ctx, Candidate, key)
    return found


def proposal_of(ctx: Context, key: int) -> Proposal:
    found: Proposal = row(ctx, Proposal, key)
    return found


def proposals_count(ctx: Context) -> int:
    with ctx.read() as session:
        return session.execute(select(func.count(Proposal.id))).scalar_one()


def version_of(ctx: Context, stream: str) -> int:
    with ctx.read() as session:
        return current_versions(session).get(stream, 0)


def step(ctx: Context, actor: Actor, key: int, wanted: Wanted) -> int:
    """Move the proposal as read just now."""
    return move_proposal(ctx, actor, key, proposal_of(ctx, key).version, wanted)


def shown_list(ctx: Context, actor: Actor, offer_id: int) -> int:
    """A logged list, as the ranked page leaves it."""
    with ctx.write(actor) as work:
        listed = ExposureLog(actor_id=actor.user_id, offer_id=offer_id, unit_id=actor.unit_id, at=work.at)
        listed.data_version, listed.engine_version, listed.seed, listed.weights, listed.shown = 1, "1", 1, {}, []
        work.session.add(listed)
        work.session.flush()
        work.record("test.list", "offer", offer_id)
        return listed.id


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all acts in threads that start together; each one's answer, or the error told to the person."""
    start, answers = Barrier(len(acts)), [None] * len(acts)

    def run(place: int) -> None:
        start.wait()
        try:
            answers[place] = acts[place]()  # type: ignore[call-overload]
        except MatchingError as error:
            answers[place] = error  # type: ignore[call-overload]

    threads = [Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(answers)
