"""The open data of clauses as files: JSON against the packaged schema, CSV with the same names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from matching.exchange.tables import write_csv

CSV_COLUMNS = (
    "marche", "lot", "acheteur_siren", "acheteur_siret", "titulaires", "support", "modalite", "notifie_le", "debut",
    "fin", "minutes_dues", "dues_au", "mois", "minutes_validees",
)  # fmt: skip


def schema_text() -> str:
    """The JSON Schema, as published."""
    return resources.files(__package__).joinpath("open_data.schema.json").read_text(encoding="utf-8")


def write_open_json(document: dict[str, Any]) -> bytes:
    """The document, in UTF-8."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def write_open_csv(document: dict[str, Any]) -> bytes:
    """A line a commitment and month worked; a commitment without hours has one line, its month empty."""
    return write_csv(CSV_COLUMNS, _rows(document))


def _rows(document: dict[str, Any]) -> Iterator[list[object]]:
    for one in document["engagements"]:
        known = [one[name] or "" for name in CSV_COLUMNS[:4]]
        known += [" ".join(one["titulaires"]), *(one[name] or "" for name in CSV_COLUMNS[5:10])]
        known += [str(one["minutes_dues"]), document["etabli_le"]]
        for month in one["mois"] or [{"mois": "", "minutes_validees": 0}]:
            yield [*known, month["mois"], str(month["minutes_validees"])]
