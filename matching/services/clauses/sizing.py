"""The calculator of a clause: a method, its working, what the figure means, and the hint for the modality."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses import sizing as rules
from matching.clauses.meaning import Meaning, SourcingHint, meaning, sourcing_hint
from matching.clauses.rounding import Rounding
from matching.clauses.sizing import Sizing, SizingMethod
from matching.errors import Problems
from matching.reference.model import HoursBracket, Trade
from matching.services.clauses.rules import brackets_on, trades_on
from matching.services.context import Context
from matching.store.tables.reference import LegalParameter

FTE_BASES = ("fte_hours_legal", "fte_hours_paid")


@dataclass(frozen=True)
class SizingInput:
    """What is typed in the calculator: cents excl. VAT, shares and rates in percent, hourly cost in euros."""

    method: SizingMethod
    amount_cents: int | None = None
    orders_cents: tuple[int, ...] = ()
    total_minutes: int | None = None
    transferred_minutes: int | None = None
    labour_share: Decimal | None = None
    rate: Decimal | None = None
    hourly_cost: Decimal | None = None
    rounding: Rounding = Rounding.NONE
    minutes_per_person: int | None = None
    suppliers: int | None = None
    average_turnover_cents: int | None = None


@dataclass(frozen=True)
class SizingResult:
    """`hint` is None until the number of possible suppliers is given."""

    sizing: Sizing
    meaning: Meaning
    hint: SourcingHint | None


@dataclass(frozen=True)
class SizingHelp:
    """The dated tables to start from: part of labour by trade, hours by amount."""

    trades: tuple[Trade, ...]
    brackets: tuple[HoursBracket, ...]


def sizing_help(ctx: Context, actor: Actor) -> SizingHelp:
    """The tables in force today."""
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    with ctx.read() as session:
        return SizingHelp(trades_on(session, today), brackets_on(session, today))


def size_clause(ctx: Context, actor: Actor, wanted: SizingInput) -> SizingResult:
    """What a method gives; nothing is written. Raises `Invalid`, one error per thing to mend."""
    require(actor, Permission.READ_CLAUSES)
    _check_present(wanted)
    today = ctx.clock.today()
    with ctx.read() as session:
        table = brackets_on(session, today)
        bases = _bases(session, today)
    sized = _size(wanted, table)
    amount = sum(wanted.orders_cents) if wanted.method is SizingMethod.PURCHASE_ORDERS else wanted.amount_cents
    hint = None
    if wanted.suppliers is not None:
        hint = sourcing_hint(wanted.suppliers, amount or 0, wanted.average_turnover_cents)
    return SizingResult(sized, meaning(sized.minutes, bases, wanted.minutes_per_person, amount), hint)


_ASKED: dict[SizingMethod, tuple[str, ...]] = {
    SizingMethod.AMOUNT: ("amount_cents", "labour_share", "rate", "hourly_cost"),
    SizingMethod.TOTAL_HOURS: ("total_minutes", "rate"),
    SizingMethod.TRANSFERRED_STAFF: ("total_minutes", "transferred_minutes", "rate"),
    SizingMethod.PURCHASE_ORDERS: ("orders_cents", "labour_share", "rate", "hourly_cost"),
    SizingMethod.BRACKETS: ("amount_cents",),
}
FIELDS = {
    "amount_cents": "amount",
    "orders_cents": "orders",
    "total_minutes": "total_hours",
    "transferred_minutes": "transferred_hours",
}
"""Names of the fields in the rules' errors, where they differ."""
_MISSING = {
    "amount_cents": "Indiquez le montant hors taxes.",
    "orders_cents": "Indiquez le montant d’au moins un bon de commande.",
    "total_minutes": "Indiquez le total des heures de travail.",
    "transferred_minutes": "Indiquez les heures du personnel repris, 0 s’il n’y en a pas.",
    "labour_share": "Indiquez la part de main-d’œuvre, ou choisissez un métier.",
    "rate": "Indiquez le taux d’insertion.",
    "hourly_cost": "Indiquez le coût horaire chargé.",
}


def asked_by(method: SizingMethod) -> tuple[str, ...]:
    """The fields that a method needs, under the names of its errors."""
    return tuple(FIELDS.get(name, name) for name in _ASKED[method])


def _check_present(wanted: SizingInput) -> None:
    problems = Problems()
    for name in _ASKED[wanted.method]:
        if getattr(wanted, name) in (None, ()):
            problems.add(FIELDS.get(name, name), _MISSING[name])
    problems.raise_if_any("Le calcul attend encore quelques chiffres.")


def _size(wanted: SizingInput, table: tuple[HoursBracket, ...]) -> Sizing:
    zero = Decimal(0)
    share, rate, cost = wanted.labour_share or zero, wanted.rate or zero, wanted.hourly_cost or zero
    match wanted.method:
        case SizingMethod.AMOUNT:
            return rules.from_amount(wanted.amount_cents or 0, share, rate, cost, wanted.rounding)
        case SizingMethod.TOTAL_HOURS:
            return rules.from_total_hours(wanted.total_minutes or 0, rate, wanted.rounding)
        case SizingMethod.TRANSFERRED_STAFF:
            total, moved = wanted.total_minutes or 0, wanted.transferred_minutes or 0
            return rules.without_transferred(total, moved, rate, wanted.rounding)
        case SizingMethod.PURCHASE_ORDERS:
            return rules.from_orders(wanted.orders_cents, share, rate, cost, wanted.rounding)
        case SizingMethod.BRACKETS:
            return rules.from_brackets(wanted.amount_cents or 0, table, wanted.rounding)


def _bases(session: Session, day: date) -> tuple[int, ...]:
    """Hours of a full-time year in force on `day`: legal, then paid."""
    query = select(LegalParameter).where(LegalParameter.code.in_(FTE_BASES), LegalParameter.valid_from <= day)
    latest = {row.code: row.amount for row in session.execute(query.order_by(LegalParameter.valid_from)).scalars()}
    return tuple(int(Decimal(latest[code])) for code in FTE_BASES if code in latest)
