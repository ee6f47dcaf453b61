"""The first screen: what waits for the person who opens it, by role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from matching.access.permissions import Actor, Permission, require
from matching.clock import PARIS
from matching.offers.lifecycle import OFF_DAYS
from matching.offers.lifecycle import REMINDER_DAYS as STALE_DAYS
from matching.placements import lifecycle as rules
from matching.services.blocks import Block as Block
from matching.services.blocks import Figure
from matching.services.blocks import Task as Task
from matching.services.clauses.dashboard import buyer_screen, clause_screen, company_blocks
from matching.services.context import Context
from matching.services.fairness.first_screen import pilot_screen
from matching.services.idle import IDLE_DAYS, days_without_proposal, is_idle, longest_first
from matching.services.proposals import facts_of
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import EmploymentUnit, Establishment
from matching.store.tables.people import Candidate, Person
from matching.store.tables.proposals import OPEN_STATES, Proposal
from matching.store.tables.reference import LegalParameter
from matching.terms import OfferState, ProposalState, Role

SHOWN = 8
SOON_DAYS = 7


@dataclass(frozen=True)
class Today:
    day: date
    blocks: tuple[Block, ...]
    figures: tuple[tuple[str, int], ...] = ()
    total: int = 0
    keys: tuple[Figure, ...] = ()
    """Figures above the blocks; `figures` counts proposals by state, beside them."""
    summary: str = ""
    """One sentence, when a number of actions would not say it."""


def read_today(ctx: Context, actor: Actor) -> Today:
    """What waits for this actor."""
    require(actor, Permission.SEE_TODAY)
    day = ctx.clock.today()
    keys: tuple[Figure, ...] = ()
    summary = ""
    with ctx.read() as session:
        if actor.role in (Role.ADVISER, Role.UNIT_MANAGER):
            blocks = [
                _answers(session, actor, day),
                *_interviews(session, actor, day),
                _idle(session, actor, day),
                _offers(session, actor, day),
            ]
            figures = _figures(session, actor)
        elif actor.role is Role.EMPLOYER:
            blocks, figures = [*company_blocks(session, actor, day), _own_offers(session, actor, day)], ()
        elif actor.role is Role.CLAUSE_OFFICER:
            (blocks, keys, summary), figures = clause_screen(session, actor, day), ()
        elif actor.role is Role.BUYER:
            (blocks, summary), figures = buyer_screen(session, actor, day), ()
        elif actor.role is Role.PILOT:
            (blocks, keys, summary), figures = pilot_screen(ctx, session, day), ()
        else:
            blocks, figures = [_house(session)], ()
    return Today(day, tuple(blocks), figures, sum(block.total for block in blocks if not block.side), keys, summary)


# --- adviser and manager -------------------------------------------------------------------------------------


def _answers(session: Session, actor: Actor, day: date) -> Block:
    """Proposals where the next act is the adviser's: agreement to ask, to send, silence, interview passed."""
    query = (
        _followed(actor)
        .where(Proposal.state.in_(OPEN_STATES))
        .options(selectinload(Proposal.steps))
        .order_by(Proposal.state_changed_at, Proposal.id)
    )
    tasks = []
    for proposal, person, title, employer in session.execute(query):
        task = _answer(proposal, f"{person.given_name} {person.family_name}", title, employer, day)
        if task:
            tasks.append(task)
    ordered = sorted(tasks, key=lambda task: not task.urgent)
    return Block("Réponses attendues de vous", tuple(ordered[:SHOWN]), len(ordered), "proposals.index", _whose(actor))


def _followed(actor: Actor) -> Select[Proposal, Person, str, str]:
    """The proposals an adviser made, or all those of a manager's unit."""
    mine = scope.proposals(actor)
    if actor.role is Role.ADVISER:
        mine = mine & (Proposal.adviser_id == actor.user_id)
    return (
        select(Proposal, Person, Offer.title, Establishment.name)
        .join(Candidate, Candidate.id == Proposal.candidate_id)
        .join(Person, Person.id == Candidate.person_id)
        .join(Offer, Offer.id == Proposal.offer_id)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .where(mine)
    )


def _whose(actor: Actor) -> dict[str, str]:
    return {} if actor.role is Role.ADVISER else {"qui": "unite"}


def _interviews(session: Session, actor: Actor, day: date) -> list[Block]:
    """Interviews of the coming days, to prepare with the person; no heading when there are none."""
    soon = day + timedelta(days=SOON_DAYS)
    rows = session.execute(
        _followed(actor)
        .where(Proposal.state == ProposalState.INTERVIEW, Proposal.interview_on > day, Proposal.interview_on <= soon)
        .order_by(Proposal.interview_on, Proposal.id)
    ).all()
    tasks = tuple(
        Task(
            f"{person.given_name} {person.family_name} rencontre {employer}",
            f"{title}.",
            _until((proposal.interview_on - day).days if proposal.interview_on else 0),
            "Préparer",
            "proposals.show",
            proposal.id,
        )
        for proposal, person, title, employer in rows
    )
    narrowed = _whose(actor) | {"etat": ProposalState.INTERVIEW.value}
    found = Block(
        f"Entretiens des {SOON_DAYS}\u00a0prochains jours", tasks[:SHOWN], len(tasks), "proposals.index", narrowed
    )
    return [found] if tasks else []


def _until(days: int) -> str:
    return "Demain" if days == 1 else f"Dans {days}\u00a0jours"


def _answer(proposal: Proposal, person: str, title: str, employer: str, day: date) -> Task | None:
    since = proposal.state_changed_at.astimezone(PARIS).date()
    days = (day - since).days
    when = _since(days)
    about = f"{title}, {employer}."
    match proposal.state:
        case ProposalState.PROPOSED:
            return _task(f"Demander son accord à {person}", about, when, "Noter la réponse", proposal, days > 7)
        case ProposalState.AGREED:
            return _task(f"Transmettre à l’employeur\u00a0: {person}", about, when, "Transmettre", proposal, days > 2)
        case ProposalState.SENT | ProposalState.SEEN:
            return _silence(proposal, person, title, employer, day)
        case ProposalState.INTERVIEW if proposal.interview_on and proposal.interview_on <= day:
            met_on = proposal.interview_on.strftime("%d/%m")
            why = f"Entretien du {met_on} chez {employer}\u00a0: comment s’est-il passé\u00a0?"
            return _task(f"Prendre des nouvelles de {person}", why, when, "Noter la suite", proposal, True)
        case ProposalState.IMMERSION if days >= rules.REMINDER_DAYS[0]:
            why = f"Immersion chez {employer}\u00a0: comment se passe-t-elle\u00a0?"
            return _task(f"Prendre des nouvelles de {person}", why, when, "Noter la suite", proposal, False)
        case ProposalState.OFFERED:
            return _task(f"Un poste est proposé à {person}", about, when, "Noter la réponse", proposal, True)
    return None


def _silence(proposal: Proposal, person: str, title: str, employer: str, day: date) -> Task | None:
    """The employer to call again; counted from the sending, even when they have looked since."""
    facts = facts_of(proposal)
    since = rules.waiting_since(facts)
    silent = (day - since).days if since else 0
    if silent < rules.REMINDER_DAYS[0]:
        return None
    why = f"{title}. Transmise, sans réponse."
    late = silent >= rules.REMINDER_DAYS[-1]
    return _task(f"Relancer {employer} pour {person}", why, _since(silent), "Noter la suite", proposal, late)


def _task(what: str, why: str, when: str, verb: str, proposal: Proposal, urgent: bool) -> Task:
    return Task(what, why, when, verb, "proposals.show", proposal.id, urgent)


def _since(days: int) -> str:
    if days <= 0:
        return "Aujourd’hui"
    return "Depuis hier" if days == 1 else f"Depuis {days}\u00a0jours"


def _idle(session: Session, actor: Actor, day: date) -> Block:
    """People of the portfolio without any proposal for 30 days, the longest wait first."""
    waiting = scope.candidates(actor) & is_idle(day)
    if actor.role is Role.ADVISER:
        waiting = waiting & (Candidate.adviser_id == actor.user_id)
    total = session.execute(select(func.count(Candidate.id)).where(waiting)).scalar_one()
    rows = session.execute(
        select(Candidate.id, Person.given_name, Person.family_name, Candidate.last_proposed_on, Candidate.created_at)
        .join(Person, Person.id == Candidate.person_id)
        .where(waiting)
        .order_by(*longest_first())
        .limit(SHOWN)
    ).all()
    tasks = tuple(
        Task(
            f"{row.given_name} {row.family_name}",
            "Dernière proposition close."
            if row.last_proposed_on
            else "Aucune proposition depuis l’ouverture du dossier.",
            f"{days_without_proposal(row.last_proposed_on, row.created_at, day)}\u00a0jours",
            "Voir son dossier",
            "candidates.show",
            row.id,
        )
        for row in rows
    )
    narrowed = {"sans": str(IDLE_DAYS)} | ({"suivi": "moi"} if actor.role is Role.ADVISER else {})
    return Block(f"Sans proposition depuis {IDLE_DAYS}\u00a0jours", tasks, total, "candidates.index", narrowed)


def _offers(session: Session, actor: Actor, day: date) -> Block:
    """Offers to check, and those that will go off for lack of news."""
    stale = day - timedelta(days=STALE_DAYS)
    here = or_(Offer.unit_id == actor.unit_id, Offer.unit_id.is_(None))
    wanted = or_(
        Offer.state == OfferState.TO_CHECK,
        (Offer.state == OfferState.PUBLISHED) & (Offer.refreshed_on <= stale),
        (Offer.state == OfferState.DRAFT) & (Offer.created_by_id == actor.user_id),
    )
    rows = session.execute(
        select(Offer, Establishment.name)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .where(scope.offers(actor), here, wanted)
        .order_by(Offer.state.desc(), Offer.created_at, Offer.id)
    ).all()
    tasks = tuple(_offer_task(offer, employer, day) for offer, employer in rows)
    return Block("Offres à regarder", tasks[:SHOWN], len(tasks), "offers.index")


def _offer_task(offer: Offer, employer: str, day: date) -> Task:
    if offer.state is OfferState.TO_CHECK:
        return Task(
            f"{offer.title}, {employer}",
            "À vérifier avant d’être publiée.",
            _since((day - offer.created_at.astimezone(PARIS).date()).days),
            "Vérifier",
            "offers.show",
            offer.id,
        )
    if offer.state is OfferState.DRAFT:
        return Task(f"{offer.title}, {employer}", "Brouillon à compléter.", "", "Compléter", "offers.show", offer.id)
    left = OFF_DAYS - (day - offer.refreshed_on).days if offer.refreshed_on else 0
    when = f"Dans {left}\u00a0jours" if left > 1 else "Demain" if left == 1 else "Aujourd’hui"
    return Task(
        f"{offer.title}, {employer}",
        f"Sans nouvelles depuis {OFF_DAYS - left}\u00a0jours\u00a0: sera retirée.",
        when,
        "Appeler l’employeur",
        "offers.show",
        offer.id,
        True,
    )


def _figures(session: Session, actor: Actor) -> tuple[tuple[str, int], ...]:
    rows = session.execute(
        select(Proposal.state, func.count(Proposal.id)).where(scope.proposals(actor)).group_by(Proposal.state)
    )
    counts = {row[0]: row[1] for row in rows}
    shown = (
        ProposalState.PROPOSED,
        ProposalState.AGREED,
        ProposalState.SENT,
        ProposalState.SEEN,
        ProposalState.INTERVIEW,
        ProposalState.HIRED,
    )
    return tuple((state.label, counts.get(state, 0)) for state in shown)


# --- employer, administrator ---------------------------------------------------------------------------------


def _own_offers(session: Session, actor: Actor, day: date) -> Block:
    rows = session.execute(
        select(Offer)
        .where(scope.offers(actor), Offer.state.not_in((OfferState.CLOSED, OfferState.EXPIRED)))
        .order_by(Offer.updated_at.desc(), Offer.id)
    ).scalars()
    says = {
        OfferState.DRAFT: ("Brouillon à compléter.", "Compléter"),
        OfferState.TO_CHECK: ("L’unité emploi la vérifie.", "Voir"),
        OfferState.PUBLISHED: ("Publiée\u00a0: l’unité emploi cherche des personnes.", "Voir"),
        OfferState.SUSPENDED: ("En pause.", "Voir"),
        OfferState.FILLED: ("Tous les postes sont pourvus.", "Voir"),
    }
    tasks = []
    for offer in rows:
        why, verb = says[offer.state]
        old = offer.refreshed_on is not None and (day - offer.refreshed_on).days >= STALE_DAYS
        if old and offer.state is OfferState.PUBLISHED:
            why, verb = "Toujours d’actualité\u00a0? Sans réponse, elle sera retirée.", "Répondre"
        tasks.append(Task(offer.title, why, offer.state.label, verb, "employer.show", offer.id, old))
    return Block("Vos offres", tuple(tasks), len(tasks), "employer.index")


def _house(session: Session) -> Block:
    """What an administrator should look at; no person here."""
    tasks: list[Task] = []
    managed = select(UserAccount.unit_id).where(
        UserAccount.role == Role.UNIT_MANAGER, UserAccount.active, UserAccount.unit_id.is_not(None)
    )
    orphans = session.execute(
        select(EmploymentUnit.name).where(EmploymentUnit.closed_on.is_(None), EmploymentUnit.id.not_in(managed))
    ).scalars()
    tasks.extend(
        Task(name, "Cette unité n’a pas de responsable.", "", "Créer un compte", "admin.new_user") for name in orphans
    )
    to_check = session.execute(select(func.count(LegalParameter.id)).where(LegalParameter.to_check)).scalar_one()
    if to_check:
        tasks.append(
            Task(
                "1 montant à vérifier" if to_check == 1 else f"{to_check} montants à vérifier",
                "Ils n’ont pas encore été comparés à leur source officielle.",
                "",
                "Vérifier",
                "admin.parameters",
            )
        )
    return Block("À regarder", tuple(tasks), len(tasks))
