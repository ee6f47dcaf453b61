"""Each step of the table, what a hire changes, seats, silence, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from matching.clock import FixedClock
from matching.errors import Conflict, Forbidden, MatchingError, NotFound, RuleRefused
from matching.placements.lifecycle import STEPS, TRANSITIONS
from matching.services import offers
from matching.services.context import Context
from matching.services.proposals import (
    Wanted,
    expire_silent_proposals,
    move_proposal,
    propose_candidates,
    read_proposal,
)
from matching.terms import CandidateState, OfferState
from matching.terms import ProposalState as S
from tests.proposals.office import (
    COMPLETE,
    DAY,
    Office,
    at_once,
    build_office,
    candidate_of,
    offer_of,
    proposal_of,
    step,
    version_of,
)
from tests.support import factories as make

MISSING = [
    (S.PROPOSED, Wanted(S.AGREED), "date de l’accord"),
    (S.PROPOSED, replace(COMPLETE[S.AGREED], channel=None), "comment il a été donné"),
    (S.PROPOSED, replace(COMPLETE[S.AGREED], agreed_on=None), "date de l’accord"),
    (S.PROPOSED, replace(COMPLETE[S.AGREED], agreed_on=DAY + timedelta(days=1)), "futur"),
    (S.PROPOSED, replace(COMPLETE[S.AGREED], agreed_on=DAY - timedelta(days=90)), "antérieure"),
    (S.PROPOSED, Wanted(S.SENT), "accord de la personne"),
    (S.PROPOSED, Wanted(S.DECLINED), "motif"),
    (S.PROPOSED, Wanted(S.DECLINED, reason="employer_other"), "motif"),
    (S.SENT, Wanted(S.INTERVIEW), "Date de l’entretien"),
    (S.SENT, Wanted(S.IMMERSION), "Premier jour de l’immersion"),
    (S.SENT, Wanted(S.HIRED), "Premier jour de travail"),
    (S.SENT, Wanted(S.HIRED, step_date=DAY - timedelta(days=1)), "antérieure"),
    (S.SENT, Wanted(S.REFUSED), "motif"),
    (S.HIRED, Wanted(S.SENT), "close"),
]


@pytest.fixture
def office(any_ctx: Context) -> Office:
    return build_office(any_ctx)


def a_proposal(ctx: Context, office: Office, state: S = S.PROPOSED) -> int:
    return make.proposal(ctx, office.offer_id, office.candidate_id, office.adviser.user_id, state)


@pytest.mark.parametrize("origin", list(S))
def test_every_pair_of_states(ctx: Context, origin: S) -> None:
    here = build_office(ctx)
    for target in S:
        key = make.proposal(
            ctx, make.offer(ctx), make.candidate(ctx, here.unit_id, commune=None), here.adviser.user_id, origin
        )
        if target in TRANSITIONS[origin] and not STEPS[target].automatic:
            step(ctx, here.colleague, key, COMPLETE[target])
            sheet = read_proposal(ctx, here.adviser, key)
            assert (sheet.line.state, sheet.steps[-1].state, sheet.steps[-1].by) == (target, target, "Bo Témoin")
        else:
            with pytest.raises(RuleRefused):
                step(ctx, here.colleague, key, COMPLETE[target])
            assert proposal_of(ctx, key).state is origin


@pytest.mark.parametrize(("origin", "wanted", "told"), MISSING)
def test_what_is_missing_is_told(ctx: Context, origin: S, wanted: Wanted, told: str) -> None:
    here = build_office(ctx)
    key = a_proposal(ctx, here, origin)
    with pytest.raises(RuleRefused, match=told):
        step(ctx, here.adviser, key, wanted)
    assert proposal_of(ctx, key).state is origin


def test_what_each_step_leaves(any_ctx: Context, office: Office) -> None:
    (key,) = propose_candidates(any_ctx, office.adviser, office.offer_id, [office.candidate_id])
    for state in (S.AGREED, S.SENT, S.SEEN, S.INTERVIEW, S.OFFERED):
        step(any_ctx, office.adviser, key, replace(COMPLETE[state], note=f"Note {state}"))
    step(any_ctx, office.colleague, key, COMPLETE[S.REFUSED])
    sheet = read_proposal(any_ctx, office.adviser, key)
    assert [line.state for line in sheet.steps][-2:] == [S.OFFERED, S.REFUSED]
    assert (sheet.agreed_on, sheet.interview_on, sheet.hired_on) == (DAY, DAY, None)
    assert sheet.steps[-1].reason == "Une autre candidature est retenue"
    assert sheet.steps[1].note == "Note agreed"
    assert sheet.actions == ()
    stored = proposal_of(any_ctx, key)
    assert (stored.refusal_side, stored.refusal_reason) == ("employer", "employer_other_chosen")


def test_a_colleagues_earlier_move_is_told(any_ctx: Context, office: Office) -> None:
    key = a_proposal(any_ctx, office)
    read_at = proposal_of(any_ctx, key).version
    step(any_ctx, office.colleague, key, COMPLETE[S.DECLINED])
    with pytest.raises(Conflict, match=r"Déclinée par la personne.*Bo Témoin"):
        move_proposal(any_ctx, office.adviser, key, read_at, COMPLETE[S.AGREED])


def test_the_ranking_is_told(any_ctx: Context, office: Office) -> None:
    key = a_proposal(any_ctx, office)
    before = version_of(any_ctx, "people")
    step(any_ctx, office.adviser, key, COMPLETE[S.DECLINED])
    assert version_of(any_ctx, "people") == before + 1 == candidate_of(any_ctx, office.candidate_id).data_version


@pytest.mark.parametrize(("weekly", "keep", "left"), [(2100, False, 0), (1200, False, 0), (1200, True, 1)])
def test_a_hire_and_the_persons_other_proposals(
    any_ctx: Context, weekly: int, keep: bool, left: int, office: Office
) -> None:
    offer = make.offer(any_ctx, weekly_minutes=weekly, seats=2)
    key = make.proposal(any_ctx, offer, office.candidate_id, office.adviser.user_id, S.OFFERED)
    other = a_proposal(any_ctx, office)
    closed = step(any_ctx, office.adviser, key, replace(COMPLETE[S.HIRED], keep_others=keep))
    assert closed == 1 - left
    assert proposal_of(any_ctx, other).state is (S.PROPOSED if left else S.HIRED_ELSEWHERE)
    assert candidate_of(any_ctx, office.candidate_id).state is CandidateState.HIRED
    assert (offer_of(any_ctx, offer).filled_seats, offer_of(any_ctx, offer).state) == (1, OfferState.PUBLISHED)


def test_keeping_the_others_is_refused_for_a_full_time_job(any_ctx: Context, office: Office) -> None:
    key = a_proposal(any_ctx, office, S.OFFERED)
    with pytest.raises(RuleRefused, match="temps partiel"):
        step(any_ctx, office.adviser, key, replace(COMPLETE[S.HIRED], keep_others=True))
    assert offer_of(any_ctx, office.offer_id).filled_seats == 0  # nothing half done
    assert candidate_of(any_ctx, office.candidate_id).state is CandidateState.ACTIVE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OfferState.PUBLISHED, OfferState.FILLED),
        (OfferState.SUSPENDED, OfferState.FILLED),
        (OfferState.CLOSED, OfferState.CLOSED),
        (OfferState.EXPIRED, OfferState.EXPIRED),
    ],
)
def test_the_last_seat_fills_the_offer(any_ctx: Context, office: Office, before: OfferState, after: OfferState) -> None:
    offer = make.offer(any_ctx, state=before)
    key = make.proposal(any_ctx, offer, office.candidate_id, office.adviser.user_id, S.OFFERED)
    step(any_ctx, office.adviser, key, COMPLETE[S.HIRED])
    assert (offer_of(any_ctx, offer).filled_seats, offer_of(any_ctx, offer).state) == (1, after)
    late = make.proposal(any_ctx, offer, make.candidate(any_ctx, office.unit_id), office.adviser.user_id, S.OFFERED)
    with pytest.raises(RuleRefused, match="déjà pourvus"):
        step(any_ctx, office.adviser, late, COMPLETE[S.HIRED])


def test_two_hires_on_the_last_seat_at_once(any_ctx: Context, office: Office) -> None:
    people = [make.candidate(any_ctx, office.unit_id) for _ in range(2)]
    keys = [make.proposal(any_ctx, office.offer_id, p, office.adviser.user_id, S.OFFERED) for p in people]
    version = proposal_of(any_ctx, keys[0]).version
    answers = at_once(
        *(
            lambda key=key, who=who: move_proposal(any_ctx, who, key, version, COMPLETE[S.HIRED])
            for key, who in zip(keys, (office.adviser, office.colleague), strict=True)
        )
    )
    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert sum(isinstance(answer, MatchingError) for answer in answers) == 1
    offer = offer_of(any_ctx, office.offer_id)
    assert (offer.filled_seats, offer.seats, offer.state) == (1, 1, OfferState.FILLED)
    assert sorted(proposal_of(any_ctx, key).state for key in keys) == [S.HIRED, S.OFFERED]
    assert sorted(candidate_of(any_ctx, key).state for key in people) == [CandidateState.ACTIVE, CandidateState.HIRED]


def test_an_offer_can_be_edited_after_a_hire(any_ctx: Context, office: Office) -> None:
    offer = make.offer(any_ctx, seats=2)
    sheet = offers.get_offer(any_ctx, office.adviser, offer)
    key = make.proposal(any_ctx, offer, office.candidate_id, office.adviser.user_id, S.OFFERED)
    opened_at = offer_of(any_ctx, offer).version
    step(any_ctx, office.colleague, key, COMPLETE[S.HIRED])
    # The form was opened before the hire: one seat more, and the hire is not forgotten.
    changed = replace(offers.input_of(sheet), seats=3)
    offers.edit_offer(any_ctx, office.adviser, offer, opened_at, changed)
    assert (offer_of(any_ctx, offer).seats, offer_of(any_ctx, offer).filled_seats) == (3, 1)


def test_whoever_edits_an_offer_is_told_that_it_was_filled(any_ctx: Context, office: Office) -> None:
    sheet = offers.get_offer(any_ctx, office.adviser, office.offer_id)
    key = a_proposal(any_ctx, office, S.OFFERED)
    opened_at = offer_of(any_ctx, office.offer_id).version
    step(any_ctx, office.colleague, key, COMPLETE[S.HIRED])
    with pytest.raises(Conflict):
        offers.edit_offer(any_ctx, office.adviser, office.offer_id, opened_at, offers.input_of(sheet))


@pytest.mark.parametrize(
    ("state", "expires"), [(S.PROPOSED, True), (S.SENT, True), (S.SEEN, True), (S.INTERVIEW, False)]
)
def test_silence_ends_at_sixty_days(
    any_ctx: Context, clock: FixedClock, office: Office, state: S, expires: bool
) -> None:
    key = a_proposal(any_ctx, office, state)
    clock.instant += timedelta(days=59)
    assert expire_silent_proposals(any_ctx) == 0
    clock.instant += timedelta(days=1)
    assert expire_silent_proposals(any_ctx) == int(expires)
    assert proposal_of(any_ctx, key).state is (S.EXPIRED if expires else state)
    assert expire_silent_proposals(any_ctx) == 0
    if expires:
        last = read_proposal(any_ctx, office.adviser, key).steps[-1]
        assert (last.state, last.by) == (S.EXPIRED, "")  # nobody's doing


def test_out_of_reach(any_ctx: Context, office: Office) -> None:
    key = a_proposal(any_ctx, office)
    stranger = make.adviser(any_ctx)
    for act in (
        lambda: read_proposal(any_ctx, stranger, key),
        lambda: move_proposal(any_ctx, stranger, key, 1, COMPLETE[S.AGREED]),
    ):
        with pytest.raises(NotFound):
            act()
    for actor in (make.employer(any_ctx), make.administrator(any_ctx)):
        with pytest.raises(Forbidden):
            move_proposal(any_ctx, actor, key, 1, COMPLETE[S.AGREED])
        with pytest.raises(Forbidden):
            read_proposal(any_ctx, actor, key)
