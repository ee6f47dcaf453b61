"""The register of L2112-2-1 and the SPASER's indicators over the contracts of a buyer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.registers import (
    ContractFacts,
    Indicator,
    Obligation,
    ObligationState,
    considerations_of,
    obligation,
    spaser_indicators,
)
from matching.clauses.terms import BuyerCategory, Modality, NoConditionGround, PurchaseNature, Support
from matching.errors import Conflict, Invalid, Problems
from matching.reference.legal import amount_on
from matching.reference.model import LegalParameter as LegalAmount
from matching.services.clauses.documents import HOLDING
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.organisations import Organisation
from matching.store.tables.reference import LegalParameter
from matching.store.unit_of_work import CHANGED_MEANWHILE
from matching.terms import Known, OrganisationKind

_SIAE = frozenset(
    {
        OrganisationKind.EI, OrganisationKind.ETTI, OrganisationKind.AI, OrganisationKind.ACI, OrganisationKind.EITI,
    }
)  # fmt: skip
_ADAPTED = frozenset({OrganisationKind.EA, OrganisationKind.EATT, OrganisationKind.ESAT})
_CLAUSE = "clause"
_PUBLISHED = {_CLAUSE: 0, "criterion": 1, "reserved": 2}
LONGEST_NOTE = 2000


@dataclass(frozen=True)
class RegisterLine:
    """A contract of the register: what is known of it, what the law asks, what to do. `commitments`: how many here."""

    contract_id: int
    version: int
    number: str
    object: str
    buyer: str
    source: str
    facts: ContractFacts
    obligation: Obligation
    note: str
    commitments: int


@dataclass(frozen=True)
class Register:
    """The contracts concerned, those to act upon first. `counts` is over all of them, whatever is shown."""

    lines: tuple[RegisterLine, ...]
    counts: dict[ObligationState, int]


@dataclass(frozen=True)
class Spaser:
    """The indicators of a year; `reference` is the PNAD's share in percent, `undated` contracts of no known year."""

    year: int
    buyer: str
    indicators: tuple[Indicator, ...]
    reference: Decimal | None
    threshold_cents: int | None
    undated: int

    @property
    def compulsory(self) -> Known:
        """Whether the purchases of the year pass the SPASER's threshold: known only when they do."""
        if self.threshold_cents is None or not self.indicators:
            return Known.UNKNOWN
        return Known.YES if self.indicators[0].of_cents > self.threshold_cents else Known.UNKNOWN


def read_register(
    ctx: Context, actor: Actor, buyer_id: int | None = None, state: ObligationState | None = None
) -> Register:
    """Contracts of one buyer, or of all, that L2112-2-1 concerns or may concern."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        parameters = legal_amounts(session)
        lines = [_line(found, parameters) for found in _contracts(session, buyer_id)]
    concerned = [line for line in lines if line.obligation.state is not ObligationState.NOT_CONCERNED]
    counts = {one: sum(line.obligation.state is one for line in concerned) for one in _URGENT}
    shown = [line for line in concerned if state is None or line.obligation.state is state]
    shown.sort(key=lambda line: (_URGENT.index(line.obligation.state), line.buyer, line.number))
    return Register(tuple(shown), counts)


def read_register_line(ctx: Context, actor: Actor, contract_id: int) -> RegisterLine:
    """One contract, concerned or not, as the form to complete it shows it. Raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = scope.fetch(session, actor, Contract, contract_id)
        (found,) = _contracts(session, row.buyer_id, contract_id)
        return _line(found, legal_amounts(session))


def _line(found: _Found, parameters: list[LegalAmount]) -> RegisterLine:
    row = found.row
    return RegisterLine(
        row.id, row.version, row.number, row.object, found.buyer, row.source, found.facts,
        obligation(found.facts, parameters), row.no_condition_note or "", found.commitments,
    )  # fmt: skip


_URGENT = (
    ObligationState.MISSING,
    ObligationState.TO_COMPLETE,
    ObligationState.WITH_GROUND,
    ObligationState.WITH_CONDITION,
)


@dataclass(frozen=True)
class Completion:
    """What the register asks of a contract; None leaves unknown.

    `condition`: whether it carries a social condition, for a contract that no commitment says; unknown changes nothing.
    """

    launched_on: date | None
    estimate_cents: int | None
    category: BuyerCategory | None
    nature: PurchaseNature | None
    ground: NoConditionGround | None
    note: str = ""
    condition: Known = Known.UNKNOWN


def complete_contract(ctx: Context, actor: Actor, contract_id: int, version: int, typed: Completion) -> None:
    """Write what the register lacks of a contract, and why it carries no condition when it carries none."""
    require(actor, Permission.EDIT_CLAUSES)
    problems = Problems()
    if typed.estimate_cents is not None and not 0 < typed.estimate_cents <= 10**12:
        problems.add("estimate_cents", "Écrivez l’estimation du besoin en euros, de 1 € à 10 milliards.")
    if typed.launched_on is not None and not 2000 <= typed.launched_on.year <= ctx.clock.today().year + 1:
        problems.add("launched_on", "L’année de cette date paraît fausse. Écrivez une date comme 09/06/2026.")
    if len(typed.note) > LONGEST_NOTE:
        problems.add("note", f"Raccourcissez ce texte : {LONGEST_NOTE} caractères au plus.")
    problems.raise_if_any("Rien n’a été enregistré.")
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Contract, contract_id)
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        row.launched_on, row.estimate_cents = typed.launched_on, typed.estimate_cents
        row.buyer_category, row.nature = typed.category, typed.nature
        row.no_condition_ground, row.no_condition_note = typed.ground, typed.note.strip() or None
        if typed.condition is not Known.UNKNOWN:
            row.social = _with_condition(row.social, typed.condition)
        work.record(
            "contract.register_completed", "contract", row.id, note=typed.note.strip(),
            ground=typed.ground.value if typed.ground else None, condition=typed.condition.value,
        )  # fmt: skip


def _with_condition(social: str | None, condition: Known) -> str:
    """The considerations said of a contract, with or without the condition; `none` when there are none."""
    codes = set((social or "").split(",")) - {"", "none", _CLAUSE}
    if condition is Known.YES:
        codes.add(_CLAUSE)
    return ",".join(sorted(codes)) or "none"


def read_spaser(ctx: Context, actor: Actor, buyer_id: int, year: int) -> Spaser:
    """The indicators over the contracts notified in `year`, whatever brought them here."""
    require(actor, Permission.READ_CLAUSES)
    if not 2000 <= year <= ctx.clock.today().year:
        raise Invalid(f"Écrivez une année de 2000 à {ctx.clock.today().year}.")
    with ctx.read() as session:
        parameters = legal_amounts(session)
        found = _contracts(session, buyer_id)
        buyer = session.get(Organisation, buyer_id)
    of_year = [one.facts for one in found if one.facts.notified_on and one.facts.notified_on.year == year]
    share = amount_on(parameters, "pnad_social_share", date(year, 12, 31))
    threshold = amount_on(parameters, "spaser_threshold", date(year, 12, 31))
    return Spaser(
        year,
        buyer.name if buyer else "",
        spaser_indicators(of_year),
        Decimal(share.amount) if share else None,
        int(Decimal(threshold.amount) * 100) if threshold else None,
        sum(one.facts.notified_on is None for one in found),
    )


def buyers_of_contracts(ctx: Context, actor: Actor) -> tuple[tuple[int, str, int], ...]:
    """Buyers with contracts here: id, name, how many; the one with most first."""
    require(actor, Permission.READ_CLAUSES)
    query = (
        select(Organisation.id, Organisation.name, func.count(Contract.id).label("contracts"))
        .join(Contract, Contract.buyer_id == Organisation.id)
        .group_by(Organisation.id, Organisation.name)
        .order_by(func.count(Contract.id).desc(), Organisation.name)
    )
    with ctx.read() as session:
        return tuple((row.id, row.name, int(row.contracts)) for row in session.execute(query))


def legal_amounts(session: Session) -> list[LegalAmount]:
    """The dated amounts as the rules read them."""
    rows = session.execute(select(LegalParameter)).scalars()
    return [
        LegalAmount(
            code=row.code,
            valid_from=row.valid_from,
            amount=Decimal(row.amount),
            unit=row.unit,
            label=row.code,
            source=row.source,
            to_check=row.to_check,
        )
        for row in rows
    ]


# --- facts of contracts ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    row: Any
    buyer: str
    facts: ContractFacts
    commitments: int


def _contracts(session: Session, buyer_id: int | None, contract_id: int | None = None) -> list[_Found]:
    """Columns and not objects: a buyer may have published tens of thousands of contracts."""
    columns = [getattr(Contract, name) for name in _READ]
    query = select(*columns, Organisation.name.label("buyer"), Organisation.kind.label("buyer_kind"))
    query = query.join(Organisation, Organisation.id == Contract.buyer_id)
    if buyer_id is not None:
        query = query.where(Contract.buyer_id == buyer_id)
    if contract_id is not None:
        query = query.where(Contract.id == contract_id)
    rows = session.execute(query.order_by(Contract.id)).all()
    modalities, kinds, parties = _modalities(session, buyer_id), _kinds(session), _parties(session, buyer_id)
    return [
        _Found(
            row, row.buyer,
            _facts(row, row.buyer_kind, modalities.get(row.id, []), [*_holders(row, kinds), *parties.get(row.id, [])]),
            len(modalities.get(row.id, [])),
        )
        for row in rows
    ]  # fmt: skip


_READ = (
    "id", "version", "number", "object", "source", "support", "buyer_category", "nature", "launched_on", "notified_on",
    "estimate_cents", "amount_cents", "no_condition_ground", "no_condition_note", "social", "holders",
)  # fmt: skip


def _modalities(session: Session, buyer_id: int | None) -> dict[int, list[Modality]]:
    query = select(Commitment.contract_id, Commitment.modality)
    if buyer_id is not None:
        query = query.join(Contract, Contract.id == Commitment.contract_id).where(Contract.buyer_id == buyer_id)
    found: dict[int, list[Modality]] = defaultdict(list)
    for row in session.execute(query):
        found[row.contract_id].append(row.modality)
    return found


def _kinds(session: Session) -> dict[str, OrganisationKind]:
    """What is known of companies that may hold a contract, by SIREN."""
    query = select(Organisation.siren, Organisation.kind).where(Organisation.kind.in_(_SIAE | _ADAPTED))
    return {row.siren: row.kind for row in session.execute(query)}


def _holders(row: Any, kinds: dict[str, OrganisationKind]) -> list[OrganisationKind | None]:
    """What each published holder is, as far as known here."""
    return [kinds.get(siret[:9]) for siret in (row.holders or "").split()]


def _parties(session: Session, buyer_id: int | None) -> dict[int, list[OrganisationKind]]:
    """What those who hold the commitments of each contract are."""
    query = (
        select(Commitment.contract_id, Organisation.kind)
        .join(CommitmentParty, CommitmentParty.commitment_id == Commitment.id)
        .join(Organisation, Organisation.id == CommitmentParty.organisation_id)
        .where(CommitmentParty.role.in_(HOLDING))
    )
    if buyer_id is not None:
        query = query.join(Contract, Contract.id == Commitment.contract_id).where(Contract.buyer_id == buyer_id)
    found: dict[int, list[OrganisationKind]] = defaultdict(list)
    for row in session.execute(query):
        found[row.contract_id].append(row.kind)
    return found


def _facts(
    row: Any, buyer: OrganisationKind, modalities: list[Modality], holders: list[OrganisationKind | None]
) -> ContractFacts:
    condition, criterion, reserved = _considerations(row, modalities)
    return ContractFacts(
        id=row.id,
        support=row.support,
        category=row.buyer_category or _category(buyer),
        nature=row.nature or (PurchaseNature.WORKS if row.support is Support.CONCESSION else None),
        launched_on=row.launched_on,
        notified_on=row.notified_on,
        estimate_cents=row.estimate_cents,
        amount_cents=row.amount_cents,
        condition=condition,
        criterion=criterion,
        reserved=reserved,
        ground=row.no_condition_ground,
        to_siae=_among(holders, _SIAE),
        to_adapted=_among(holders, _ADAPTED),
    )


def _considerations(row: Any, modalities: list[Modality]) -> tuple[Known, Known, Known]:
    """Commitments here are known; beside them, what was published; a contract that says nothing is unknown."""
    if modalities:
        return considerations_of(modalities)
    if row.social is None:
        return Known.UNKNOWN, Known.UNKNOWN, Known.UNKNOWN
    said = [Known.NO, Known.NO, Known.NO]
    for code in row.social.split(","):
        if code in _PUBLISHED:
            said[_PUBLISHED[code]] = Known.YES
    return said[0], said[1], said[2]


def _category(buyer: OrganisationKind) -> BuyerCategory | None:
    local = (OrganisationKind.DEPARTEMENT, OrganisationKind.LOCAL_AUTHORITY)
    return BuyerCategory.LOCAL_AUTHORITY if buyer in local else None


def _among(holders: list[Any], kinds: frozenset[OrganisationKind]) -> Known:
    """Yes when a holder is one of them; without any holder, unknown; a company not known here is taken as another."""
    if not holders:
        return Known.UNKNOWN
    return Known.YES if any(kind in kinds for kind in holders) else Known.NO
