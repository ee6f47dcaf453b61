"""The certificate of performance of a commitment: one content for everybody who receives it, numbered when issued.

What a certificate says of people is what a buyer may read (`coded`), whoever issues it: it leaves the house.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.due import DueStep, effective_end, ended_by
from matching.clauses.ledger import GENESIS
from matching.clauses.progress import missing_minutes, surplus_minutes
from matching.clauses.terms import DeclarationState, LineState, PartyRole
from matching.clock import PARIS
from matching.exchange.workbook import CellValue, Minutes, Sheet, write_workbook
from matching.services.clauses.coded import Breakdown, People, batches, facts_of, people_of, rows_of
from matching.services.clauses.due import due_steps_of
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.store.scope import fetch
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.ledger import CommitmentMonth, LedgerHead
from matching.store.tables.organisations import Organisation
from matching.store.tables.reference import Commune
from matching.store.tables.trail import AuditEvent
from matching.store.unit_of_work import UnitOfWork
from matching.text import MONTHS, NBSP, written_day

ISSUED = "certificate.issued"
HOLDING = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER, PartyRole.CO_CONTRACTOR)


@dataclass(frozen=True)
class DueLine:
    """An event and the minutes due after it."""

    effective_on: date
    recorded_on: date
    kind: str
    explanation: str
    after: int


@dataclass(frozen=True)
class Party:
    name: str
    role: str
    siren: str


@dataclass(frozen=True)
class ContractFacts:
    """What the certificate recalls of the contract and of the lot. Empty text and None: not known."""

    buyer: str
    number: str
    object: str
    support: str
    lot: str
    label: str
    modality: str
    notified_on: date | None
    start_on: date | None
    end_on: date | None
    window_from: date | None
    window_to: date | None
    closed_on: date | None
    place: str
    parties: tuple[Party, ...]

    @property
    def written_number(self) -> str:
        """« 2026-TX-0214, lot 9 »."""
        return f"{self.number}, lot {self.lot}" if self.lot else self.number

    @property
    def holding(self) -> tuple[Party, ...]:
        """Those who hold the commitment, each with its role."""
        held = {role.label for role in HOLDING}
        return tuple(party for party in self.parties if party.role in held)

    @property
    def holders(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(party.name for party in self.holding)

    @property
    def last_day(self) -> date | None:
        """The day it was closed, else the end of the lot's own window, else of the contract."""
        return self.closed_on or self.window_to or self.end_on


@dataclass(frozen=True)
class Progress:
    """Minutes due, validated and still waiting for a decision."""

    due: int
    validated: int
    waiting: int

    @property
    def rate(self) -> Fraction | None:
        """Validated ÷ due; None when nothing is due."""
        return Fraction(self.validated, self.due) if self.due > 0 else None

    @property
    def missing(self) -> int:
        return missing_minutes(self.due, self.validated)

    @property
    def surplus(self) -> int:
        return surplus_minutes(self.due, self.validated)

    @property
    def written_rate(self) -> str:
        """« 92,4 % », rounded down so that 100 % means everything; « sans objet » when nothing is due."""
        if self.rate is None:
            return "sans objet"
        whole, tenth = divmod(int(self.rate * 1000), 10)
        return f"{whole},{tenth}{NBSP}%" if tenth else f"{whole}{NBSP}%"


@dataclass(frozen=True)
class Certificate:
    """Everything the certificate states. `number` is empty until it is issued. Minutes; months by their first day.

    `why_provisional` is empty when final. `without_people`: minutes taken over from before this ledger, or else without
    anybody named behind them. `entry_number` and `entry_hash`: the head of the ledger that the figures come from.
    """

    commitment_id: int
    number: str
    issued_on: date
    why_provisional: str
    signed_by: str
    contract: ContractFacts
    progress: Progress
    due_lines: tuple[DueLine, ...]
    months: tuple[tuple[date, int], ...]
    people: People
    without_people: int
    entry_number: int
    entry_hash: str

    @property
    def final(self) -> bool:
        return not self.why_provisional

    @property
    def title(self) -> str:
        return f"Attestation {'définitive' if self.final else 'provisoire'} d’exécution de la clause d’insertion"


def preview_certificate(ctx: Context, actor: Actor, commitment_id: int) -> Certificate:
    """The certificate as it would be issued today, without a number; raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        return certificate_of(session, fetch(session, actor, Commitment, commitment_id), ctx.clock.today())


def issue_certificate(ctx: Context, actor: Actor, commitment_id: int, kind: str) -> Certificate:
    """The certificate with its number, the issue recorded. `kind`: `pdf` or `xlsx`. Raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.write(actor) as work:
        return issue(work, fetch(work.session, actor, Commitment, commitment_id), kind)


def issue(work: UnitOfWork, commitment: Commitment, kind: str) -> Certificate:
    """Number the certificate of a commitment already fetched within the actor's reach, and record its issue.

    A number stands for one content: the same certificate asked again the same day keeps its number.
    """
    session = work.session
    # Whoever issues second waits here, and counts the first one's number.
    session.execute(select(Commitment.id).where(Commitment.id == commitment.id).with_for_update())
    made = certificate_of(session, commitment, work.at.astimezone(PARIS).date())
    digest = _digest(made)
    given = [json.loads(details) for details in session.execute(_issues(commitment.id)).scalars()]
    same = next((one["number"] for one in given if one["digest"] == digest), None)
    number = same or max((one["number"] for one in given), default=0) + 1
    work.record(
        ISSUED,
        "commitment",
        commitment.id,
        number=number,
        kind=kind,
        state="final" if made.final else "provisional",
        digest=digest,
        entry=made.entry_number,
        minutes_due=made.progress.due,
        minutes_validated=made.progress.validated,
    )
    return replace(made, number=f"{commitment.id}-{number}")


def _issues(commitment_id: int) -> Select[str]:
    of_commitment = (AuditEvent.subject_type == "commitment", AuditEvent.subject_id == commitment_id)
    return select(AuditEvent.details).where(*of_commitment, AuditEvent.action == ISSUED).order_by(AuditEvent.id)


def last_issued_on(session: Session, commitment_ids: Collection[int], *, final: bool = False) -> dict[int, date]:
    """The day of the last certificate of each commitment that has one; `final`: of the last final one."""
    found: dict[int, date] = {}
    for batch in batches(commitment_ids):
        query = select(AuditEvent.subject_id, AuditEvent.at, AuditEvent.details).where(
            AuditEvent.subject_type == "commitment", AuditEvent.subject_id.in_(batch or []), AuditEvent.action == ISSUED
        )
        for commitment_id, at, details in session.execute(query.order_by(AuditEvent.id)):
            if not final or json.loads(details)["state"] == "final":
                found[commitment_id] = at.astimezone(PARIS).date()
    return found


def _digest(certificate: Certificate) -> str:
    content = repr(replace(certificate, number=""))
    return hashlib.sha256(content.encode()).hexdigest()


# --- what it says --------------------------------------------------------------------------------------------------


def certificate_of(session: Session, commitment: Commitment, today: date) -> Certificate:
    """The content, read at one moment."""
    contract = contract_facts(session, commitment)
    rows = rows_of(session, [commitment.id])
    threshold = thresholds_on(session, today).small_cell
    people = people_of(rows, facts_of(session, rows), coded=True, threshold=threshold)
    steps = due_steps_of(session, commitment.id, today, today)
    last_day = effective_end(contract.last_day, ended_by((step.event for step in steps), today, today))
    waiting, undecided = waiting_of(session, commitment.id)
    head = session.get(LedgerHead, 1)
    progress = Progress(steps[-1].after if steps else 0, commitment.validated_minutes, waiting)
    return Certificate(
        commitment_id=commitment.id,
        number="",
        issued_on=today,
        why_provisional=_why_provisional(last_day, undecided, today),
        signed_by=_name_of(session, commitment.facilitator_id),
        contract=contract,
        progress=progress,
        due_lines=tuple(_due_line(step) for step in steps),
        months=months_of(session, commitment.id),
        people=people,
        without_people=commitment.validated_minutes - people.minutes,
        entry_number=head.entry_id if head else 0,
        entry_hash=head.hash if head else GENESIS,
    )


def contract_facts(session: Session, commitment: Commitment) -> ContractFacts:
    """What is recalled of the contract of a commitment."""
    contract = session.get_one(Contract, commitment.contract_id)
    buyer = session.get_one(Organisation, contract.buyer_id)
    insee = commitment.commune_insee or contract.commune_insee
    commune = session.get(Commune, insee) if insee else None
    parties = session.execute(
        select(Organisation.name, Organisation.siren, CommitmentParty.role)
        .join(CommitmentParty, CommitmentParty.organisation_id == Organisation.id)
        .where(CommitmentParty.commitment_id == commitment.id)
        .order_by(CommitmentParty.id)
    )
    return ContractFacts(
        buyer=buyer.name,
        number=contract.number,
        object=contract.object,
        support=contract.support.label,
        lot=commitment.lot,
        label=commitment.label,
        modality=commitment.modality.label,
        notified_on=contract.notified_on,
        start_on=contract.start_on,
        end_on=contract.end_on,
        window_from=commitment.window_from,
        window_to=commitment.window_to,
        closed_on=commitment.closed_on,
        place=commune.name if commune else "",
        parties=tuple(Party(row.name, row.role.label, row.siren) for row in parties),
    )


def months_of(session: Session, commitment_id: int) -> tuple[tuple[date, int], ...]:
    """Minutes validated by month worked, months without any left out."""
    query = select(CommitmentMonth.month, CommitmentMonth.validated_minutes).where(
        CommitmentMonth.commitment_id == commitment_id, CommitmentMonth.validated_minutes != 0
    )
    return tuple((row.month, row.validated_minutes) for row in session.execute(query.order_by(CommitmentMonth.month)))


def waiting_of(session: Session, commitment_id: int) -> tuple[int, int]:
    """Minutes submitted and not decided, and the number of declarations still open (submitted or returned)."""
    open_states = (DeclarationState.SUBMITTED, DeclarationState.RETURNED)
    count = select(func.count(HourDeclaration.id)).where(
        HourDeclaration.commitment_id == commitment_id, HourDeclaration.state.in_(open_states)
    )
    minutes = (
        select(func.coalesce(func.sum(DeclarationLine.minutes), 0))
        .join(HourDeclaration, HourDeclaration.id == DeclarationLine.declaration_id)
        .where(
            HourDeclaration.commitment_id == commitment_id,
            HourDeclaration.state == DeclarationState.SUBMITTED,
            DeclarationLine.state == LineState.PENDING,
        )
    )
    return session.execute(minutes).scalar_one() or 0, session.execute(count).scalar_one()


def _why_provisional(last_day: date | None, undecided: int, today: date) -> str:
    if last_day is None:
        return "La fin de l’engagement n’est pas connue."
    if today <= last_day:
        return f"L’engagement court jusqu’au {written_day(last_day)}."
    if undecided:
        what = "Une déclaration d’heures attend" if undecided == 1 else f"{undecided} déclarations d’heures attendent"
        return f"{what} encore une décision."
    return ""


def _name_of(session: Session, user_id: int | None) -> str:
    found = session.get(UserAccount, user_id) if user_id else None
    return found.name if found else ""


def _due_line(step: DueStep) -> DueLine:
    event = step.event
    return DueLine(event.effective_on, event.recorded_on, event.kind.label, step.explanation, step.after)


# --- as a workbook -------------------------------------------------------------------------------------------------


def certificate_workbook(certificate: Certificate) -> bytes:
    """The same figures as the page, as an XLSX."""
    # A text that begins with a sign would look like a formula, and be guarded.
    due = [
        (d.effective_on, d.kind, re.sub(r"^\+", "Plus", d.explanation), Minutes(d.after)) for d in certificate.due_lines
    ]
    return write_workbook(
        [
            Sheet("Attestation", ("Rubrique", "Valeur"), _summary(certificate)),
            Sheet("Heures dues", ("Prend effet le", "Évènement", "Effet", "Heures dues ensuite"), due),
            Sheet("Mois travaillés", ("Mois", "Heures validées"), month_rows(certificate.months)),
            *people_sheets(certificate.people),
        ]
    )


def _summary(c: Certificate) -> list[tuple[str, CellValue]]:
    facts, progress = c.contract, c.progress
    rows: list[tuple[str, CellValue]] = [
        ("Document", c.title),
        ("Numéro", c.number or "non éditée"),
        ("Date", c.issued_on),
        ("Pourquoi provisoire", c.why_provisional or None),
        ("Suivi par", c.signed_by or "à préciser"),
        ("Acheteur", facts.buyer),
        ("Marché", facts.number),
        ("Objet", facts.object),
        ("Nature du support", facts.support),
        ("Lot", facts.lot or None),
        ("Engagement", facts.label),
        ("Modalité", facts.modality),
        *((party.role, f"{party.name} (SIREN {party.siren})") for party in facts.parties),
        ("Heures dues", Minutes(progress.due)),
        ("Heures validées", Minutes(progress.validated)),
        ("Réalisation", progress.written_rate),
        ("Heures manquantes", Minutes(progress.missing)),
        ("Heures au-delà du dû", Minutes(progress.surplus)),
        ("Heures déclarées, sans décision", Minutes(progress.waiting)),
        ("Heures reprises, sans détail des personnes", Minutes(c.without_people)),
        ("Personnes", c.people.count),
        ("Heures par personne en moyenne", written_average(c.people.average_tenths)),
        ("Dernière écriture du grand livre", c.entry_number),
        ("Empreinte de cette écriture", c.entry_hash),
    ]
    return rows


def written_average(tenths: int | None) -> str:
    """« 86,4 h » from tenths of an hour; « sans objet » without people."""
    return "sans objet" if tenths is None else f"{tenths // 10},{tenths % 10}{NBSP}h"


def written_month(month: date) -> str:
    """« octobre 2026 »."""
    return f"{MONTHS[month.month - 1]}{NBSP}{month.year}"


def month_rows(months: Collection[tuple[date, int]]) -> list[tuple[str, Minutes]]:
    """Rows of a sheet: month, duration."""
    return [(written_month(month), Minutes(minutes)) for month, minutes in months]


def people_sheets(people: People) -> list[Sheet]:
    """The codes, then the groups as far as they may be shown."""
    codes = [(one.code, Minutes(one.minutes)) for one in people.codes]
    groups: list[tuple[str, str, str | int | None, str | Minutes | None]] = []
    for one in people.breakdowns:
        groups += _group_rows(one, people.threshold)
    return [
        Sheet("Personnes", ("Code", "Heures validées"), codes),
        Sheet("Groupes", ("Liste", "Groupe", "Personnes", "Heures"), groups),
    ]


def _group_rows(one: Breakdown, threshold: int) -> list[tuple[str, str, str | int | None, str | Minutes | None]]:
    if one.withheld:
        return [(one.title, withheld_words(threshold), None, None)]
    hidden = hidden_words(threshold)
    return [
        (one.title, line.label, hidden, hidden)
        if line.people is None or line.minutes is None
        else (one.title, line.label, line.people, Minutes(line.minutes))
        for line in (*one.lines, one.total)
    ]


def hidden_words(threshold: int) -> str:
    """What is read instead of a hidden figure."""
    return f"moins de {threshold}, ou masqué"


def withheld_words(threshold: int) -> str:
    """What is read instead of a whole list."""
    return f"Détail non montré{NBSP}: un groupe de moins de {threshold} personnes pourrait être reconnu."
