"""A hire made on one side becomes hours on the other."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest

from matching.access.permissions import Actor
from matching.clauses.terms import EligiblePublic, PartyRole, Route
from matching.errors import Conflict, Forbidden, NotFound, RuleRefused
from matching.services.clauses.hires import (
    Attached,
    attach_hire,
    commitments_of_offer,
    count_hires_to_attach,
    hires_to_attach,
    route_of,
)
from matching.services.context import Context
from matching.store.tables.participations import Participation
from matching.store.tables.people import Candidate
from matching.terms import ContractKind, Known, OrganisationKind, ProposalState
from tests.support import clauses
from tests.support import factories as make

TODAY = date(2026, 11, 23)


def hired(ctx: Context, organisation_id: int, candidate_id: int | None = None, **offer: Any) -> int:
    made = make.offer(ctx, make.establishment(ctx, organisation_id), **offer)
    return make.proposal(ctx, made, candidate_id, state=ProposalState.HIRED)


def world(ctx: Context, **columns: Any) -> tuple[Actor, int, int]:
    """An officer, a commitment and its holder."""
    holder = make.organisation(ctx)
    return clauses.officer(ctx), clauses.commitment(ctx, holder_id=holder, **columns), holder


def row_of(ctx: Context, key: int) -> Participation:
    with ctx.read() as session:
        return session.get_one(Participation, key)


def test_a_hire_is_proposed_then_attached_prefilled(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    elsewhere = make.organisation(any_ctx)
    proposal = hired(any_ctx, holder, title="Peintre", starts_in_days=-3)
    hired(any_ctx, elsewhere)
    make.proposal(any_ctx, make.offer(any_ctx, make.establishment(any_ctx, holder)), state=ProposalState.OFFERED)
    (found,) = hires_to_attach(any_ctx, officer)
    assert (found.proposal_id, found.title, found.hired_on) == (proposal, "Peintre", TODAY)
    assert [(one.commitment_id, one.known_code) for one in found.targets] == [(commitment, "")]
    made = attach_hire(any_ctx, officer, proposal, commitment)
    assert made == Attached(made.participation_id, "H-0001", True)
    row = row_of(any_ctx, made.participation_id)
    assert (row.route, row.contract_kind, row.job) == (Route.DIRECT_HIRE, ContractKind.FIXED_TERM, "Peintre")
    assert (row.started_on, row.weekly_minutes, row.organisation_id) == (TODAY, 35 * 60, holder)
    assert row.eligible is Known.UNKNOWN
    assert hires_to_attach(any_ctx, officer) == ()
    with any_ctx.read() as session:
        assert count_hires_to_attach(session, TODAY) == 0
    with pytest.raises(Conflict) as error:
        attach_hire(any_ctx, officer, proposal, commitment)
    assert "H-0001" in error.value.message


def test_somebody_already_there_is_linked_not_written_twice(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    candidate = make.candidate(any_ctx)
    with any_ctx.read() as session:
        person = session.get_one(Candidate, candidate).person_id
    key = clauses.participation(any_ctx, commitment, person_id=person, organisation_id=holder)
    proposal = hired(any_ctx, holder, candidate)
    assert hires_to_attach(any_ctx, officer)[0].targets[0].known_code == "H-0001"
    assert attach_hire(any_ctx, officer, proposal, commitment) == Attached(key, "H-0001", False)
    assert row_of(any_ctx, key).proposal_id == proposal


def test_two_officers_attach_the_same_hire(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    proposal = hired(any_ctx, holder)
    together, results = threading.Barrier(2), list[str]()

    def attach() -> None:
        together.wait()
        try:
            results.append(attach_hire(any_ctx, officer, proposal, commitment).code)
        except Conflict:
            results.append("conflict")

    threads = [threading.Thread(target=attach) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["H-0001", "conflict"]


NOT_PROPOSED = [{"closed_on": TODAY}, {"window_to": date(2026, 11, 22)}]


@pytest.mark.parametrize("columns", NOT_PROPOSED)
def test_closed_or_past_commitments_are_not_proposed(ctx: Context, columns: dict[str, Any]) -> None:
    officer, _, holder = world(ctx, **columns)
    hired(ctx, holder)
    assert hires_to_attach(ctx, officer) == ()
    with ctx.read() as session:
        assert count_hires_to_attach(session, TODAY) == 0


def test_what_cannot_be_attached(ctx: Context) -> None:
    officer, commitment, holder = world(ctx)
    other = clauses.commitment(ctx)
    proposal = hired(ctx, holder)
    with pytest.raises(RuleRefused):
        attach_hire(ctx, officer, proposal, other)
    for wrong in (0, 9999, 2**40):
        with pytest.raises(NotFound):
            attach_hire(ctx, officer, wrong, commitment)
    offered = make.proposal(ctx, make.offer(ctx, make.establishment(ctx, holder)), state=ProposalState.OFFERED)
    with pytest.raises(NotFound):
        attach_hire(ctx, officer, offered, commitment)


ROUTES = [
    (ContractKind.PERMANENT, OrganisationKind.COMPANY, PartyRole.HOLDER, Route.DIRECT_HIRE),
    (ContractKind.APPRENTICESHIP, OrganisationKind.COMPANY, PartyRole.HOLDER, Route.APPRENTICESHIP),
    (ContractKind.PROFESSIONAL_TRAINING, OrganisationKind.GEIQ, PartyRole.EMPLOYER, Route.PROFESSIONAL_TRAINING),
    (ContractKind.TEMPORARY_AGENCY, OrganisationKind.ETTI, PartyRole.EMPLOYER, Route.ETTI),
    (ContractKind.TEMPORARY_AGENCY, OrganisationKind.COMPANY, PartyRole.EMPLOYER, Route.TEMPORARY_AGENCY),
    (ContractKind.INSERTION_FIXED_TERM, OrganisationKind.EI, PartyRole.SUBCONTRACTOR, Route.SUBCONTRACT_SIAE),
    (ContractKind.INSERTION_FIXED_TERM, OrganisationKind.EI, PartyRole.HOLDER, Route.DIRECT_HIRE),
    (ContractKind.PERMANENT, OrganisationKind.EA, PartyRole.SUBCONTRACTOR, Route.SUBCONTRACT_EA),
    (ContractKind.FIXED_TERM, OrganisationKind.AI, PartyRole.EMPLOYER, Route.AI),
    (None, OrganisationKind.COMPANY, PartyRole.HOLDER, Route.DIRECT_HIRE),
]


@pytest.mark.parametrize(("kind", "employer", "role", "route"), ROUTES)
def test_the_route_follows_the_contract_and_the_employer(
    kind: ContractKind | None, employer: OrganisationKind, role: PartyRole, route: Route
) -> None:
    assert route_of(kind, employer, role) is route


def test_an_adviser_reads_that_the_employer_has_a_clause_and_whom_it_allows(any_ctx: Context) -> None:
    _, commitment, holder = world(any_ctx, publics=(EligiblePublic.QPV, EligiblePublic.RSA), minutes=600 * 60)
    clauses.commitment(any_ctx, holder_id=holder, minutes=0)
    clauses.commitment(any_ctx, holder_id=holder, closed_on=TODAY)
    clauses.commitment(any_ctx, holder_id=holder, window_to=date(2026, 11, 22))
    key = clauses.participation(any_ctx, commitment, organisation_id=holder)
    clauses.validated(any_ctx, commitment, key, 100 * 60)
    offer = make.offer(any_ctx, make.establishment(any_ctx, holder))
    (found,) = commitments_of_offer(any_ctx, make.adviser(any_ctx), offer)
    assert (found.commitment_id, found.missing_minutes) == (commitment, 500 * 60)
    assert found.publics == (EligiblePublic.RSA, EligiblePublic.QPV)
    assert commitments_of_offer(any_ctx, make.adviser(any_ctx), make.offer(any_ctx)) == ()


def test_each_to_their_own(ctx: Context) -> None:
    officer, commitment, holder = world(ctx)
    proposal = hired(ctx, holder)
    for actor in (make.adviser(ctx), clauses.company(ctx, holder), clauses.buyer(ctx)):
        with pytest.raises(Forbidden):
            hires_to_attach(ctx, actor)
        with pytest.raises(Forbidden):
            attach_hire(ctx, actor, proposal, commitment)
    with pytest.raises(Forbidden):
        commitments_of_offer(ctx, officer, make.offer(ctx))
