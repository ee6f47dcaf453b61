"""The penalty terms of a commitment, between their row and the rules."""

from __future__ import annotations

from decimal import Decimal

from matching.clauses.calendar import DayCount
from matching.clauses.penalty import IndexMoment, NoticeFrom, PenaltyIndex, PenaltyTerms
from matching.store.tables.contracts import PenaltyTermsRow

_SAME = (
    "per_hour_cents",
    "late_day_cents",
    "lump_cents",
    "cap_base_cents",
    "minimum_cents",
    "waived_below_cents",
    "notice_required",
    "notice_delay_days",
    "best_efforts",
)


def terms_of(row: PenaltyTermsRow | None) -> PenaltyTerms:
    """The terms as the rules read them; no row: a contract without penalty."""
    if row is None:
        return PenaltyTerms()
    return PenaltyTerms(
        **{name: getattr(row, name) for name in _SAME},
        index_code=PenaltyIndex(row.index_code) if row.index_code else None,
        index_multiple=Decimal(row.index_multiple) if row.index_multiple else None,
        index_moment=IndexMoment(row.index_moment) if row.index_moment else None,
        late_day_count=DayCount(row.late_day_count) if row.late_day_count else None,
        cap_percent=Decimal(row.cap_percent) if row.cap_percent else None,
        notice_from=NoticeFrom(row.notice_from),
    )


def write_terms(row: PenaltyTermsRow, terms: PenaltyTerms) -> None:
    """Put `terms` in the row: decimals as text, codes as text."""
    for name in _SAME:
        setattr(row, name, getattr(terms, name))
    row.index_code = terms.index_code.value if terms.index_code else None
    row.index_multiple = _text(terms.index_multiple)
    row.index_moment = terms.index_moment.value if terms.index_moment else None
    row.late_day_count = terms.late_day_count.value if terms.late_day_count else None
    row.cap_percent = _text(terms.cap_percent)
    row.notice_from = terms.notice_from.value


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
