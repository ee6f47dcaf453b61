"""Writing contracts in the official format (DECP 2.0.3). What the format requires and nobody knows is asked, never made
up: such a contract is left out, with the list of what it lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, TextIO

from matching.exchange.decp.format import (
    CARRIED,
    LONGEST_ID,
    PLACE_KINDS,
    Kind,
    fields_of,
    known_word,
    read_field,
    read_holders,
    read_list,
)
from matching.exchange.decp.reading import CONCESSIONS, CONTRACTS
from matching.exchange.decp.records import Amendment, SocialConsideration, listed

CPV = re.compile(r"[0-9]{8}(-[0-9])?")
"""The official pattern, with or without the digit of control."""
_RESERVED_CONCESSION = "Concession réservée"
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ToPublish:
    """A contract of the registry as it would be published. Amounts in cents, unknown is None.

    `publication`: the other fields, as published or typed. `amendments`: those applied, in order, with the new total.
    """

    id: str
    buyer_siret: str
    concession: bool
    object: str
    cpv: str
    amount_cents: int | None
    months: int | None
    notified_on: date | None
    published_on: date | None
    place_code: str
    place_kind: str
    holders: tuple[str, ...]
    social: frozenset[SocialConsideration] | None
    amendments: tuple[Amendment, ...]
    publication: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A required field that is missing, or holds a value that cannot be published. `field`: its name in the form."""

    field: str
    label: str
    read: str = ""


def write_record(one: ToPublish) -> tuple[dict[str, Any] | None, tuple[Lacking, ...]]:
    """The record in the official format; None, and what it lacks, while a required field is not known."""
    lacking: list[Lacking] = []
    record = _columns(one, lacking)
    for field in fields_of(one.concession):
        raw = one.publication.get(field.name)
        value = read_field(field, raw)
        if value is not None:
            record[field.name] = {field.inner: value} if field.kind is Kind.CHOICES else value
        elif field.required:
            read = ", ".join(listed(raw)) if field.kind is Kind.CHOICES else raw
            lacking.append(Lacking(field.name, field.label, _cut(read)))
    for name, (inner, shape) in CARRIED.items():
        belongs = (name == "donneesExecution") == one.concession
        if belongs and (items := read_list(one.publication.get(name), inner, shape)):
            record[name] = items
    if one.amendments and (changes := _changes(one, lacking)):
        record["modifications"] = changes
    return (None if lacking else record), tuple(lacking)


def _columns(one: ToPublish, lacking: list[Lacking]) -> dict[str, Any]:
    record: dict[str, Any] = {}

    def put(name: str, field: str, label: str, value: Any, read: object = "") -> None:
        if value is None:
            lacking.append(Lacking(field, label, _cut(read)))
        else:
            record[name] = value

    c = one.concession
    too_long = f"Identifiant ({LONGEST_ID} caractères au plus)"
    put("id", "number", too_long, one.id if 0 < len(one.id) <= LONGEST_ID else None, one.id)
    buyer = one.buyer_siret if re.fullmatch(r"[0-9]{14}", one.buyer_siret) else None
    put("autoriteConcedante" if c else "acheteur", "buyer_siret", "SIRET de l’acheteur", buyer and {"id": buyer})
    put("objet", "object", "Objet", one.object[:1000] or None)
    if not c:
        put("codeCPV", "cpv", "Code CPV", one.cpv if CPV.fullmatch(one.cpv) else None, one.cpv)
        put("lieuExecution", "place_code", "Lieu d’exécution", _place(one), one.place_code)
    put("dureeMois", "months", "Durée en mois", one.months)
    dated = ("dateSignature", "Date de signature") if c else ("dateNotification", "Date de notification")
    put(dated[0], "notified_on", dated[1], one.notified_on and one.notified_on.isoformat())
    put("datePublicationDonnees", "published_on", "Date de publication des données",
        one.published_on and one.published_on.isoformat())  # fmt: skip
    amount = ("valeurGlobale", "Valeur globale") if c else ("montant", "Montant")
    put(amount[0], "amount_cents", amount[1], _euros(one.amount_cents))
    put("concessionnaires" if c else "titulaires", "holders", "Titulaires", _holders(one), _unread(one))
    social = _social(one)
    put("considerationsSociales", "social", "Considérations sociales", social and {"considerationSociale": social})
    return record


def _place(one: ToPublish) -> dict[str, str] | None:
    kind = known_word(one.place_kind, PLACE_KINDS)
    return {"code": one.place_code, "typeCode": kind} if kind and one.place_code else None


def _euros(cents: int | None) -> int | float | None:
    if cents is None or cents < 100:
        return None
    return cents // 100 if cents % 100 == 0 else cents / 100


def _holders(one: ToPublish) -> list[dict[str, Any]] | None:
    raw = one.publication.get("titulaires")
    wrapper = "concessionnaire" if one.concession else "titulaire"
    found = read_holders(raw) if raw else read_holders([{"id": siret} for siret in one.holders])
    return [{wrapper: holder} for holder in found] if found else None


def _unread(one: ToPublish) -> str:
    """The identifiers as they were published, to mend."""
    found = []
    for item in one.publication.get("titulaires") or ():
        inner = item.get("titulaire", item.get("concessionnaire", item)) if isinstance(item, dict) else item
        found.append(str(inner.get("id", "") if isinstance(inner, dict) else inner))
    return ", ".join(found)


def _social(one: ToPublish) -> list[str] | None:
    """In the order of the official list."""
    words = [item for item in SocialConsideration if item in (one.social or ())]
    return [
        _RESERVED_CONCESSION if one.concession and item is SocialConsideration.RESERVED else item.label
        for item in words
    ] or None


def _changes(one: ToPublish, lacking: list[Lacking]) -> list[dict[str, Any]]:
    """The amendments, each with the new total: the format never holds a difference."""
    numbers = [item.number or 0 for item in one.amendments]
    growing = all(number >= 1 for number in numbers) and all(a < b for a, b in pairwise(numbers))
    found = []
    for place, item in enumerate(one.amendments):
        number = numbers[place] if growing else place + 1
        if item.notified_on is None:
            lacking.append(Lacking(f"notified_on-{place}", f"Modification nº {number} : date de notification"))
        if item.published_on is None:
            lacking.append(Lacking(f"published_on-{place}", f"Modification nº {number} : date de publication"))
        if item.notified_on and item.published_on:
            found.append({"modification": _change(one.concession, number, item)})
    return found


def _change(concession: bool, number: int, item: Amendment) -> dict[str, Any]:
    assert item.notified_on is not None  # checked before
    assert item.published_on is not None
    made: dict[str, Any] = {
        "id": number,
        "dateSignatureModification" if concession else "dateNotificationModification": item.notified_on.isoformat(),
        "datePublicationDonneesModification": item.published_on.isoformat(),
    }
    if item.months:
        made["dureeMois"] = item.months
    if (euros := _euros(item.amount_cents)) is not None:
        made["valeurGlobale" if concession else "montant"] = euros
    holders = read_holders([{"id": siret} for siret in item.holders])
    if holders and not concession:
        made["titulaires"] = [{"titulaire": holder} for holder in holders]
    return made


def _cut(read: object) -> str:
    return "" if read in (None, "") else str(read)[:_SHOWN]


def write_file(records: Iterable[tuple[bool, dict[str, Any]]], file: TextIO) -> int:
    """Write `(concession, record)` pairs as one official file; how many. Concessions are held until the end."""
    concessions: list[dict[str, Any]] = []
    count = 0
    file.write(f'{{"marches": {{"{CONTRACTS}": [')
    for concession, record in records:
        if concession:
            concessions.append(record)
        else:
            file.write((",\n" if count else "\n") + _json(record))
            count += 1
    file.write(f'\n], "{CONCESSIONS}": [')
    for place, record in enumerate(concessions):
        file.write((",\n" if place else "\n") + _json(record))
    file.write("\n]}}\n")
    return count + len(concessions)


def _json(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False)
