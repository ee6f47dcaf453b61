"""The first screen of who follows clauses, of a company that declares, of a buyer: what waits, one's own first.

Everything is counted on commitments, declarations and their folds: the ledger is never read here, however long it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.clauses.dates import add_months
from matching.clauses.due import effective_end
from matching.clauses.follow import NextStep, reply_days, written_month, written_reply
from matching.clauses.progress import Standing, month_start, standing, written_points
from matching.clauses.terms import AlertLevel, DeclarationState, NextActor, PartyRole
from matching.clock import PARIS
from matching.services.blocks import Block, Figure, Task
from matching.services.clauses.commitment_list import has_ended
from matching.services.clauses.corrections import OPEN
from matching.services.clauses.declaring import month_tasks
from matching.services.clauses.documents import last_issued_on
from matching.services.clauses.due import folds_of
from matching.services.clauses.eligibility import proofs_expiring
from matching.services.clauses.following import end_of, heard_of, next_steps_of
from matching.services.clauses.hires import count_hires_to_attach
from matching.services.clauses.rules import ClauseThresholds, thresholds_on
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.declarations import CorrectionRequest, DeclarationLine, HourDeclaration
from matching.store.tables.follow_through import RecoveryPlan
from matching.store.tables.ledger import CommitmentMonth
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.text import NBSP, written_day, written_hours

SHOWN = 8
SOON_DAYS = 30
REPLY_DAYS, MOST_REPLIES = 90, 500
CERTIFY_DAYS = 365
_PAGE = "commitment.show"
_LATE = {AlertLevel.RED: "stop", AlertLevel.ORANGE: "lift", AlertLevel.INFORMATION: "ask"}
_HELD = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER)


@dataclass(frozen=True)
class _Running:
    """A commitment that has not ended, as of today. Minutes; `mine`: the actor follows it."""

    id: int
    label: str
    contract: str
    window_to: date | None
    mine: bool
    due: int
    validated: int
    stands: Standing


def clause_screen(session: Session, actor: Actor, day: date) -> tuple[list[Block], tuple[Figure, ...], str]:
    """What waits for a clause officer and what to keep in mind, the figures of the year, and one sentence of it all."""
    thresholds = thresholds_on(session, day)
    running = _running(session, actor, day, thresholds)
    declarations, late = _declarations(session, actor, day, thresholds), _late(session, running, day)
    blocks = [
        declarations,
        late,
        *_when_any(
            _corrections(session, day, thresholds),
            _plans(session, day, thresholds),
            _hires(session, day),
            _certificates(session, actor, day),
        ),
        *_when_any(
            _proofs(session, day, thresholds),
            _silent(session, running, day, thresholds),
            _soon(session, running, day, thresholds),
        ),
    ]
    waiting = _counted(declarations.total, "déclaration") if declarations.total else "Aucune déclaration"
    behind = _counted_late(late.total)
    return blocks, _figures(session, actor, running, day, thresholds), f"{waiting} à valider, {behind}."


def company_blocks(session: Session, actor: Actor, day: date) -> list[Block]:
    """The months that a company must declare; nothing for one without any commitment."""
    held = session.execute(select(Commitment.id).where(scope.commitments(actor)).limit(1)).first()
    return [month_tasks(session, actor, day)] if held else []


def buyer_screen(session: Session, actor: Actor, day: date) -> tuple[list[Block], str]:
    """A buyer's own commitments, those behind then the others that run, and one sentence of it all."""
    running = _running(session, actor, day, thresholds_on(session, day))
    late = sorted((row for row in running if row.stands.level in _LATE), key=_gap)
    others = [row for row in running if row.stands.level not in _LATE]
    holders = _holders(session, [row.id for row in (*late[:SHOWN], *others[:SHOWN])])
    blocks = []
    for title, rows in (("Engagements en retard", late), ("Engagements en cours", others)):
        tasks = tuple(_buyer_task(row, holders.get(row.id, "")) for row in rows[:SHOWN])
        blocks.append(Block(title, tasks, len(rows), "buyer.index"))
    behind = _counted_late(len(late))
    return blocks, f"{behind[0].upper()}{behind[1:]}."


def _buyer_task(row: _Running, holder: str) -> Task:
    unmeasured = row.stands.reason if row.stands.index_points is None else ""
    return _progress(row, f"{holder}. {unmeasured}".strip(" .") + "." if holder or unmeasured else "", "buyer.show")


def _counted_late(number: int) -> str:
    return f"{_counted(number, 'engagement')} en retard" if number else "aucun engagement en retard"


def _when_any(*blocks: Block) -> list[Block]:
    """No heading where nothing waits."""
    return [block for block in blocks if block.total]


# --- commitments ---------------------------------------------------------------------------------------------------


def _running(session: Session, actor: Actor, day: date, thresholds: ClauseThresholds) -> list[_Running]:
    """The commitments in reach that have not ended, those that end first before the others."""
    c = Commitment
    rows = session.execute(
        select(c.id, c.label, Contract.object, c.window_from, c.window_to, c.validated_minutes, c.facilitator_id)
        .join(Contract, Contract.id == c.contract_id)
        .where(scope.commitments(actor), ~has_ended(day))
        .order_by(func.coalesce(c.window_to, date(9999, 12, 31)), c.id)
    ).all()
    folds = folds_of(session, [row.id for row in rows])
    due = {key: fold.minutes(day, day) for key, fold in folds.items()}
    ends = {row.id: effective_end(row.window_to, folds[row.id].ended(day, day), row.window_from) for row in rows}
    return [
        _Running(
            row.id,
            row.label,
            row.object,
            row.window_to,
            row.facilitator_id == actor.user_id,
            due[row.id],
            row.validated_minutes,
            standing(due[row.id], row.validated_minutes, row.window_from, ends[row.id], day, thresholds.progress),
        )
        for row in rows
    ]


def _gap(row: _Running) -> tuple[bool, Any]:
    """One's own first, the furthest behind first."""
    return not row.mine, row.stands.index_points or 0


def _late(session: Session, running: Sequence[_Running], day: date) -> Block:
    late = sorted((row for row in running if row.stands.level in _LATE), key=_gap)
    shown = [row.id for row in late[:SHOWN]]
    found = list(session.execute(select(Commitment).where(Commitment.id.in_(shown))).scalars())
    steps = next_steps_of(session, found, day)
    tasks = tuple(_progress(row, _said(row, steps[row.id]), _PAGE) for row in late[:SHOWN])
    return Block("Engagements en retard", tasks, len(late), "commitments.index", {"etat": "en_cours", "tri": "index"})


def _said(row: _Running, step: NextStep) -> str:
    """An alert asks for a plan: when nobody has to act, one is under way."""
    under_way = step.actor is NextActor.NOBODY and row.stands.level is not AlertLevel.INFORMATION
    return "Un plan de rattrapage est en cours." if under_way else step.sentence


def _progress(row: _Running, why: str, page: str) -> Task:
    points = row.stands.index_points
    when = "" if points is None else written_points(points)
    tone = _LATE.get(row.stands.level, "good" if points is not None else "")
    what = f"{row.label}, {row.contract}"
    return Task(what, why, when, "Ouvrir", page, row.id, tone=tone, hours=(row.validated, row.due))


def _certificates(session: Session, actor: Actor, day: date) -> Block:
    """Ended within the year, and no final certificate was given."""
    c, oldest = Commitment, day - timedelta(days=CERTIFY_DAYS)
    last = func.coalesce(c.closed_on, c.window_to, Contract.end_on)
    query = select(c, Contract.object, Contract.end_on).join(Contract, Contract.id == c.contract_id)
    rows = session.execute(query.where(has_ended(day), last >= oldest).order_by(_mine_first(actor), last, c.id)).all()
    given = last_issued_on(session, [row[0].id for row in rows], final=True)
    tasks = []
    for row, about, contract_end in rows:
        end = end_of(row, contract_end)
        if row.id not in given and end is not None:
            why = f"{about}. Fini le {written_day(end)}."
            tasks.append(Task(row.label, why, _since((day - end).days), "Éditer", "certificates.show", row.id))
    return Block("Attestations à éditer", tuple(tasks[:SHOWN]), len(tasks), "commitments.index", {"etat": "termines"})


def _mine_first(actor: Actor) -> ColumnElement[int]:
    return case((Commitment.facilitator_id == actor.user_id, 0), else_=1)


# --- what declarations ask -----------------------------------------------------------------------------------------


def _declarations(session: Session, actor: Actor, day: date, thresholds: ClauseThresholds) -> Block:
    """To decide: one's own first, the oldest first."""
    d, line = HourDeclaration, DeclarationLine
    of_it = line.declaration_id == d.id
    waiting = d.state == DeclarationState.SUBMITTED
    total = session.execute(select(func.count(d.id)).where(waiting, scope.declarations(actor))).scalar_one()
    rows = session.execute(
        select(
            d,
            Commitment.label,
            Contract.object,
            Organisation.name,
            UserAccount.name,
            select(func.count(line.id)).where(of_it).scalar_subquery(),
            select(func.coalesce(func.sum(line.minutes), 0)).where(of_it).scalar_subquery(),
        )
        .join(Commitment, Commitment.id == d.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .join(Organisation, Organisation.id == d.organisation_id)
        .outerjoin(UserAccount, (UserAccount.id == Commitment.facilitator_id) & (UserAccount.id != actor.user_id))
        .where(waiting, scope.declarations(actor))
        .order_by(_mine_first(actor), d.submitted_at, d.id)
        .limit(SHOWN)
    )
    tasks = []
    for row, label, about, company, other, lines, minutes in rows:
        days = (day - row.submitted_at.astimezone(PARIS).date()).days if row.submitted_at else 0
        month = written_month(row.month)
        what = f"{month[0].upper()}{month[1:]}, {label}"
        people = f"{lines}{NBSP}ligne{'s' if lines > 1 else ''}"
        why = f"{about}. {company}{NBSP}: {written_hours(int(minutes))}, {people}." + _followed(other)
        late = days > thresholds.reply_days
        tasks.append(Task(what, why, _since(days), "Regarder", "declarations.show", row.id, late))
    return Block("Déclarations à valider", tuple(tasks), total, "declarations.index")


def _corrections(session: Session, day: date, thresholds: ClauseThresholds) -> Block:
    """Asked by declarants and still open, the oldest first."""
    request, d = CorrectionRequest, HourDeclaration
    rows = session.execute(
        select(request.asked_at, d.id, d.month, Commitment.label, Organisation.name)
        .join(d, d.id == request.declaration_id)
        .join(Commitment, Commitment.id == d.commitment_id)
        .join(Organisation, Organisation.id == d.organisation_id)
        .where(request.state == OPEN)
        .order_by(request.asked_at, request.id)
    ).all()
    tasks = []
    for asked_at, declaration_id, month, label, company in rows[:SHOWN]:
        days = (day - asked_at.astimezone(PARIS).date()).days
        what, why = f"{company} demande une correction", f"{label}, {written_month(month)}."
        late = days > thresholds.reply_days
        tasks.append(Task(what, why, _since(days), "Répondre", "declarations.show", declaration_id, late))
    return Block("Demandes de correction", tuple(tasks), len(rows), "declarations.index", {"etat": ""})


def _plans(session: Session, day: date, thresholds: ClauseThresholds) -> Block:
    plan = RecoveryPlan
    rows = session.execute(
        select(plan, Commitment.label)
        .join(Commitment, Commitment.id == plan.commitment_id)
        .where(plan.state == "proposed")
        .order_by(plan.created_at, plan.id)
    ).all()
    tasks = []
    for row, label in rows[:SHOWN]:
        days = (day - row.created_at.astimezone(PARIS).date()).days
        people = f"{row.people}{NBSP}personne{'s' if row.people > 1 else ''}"
        each = f"{people}, {written_hours(row.weekly_minutes)} par semaine, {row.weeks}{NBSP}semaines"
        why, late = f"{each}{NBSP}: {written_hours(row.minutes)}.", days > thresholds.reply_days
        tasks.append(Task(label, why, _since(days), "Regarder", _PAGE, row.commitment_id, late))
    return Block("Plans de rattrapage à valider", tuple(tasks), len(rows))


def _hires(session: Session, day: date) -> Block:
    count = count_hires_to_attach(session, day)
    if not count:
        return Block("Embauches à rattacher", (), 0)
    what = "1 personne embauchée" if count == 1 else f"{count}{NBSP}personnes embauchées"
    why = "Leur employeur a des heures d’insertion à faire." if count > 1 else "Son employeur a des heures à faire."
    return Block("Embauches à rattacher", (Task(what, why, "", "Rattacher", "participants.index"),), count)


def _followed(other: str | None) -> str:
    return f" Suivi par {other}." if other else ""


def _since(days: int) -> str:
    if days <= 0:
        return "Aujourd’hui"
    return "Depuis hier" if days == 1 else f"Depuis {days}{NBSP}jours"


# --- in the margin -------------------------------------------------------------------------------------------------


def _proofs(session: Session, day: date, thresholds: ClauseThresholds) -> Block:
    """By code: a first screen is seen over the shoulder."""
    found = proofs_expiring(session, day, thresholds.proof_notice_days)
    tasks = tuple(
        Task(f"{one.code}, {one.commitment}", "", _short(one.until), "", "participants.show", one.participation_id)
        for one in found[:SHOWN]
    )
    narrowed = {"etat": "ending_soon"}
    return Block("Éligibilités qui finissent", tasks, len(found), "participants.index", narrowed, side=True)


def _silent(session: Session, running: Sequence[_Running], day: date, thresholds: ClauseThresholds) -> Block:
    """Nobody answered for that many days; where nobody was ever heard, silence cannot be counted."""
    heard = heard_of(session, [row.id for row in running])
    silent = [((day - heard[row.id]).days, row) for row in running if row.id in heard]
    silent = [one for one in silent if one[0] >= thresholds.silent_days]
    silent.sort(key=lambda one: (not one[1].mine, -one[0]))
    holders = _holders(session, [row.id for _, row in silent[:SHOWN]])
    tasks = tuple(
        Task(
            ", ".join(filter(None, (holders.get(row.id, ""), row.label))),
            "",
            f"{days}{NBSP}jours",
            "",
            "commitments.contacts",
            row.id,
        )
        for days, row in silent[:SHOWN]
    )
    return Block("Personne ne répond", tasks, len(silent), side=True)


def _holders(session: Session, keys: Collection[int]) -> dict[int, str]:
    party = CommitmentParty
    query = select(party.commitment_id, Organisation.name).join(Organisation, Organisation.id == party.organisation_id)
    held = (party.commitment_id.in_(keys), party.role.in_(_HELD), party.to_on.is_(None))
    return {row.commitment_id: row.name for row in session.execute(query.where(*held).order_by(party.id))}


def _soon(session: Session, running: Sequence[_Running], day: date, thresholds: ClauseThresholds) -> Block:
    """Reviews of plans, ends of works, and the day when the month's hours are expected."""
    last, plan = day + timedelta(days=SOON_DAYS), RecoveryPlan
    reviews = session.execute(
        select(plan.review_on, Commitment.id, Commitment.label)
        .join(Commitment, Commitment.id == plan.commitment_id)
        .where(plan.state == "approved", plan.review_on >= day, plan.review_on <= last)
    )
    coming: list[tuple[date, str, str, int | None]] = [
        (on, f"Point sur le plan, {label}", _PAGE, key) for on, key, label in reviews if on
    ]
    coming += [
        (row.window_to, f"Fin des travaux, {row.label}", _PAGE, row.id)
        for row in running
        if row.window_to and row.window_to <= last
    ]
    if running:
        expected = month_start(day) if day.day <= thresholds.declare_by_day else add_months(month_start(day), 1)
        of_month = written_month(add_months(expected, -1)).split(NBSP)[0]
        expected_on = expected.replace(day=thresholds.declare_by_day)
        coming.append(
            (
                expected_on,
                f"Heures {'d’' if of_month[0] in 'ao' else 'de '}{of_month} attendues",
                "declarations.index",
                None,
            )
        )
    coming.sort(key=lambda one: (one[0], one[1]))
    tasks = tuple(Task(what, "", _short(on), "", page, key) for on, what, page, key in coming[:SHOWN])
    return Block("Bientôt", tasks, len(coming), side=True)


def _short(day: date) -> str:
    """« 19 juin »: what is near needs no year."""
    return written_day(day).rsplit(NBSP, 1)[0]


# --- figures -------------------------------------------------------------------------------------------------------


def _figures(
    session: Session, actor: Actor, running: Sequence[_Running], day: date, thresholds: ClauseThresholds
) -> tuple[Figure, ...]:
    here = {"etat": "en_cours"}
    holders = _count_holders(session, day)
    this, before = _validated_in(session, day)
    due, done = sum(row.due for row in running), sum(row.validated for row in running)
    reply = _reply(session, actor, day)
    until = written_month(day).split(NBSP)[0]
    figures = [
        Figure(
            "Engagements en cours", _number(len(running)), _counted(holders, "titulaire"), "commitments.index", here
        ),
        Figure(
            "Heures dues en cours",
            written_hours(_whole(due)),
            f"dont {written_hours(_whole(done))} validées" if due else "",
            "commitments.index",
            here | {"tri": "-due"},
        ),
        Figure(
            f"Validées en {day.year}",
            written_hours(_whole(this)),
            f"à fin {until} {day.year - 1}{NBSP}: {written_hours(_whole(before))}",
            "commitments.index",
            {"tri": "-validated"},
        ),
        Figure("Personnes en parcours", _number(_count_people(session, day)), "avec des heures", "participants.index"),
    ]
    if reply:
        aim = _counted(thresholds.reply_days, "jour")
        figures.append(Figure("Votre réponse", reply, f"objectif{NBSP}: {aim}", "declarations.index"))
    return tuple(figures)


def _whole(minutes: int) -> int:
    """Rounded down to the hour: a figure to look at, not to pay with."""
    return minutes // 60 * 60


def _number(number: int) -> str:
    return f"{number:,}".replace(",", NBSP)


def _counted(number: int, name: str) -> str:
    return f"{_number(number)}{NBSP}{name}{'s' if number > 1 else ''}"


def _count_holders(session: Session, day: date) -> int:
    party = CommitmentParty
    query = (
        select(func.count(func.distinct(party.organisation_id)))
        .join(Commitment, Commitment.id == party.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .where(party.role.in_(_HELD), party.to_on.is_(None), ~has_ended(day))
    )
    return session.execute(query).scalar_one()


def _validated_in(session: Session, day: date) -> tuple[int, int]:
    """Minutes of the months worked this year up to this one, and of the same months of the year before."""
    month, minutes = CommitmentMonth.month, func.coalesce(func.sum(CommitmentMonth.validated_minutes), 0)
    end = month_start(day)
    found = [
        int(session.execute(select(minutes).where(month >= date(last.year, 1, 1), month <= last)).scalar_one())
        for last in (end, add_months(end, -12))
    ]
    return found[0], found[1]


def _count_people(session: Session, day: date) -> int:
    """Distinct people with validated hours who go on working where the commitment goes on."""
    p = Participation
    query = (
        select(func.count(func.distinct(p.person_id)))
        .join(Commitment, Commitment.id == p.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .where(p.validated_minutes > 0, p.ended_on.is_(None) | (p.ended_on >= day), ~has_ended(day))
    )
    return session.execute(query).scalar_one()


def _reply(session: Session, actor: Actor, day: date) -> str:
    """The median of one's own replies of the last 90 days; empty without any."""
    d = HourDeclaration
    oldest = datetime.combine(day - timedelta(days=REPLY_DAYS), time(), PARIS)
    query = select(d.submitted_at, d.decided_at).where(d.decided_by_id == actor.user_id, d.decided_at >= oldest)
    replies = session.execute(query.order_by(d.decided_at.desc()).limit(MOST_REPLIES))
    days = [
        (sent.astimezone(PARIS).date(), decided.astimezone(PARIS).date())
        for sent, decided in replies
        if sent and decided
    ]
    return written_reply(reply_days(days))
