"""Reading the national files: what is mended, what is refused and how it is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from matching.errors import Invalid
from matching.reference.model import MobilityKind
from matching.reference.official import read_official

FILES = {
    "rome/unix_referentiel_code_rome_v460_utf8.csv": (
        '"code_rome","libelle_rome","code_rome_parent"\n'
        '"A1101","Conducteur / Conductrice d\'\'engins agricoles","A1101"\n'
        '"A1102","Conducteur / Conductrice forestier","A1101"\n'
    ),
    "rome/unix_referentiel_appellation_v460_utf8.csv": (
        '"code_ogr","libelle_appellation_long","libelle_appellation_court","code_rome","classification"\n'
        '"7","Conducteur / Conductrice d\'\'engins","Conducteur(trice) d\'\'engins","A1101","PRINCIPALE"\n'
    ),
    "unix_rubrique_mobilite_v347_utf8.csv": (
        '"code_rome","code_rome_cible","code_type_mobilite"\n"A1101","A1102","1"\n"A1101","A1102","2"\n'
    ),
    "unix_referentiel_competence_v347_utf8.csv": '"code_ogr","libelle_competence"\n"9","Utilisation d\'\'engins"\n',
    "unix_coherence_item_v347_utf8.csv": '"code_rome","code_ogr"\n"A1101","9"\n"A1101","404"\n',
    "geo/communes.csv": (
        "insee_com,commune,code_postal,lat,lng,superficie_km2,population_2021\n"
        "44109,Nantes,44000,47.2,-1.5,65.1,323204\n"
        "44109,Nantes,44100,47.2,-1.5,65.1,323204\n"
        "97601,Acoua,97630,,,,\n"
    ),
}
OCCUPATIONS, TITLES, MOBILITIES, SKILLS, LINKS, COMMUNES = FILES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_dirt_is_mended(folder: Path) -> None:
    steps: list[tuple[int, int]] = []
    reference = read_official(folder, lambda _label, done, total: steps.append((done, total)))
    assert reference.version == "4.0-60"
    assert reference.occupations[0].label == "Conducteur / Conductrice d'engins agricoles"
    assert [(o.code, o.family, o.version) for o in reference.occupations][1] == ("A1102", "A1101", "4.0-60")
    assert reference.titles[0].feminine == "Conductrice d'engins"
    assert reference.titles[0].principal
    assert [move.kind for move in reference.mobilities] == [MobilityKind.CLOSE]
    assert [link.skill_id for link in reference.occupation_skills] == ["9"]
    nantes, acoua = reference.communes
    assert (nantes.postal_codes, nantes.departement) == (("44000", "44100"), "44")
    assert (acoua.lat, acoua.area_km2, acoua.population, acoua.departement) == (None, None, None, "976")
    assert steps[0] == (0, 6)
    assert steps[-1] == (6, 6)


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: (
        (folder / name).write_text((folder / name).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        and None
    )


WRONG = [
    (_replace(TITLES, '"code_rome"', '"rome"'), ["unix_referentiel_appellation_v460", "« code_rome »"]),
    (_replace(COMMUNES, "superficie_km2", "surface"), ["communes.csv", "« superficie_km2 »"]),
    (lambda folder: (folder / SKILLS).unlink(), ["unix_referentiel_competence_v"]),
    (lambda folder: (folder / LINKS).write_text('"code_rome","code_ogr"\n'), ["unix_coherence_item", "vide"]),
    (lambda folder: (folder / LINKS).write_text(""), ["unix_coherence_item", "« code_rome », « code_ogr »"]),
    (lambda folder: (folder / COMMUNES).write_bytes(b"insee_com,commune\n\xe9,\xe9"), ["communes.csv", "UTF-8"]),
    (_replace(OCCUPATIONS, "A1102", "1102A"), ["code_rome_v460", "ligne 3", "« 1102A »"]),
    (_replace(TITLES, '"A1101"', '"Z9999"'), ["ligne 2", "« Z9999 »", "métiers"]),
    (_replace(COMMUNES, "47.2,-1.5,65.1,323204\n44109", "nord,-1.5,65.1,1\n44109"), ["« lat »", "« nord »"]),
    (_replace(COMMUNES, "44109,Nantes,44100", "44109,44100"), ["communes.csv", "ligne 3"]),
    (_replace(MOBILITIES, '"1"', '"5"'), ["code_type_mobilite"]),
    (lambda folder: (folder / TITLES).rename(folder / TITLES.replace("460", "459")), ["deux versions"]),
]


@pytest.mark.parametrize(("break_it", "said"), WRONG)
def test_a_wrong_file_is_refused_by_name(folder: Path, break_it: Callable[[Path], object], said: list[str]) -> None:
    break_it(folder)
    with pytest.raises(Invalid) as refusal:
        read_official(folder)
    assert [words for words in said if words not in refusal.value.message] == []
    assert refusal.value.errors


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="n’existe pas"):
        read_official(tmp_path / "nowhere")


@pytest.mark.reference
def test_the_national_files_whole(official_dir: Path) -> None:
    started = time.process_time()
    reference = read_official(official_dir)
    assert time.process_time() - started < 30
    assert len(reference.communes) == 34_976
    assert len(reference.titles) == 13_120
    assert len({occupation.family for occupation in reference.occupations}) == 532
    assert not [title for title in reference.titles if "''" in title.label]
    assert sum(commune.lat is None for commune in reference.communes) < 10
