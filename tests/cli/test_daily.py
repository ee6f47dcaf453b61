"""`matching daily`: what nobody confirms or answers ends, once, and it is said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from matching.cli import server
from matching.clock import FixedClock
from matching.services.context import Context
from matching.store.tables.offers import Offer
from matching.store.tables.proposals import Proposal
from matching.terms import OfferState, ProposalState
from tests.cli.conftest import Command
from tests.support import factories


@pytest.mark.parametrize(
    ("days", "expected", "states"),
    [
        (10, "Rien n’a expiré.", (OfferState.PUBLISHED, ProposalState.PROPOSED)),
        (
            70,
            "Aucune offre n’est retirée. Une proposition sans réponse est close.",
            (OfferState.PUBLISHED, ProposalState.EXPIRED),
        ),
        (
            95,
            "Une offre est retirée, faute d’avoir été confirmée. Une proposition sans réponse est close.",
            (OfferState.EXPIRED, ProposalState.EXPIRED),
        ),
    ],
)
def test_time_passes(
    ctx: Context, clock: FixedClock, command: Command, days: int, expected: str, states: tuple[object, object]
) -> None:
    offer = factories.offer(ctx)
    proposal = factories.proposal(ctx, offer)
    clock.instant += timedelta(days=days)
    code, said, error = command("daily")
    assert (code, said.decode().splitlines()[0], error) == (0, expected, "")
    with ctx.read() as session:
        assert (session.get_one(Offer, offer).state, session.get_one(Proposal, proposal).state) == states
    assert command("daily")[1].decode().strip() == "Rien n’a expiré."


def test_levers_are_counted_once_a_day(ctx: Context, command: Command) -> None:
    factories.candidate(ctx)
    nothing = "Rien n’a expiré."
    assert command("daily")[1].decode().splitlines() == [nothing, "Leviers comptés pour une unité."]
    assert command("daily")[1].decode().splitlines() == [nothing]


def test_serving_begins_by_it(
    ctx: Context, clock: FixedClock, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = [factories.offer(ctx), factories.offer(ctx)]
    clock.instant += timedelta(days=95)
    monkeypatch.setattr(server, "ready_context", lambda: ctx)
    monkeypatch.setattr(server, "run", lambda _ctx: None)
    code, said, _ = command("serve")
    assert code == 0
    assert said.decode().startswith("2\u00a0offres sont retirées")
    with ctx.read() as session:
        assert {session.get_one(Offer, offer).state for offer in offers} == {OfferState.EXPIRED}
