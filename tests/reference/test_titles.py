"""Gendered titles: both full forms, the complement kept with each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.reference.titles import acronyms, searchable_forms, split_gendered
from matching.text import fold

LONG = [
    (
        "Conducteur / Conductrice d'engins agricoles",
        "Conducteur d'engins agricoles",
        "Conductrice d'engins agricoles",
    ),
    ("Abatteur / Abatteuse de carrière", "Abatteur de carrière", "Abatteuse de carrière"),
    ("Accastilleur-gréeur / Accastilleuse-gréeuse", "Accastilleur-gréeur", "Accastilleuse-gréeuse"),
    (
        "Assistant commercial / Assistante commerciale export",
        "Assistant commercial export",
        "Assistante commerciale export",
    ),
    (
        "Ajusteur-monteur / Ajusteuse-monteuse aéronautique",
        "Ajusteur-monteur aéronautique",
        "Ajusteuse-monteuse aéronautique",
    ),
    ("Artiste Plasticien / Plasticienne", "Artiste Plasticien", "Artiste Plasticienne"),
    ("Valet / Femme de chambre", "Valet de chambre", "Femme de chambre"),
    ("Barman / Barmaid", "Barman", "Barmaid"),
    ("Cariste", "Cariste", "Cariste"),
    ("Lapidaire / Diamantaire", "Lapidaire / Diamantaire", "Lapidaire / Diamantaire"),
    ("Analyste biologie/microbiologie", "Analyste biologie/microbiologie", "Analyste biologie/microbiologie"),
]
SHORT = [
    (
        "Accastilleur(se)-monteur(se) électronique",
        "Accastilleur-monteur électronique",
        "Accastilleuse-monteuse électronique",
    ),
    ("Préparateur(trice) de commandes", "Préparateur de commandes", "Préparatrice de commandes"),
    ("Mécanicien(ne) auto", "Mécanicien auto", "Mécanicienne auto"),
    ("Agent(e) de tri", "Agent de tri", "Agente de tri"),
    ("Conseiller(ère) commercial(e)", "Conseiller commercial", "Conseillère commerciale"),
    ("Employé(e) professionnel(le)", "Employé professionnel", "Employée professionnelle"),
    ("Chef(fe) de rayon", "Chef de rayon", "Cheffe de rayon"),
    ("Assistant administratif(tive)", "Assistant administratif", "Assistant administrative"),
    ("Hôte(sse) de caisse", "Hôte de caisse", "Hôtesse de caisse"),
]


@pytest.mark.parametrize(("title", "masculine", "feminine"), LONG + SHORT)
def test_both_forms_keep_the_complement(title: str, masculine: str, feminine: str) -> None:
    forms = split_gendered(title)
    assert (forms.masculine, forms.feminine) == (masculine, feminine)


@given(st.lists(st.sampled_from(["de", "en", "bois", "chantier", "engins", "à", "domicile"]), max_size=5))
def test_any_complement_goes_to_both(complement: list[str]) -> None:
    tail = " ".join(complement)
    forms = split_gendered(f"Monteur / Monteuse {tail}".strip())
    assert forms.masculine == f"Monteur {tail}".strip()
    assert forms.feminine == f"Monteuse {tail}".strip()


@given(st.text(max_size=60))
def test_any_text_is_split_without_error(text: str) -> None:
    forms = split_gendered(text)
    found = searchable_forms(text)
    assert len({fold(form) for form in found}) == len(found)
    assert not fold(forms.masculine) or fold(forms.masculine) in {fold(form) for form in found}


def test_acronyms_are_searchable_alone_and_the_title_without_them() -> None:
    title = "Agent / Agente de service hospitalier (ASH)"
    assert acronyms(title) == ("ASH",)
    assert acronyms("Conseiller d'Insertion -CIP-") == ("CIP",)
    assert acronyms("Secrétaire de mairie (moins de 2 000 habitants)") == ()
    assert {"ASH", "Agente de service hospitalier"} <= set(searchable_forms(title))
