"""What if the offer asked otherwise: changes tried on the page, the published offer staying as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from matching import engine
from matching.errors import FieldError, Invalid
from matching.terms import Importance


@dataclass(frozen=True)
class Simulation:
    """Changes to try. `dropped`: keys as given by `key_of`. `importance`, `amount`: by position of requirement.

    `variants`: `one_hour_later`, `one_hour_earlier`, `starts_later`, `shorter_week`.
    """

    dropped: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    importance: Mapping[int, Importance] = field(default_factory=dict)
    amount: Mapping[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.dropped or self.variants or self.importance or self.amount)

    def logged(self) -> dict[str, object]:
        """As codes, for the log of lists shown."""
        return {
            "dropped": list(self.dropped),
            "variants": list(self.variants),
            "importance": {str(k): v.value for k, v in self.importance.items()},
            "amount": {str(k): v for k, v in self.amount.items()},
        }


def key_of(code: str, position: int | None) -> str:
    """The key of something asked: its place among the requirements, or the code of an implicit criterion."""
    return code if position is None else f"r{position}"


def effective(offer: engine.Offer, wanted: Simulation) -> Simulation:
    """Of changes that `changed` takes, those that change something: the page sends every requirement, most as is."""
    asked = offer.requirements
    return replace(
        wanted,
        importance={k: v for k, v in wanted.importance.items() if v is not asked[k].importance},
        amount={k: v for k, v in wanted.amount.items() if v != asked[k].amount},
    )


def changed(offer: engine.Offer, wanted: Simulation) -> engine.Offer:
    """The offer as it would be. Raises `Invalid` for a change that this offer does not have."""
    for position in (*wanted.importance, *wanted.amount):
        if position >= len(offer.requirements):
            raise _unknown(key_of("", position))
    kept = []
    for position, asked in enumerate(offer.requirements):
        if key_of("", position) in wanted.dropped:
            continue
        kept.append(
            replace(
                asked,
                importance=wanted.importance.get(position, asked.importance),
                amount=wanted.amount.get(position, asked.amount),
            )
        )
    result = replace(offer, requirements=tuple(kept))
    for key in wanted.dropped:
        result = _without_implicit(result, key, len(offer.requirements))
    for name in wanted.variants:
        variants = engine.variants_of(result)
        if name not in variants:
            raise _unknown(name)
        result = variants[name]
    return result


def _without_implicit(offer: engine.Offer, key: str, requirements: int) -> engine.Offer:
    number = key[1:]
    if key.startswith("r") and number.isascii() and number.isdecimal() and int(number[:9]) < requirements:
        return offer
    try:
        return engine.without_criterion(offer, key)
    except KeyError:
        raise _unknown(key) from None


def _unknown(name: str) -> Invalid:
    message = "Cet essai ne correspond plus à l’offre. Revenez à l’offre publiée, puis choisissez de nouveau."
    return Invalid(message, [FieldError("simulation", message, name)])
