"""Reading the national files: ROME (France Travail) and the communes (INSEE, La Poste).

The files are found by the pattern of their name, anywhere under the folder. Their dirt is mended here and
nowhere else: doubled apostrophes, one row per postal code, missing coordinates. A wrong file is refused with
its name and the missing column, before anything is handed over.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from matching.errors import FieldError, Invalid
from matching.reference.model import (
    Commune,
    JobTitle,
    Mobility,
    MobilityKind,
    Occupation,
    OccupationSkill,
    Reference,
    Skill,
)
from matching.reference.titles import searchable_forms, split_gendered

Progress = Callable[[str, int, int], None]
"""Called with a French label, the steps done and their total."""

_ROME_CODE = re.compile(r"[A-Z]\d{4}")
_VERSION = re.compile(r"_v(\d)(\d+)")
_MOBILITY_KINDS = {"1": MobilityKind.CLOSE, "2": MobilityKind.EVOLUTION}
_REMEDY = "Téléchargez de nouveau le fichier sur le portail national de données ouvertes, sans le modifier."


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A national file: its pattern, what it holds in French, the columns it must have."""

    key: str
    pattern: str
    holds: str
    columns: tuple[str, ...]


_FILES = (
    _Wanted(
        "occupations",
        "unix_referentiel_code_rome_v*.csv",
        "métiers",
        ("code_rome", "libelle_rome", "code_rome_parent"),
    ),
    _Wanted(
        "titles",
        "unix_referentiel_appellation_v*.csv",
        "appellations",
        ("code_ogr", "libelle_appellation_long", "libelle_appellation_court", "code_rome", "classification"),
    ),
    _Wanted(
        "mobilities",
        "unix_rubrique_mobilite_v*.csv",
        "mobilités",
        ("code_rome", "code_rome_cible", "code_type_mobilite"),
    ),
    _Wanted("skills", "unix_referentiel_competence_v*.csv", "compétences", ("code_ogr", "libelle_competence")),
    _Wanted(
        "occupation_skills",
        "unix_coherence_item_v*.csv",
        "compétences des métiers",
        ("code_rome", "code_ogr"),
    ),
    _Wanted(
        "communes",
        "communes.csv",
        "communes",
        ("insee_com", "commune", "code_postal", "lat", "lng", "superficie_km2", "population_2021"),
    ),
)


def read_official(folder: Path, progress: Progress | None = None) -> Reference:
    """Everything the national files hold. Raises `Invalid` naming the file and the column, line or code at fault."""
    told = progress or (lambda _label, _done, _total: None)
    paths = _find(folder)
    version = _version(paths["occupations"])
    _same_version(paths["occupations"], paths["titles"])
    total = len(_FILES)
    tables: dict[str, list[_Row]] = {}
    for done, wanted in enumerate(_FILES):
        told(f"Lecture : {wanted.holds}", done, total)
        tables[wanted.key] = list(_read(paths[wanted.key], wanted))
    occupations = _occupations(tables.pop("occupations"), version)
    codes = {occupation.code for occupation in occupations}
    skills = {row["code_ogr"]: Skill(row["code_ogr"], row["libelle_competence"]) for row in tables.pop("skills")}
    told("Mise en forme", total, total)
    return Reference(
        version=version,
        occupations=occupations,
        titles=_titles(tables.pop("titles"), codes),
        mobilities=_mobilities(tables.pop("mobilities"), codes),
        skills=tuple(skills.values()),
        occupation_skills=tuple(
            OccupationSkill(row["code_rome"], row["code_ogr"])
            for row in tables.pop("occupation_skills")
            if row["code_ogr"] in skills and row["code_rome"] in codes
        ),
        communes=_communes(tables.pop("communes")),
    )


class _Row(dict[str, str]):
    """A row that remembers its file and line, for the errors."""

    __slots__ = ("file", "line")

    def __init__(self, cells: dict[str, str], file: str, line: int) -> None:
        super().__init__(cells)
        self.file = file
        self.line = line

    def wrong(self, column: str, message: str) -> Invalid:
        return Invalid(
            f"Le fichier {self.file} ne peut pas être lu, ligne {self.line}, colonne « {column} » : {message} "
            f"{_REMEDY} Rien n’a été chargé.",
            [FieldError(self.file, message, self.get(column, ""), self.line, column)],
        )


def _find(folder: Path) -> dict[str, Path]:
    """The path of each file, the highest version when there are several."""
    if not folder.is_dir():
        raise Invalid(
            f"Le dossier {folder} n’existe pas. Indiquez le dossier où les fichiers nationaux ont été enregistrés."
        )
    found: dict[str, Path] = {}
    missing: list[FieldError] = []
    for wanted in _FILES:
        paths = sorted(folder.rglob(wanted.pattern), key=lambda path: (path.name, str(path)))
        if paths:
            found[wanted.key] = paths[-1]
        else:
            missing.append(FieldError(wanted.pattern, f"Fichier des {wanted.holds} introuvable."))
    if missing:
        names = ", ".join(error.field for error in missing)
        raise Invalid(
            f"Il manque dans {folder} : {names}. Téléchargez ces fichiers sur les portails nationaux de données "
            "ouvertes et déposez-les dans ce dossier. Rien n’a été chargé.",
            missing,
        )
    return found


def _version(path: Path) -> str:
    """The ROME version said by a file name: `…_v460_…` is 4.0-60."""
    match = _VERSION.search(path.name)
    if match is None:
        raise Invalid(
            f"Le nom du fichier {path.name} ne dit pas la version du ROME. Gardez le nom d’origine, par exemple "
            "unix_referentiel_code_rome_v460_utf8.csv.",
            [FieldError(path.name, "Version absente du nom.")],
        )
    return f"{match[1]}.0-{match[2]}"


def _same_version(occupations: Path, titles: Path) -> None:
    if _version(occupations) != _version(titles):
        raise Invalid(
            f"Les fichiers {occupations.name} et {titles.name} sont de deux versions du ROME. Déposez-les dans la "
            "même version. Rien n’a été chargé.",
            [FieldError(titles.name, "Version différente de celle des métiers.")],
        )


def _read(path: Path, wanted: _Wanted) -> Iterator[_Row]:
    """The rows, only the columns wanted, apostrophes mended."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            places = _places(path, header, wanted.columns)
            empty = True
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise _Row({}, path.name, reader.line_num).wrong(
                        header[-1], f"{len(cells)} valeurs au lieu de {len(header)}."
                    )
                empty = False
                yield _Row({name: _mend(cells[place]) for name, place in places.items()}, path.name, reader.line_num)
    except UnicodeDecodeError as error:
        raise Invalid(
            f"Le fichier {path.name} n’est pas en UTF-8. {_REMEDY} Rien n’a été chargé.",
            [FieldError(path.name, "Encodage autre que UTF-8.")],
        ) from error
    except (csv.Error, OSError) as error:
        raise Invalid(
            f"Le fichier {path.name} ne peut pas être lu. {_REMEDY} Rien n’a été chargé.",
            [FieldError(path.name, "Fichier illisible ou abîmé.")],
        ) from error
    if empty:
        raise Invalid(
            f"Le fichier {path.name} est vide. {_REMEDY} Rien n’a été chargé.",
            [FieldError(path.name, "Aucune ligne.")],
        )


def _places(path: Path, header: Sequence[str], columns: Sequence[str]) -> dict[str, int]:
    missing = [column for column in columns if column not in header]
    if missing:
        names = ", ".join(f"« {column} »" for column in missing)
        one = len(missing) == 1
        raise Invalid(
            f"Le fichier {path.name} n’a pas {'la colonne' if one else 'les colonnes'} {names}. {_REMEDY} "
            "Rien n’a été chargé.",
            [FieldError(path.name, "Colonne absente.", column=column) for column in missing],
        )
    places = {column: header.index(column) for column in columns}
    if "commune_article" in header:  # the name with its article, when the file gives it
        places["commune_article"] = header.index("commune_article")
    return places


def _mend(cell: str) -> str:
    return " ".join(cell.replace("''", "'").split())


def _occupations(rows: list[_Row], version: str) -> tuple[Occupation, ...]:
    for row in rows:
        for column in ("code_rome", "code_rome_parent"):
            if not _ROME_CODE.fullmatch(row[column]):
                raise row.wrong(column, f"« {row[column]} » n’est pas un code ROME (une lettre et quatre chiffres).")
    return tuple(Occupation(r["code_rome"], r["libelle_rome"], r["code_rome_parent"], version) for r in rows)


def _titles(rows: list[_Row], codes: set[str]) -> tuple[JobTitle, ...]:
    return tuple(_title(row, codes) for row in rows)


def _title(row: _Row, codes: set[str]) -> JobTitle:
    if row["code_rome"] not in codes:
        raise row.wrong("code_rome", f"le code « {row['code_rome']} » n’est pas dans le fichier des métiers.")
    if not row["code_ogr"].isdigit():
        raise row.wrong("code_ogr", f"« {row['code_ogr']} » n’est pas un nombre.")
    label = row["libelle_appellation_long"]
    forms = split_gendered(label)
    return JobTitle(
        int(row["code_ogr"]),
        row["code_rome"],
        label,
        forms.masculine,
        forms.feminine,
        searchable_forms(label, row["libelle_appellation_court"]),
        row["classification"] == "PRINCIPALE",
    )


def _mobilities(rows: list[_Row], codes: set[str]) -> tuple[Mobility, ...]:
    """The moves between occupations still in force; a code that left the ROME is left out."""
    moves: dict[tuple[str, str], MobilityKind] = {}
    for row in rows:
        kind = _MOBILITY_KINDS.get(row["code_type_mobilite"])
        if kind is None:
            raise row.wrong("code_type_mobilite", "1 (proche) ou 2 (évolution) attendu.")
        pair = (row["code_rome"], row["code_rome_cible"])
        if set(pair) <= codes and moves.get(pair) is not MobilityKind.CLOSE:
            moves[pair] = kind
    return tuple(Mobility(source, target, kind) for (source, target), kind in moves.items())


def _communes(rows: list[_Row]) -> tuple[Commune, ...]:
    """One commune per INSEE code: the name of the commune itself, all its postal codes."""
    merged: dict[str, _Row] = {}
    postal_codes: dict[str, set[str]] = {}
    for row in rows:
        insee = row["insee_com"]
        merged.setdefault(insee, row)
        if row["code_postal"]:
            postal_codes.setdefault(insee, set()).add(row["code_postal"])
    return tuple(
        Commune(
            insee,
            row.get("commune_article") or row["commune"],
            tuple(sorted(postal_codes.get(insee, ()))),
            _number(row, "lat"),
            _number(row, "lng"),
            _number(row, "superficie_km2"),
            _whole(row, "population_2021"),
            insee[:3] if insee.startswith(("97", "98")) else insee[:2],
        )
        for insee, row in merged.items()
    )


def _number(row: _Row, column: str) -> float | None:
    if not row[column]:
        return None
    try:
        return float(row[column])
    except ValueError as error:
        raise row.wrong(column, f"« {row[column]} » n’est pas un nombre.") from error


def _whole(row: _Row, column: str) -> int | None:
    number = _number(row, column)
    return None if number is None else round(number)
