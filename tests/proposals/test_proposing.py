"""Who can be proposed, what is written, and two advisers at once, on both engines."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services.context import Context
from matching.services.proposals import preview_proposals, propose_candidates
from matching.store.tables.trail import AuditEvent
from matching.terms import CandidateState, OfferState
from matching.terms import ProposalState as S
from tests.proposals.office import (
    DAY,
    Office,
    at_once,
    build_office,
    candidate_of,
    offer_of,
    proposal_of,
    proposals_count,
    shown_list,
    version_of,
)
from tests.support import factories as make


@pytest.fixture
def office(any_ctx: Context) -> Office:
    return build_office(any_ctx)


def last_event(ctx: Context, action: str) -> dict[str, object]:
    with ctx.read() as session:
        query = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id.desc()).limit(1)
        found: dict[str, object] = json.loads(session.execute(query).scalar_one().details)
        return found


def test_the_preview_says_who_is_left_out_and_what_to_know(any_ctx: Context, office: Office) -> None:
    paused = make.candidate(any_ctx, office.unit_id, state=CandidateState.PAUSED)
    already = make.candidate(any_ctx, office.unit_id)
    busy = make.candidate(any_ctx, office.unit_id)
    make.proposal(any_ctx, office.offer_id, already, office.adviser.user_id)
    make.proposal(any_ctx, None, busy, office.adviser.user_id, S.INTERVIEW)
    preview = preview_proposals(
        any_ctx, office.adviser, office.offer_id, [paused, already, busy, office.candidate_id, paused]
    )
    told = {person.candidate_id: person for person in preview.chosen}
    assert list(told) == [paused, already, busy, office.candidate_id]
    assert "en pause" in told[paused].left_out
    assert "déjà proposée" in told[already].left_out
    assert told[busy].warnings
    assert "entretien" in told[busy].warnings[0].lower()
    assert told[office.candidate_id].warnings == ()
    assert told[office.candidate_id].left_out == ""
    assert [person.candidate_id for person in preview.possible] == [busy, office.candidate_id]
    assert preview.seats_left == 1
    assert proposals_count(any_ctx) == 2  # a preview writes nothing


def test_a_past_refusal_by_the_same_employer_is_told(any_ctx: Context, office: Office) -> None:
    establishment = offer_of(any_ctx, office.offer_id).establishment_id
    earlier = make.offer(any_ctx, establishment)
    make.proposal(any_ctx, earlier, office.candidate_id, office.adviser.user_id, S.REFUSED)
    preview = preview_proposals(any_ctx, office.adviser, office.offer_id, [office.candidate_id])
    assert any("employeur" in words for words in preview.chosen[0].warnings)


def test_proposing_writes_all_in_one_transaction(any_ctx: Context, office: Office) -> None:
    before = version_of(any_ctx, "people")
    edited_as_of = candidate_of(any_ctx, office.candidate_id).version
    (key,) = propose_candidates(any_ctx, office.adviser, office.offer_id, [office.candidate_id], note="Vue ce matin")
    made = proposal_of(any_ctx, key)
    assert (made.state, made.adviser_id, made.candidate_id) == (S.PROPOSED, office.adviser.user_id, office.candidate_id)
    person = candidate_of(any_ctx, office.candidate_id)
    assert person.last_proposed_on == DAY
    assert person.version == edited_as_of  # whoever edits the profile meanwhile is not disturbed
    assert version_of(any_ctx, "people") == before + 1  # the ranking reads again how often one is proposed
    assert person.data_version == before + 1
    event = last_event(any_ctx, "proposal.made")
    assert event == {"offer": office.offer_id, "candidate": office.candidate_id, "exposure": None}


@pytest.mark.parametrize(("whose", "kept"), [("mine", True), ("colleague", False), ("other_offer", False)])
def test_the_shown_list_is_kept_only_when_it_is_this_actors_and_this_offers(
    any_ctx: Context, office: Office, whose: str, kept: bool
) -> None:
    actor = office.colleague if whose == "colleague" else office.adviser
    offer = make.offer(any_ctx) if whose == "other_offer" else office.offer_id
    listed = shown_list(any_ctx, actor, offer)
    (key,) = propose_candidates(any_ctx, office.adviser, office.offer_id, [office.candidate_id], exposure_id=listed)
    assert proposal_of(any_ctx, key).exposure_id == (listed if kept else None)
    assert last_event(any_ctx, "proposal.made")["exposure"] == (listed if kept else None)


@pytest.mark.parametrize("state", [state for state in OfferState if state is not OfferState.PUBLISHED])
def test_only_on_a_published_offer(ctx: Context, state: OfferState) -> None:
    here = build_office(ctx)
    offer = make.offer(ctx, state=state, created_by_id=here.adviser.user_id)
    with pytest.raises(RuleRefused, match="que sur une offre publiée"):
        propose_candidates(ctx, here.adviser, offer, [here.candidate_id])
    assert proposals_count(ctx) == 0


def test_somebody_of_another_unit_is_refused_without_a_name(any_ctx: Context, office: Office) -> None:
    stranger = make.candidate(any_ctx, given_name="Secrète", family_name="Ailleurs")
    for ids in ([stranger], [office.candidate_id, stranger], [999_999]):
        with pytest.raises(Invalid) as told:
            propose_candidates(any_ctx, office.adviser, office.offer_id, ids)
        assert "Secrète" not in str(told.value)
        assert "Ailleurs" not in str(told.value)
    assert proposals_count(any_ctx) == 0  # all or nobody


def test_the_same_person_twice_is_left_out(any_ctx: Context, office: Office) -> None:
    made = propose_candidates(any_ctx, office.adviser, office.offer_id, [office.candidate_id, office.candidate_id])
    assert len(made) == 1
    with pytest.raises(Invalid) as told:
        propose_candidates(any_ctx, office.colleague, office.offer_id, [office.candidate_id])
    assert "déjà proposée" in told.value.errors[0].message
    other = make.candidate(any_ctx, office.unit_id)
    made = propose_candidates(any_ctx, office.colleague, office.offer_id, [office.candidate_id, other])
    assert [proposal_of(any_ctx, key).candidate_id for key in made] == [other]


def test_again_once_the_first_is_closed(any_ctx: Context, office: Office) -> None:
    make.proposal(any_ctx, office.offer_id, office.candidate_id, office.adviser.user_id, S.WITHDRAWN)
    assert propose_candidates(any_ctx, office.adviser, office.offer_id, [office.candidate_id])


@pytest.mark.parametrize("ids", [[], list(range(1, 52))])
def test_nobody_or_too_many(ctx: Context, ids: list[int]) -> None:
    here = build_office(ctx)
    with pytest.raises(Invalid):
        propose_candidates(ctx, here.adviser, here.offer_id, ids)


def test_two_advisers_proposing_the_same_person_at_once(any_ctx: Context, office: Office) -> None:
    answers = at_once(
        *(
            lambda who=who: propose_candidates(any_ctx, who, office.offer_id, [office.candidate_id])
            for who in (office.adviser, office.colleague)
        )
    )
    assert sum(isinstance(answer, tuple) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict | Invalid) for answer in answers) == 1
    assert proposals_count(any_ctx) == 1


def test_other_roles(ctx: Context) -> None:
    here = build_office(ctx)
    for actor in (make.employer(ctx), make.administrator(ctx)):
        with pytest.raises(Forbidden):
            propose_candidates(ctx, actor, here.offer_id, [here.candidate_id])
        with pytest.raises(Forbidden):
            preview_proposals(ctx, actor, here.offer_id, [here.candidate_id])
    with pytest.raises(NotFound):
        propose_candidates(ctx, here.adviser, 999_999, [here.candidate_id])


def test_what_prevents_is_repeated_and_overruled_with_a_reason(any_ctx: Context, office: Office) -> None:
    offer = make.offer(any_ctx, wants=[make.Want("capability", "licence_b")], starts_in_days=0, pay_hourly_cents=None)
    soon = make.today(any_ctx) + timedelta(days=44)
    facts = {"mode_walk": 60, "right_to_work": True, "contract_fixed_term": True, "hours_min": 600, "hours_max": 2400}
    ready = facts | {"available_from": date(2020, 1, 1), "licence_b": True}
    people = {
        "ready": make.candidate(any_ctx, office.unit_id, facts=ready, windows=make.WEEK),
        "late": make.candidate(any_ctx, office.unit_id, facts=ready | {"available_from": soon}, windows=make.WEEK),
        "asked": make.candidate(any_ctx, office.unit_id, facts=ready | {"licence_b": None}, windows=make.WEEK),
        "stopped": make.candidate(any_ctx, office.unit_id, facts=ready | {"licence_b": False}, windows=make.WEEK),
    }
    preview = preview_proposals(any_ctx, office.adviser, offer, list(people.values()))
    told = dict(zip(people, preview.chosen, strict=True))
    assert [name for name, person in told.items() if person.clear] == ["ready"]
    assert told["late"].to_lift == (
        "Disponible le 6\u00a0janvier\u00a02027\u00a0: demander à l’employeur de décaler le début.",
    )
    assert [words.startswith("Demander\u00a0: «") for words in told["asked"].to_confirm] == [True]
    assert [words.endswith(". Non.") for words in told["stopped"].blocking] == [True]
    assert preview.overruled == (told["stopped"],)
    with pytest.raises(Invalid) as refused:
        propose_candidates(any_ctx, office.adviser, offer, list(people.values()), note="  ")
    assert told["stopped"].name in refused.value.errors[0].message
    assert proposals_count(any_ctx) == 0
    others = [people[name] for name in ("ready", "late", "asked")]
    assert len(propose_candidates(any_ctx, office.adviser, offer, others)) == 3
    assert propose_candidates(any_ctx, office.adviser, offer, [people["stopped"]], note="Permis obtenu vendredi")
