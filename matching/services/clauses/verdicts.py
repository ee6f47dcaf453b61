"""An officer's decision on one line, and what the rules make of it: minutes that count, what was overridden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from matching.clauses.line_model import french
from matching.clauses.lines import (
    Finding,
    FindingCode,
    Severity,
    WorkedLine,
    check_line,
    counted_minutes,
    counting_window,
    split_at,
    training_counted,
)
from matching.clauses.terms import RejectReason
from matching.errors import RuleRefused
from matching.services.clauses.findings import LineFindings
from matching.text import written_day, written_hours

_TRAINING = frozenset({FindingCode.TRAINING_NOT_COUNTED, FindingCode.TRAINING_ABOVE_CAP})
"""What these leave out is left out of the entry: nothing to override."""


@dataclass(frozen=True)
class Validate:
    """Count the line. `override_reason`: why, when a rule rejects it by default."""

    override_reason: str = ""


@dataclass(frozen=True)
class Reject:
    """Not counted; the company reads the reason and the note."""

    reason: RejectReason
    note: str = ""


@dataclass(frozen=True)
class Cut:
    """Count the days that can count and reject the others: only for a line whose days are known."""

    override_reason: str = ""


Decision = Validate | Reject | Cut


@dataclass(frozen=True)
class Pieces:
    """A line cut at its counting window; `out` are the parts rejected, each with its reason."""

    kept: WorkedLine
    out: tuple[tuple[WorkedLine, RejectReason], ...]


def to_override(found: LineFindings) -> tuple[Finding, ...]:
    """The findings that put the line out unless an officer says why it counts."""
    return tuple(one for one in found.findings if one.severity is Severity.REJECTS and one.code not in _TRAINING)


def minutes_validated(found: LineFindings, override_reason: str) -> tuple[int, str]:
    """Minutes that enter the ledger and the code of the rule overridden (empty when none).

    Raises RuleRefused with what to do: mend, settle a possible double, give a reason, reject.
    """
    line = found.line
    for one in found.findings:
        if one.severity is Severity.BLOCKS:
            raise RuleRefused(one.message)
    if found.doubles:
        raise RuleRefused(found.doubles[0].message)
    if not line.minutes:
        return 0, ""
    against = to_override(found)
    if against and not override_reason:
        raise RuleRefused(french(f"{against[0].message} Pour la compter malgré tout, écrivez pourquoi."))
    counted = despite(found) if against else found.counted
    if counted is None:
        raise RuleRefused("Ce contrat plafonne la formation sans dire à combien. Complétez l’engagement d’abord.")
    if counted <= 0:
        raise RuleRefused("Aucune minute de cette ligne ne compte. Rejetez-la avec son motif.")
    return counted, against[0].code.value if against else ""


def despite(found: LineFindings) -> int | None:
    """Minutes that enter when an officer counts the line all the same: training keeps its own rule."""
    line, context = found.line, found.context
    total = line.minutes or 0
    training = training_counted(total, line.training_minutes, context.training, context.training_cap_percent)
    return None if training is None else total - line.training_minutes + training


def can_cut(found: LineFindings) -> bool:
    """Some days count and some do not, and the days are known."""
    return bool(found.line.days) and bool(found.counted) and _window_cuts(found)


def _window_cuts(found: LineFindings) -> bool:
    first, last = counting_window(found.context)
    return any((first and day < first) or (last and day > last) for day, minutes in found.line.days if minutes)


def cut_words(found: LineFindings) -> str:
    """« Couper au 18 mai 2026 »: the button of a line that can be cut, with what it keeps."""
    first, last = counting_window(found.context)
    days = [day for day, minutes in found.line.days if minutes]
    kept = written_hours(pieces_of(found).kept.minutes or 0)
    if last and max(days) > last:
        return f"Couper au {written_day(last)} et valider {kept}"
    return f"Couper à partir du {written_day(first or min(days))} et valider {kept}"


def pieces_of(found: LineFindings) -> Pieces:
    """The part of the line that can count, and the parts that cannot. Raises RuleRefused."""
    if not can_cut(found):
        raise RuleRefused(
            "Cette ligne ne se coupe pas : ses jours ne sont pas connus, ou tous comptent, ou aucun. "
            "Demandez les heures jour par jour à l’entreprise."
        )
    first, last = counting_window(found.context)
    rest: WorkedLine | None = found.line
    head = tail = None
    if first and rest and first > rest.from_on:
        head, rest = split_at(rest, first - timedelta(days=1))
    if last and rest:
        rest, tail = split_at(rest, last)
    if rest is None or not rest.minutes:
        raise RuleRefused("Aucun jour de cette ligne ne compte. Rejetez-la avec son motif.")
    sides = ((head, first), (tail, last))
    out = tuple((part, _reason(found, day)) for part, day in sides if part is not None and part.minutes)
    return Pieces(rest, out)


def after_cut(found: LineFindings, kept: WorkedLine) -> LineFindings:
    """What is said of the part kept; its days may still be too long together with the person's other lines."""
    days = {day for day, minutes in kept.days if minutes}
    too_many = [one for one in found.findings if one.code is FindingCode.TOO_MANY_HOURS]
    long_days = [one for one in too_many if one.day is None or one.day in days]
    said = (*check_line(kept, found.context), *long_days)
    return replace(found, line=kept, findings=said, counted=counted_minutes(kept, found.context))


def _reason(found: LineFindings, day: date | None) -> RejectReason:
    reasons = [one.reject_reason for one in found.findings if one.day == day and one.reject_reason is not None]
    return reasons[0] if reasons else RejectReason.OUTSIDE_CONTRACT
