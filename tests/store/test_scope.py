"""Another's object is not found: the same answer as for one that does not exist."""

from matching.access.permissions import Actor
from matching.errors import NotFound
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.base import Base
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import Proposal
from matching.terms import OfferState
from tests.support import factories as make


def _reaches(ctx: Context, actor: Actor, table: type[Base], key: int) -> bool:
    answers = []
    with ctx.read() as session:
        for wanted in (key, 999_999):
            try:
                scope.fetch(session, actor, table, wanted)
            except NotFound as told:
                answers.append((told.message, told.data))
            else:
                answers.append(("found", {}))
    assert answers[1][0] != "found"
    assert answers[0] in (("found", {}), answers[1])
    return answers[0] != answers[1]


def test_people_and_their_proposals_are_their_unit_s(any_ctx: Context) -> None:
    home, away = make.unit(any_ctx), make.unit(any_ctx)
    person = make.candidate(any_ctx, home)
    proposal = make.proposal(any_ctx, candidate_id=person)
    reach = {
        "adviser": make.adviser(any_ctx, home),
        "manager": make.manager(any_ctx, home),
        "adviser elsewhere": make.adviser(any_ctx, away),
        "manager elsewhere": make.manager(any_ctx, away),
        "administrator": make.administrator(any_ctx),
        "employer": make.employer(any_ctx),
    }
    for table, key in ((Candidate, person), (Proposal, proposal)):
        found = {name for name, actor in reach.items() if _reaches(any_ctx, actor, table, key)}
        assert found == {"adviser", "manager"}, table


def test_an_employer_sees_the_offers_of_its_establishment_only(any_ctx: Context) -> None:
    here, there = make.establishment(any_ctx), make.establishment(any_ctx)
    employer = make.employer(any_ctx, here)
    own = [make.offer(any_ctx, here, state=state) for state in (OfferState.DRAFT, OfferState.PUBLISHED)]
    other = make.offer(any_ctx, there)
    assert [_reaches(any_ctx, employer, Offer, key) for key in [*own, other]] == [True, True, False]


def test_a_draft_is_its_author_s_and_the_administrator_opens_no_offer(any_ctx: Context) -> None:
    author, colleague = make.adviser(any_ctx), make.adviser(any_ctx)
    draft = make.offer(any_ctx, state=OfferState.DRAFT, created_by_id=author.user_id)
    published = make.offer(any_ctx, created_by_id=author.user_id)
    reach = {
        actor.user_id: [_reaches(any_ctx, actor, Offer, key) for key in (draft, published)]
        for actor in (author, colleague, make.administrator(any_ctx))
    }
    assert list(reach.values()) == [[True, True], [False, True], [False, False]]


def test_somebody_without_unit_or_establishment_reaches_nothing(any_ctx: Context) -> None:
    person, offer = make.candidate(any_ctx), make.offer(any_ctx)
    for actor in (make.adviser(any_ctx), make.employer(any_ctx)):
        lost = Actor(actor.user_id, actor.name, actor.role)
        assert not _reaches(any_ctx, lost, Candidate, person)
        assert _reaches(any_ctx, lost, Offer, offer) is (actor.unit_id is not None)
