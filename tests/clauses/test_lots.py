"""Lots in identifiers."""

import pytest

from matching.clauses.lots import GuessedLot, guess_lot

CASES = [
    ("202401L04", ("202401", "4")),
    ("202207LOT03", ("202207", "3")),
    ("2023-118-Lot 2", ("2023-118", "2")),
    ("2025TX0187_L12", ("2025TX0187", "12")),
    ("2019K1209", None),
    ("2020F00075", None),
    ("LOT3", None),
    ("L04", None),
    ("TEST2022", None),
    ("2022L", None),
    ("2024-L1234", None),
    ("", None),
]


@pytest.mark.parametrize(("identifier", "expected"), CASES)
def test_guess(identifier: str, expected: tuple[str, str] | None) -> None:
    assert guess_lot(identifier) == (GuessedLot(*expected) if expected else None)
