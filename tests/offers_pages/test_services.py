"""The use cases of an offer: writing, stopping, publishing, confirming, who reaches what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clock import FixedClock
from matching.errors import Conflict, Forbidden, Invalid, MatchingError, NotFound, RuleRefused
from matching.offers.lifecycle import Freshness
from matching.offers.pay import Pay, PayPeriod
from matching.offers.publics import ReservedPublic
from matching.services import offers
from matching.services.context import Context
from matching.services.offers import OfferFilter, OfferInput, RequirementInput, Window
from matching.store.tables.trail import AuditEvent
from matching.terms import ContractKind, Importance, OfferState, RequirementKind, ScheduleFlag
from tests.offers_pages.conftest import Town, build_town, complete

Draft = Callable[..., OfferInput]
PROHIBITED = "Nous cherchons une jeune femme de moins de 30 ans."


def publish(ctx: Context, actor: Actor, data: OfferInput) -> int:
    return offers.create_offer(ctx, actor, data, then=OfferState.PUBLISHED)


def test_everything_written_is_read_back(any_ctx: Context) -> None:
    town = build_town(any_ctx)
    data = complete(
        town,
        flags=(ScheduleFlag.SPLIT,),
        requirements=(
            RequirementInput(RequirementKind.CAPABILITY, Importance.TRAINABLE, "haccp"),
            RequirementInput(RequirementKind.FRENCH_ORAL, Importance.ESSENTIAL, "", 2),
            RequirementInput(RequirementKind.LOAD, Importance.DESIRABLE, "", 15),
        ),
        communes=("44109", "44143"),
        immersion_possible=True,
        commitment_reference="MARCHE-12",
        reserved_publics=(ReservedPublic.MINIMUM_INCOME,),
    )
    offer_id = publish(any_ctx, town.adviser, data)
    sheet = offers.get_offer(any_ctx, town.adviser, offer_id)
    assert offers.input_of(sheet) == OfferInput(
        **{**vars(data), "unit_id": town.adviser.unit_id, "requirements": data.requirements}
    )
    assert (sheet.state, sheet.code, sheet.pay_hourly_cents) == (OfferState.PUBLISHED, f"O-{offer_id:04d}", 1250)
    assert [r.label for r in sheet.requirements][1:] == [
        "Français parlé\u00a0: A2",
        "Port de charges jusqu’à 15\u00a0kg",
    ]


REFUSED_EVEN_AS_DRAFT: list[tuple[dict[str, Any], str, str]] = [
    ({"title": " "}, "title", "Saisissez l’intitulé"),
    ({"title": "x" * 161}, "title", "160 signes"),
    ({"establishment_id": None}, "establishment_id", "Choisissez l’établissement"),
    ({"establishment_id": 99999}, "establishment_id", "Choisissez l’établissement"),
    ({"rome_code": "Z9999"}, "rome_code", "Choisissez-le dans la liste"),
    ({"seats": 0}, "seats", "de 1 à 500"),
    ({"weekly_minutes": 0}, "weekly_minutes", "35h"),
    ({"pay": Pay(Decimal("-3"), PayPeriod.HOUR)}, "pay", "positif"),
    ({"communes": ("99999",)}, "place", "Cherchez-la"),
    ({"windows": (Window(0, 600, 500),)}, "schedule", "commence avant de finir"),
    (
        {"requirements": (RequirementInput(RequirementKind.CAPABILITY, Importance.ESSENTIAL, "mode_car"),)},
        "requirements",
        "Choisissez-la dans la liste",
    ),
    (
        {"requirements": (RequirementInput(RequirementKind.SKILL, Importance.ESSENTIAL, "abc"),)},
        "skills",
        "Cherchez-la",
    ),
    (
        {"requirements": (RequirementInput(RequirementKind.LOAD, Importance.ESSENTIAL, "", 80),)},
        "load",
        "de 1 à 55",
    ),
    (
        {"requirements": (RequirementInput(RequirementKind.FRENCH_ORAL, Importance.ESSENTIAL, "", 9),)},
        "french_oral",
        "niveau de français",
    ),
]


@pytest.mark.parametrize(("changes", "field", "remedy"), REFUSED_EVEN_AS_DRAFT)
def test_what_cannot_be_stored_is_refused_with_its_remedy(
    ctx: Context, town: Town, draft: Draft, changes: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(Invalid) as refused:
        offers.create_offer(ctx, town.adviser, draft(**changes))
    assert [(e.field, remedy in e.message) for e in refused.value.errors] == [(field, True)]
    assert offers.find_offers(ctx, town.adviser, OfferFilter()).everything == 0


STOPPED: list[tuple[dict[str, Any], str, str]] = [
    ({"rome_code": ""}, "rome_code", "Choisissez le métier"),
    ({"description": ""}, "description", "Décrivez le poste"),
    ({"description": PROHIBITED}, "description", "L1142-1"),
    ({"contract": None}, "contract", "Choisissez"),
    ({"weekly_minutes": None}, "weekly_minutes", "35 h"),
    ({"start_on": None}, "start_on", "date de début"),
    ({"start_on": date(1900, 1, 1)}, "start_on", "passé depuis longtemps"),
    ({"contract": ContractKind.FIXED_TERM}, "end_on", "date de fin"),
    ({"pay": None}, "pay", "salaire brut"),
    ({"pay": Pay(Decimal("12.30"), PayPeriod.HOUR)}, "pay", "12,31\u00a0€ depuis le 01/06/2026"),
    ({"pay": Pay(Decimal(1600), PayPeriod.MONTH)}, "pay", "par mois pour 35"),
    ({"contract": ContractKind.IMMERSION, "end_on": date(2027, 2, 1)}, "pay", "pas rémunérée"),
    ({"communes": ()}, "place", "commune"),
    ({"windows": ()}, "schedule", "horaires"),
]


@pytest.mark.parametrize(("changes", "field", "remedy"), STOPPED)
def test_what_stops_a_publication_is_told_and_kept_as_a_draft(
    ctx: Context, town: Town, draft: Draft, changes: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(Invalid) as refused:
        publish(ctx, town.adviser, draft(**changes))
    told = [e for e in refused.value.errors if e.field == field]
    assert told
    assert any(remedy in e.message for e in told)
    assert offers.find_offers(ctx, town.adviser, OfferFilter()).everything == 0
    kept = offers.create_offer(ctx, town.adviser, draft(**changes))
    sheet = offers.get_offer(ctx, town.adviser, kept)
    assert (sheet.state, field in {stop.field for stop in sheet.stops}) == (OfferState.DRAFT, True)


@pytest.mark.parametrize(
    ("contract", "end_on", "pay", "warned"),
    [
        (ContractKind.APPRENTICESHIP, None, Pay(Decimal(7), PayPeriod.HOUR), True),
        (ContractKind.PROFESSIONAL_TRAINING, None, Pay(Decimal("12.31"), PayPeriod.HOUR), True),
        (ContractKind.IMMERSION, date(2027, 2, 1), None, False),
        (ContractKind.PERMANENT, None, Pay(Decimal("1867.02"), PayPeriod.MONTH), False),
        (ContractKind.PERMANENT, None, Pay(Decimal("22500"), PayPeriod.YEAR), False),
    ],
)
def test_pay_that_passes(
    ctx: Context, town: Town, draft: Draft, contract: ContractKind, end_on: date | None, pay: Pay | None, warned: bool
) -> None:
    offer_id = publish(ctx, town.adviser, draft(contract=contract, end_on=end_on, pay=pay))
    sheet = offers.get_offer(ctx, town.adviser, offer_id)
    assert (sheet.state, bool(sheet.pay_warnings)) == (OfferState.PUBLISHED, warned)


# --- wording -----------------------------------------------------------------------------------------


def test_an_adviser_may_keep_a_stopped_text_with_a_reason_on_record(ctx: Context, town: Town, draft: Draft) -> None:
    offer_id = offers.create_offer(ctx, town.adviser, draft(description=PROHIBITED))
    with pytest.raises(Invalid, match="ne peut pas encore être publiée") as refused:
        offers.change_state(ctx, town.adviser, offer_id, None, OfferState.PUBLISHED)
    marked = refused.value.data["findings"]["description"]
    assert all(PROHIBITED[f.start : f.end] == f.words for f in marked)
    with pytest.raises(Invalid) as short:
        offers.change_state(ctx, town.adviser, offer_id, None, OfferState.PUBLISHED, wording_reason="ok")
    assert short.value.errors[0].field == "wording_reason"
    reason = "Citation d’une affiche, vue avec le service juridique."
    offers.change_state(ctx, town.adviser, offer_id, None, OfferState.PUBLISHED, wording_reason=reason)
    with ctx.read() as session:
        event = session.execute(select(AuditEvent).where(AuditEvent.action == "offer.wording_kept")).scalar_one()
    assert '"grounds":["age","sex"]' in event.details
    assert "affiche" not in event.details
    history = offers.list_history(ctx, town.adviser, offer_id)
    assert [(line.who, line.note) for line in history if "Texte" in line.what] == [("Ada Essai", reason)]


def test_the_reason_holds_for_that_text_only(ctx: Context, town: Town, draft: Draft) -> None:
    data = draft(description=PROHIBITED)
    offer_id = offers.create_offer(
        ctx, town.adviser, data, then=OfferState.PUBLISHED, wording_reason="Vu avec le service juridique."
    )
    offers.edit_offer(ctx, town.adviser, offer_id, None, draft(description=PROHIBITED, seats=3))
    with pytest.raises(Invalid, match="doit rester complète"):
        offers.edit_offer(ctx, town.adviser, offer_id, None, draft(description=PROHIBITED + " Autre phrase."))


def test_an_employer_never_keeps_a_stopped_text_but_may_ask(ctx: Context, town: Town, draft: Draft) -> None:
    data = draft(description=PROHIBITED)
    with pytest.raises(Invalid):
        offers.create_offer(ctx, town.employer, data, then=OfferState.TO_CHECK, wording_reason="Je veux ainsi.")
    offer_id = offers.create_offer(ctx, town.employer, data, then=OfferState.TO_CHECK, keep_wording=True)
    sheet = offers.get_offer(ctx, town.adviser, offer_id)
    assert (sheet.state, len(sheet.wording_stops)) == (OfferState.TO_CHECK, 1)
    with pytest.raises(Invalid):
        offers.change_state(ctx, town.adviser, offer_id, None, OfferState.PUBLISHED)


# --- states ------------------------------------------------------------------------------------------


def test_from_the_employer_s_draft_to_a_publication(any_ctx: Context) -> None:
    ctx, town = any_ctx, build_town(any_ctx)
    offer_id = offers.create_offer(ctx, town.employer, complete(town), then=OfferState.TO_CHECK)
    version = offers.get_offer(ctx, town.adviser, offer_id).version
    offers.change_state(ctx, town.adviser, offer_id, version, OfferState.PUBLISHED)
    sheet = offers.get_offer(ctx, town.employer, offer_id)
    assert (sheet.state, sheet.checked_by, sheet.unit_id) == (
        OfferState.PUBLISHED,
        "L’unité emploi",
        town.adviser.unit_id,
    )
    assert sheet.off_on == date(2026, 11, 23) + timedelta(days=90)
    changed = offers.edit_offer(ctx, town.employer, offer_id, sheet.version, complete(town, seats=4))
    assert changed is OfferState.TO_CHECK
    assert [line.what for line in offers.list_history(ctx, town.employer, offer_id)] == [
        "Modifiée, à vérifier de nouveau",
        "Modifiée\u00a0: nombre de postes",
        "Publiée",
        "Envoyée pour vérification",
        "Créée",
    ]


REFUSED_MOVES = [
    ("employer", OfferState.TO_CHECK, OfferState.PUBLISHED, None, RuleRefused, "unité emploi"),
    ("employer", OfferState.PUBLISHED, OfferState.CLOSED, None, RuleRefused, "motif"),
    ("employer", OfferState.PUBLISHED, OfferState.CLOSED, "unheard_of", RuleRefused, "motif"),
    ("adviser", OfferState.PUBLISHED, OfferState.DRAFT, None, RuleRefused, "ne peut pas passer"),
    ("stranger", OfferState.PUBLISHED, OfferState.CLOSED, "cancelled", NotFound, "n’existe pas"),
    ("administrator", OfferState.PUBLISHED, OfferState.CLOSED, "cancelled", Forbidden, "rôle"),
]


@pytest.mark.parametrize(("who", "state", "target", "reason", "error", "words"), REFUSED_MOVES)
def test_refused_moves(
    ctx: Context,
    town: Town,
    draft: Draft,
    who: str,
    state: OfferState,
    target: OfferState,
    reason: str | None,
    error: type[MatchingError],
    words: str,
) -> None:
    offer_id = offers.create_offer(ctx, town.employer, draft(), then=OfferState.TO_CHECK)
    if state is OfferState.PUBLISHED:
        offers.change_state(ctx, town.adviser, offer_id, None, state)
    with pytest.raises(error, match=words):
        offers.change_state(ctx, getattr(town, who), offer_id, None, target, reason=reason)
    assert offers.get_offer(ctx, town.adviser, offer_id).state is state


def test_confirmed_offers_stay_and_forgotten_ones_go_off(any_ctx: Context, clock: FixedClock) -> None:
    ctx, town = any_ctx, build_town(any_ctx)
    kept = publish(ctx, town.adviser, complete(town))
    forgotten = publish(ctx, town.adviser, complete(town, title="Aide de cuisine"))
    clock.instant += timedelta(days=83)
    assert offers.get_offer(ctx, town.adviser, kept).freshness is Freshness.TO_REMIND
    assert offers.find_offers(ctx, town.adviser, OfferFilter(to_refresh=True)).total == 2
    offers.confirm_offer(ctx, town.adviser, kept)
    clock.instant += timedelta(days=6)
    assert offers.expire_stale_offers(ctx) == 0
    clock.instant += timedelta(days=1)
    assert (offers.expire_stale_offers(ctx), offers.expire_stale_offers(ctx)) == (1, 0)
    assert offers.get_offer(ctx, town.adviser, kept).state is OfferState.PUBLISHED
    assert offers.get_offer(ctx, town.adviser, forgotten).state is OfferState.EXPIRED
    assert offers.list_history(ctx, town.adviser, forgotten)[0].who == "Automatique"
    with pytest.raises(RuleRefused, match="rien à confirmer"):
        offers.confirm_offer(ctx, town.adviser, forgotten)


def test_two_people_edit_the_same_offer(ctx: Context, town: Town, draft: Draft) -> None:
    offer_id = publish(ctx, town.adviser, draft())
    version = offers.get_offer(ctx, town.adviser, offer_id).version
    requirement = RequirementInput(RequirementKind.CAPABILITY, Importance.ESSENTIAL, "haccp")
    offers.edit_offer(ctx, town.colleague, offer_id, version, draft(requirements=(requirement,)))
    with pytest.raises(Conflict, match="Bo Témoin"):
        offers.edit_offer(ctx, town.adviser, offer_id, version, draft(seats=9))
    with pytest.raises(Conflict, match="L’unité emploi"):
        offers.change_state(ctx, town.employer, offer_id, version, OfferState.CLOSED, reason="cancelled")
    sheet = offers.get_offer(ctx, town.adviser, offer_id)
    assert (sheet.seats, len(sheet.requirements)) == (2, 1)


@pytest.mark.parametrize(
    ("who", "state", "words"),
    [
        ("employer", OfferState.TO_CHECK, "Reprenez-la"),
        ("employer", OfferState.CLOSED, "ne se modifie plus"),
        ("adviser", OfferState.CLOSED, "ne se modifie plus"),
    ],
)
def test_states_in_which_an_offer_is_not_edited(
    ctx: Context, town: Town, draft: Draft, who: str, state: OfferState, words: str
) -> None:
    offer_id = offers.create_offer(ctx, town.employer, draft(), then=OfferState.TO_CHECK)
    if state is OfferState.CLOSED:
        offers.change_state(ctx, town.employer, offer_id, None, state, reason="cancelled")
    with pytest.raises(RuleRefused, match=words):
        offers.edit_offer(ctx, getattr(town, who), offer_id, None, draft())


# --- who reaches what --------------------------------------------------------------------------------


def test_an_employer_posts_for_its_own_establishment_only(ctx: Context, town: Town, draft: Draft) -> None:
    offer_id = offers.create_offer(ctx, town.employer, draft(establishment_id=town.other_establishment_id, unit_id=1))
    sheet = offers.get_offer(ctx, town.employer, offer_id)
    assert (sheet.employer.establishment_id, sheet.unit_id) == (town.establishment_id, None)
    for actor in (town.stranger, town.adviser):  # a draft is its author's affair
        with pytest.raises(NotFound):
            offers.get_offer(ctx, actor, offer_id)
    assert offers.find_offers(ctx, town.stranger, OfferFilter()).everything == 0
    with pytest.raises(Forbidden):
        offers.get_offer(ctx, town.administrator, offer_id)


# --- the list ----------------------------------------------------------------------------------------

FILTERS: list[tuple[OfferFilter, list[str]]] = [
    (OfferFilter(sort="title"), ["Cariste", "Plongeur"]),
    (OfferFilter(sort="-title"), ["Plongeur", "Cariste"]),
    (OfferFilter(words="plongéur"), ["Plongeur"]),
    (OfferFilter(words="cantine", sort="title"), ["Cariste", "Plongeur"]),
    (OfferFilter(words="O-0002"), ["Cariste"]),
    (OfferFilter(states=(OfferState.TO_CHECK,)), ["Cariste"]),
    (OfferFilter(rome_code="G1605"), ["Plongeur"]),
    (OfferFilter(commune="44143"), ["Cariste"]),
    (OfferFilter(contract=ContractKind.SEASONAL), []),
    (OfferFilter(organisation_id=-1), []),
    (OfferFilter(to_refresh=True), []),
]


@pytest.mark.parametrize(("wanted", "titles"), FILTERS)
def test_filters(ctx: Context, town: Town, draft: Draft, wanted: OfferFilter, titles: list[str]) -> None:
    publish(ctx, town.adviser, draft(title="Plongeur"))
    cariste = draft(title="Cariste", rome_code="N1101", communes=("44143",))
    offers.create_offer(ctx, town.employer, cariste, then=OfferState.TO_CHECK)
    page = offers.find_offers(ctx, town.adviser, wanted)
    assert [row.title for row in page.rows] == titles
    assert (page.total, page.everything) == (len(titles), 2)
    assert offers.count_offers(ctx, town.adviser, [wanted]) == (len(titles),)
    exported = offers.export_offers(ctx, town.adviser, wanted).decode("utf-8-sig").splitlines()[1:]
    assert [line.split(";")[1] for line in exported] == titles


@pytest.mark.parametrize("sort", [*offers.SORTS, *(f"-{name}" for name in offers.SORTS), "nonsense"])
def test_every_sort_is_accepted(any_ctx: Context, sort: str) -> None:
    town = build_town(any_ctx)
    publish(any_ctx, town.adviser, complete(town))
    assert offers.find_offers(any_ctx, town.adviser, OfferFilter(sort=sort, page=99, per_page=7)).total == 1
