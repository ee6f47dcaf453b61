"""What the official format (DECP 2.0.3) asks beside the columns of a contract: names, words, values that can be used.

Published values are kept as they were read; each is read again here when it is shown or written. The lists of words are
those of the order of 22 December 2022 as its schema gives them; a test holds them to the official file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any

from matching.exchange.decp.records import FIRST_YEAR, listed, read_yes_no
from matching.terms import Known
from matching.text import fold

LONGEST_ID = 16
IDENTIFIERS = ("SIRET", "TVA", "TAHITI", "RIDET", "FRWF", "IREP", "HORS-UE")
PLACE_KINDS = (
    "Code postal", "Code commune", "Code arrondissement", "Code canton", "Code département", "Code région", "Code pays",
)  # fmt: skip
_GREENER = ("Clause environnementale", "Critère environnemental", "Pas de considération environnementale")


class Kind(Enum):
    """How a field is read and shown."""

    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    DAY = "day"
    TEXT = "text"


@dataclass(frozen=True)
class PublishedField:
    """A field kept in `Contract.publication`. `inner`: the name that wraps its list."""

    name: str
    label: str
    kind: Kind
    options: tuple[str, ...] = ()
    inner: str = ""
    required: bool = True
    hint: str = ""


CONTRACT_FIELDS = (
    PublishedField("nature", "Nature", Kind.CHOICE, (
        "Marché", "Marché de partenariat", "Marché de défense ou de sécurité",
    )),
    PublishedField("procedure", "Procédure", Kind.CHOICE, (
        "Procédure adaptée", "Appel d'offres ouvert", "Appel d'offres restreint", "Procédure avec négociation",
        "Marché passé sans publicité ni mise en concurrence préalable", "Dialogue compétitif",
    )),
    PublishedField("techniques", "Technique d’achat", Kind.CHOICES, (
        "Accord-cadre", "Concours", "Système de qualification", "Système d'acquisition dynamique",
        "Catalogue électronique", "Enchère électronique", "Sans objet",
    ), "technique"),
    PublishedField("modalitesExecution", "Modalités d’exécution", Kind.CHOICES, (
        "Tranches", "Bons de commande", "Marchés subséquents", "Sans objet",
    ), "modaliteExecution"),
    PublishedField("ccag", "CCAG de référence", Kind.CHOICE, (
        "Travaux", "Maitrise d'œuvre", "Fournitures courantes et services", "Marchés industriels",
        "Prestations intellectuelles", "Techniques de l'information et de la communication", "Pas de CCAG",
    )),
    PublishedField("typesPrix", "Type de prix", Kind.CHOICES, (
        "Définitif ferme", "Définitif actualisable", "Définitif révisable", "Provisoire",
    ), "typePrix"),
    PublishedField("formePrix", "Forme du prix", Kind.CHOICE, ("Unitaire", "Forfaitaire", "Mixte")),
    PublishedField("offresRecues", "Nombre d’offres reçues", Kind.COUNT, hint="Irrégulières comprises."),
    PublishedField("typeGroupementOperateurs", "Groupement d’entreprises", Kind.CHOICE, (
        "Conjoint", "Solidaire", "Pas de groupement",
    )),
    PublishedField("marcheInnovant", "Marché innovant", Kind.YES_NO),
    PublishedField("sousTraitanceDeclaree", "Sous-traitance déclarée à la notification", Kind.YES_NO),
    PublishedField("attributionAvance", "Avance attribuée", Kind.YES_NO),
    PublishedField("tauxAvance", "Taux de l’avance", Kind.SHARE, required=False, hint="De 0 à 1 : 0,1 pour 10 %."),
    PublishedField("considerationsEnvironnementales", "Considérations environnementales", Kind.CHOICES, _GREENER,
                   "considerationEnvironnementale"),
    PublishedField("idAccordCadre", "Identifiant de l’accord-cadre", Kind.TEXT, required=False,
                   hint="Pour un marché subséquent."),
    PublishedField("origineUE", "Part des produits de l’Union européenne", Kind.SHARE, required=False,
                   hint="De 0 à 1. Denrées, véhicules, santé, habillement."),
    PublishedField("origineFrance", "Part des produits français", Kind.SHARE, required=False,
                   hint="De 0 à 1. Denrées, véhicules, santé, habillement."),
)  # fmt: skip
CONCESSION_FIELDS = (
    PublishedField("nature", "Nature", Kind.CHOICE, (
        "Concession de travaux", "Concession de service", "Concession de service public",
        "Délégation de service public",
    )),
    PublishedField("procedure", "Procédure", Kind.CHOICE, (
        "Procédure négociée ouverte", "Procédure non négociée ouverte", "Procédure négociée restreinte",
        "Procédure non négociée restreinte",
    )),
    PublishedField("dateDebutExecution", "Début de l’exécution", Kind.DAY, hint="JJ/MM/AAAA"),
    PublishedField("montantSubventionPublique", "Subvention publique ou autre avantage financier (€)", Kind.MONEY,
                   hint="0 s’il n’y en a pas."),
    PublishedField("considerationsEnvironnementales", "Considérations environnementales", Kind.CHOICES, _GREENER,
                   "considerationEnvironnementale"),
)  # fmt: skip
_BY_NAME = {field.name: field for field in (*CONCESSION_FIELDS, *CONTRACT_FIELDS)}


def fields_of(concession: bool) -> tuple[PublishedField, ...]:
    """The fields asked of a concession, or of any other contract."""
    return CONCESSION_FIELDS if concession else CONTRACT_FIELDS


def read_field(field: PublishedField, raw: Any) -> Any:
    """The value as the format writes it; None when nothing usable is there. Lists come bare, without their wrapper."""
    return None if raw is None else _READERS[field.kind](field, raw)


def known_word(text: str, options: tuple[str, ...]) -> str | None:
    """The official word meant by `text`, whatever its accents and capitals; None when it is none of them."""
    return text if text in options else _folded(options).get(fold(text))


@lru_cache
def _folded(options: tuple[str, ...]) -> dict[str, str]:
    return {fold(option): option for option in options}


def _choice(field: PublishedField, raw: Any) -> str | None:
    return known_word(str(raw), field.options)


def _choices(field: PublishedField, raw: Any) -> list[str] | None:
    words = [word for word in listed(raw) if word.strip()]
    found = [_choice(field, word) for word in words]
    # A word that is not in the list makes the whole unusable: dropping it would publish something else.
    return list(dict.fromkeys(item for item in found if item)) if found and None not in found else None


def _yes_no(_field: PublishedField, raw: Any) -> bool | None:
    known = read_yes_no(raw)
    return None if known is Known.UNKNOWN else known is Known.YES


def _number(raw: Any) -> float | int | None:
    if isinstance(raw, str) and re.fullmatch(r"\d{1,15}([.,]\d{1,10})?", raw.strip(), re.ASCII):
        raw = float(raw.strip().replace(",", "."))
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw) or abs(raw) > 1e15:
        return None
    return int(raw) if raw == int(raw) else raw


def _count(_field: PublishedField, raw: Any) -> int | None:
    number = _number(raw)
    return number if isinstance(number, int) and number >= 1 else None


def _share(_field: PublishedField, raw: Any) -> float | int | None:
    number = _number(raw)
    return number if number is not None and 0 <= number <= 1 else None


def _money(_field: PublishedField, raw: Any) -> float | int | None:
    number = _number(raw)
    return number if number is not None and number >= 0 else None


def _day(_field: PublishedField, raw: Any) -> str | None:
    found = re.match(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]|\+|Z|$)", str(raw).strip(), re.ASCII)
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
    return day.isoformat() if day and FIRST_YEAR <= day.year <= 2150 else None


def _short(_field: PublishedField, raw: Any) -> str | None:
    text = "".join(str(raw).split())
    return text if 0 < len(text) <= LONGEST_ID and fold(text) not in ("nc", "nan", "null", "none") else None


_READERS: dict[Kind, Callable[[PublishedField, Any], Any]] = {
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.YES_NO: _yes_no,
    Kind.COUNT: _count,
    Kind.SHARE: _share,
    Kind.MONEY: _money,
    Kind.DAY: _day,
    Kind.TEXT: _short,
}


# --- lists of objects, carried as published


def read_holders(raw: Any) -> list[dict[str, str]] | None:
    """Holders of every kind of identifier, bare; None when one of them cannot be read, or nobody is named."""
    found = []
    for item in raw if isinstance(raw, list) else ():
        inner = item.get("titulaire", item.get("concessionnaire", item)) if isinstance(item, dict) else item
        kind, identifier = (
            (inner.get("typeIdentifiant", "SIRET"), inner.get("id")) if isinstance(inner, dict) else ("", "")
        )
        text = "".join(str(identifier or "").split())
        if kind not in IDENTIFIERS or not text or (kind == "SIRET" and not re.fullmatch(r"[0-9]{14}", text)):
            return None
        found.append({"typeIdentifiant": kind, "id": text})
    return [one for place, one in enumerate(found) if one not in found[:place]] or None


def _at_least_one(raw: Any) -> Any:
    number = _number(raw)
    return number if number is not None and number >= 1 else None


def _count_of(raw: Any) -> int | None:
    return _count(_BY_NAME["offresRecues"], raw)


def _day_of(raw: Any) -> str | None:
    return _day(_BY_NAME["dateDebutExecution"], raw)


def _money_of(raw: Any) -> Any:
    return _money(_BY_NAME["montantSubventionPublique"], raw)


def _words(raw: Any) -> str | None:
    return raw[:256] if isinstance(raw, str) and raw.strip() else None


def _subcontractor(raw: Any) -> dict[str, str] | None:
    found = read_holders([raw])
    return found[0] if found else None


def _variation(raw: Any) -> str | None:
    return known_word(str(raw), ("Ferme", "Actualisable", "Révisable"))


def _rates(raw: Any) -> list[dict[str, Any]] | None:
    return read_list(raw, "tarif", {"intituleTarif": (_words, True), "tarif": (_money_of, True)})


_Shape = dict[str, tuple[Callable[[Any], Any], bool]]
CARRIED: dict[str, tuple[str, _Shape]] = {
    "actesSousTraitance": ("acteSousTraitance", {
        "id": (_count_of, True), "sousTraitant": (_subcontractor, True), "dureeMois": (_count_of, True),
        "dateNotification": (_day_of, True), "datePublicationDonnees": (_day_of, True),
        "montant": (_at_least_one, True), "variationPrix": (_variation, True),
    }),
    "modificationsActesSousTraitance": ("modificationActeSousTraitance", {
        "id": (_count_of, True), "dureeMois": (_count_of, False),
        "dateNotificationModificationSousTraitance": (_day_of, True), "montant": (_at_least_one, False),
        "datePublicationDonnees": (_day_of, True),
    }),
    "donneesExecution": ("donneesAnnuelles", {
        "datePublicationDonneesExecution": (_day_of, True), "depensesInvestissement": (_money_of, True),
        "tarifs": (_rates, True),
    }),
}  # fmt: skip
"""Lists that the registry does not use and writes back: the wrapper of an item, its members, which are required."""


def read_list(raw: Any, inner: str, shape: _Shape) -> list[dict[str, Any]] | None:
    """The items of a carried list that can be written, each in its wrapper; None when there are none."""
    found: list[dict[str, Any]] = []
    for item in raw if isinstance(raw, list) else ():
        content = item.get(inner, item) if isinstance(item, dict) else {}
        kept = {name: value for name, (read, _) in shape.items() if (value := read(content.get(name))) is not None}
        if all(name in kept for name, (_, required) in shape.items() if required) and {inner: kept} not in found:
            found.append({inner: kept})
    return found or None


def merged(kept: Mapping[str, Any], published: Mapping[str, Any], *, keep_first: bool) -> dict[str, Any]:
    """What a contract keeps when it is published again: what is usable wins, then the publication.

    `keep_first`: what is kept here was typed, and is only completed.
    """
    newer = {
        name: value
        for name, value in published.items()
        if name not in kept or not _usable(name, kept[name]) or (not keep_first and _usable(name, value))
    }
    return {**kept, **newer}


def _usable(name: str, raw: Any) -> bool:
    if name == "titulaires":
        return read_holders(raw) is not None
    return name not in _BY_NAME or read_field(_BY_NAME[name], raw) is not None
