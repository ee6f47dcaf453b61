"""Employers as staff read them."""

from __future__ import annotations

import pytest

from matching.errors import Forbidden, NotFound
from matching.services import offers
from matching.services.context import Context
from matching.services.employers import EmployerFilter, find_employers, get_employer
from matching.store.tables.organisations import Establishment
from matching.terms import OfferState, OrganisationKind
from tests.offers_pages.conftest import Town, complete


def organisation_of(ctx: Context, establishment_id: int) -> int:
    with ctx.read() as session:
        return session.get_one(Establishment, establishment_id).organisation_id


def test_the_list_counts_the_offers_in_reach(ctx: Context, town: Town) -> None:
    offers.create_offer(ctx, town.employer, complete(town))
    offers.create_offer(ctx, town.employer, complete(town), then=OfferState.TO_CHECK)
    offers.create_offer(ctx, town.adviser, complete(town), then=OfferState.PUBLISHED)
    page = find_employers(ctx, town.adviser, EmployerFilter(words="cantine"))
    assert [(row.establishments, row.online, row.to_check) for row in page.rows] == [(1, 1, 1)]
    assert (page.total, page.everything) == (1, 2)


@pytest.mark.parametrize(
    ("wanted", "total"),
    [
        (EmployerFilter(), 2),
        (EmployerFilter(words="ATELIER modele"), 1),
        (EmployerFilter(kind=OrganisationKind.ACI), 0),
        (EmployerFilter(commune="44109"), 2),
        (EmployerFilter(with_offers=True), 0),
        (EmployerFilter(page=99), 2),
    ],
)
def test_filters(ctx: Context, town: Town, wanted: EmployerFilter, total: int) -> None:
    page = find_employers(ctx, town.adviser, wanted)
    assert (page.total, len(page.rows)) == (total, total)


def test_a_siret_finds_its_organisation(ctx: Context, town: Town) -> None:
    organisation_id = organisation_of(ctx, town.establishment_id)
    siret = get_employer(ctx, town.adviser, organisation_id).establishments[0].siret
    page = find_employers(ctx, town.adviser, EmployerFilter(words=f"{siret[:9]} {siret[9:]}"))
    assert [row.id for row in page.rows] == [organisation_id]


def test_the_sheet_gives_establishments_and_contacts(ctx: Context, town: Town) -> None:
    sheet = get_employer(ctx, town.adviser, organisation_of(ctx, town.establishment_id))
    assert [(e.name, e.commune, e.contacts[0][0]) for e in sheet.establishments] == [
        ("Cantine Exemple", "Nantes", "Elsa Maquette")
    ]
    with pytest.raises(NotFound):
        get_employer(ctx, town.adviser, 999)
    for actor in (town.employer, town.administrator):
        with pytest.raises(Forbidden):
            get_employer(ctx, actor, sheet.id)
