"""The minutes due on a commitment: a fold over its events.

Each event has the day it takes effect and the day it was recorded.

Order of the fold: day of effect, then day of recording, then `sequence`. A termination closes its day: it is the last
day included, so whatever else takes effect that day is folded before it, even recorded later. Nothing goes below zero:
`check_new_event` refuses the event that would, and the fold of a history that was never checked stops at zero and
says so in its explanation.

After a termination only exemptions, transfers and amendments on price are taken; to change the hours of a terminated
commitment, record an amendment that takes effect on the day of the termination at the latest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from matching.clauses import figures
from matching.clauses.dates import days_between
from matching.clauses.rounding import Rounding, nearest
from matching.clauses.sizing import proposed_minutes
from matching.clauses.terms import EventKind, TerminationRule
from matching.errors import Problems, RuleRefused
from matching.text import NBSP, written_day, written_hours

_ADDING = frozenset(
    {
        EventKind.INITIAL,
        EventKind.AMENDMENT,
        EventKind.PURCHASE_ORDER,
        EventKind.OPTIONAL_STAGE,
        EventKind.RENEWAL,
    }
)


@dataclass(frozen=True)
class CommitmentEvent:
    """What happened to a commitment. Unknown amounts are None, never zero.

    `minutes`: signed difference for an amendment, minutes lifted by an exemption, minutes that pass by a transfer.
    `amount_cents`: an order; negative when it is cancelled. `whole`: an exemption or a transfer of everything.
    `sequence` breaks ties between events recorded the same day. `to_holder` identifies the new holder.
    """

    kind: EventKind
    effective_on: date
    recorded_on: date
    sequence: int = 0
    minutes: int | None = None
    amount_cents: int | None = None
    rule: TerminationRule | None = None
    executed_cents: int | None = None
    total_cents: int | None = None
    whole: bool = False
    to_holder: int | None = None


@dataclass(frozen=True)
class OrderTerms:
    """What turns the amount of purchase orders into hours. The rounding applies to the cumulative sum of orders.

    Without rounding the minutes are to the nearest minute. Raises Invalid on shares outside 0–100 or a cost of zero.
    """

    labour_share_percent: Decimal
    rate_percent: Decimal
    hourly_cost_euros: Decimal
    rounding: Rounding = Rounding.NONE

    def __post_init__(self) -> None:
        problems = Problems()
        for name in ("labour_share_percent", "rate_percent"):
            if not 0 <= getattr(self, name) <= 100:
                problems.add(name, f"Un pourcentage va de 0 à 100. Reprenez celui-ci{NBSP}: {getattr(self, name)}.")
        if not self.hourly_cost_euros > 0:
            problems.add("hourly_cost_euros", "Le coût horaire doit être supérieur à zéro. Indiquez-le en euros.")
        problems.raise_if_any()

    def minutes(self, cumulative_cents: int) -> int:
        """Minutes due for the sum of all the orders so far."""
        share = Fraction(self.labour_share_percent) * Fraction(self.rate_percent) / 10_000
        exact = Fraction(cumulative_cents, 100) * share / Fraction(self.hourly_cost_euros)
        return proposed_minutes(exact, self.rounding)


@dataclass(frozen=True)
class DueTerms:
    """What the commitment itself says. `first_holder` identifies who held it at the start."""

    start_on: date | None = None
    end_on: date | None = None
    orders: OrderTerms | None = None
    first_holder: int | None = None


@dataclass(frozen=True)
class DueStep:
    """Minutes due before and after one event, and why, in French. `missing`: minutes it would have gone below zero."""

    event: CommitmentEvent
    before: int
    after: int
    explanation: str
    missing: int = 0


def minutes_due(events: Iterable[CommitmentEvent], terms: DueTerms, as_of: date, known_on: date) -> int:
    """Minutes due on `as_of` from what was recorded by `known_on`, both days included. Never negative."""
    steps = due_steps(events, terms, as_of, known_on)
    return steps[-1].after if steps else 0


def due_steps(events: Iterable[CommitmentEvent], terms: DueTerms, as_of: date, known_on: date) -> tuple[DueStep, ...]:
    """The events that count on `as_of` as known on `known_on`, in their order, each with its effect."""
    return tuple(_fold((e for e in events if e.effective_on <= as_of and e.recorded_on <= known_on), terms))


def ended_by(events: Iterable[CommitmentEvent], as_of: date, known_on: date) -> date | None:
    """The day of the termination that has taken effect on `as_of` as known on `known_on`; None: none has."""
    days = (e.effective_on for e in events if e.kind is EventKind.TERMINATION and e.recorded_on <= known_on)
    return min((day for day in days if day <= as_of), default=None)


def effective_end(last: date | None, ended: date | None, begin: date | None = None) -> date | None:
    """The last day, or that of the termination when it comes first: never before `begin`; None: not known."""
    end = min((day for day in (last, ended) if day is not None), default=None)
    return max(end, begin) if end and ended and begin else end


def minutes_by_holder(
    events: Iterable[CommitmentEvent], terms: DueTerms, as_of: date, known_on: date
) -> dict[int | None, int]:
    """Minutes due of each holder; their sum is `minutes_due`.

    A transfer takes its minutes from the other holders, pro rata of what they hold. Every other event is shared pro
    rata too; when nobody holds anything any more it goes to the last holder named.
    """
    shares, _ = _share(due_steps(events, terms, as_of, known_on), terms)
    return shares


def check_new_event(events: Sequence[CommitmentEvent], new: CommitmentEvent, terms: DueTerms) -> None:
    """Whether `new` can be recorded after `events`.

    Raises Invalid when the event lacks something, RuleRefused when the history forbids it: a second initial or
    termination, hours added after a termination, or a total below zero on any day, as known on any day.
    """
    _check_shape(new, terms)
    _check_once(events, new)
    _check_termination(events, new, terms)
    refuse_if_below_zero([*events, new], terms, since=new.recorded_on, new=new)


def refuse_if_below_zero(
    events: Sequence[CommitmentEvent],
    terms: DueTerms,
    since: date = date.min,
    new: CommitmentEvent | None = None,
) -> None:
    """Raises RuleRefused if the total, or what a holder passes on, was below zero on any day as known from `since`."""
    for known_on in sorted({event.recorded_on for event in events if event.recorded_on >= since}):
        steps = due_steps(events, terms, date.max, known_on)
        for step in steps:
            if step.missing:
                raise _below_zero(step, new)
        _, short = _share(steps, terms)
        for event, minutes in short:
            raise RuleRefused(
                f"Le transfert du {written_day(event.effective_on)} porte sur {written_hours(minutes)} de plus que ce "
                "que le titulaire précédent devait ce jour-là. Reprenez les heures transférées, ou celles de "
                "l’évènement que vous ajoutez.",
                minutes=minutes,
                effective_on=event.effective_on.isoformat(),
            )


# --- the fold


@dataclass(frozen=True)
class _Balance:
    minutes: int = 0
    orders_cents: int = 0


_Effect = Callable[[CommitmentEvent, _Balance, DueTerms], tuple[int, str]]


def _in_order(events: Iterable[CommitmentEvent]) -> list[CommitmentEvent]:
    """The order of the fold. The last terms only make equal events equal whatever the order they came in."""
    return sorted(
        events,
        key=lambda e: (
            e.effective_on,
            e.kind is EventKind.TERMINATION,
            e.recorded_on,
            e.sequence,
            e.kind.value,
            e.whole,
            e.minutes or 0,
            e.amount_cents or 0,
            e.to_holder or 0,
        ),
    )


def _fold(events: Iterable[CommitmentEvent], terms: DueTerms) -> Iterator[DueStep]:
    balance = _Balance()
    for event in _in_order(events):
        reached, explanation = _EFFECTS[event.kind](event, balance, terms)
        if reached < 0:
            explanation += " Le total aurait été négatif, il est ramené à zéro."
        after = max(0, reached)
        yield DueStep(event, balance.minutes, after, explanation[0].upper() + explanation[1:], after - reached)
        ordered = event.amount_cents or 0 if event.kind is EventKind.PURCHASE_ORDER else 0
        balance = _Balance(after, balance.orders_cents + ordered)


def _added(event: CommitmentEvent, balance: _Balance, terms: DueTerms) -> tuple[int, str]:
    delta = event.minutes or 0
    return balance.minutes + delta, _change(delta, balance.minutes + delta)


def _ordered(event: CommitmentEvent, balance: _Balance, terms: DueTerms) -> tuple[int, str]:
    if event.amount_cents is None:
        return _added(event, balance, terms)
    if terms.orders is None:
        return balance.minutes, "Part de main-d’œuvre, taux et coût horaire à renseigner : heures dues inchangées."
    cumulative = balance.orders_cents + event.amount_cents
    delta = terms.orders.minutes(cumulative) - terms.orders.minutes(balance.orders_cents)
    reached = balance.minutes + delta
    return reached, f"{_order_working(terms.orders, cumulative)}{NBSP}: {_change(delta, reached)}"


def _terminated(event: CommitmentEvent, balance: _Balance, terms: DueTerms) -> tuple[int, str]:
    ratio, working = _kept_share(event, terms)
    reached = nearest(balance.minutes * ratio)
    if ratio == 1:
        return reached, f"{working}{NBSP}: {_due(reached)}."
    return reached, f"{working}{NBSP}: {written_hours(balance.minutes)} deviennent {written_hours(reached)}."


def _kept_share(event: CommitmentEvent, terms: DueTerms) -> tuple[Fraction, str]:
    """The share of the hours that stay due, 0 to 1; all of them while what the rule needs is unknown."""
    if event.rule is TerminationRule.BY_TIME and terms.start_on and terms.end_on and terms.start_on <= terms.end_on:
        whole = days_between(terms.start_on, terms.end_on)
        kept = min(whole, days_between(terms.start_on, event.effective_on))
        return Fraction(kept, whole), f"{kept} jours sur {whole}, premier et dernier jours comptés"
    if event.rule is TerminationRule.BY_AMOUNT and event.executed_cents is not None and event.total_cents:
        kept = min(max(0, event.executed_cents), event.total_cents)
        working = f"{figures.cents(event.executed_cents)} exécutés sur {figures.cents(event.total_cents)}"
        return Fraction(kept, event.total_cents), working
    if event.rule is TerminationRule.NONE:
        return Fraction(1), "Les heures restent dues"
    return Fraction(1), "Règle de résiliation à compléter, les heures restent dues"


def _exempted(event: CommitmentEvent, balance: _Balance, terms: DueTerms) -> tuple[int, str]:
    lifted = balance.minutes if event.whole else event.minutes or 0
    reached = balance.minutes - lifted
    if event.whole:
        return reached, f"Exonération de tout ce qui est dû ce jour-là{NBSP}: {_change(-lifted, reached)}"
    return reached, _change(-lifted, reached)


def _transferred(event: CommitmentEvent, balance: _Balance, terms: DueTerms) -> tuple[int, str]:
    passed = balance.minutes if event.whole else event.minutes or 0
    return balance.minutes, f"{written_hours(passed)} passent au nouveau titulaire{NBSP}; le total ne change pas."


_EFFECTS: dict[EventKind, _Effect] = {
    **dict.fromkeys(_ADDING, _added),
    EventKind.PURCHASE_ORDER: _ordered,
    EventKind.TERMINATION: _terminated,
    EventKind.EXEMPTION: _exempted,
    EventKind.TRANSFER: _transferred,
}


# --- who holds what


def _share(
    steps: Iterable[DueStep], terms: DueTerms
) -> tuple[dict[int | None, int], list[tuple[CommitmentEvent, int]]]:
    """The minutes of each holder, and the transfers that pass more than there was, with the minutes too many."""
    shares: dict[int | None, int] = {terms.first_holder: 0}
    last = terms.first_holder
    short: list[tuple[CommitmentEvent, int]] = []
    for step in steps:
        event = step.event
        if event.kind is not EventKind.TRANSFER:
            shares = _split(step.after, shares, last)
            continue
        last = event.to_holder
        others = {holder: minutes for holder, minutes in shares.items() if holder != last}
        held = sum(others.values())
        # An unchecked history may hold a negative transfer: it passes nothing.
        passed = held if event.whole else max(0, event.minutes or 0)
        if passed > held:
            short.append((event, passed - held))
        left = _split(max(0, held - passed), others, last)
        shares = {**left, last: step.after - sum(left.values())}
    return shares, short


def _split(total: int, weights: dict[int | None, int], otherwise: int | None) -> dict[int | None, int]:
    """`total` pro rata of `weights`, whole minutes, the largest remainders first, so that the sum is exact."""
    held = sum(weights.values())
    if held == 0:
        return {**dict.fromkeys(weights, 0), otherwise: total} if total else dict.fromkeys(weights, 0)
    shares = {holder: total * weight // held for holder, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda holder: -(total * weights[holder] % held))
    for holder in by_remainder[: total - sum(shares.values())]:
        shares[holder] += 1
    return shares


# --- what is refused


def _check_shape(new: CommitmentEvent, terms: DueTerms) -> None:
    problems = Problems()
    match new.kind:
        case EventKind.INITIAL | EventKind.OPTIONAL_STAGE | EventKind.RENEWAL:
            optional = new.kind is EventKind.INITIAL and terms.orders is not None
            if new.minutes is None and not optional:
                problems.add("minutes", "Indiquez les heures, 0 si cet évènement n’en ajoute pas.")
            elif (new.minutes or 0) < 0:
                problems.add("minutes", "Cet évènement ajoute des heures. Pour en retirer, enregistrez un avenant.")
        case EventKind.PURCHASE_ORDER:
            _check_order(new, terms, problems)
        case EventKind.TERMINATION:
            _check_rule(new, terms, problems)
        case EventKind.EXEMPTION | EventKind.TRANSFER:
            if new.whole == ((new.minutes or 0) > 0) or (new.minutes or 0) < 0:
                problems.add("minutes", "Indiquez soit la totalité, soit un nombre d’heures supérieur à zéro.")
            if new.kind is EventKind.TRANSFER and new.to_holder is None:
                problems.add("to_holder", "Indiquez le nouveau titulaire.")
        case EventKind.AMENDMENT:
            pass
    problems.raise_if_any()


def _check_order(new: CommitmentEvent, terms: DueTerms, problems: Problems) -> None:
    if new.amount_cents is None and new.minutes is None:
        problems.add("amount_cents", "Indiquez le montant du bon de commande, hors taxes.")
    elif new.amount_cents is not None and terms.orders is None:
        message = "Renseignez d’abord la part de main-d’œuvre, le taux et le coût horaire de cet engagement."
        problems.add("amount_cents", message)
    elif new.amount_cents is not None and new.minutes is not None:
        problems.add("minutes", "Les heures se calculent d’après le montant. Gardez le montant, ou les heures.")


def _check_rule(new: CommitmentEvent, terms: DueTerms, problems: Problems) -> None:
    if new.rule is None:
        problems.add(
            "rule", "Indiquez ce que deviennent les heures dues : prorata du temps, du montant, ou sans effet."
        )
    elif new.rule is TerminationRule.BY_TIME:
        if terms.start_on is None or terms.end_on is None or terms.end_on < terms.start_on:
            problems.add("rule", "Le prorata du temps demande le début et la fin du contrat. Renseignez-les d’abord.")
    elif new.rule is TerminationRule.BY_AMOUNT:
        if new.total_cents is None or new.total_cents <= 0:
            problems.add("total_cents", "Indiquez le montant total du contrat, supérieur à zéro.")
        if new.executed_cents is None or not 0 <= new.executed_cents <= (new.total_cents or new.executed_cents):
            problems.add("executed_cents", "Indiquez le montant exécuté, de zéro au montant total.")


def _check_once(events: Sequence[CommitmentEvent], new: CommitmentEvent) -> None:
    for event in events:
        if event.kind is new.kind is EventKind.INITIAL:
            raise RuleRefused(
                f"L’engagement initial est déjà enregistré, au {written_day(event.effective_on)}. Pour changer les "
                "heures dues, enregistrez un avenant."
            )
        if event.kind is new.kind is EventKind.TERMINATION:
            raise RuleRefused(
                f"La résiliation est déjà enregistrée, au {written_day(event.effective_on)}. Pour changer les heures "
                "dues, enregistrez un avenant qui prend effet ce jour-là au plus tard."
            )


def _check_termination(events: Sequence[CommitmentEvent], new: CommitmentEvent, terms: DueTerms) -> None:
    """Hours are not added after a termination; those foreseen for later are cancelled before it is recorded."""
    if new.kind is EventKind.TERMINATION:
        later = [step for step in _fold([*events, new], terms) if step.event.effective_on > new.effective_on]
        added = [step for step in later if step.event.kind in _ADDING and step.after != step.before]
        if sum(step.after - step.before for step in added):
            first = added[0].event
            raise RuleRefused(
                f"Un évènement «{NBSP}{first.kind.label}{NBSP}» prend effet après cette résiliation, le "
                f"{written_day(first.effective_on)}. Annulez-le d’abord{NBSP}: même date d’effet, mêmes heures ou même "
                "montant, en moins.",
                effective_on=first.effective_on.isoformat(),
            )
        return
    ended = next((event for event in events if event.kind is EventKind.TERMINATION), None)
    if ended is None or new.effective_on <= ended.effective_on or new.kind not in _ADDING:
        return
    if new.kind is EventKind.AMENDMENT and not new.minutes:
        return
    raise RuleRefused(
        f"L’engagement est résilié depuis le {written_day(ended.effective_on)}. Vérifiez la date d’effet{NBSP}: après "
        "une résiliation, seuls une exonération, un transfert ou un avenant de prix s’enregistrent.",
        terminated_on=ended.effective_on.isoformat(),
    )


def _below_zero(step: DueStep, new: CommitmentEvent | None) -> RuleRefused:
    day, missing = written_day(step.event.effective_on), written_hours(step.missing)
    if new is None or step.event is new:
        message = (
            f"Au {day}, {written_hours(step.before)} sont dues{NBSP}: cet évènement en retire {missing} de trop. "
            "Réduisez les heures retirées, ou enregistrez d’abord l’avenant qui les ajoute."
        )
    else:
        message = (
            f"Avec cet évènement, les heures dues passeraient sous zéro le {day} (il manquerait {missing}), à cause "
            f"de ce qui est déjà enregistré{NBSP}: {step.event.kind.label.lower()}. Réduisez les heures retirées, ou "
            "enregistrez d’abord l’avenant qui les ajoute."
        )
    return RuleRefused(message, minutes=step.missing, effective_on=step.event.effective_on.isoformat())


# --- words


def _change(delta: int, reached: int) -> str:
    if delta == 0:
        return f"heures dues inchangées{NBSP}: {written_hours(max(0, reached))}."
    sign = "+" if delta > 0 else "−"
    return f"{sign}{NBSP}{written_hours(abs(delta))}, soit {_due(max(0, reached))}."


def _due(minutes: int) -> str:
    return f"{written_hours(minutes)} {'dues' if minutes >= 120 else 'due'}"


def _order_working(terms: OrderTerms, cumulative_cents: int) -> str:
    return (
        f"Commandes cumulées {figures.cents(cumulative_cents)} × {figures.percent(terms.labour_share_percent)} × "
        f"{figures.percent(terms.rate_percent)} ÷ {figures.euros(terms.hourly_cost_euros)} l’heure "
        f"({terms.rounding.label.lower()})"
    )
