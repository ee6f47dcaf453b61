"""An employer, an adviser, and the few reference rows that an offer needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from matching.access.permissions import Actor
from matching.offers.pay import Pay, PayPeriod
from matching.services.context import Context
from matching.services.offers import OfferInput, Window
from matching.services.reference import load_embedded
from matching.store.tables.reference import LegalParameter
from matching.terms import ContractKind
from tests.support import factories as make


@dataclass(frozen=True)
class Town:
    """Two establishments of two employers, an adviser and a manager of one unit."""

    adviser: Actor
    colleague: Actor
    employer: Actor
    stranger: Actor
    administrator: Actor
    establishment_id: int
    other_establishment_id: int


def build_town(ctx: Context) -> Town:
    load_embedded(ctx)
    unit = make.unit(ctx)
    ours, theirs = make.establishment(ctx, name="Cantine Exemple"), make.establishment(ctx, name="Atelier Modèle")
    return Town(
        adviser=make.adviser(ctx, unit, "Ada Essai"),
        colleague=make.adviser(ctx, unit, "Bo Témoin"),
        employer=make.employer(ctx, ours, "Elsa Maquette"),
        stranger=make.employer(ctx, theirs),
        administrator=make.administrator(ctx),
        establishment_id=ours,
        other_establishment_id=theirs,
    )


@pytest.fixture
def town(ctx: Context) -> Town:
    return build_town(ctx)


def complete(town: Town, **changes: Any) -> OfferInput:
    """An offer that nothing stops."""
    offer = OfferInput(
        title="Plongeur ou plongeuse en restauration",
        establishment_id=town.establishment_id,
        rome_code="G1605",
        description="Laver la vaisselle, ranger, nettoyer les sols.",
        seats=2,
        contract=ContractKind.PERMANENT,
        weekly_minutes=35 * 60,
        start_on=date(2027, 1, 4),
        pay=Pay(Decimal("12.50"), PayPeriod.HOUR),
        communes=("44109",),
        windows=tuple(Window(day, 480, 900) for day in range(5)),
    )
    return replace(offer, **changes)


@pytest.fixture
def draft(town: Town) -> Callable[..., OfferInput]:
    return lambda **changes: complete(town, **changes)


__all__ = ["LegalParameter", "Town", "build_town", "complete"]
