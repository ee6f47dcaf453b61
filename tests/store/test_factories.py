"""The invented rows that other tests stand on hold on both engines."""

from datetime import date

import pytest
from sqlalchemy import func, select
from stdnum.fr import siret

from matching.services import accounts
from matching.services.context import Context
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import Establishment
from matching.store.tables.people import Candidate, CandidateFact
from matching.store.tables.proposals import Proposal, ProposalStep
from matching.terms import Known, ProposalState
from tests.support import factories as make


def test_a_candidate_says_what_is_known_and_only_that(any_ctx: Context) -> None:
    facts = {
        "licence_b": date(2030, 1, 1),
        "mode_car": 45,
        "vehicle": False,
        "max_load": (True, 15),
        "haccp": None,
        "sst": True,
    }
    key = make.candidate(any_ctx, facts=facts, windows=make.WEEK, experience={"G1602": 12}, skills={101: True})
    with any_ctx.read() as session:
        rows = session.execute(select(CandidateFact).where(CandidateFact.candidate_id == key)).scalars()
        known = {row.fact: (row.value, row.amount, row.valid_until) for row in rows}
        assert session.get_one(Candidate, key).data_version > 0
    assert known == {
        "licence_b": (Known.YES, None, date(2030, 1, 1)),
        "mode_car": (Known.YES, 45, None),
        "vehicle": (Known.NO, None, None),
        "max_load": (Known.YES, 15, None),
        "sst": (Known.YES, None, None),
    }


def test_a_hire_brings_everything_it_needs(any_ctx: Context) -> None:
    wants = [make.Want("capability", "licence_b"), make.Want("french_oral", amount=2, importance="desirable")]
    offer_id = make.offer(any_ctx, wants=wants, seats=2)
    key = make.proposal(any_ctx, offer_id, state=ProposalState.HIRED)
    with any_ctx.read() as session:
        assert session.get_one(Proposal, key).hired_on is not None
        assert session.get_one(Offer, offer_id).filled_seats == 1
        assert session.execute(select(func.count(ProposalStep.id))).scalar_one() == 2
        for number in session.execute(select(Establishment.siret)).scalars():
            assert siret.is_valid(number)


@pytest.mark.parametrize("role", [make.adviser, make.manager, make.administrator, make.employer])
def test_an_account_logs_in(ctx: Context, role: object) -> None:
    actor = role(ctx)  # type: ignore[operator]
    token = accounts.log_in(ctx, make.email_of(actor), make.PASSWORD)
    assert accounts.find_actor(ctx, token) == actor
