"""The groups that exposure and selection are read by, and how each is named in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from matching.clauses.dates import age_on
from matching.terms import Labelled

UNKNOWN: Final = "unknown"


class Axis(Labelled):
    SEX = "sex", "Sexe"
    AGE = "age", "Âge"
    QPV = "qpv", "Quartier prioritaire"
    RQTH = "rqth", "Handicap (RQTH)"


@dataclass(frozen=True)
class Group:
    """`subject` begins a sentence, in the plural; `e` is the ending of its participles: « montré » + `e` + « s »."""

    axis: Axis
    key: str
    label: str
    subject: str
    e: str = "e"


GROUPS: Final[Mapping[Axis, tuple[Group, ...]]] = {
    Axis.SEX: (
        Group(Axis.SEX, "f", "Femmes", "Les femmes"),
        Group(Axis.SEX, "m", "Hommes", "Les hommes", ""),
        Group(Axis.SEX, "x", "Autre", "Les personnes d’un autre sexe"),
        Group(Axis.SEX, UNKNOWN, "À préciser", "Les personnes dont le sexe est à préciser"),
    ),
    Axis.AGE: (
        Group(Axis.AGE, "young", "Moins de 26 ans", "Les moins de 26 ans", ""),
        Group(Axis.AGE, "middle", "De 26 à 49 ans", "Les personnes de 26 à 49 ans"),
        Group(Axis.AGE, "old", "50 ans et plus", "Les personnes de 50 ans et plus"),
        Group(Axis.AGE, UNKNOWN, "À préciser", "Les personnes dont l’âge est à préciser"),
    ),
    Axis.QPV: (
        Group(Axis.QPV, "yes", "Y habite", "Les personnes d’un quartier prioritaire"),
        Group(Axis.QPV, "no", "N’y habite pas", "Les personnes hors d’un quartier prioritaire"),
        Group(Axis.QPV, UNKNOWN, "À préciser", "Les personnes dont le quartier est à préciser"),
    ),
    Axis.RQTH: (
        Group(Axis.RQTH, "yes", "Avec une RQTH", "Les personnes avec une RQTH"),
        Group(Axis.RQTH, "no", "Sans RQTH", "Les personnes sans RQTH"),
        Group(Axis.RQTH, UNKNOWN, "À préciser", "Les personnes dont la RQTH est à préciser"),
    ),
}
KIND_OF: Final = {Axis.SEX: "sex", Axis.AGE: "birth_date", Axis.QPV: "qpv", Axis.RQTH: "rqth"}
"""The protected fact that sorts people along each axis."""


def group_key(axis: Axis, value: str | None, day: date) -> str:
    """The group of somebody whose protected fact is `value` (None: not known), aged as on `day`."""
    if value is None:
        return UNKNOWN
    if axis is Axis.AGE:
        age = age_on(date.fromisoformat(value), day)
        return "young" if age < 26 else "middle" if age < 50 else "old"
    return value if any(group.key == value for group in GROUPS[axis]) else UNKNOWN
