"""Exposure and selection read by sex, age band, QPV and RQTH, apart from the ranking, for managers and pilots."""

from matching.services.fairness.groups import Axis, Group
from matching.services.fairness.periods import chosen_period, usual_period
from matching.services.fairness.reading import (
    AxisReading,
    Compared,
    FairnessReading,
    GroupLine,
    Measure,
    UnitChoice,
    list_units_read,
    own_unit,
    read_fairness,
)
from matching.services.fairness.words import written_decimals, written_percent, written_ratio

__all__ = [
    "Axis",
    "AxisReading",
    "Compared",
    "FairnessReading",
    "Group",
    "GroupLine",
    "Measure",
    "UnitChoice",
    "chosen_period",
    "list_units_read",
    "own_unit",
    "read_fairness",
    "usual_period",
    "written_decimals",
    "written_percent",
    "written_ratio",
]
