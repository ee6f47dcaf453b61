"""The week: half-hours the job needs against those the person can and cannot."""

from __future__ import annotations

import numpy as np

from matching.engine.checks import Asked, Verdict, settle
from matching.engine.people import Selection
from matching.engine.statuses import PARTLY
from matching.terms import Importance


def schedule(context: Asked, who: Selection) -> Verdict:
    """Every needed half-hour possible: met. A small share impossible: partly. More: to lift, or blocking.

    A half-hour nobody asked about is unknown; it weighs only when what is known does not already stop.
    Detail: `missing`, `open` uint64[7, m], the needed half-hours impossible and unknown.
    """
    need = context.need
    total = np.bitwise_count(need).sum(axis=0, dtype=np.int32)
    cannot = who.column("cannot")
    can = who.column("can") & ~cannot
    missing = need & cannot
    unknown_bits = need & ~can & ~cannot
    missing_count = np.bitwise_count(missing).sum(axis=0, dtype=np.int32)
    unknown_count = np.bitwise_count(unknown_bits).sum(axis=0, dtype=np.int32)
    share = missing_count / total
    small = share <= context.policy.schedule_partly_share
    unknown = (unknown_count > 0) & small
    remedy = context.policy.remedy("schedule", "childcare")
    verdict = settle(Importance.ESSENTIAL, (missing_count == 0) & ~unknown, unknown, remedy)
    partly = small & ~unknown & (missing_count > 0)
    status = np.where(partly, PARTLY, verdict.status).astype(np.int8)
    value = np.where(partly, (1.0 - share) * 0.9, verdict.value)
    delay = np.where(partly, 0, verdict.delay).astype(np.int16)
    which = None if verdict.remedy is None else np.where(partly, -1, verdict.remedy).astype(np.int8)
    detail = {"missing": missing, "open": unknown_bits}
    return Verdict(status, value, delay, missing_count, which, verdict.remedies, detail)
