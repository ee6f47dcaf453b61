"""Lists shown a page at a time: how many pages there are, and which one is shown."""

from __future__ import annotations


def page_count(total: int, size: int) -> int:
    """Pages of `size` rows that hold `total` rows; an empty list has one page, which says so."""
    return max(1, -(-total // size))


def page_shown(asked: int, total: int, size: int) -> int:
    """The page asked for, or the nearest there is: an address kept while the list grew shorter still works."""
    return min(max(1, asked), page_count(total, size))
