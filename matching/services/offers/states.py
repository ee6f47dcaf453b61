"""Moving an offer from state to state, confirming it, and taking off what nobody confirms."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from matching.access.permissions import Actor, Permission, require
from matching.clock import PARIS
from matching.errors import FieldError, Invalid, RuleRefused
from matching.offers.lifecycle import OFF_DAYS, find_change
from matching.offers.wording import find_prohibited
from matching.services.context import Context
from matching.services.offers.common import expect_version, fetch_offer, require_write
from matching.services.offers.rules import read_pay_rules, refuse_stops, stops_of
from matching.store.tables.offers import Offer
from matching.store.unit_of_work import UnitOfWork
from matching.terms import OfferState, Role

CONFIRMABLE = frozenset({OfferState.PUBLISHED, OfferState.SUSPENDED})
_REFRESHING = frozenset({OfferState.PUBLISHED, OfferState.TO_CHECK})


def change_state(
    ctx: Context,
    actor: Actor,
    offer_id: int,
    version: int | None,
    target: OfferState,
    *,
    reason: str | None = None,
    note: str = "",
    wording_reason: str = "",
    keep_wording: bool = False,
) -> OfferState:
    """Move an offer as the table of `matching.offers.lifecycle` allows, and return its new state.

    Raises `Invalid` with everything that stops a publication, `RuleRefused`, `Conflict`.
    """
    require_write(actor)
    with ctx.write(actor) as work:
        offer = fetch_offer(work.session, actor, offer_id)
        expect_version(work.session, actor, offer, version)
        move(
            work,
            actor,
            offer,
            target,
            reason=reason or None,
            note=note,
            wording_reason=wording_reason,
            keep_wording=keep_wording,
        )
    return offer.state


def move(
    work: UnitOfWork,
    actor: Actor,
    offer: Offer,
    target: OfferState,
    *,
    reason: str | None,
    note: str = "",
    wording_reason: str = "",
    keep_wording: bool = False,
) -> None:
    """The change itself, in the transaction of a use case: rules, row and event."""
    change = find_change(offer.state, target, actor.role, reason=reason)
    today = work.at.astimezone(PARIS).date()
    if target is OfferState.PUBLISHED:
        require(actor, Permission.CHECK_OFFER)
        keep_wording_as_is(work, actor, offer, wording_reason)
    if change.complete:
        stops = stops_of(offer, read_pay_rules(work.session), today)
        if keep_wording and target is OfferState.TO_CHECK:
            # Still stopped: the adviser who checks sees the words marked, and decides.
            stops = tuple(stop for stop in stops if not stop.findings)
        refuse_stops(stops, _refusal(target))
    if target is OfferState.PUBLISHED and offer.filled_seats >= offer.seats:
        raise RuleRefused(
            f"Les {offer.seats} poste(s) de cette offre sont pourvus. Augmentez le nombre de postes pour la rouvrir."
        )
    origin, offer.state = offer.state, target
    if target in _REFRESHING:
        offer.refreshed_on = today
    if target is OfferState.PUBLISHED:
        offer.published_on = offer.published_on or today
        offer.checked_by_id = actor.user_id
        offer.unit_id = offer.unit_id or actor.unit_id
    offer.updated_at = work.at
    work.record(
        "offer.state_changed",
        "offer",
        offer.id,
        note=note.strip(),
        origin=origin.value,
        target=target.value,
        reason=reason if change.reasons else None,
    )


def _refusal(target: OfferState) -> str:
    if target is OfferState.TO_CHECK:
        return "L’offre ne peut pas encore être envoyée pour vérification. Rien n’a été changé."
    return "L’offre ne peut pas encore être publiée. Rien n’a été changé."


def keep_wording_as_is(work: UnitOfWork, actor: Actor, offer: Offer, reason: str) -> None:
    """Set aside the words that stop an offer: only by who checks offers, with a reason, on record."""
    found = [*find_prohibited(offer.title), *find_prohibited(offer.description)]
    if not reason.strip() or not found:
        return
    require(actor, Permission.CHECK_OFFER)
    if len(reason.strip()) < 10:
        raise Invalid(
            "Le texte n’a pas été validé.",
            [FieldError("wording_reason", "Dites en quelques mots pourquoi ce texte convient.", reason)],
        )
    offer.wording_override = reason.strip()
    grounds = sorted({finding.ground.value for finding in found})
    work.record("offer.wording_kept", "offer", offer.id, note=reason.strip(), grounds=grounds)


def confirm_offer(ctx: Context, actor: Actor, offer_id: int, version: int | None = None) -> None:
    """Say that an offer still stands: its ninety days start again."""
    require_write(actor)
    with ctx.write(actor) as work:
        offer = fetch_offer(work.session, actor, offer_id)
        expect_version(work.session, actor, offer, version)
        if offer.state not in CONFIRMABLE:
            raise RuleRefused(f"L’offre est « {offer.state.label} » : il n’y a rien à confirmer. Rechargez la page.")
        offer.refreshed_on = ctx.clock.today()
        offer.updated_at = work.at
        flag_modified(offer, "updated_at")
        work.record("offer.confirmed", "offer", offer.id)


def expire_stale_offers(ctx: Context) -> int:
    """Take off every offer that nobody confirmed for ninety days; returns how many. Safe to run again."""
    limit = ctx.clock.today() - timedelta(days=OFF_DAYS)
    with ctx.write(None) as work:
        stale = work.session.execute(
            select(Offer).where(Offer.state.in_(CONFIRMABLE), Offer.refreshed_on <= limit).order_by(Offer.id)
        ).scalars()
        count = 0
        for offer in stale:
            find_change(offer.state, OfferState.EXPIRED, None)
            origin, offer.state = offer.state, OfferState.EXPIRED
            offer.updated_at = work.at
            work.record(
                "offer.state_changed",
                "offer",
                offer.id,
                origin=origin.value,
                target=OfferState.EXPIRED.value,
                reason="not_confirmed",
            )
            count += 1
    return count


def may_confirm(actor: Actor, state: OfferState) -> bool:
    """Whether the actor may say that an offer in this state still stands."""
    wanted = Permission.POST_OWN_OFFER if actor.role is Role.EMPLOYER else Permission.EDIT_OFFER
    return state in CONFIRMABLE and actor.may(wanted)
