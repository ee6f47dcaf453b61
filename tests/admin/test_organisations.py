"""Numbers of organisations and establishments, and what closing one does."""

from __future__ import annotations

import pytest

from matching.errors import Conflict, Forbidden, Invalid
from matching.services import accounts
from matching.services.context import Context
from matching.services.organisations import (
    EstablishmentForm,
    OrganisationForm,
    change_establishment,
    change_organisation,
    check_siren,
    check_siret,
    create_establishment,
    create_organisation,
    get_organisation,
    list_organisations,
)
from matching.terms import OrganisationKind
from tests.support import factories

SIREN, SIRET = "732829320", "73282932000074"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (SIRET, SIRET),
        (" 732 829 320 00074 ", SIRET),
        ("732.829.320.00074", SIRET),
        ("732\u00a0829\u202f320 00074", SIRET),
        ("35600000000048", "35600000000048"),  # La Poste, head office: Luhn
        ("35600000049837", "35600000049837"),  # La Poste, elsewhere: the digits' sum is a multiple of five
    ],
)
def test_true_sirets_are_kept_as_fourteen_digits(typed: str, kept: str) -> None:
    assert check_siret(typed) == kept


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("", "Écrivez le SIRET"),
        ("73282932000079", "mal recopié"),
        ("7328293200007", "celui-ci en a 13"),
        ("732829320000741", "celui-ci en a 15"),
        ("732829320", "ajoutez les cinq chiffres"),
        ("7328293200007A", "que des chiffres"),
        ("٧٣٢٨٢٩٣٢٠٠٠٠٧٤", "que des chiffres"),
        ("00000000000000", "que des zéros"),
        ("35600000049836", "mal recopié"),  # neither rule
        ("35600000000043", "mal recopié"),  # near the head office, its sum is no multiple of five
        ("73282932100001", "mal recopié"),  # the SIREN inside is wrong
    ],
)
def test_wrong_sirets_say_what_to_do(typed: str, remedy: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_siret(typed)
    assert remedy in refused.value.errors[0].message


def test_la_poste_elsewhere_is_not_held_to_luhn() -> None:
    digits = [int(d) for d in reversed("35600000049837")]
    luhn = sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits))
    assert luhn % 10 != 0, "the example would prove nothing"


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("732829321", "mal recopié"),
        ("000000000", "que des zéros"),
        (SIRET, "gardez les neuf"),
        ("73282932X", "chiffres"),
    ],
)
def test_wrong_sirens_say_what_to_do(typed: str, remedy: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_siren(typed)
    assert remedy in refused.value.errors[0].message


def test_organisation_and_establishment(any_ctx: Context) -> None:
    ctx = any_ctx
    admin = factories.administrator(ctx)
    factories.commune(ctx)
    key = create_organisation(ctx, admin, OrganisationForm("Atelier Inventé", SIREN, OrganisationKind.ACI))
    create_establishment(ctx, admin, key, EstablishmentForm(SIRET, "", "nantes", "1 rue de l’Essai"))
    sheet = get_organisation(ctx, admin, key)
    assert sheet.line.kind is OrganisationKind.ACI
    assert [(e.siret, e.name) for e in sheet.establishments] == [(SIRET, "Atelier Inventé")]
    assert sheet.establishments[0].commune.startswith("Nantes")
    for words in ("atelier invente", SIREN[:4], SIRET):
        assert [line.id for line in list_organisations(ctx, admin, words=words).lines] == [key], words
    assert list_organisations(ctx, admin, kind=OrganisationKind.GEIQ).total == 0


@pytest.mark.parametrize("siret", [SIRET, factories.siret(factories.siren(9))])
def test_establishment_refused_when_taken_or_of_another_siren(ctx: Context, siret: str) -> None:
    admin = factories.administrator(ctx)
    key = create_organisation(ctx, admin, OrganisationForm("Une", SIREN, OrganisationKind.COMPANY))
    create_establishment(ctx, admin, key, EstablishmentForm(SIRET, "Siège"))
    with pytest.raises(Invalid) as refused:
        create_establishment(ctx, admin, key, EstablishmentForm(siret, "Autre"))
    assert [error.field for error in refused.value.errors] == ["siret"]


def test_every_problem_is_told_at_once(ctx: Context) -> None:
    admin = factories.administrator(ctx)
    with pytest.raises(Invalid) as refused:
        create_organisation(ctx, admin, OrganisationForm(" ", "12", OrganisationKind.COMPANY))
    assert {error.field for error in refused.value.errors} == {"name", "siren"}


def test_second_of_two_edits_is_a_conflict(any_ctx: Context) -> None:
    admin = factories.administrator(any_ctx)
    key = factories.organisation(any_ctx)
    line = get_organisation(any_ctx, admin, key).line
    change_organisation(any_ctx, admin, key, line.version, OrganisationForm("Neuve", line.siren, line.kind))
    with pytest.raises(Conflict):
        change_organisation(any_ctx, admin, key, line.version, OrganisationForm("Autre", line.siren, line.kind))
    assert get_organisation(any_ctx, admin, key).line.name == "Neuve"


def test_closing_an_establishment_ends_its_sessions(ctx: Context) -> None:
    admin = factories.administrator(ctx)
    home = factories.establishment(ctx)
    employer = factories.employer(ctx, home)
    token = accounts.log_in(ctx, factories.email_of(employer), factories.PASSWORD)
    assert accounts.find_actor(ctx, token) is not None
    with ctx.read() as session:
        from matching.store.tables.organisations import Establishment

        row = session.get_one(Establishment, home)
    change_establishment(
        ctx, admin, home, row.version, EstablishmentForm(row.siret, row.name, "44109", row.address, active=False)
    )
    assert accounts.find_actor(ctx, token) is None


def test_only_an_administrator_writes_organisations(ctx: Context) -> None:
    for actor in (factories.adviser(ctx), factories.manager(ctx), factories.employer(ctx)):
        with pytest.raises(Forbidden):
            create_organisation(ctx, actor, OrganisationForm("Une", SIREN, OrganisationKind.COMPANY))
