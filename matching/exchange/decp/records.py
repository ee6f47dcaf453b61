"""One published record made clean: what can be believed is kept, what cannot is unknown and named.

The official schema accepts half of these bad values: « valid » does not mean clean. Nothing is guessed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from stdnum.fr import siret

from matching.exchange.decp.reading import CONCESSIONS, Raw
from matching.terms import Known, Labelled
from matching.text import fold

LOWEST_CENTS, HIGHEST_CENTS = 100, 10_000_000_000 * 100
FIRST_YEAR = 2000
LONGEST_MONTHS = 50 * 12
PUBLISHED = (
    "nature", "techniques", "modalitesExecution", "marcheInnovant", "ccag", "offresRecues", "attributionAvance",
    "tauxAvance", "typeGroupementOperateurs", "procedure", "typesPrix", "formePrix", "sousTraitanceDeclaree",
    "considerationsEnvironnementales", "origineUE", "origineFrance", "dateDebutExecution",
    "montantSubventionPublique", "idAccordCadre",
)  # fmt: skip
"""Fields kept as published, for the export; everything else of a record has a column."""
_LISTS = ("actesSousTraitance", "modificationsActesSousTraitance", "donneesExecution")
"""Lists that the registry does not use, kept when they are not too long so that an export does not lose them."""
_LONGEST_PUBLICATION = 10_000
_SHOWN = 60


class Outcome(Labelled):
    ACCEPTED = "accepted", "Acceptée"
    WARNED = "warned", "Acceptée avec remarques"
    REFUSED = "refused", "Refusée"
    NOT_OURS = "not_ours", "D’un autre acheteur"


class SocialConsideration(Labelled):
    CLAUSE = "clause", "Clause sociale"
    CRITERION = "criterion", "Critère social"
    RESERVED = "reserved", "Marché réservé"
    NONE = "none", "Pas de considération sociale"


_CONSIDERATIONS = {fold(item.label): item for item in SocialConsideration} | {
    "concession reservee": SocialConsideration.RESERVED,
    "sans objet": SocialConsideration.NONE,
    "aucune consideration sociale": SocialConsideration.NONE,
}


@dataclass(frozen=True, slots=True)
class Warned:
    """A value that could not be believed: stored as unknown. `read` is what was there, cut."""

    field: str
    read: str
    message: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change published with a contract: `amount_cents` is the new total, `months` the new duration, None the same."""

    number: int | None
    notified_on: date | None
    amount_cents: int | None
    months: int | None
    holders: tuple[str, ...]
    published_on: date | None


@dataclass(frozen=True, slots=True)
class Record:
    """A contract as the registry can take it. Unknown is None; `social` None means that nothing readable is said.

    `publication`: the fields of `PUBLISHED` as they were, in JSON, for the export.
    """

    id: str
    buyer_siret: str
    concession: bool
    object: str
    nature: str
    cpv: str
    procedure: str
    amount_cents: int | None
    months: int | None
    notified_on: date | None
    published_on: date | None
    place_code: str
    place_kind: str
    holders: tuple[str, ...]
    framework_id: str
    social: frozenset[SocialConsideration] | None
    amendments: tuple[Amendment, ...]
    techniques: tuple[str, ...]
    publication: str | None = field(compare=False)

    @property
    def buyer_siren(self) -> str:
        """A buyer changes establishment: its contracts are kept under its SIREN."""
        return self.buyer_siret[:9]


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of one record: its place in the file, its id when it has one, why."""

    number: int
    id: str
    outcome: Outcome
    warnings: tuple[Warned, ...] = ()
    reason: str = ""


def read_record(raw: Raw, buyer_siren: str, today: date) -> tuple[Record | None, Reported]:
    """The clean record of `buyer_siren`, or None with why it is refused or not of this buyer."""
    if not isinstance(raw.content, dict):
        return None, Reported(raw.number, "", Outcome.REFUSED, reason="Ce n’est pas une fiche de marché.")
    reader = _Reader(raw.content, today)
    id_ = reader.id()
    buyer = reader.buyer()
    if not id_:
        return None, Reported(raw.number, "", Outcome.REFUSED, reason="Le marché n’a pas d’identifiant.")
    if len(buyer) < 9:
        reason = "L’acheteur n’a pas de SIRET lisible."
        return None, Reported(raw.number, id_, Outcome.REFUSED, reason=reason)
    if buyer[:9] != buyer_siren:
        return None, Reported(raw.number, id_, Outcome.NOT_OURS)
    record = reader.record(id_, buyer, concession=raw.kind == CONCESSIONS)
    outcome = Outcome.WARNED if reader.warnings else Outcome.ACCEPTED
    return record, Reported(raw.number, id_, outcome, tuple(reader.warnings))


class _Reader:
    """The fields of one record, and the warnings they leave."""

    def __init__(self, content: dict[str, Any], today: date) -> None:
        self.content = content
        self.today = today
        self.warnings: list[Warned] = []

    def warn(self, name: str, read: object, message: str) -> None:
        self.warnings.append(Warned(name, str(read)[:_SHOWN], message))

    # --- keys ------------------------------------------------------------------------------------------------

    def id(self) -> str:
        read = self.content.get("id")
        text = str(read).strip() if isinstance(read, str | int) and not isinstance(read, bool) else ""
        tidy = "".join(text.split())
        if tidy != text:
            self.warn("id", text, "Les espaces ont été retirés de l’identifiant.")
        if len(tidy) > 40:
            self.warn("id", tidy, "L’identifiant dépasse 40 caractères : il a été coupé.")
        return tidy[:40] if tidy.strip("-./") and fold(tidy) not in ("nc", "null", "none", "nan") else ""

    def buyer(self) -> str:
        read = self.content.get("acheteur", self.content.get("autoriteConcedante"))
        read = read.get("id") if isinstance(read, dict) else read
        digits = "".join(str(read if isinstance(read, str | int) else "").split())
        if not (digits.isascii() and digits.isdecimal()) or len(digits) not in (9, 14) or not digits.strip("0"):
            return ""
        if len(digits) == 14 and not siret.is_valid(digits):
            self.warn("acheteur.id", digits, "La clé de ce SIRET est fausse : l’acheteur est reconnu par ses neuf "
                      "premiers chiffres.")  # fmt: skip
        return digits

    # --- the record ------------------------------------------------------------------------------------------

    def record(self, id_: str, buyer: str, *, concession: bool) -> Record:
        dated = "dateSignature" if concession else "dateNotification"
        holders = "concessionnaires" if concession else "titulaires"
        place_code, place_kind = self._place()
        return Record(
            id=id_,
            buyer_siret=buyer,
            concession=concession,
            object=self._text("objet", 500) or "Objet non publié",
            nature=self._text("nature", 60),
            cpv="" if concession else self._cpv(),
            procedure=self._text("procedure", 80),
            amount_cents=self._cents(self.content, "valeurGlobale" if concession else "montant"),
            months=self._months(self.content, "dureeMois"),
            notified_on=self._day(self.content, dated),
            published_on=self._day(self.content, "datePublicationDonnees"),
            place_code=place_code,
            place_kind=place_kind,
            holders=self._holders(self.content.get(holders), holders, "concessionnaire" if concession else "titulaire"),
            framework_id=self._text("idAccordCadre", 40, quiet=True),
            social=self._social(),
            amendments=self._amendments(),
            techniques=tuple(listed(self.content.get("techniques"))),
            publication=_publication(self.content),
        )

    def _text(self, name: str, most: int, *, quiet: bool = False) -> str:
        read = self.content.get(name)
        if not isinstance(read, str):
            if read is not None and not _is_nan(read):
                self.warn(name, read, "Un texte était attendu.")
            return ""
        tidy = " ".join(read.replace("\x00", "").split())
        if fold(tidy) in ("nc", "nan", "null", ""):
            return ""
        if len(tidy) > most and not quiet:
            self.warn(name, tidy, f"Le texte dépasse {most} caractères : il a été coupé.")
        return tidy[:most]

    def _cpv(self) -> str:
        read = self.content.get("codeCPV")
        if read is None or _is_nan(read):
            return ""
        text = "".join(str(read).split())
        if re.fullmatch(r"\d{8}(-\d)?", text, re.ASCII):
            return text
        self.warn("codeCPV", text, "Un code CPV a huit chiffres.")
        return ""

    def _place(self) -> tuple[str, str]:
        place = self.content.get("lieuExecution")
        if not isinstance(place, dict):
            code, kind = self.content.get("lieuExecution.code"), self.content.get("lieuExecution.typeCode")
        else:
            code, kind = place.get("code"), place.get("typeCode")
        tidy = "".join(str(code).split()) if isinstance(code, str | int) else ""
        if tidy and not re.fullmatch(r"[0-9A-Za-z]{2,8}", tidy, re.ASCII):
            self.warn("lieuExecution.code", tidy, "Ce code de lieu n’est pas lisible.")
            return "", ""
        return tidy, str(kind)[:30] if tidy and isinstance(kind, str) else ""

    def _cents(self, content: dict[str, Any], name: str) -> int | None:
        number = self._number(content, name)
        if number is None:
            return None
        cents = round(number * 100)
        if not LOWEST_CENTS <= cents <= HIGHEST_CENTS:
            self.warn(name, content.get(name), "Ce montant n’est pas vraisemblable (de 1 € à 10 milliards).")
            return None
        return cents

    def _months(self, content: dict[str, Any], name: str) -> int | None:
        number = self._number(content, name)
        if number is None:
            return None
        if number != int(number) or not 1 <= number <= LONGEST_MONTHS:
            self.warn(name, content.get(name), "Cette durée en mois n’est pas vraisemblable (de 1 à 600).")
            return None
        return int(number)

    def _number(self, content: dict[str, Any], name: str) -> float | None:
        read = content.get(name)
        if read is None or _is_nan(read) or read == "":
            return None
        if isinstance(read, str):
            text = "".join(read.split()).replace(",", ".").removesuffix("€")
            read = float(text) if re.fullmatch(r"-?\d{1,18}(\.\d{1,10})?", text, re.ASCII) else read
        if isinstance(read, bool) or not isinstance(read, int | float) or not math.isfinite(read):
            self.warn(name, read, "Un nombre était attendu.")
            return None
        return float(read)

    def _day(self, content: dict[str, Any], name: str) -> date | None:
        read = content.get(name)
        if read is None or _is_nan(read) or read == "":
            return None
        found = re.match(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]|\+|Z|$)", str(read).strip(), re.ASCII)
        try:
            day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
        except ValueError:
            day = None
        if day is None or not FIRST_YEAR <= day.year <= self.today.year + 1:
            self.warn(name, read, f"Cette date n’est pas vraisemblable (années {FIRST_YEAR} à {self.today.year + 1}).")
            return None
        return day

    def _holders(self, read: Any, name: str, wrapper: str) -> tuple[str, ...]:
        if read is None or _is_nan(read) or read == "":
            return ()
        if not isinstance(read, list):
            self.warn(name, read, "Une liste d’entreprises était attendue.")
            return ()
        found = []
        for item in read:
            inner = item.get(wrapper, item) if isinstance(item, dict) else item
            identifier = inner.get("id") if isinstance(inner, dict) else None
            kind = str(inner.get("typeIdentifiant", "SIRET")) if isinstance(inner, dict) else ""
            digits = "".join(str(identifier).split()) if isinstance(identifier, str | int) else ""
            if kind.upper() == "SIRET" and re.fullmatch(r"\d{14}", digits, re.ASCII) and digits.strip("0"):
                found.append(digits)
            else:
                self.warn(
                    name, identifier if identifier is not None else item, "Ce titulaire n’a pas de SIRET lisible."
                )
        return tuple(dict.fromkeys(found))

    def _social(self) -> frozenset[SocialConsideration] | None:
        read = self.content.get(
            "considerationsSociales", self.content.get("considerationsSociales_considerationSociale")
        )
        if isinstance(read, dict):
            read = read.get("considerationSociale")
        words = [word for item in _as_list(read) for word in str(item).split(",")]
        found = set()
        for word in words:
            if known := _CONSIDERATIONS.get(fold(word)):
                found.add(known)
            elif fold(word) not in ("", "nc", "nan", "none", "null"):
                self.warn(
                    "considerationsSociales", word, "Cette considération sociale n’est pas dans la liste officielle."
                )
        if len(found) > 1 and SocialConsideration.NONE in found:
            told = "« Pas de considération sociale » à côté d’une autre : l’autre est gardée."
            self.warn("considerationsSociales", ", ".join(words), told)
            found.discard(SocialConsideration.NONE)
        return frozenset(found) or None

    def _amendments(self) -> tuple[Amendment, ...]:
        read = self.content.get("modifications")
        if read is None or _is_nan(read):
            return ()
        if not isinstance(read, list):
            self.warn("modifications", read, "Une liste de modifications était attendue.")
            return ()
        found = []
        for item in read:
            inner = item.get("modification", item) if isinstance(item, dict) else None
            if not isinstance(inner, dict):
                self.warn("modifications", item, "Cette modification n’est pas lisible.")
                continue
            found.append(self._amendment(inner))
        return tuple(found)

    def _amendment(self, inner: dict[str, Any]) -> Amendment:
        number = inner.get("id")
        dated = (
            "dateNotificationModification" if "dateNotificationModification" in inner else "dateSignatureModification"
        )
        return Amendment(
            number=number
            if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 10_000
            else None,
            notified_on=self._day(inner, dated),
            amount_cents=self._cents(inner, "montant" if "montant" in inner else "valeurGlobale"),
            months=self._months(inner, "dureeMois"),
            holders=self._holders(inner.get("titulaires"), "modifications.titulaires", "titulaire"),
            published_on=self._day(inner, "datePublicationDonneesModification"),
        )


def listed(read: Any) -> list[str]:
    """The words of a list as published: an object that wraps it, a bare list, or text joined by commas."""
    if isinstance(read, dict):
        read = next(iter(read.values()), None)
    return [str(word) for word in read] if isinstance(read, list) else str(read or "").split(",")


def _publication(content: dict[str, Any]) -> str | None:
    kept = {name: content[name] for name in PUBLISHED if content.get(name) is not None and not _is_nan(content[name])}
    holders = content.get("titulaires", content.get("concessionnaires"))
    if isinstance(holders, list) and holders and not all(_is_siret(item) for item in holders):
        kept["titulaires"] = holders  # the column holds SIRETs only: a foreign company must not vanish from the export
    lists = {name: content[name] for name in _LISTS if isinstance(content.get(name), list) and content[name]}
    for fields in (kept | lists, kept):
        text = json.dumps(fields, ensure_ascii=False, sort_keys=True, default=str) if fields else ""
        if 0 < len(text) <= _LONGEST_PUBLICATION:
            return text
    return None


def _is_siret(item: Any) -> bool:
    inner = item.get("titulaire", item.get("concessionnaire", item)) if isinstance(item, dict) else None
    if not isinstance(inner, dict) or str(inner.get("typeIdentifiant", "SIRET")).upper() != "SIRET":
        return False
    return re.fullmatch(r"\d{14}", "".join(str(inner.get("id")).split()), re.ASCII) is not None


def read_yes_no(read: object) -> Known:
    """A boolean as published: true, "oui", "1"…; anything else is unknown."""
    if isinstance(read, bool):
        return Known.YES if read else Known.NO
    word = fold(str(read))
    if word in ("oui", "true", "vrai", "1"):
        return Known.YES
    return Known.NO if word in ("non", "false", "faux", "0") else Known.UNKNOWN


def _as_list(read: Any) -> Iterable[Any]:
    if read is None or _is_nan(read):
        return ()
    return read if isinstance(read, list) else (read,)


def _is_nan(read: object) -> bool:
    return isinstance(read, float) and math.isnan(read)
