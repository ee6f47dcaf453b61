"""What a buyer can publish (DECP): contracts complete for the official format, and those that lack something.

What the registry knows elsewhere is used (a framework's technique, the holders of the lots, the considerations that the
commitments say); what nobody knows is asked on a form, never made up. Amendments that nobody applied stay out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.terms import GroupLiability, Modality, PartyRole, Procedure, Support
from matching.errors import Conflict, Invalid, NotFound, Problems
from matching.exchange.decp import Amendment, Lacking, SocialConsideration, ToPublish, write_file, write_record
from matching.exchange.decp.format import IDENTIFIERS, PLACE_KINDS, fields_of, known_word, read_field, read_holders
from matching.exchange.decp.records import FIRST_YEAR, HIGHEST_CENTS, LONGEST_MONTHS, LOWEST_CENTS
from matching.exchange.decp.writing import CPV
from matching.services.clauses.decp_import import social_text
from matching.services.clauses.parties import read_number
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract, ContractAmendment
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matching.text import NBSP

PUBLISHED_SUPPORTS = (
    Support.PUBLIC_CONTRACT, Support.FRAMEWORK_AGREEMENT, Support.CALL_OFF_CONTRACT, Support.CONCESSION,
)  # fmt: skip
"""Subsidies, guarantees and private works are no public procurement."""
_BATCH = 500
_SOCIAL_OF = {
    Modality.EXECUTION_CONDITION: {SocialConsideration.CLAUSE},
    Modality.AWARD_CRITERION: {SocialConsideration.CRITERION},
    Modality.CONDITION_AND_CRITERION: {SocialConsideration.CLAUSE, SocialConsideration.CRITERION},
    Modality.RESERVED: {SocialConsideration.RESERVED},
}
"""A contract whose very object is insertion, or a voluntary commitment, says nothing of a published consideration."""
_PROCEDURES = {
    Procedure.OPEN: "Appel d'offres ouvert",
    Procedure.RESTRICTED: "Appel d'offres restreint",
    Procedure.ADAPTED: "Procédure adaptée",
    Procedure.NEGOTIATED: "Procédure avec négociation",
    Procedure.COMPETITIVE_DIALOGUE: "Dialogue compétitif",
    Procedure.WITHOUT_COMPETITION: "Marché passé sans publicité ni mise en concurrence préalable",
}
_HELD = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER, PartyRole.CO_CONTRACTOR)


@dataclass(frozen=True)
class LeftOut:
    """A contract that cannot be published yet, and what to fill in."""

    contract_id: int
    number: str
    object: str
    lacking: tuple[Lacking, ...]


@dataclass(frozen=True)
class DecpExport:
    """The official file, how many contracts it holds, those left out, and the amendments that nobody decided."""

    buyer: str
    text: str
    count: int
    left_out: tuple[LeftOut, ...]
    waiting_amendments: int

    @property
    def message(self) -> str:
        plural = "s" if self.count > 1 else ""
        said = f"{self.buyer}{NBSP}: {self.count} contrat{plural} à publier"
        if not self.left_out:
            return f"{said}."
        return f"{said}{NBSP}; {len(self.left_out)} à compléter, hors du fichier."


@dataclass(frozen=True)
class PublicationChange:
    """An amendment applied whose days the format asks."""

    id: int
    number: int | None
    notified_on: date | None
    published_on: date | None


@dataclass(frozen=True)
class PublicationInput:
    """What the form of a contract's publication holds. `fields`: values of `fields_of`, by name.

    `holders`: one a line, a SIRET, or another identifier after its kind (« TVA FR123 »). `accept_key`: numbers whose
    key does not hold are taken all the same. Amount, day and CPV count only while the contract has none that can be
    published.
    """

    buyer_siret: str = ""
    cpv: str = ""
    amount_cents: int | None = None
    notified_on: date | None = None
    published_on: date | None = None
    months: int | None = None
    place_code: str = ""
    place_kind: str = ""
    holders: str = ""
    social: frozenset[SocialConsideration] = frozenset()
    fields: Mapping[str, Any] | None = None
    accept_key: bool = False
    changes: tuple[PublicationChange, ...] = ()


@dataclass(frozen=True)
class PublicationSheet:
    """The form of a contract's publication. `known`: what its own page holds and this form does not ask again."""

    contract_id: int
    version: int
    buyer_id: int
    buyer: str
    number: str
    object: str
    concession: bool
    start_on: date | None
    end_on: date | None
    input: PublicationInput
    known: frozenset[str]
    lacking: tuple[Lacking, ...]


# --- exporting


def list_publication_buyers(ctx: Context, actor: Actor) -> tuple[tuple[int, str], ...]:
    """Identifier and name of the buyers that have contracts to publish, by name."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.read() as session:
        query = (
            select(Organisation.id, Organisation.name)
            .where(Organisation.id.in_(select(Contract.buyer_id).where(Contract.support.in_(PUBLISHED_SUPPORTS))))
            .order_by(Organisation.name_search, Organisation.id)
        )
        return tuple((row.id, row.name) for row in session.execute(query))


def prepare_export(ctx: Context, actor: Actor, buyer_id: int, year: int | None = None) -> DecpExport:
    """The official file of a buyer's contracts, those notified in `year` when given. Nothing is written.

    Contracts without a known day of notification are always looked at: nobody forgets them. Raises `NotFound`.
    """
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.read() as session:
        buyer = session.get(Organisation, buyer_id) if 0 < buyer_id < 2**31 else None
        if buyer is None:
            raise NotFound()
        return _export(session, actor, buyer, year)


def export_decp(ctx: Context, actor: Actor, buyer_id: int, year: int | None = None) -> DecpExport:
    """As `prepare_export`, and the trail says that the file was taken."""
    found = prepare_export(ctx, actor, buyer_id, year)
    with ctx.write(actor) as work:
        work.record(
            "decp.exported", "organisation", buyer_id, count=found.count, left_out=len(found.left_out), year=year
        )
    return found


def buyer_of(ctx: Context, actor: Actor, number: str) -> int:
    """The buyer of a SIRET or a SIREN, whatever its key. Raises `Invalid`."""
    require(actor, Permission.EDIT_CLAUSES)
    siren = read_number(number, True, "buyer")[:9]
    with ctx.read() as session:
        found = session.execute(select(Organisation.id).where(Organisation.siren == siren)).scalar_one_or_none()
    if found is None:
        raise Invalid(f"Aucun acheteur connu ici n’a le SIREN {siren}. Vérifiez le numéro, ou importez ses marchés.")
    return found


def _export(session: Session, actor: Actor, buyer: Organisation, year: int | None) -> DecpExport:
    where = [
        Contract.buyer_id == buyer.id,
        Contract.support.in_(PUBLISHED_SUPPORTS),
        scope.contracts(actor),
    ]
    if year is not None:
        if not FIRST_YEAR <= year <= 2150:
            raise Invalid(f"L’année {year} n’est pas vraisemblable. Écrivez une année comme 2026.")
        inside = and_(Contract.notified_on >= date(year, 1, 1), Contract.notified_on <= date(year, 12, 31))
        where.append(or_(inside, Contract.notified_on.is_(None)))
    left: list[LeftOut] = []

    def complete() -> Iterator[tuple[bool, dict[str, Any]]]:
        for row, one in _to_publish(session, where):
            record, lacking = write_record(one)
            if record is None:
                left.append(LeftOut(row.id, row.number, row.object, lacking))
            else:
                yield one.concession, record

    file = io.StringIO()
    count = write_file(complete(), file)
    waiting = (
        select(func.count(ContractAmendment.id)).join(Contract).where(*where, ContractAmendment.state == "proposed")
    )
    return DecpExport(buyer.name, file.getvalue(), count, tuple(left), session.execute(waiting).scalar_one())


def _to_publish(session: Session, where: list[ColumnElement[bool]]) -> Iterator[tuple[Contract, ToPublish]]:
    """The contracts in a fixed order, with everything the registry knows of them."""
    order = (Contract.notified_on.is_(None), Contract.notified_on, Contract.number, Contract.id)
    keys = list(session.execute(select(Contract.id).where(*where).order_by(*order)).scalars())
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        rows = {row.id: row for row in session.execute(select(Contract).where(Contract.id.in_(batch))).scalars()}
        known = _Known(session, rows)
        for key in batch:
            yield rows[key], _one(rows[key], known)
        session.expunge_all()  # fifty thousand contracts need not be held at once


class _Known:
    """What other tables say of a batch of contracts."""

    def __init__(self, session: Session, rows: Mapping[int, Contract]) -> None:
        self.buyers = _sirets(session, {row.buyer_id for row in rows.values()})
        parents = {row.parent_id for row in rows.values() if row.parent_id}
        query = select(Contract.id, Contract.number).where(Contract.id.in_(parents))
        self.parents: dict[int, str] = {row.id: row.number for row in session.execute(query)}
        self.commitments: dict[int, list[Any]] = {}
        columns = (Commitment.id, Commitment.contract_id, Commitment.modality, Commitment.liability)
        for one in session.execute(select(*columns).where(Commitment.contract_id.in_(rows)).order_by(Commitment.id)):
            self.commitments.setdefault(one.contract_id, []).append(one)
        self.holders = self._holders(session)
        self.amendments: dict[int, list[ContractAmendment]] = {}
        applied = select(ContractAmendment).where(
            ContractAmendment.contract_id.in_(rows), ContractAmendment.state == "applied"
        )
        for row in session.execute(applied).scalars():
            self.amendments.setdefault(row.contract_id, []).append(row)
        for group in self.amendments.values():
            group.sort(key=lambda row: (row.notified_on or date.max, row.number or 0, row.id))

    def _holders(self, session: Session) -> dict[int, tuple[tuple[PartyRole, int], ...]]:
        """Of each commitment: who held it first, a group with its members."""
        keys = [one.id for group in self.commitments.values() for one in group]
        query = select(CommitmentParty.commitment_id, CommitmentParty.role, CommitmentParty.organisation_id).where(
            CommitmentParty.commitment_id.in_(keys), CommitmentParty.role.in_(_HELD)
        )
        found: dict[int, list[tuple[PartyRole, int]]] = {}
        for row in session.execute(query.order_by(CommitmentParty.id)):
            found.setdefault(row.commitment_id, []).append((row.role, row.organisation_id))
        self.sirets = _sirets(session, {org for group in found.values() for _, org in group})
        return {key: tuple(group) for key, group in found.items()}


def _sirets(session: Session, organisations: Iterable[int]) -> dict[int, str]:
    """The SIRET of organisations that have only one: with several, nobody knows which."""
    query = (
        select(Establishment.organisation_id, func.min(Establishment.siret).label("siret"))
        .where(Establishment.organisation_id.in_(set(organisations)))
        .group_by(Establishment.organisation_id)
        .having(func.count(Establishment.id) == 1)
    )
    return {row.organisation_id: row.siret for row in session.execute(query)}


def _one(row: Contract, known: _Known) -> ToPublish:
    lots = known.commitments.get(row.id, [])
    published: dict[str, Any] = json.loads(row.publication) if row.publication else {}
    place = (row.place_code or "", row.place_kind or "")
    if not row.place_code and row.commune_insee:
        place = (row.commune_insee, "Code commune")
    return ToPublish(
        id=row.number,
        buyer_siret=row.buyer_siret or known.buyers.get(row.buyer_id, ""),
        concession=row.support is Support.CONCESSION,
        object=row.object,
        cpv=row.cpv,
        amount_cents=row.amount_cents,
        months=row.months,
        notified_on=row.notified_on,
        published_on=row.published_on,
        place_code=place[0],
        place_kind=place[1],
        holders=tuple((row.holders or "").split()) or _holders_of(lots, known),
        social=_social_of(row.social, lots),
        amendments=tuple(
            Amendment(one.number, one.notified_on, one.amount_cents, one.months, tuple(one.holders.split()),
                      one.published_on)
            for one in known.amendments.get(row.id, [])
        ),
        publication={**_implied(row, lots, known), **published},
    )  # fmt: skip


def _holders_of(lots: list[Any], known: _Known) -> tuple[str, ...]:
    """The SIRETs of the holder, or of the group. Lots held by different companies are not one contract to publish."""
    groups = {tuple(org for _, org in known.holders.get(one.id, ())) for one in lots}
    if len(groups) != 1:
        return ()
    sirets = tuple(known.sirets.get(org, "") for org in groups.pop())
    return sirets if all(sirets) else ()


def _social_of(text: str | None, lots: list[Any]) -> frozenset[SocialConsideration] | None:
    if text:
        return frozenset(SocialConsideration(code) for code in text.split(","))
    found = [_SOCIAL_OF.get(one.modality, set()) for one in lots]
    return frozenset().union(*found) or None if all(found) else None


def _implied(row: Contract, lots: list[Any], known: _Known) -> dict[str, Any]:
    """Fields that other columns say; what was published or typed comes before."""
    found: dict[str, Any] = {}
    if row.support is Support.CONCESSION:
        return found
    if row.procedure:
        found["procedure"] = _PROCEDURES[row.procedure]
    if row.support is Support.FRAMEWORK_AGREEMENT:
        found["techniques"] = {"technique": ["Accord-cadre"]}
    if row.parent_id and row.support is Support.CALL_OFF_CONTRACT:
        found["idAccordCadre"] = known.parents[row.parent_id]
    kinds = {_group_of(one, known) for one in lots}
    if len(kinds) == 1 and (kind := kinds.pop()):
        found["typeGroupementOperateurs"] = kind
    return found


def _group_of(one: Any, known: _Known) -> str:
    if one.liability:
        return "Conjoint" if one.liability is GroupLiability.JOINT else "Solidaire"
    roles = [role for role, _ in known.holders.get(one.id, ())]
    return "Pas de groupement" if roles == [PartyRole.HOLDER] else ""


# --- completing


def get_publication(ctx: Context, actor: Actor, contract_id: int) -> PublicationSheet:
    """What is published of a contract and what it still lacks. Raises `NotFound`, also for what is never published."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.read() as session:
        row = _fetch(session, actor, contract_id)
        known = _Known(session, {row.id: row})
        one = _one(row, known)
        lacking = write_record(one)[1]
        kept = {name for name in ("cpv", "amount_cents", "notified_on") if getattr(row, name) not in (None, "")}
        kept -= {item.field for item in lacking}
        return PublicationSheet(
            contract_id=row.id,
            version=row.version,
            buyer_id=row.buyer_id,
            buyer=row.buyer.name,
            number=row.number,
            object=row.object,
            concession=one.concession,
            start_on=row.start_on,
            end_on=row.end_on,
            input=_input_of(one, known.amendments.get(row.id, [])),
            known=frozenset(kept),
            lacking=lacking,
        )


def _fetch(session: Session, actor: Actor, contract_id: int) -> Contract:
    row = scope.fetch(session, actor, Contract, contract_id)
    if row.support not in PUBLISHED_SUPPORTS:
        raise NotFound()
    return row


def _input_of(one: ToPublish, amendments: list[ContractAmendment]) -> PublicationInput:
    raw = one.publication.get("titulaires")
    holders = read_holders(raw) if raw else None
    lines = [f"{item['typeIdentifiant']} {item['id']}" for item in holders or ()] or list(one.holders)
    values = {field.name: read_field(field, one.publication.get(field.name)) for field in fields_of(one.concession)}
    return PublicationInput(
        buyer_siret=one.buyer_siret,
        cpv=one.cpv,
        amount_cents=one.amount_cents,
        notified_on=one.notified_on,
        published_on=one.published_on,
        months=one.months,
        place_code=one.place_code,
        place_kind=known_word(one.place_kind, PLACE_KINDS) or "",
        holders="\n".join(line.removeprefix("SIRET ") for line in lines),
        social=one.social or frozenset(),
        fields={name: value for name, value in values.items() if value is not None},
        changes=tuple(
            PublicationChange(row.id, row.number, row.notified_on, row.published_on)
            for row in amendments
            if row.notified_on is None or row.published_on is None
        ),
    )


def save_publication(
    ctx: Context, actor: Actor, contract_id: int, version: int, wanted: PublicationInput
) -> tuple[Lacking, ...]:
    """Keep what was filled in; what is still lacking. A field left empty stays unknown.

    Raises `Invalid` (fields of the form), `Conflict` when somebody changed the contract meanwhile.
    """
    require(actor, Permission.EDIT_CLAUSES)
    problems = Problems()
    with ctx.write(actor) as work:
        row = _fetch(work.session, actor, contract_id)
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        asked = {item.field for item in write_record(_one(row, _Known(work.session, {row.id: row})))[1]}
        wanted = replace(wanted, buyer_siret=_buyer_siret(row, wanted, problems))
        _check(wanted, problems)
        holders = _read_holders(wanted, problems)
        published = _fields(row, wanted, problems)
        problems.raise_if_any()
        _fill(row, wanted, holders, published, asked)
        _date_changes(work, row, wanted)
        work.session.flush()
        lacking = write_record(_one(row, _Known(work.session, {row.id: row})))[1]
        work.record("decp.completed", "contract", row.id, lacking=len(lacking))
        return lacking


def _buyer_siret(row: Contract, wanted: PublicationInput, problems: Problems) -> str:
    digits = _number(wanted.buyer_siret, wanted.accept_key, "buyer_siret", problems)
    if digits and digits[:9] != row.buyer.siren:
        problems.add("buyer_siret", f"Ce SIRET n’est pas de cet acheteur, dont le SIREN est {row.buyer.siren}.")
    return digits


def _check(wanted: PublicationInput, problems: Problems) -> None:
    if wanted.months is not None and not 1 <= wanted.months <= LONGEST_MONTHS:
        problems.add("months", f"Écrivez une durée de 1 à {LONGEST_MONTHS} mois.")
    for name, day in (("published_on", wanted.published_on), ("notified_on", wanted.notified_on)):
        if day is not None and not FIRST_YEAR <= day.year <= 2100:
            problems.add(name, "L’année de cette date paraît fausse. Écrivez une date comme 09/06/2026.")
    if wanted.amount_cents is not None and not LOWEST_CENTS <= wanted.amount_cents <= HIGHEST_CENTS:
        problems.add("amount_cents", "Écrivez un montant de 1 € à 10 milliards d’euros.")
    if wanted.cpv and not CPV.fullmatch("".join(wanted.cpv.split())):
        problems.add("cpv", "Un code CPV a huit chiffres, comme 45442100.")
    if wanted.place_code and not wanted.place_kind:
        problems.add("place_kind", "Dites ce que désigne ce code : une commune, un département…")
    if len(wanted.place_code) > 8 or not (wanted.place_code or "0").isalnum():
        problems.add("place_code", "Écrivez un code comme 44109, sans espace.")
    if SocialConsideration.NONE in wanted.social and len(wanted.social) > 1:
        problems.add("social", "« Pas de considération sociale » ne va pas avec une autre. Retirez l’une des deux.")


def _read_holders(wanted: PublicationInput, problems: Problems) -> list[dict[str, str]]:
    found = []
    for line in wanted.holders.splitlines():
        kind, _, rest = line.strip().partition(" ")
        if kind.upper() in IDENTIFIERS and kind.upper() != "SIRET":
            found.append({"typeIdentifiant": kind.upper(), "id": "".join(rest.split())[:60]})
            if not found[-1]["id"]:
                problems.add("holders", f"Écrivez l’identifiant après « {kind} ».")
        elif digits := _number(rest if kind.upper() == "SIRET" else line, wanted.accept_key, "holders", problems):
            found.append({"typeIdentifiant": "SIRET", "id": digits})
    return found


def _number(text: str, accept_key: bool, field: str, problems: Problems) -> str:
    """A SIRET as typed; empty when the line is, or when it cannot be taken."""
    if not text.strip():
        return ""
    try:
        digits = read_number(text, accept_key, field)
    except Invalid as error:
        problems.errors.extend(error.errors)
        return ""
    if len(digits) != 14:
        problems.add(field, "Écrivez le SIRET entier : quatorze chiffres.", text[:40])
        return ""
    return digits


def _fields(row: Contract, wanted: PublicationInput, problems: Problems) -> dict[str, Any]:
    """The fields of the form in the format's own writing."""
    found: dict[str, Any] = {}
    given = wanted.fields or {}
    for field in fields_of(row.support is Support.CONCESSION):
        raw = given.get(field.name)
        if raw in (None, "", [], ()):
            continue
        value = read_field(field, raw)
        if value is None:
            problems.add(field.name, f"« {field.label} » : cette valeur ne peut pas être publiée.", raw)
        else:
            found[field.name] = {field.inner: value} if field.inner else value
    union, france = found.get("origineUE"), found.get("origineFrance")
    if union is not None and france is not None and france > union:
        problems.add("origineFrance", "La part française ne peut pas dépasser celle de l’Union européenne.")
    return found


def _fill(
    row: Contract, wanted: PublicationInput, holders: list[dict[str, str]], published: dict[str, Any], asked: set[str]
) -> None:
    row.buyer_siret = wanted.buyer_siret or row.buyer_siret
    if "cpv" in asked and wanted.cpv:
        row.cpv = "".join(wanted.cpv.split())
    if "amount_cents" in asked and wanted.amount_cents is not None:
        row.amount_cents = wanted.amount_cents
    row.notified_on = row.notified_on or wanted.notified_on
    row.published_on, row.months = wanted.published_on, wanted.months
    row.place_code, row.place_kind = wanted.place_code.strip(), wanted.place_kind
    row.social = social_text(wanted.social)
    kept: dict[str, Any] = json.loads(row.publication) if row.publication else {}
    for field in fields_of(row.support is Support.CONCESSION):
        kept.pop(field.name, None)
    kept.pop("titulaires", None)
    if holders:
        wrapper = "concessionnaire" if row.support is Support.CONCESSION else "titulaire"
        published["titulaires"] = [{wrapper: one} for one in holders]
    row.holders = " ".join(one["id"] for one in holders if one["typeIdentifiant"] == "SIRET")
    row.publication = json.dumps({**kept, **published}, ensure_ascii=False, sort_keys=True)


def _date_changes(work: UnitOfWork, row: Contract, wanted: PublicationInput) -> None:
    for change in wanted.changes:
        amendment = work.session.get(ContractAmendment, change.id)
        if amendment is None or amendment.contract_id != row.id:
            raise NotFound()
        amendment.notified_on = amendment.notified_on or change.notified_on
        amendment.published_on = amendment.published_on or change.published_on
