"""Both forms of a job title are the same words, bit for bit."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from matching.engine import fold_words, hash_tokens, words_of

SAME = [
    ("serveuse", "serveur"),
    ("Serveuse H/F CDI", "serveur"),
    ("aide-soignante", "aide-soignant"),
    ("conductrice d’engins", "conducteur d'engins"),
    ("employée de ménage", "employé de ménage"),
    ("employé(e) polyvalent(e)", "employée polyvalente"),
    ("technicien·ne", "technicienne"),
    ("infirmier·ère", "infirmière"),
    ("conducteur·rice de bus", "conductrice de bus"),
    ("cheffe d'équipe", "chef d'équipe"),
    ("hôtesse d'accueil", "hôte d'accueil"),
    ("vendeuses", "vendeur"),
    ("homme de ménage", "femme de ménage"),
    ("valet de chambre", "femme de chambre"),
    ("ouvrières agricoles", "ouvrier agricole"),
    ("agent municipal", "agente municipale"),
    ("agents municipaux", "agentes municipales"),
    ("sérieux et motivé", "sérieuse et motivée"),
    ("sportif", "sportives"),
    ("assistant maternel", "assistante maternelle"),
    ("autrice", "auteur"),
    ("boulangère", "boulanger"),
    ("intéressé", "intéressées"),
    ("poste privé", "postes privés"),
    ("cameraman", "camerawoman"),
    ("formateur en français", "formatrice française"),
    ("il est bénévole", "elle est bénévole"),
]
DIFFERENT = [
    ("serveur", "vendeur"),
    ("cuisinier", "serveur"),
    ("maçon", "menuisier"),
    ("aide à domicile", "aide-soignant"),
    ("plombier", "plâtrier"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_two_forms_fold_alike(one: str, other: str) -> None:
    assert fold_words(one) == fold_words(other) != ()


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_trades_stay_different(one: str, other: str) -> None:
    assert set(fold_words(one)) != set(fold_words(other))


def test_token_ids_are_stable_small_and_distinct() -> None:
    assert hash_tokens(("serveur", "serveur")) == hash_tokens(("serveur",)) == (52083,)
    assert all(0 < token < 1 << 16 for token in words_of("Agent d’entretien de locaux", "nettoyage"))


@pytest.mark.reference
def test_official_titles_fold_alike() -> None:
    folder = Path(os.environ["MATCHING_REFERENCE_DATA"])
    pairs = _two_forms(next(folder.rglob("unix_referentiel_appellation*.csv")))
    alike = sum(fold_words(one) == fold_words(other) for one, other in pairs)
    assert len(pairs) > 10_000
    assert alike / len(pairs) >= 0.97


def _two_forms(path: Path) -> list[tuple[str, str]]:
    """The complement follows the second form only: it is given to the first."""
    pairs = []
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            forms = row["libelle_appellation_long"].split(" / ")
            if len(forms) == 2:
                first, second = forms[0].split(), forms[1].split()
                pairs.append((" ".join(first + second[len(first) :]), " ".join(second)))
    return pairs
