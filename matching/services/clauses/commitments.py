"""Registering contracts and the hours committed on them: one commitment, or one a lot, never both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.due import check_new_event, refuse_if_below_zero
from matching.clauses.penalty import PenaltyTerms
from matching.clauses.rounding import Rounding
from matching.clauses.terms import EligiblePublic, EventKind, GroupLiability, PartyRole, Support
from matching.clock import PARIS
from matching.errors import Conflict, FieldError, Invalid, NotFound, Problems, RuleRefused
from matching.services.clauses.commitment_inputs import (
    CommitmentInput,
    ContractInput,
    check_commitment,
    check_contract,
    prefixed,
    tidy,
)
from matching.services.clauses.due import as_event, folds_of, order_terms
from matching.services.clauses.parties import (
    OrganisationInput,
    PartyInput,
    check_roles,
    resolve_organisation,
)
from matching.services.clauses.penalty_terms import terms_of, write_terms
from matching.services.context import Context
from matching.services.places import commune_label
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import (
    Commitment,
    CommitmentEvent,
    CommitmentParty,
    CommitmentPublic,
    CommitmentTarget,
    Contract,
    PenaltyTermsRow,
)
from matching.store.tables.organisations import Organisation
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matching.terms import Role
from matching.text import NBSP, fold

MAX_LOTS = 40
"""Lots written at once; a larger contract is written in several times."""
_REFUSED = "L’engagement n’a pas été enregistré. Quelques points sont à reprendre."


# --- reading


@dataclass(frozen=True)
class ContractSheet:
    """A contract as its form shows it. `lots`: identifier, lot and label of each commitment."""

    id: int
    version: int
    input: ContractInput
    buyer_id: int
    buyer_name: str
    lots: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class PartyLine:
    """Who holds or works a commitment; `siren` identifies the organisation, whatever its establishments."""

    id: int
    organisation_id: int
    name: str
    siren: str
    role: PartyRole
    from_on: date | None
    to_on: date | None


@dataclass(frozen=True)
class CommitmentSheet:
    """A commitment as its forms show it. `signed`: its hours are recorded, events change them from now on."""

    id: int
    version: int
    contract: ContractSheet
    input: CommitmentInput
    signed: bool
    parties: tuple[PartyLine, ...]


def get_contract(ctx: Context, actor: Actor, contract_id: int) -> ContractSheet:
    """A contract in reach; raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        return _contract_sheet(session, scope.fetch(session, actor, Contract, contract_id))


def get_commitment(ctx: Context, actor: Actor, commitment_id: int) -> CommitmentSheet:
    """A commitment in reach with everything its forms edit; raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        parties = tuple(
            PartyLine(p.id, p.organisation_id, p.organisation.name, p.organisation.siren, p.role, p.from_on, p.to_on)
            for p in row.parties
        )
        contract = _contract_sheet(session, row.contract)
        return CommitmentSheet(row.id, row.version, contract, _input_of(session, row), _signed(session, row), parties)


def list_facilitators(ctx: Context, actor: Actor) -> tuple[tuple[int, str], ...]:
    """Identifier and name of the clause officers, by name."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        query = select(UserAccount.id, UserAccount.name).where(
            UserAccount.role == Role.CLAUSE_OFFICER, UserAccount.active
        )
        return tuple((row.id, row.name) for row in session.execute(query.order_by(UserAccount.name, UserAccount.id)))


def known_organisations(ctx: Context, actor: Actor) -> tuple[tuple[str, str], ...]:
    """Name and SIREN of the first five hundred active organisations by name, to choose from while typing."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        query = select(Organisation.name, Organisation.siren).where(Organisation.active)
        rows = session.execute(query.order_by(Organisation.name_search, Organisation.id).limit(500))
        return tuple((row.name, row.siren) for row in rows)


def _contract_sheet(session: Session, row: Contract) -> ContractSheet:
    buyer = row.buyer
    wanted = ContractInput(
        support=row.support,
        buyer=OrganisationInput(row.buyer_siret or buyer.siren, buyer.name, buyer.kind),
        number=row.number,
        object=row.object,
        cpv=row.cpv,
        nature=row.nature,
        procedure=row.procedure,
        estimate_cents=row.estimate_cents,
        amount_cents=row.amount_cents,
        launched_on=row.launched_on,
        notified_on=row.notified_on,
        start_on=row.start_on,
        end_on=row.end_on,
        commune=commune_label(session, row.commune_insee),
        parent_number=session.get_one(Contract, row.parent_id).number if row.parent_id else "",
    )
    lots = tuple((one.id, one.lot, one.label) for one in row.commitments)
    return ContractSheet(row.id, row.version, wanted, buyer.id, buyer.name, lots)


def _input_of(session: Session, row: Commitment) -> CommitmentInput:
    return CommitmentInput(
        lot=row.lot,
        label=row.label,
        modality=row.modality,
        sector=row.sector,
        commune=commune_label(session, row.commune_insee),
        window_from=row.window_from,
        window_to=row.window_to,
        amount_cents=row.amount_cents,
        required_minutes=row.required_minutes,
        promised_minutes=row.promised_minutes,
        order_labour_share=_decimal(row.order_labour_share),
        order_rate=_decimal(row.order_rate),
        order_hourly_cost=_decimal(row.order_hourly_cost),
        order_rounding=Rounding(row.order_rounding) if row.order_rounding else Rounding.NONE,
        sizing_working=row.sizing_working,
        sizing_rounding=row.sizing_rounding,
        facilitator_id=row.facilitator_id,
        liability=row.liability,
        publics=tuple(public for public in EligiblePublic if public in {item.public for item in row.publics}),
        targets={item.target: item.percent for item in row.targets},
        training=row.training,
        training_cap_percent=row.training_cap_percent,
        evidence_required=row.evidence_required,
        penalty=terms_of(row.penalty),
    )


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _signed(session: Session, row: Commitment) -> bool:
    query = select(CommitmentEvent.id).where(CommitmentEvent.commitment_id == row.id)
    return session.execute(query.where(CommitmentEvent.kind == EventKind.INITIAL).limit(1)).first() is not None


# --- registering


def register_contract(
    ctx: Context, actor: Actor, contract: ContractInput, commitments: Sequence[CommitmentInput]
) -> tuple[int, tuple[int, ...]]:
    """A contract with its commitments and their initial events, all or nothing: its id and theirs.

    Raises `Invalid`; errors of the commitment at position n have fields named `c<n>-…`.
    """
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        return write_contract(work, contract, commitments)


def write_contract(
    work: UnitOfWork, contract: ContractInput, commitments: Sequence[CommitmentInput]
) -> tuple[int, tuple[int, ...]]:
    """As `register_contract`, in a transaction already open."""
    problems = Problems()
    insee = check_contract(work.session, contract, problems)
    _check_lots([one.lot for one in commitments], (), problems)
    places = _check_all(work.session, commitments, problems)
    problems.raise_if_any(_REFUSED)
    row = _add_contract(work, contract, insee)
    return row.id, _add_all(work, row, commitments, places)


def add_commitments(
    ctx: Context, actor: Actor, contract_id: int, commitments: Sequence[CommitmentInput]
) -> tuple[int, ...]:
    """Add lots to a contract already registered; their identifiers."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        return write_lots(work, scope.fetch(work.session, actor, Contract, contract_id), commitments)


def write_lots(work: UnitOfWork, row: Contract, commitments: Sequence[CommitmentInput]) -> tuple[int, ...]:
    """As `add_commitments`, in a transaction already open."""
    present = select(Commitment.lot).where(Commitment.contract_id == row.id)
    problems = Problems()
    _check_lots([one.lot for one in commitments], work.session.execute(present).scalars(), problems)
    places = _check_all(work.session, commitments, problems)
    problems.raise_if_any(_REFUSED)
    return _add_all(work, row, commitments, places)


def review(
    ctx: Context,
    actor: Actor,
    contract: ContractInput | None,
    commitments: Sequence[CommitmentInput],
    contract_id: int | None = None,
) -> tuple[FieldError, ...]:
    """What registering would refuse at first sight; nothing is written. For a form of which a part cannot be read."""
    require(actor, Permission.READ_CLAUSES)
    problems = Problems()
    with ctx.read() as session:
        present: list[str] = []
        if contract is not None:
            check_contract(session, contract, problems)
        elif contract_id is not None:
            present = [one.lot for one in scope.fetch(session, actor, Contract, contract_id).commitments]
        _check_lots([one.lot for one in commitments], present, problems)
        _check_all(session, commitments, problems)
    return tuple(problems.errors)


def _check_all(session: Session, commitments: Sequence[CommitmentInput], problems: Problems) -> list[str | None]:
    places: list[str | None] = []
    if not commitments:
        problems.add("lots", "Un contrat porte au moins un engagement. Ajoutez-en un.")
    if len(commitments) > MAX_LOTS:
        problems.add("lots", f"Enregistrez {MAX_LOTS} lots au plus à la fois, puis ajoutez les autres au contrat.")
    for position, wanted in enumerate(commitments):
        own = Problems()
        places.append(check_commitment(session, wanted, own))
        prefixed(problems, f"c{position}-", own)
    return places


def _check_lots(new: Iterable[str], present: Iterable[str], problems: Problems) -> None:
    """Hours are counted once: on the contract as a whole, or on its lots."""
    there = {tidy(lot) for lot in present}
    for position, lot in enumerate(tidy(text) for text in new):
        field = f"c{position}-lot"
        if lot in there and lot:
            problems.add(field, f"Le lot {lot} est déjà enregistré sur ce contrat. Donnez un autre numéro.", lot)
        elif there and not lot:
            what = "déjà enregistré pour l’ensemble" if "" in there else "compté par lots"
            message = f"Ce contrat est {what}{NBSP}: sans numéro de lot, ses heures compteraient deux fois."
            problems.add(field, f"{message} Indiquez le numéro du lot, ou modifiez l’engagement existant.")
        elif "" in there:
            problems.add(
                field,
                "Ce contrat porte déjà un engagement pour l’ensemble\u00a0: compter aussi un lot compterait deux fois "
                "les mêmes heures. Donnez d’abord un numéro de lot à cet engagement.",
                lot,
            )
        there.add(lot)


def _add_contract(work: UnitOfWork, wanted: ContractInput, insee: str | None) -> Contract:
    found = resolve_organisation(work, wanted.buyer, "buyer")
    number = tidy(wanted.number)
    refuse_known_number(work.session, found.row, number)
    assert wanted.support is not None  # checked before
    row = Contract(support=wanted.support, buyer_id=found.row.id, number=number, created_at=work.at)
    _fill_contract(row, wanted, insee, found.siret)
    row.parent_id = _framework(work.session, found.row, wanted.parent_number, 0)
    work.session.add(row)
    work.session.flush()
    work.record("contract.created", "contract", row.id, support=row.support.value, buyer=row.buyer_id, number=number)
    return row


def refuse_known_number(session: Session, buyer: Organisation, number: str, own_id: int = 0) -> None:
    """A number is unique for its buyer: raises `Invalid` naming the contract that bears it."""
    query = select(Contract).where(Contract.buyer_id == buyer.id, Contract.number == number, Contract.id != own_id)
    if (twin := session.execute(query).scalar_one_or_none()) is None:
        return
    message = (
        f"{buyer.name} a déjà un contrat {number}{NBSP}: «{NBSP}{twin.object[:120]}{NBSP}». Pour un lot de ce contrat, "
        "ouvrez-le et ajoutez le lot\u00a0; sinon, vérifiez le numéro."
    )
    raise Invalid(_REFUSED, [FieldError("number", message, number)], contract_id=twin.id)


def _framework(session: Session, buyer: Organisation, number: str, own_id: int) -> int | None:
    """The framework agreement of this buyer that bears `number`; its maximum is not spend, so nothing is due of it."""
    if not (number := tidy(number)):
        return None
    query = select(Contract.id).where(
        Contract.buyer_id == buyer.id, Contract.number == number, Contract.support == Support.FRAMEWORK_AGREEMENT
    )
    found = session.execute(query.where(Contract.id != own_id)).scalar_one_or_none()
    if found is None:
        message = f"Aucun accord-cadre {number[:40]} chez cet acheteur. Vérifiez le numéro, ou enregistrez-le d’abord."
        raise Invalid(_REFUSED, [FieldError("parent_number", message, number[:40])])
    return found


def _fill_contract(row: Contract, wanted: ContractInput, insee: str | None, siret: str) -> None:
    if siret:
        row.buyer_siret = siret
    row.object = tidy(wanted.object)
    row.object_search = fold(row.object)[:560]
    row.cpv = wanted.cpv.strip()
    row.commune_insee = insee
    for name in ("nature", "procedure", "estimate_cents", "amount_cents"):
        setattr(row, name, getattr(wanted, name))
    for name in ("launched_on", "notified_on", "start_on", "end_on"):
        setattr(row, name, getattr(wanted, name))


def _add_all(
    work: UnitOfWork, contract: Contract, commitments: Sequence[CommitmentInput], places: Sequence[str | None]
) -> tuple[int, ...]:
    keys = []
    for position, (wanted, insee) in enumerate(zip(commitments, places, strict=True)):
        try:
            keys.append(_add_commitment(work, contract, wanted, insee))
        except Invalid as error:
            problems = Problems()
            prefixed(problems, f"c{position}-", error)
            raise Invalid(_REFUSED, problems.errors, **error.data) from None
    return tuple(keys)


def _add_commitment(work: UnitOfWork, contract: Contract, wanted: CommitmentInput, insee: str | None) -> int:
    assert wanted.modality is not None  # checked before
    row = Commitment(contract_id=contract.id, lot=tidy(wanted.lot), modality=wanted.modality, created_at=work.at)
    row.sizing_working, row.sizing_rounding = wanted.sizing_working[:4000], wanted.sizing_rounding[:8]
    _fill_commitment(work, row, wanted, insee)
    work.session.add(row)
    work.session.flush()
    for position, party in enumerate(wanted.parties):
        _add_party(work, row, party, f"p{position}-number")
    work.session.flush()
    work.record(
        "commitment.created", "commitment", row.id, contract=contract.id, lot=row.lot, modality=row.modality.value
    )
    sign(work, contract, row, wanted)
    return row.id


def _fill_commitment(work: UnitOfWork, row: Commitment, wanted: CommitmentInput, insee: str | None) -> None:
    assert wanted.modality is not None  # checked before
    row.label = tidy(wanted.label)
    row.label_search = fold(row.label)[:240]
    row.modality, row.liability, row.facilitator_id = wanted.modality, wanted.liability, wanted.facilitator_id
    row.sector, row.commune_insee = wanted.sector.strip(), insee
    row.window_from, row.window_to, row.amount_cents = wanted.window_from, wanted.window_to, wanted.amount_cents
    row.order_labour_share = _text(wanted.order_labour_share)
    row.order_rate, row.order_hourly_cost = _text(wanted.order_rate), _text(wanted.order_hourly_cost)
    row.order_rounding = wanted.order_rounding.value if wanted.has_orders else None
    row.training, row.training_cap_percent = wanted.training, wanted.training_cap_percent
    row.evidence_required, row.last_action_at = wanted.evidence_required, work.at
    _fill_lists(row, wanted)


def _fill_lists(row: Commitment, wanted: CommitmentInput) -> None:
    """The rows already there are kept: deleting and adding the same key in one flush is refused by the tables."""
    publics = {item.public: item for item in row.publics}
    row.publics = [publics.get(one) or CommitmentPublic(public=one) for one in dict.fromkeys(wanted.publics)]
    targets = {item.target: item for item in row.targets}
    row.targets = [targets.get(one) or CommitmentTarget(target=one) for one in wanted.targets]
    for item in row.targets:
        item.percent = wanted.targets[item.target]
    if row.penalty is None and wanted.penalty != PenaltyTerms():
        row.penalty = PenaltyTermsRow()
    if row.penalty is not None:
        write_terms(row.penalty, wanted.penalty)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def sign(work: UnitOfWork, contract: Contract, row: Commitment, wanted: CommitmentInput) -> None:
    """Write the hours required and promised, and the initial event: what was promised is due.

    It takes effect on the day of notification, else when the lot or the contract begins.
    """
    row.required_minutes, row.promised_minutes = wanted.required_minutes, wanted.promised_minutes
    effective_on = contract.notified_on or row.window_from or contract.start_on
    if effective_on is None:
        message = (
            "Indiquez au moins la date de notification, ou le début des travaux\u00a0: les heures sont dues de ce jour."
        )
        raise Invalid(_REFUSED, [FieldError("window_from", message)])
    event = CommitmentEvent(
        commitment_id=row.id,
        kind=EventKind.INITIAL,
        effective_on=effective_on,
        recorded_on=_day(work),
        recorded_at=work.at,
        by_id=work.actor_id,
        minutes=wanted.signed_minutes,
    )
    fold_ = folds_of(work.session, [row.id])[row.id]
    check_new_event(fold_.events, as_event(event), fold_.terms)
    work.session.add(event)
    work.session.flush()
    work.record(
        "commitment.event_recorded",
        "commitment_event",
        event.id,
        commitment=row.id,
        kind=event.kind.value,
        minutes=wanted.signed_minutes,
        effective_on=effective_on.isoformat(),
    )


def _day(work: UnitOfWork) -> date:
    """The day of the transaction, in France."""
    return work.at.astimezone(PARIS).date()


# --- editing


def change_contract(ctx: Context, actor: Actor, contract_id: int, version: int, wanted: ContractInput) -> None:
    """Correct a contract; its lots keep their history. Raises `Conflict` when somebody changed it meanwhile."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Contract, contract_id)
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        problems = Problems()
        insee = check_contract(work.session, wanted, problems)
        problems.raise_if_any("Le contrat n’a pas été modifié.")
        found = resolve_organisation(work, wanted.buyer, "buyer")
        number = tidy(wanted.number)
        refuse_known_number(work.session, found.row, number, row.id)
        assert wanted.support is not None  # checked before
        row.support, row.buyer_id, row.number = wanted.support, found.row.id, number
        _fill_contract(row, wanted, insee, found.siret)
        row.parent_id = _framework(work.session, found.row, wanted.parent_number, row.id)
        work.session.flush()
        _refuse_broken_history(work.session, [one.id for one in row.commitments])
        work.record("contract.changed", "contract", row.id, buyer=row.buyer_id, number=number)


def change_commitment(ctx: Context, actor: Actor, commitment_id: int, version: int, wanted: CommitmentInput) -> None:
    """Correct what a commitment says of itself; hours already signed change by events only.

    Companies are changed by `add_party` and `end_party`. Raises `Conflict` when somebody changed it meanwhile.
    """
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        signed = _signed(work.session, row)
        problems = Problems()
        insee = check_commitment(work.session, _with_parties(row, wanted), problems, sign=not signed)
        others = [one.lot for one in row.contract.commitments if one.id != row.id]
        own = Problems()
        _check_lots([wanted.lot], others, own)
        problems.errors.extend(FieldError("lot", item.message, item.value) for item in own.errors)
        problems.raise_if_any("L’engagement n’a pas été modifié.")
        before = (row.order_labour_share, row.order_rate, row.order_hourly_cost, row.order_rounding)
        row.lot = tidy(wanted.lot)
        _fill_commitment(work, row, wanted, insee)
        after = (row.order_labour_share, row.order_rate, row.order_hourly_cost, row.order_rounding)
        if before != after:
            _check_new_order_terms(work.session, row)
        work.session.flush()
        if not signed:
            sign(work, row.contract, row, wanted)
        _refuse_broken_history(work.session, [row.id])
        work.record("commitment.changed", "commitment", row.id, lot=row.lot, modality=row.modality.value)


def _with_parties(row: Commitment, wanted: CommitmentInput) -> CommitmentInput:
    present = tuple(
        PartyInput(party.role, OrganisationInput(party.organisation.siren, accept_key=True))
        for party in row.parties
        if not party.to_on
    )
    return replace(wanted, parties=present)


def _check_new_order_terms(session: Session, row: Commitment) -> None:
    """The terms that orders were counted with are a part of the history: they are corrected, never taken away."""
    kept = order_terms(row.order_labour_share, row.order_rate, row.order_hourly_cost, row.order_rounding)
    query = select(CommitmentEvent.id).where(
        CommitmentEvent.commitment_id == row.id,
        CommitmentEvent.kind == EventKind.PURCHASE_ORDER,
        CommitmentEvent.amount_cents.is_not(None),
    )
    if kept is None and session.execute(query.limit(1)).first() is not None:
        message = "Des bons de commande sont déjà comptés avec ces chiffres\u00a0: corrigez-les, sans les effacer."
        raise Invalid("L’engagement n’a pas été modifié.", [FieldError("order_hourly_cost", message)])


def _refuse_broken_history(session: Session, commitment_ids: Iterable[int]) -> None:
    for fold_ in folds_of(session, commitment_ids).values():
        refuse_if_below_zero(fold_.events, fold_.terms)


# --- holders, group, subcontractors


def add_party(
    ctx: Context,
    actor: Actor,
    commitment_id: int,
    party: PartyInput,
    *,
    liability: GroupLiability | None = None,
    from_on: date | None = None,
) -> int:
    """Add a holder, a member of the group or a subcontractor; `liability` is written when given. Its id.

    The hours stay the commitment's: a group's are counted once.
    """
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        roles = [one.role for one in row.parties if not one.to_on] + [party.role]
        problems = Problems()
        check_roles(roles, (liability or row.liability) is not None, "role", problems)
        problems.raise_if_any("L’entreprise n’a pas été ajoutée.")
        added = _add_party(work, row, party, "number", from_on)
        row.liability = liability or row.liability
        row.last_action_at = work.at
        work.session.flush()
        work.record(
            "commitment.parties_changed",
            "commitment",
            row.id,
            organisation=added.organisation_id,
            role=party.role.value,
        )
    return added.id


def _add_party(
    work: UnitOfWork, row: Commitment, party: PartyInput, field: str, from_on: date | None = None
) -> CommitmentParty:
    found = resolve_organisation(work, party.organisation, field).row
    query = select(CommitmentParty).where(
        CommitmentParty.commitment_id == row.id,
        CommitmentParty.organisation_id == found.id,
        CommitmentParty.role == party.role,
    )
    known = work.session.execute(query).scalar_one_or_none()
    if known is not None and known.to_on is None:
        message = f"{found.name} est déjà là comme {party.role.label.lower()}. Choisissez une autre entreprise."
        raise Invalid("L’entreprise n’a pas été ajoutée.", [FieldError(field, message)])
    if known is not None:
        known.to_on = None
        return known
    added = CommitmentParty(commitment_id=row.id, organisation_id=found.id, role=party.role, from_on=from_on)
    work.session.add(added)
    work.session.flush()
    return added


def end_party(ctx: Context, actor: Actor, commitment_id: int, party_id: int, to_on: date | None) -> None:
    """Say that a company left on a day (included); its declarations and hours stay."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        party = next((one for one in row.parties if one.id == party_id), None)
        if party is None:
            raise NotFound()
        problems = Problems()
        if to_on is None:
            problems.add("to_on", "Indiquez le dernier jour de cette entreprise sur le lot.")
        elif party.from_on and to_on < party.from_on:
            problems.add("to_on", "Ce jour précède son arrivée sur le lot. Corrigez la date.")
        problems.raise_if_any("Rien n’a été changé.")
        members = {PartyRole.CO_CONTRACTOR} & {one.role for one in row.parties if not one.to_on and one is not party}
        if party.role is PartyRole.LEAD_HOLDER and members:
            raise RuleRefused(
                "Un groupement garde un mandataire tant qu’il a des cotraitants. Retirez-les d’abord, ou indiquez le "
                "nouveau mandataire juste après leur départ."
            )
        party.to_on = to_on
        row.last_action_at = work.at
        work.record(
            "commitment.parties_changed",
            "commitment",
            row.id,
            organisation=party.organisation_id,
            role=party.role.value,
            to_on=to_on.isoformat() if to_on else None,
        )
