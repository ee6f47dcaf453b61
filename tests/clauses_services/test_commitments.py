"""Registering contracts and commitments: what is written, what is refused, and what is counted once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from matching.clauses.penalty import NoticeFrom, PenaltyIndex, PenaltyTerms
from matching.clauses.terms import (
    EligiblePublic,
    EventKind,
    GroupLiability,
    Modality,
    PartyRole,
    Support,
    TrainingHours,
)
from matching.errors import Conflict, Invalid, NotFound, RuleRefused
from matching.services.clauses import commitments as service
from matching.services.clauses.commitment_inputs import CommitmentInput, ContractInput
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.parties import OrganisationInput, PartyInput
from matching.services.context import Context
from matching.store.tables.contracts import Commitment, CommitmentEvent, CommitmentParty, Contract
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.tables.trail import AuditEvent
from matching.terms import OrganisationKind
from tests.support import clauses as make
from tests.support import factories

DECEMBER = date(2026, 12, 31)
BUYER = OrganisationInput("732829320", "Ville de l’Essai", OrganisationKind.LOCAL_AUTHORITY)
PARIS_2030 = "217 500 016 30066"
"""The official example: its key does not hold."""


def contract(**changes: Any) -> ContractInput:
    usual = ContractInput(
        support=Support.PUBLIC_CONTRACT,
        buyer=BUYER,
        number="2026-TX-0214",
        object="Réhabilitation du collège Inventé",
        notified_on=date(2026, 1, 15),
        start_on=date(2026, 2, 1),
        end_on=date(2027, 1, 31),
    )
    return replace(usual, **changes)


def lot(number: str = "", **changes: Any) -> CommitmentInput:
    usual = CommitmentInput(
        lot=number, label=f"Lot {number} Peinture", modality=Modality.EXECUTION_CONDITION, required_minutes=600 * 60
    )
    return replace(usual, **changes)


def company(siren: str = "552100554", name: str = "Vasseur Peinture") -> OrganisationInput:
    return OrganisationInput(siren, name)


def refused(caught: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {item.field: item.message for item in caught.value.errors}


def test_a_contract_and_its_lots_in_one_go(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    lots = [lot("1"), lot("2", promised_minutes=900 * 60, modality=Modality.CONDITION_AND_CRITERION)]
    contract_id, keys = service.register_contract(any_ctx, who, contract(), lots)
    with any_ctx.read() as session:
        row = session.get_one(Contract, contract_id)
        assert (row.buyer.siren, row.number, row.object_search) == (
            "732829320",
            "2026-TX-0214",
            "rehabilitation du college invente",
        )
        due = minutes_due_of(session, keys, DECEMBER, DECEMBER)
        events = session.execute(select(CommitmentEvent).order_by(CommitmentEvent.id)).scalars().all()
        actions = session.execute(select(AuditEvent.action)).scalars().all()
    assert [due[key] // 60 for key in keys] == [600, 900], "what was promised becomes due"
    assert {(event.effective_on, event.kind, event.by_id) for event in events} == {
        (date(2026, 1, 15), EventKind.INITIAL, who.user_id)
    }
    assert {"organisation.created", "contract.created", "commitment.created"} <= set(actions)


def test_everything_written_comes_back(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    wanted = lot(
        "9",
        sector="Second œuvre",
        window_from=date(2026, 3, 1),
        window_to=date(2026, 9, 30),
        amount_cents=25_000_000,
        promised_minutes=700 * 60,
        publics=(EligiblePublic.RSA, EligiblePublic.QPV),
        targets={"women": 30, "qpv": 50},
        training=TrainingHours.CAPPED,
        training_cap_percent=25,
        evidence_required=True,
        facilitator_id=who.user_id,
        liability=GroupLiability.SEVERAL,
        penalty=PenaltyTerms(
            index_code=PenaltyIndex.SMIC,
            index_multiple=Decimal("2.50"),
            cap_percent=Decimal(20),
            cap_base_cents=10_000_000,
            notice_required=True,
            notice_delay_days=15,
            notice_from=NoticeFrom.RECEIVED,
            best_efforts=True,
        ),
        parties=(
            PartyInput(PartyRole.LEAD_HOLDER, company()),
            PartyInput(PartyRole.CO_CONTRACTOR, OrganisationInput("443061841", "Bois et Fils")),
            PartyInput(PartyRole.SUBCONTRACTOR, OrganisationInput("380129866", "Chantiers d’insertion")),
        ),
        sizing_working="250 000 € × …",
        sizing_rounding="down",
    )
    _, (key,) = service.register_contract(any_ctx, who, contract(), [wanted])
    sheet = service.get_commitment(any_ctx, who, key)
    assert sheet.input == replace(wanted, parties=())
    assert [(party.role, party.siren) for party in sheet.parties] == [
        (PartyRole.LEAD_HOLDER, "552100554"),
        (PartyRole.CO_CONTRACTOR, "443061841"),
        (PartyRole.SUBCONTRACTOR, "380129866"),
    ]
    assert (sheet.signed, sheet.contract.buyer_name) == (True, "Ville de l’Essai")


def test_a_group_s_hours_are_counted_once(ctx: Context) -> None:
    parties = (PartyInput(PartyRole.LEAD_HOLDER, company()), PartyInput(PartyRole.CO_CONTRACTOR, company("443061841")))
    who = make.officer(ctx)
    _, (key,) = service.register_contract(ctx, who, contract(), [lot(parties=parties)])
    with ctx.read() as session:
        assert minutes_due_of(session, [key], DECEMBER, DECEMBER) == {key: 600 * 60}


def test_the_maximum_of_a_framework_is_not_due(ctx: Context) -> None:
    """Its amount is written; nothing is due before an order."""
    wanted = lot(required_minutes=None, amount_cents=400_000_000, **ORDERS)
    framework = contract(support=Support.FRAMEWORK_AGREEMENT, amount_cents=400_000_000)
    _, (key,) = service.register_contract(ctx, make.officer(ctx), framework, [wanted])
    with ctx.read() as session:
        assert minutes_due_of(session, [key], DECEMBER, DECEMBER) == {key: 0}


def test_a_call_off_contract_comes_from_a_framework_of_the_same_buyer(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    framework = contract(support=Support.FRAMEWORK_AGREEMENT, number="AC-1")
    parent, _ = service.register_contract(any_ctx, who, framework, [lot(required_minutes=0)])
    service.register_contract(any_ctx, who, contract(number="PLAIN"), [lot()])
    wanted = contract(support=Support.CALL_OFF_CONTRACT, number="AC-1-MS2", parent_number=" AC-1 ")
    key, _ = service.register_contract(any_ctx, who, wanted, [lot()])
    sheet = service.get_contract(any_ctx, who, key)
    assert sheet.input == replace(wanted, parent_number="AC-1")
    with any_ctx.read() as session:
        assert session.get_one(Contract, key).parent_id == parent
    other = OrganisationInput("443061841", "Autre ville", OrganisationKind.LOCAL_AUTHORITY)
    for bad in (contract(number="X", parent_number="PLAIN"), contract(parent_number="AC-1", buyer=other)):
        with pytest.raises(Invalid) as caught:
            service.register_contract(any_ctx, who, bad, [lot()])
        assert "parent_number" in refused(caught)
    service.change_contract(any_ctx, who, key, sheet.version, replace(sheet.input, parent_number=""))
    assert service.get_contract(any_ctx, who, key).input.parent_number == ""


HALF_TERMS = {"order_labour_share": Decimal(40), "required_minutes": None}
BAD_CONTRACTS: list[tuple[dict[str, Any], str]] = [
    ({"support": None}, "support"),
    ({"number": "  "}, "number"),
    ({"number": "9" * 41}, "number"),
    ({"object": ""}, "object"),
    ({"cpv": "4544"}, "cpv"),
    ({"amount_cents": 10**17}, "amount_cents"),
    ({"end_on": date(2026, 1, 31)}, "end_on"),
    ({"notified_on": date(5021, 1, 1)}, "notified_on"),
    ({"launched_on": date(2026, 6, 1)}, "notified_on"),
    ({"commune": "Nullepart-sur-Loire"}, "commune"),
    ({"buyer": OrganisationInput("")}, "buyer"),
    ({"buyer": OrganisationInput("732829321", "Ville")}, "buyer"),
    ({"buyer": OrganisationInput("7328293", "Ville")}, "buyer"),
    ({"buyer": OrganisationInput("00000000000000", "Ville", accept_key=True)}, "buyer"),
    ({"buyer": OrganisationInput(PARIS_2030, "Ville")}, "buyer"),
    ({"buyer": OrganisationInput("732829320")}, "buyer_name"),
    ({"buyer": OrganisationInput("Acheteur inconnu")}, "buyer"),
]


@pytest.mark.parametrize(("changes", "field"), BAD_CONTRACTS)
def test_a_contract_that_cannot_be_taken(ctx: Context, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        service.register_contract(ctx, make.officer(ctx), contract(**changes), [lot()])
    assert field in refused(caught)
    with ctx.read() as session:
        assert session.execute(select(func.count(Contract.id))).scalar_one() == 0
        assert session.execute(select(func.count(Organisation.id))).scalar_one() == 0


ORDERS: dict[str, Any] = {"order_labour_share": Decimal(40), "order_rate": Decimal(7), "order_hourly_cost": Decimal(35)}
GROUP = {"parties": (PartyInput(PartyRole.CO_CONTRACTOR, company()),)}
TWO_HOLDERS = {"parties": tuple(PartyInput(PartyRole.HOLDER, company(n)) for n in ("552100554", "443061841"))}
BAD_LOTS: list[tuple[dict[str, Any], str]] = [
    ({"label": ""}, "label"),
    ({"modality": None}, "modality"),
    ({"required_minutes": None}, "required_minutes"),
    ({"promised_minutes": 599 * 60}, "promised_minutes"),
    ({"window_from": date(2026, 5, 2), "window_to": date(2026, 5, 1)}, "window_to"),
    (HALF_TERMS, "order_hourly_cost"),
    (
        {"order_labour_share": Decimal(140), "order_rate": Decimal(7), "order_hourly_cost": Decimal(35)},
        "order_labour_share",
    ),
    ({"training": TrainingHours.CAPPED}, "training_cap_percent"),
    ({"training_cap_percent": 20}, "training_cap_percent"),
    ({"targets": {"women": 0}}, "target_women"),
    ({"targets": {"martians": 10}}, "targets"),
    ({"penalty": PenaltyTerms(per_hour_cents=6000, index_code=PenaltyIndex.SMIC)}, "index_code"),
    ({"facilitator_id": 99_999}, "facilitator_id"),
    (GROUP, "parties"),
    (TWO_HOLDERS, "parties"),
    ({"liability": GroupLiability.JOINT}, "liability"),
    ({"parties": (PartyInput(PartyRole.HOLDER, company("123", "X")),)}, "p0-number"),
]


@pytest.mark.parametrize(("changes", "field"), BAD_LOTS)
def test_a_commitment_that_cannot_be_taken(ctx: Context, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        service.register_contract(ctx, make.officer(ctx), contract(), [lot("1"), lot("2", **changes)])
    assert set(refused(caught)) == {f"c1-{field}"}


@pytest.mark.parametrize(
    ("new", "present", "field", "said"),
    [
        ([""], [""], "c0-lot", "compteraient deux fois"),
        ([""], ["1"], "c0-lot", "compté par lots"),
        (["1"], [""], "c0-lot", "engagement pour l’ensemble"),
        (["1"], ["1"], "c0-lot", "déjà enregistré"),
        (["2", ""], ["1"], "c1-lot", "compté par lots"),
        (["2", " 2 "], [], "c1-lot", "déjà enregistré"),
        (["", "1"], [], "c1-lot", "engagement pour l’ensemble"),
    ],
)
def test_a_contract_and_its_lots_are_never_both_counted(
    ctx: Context, new: list[str], present: list[str], field: str, said: str
) -> None:
    who = make.officer(ctx)
    wanted = [lot(number) for number in new]
    if present:
        key, _ = service.register_contract(ctx, who, contract(), [lot(number) for number in present])
        with pytest.raises(Invalid) as caught:
            service.add_commitments(ctx, who, key, wanted)
    else:
        with pytest.raises(Invalid) as caught:
            service.register_contract(ctx, who, contract(), wanted)
    assert said in refused(caught)[field]


def test_a_number_is_unique_for_its_buyer_only(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    service.register_contract(any_ctx, who, contract(), [lot()])
    with pytest.raises(Invalid) as caught:
        service.register_contract(any_ctx, who, contract(object="Autre", number=" 2026-TX-0214 "), [lot()])
    assert "Ville de l’Essai a déjà un contrat 2026-TX-0214" in refused(caught)["number"]
    assert "Réhabilitation du collège Inventé" in refused(caught)["number"]
    other = OrganisationInput("443061841", "Autre ville", OrganisationKind.LOCAL_AUTHORITY)
    assert service.register_contract(any_ctx, who, contract(buyer=other), [lot()])


def test_a_wrong_key_is_taken_when_somebody_says_so(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    buyer = OrganisationInput(PARIS_2030, "Ville", OrganisationKind.LOCAL_AUTHORITY, accept_key=True)
    key, _ = service.register_contract(any_ctx, who, contract(buyer=buyer), [lot()])
    with any_ctx.read() as session:
        assert session.get_one(Contract, key).buyer_siret == "21750001630066"
        assert session.execute(select(Establishment.siret)).scalars().all() == ["21750001630066"]
    again = replace(buyer, name="", accept_key=True)
    service.register_contract(any_ctx, who, contract(buyer=again, number="2"), [lot()])


def test_an_organisation_already_known_is_named(ctx: Context) -> None:
    who = make.officer(ctx)
    factories.organisation(ctx, "Batibel Construction")
    factories.organisation(ctx, "Batibel Nord")
    known = PartyInput(PartyRole.HOLDER, OrganisationInput("batibel construction"))
    _, (key,) = service.register_contract(ctx, who, contract(), [lot(parties=(known,))])
    assert service.get_commitment(ctx, who, key).parties[0].name == "Batibel Construction"
    vague = PartyInput(PartyRole.HOLDER, OrganisationInput("Batibel"))
    with pytest.raises(Invalid) as caught:
        service.register_contract(ctx, who, contract(number="2"), [lot(parties=(vague,))])
    assert "Plusieurs organisations" in refused(caught)["c0-p0-number"]


def test_hours_need_a_day_from_which_they_are_due(ctx: Context) -> None:
    with pytest.raises(Invalid) as caught:
        service.register_contract(ctx, make.officer(ctx), contract(notified_on=None, start_on=None), [lot()])
    assert "c0-window_from" in refused(caught)
    wanted = lot(window_from=date(2026, 4, 1))
    _, (key,) = service.register_contract(ctx, make.officer(ctx), contract(notified_on=None), [wanted])
    with ctx.read() as session:
        assert session.execute(select(CommitmentEvent.effective_on)).scalar_one() == date(2026, 4, 1)
    assert key


# --- editing


def test_signed_hours_change_by_events_only(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    _, (key,) = service.register_contract(any_ctx, who, contract(), [lot("1", publics=(EligiblePublic.RSA,))])
    sheet = service.get_commitment(any_ctx, who, key)
    changed = replace(
        sheet.input,
        label="Peinture",
        required_minutes=1,
        publics=(EligiblePublic.QPV, EligiblePublic.RSA),
        targets={"women": 20},
    )
    service.change_commitment(any_ctx, who, key, sheet.version, changed)
    after = service.get_commitment(any_ctx, who, key)
    assert (after.input.label, after.input.publics) == ("Peinture", (EligiblePublic.RSA, EligiblePublic.QPV))
    assert (after.input.required_minutes, after.input.targets) == (600 * 60, {"women": 20})
    with pytest.raises(Conflict):
        service.change_commitment(any_ctx, who, key, sheet.version, changed)


def test_hours_unknown_at_import_are_signed_once(ctx: Context) -> None:
    who = make.officer(ctx)
    contract_id = make.contract(ctx)
    with ctx.write(None) as work:
        row = Commitment(contract_id=contract_id, label="Importé", label_search="importe", created_at=work.at)
        row.modality, row.last_action_at = Modality.EXECUTION_CONDITION, work.at
        work.session.add(row)
        work.session.flush()
        key = row.id
        work.record("test.imported", "commitment", key)
    sheet = service.get_commitment(ctx, who, key)
    assert not sheet.signed
    with pytest.raises(Invalid) as caught:
        service.change_commitment(ctx, who, key, sheet.version, sheet.input)
    assert "required_minutes" in refused(caught)
    service.change_commitment(ctx, who, key, sheet.version, replace(sheet.input, required_minutes=600))
    with ctx.read() as session:
        assert minutes_due_of(session, [key], DECEMBER, DECEMBER) == {key: 600}
    assert service.get_commitment(ctx, who, key).signed


def test_terms_that_orders_were_counted_with_are_not_erased(ctx: Context) -> None:
    who = make.officer(ctx)
    terms: dict[str, Any] = {"order_labour_share": "40", "order_rate": "7", "order_hourly_cost": "35"}
    key = make.commitment(ctx, minutes=0, **terms)
    make.event(ctx, key, EventKind.PURCHASE_ORDER, amount_cents=5_000_000)
    sheet = service.get_commitment(ctx, who, key)
    none: dict[str, Any] = {"order_labour_share": None, "order_rate": None, "order_hourly_cost": None}
    with pytest.raises(Invalid, match="pas été modifié"):
        service.change_commitment(ctx, who, key, sheet.version, replace(sheet.input, **none))
    make.event(ctx, key, EventKind.EXEMPTION, minutes=39 * 60, effective_on=date(2026, 3, 1))
    halved = replace(sheet.input, order_rate=Decimal("3.5"))
    with pytest.raises(RuleRefused):
        service.change_commitment(ctx, who, key, sheet.version, halved)


def test_a_lot_does_not_take_the_number_of_another(ctx: Context) -> None:
    who = make.officer(ctx)
    _, (one, _two) = service.register_contract(ctx, who, contract(), [lot("1"), lot("2")])
    sheet = service.get_commitment(ctx, who, one)
    for number in ("2", ""):
        with pytest.raises(Invalid) as caught:
            service.change_commitment(ctx, who, one, sheet.version, replace(sheet.input, lot=number))
        assert set(refused(caught)) == {"lot"}


def test_a_contract_is_corrected(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    key, _ = service.register_contract(any_ctx, who, contract(), [lot()])
    service.register_contract(any_ctx, who, contract(number="TAKEN"), [lot()])
    sheet = service.get_contract(any_ctx, who, key)
    assert sheet.input == contract()
    with pytest.raises(Invalid) as caught:
        service.change_contract(any_ctx, who, key, sheet.version, contract(number="TAKEN"))
    assert "number" in refused(caught)
    service.change_contract(any_ctx, who, key, sheet.version, contract(end_on=date(2027, 6, 30), cpv="45442100-8"))
    assert service.get_contract(any_ctx, who, key).input.cpv == "45442100-8"
    with pytest.raises(Conflict):
        service.change_contract(any_ctx, who, key, sheet.version, contract())


# --- companies


def test_companies_come_and_go(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    _, (key,) = service.register_contract(any_ctx, who, contract(), [lot()])
    lead = PartyInput(PartyRole.LEAD_HOLDER, company())
    member = PartyInput(PartyRole.CO_CONTRACTOR, company("443061841", "Bois et Fils"))
    with pytest.raises(Invalid):
        service.add_party(any_ctx, who, key, member)
    lead_id = service.add_party(any_ctx, who, key, lead, liability=GroupLiability.JOINT)
    member_id = service.add_party(any_ctx, who, key, member)
    with pytest.raises(Invalid, match="pas été ajoutée"):
        service.add_party(any_ctx, who, key, member)
    with pytest.raises(RuleRefused):
        service.end_party(any_ctx, who, key, lead_id, DECEMBER)
    service.end_party(any_ctx, who, key, member_id, DECEMBER)
    again = service.add_party(any_ctx, who, key, member)
    assert again == member_id
    with any_ctx.read() as session:
        assert session.get_one(CommitmentParty, member_id).to_on is None
        assert session.get_one(Commitment, key).liability is GroupLiability.JOINT
    for party_id, day, error in ((member_id, None, Invalid), (999, DECEMBER, NotFound)):
        with pytest.raises(error):
            service.end_party(any_ctx, who, key, party_id, day)


def test_lists_to_choose_from(ctx: Context) -> None:
    who = make.officer(ctx, name="Inès Officière")
    factories.organisation(ctx, "Batibel Construction")
    assert service.list_facilitators(ctx, who) == ((who.user_id, "Inès Officière"),)
    assert "Batibel Construction" in [name for name, _ in service.known_organisations(ctx, who)]


def test_unknown_is_not_found(ctx: Context) -> None:
    who = make.officer(ctx)
    for key in (0, 1, 2**40):
        with pytest.raises(NotFound):
            service.get_commitment(ctx, who, key)
        with pytest.raises(NotFound):
            service.get_contract(ctx, who, key)
