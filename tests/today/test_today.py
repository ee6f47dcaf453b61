"""What waits for each role, on a few rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from matching.clock import FixedClock
from matching.services.context import Context
from matching.services.proposals import Wanted, expire_silent_proposals
from matching.services.today import Block, Task, read_today
from matching.store.tables.people import Candidate
from matching.store.tables.reference import LegalParameter
from matching.terms import CandidateState, OfferState
from matching.terms import ProposalState as S
from tests.proposals.office import COMPLETE, Office, build_office, step
from tests.support import factories as make

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def office(any_ctx: Context) -> Office:
    return build_office(any_ctx)


def block(ctx: Context, office: Office, title: str, actor: object = None) -> Block:
    found = read_today(ctx, actor or office.adviser)  # type: ignore[arg-type]
    return next(block for block in found.blocks if block.title.startswith(title))


def answers(ctx: Context, office: Office) -> tuple[Task, ...]:
    return block(ctx, office, "Réponses").tasks


def test_the_order_of_the_blocks(any_ctx: Context, office: Office) -> None:
    found = read_today(any_ctx, office.adviser)
    assert [b.title for b in found.blocks] == [
        "Réponses attendues de vous",
        "Sans proposition depuis 30\u00a0jours",
        "Offres à regarder",
    ]
    assert found.total == sum(b.total for b in found.blocks) == 0


WAITS = [
    # state, days since, what is told (nothing: not yet), urgent
    (S.PROPOSED, 0, "Demander son accord", False),
    (S.PROPOSED, 8, "Demander son accord", True),
    (S.AGREED, 0, "Transmettre", False),
    (S.AGREED, 3, "Transmettre", True),
    (S.SENT, 6, "", False),
    (S.SENT, 7, "Relancer", False),
    (S.SENT, 15, "Relancer", True),
    (S.SEEN, 6, "", False),
    (S.SEEN, 15, "Relancer", True),
    (S.IMMERSION, 6, "", False),
    (S.IMMERSION, 7, "Prendre des nouvelles", False),
    (S.OFFERED, 0, "Un poste est proposé", True),
    (S.REFUSED, 20, "", False),
    (S.HIRED, 20, "", False),
]


@pytest.mark.parametrize(("state", "days", "told", "urgent"), WAITS)
def test_what_waits(ctx: Context, clock: FixedClock, state: S, days: int, told: str, urgent: bool) -> None:
    here = build_office(ctx)
    make.proposal(ctx, here.offer_id, here.candidate_id, here.adviser.user_id, state)
    clock.instant += timedelta(days=days)
    tasks = answers(ctx, here)
    if not told:
        assert tasks == ()
        return
    (task,) = tasks
    assert task.what.startswith(told)
    assert "Chloé Fictif" in task.what
    assert (task.urgent, task.page) == (urgent, "proposals.show")


def test_an_employer_who_looked_is_still_silent_since_the_sending(
    any_ctx: Context, clock: FixedClock, office: Office
) -> None:
    key = make.proposal(any_ctx, office.offer_id, office.candidate_id, office.adviser.user_id, S.SENT)
    clock.instant += timedelta(days=10)
    step(any_ctx, office.adviser, key, COMPLETE[S.SEEN])
    (task,) = answers(any_ctx, office)
    assert task.when == "Depuis 10\u00a0jours"


@pytest.mark.parametrize(("days", "shown"), [(-1, False), (0, True), (2, True)])
def test_an_interview_passed(ctx: Context, clock: FixedClock, days: int, shown: bool) -> None:
    here = build_office(ctx)
    key = make.proposal(ctx, here.offer_id, here.candidate_id, here.adviser.user_id, S.SENT)
    step(ctx, here.adviser, key, COMPLETE[S.INTERVIEW])
    clock.instant += timedelta(days=days)
    assert [task.what for task in answers(ctx, here)] == (["Prendre des nouvelles de Chloé Fictif"] if shown else [])


@pytest.mark.parametrize(("days", "when"), [(0, None), (1, "Demain"), (7, "Dans 7\u00a0jours"), (8, None)])
def test_an_interview_to_come(any_ctx: Context, office: Office, days: int, when: str | None) -> None:
    for offer_id, adviser in ((office.offer_id, office.adviser), (make.offer(any_ctx), office.colleague)):
        key = make.proposal(any_ctx, offer_id, office.candidate_id, adviser.user_id, S.SENT)
        met_on = START.date() + timedelta(days=days)
        step(any_ctx, adviser, key, Wanted(S.INTERVIEW, step_date=met_on))
    for actor, count in ((office.adviser, 1), (make.manager(any_ctx, office.unit_id), 2), (make.adviser(any_ctx), 0)):
        found = [b for b in read_today(any_ctx, actor).blocks if b.title.startswith("Entretiens")]
        assert [task.when for b in found for task in b.tasks] == ([when] * count if when else [])
        assert all(task.what.startswith("Chloé Fictif rencontre") for b in found for task in b.tasks)


def test_the_urgent_first_and_only_mine(any_ctx: Context, clock: FixedClock, office: Office) -> None:
    clock.instant -= timedelta(days=10)
    make.proposal(any_ctx, None, make.candidate(any_ctx, office.unit_id), office.adviser.user_id, S.SENT)
    clock.instant = START
    make.proposal(any_ctx, None, make.candidate(any_ctx, office.unit_id), office.adviser.user_id, S.OFFERED)
    make.proposal(any_ctx, None, make.candidate(any_ctx, office.unit_id), office.colleague.user_id, S.PROPOSED)
    assert [task.verb for task in answers(any_ctx, office)] == ["Noter la réponse", "Noter la suite"]
    manager = make.manager(any_ctx, office.unit_id)
    assert block(any_ctx, office, "Réponses", manager).total == 3
    stranger = make.adviser(any_ctx)
    assert block(any_ctx, office, "Réponses", stranger).total == 0


def test_more_than_fit_are_counted(any_ctx: Context, office: Office) -> None:
    for _ in range(9):
        person = make.candidate(any_ctx, office.unit_id, commune=None)
        make.proposal(any_ctx, office.offer_id, person, office.adviser.user_id)
    found = block(any_ctx, office, "Réponses")
    assert (len(found.tasks), found.total) == (8, 9)


def _opened(ctx: Context, candidate_id: int, days_ago: int, proposed: int | None = None) -> None:
    with ctx.write(None) as work:
        row = work.session.get_one(Candidate, candidate_id)
        row.created_at = START - timedelta(days=days_ago)
        row.last_proposed_on = None if proposed is None else make.today(ctx) - timedelta(days=proposed)
        work.record("test.opened", "candidate", candidate_id)


IDLE = [
    # file opened, last proposal (days ago), shown
    (29, None, False),
    (30, None, True),
    (200, 29, False),
    (200, 30, True),
]


@pytest.mark.parametrize(("opened", "proposed", "shown"), IDLE)
def test_thirty_days_without_a_proposal(ctx: Context, opened: int, proposed: int | None, shown: bool) -> None:
    here = build_office(ctx)
    mine = make.candidate(ctx, here.unit_id, here.adviser.user_id)
    _opened(ctx, mine, opened, proposed)
    found = block(ctx, here, "Sans proposition")
    assert ([task.key for task in found.tasks], found.total) == (([mine], 1) if shown else ([], 0))


def test_idle_leaves_out_the_open_the_paused_and_the_others(any_ctx: Context, office: Office) -> None:
    unit, me = office.unit_id, office.adviser.user_id
    open_one, closed_one, longest = (make.candidate(any_ctx, unit, me) for _ in range(3))
    make.candidate(any_ctx, unit, me, state=CandidateState.PAUSED)
    make.candidate(any_ctx, office.unit_id, office.colleague.user_id)
    make.proposal(any_ctx, office.offer_id, open_one, office.adviser.user_id)
    make.proposal(any_ctx, office.offer_id, closed_one, office.adviser.user_id, S.WITHDRAWN)
    _opened(any_ctx, longest, 41)
    _opened(any_ctx, closed_one, 40)
    _opened(any_ctx, open_one, 50)
    _opened(any_ctx, office.candidate_id, 35)
    found = block(any_ctx, office, "Sans proposition")
    assert [task.key for task in found.tasks] == [longest, closed_one]
    assert found.tasks[0].when == "41\u00a0jours"
    manager = make.manager(any_ctx, office.unit_id)
    assert block(any_ctx, office, "Sans proposition", manager).total == 3


@pytest.mark.parametrize(
    ("days", "when"), [(82, None), (83, "Dans 7\u00a0jours"), (89, "Demain"), (90, "Aujourd’hui"), (95, "Aujourd’hui")]
)
def test_offers_going_off(ctx: Context, clock: FixedClock, days: int, when: str | None) -> None:
    here = build_office(ctx)
    clock.instant += timedelta(days=days)
    tasks = block(ctx, here, "Offres").tasks
    assert [task.when for task in tasks] == ([when] if when else [])
    assert all(task.urgent for task in tasks)


def test_offers_to_check_first_then_the_old_then_my_drafts(any_ctx: Context, clock: FixedClock, office: Office) -> None:
    clock.instant += timedelta(days=85)
    draft = make.offer(any_ctx, state=OfferState.DRAFT, created_by_id=office.adviser.user_id)
    make.offer(any_ctx, state=OfferState.DRAFT, created_by_id=office.colleague.user_id)
    to_check = make.offer(any_ctx, state=OfferState.TO_CHECK)
    make.offer(any_ctx, state=OfferState.TO_CHECK, unit_id=make.unit(any_ctx))
    tasks = block(any_ctx, office, "Offres").tasks
    assert [(task.key, task.verb) for task in tasks] == [
        (to_check, "Vérifier"),
        (office.offer_id, "Appeler l’employeur"),
        (draft, "Compléter"),
    ]


def test_figures_count_the_unit_only(any_ctx: Context, office: Office) -> None:
    make.proposal(any_ctx, office.offer_id, office.candidate_id, office.colleague.user_id, S.SENT)
    make.proposal(any_ctx, None, None, None, S.SENT)
    figures = dict(read_today(any_ctx, office.adviser).figures)
    assert figures[S.SENT.label] == 1
    assert figures[S.PROPOSED.label] == 0


def test_what_silence_closed_waits_no_more(any_ctx: Context, clock: FixedClock, office: Office) -> None:
    make.proposal(any_ctx, office.offer_id, office.candidate_id, office.adviser.user_id, S.SENT)
    clock.instant += timedelta(days=60)
    assert len(answers(any_ctx, office)) == 1  # still shown until the closing has run
    expire_silent_proposals(any_ctx)
    assert answers(any_ctx, office) == ()


def test_an_employer_sees_its_own_offers(any_ctx: Context, clock: FixedClock) -> None:
    employer = make.employer(any_ctx)
    old = make.offer(any_ctx, employer.establishment_id)
    make.offer(any_ctx)
    make.offer(any_ctx, employer.establishment_id, state=OfferState.CLOSED)
    clock.instant += timedelta(days=83)
    draft = make.offer(any_ctx, employer.establishment_id, state=OfferState.DRAFT)
    found = read_today(any_ctx, employer)
    (only,) = found.blocks
    assert {task.key: task.verb for task in only.tasks} == {old: "Répondre", draft: "Compléter"}
    assert found.figures == ()


def test_an_administrator_sees_what_is_to_mend(any_ctx: Context, office: Office) -> None:
    admin = make.administrator(any_ctx)
    kept = make.unit(any_ctx, "Unité tenue")
    make.manager(any_ctx, kept)
    with any_ctx.write(None) as work:
        work.session.add(
            LegalParameter(
                code="smic_hourly", amount="12.50", unit="euro", valid_from=make.today(any_ctx), to_check=True
            )
        )
        work.record("test.parameter", "legal_parameter", 0)
    (only,) = read_today(any_ctx, admin).blocks
    assert [task.verb for task in only.tasks] == ["Créer un compte", "Vérifier"]
    assert only.tasks[1].what == "1 montant à vérifier"
