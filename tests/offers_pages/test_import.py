"""Offers from a file: all or nothing, an error for each cell to mend."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from matching.errors import Forbidden, Invalid
from matching.exchange.tables import write_csv, write_xlsx
from matching.services import offers
from matching.services.context import Context
from matching.services.import_offers import ImportReport, import_offers, offer_template, template_csv
from matching.services.offers import OfferFilter
from matching.store.tables.organisations import Establishment
from matching.terms import OfferState
from tests.offers_pages.conftest import Town

HEADERS, (EXAMPLE,) = offer_template()


def siret_of(ctx: Context, town: Town) -> str:
    with ctx.read() as session:
        return session.get_one(Establishment, town.establishment_id).siret


def file_of(ctx: Context, town: Town, *lines: dict[str, Any]) -> bytes:
    """A file of offers like the template's example, each with some cells changed."""
    base = {**dict(zip(HEADERS, EXAMPLE, strict=True)), "SIRET de l’établissement": siret_of(ctx, town)}
    return write_csv(HEADERS, [list({**base, **line}.values()) for line in lines])


def test_the_template_s_own_example_is_a_complete_offer(ctx: Context, town: Town) -> None:
    content = file_of(ctx, town, {}, {"Intitulé du poste": "Aide de cuisine", "Code ROME": "G1602"})
    seen = import_offers(ctx, town.adviser, content, "offres.csv", dry_run=True)
    assert (seen.count, [line.to_complete for line in seen.lines], seen.unused) == (2, [(), ()], ())
    assert offers.find_offers(ctx, town.adviser, OfferFilter()).everything == 0
    done = import_offers(ctx, town.adviser, content, "offres.csv", dry_run=False, publish=True)
    page = offers.find_offers(ctx, town.adviser, OfferFilter(sort="title"))
    assert (done.published, [row.state for row in page.rows]) == (2, [OfferState.PUBLISHED] * 2)
    sheet = offers.get_offer(ctx, town.adviser, page.rows[1].id)
    assert (len(sheet.windows), sheet.places[0].name, len(sheet.requirements)) == (8, "Nantes", 3)
    assert offers.list_history(ctx, town.adviser, sheet.id)[-1].what == "Reprise d’un fichier"


def test_incomplete_lines_become_drafts_that_say_what_is_missing(ctx: Context, town: Town) -> None:
    content = file_of(ctx, town, {"Description": "", "Communes": ""})
    report = import_offers(ctx, town.adviser, content, "offres.csv", dry_run=False, publish=True)
    assert (report.published, report.lines[0].to_complete) == (0, ("description", "commune"))
    assert offers.find_offers(ctx, town.adviser, OfferFilter(states=(OfferState.DRAFT,))).total == 1


BAD_CELLS: list[tuple[str, str, str]] = [
    ("SIRET de l’établissement", "123", "14 chiffres"),
    ("SIRET de l’établissement", "00000000000000", "Aucun établissement"),
    ("SIRET de l’établissement", "", "obligatoire"),
    ("Intitulé du poste", "", "obligatoire"),
    ("Code ROME", "Z9999", "pas dans le référentiel"),
    ("Code ROME", "cuisine", "une lettre et quatre chiffres"),
    ("Contrat", "contrat", "l’un de ces contrats"),
    ("Nombre de postes", "0", "1 au moins"),
    ("Durée hebdomadaire", "beaucoup", "35, 7h30"),
    ("Date de début", "31/02/2027", "Ce jour n’existe pas"),
    ("Date de début", "01/01/1900", "passé depuis longtemps"),
    ("Date de fin", "01/01/2020", "avant la date de début"),
    ("Salaire brut", "12,30", "SMIC connu à la date de début"),
    ("Salaire brut", "douze", "12,31"),
    ("Salaire par", "", "heure"),
    ("Communes", "Nulleville", "orthographe"),
    ("Lundi", "8h-25h", "8h-12h"),
    ("Particularités des horaires", "lune", "Coupures"),
    ("Exigences essentielles", "voler", "n’est pas connue"),
    ("Français parlé", "Z1", "A1, A2"),
    ("Charges en kg", "200", "55 au plus"),
    ("Description", "Homme de moins de 30 ans recherché.", "L1142-1"),
    ("Immersion possible", "peut-être pas", "oui"),
]


@pytest.mark.parametrize(("column", "value", "remedy"), BAD_CELLS)
def test_one_bad_cell_stops_the_file(ctx: Context, town: Town, column: str, value: str, remedy: str) -> None:
    content = file_of(ctx, town, {"Intitulé du poste": "Aide de cuisine"}, {column: value})
    with pytest.raises(Invalid) as refused:
        import_offers(ctx, town.adviser, content, "offres.csv", dry_run=False)
    told = [(e.line, e.column) for e in refused.value.errors if remedy in e.message]
    assert (3, column) in told
    assert {e.line for e in refused.value.errors} == {3}
    assert offers.find_offers(ctx, town.adviser, OfferFilter()).everything == 0


def test_errors_of_several_lines_are_all_told(ctx: Context, town: Town) -> None:
    content = file_of(ctx, town, {"Contrat": "x"}, {"Salaire brut": "1"}, {"Code ROME": "Z9999"})
    with pytest.raises(Invalid) as refused:
        import_offers(ctx, town.adviser, content, "offres.csv")
    assert {error.line for error in refused.value.errors} == {2, 3, 4}


def test_the_same_offer_twice_is_told(ctx: Context, town: Town) -> None:
    with pytest.raises(Invalid, match=r"1\sligne") as refused:
        import_offers(ctx, town.adviser, file_of(ctx, town, {}, {}), "offres.csv")
    assert "ligne 2" in refused.value.errors[0].message
    import_offers(ctx, town.adviser, file_of(ctx, town, {}), "offres.csv", dry_run=False)
    with pytest.raises(Invalid) as again:
        import_offers(ctx, town.adviser, file_of(ctx, town, {}), "offres.csv")
    assert "existe déjà (O-0001)" in again.value.errors[0].message


def test_the_shell_s_offers_wait_to_be_checked(ctx: Context, town: Town) -> None:
    import_offers(ctx, None, file_of(ctx, town, {}), "offres.csv", dry_run=False)
    assert offers.find_offers(ctx, town.adviser, OfferFilter()).rows[0].state is OfferState.TO_CHECK


def test_the_report_says_what_was_done(ctx: Context, town: Town) -> None:
    content = file_of(ctx, town, {"Description": ""})
    assert "dont 1 à compléter" in import_offers(ctx, None, content, "offres.csv", dry_run=True).message
    done = import_offers(ctx, None, content, "offres.csv", dry_run=False)
    assert done.message == "Une offre est enregistrée\u00a0: 0 en ligne, 1 à vérifier par une unité."
    assert template_csv().decode("utf-8-sig").startswith("SIRET")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n", b"PK\x03\x04broken", b"Poste;Salaire\nx;1\n"])
def test_what_is_not_a_file_of_offers(ctx: Context, town: Town, content: bytes) -> None:
    with pytest.raises(Invalid):
        import_offers(ctx, town.adviser, content, "offres.csv")


def test_xlsx_and_cp1252_are_read_too(ctx: Context, town: Town) -> None:
    base = file_of(ctx, town, {}).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(base), delimiter=";"))
    for content in (write_xlsx(rows[0], rows[1:]), base.encode("cp1252", "replace")):
        report: ImportReport = import_offers(ctx, town.adviser, content, "offres")
        assert report.lines[0].title == "Plongeur·se"


def test_an_employer_imports_nothing(ctx: Context, town: Town) -> None:
    with pytest.raises(Forbidden):
        import_offers(ctx, town.employer, file_of(ctx, town, {}), "offres.csv")
