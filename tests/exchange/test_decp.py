"""DECP files: both layouts, dirty values survived and named, never a crash, never a guess."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.exchange.decp import (
    Outcome,
    Raw,
    Record,
    Reported,
    SocialConsideration,
    UnreadableFile,
    read_raw,
    read_record,
    reading,
)
from matching.exchange.decp.reading import CONCESSIONS
from matching.exchange.decp.records import read_yes_no
from matching.terms import Known

TODAY = date(2026, 11, 22)
SIREN = "224400028"
SIRET = "22440002800011"
CLEAN: dict[str, Any] = {
    "id": "2026-0187",
    "acheteur": {"id": SIRET},
    "nature": "Marché",
    "objet": "Réhabilitation du collège Inventé",
    "codeCPV": "45214200-2",
    "procedure": "Procédure adaptée",
    "lieuExecution": {"code": "44109", "typeCode": "Code commune"},
    "dureeMois": 12,
    "dateNotification": "2026-02-06",
    "datePublicationDonnees": "2026-02-14",
    "montant": 127835.12,
    "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": "73282932000074"}}],
    "considerationsSociales": {"considerationSociale": ["Clause sociale"]},
}


def read(content: Any, kind: str = "marche") -> tuple[Record | None, Reported]:
    return read_record(Raw(1, kind, content), SIREN, TODAY)


def accepted(**changes: Any) -> tuple[Record, Reported]:
    record, report = read({**CLEAN, **changes})
    assert record is not None, report
    return record, report


def test_a_clean_record() -> None:
    record, report = accepted()
    assert report == Reported(1, "2026-0187", Outcome.ACCEPTED)
    assert (record.amount_cents, record.months, record.notified_on) == (12_783_512, 12, date(2026, 2, 6))
    assert record.holders == ("73282932000074",)
    assert record.social == {SocialConsideration.CLAUSE}
    assert record.buyer_siren == SIREN


DIRTY: list[tuple[dict[str, Any], str, Any]] = [
    ({"montant": 1e17}, "amount_cents", None),
    ({"montant": 0.5}, "amount_cents", None),
    ({"montant": -3}, "amount_cents", None),
    ({"montant": "NC"}, "amount_cents", None),
    ({"montant": True}, "amount_cents", None),
    ({"montant": "127 835,12 €"}, "amount_cents", 12_783_512),
    ({"montant": 1e10}, "amount_cents", 10**12),
    ({"dureeMois": "NC"}, "months", None),
    ({"dureeMois": 0}, "months", None),
    ({"dureeMois": 601}, "months", None),
    ({"dureeMois": 2.5}, "months", None),
    ({"dureeMois": "12"}, "months", 12),
    ({"dateNotification": "0002-02-06"}, "notified_on", None),
    ({"dateNotification": "5021-02-06"}, "notified_on", None),
    ({"dateNotification": "2026-02-30"}, "notified_on", None),
    ({"dateNotification": "06/02/2026"}, "notified_on", None),
    ({"dateNotification": 20260206}, "notified_on", None),
    ({"dateNotification": "2026-02-06T00:00:00Z"}, "notified_on", date(2026, 2, 6)),
    ({"dateNotification": "2027-12-31"}, "notified_on", date(2027, 12, 31)),
    ({"dateNotification": "2028-01-01"}, "notified_on", None),
    ({"codeCPV": "452142"}, "cpv", ""),
    ({"codeCPV": "45214200"}, "cpv", "45214200"),
    ({"id": " 2026 - 0187 "}, "id", "2026-0187"),
    ({"id": 20260187}, "id", "20260187"),
    ({"titulaires": [{"titulaire": "id"}]}, "holders", ()),
    ({"titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": "732829"}}]}, "holders", ()),
    ({"titulaires": [{"typeIdentifiant": "SIRET", "id": "73282932000074"}]}, "holders", ("73282932000074",)),
    ({"titulaires": "73282932000074"}, "holders", ()),
    ({"titulaires": float("nan")}, "holders", ()),
    ({"considerationsSociales": {"considerationSociale": ["Bienveillance"]}}, "social", None),
    ({"considerationsSociales": None}, "social", None),
    ({"considerationsSociales": "Clause sociale, Critère social"}, "social", {"clause", "criterion"}),
    ({"considerationsSociales": ["Sans objet"]}, "social", {"none"}),
    ({"considerationsSociales": ["Pas de considération sociale", "Marché réservé"]}, "social", {"reserved"}),
    ({"objet": None}, "object", "Objet non publié"),
    ({"objet": ["liste"]}, "object", "Objet non publié"),
    ({"lieuExecution": {"code": "; DROP", "typeCode": 3}}, "place_code", ""),
    ({"modifications": "aucune"}, "amendments", ()),
]


@pytest.mark.parametrize(("changes", "name", "expected"), DIRTY)
def test_a_dirty_value_is_unknown_and_named(changes: dict[str, Any], name: str, expected: Any) -> None:
    record, report = accepted(**changes)
    assert getattr(record, name) == expected
    (field, value), *_ = changes.items()
    named = [warning.field for warning in report.warnings]
    if expected in (None, "", ()) and value is not None and value == value:
        assert any(one.startswith(field) for one in named), report
        assert report.outcome is Outcome.WARNED


REFUSED = [
    ("du texte", Outcome.REFUSED, "fiche"),
    (None, Outcome.REFUSED, "fiche"),
    ({**CLEAN, "id": None}, Outcome.REFUSED, "identifiant"),
    ({**CLEAN, "id": "  "}, Outcome.REFUSED, "identifiant"),
    ({**CLEAN, "id": "NC"}, Outcome.REFUSED, "identifiant"),
    ({**CLEAN, "acheteur": {}}, Outcome.REFUSED, "acheteur"),
    ({**CLEAN, "acheteur": "NC"}, Outcome.REFUSED, "acheteur"),
    ({**CLEAN, "acheteur": {"id": "00000000000000"}}, Outcome.REFUSED, "acheteur"),
    ({**CLEAN, "acheteur": {"id": "21750001630040"}}, Outcome.NOT_OURS, ""),
]


@pytest.mark.parametrize(("content", "outcome", "word"), REFUSED)
def test_what_is_refused_says_why(content: Any, outcome: Outcome, word: str) -> None:
    record, report = read(content)
    assert record is None
    assert report.outcome is outcome
    assert word in report.reason.lower()


def test_a_buyer_that_changed_establishment_is_the_same_buyer() -> None:
    record, _ = accepted(acheteur={"id": "22440002800029"})
    assert record.buyer_siren == SIREN


def test_a_wrong_key_is_told_and_does_not_stop() -> None:
    _, report = accepted(acheteur={"id": SIREN + "00099"})
    assert [warning.field for warning in report.warnings] == ["acheteur.id"]


def test_amendments_hold_the_new_total() -> None:
    change = {"id": 1, "montant": 150000, "dureeMois": 14, "dateNotificationModification": "2026-06-01"}
    record, report = accepted(modifications=[{"modification": change}, {"id": 2, "montant": "NC"}])
    first, second = record.amendments
    assert (first.number, first.amount_cents, first.months, first.notified_on) == (1, 15_000_000, 14, date(2026, 6, 1))
    assert (second.number, second.amount_cents) == (2, None)
    assert [warning.field for warning in report.warnings] == ["montant"]


def test_a_concession() -> None:
    content = {
        **{name: CLEAN[name] for name in ("id", "objet", "considerationsSociales")},
        "autoriteConcedante": {"id": SIRET},
        "dateSignature": "2026-04-02",
        "valeurGlobale": 10.3,
        "concessionnaires": [{"concessionnaire": {"typeIdentifiant": "SIRET", "id": "38103128500491"}}],
    }
    record, _ = read(content, "contrat-concession")
    assert record is not None
    assert (record.concession, record.amount_cents, record.notified_on) == (True, 1030, date(2026, 4, 2))
    assert record.holders == ("38103128500491",)


# --- files ---------------------------------------------------------------------------------------------------

LAYOUTS = [
    ({"marches": {"marche": [CLEAN, CLEAN]}}, ["marche", "marche"]),
    ({"marches": [CLEAN, CLEAN]}, ["marche", "marche"]),
    ([CLEAN], ["marche"]),
    (
        {"autre": {"a": [1]}, "marches": {"contrat-concession": [{}], "marche": [CLEAN]}},
        ["contrat-concession", "marche"],
    ),
    ({"marches": [{"concessionnaires": []}]}, [CONCESSIONS]),
    ({"marches": {}}, []),
    ({"marches": []}, []),
    ({"marches": {"marche": None}}, []),
]


@pytest.mark.parametrize(("content", "kinds"), LAYOUTS)
@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_layouts(content: Any, kinds: list[str], chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHUNK", chunk)
    found = list(read_raw(io.StringIO(json.dumps(content, indent=1))))
    assert [raw.kind for raw in found] == kinds
    assert [raw.number for raw in found] == list(range(1, len(kinds) + 1))


@pytest.mark.parametrize(
    "text", ["", "   ", "{", '{"marches": [{"id": 1}', '{"marches": [1,,2]}', "du texte", "[1 2]", "[" * 5000]
)
def test_a_cut_file_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(UnreadableFile, match=r"Téléchargez|DECP|UTF-8"):
        list(read_raw(io.StringIO(text)))


def test_json_without_contracts_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="DECP"):
        list(read_raw(io.StringIO('{"lots": []}')))


def test_another_encoding_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="UTF-8"):
        list(read_raw(io.TextIOWrapper(io.BytesIO('{"marches": ["é"]}'.encode("latin-1")), "utf-8")))


def test_nan_is_read_as_published() -> None:
    (raw,) = read_raw(io.StringIO('{"marches": [{"id": "A1", "montant": NaN}]}'))
    assert read_record(raw, SIREN, TODAY)[1].outcome is Outcome.REFUSED


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(name=st.sampled_from([*CLEAN, "modifications", "idAccordCadre"]), value=JSON)
def test_any_value_anywhere_is_survived(name: str, value: Any) -> None:
    record, report = read({**CLEAN, name: value})
    assert (record is None) == (report.outcome in (Outcome.REFUSED, Outcome.NOT_OURS))
    if record is not None:
        assert len(record.object) <= 500
        assert record.amount_cents is None or 100 <= record.amount_cents <= 10**12


YES_NO = [(True, Known.YES), ("oui", Known.YES), ("non", Known.NO), (False, Known.NO), ("NC", Known.UNKNOWN)]


@pytest.mark.parametrize(("read_value", "expected"), YES_NO)
def test_yes_no(read_value: object, expected: Known) -> None:
    assert read_yes_no(read_value) is expected


def _official(official_dir: Path) -> Iterator[tuple[str, Raw]]:
    for file in sorted((official_dir / "decp").glob("*.json")):
        if not file.name.startswith("schema"):
            with file.open(encoding="utf-8-sig") as text:
                yield from ((file.name, raw) for raw in read_raw(text))


def test_the_official_examples_and_the_published_records_are_taken(official_dir: Path) -> None:
    outcomes = []
    for _, raw in _official(official_dir):
        buyer = (raw.content.get("acheteur") or raw.content["autoriteConcedante"])["id"]
        outcomes.append(read_record(raw, buyer[:9], TODAY)[1].outcome)
    assert len(outcomes) == 15
    assert set(outcomes) == {Outcome.ACCEPTED, Outcome.WARNED}
