"""Whole numbers that the database writes as one text, read at once: hundreds of thousands of rows never become
objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, SQLColumnExpression, String, cast, func


def written(first: SQLColumnExpression[Any], *others: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """An aggregate: the columns (of whole numbers, none NULL) of every row, one row after the other, in no order."""
    line: ColumnElement[str] = cast(first, String)
    for column in others:
        line = line.concat(",").concat(cast(column, String))
    return func.aggregate_strings(line, ",")


def read(text: str | None) -> npt.NDArray[np.int64]:
    """The numbers of such a text, flat; none when there was no row."""
    return np.fromstring(text, np.int64, sep=",") if text else np.zeros(0, np.int64)
