"""Communes from what somebody types: every postal code of a commune, and its label read back."""

import pytest

from matching.errors import Invalid
from matching.services.places import commune_label, find_communes, resolve_commune
from matching.store.tables.reference import Commune

CODES = "44000 44100 44200 44300"


@pytest.fixture
def session(ctx):
    with ctx.write(None) as work:
        for insee, name, codes in (
            ("44109", "Nantes", CODES),
            ("44990", "Homonyme", "44410 44420"),
            ("44991", "Homonyme", "44710"),
            ("44992", "Sans Code", ""),
            ("44993", "Voisine", "44710"),
        ):
            work.session.merge(
                Commune(insee=insee, name=name, name_search=name.lower(), departement="44", postal_codes=codes)
            )
        work.record("test.communes", "commune", 0)
    with ctx.read() as session:
        yield session


@pytest.mark.parametrize("text", [*CODES.split(), "44109", "nantes", "Nantes (44000)", "Nantes (44300)"])
def test_each_code_of_a_commune_means_it(session, text):
    assert resolve_commune(session, text) == "44109"


@pytest.mark.parametrize(
    ("text", "insee"), [("Homonyme (44420)", "44990"), ("Homonyme (44710)", "44991"), ("44420", "44990")]
)
def test_a_code_tells_homonyms_apart(session, text, insee):
    assert resolve_commune(session, text) == insee


@pytest.mark.parametrize("text", ["Homonyme", "44710", "4471", "Nulle part", "²"])
def test_what_is_not_one_commune_is_refused(session, text):
    with pytest.raises(Invalid):
        resolve_commune(session, text)


def test_a_label_shows_the_first_code_and_is_read_back(session):
    assert commune_label(session, "44109") == "Nantes (44000)"
    assert commune_label(session, "44992") == "Sans Code"
    for insee in ("44109", "44990", "44991", "44992"):
        assert resolve_commune(session, commune_label(session, insee)) == insee


def test_the_exact_code_comes_first(ctx, session):
    assert find_communes(ctx, "44100")[0].label == "Nantes (44000)"
