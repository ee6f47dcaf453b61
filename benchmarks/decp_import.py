"""`matching decp import` over 50 000 published records, one in ten dirty: time and memory, the command as delivered.

    python benchmarks/decp_import.py [--records 50000]

Writes a file of invented records of one buyer, then runs the command on a new database (and once more: nothing may
change). Prints one JSON object; the exit code is 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

TARGETS = {"seconds": 60.0, "peak_mb": 500.0}
BUYER = "22440002800011"
_OBJECTS = (
    "Réhabilitation du collège",
    "Nettoyage des locaux",
    "Entretien des espaces verts",
    "Fourniture de mobilier",
)
_DIRTY: tuple[dict[str, Any], ...] = (
    {"montant": 1e17},
    {"dateNotification": "5021-02-06"},
    {"codeCPV": "452142"},
    {"dureeMois": "NC"},
    {"titulaires": [{"titulaire": "id"}]},
    {"marcheInnovant": "oui"},
)


def record(number: int, dice: Random) -> dict[str, Any]:
    """An invented record of about two thousand characters, as published ones."""
    content: dict[str, Any] = {
        "id": f"2025{number:06d}", "acheteur": {"id": BUYER}, "nature": "Marché",
        "objet": f"{dice.choice(_OBJECTS)} inventé n° {number}, lot unique, année 2025", "codeCPV": "45214200-2",
        "techniques": {"technique": ["Sans objet"]}, "modalitesExecution": {"modaliteExecution": ["Sans objet"]},
        "marcheInnovant": False, "ccag": "Travaux", "offresRecues": dice.randint(1, 9), "attributionAvance": False,
        "typeGroupementOperateurs": "Pas de groupement", "procedure": "Procédure adaptée",
        "lieuExecution": {"code": "44109", "typeCode": "Code commune"}, "dureeMois": dice.randint(1, 48),
        "dateNotification": "2025-05-15", "datePublicationDonnees": "2025-06-01",
        "montant": round(dice.uniform(1e3, 1e6), 2), "typesPrix": {"typePrix": ["Définitif ferme"]},
        "formePrix": "Forfaitaire", "sousTraitanceDeclaree": False, "tauxAvance": 0,
        "titulaires": [{"titulaire": {"id": "73282932000074", "typeIdentifiant": "SIRET"}}],
        "considerationsSociales": {"considerationSociale": [dice.choice(["Clause sociale", "Sans objet"])]},
        "considerationsEnvironnementales": {"considerationEnvironnementale": ["Clause environnementale"]},
        "modifications": [
            {"modification": {"id": n, "montant": round(dice.uniform(1e3, 1e6), 2),
                              "dateNotificationModification": "2025-09-01"}}
            for n in range(dice.randint(0, 3))
        ],
    }  # fmt: skip
    return content | dice.choice(_DIRTY) if number % 10 == 0 else content


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    options = parser.parse_args()
    dice = Random(203)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decp.json"
        _write(path, options.records, dice)
        size = path.stat().st_size / 1e6
        url = f"sqlite:///{folder}/decp.sqlite3"
        _run(url, "db", "upgrade")
        _run(url, "user", "add", "clauses@departement.example", "--name", "Julien Essai", "--role", "clause_officer",
             secret=True)  # fmt: skip
        buyer = ("--buyer", BUYER, "--buyer-name", "Département Inventé", "--as", "clauses@departement.example")
        first, said = _run(url, "decp", "import", str(path), *buyer)
        second, again = _run(url, "decp", "import", str(path), *buyer)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    figures = {"seconds": round(first, 1), "again_seconds": round(second, 1), "peak_mb": round(peak),
               "file_mb": round(size), "said": said[-300:], "again": again[-300:]}  # fmt: skip
    passed = first <= TARGETS["seconds"] and peak <= TARGETS["peak_mb"] and "Rien de nouveau" in again
    sys.stdout.write(json.dumps(figures | {"targets": TARGETS, "passed": passed}, ensure_ascii=False, indent=1) + "\n")
    sys.exit(0 if passed else 1)


def _write(path: Path, records: int, dice: Random) -> None:
    """One record at a time: this process must stay smaller than the command it measures."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"marches": {"marche": [\n')
        for number in range(records):
            file.write(json.dumps(record(number, dice), ensure_ascii=False, indent=1))
            file.write(",\n" if number < records - 1 else "\n")
        file.write("]}}\n")


def _run(url: str, *arguments: str, secret: bool = False) -> tuple[float, str]:
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", "from matching.cli import main; main()", *arguments],
        env=os.environ | {"MATCHING_DATABASE_URL": url},
        input="quatre-mots-pour-mesurer\nquatre-mots-pour-mesurer\n" if secret else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        sys.exit(run.stderr)
    return time.perf_counter() - began, run.stdout


if __name__ == "__main__":
    main()
