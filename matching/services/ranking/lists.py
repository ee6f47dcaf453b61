"""Who could take this job: the ranked list, why each person stands there, and what was shown, logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from matching import engine
from matching.access.permissions import Actor, Permission, require
from matching.errors import NotFound
from matching.offers.lifecycle import why_not_proposed
from matching.services.context import Context
from matching.services.ranking import phrases
from matching.services.ranking.crowd import Shown, load_people, load_words
from matching.services.ranking.loading import eligibility, engine_offer
from matching.services.ranking.simulation import Simulation, changed, effective, key_of
from matching.services.ranking.snapshot import Snapshot, snapshot_of
from matching.store import scope
from matching.store.tables.exposure import ExposureLog, ReadLog
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate, Person
from matching.store.tables.reference import Remedy
from matching.terms import Criterion, Importance, MatchStatus, OfferState, Tier
from matching.text import fold

ENGINE_VERSION = "1"
OPEN_TO_RANKING = (OfferState.TO_CHECK, OfferState.PUBLISHED, OfferState.SUSPENDED)
_NOT_COUNTED = (Criterion.WORDS,)
_CHANGE_LABELS = {
    "one_hour_later": "Une heure plus tard",
    "one_hour_earlier": "Une heure plus tôt",
    "starts_later": "Début un mois plus tard",
    "shorter_week": "Cinq heures de moins par semaine",
}
_DROP_LABELS = {
    "travel": "Sans condition de trajet",
    "schedule": "Sans ces horaires",
    "available_from": "Sans date de début",
    "hours": "Sans ce nombre d’heures",
    "pay_wished": "Sans ce salaire",
}


@dataclass(frozen=True)
class Advice:
    """The remedy of something to lift: what, who does it, how long it usually takes."""

    label: str
    who: str
    delay: str


@dataclass(frozen=True)
class FactPair:
    """One thing asked and what is known, side by side."""

    criterion: Criterion
    status: MatchStatus
    asked: str
    importance: str
    known: str
    source: str
    advice: Advice | None
    question: str


@dataclass(frozen=True)
class Mark:
    criterion: Criterion
    short: str
    status: MatchStatus


@dataclass(frozen=True)
class RankedPerson:
    """A row of the list. Without `name` it is an anonymous card: the adviser named is the one to ask."""

    candidate_id: int
    code: str
    name: str | None
    goal: str
    unit: str
    adviser: str
    rank: int
    tier: Tier
    enters: bool
    marks: tuple[Mark, ...]
    counts: dict[MatchStatus, int]
    delay: str
    sentence: str
    pairs: tuple[FactPair, ...]
    parts: tuple[tuple[str, float], ...]
    fit: float
    notices: tuple[str, ...]
    commune: str
    commune_insee: str | None


@dataclass(frozen=True)
class Relax:
    """Something the offer asks that can be tried otherwise, and how many people it would bring in."""

    key: str
    label: str
    importance: Importance | None
    amount: int | None
    position: int | None
    gained: int
    active: bool
    variant: bool = False
    levels: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class RankedList:
    """Everything the page of an offer's people shows."""

    offer_id: int
    offer_code: str
    title: str
    employer: str
    facts: tuple[str, ...]
    state: OfferState
    seats_left: int
    not_proposed: str
    reserved: bool
    people: tuple[RankedPerson, ...]
    tier_counts: dict[Tier, int]
    considered: int
    relax: tuple[Relax, ...]
    simulation: Simulation
    entering: int
    everyone: bool
    exposure_id: int | None
    weights: tuple[tuple[str, float, float], ...]
    places: tuple[str, ...]
    place_insee: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """« Pourquoi pas cette personne ? » : the same reasons, for somebody asked by name."""

    offer_id: int
    title: str
    person: RankedPerson
    considered: int


@dataclass
class _Question:
    """An offer to rank for, with all that the pass needs."""

    session: Session
    snap: Snapshot
    offer: Offer
    words: phrases.Words
    asked: engine.Offer
    wanted: engine.Offer
    policy: engine.Policy
    rows: Any
    eligible: Any
    today: int
    seed: int

    def rank(self, offer: engine.Offer, top: int, rows: Any = None) -> engine.Ranking:
        return engine.rank(
            self.snap.people,
            offer,
            self.policy,
            today=self.today,
            seed=self.seed,
            occupations=self.snap.occupations,
            top=top,
            rows=self.rows if rows is None else rows,
            eligible=self.eligible,
        )


def rank_candidates(
    ctx: Context,
    actor: Actor | None,
    offer_id: int,
    *,
    simulation: Simulation | None = None,
    everyone: bool = False,
    top: int = 50,
) -> RankedList:
    """The first `top` people for an offer, with their reasons; the list shown is logged.

    `everyone` adds the other units' people as anonymous cards. `actor` None is the machine's own shell: codes
    only, nothing logged. Raises `NotFound` outside the actor's reach.
    """
    wanted = simulation or Simulation()
    if actor is not None:
        require(actor, Permission.RANK_CANDIDATES)
    with ctx.read() as session:
        offer = _offer(session, actor, offer_id)
        with snapshot_of(ctx).current(session) as snap:
            question = _question(ctx, session, snap, actor, offer, wanted, everyone or actor is None)
            wanted = effective(question.asked, wanted)
            ranking = question.rank(question.wanted, top)
            entering, ids_entering = _entering(question, ranking) if wanted else (0, frozenset())
            relax = _relax(question, wanted)
            version = snap.data_version
        shown = load_people(session, actor, ranking.matches, offer)
        # The snapshot may be newer than this session's moment: somebody added in between waits for the next request.
        ranking = replace(ranking, matches=tuple(m for m in ranking.matches if m.id in shown))
        people = _rows(session, question, ranking.matches, shown, ids_entering)
        result = _list(question, ranking, people, relax, wanted, entering, everyone)
    if actor is None:
        return result
    return _log(ctx, actor, question, ranking, result, version)


def explain_person(ctx: Context, actor: Actor, offer_id: int, who: str) -> tuple[Explanation, ...]:
    """Why somebody of one's unit stands where they do: found by code or by name (several may answer).

    Nobody asked, nobody found. Raises `NotFound` with what to type when nobody of the unit matches.
    """
    require(actor, Permission.RANK_CANDIDATES)
    with ctx.read() as session:
        offer = _offer(session, actor, offer_id)
        if not who.strip():
            return ()
        ids = _find(session, actor, who)
        with snapshot_of(ctx).current(session) as snap:
            question = _question(ctx, session, snap, actor, offer, Simulation(), False)
            found = [_explain(question, person) for person in ids if person in snap.people]
            considered = int(np.count_nonzero(snap.people.active[question.rows]))
        shown = load_people(session, actor, found, offer)
        rows = _rows(session, question, found, shown, frozenset())
    if not rows:
        raise NotFound("Personne de votre unité ne porte ce nom ou ce code. Écrivez par exemple P-0012.")
    with ctx.write(actor) as work:
        for row in rows:
            work.session.add(
                ReadLog(
                    at=work.at,
                    actor_id=actor.user_id,
                    subject_type="candidate",
                    subject_id=row.candidate_id,
                    how="why_not",
                )
            )
            work.record("match.explained", "offer", offer_id, candidate=row.candidate_id)
    return tuple(Explanation(offer_id, offer.title, row, considered) for row in rows)


def read_pairs(ctx: Context, actor: Actor, offer_id: int, ids: Sequence[int]) -> dict[int, tuple[FactPair, ...]]:
    """The facts compared for a few people of one's unit, by id, in one pass; those not in search are left out."""
    require(actor, Permission.RANK_CANDIDATES)
    with ctx.read() as session:
        offer = _offer(session, actor, offer_id)
        with snapshot_of(ctx).current(session) as snap:
            question = _question(ctx, session, snap, actor, offer, Simulation(), False)
            rows = np.array([snap.people.row_of(i) for i in ids if i in snap.people], np.int64)
            own = np.intersect1d(rows, question.rows)
            matches = question.rank(question.asked, len(own), own).matches
        shown = load_people(session, actor, matches, offer)
        people = _rows(session, question, matches, shown, frozenset())
    return {person.candidate_id: person.pairs for person in people}


def offer_number(ctx: Context, text: str) -> int:
    """The id of an offer given by its number or its code. Raises `NotFound` with what to type."""
    code = text.strip().upper()
    with ctx.read() as session:
        found = session.execute(select(Offer.id).where(Offer.code == code)).scalar_one_or_none()
        if found is None and code.isascii() and code.isdecimal() and len(code) < 10:
            found = session.execute(select(Offer.id).where(Offer.id == int(code))).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Aucune offre « {text} ». Son code se lit dans la liste des offres, comme O-0042.")
    return found


# --- asking the engine ---------------------------------------------------------------------------------------


def _offer(session: Session, actor: Actor | None, offer_id: int) -> Offer:
    options = (
        selectinload(Offer.requirements),
        selectinload(Offer.windows),
        selectinload(Offer.places),
        selectinload(Offer.establishment),
    )
    if actor is not None:
        return scope.fetch(session, actor, Offer, offer_id, *options)
    found = session.execute(select(Offer).where(Offer.id == offer_id).options(*options)).scalar_one_or_none()
    if found is None:
        raise NotFound("Cette offre n’existe pas. Son numéro se lit dans la liste des offres.")
    return found


def _question(
    ctx: Context,
    session: Session,
    snap: Snapshot,
    actor: Actor | None,
    offer: Offer,
    wanted: Simulation,
    everyone: bool,
) -> _Question:
    words = load_words(session, offer)
    asked = engine_offer(offer, snap.catalogue, words.occupations.get(offer.rome_code or "", ""))
    unit_id = actor.unit_id if actor else None
    today = ctx.clock.today()
    return _Question(
        session=session,
        snap=snap,
        offer=offer,
        words=words,
        asked=asked,
        wanted=changed(asked, wanted) if wanted else asked,
        policy=snap.policy(session, unit_id),
        rows=None if everyone else snap.people.rows_of_units([unit_id or -1]),
        eligible=eligibility(session, snap.people, offer.reserved_publics, today),
        today=engine.day_number(today),
        seed=seed_of(offer.id, engine.day_number(today)),
    )


def seed_of(offer_id: int, day: int) -> int:
    """The same order all day for everybody, another one tomorrow: ties favour nobody for long."""
    return offer_id * 100_003 + day


def _explain(question: _Question, person_id: int) -> engine.PersonMatch:
    return engine.explain(
        question.snap.people,
        question.asked,
        question.policy,
        person_id,
        today=question.today,
        seed=question.seed,
        occupations=question.snap.occupations,
        rows=question.rows,
        eligible=question.eligible,
    )


def _entering(question: _Question, ranking: engine.Ranking) -> tuple[int, frozenset[int]]:
    """How many people nothing stops any more, and which of those shown come in."""
    before = question.rank(question.asked, 0)
    reach = (Tier.CLEAR, Tier.LIFTABLE_IN_TIME)
    gained = sum(ranking.tier_counts[t] - before.tier_counts[t] for t in reach)
    rows = np.array([question.snap.people.row_of(m.id) for m in ranking.matches], np.int64)
    same_people = question.rank(question.asked, len(rows), rows)
    already = {m.id for m in same_people.matches if m.tier in reach}
    return gained, frozenset(m.id for m in ranking.matches if m.tier in reach and m.id not in already)


def _relax(question: _Question, wanted: Simulation) -> tuple[Relax, ...]:
    found = engine.relaxations(
        question.snap.people,
        question.asked,
        question.policy,
        today=question.today,
        occupations=question.snap.occupations,
        rows=question.rows,
        eligible=question.eligible,
    )
    words = question.words
    gains = {
        (r.change, r.code if r.requirement is None else question.asked.requirements.index(r.requirement)): r
        for r in found
    }
    options = []
    for position, asked in enumerate(question.asked.requirements):
        gain = gains.pop(("without", position), None)
        key = key_of("", position)
        options.append(
            Relax(
                key,
                _requirement_label(asked, words),
                wanted.importance.get(position, asked.importance),
                wanted.amount.get(position, asked.amount) if asked.amount else None,
                position,
                gain.gained if gain else 0,
                key in wanted.dropped,
                levels=phrases.levels_of(asked.kind),
            )
        )
    for (change, _), gain in gains.items():
        variant = change != "without"
        key = change if variant else gain.code
        label = _CHANGE_LABELS.get(change) or _DROP_LABELS.get(gain.code) or _without(gain.code, words)
        options.append(
            Relax(key, label, None, None, None, gain.gained, key in wanted.dropped + wanted.variants, variant)
        )
    shown = {option.key for option in options}
    for key in wanted.dropped + wanted.variants:
        if key not in shown:
            label = _CHANGE_LABELS.get(key) or _DROP_LABELS.get(key) or _without(key, words)
            options.append(Relax(key, label, None, None, None, 0, True, key in wanted.variants))
    return tuple(sorted(options, key=lambda option: -option.gained))


def _without(code: str, words: phrases.Words) -> str:
    if code.startswith("contract_"):
        return "Avec un autre contrat"
    return f"Sans « {words.facts.get(code, code)} »"


def _requirement_label(asked: engine.Requirement, words: phrases.Words) -> str:
    result = engine.RequirementResult(
        Criterion.SKILLS if asked.index >= 0 else Criterion.CERTIFICATES,
        asked.code,
        asked,
        asked.amount,
        MatchStatus.MET,
        None,
        0.0,
    )
    if asked.index >= 0:
        return words.skills.get(asked.index, "Compétence")
    return phrases.asked_amount(result.requirement, asked.code, asked.amount, words)


def _find(session: Session, actor: Actor, who: str) -> list[int]:
    words = fold(who)
    if not words:
        return []
    query = select(Candidate.id).join(Person).where(scope.candidates(actor))
    pattern = [Person.name_search.contains(word) for word in words.split()]
    code = Candidate.code == who.strip().upper()
    matches = session.execute(query.where(or_(code, *([] if not pattern else [_all(pattern)]))).limit(5)).scalars()
    return list(matches)


def _all(conditions: Sequence[Any]) -> Any:
    combined = conditions[0]
    for condition in conditions[1:]:
        combined = combined & condition
    return combined


# --- from numbers to words -----------------------------------------------------------------------------------


def _rows(
    session: Session,
    question: _Question,
    matches: Sequence[engine.PersonMatch],
    shown: dict[int, Shown],
    entering: frozenset[int],
) -> tuple[RankedPerson, ...]:
    remedies = {row.id: row for row in session.execute(select(Remedy)).scalars()}
    return tuple(
        row_of(match, shown[match.id], question.offer, question.words, remedies, match.id in entering)
        for match in matches
    )


def row_of(
    match: engine.PersonMatch,
    person: Shown,
    offer: Offer,
    words: phrases.Words,
    remedies: dict[int, Remedy],
    enters: bool,
) -> RankedPerson:
    """A match in words, the same from the offer's side and from the person's."""
    marks = tuple(
        Mark(criterion, phrases.SHORT[criterion], match.statuses[criterion])
        for criterion in Criterion
        if criterion not in _NOT_COUNTED
        and match.statuses.get(criterion, MatchStatus.NOT_ASKED) is not MatchStatus.NOT_ASKED
    )
    counts = {status: sum(mark.status is status for mark in marks) for status in MatchStatus}
    pairs = tuple(
        _pair(result, match, person.known, offer, words, remedies)
        for result in match.requirements
        if result.criterion not in _NOT_COUNTED
    )
    return RankedPerson(
        candidate_id=match.id,
        code=person.code,
        name=person.name,
        goal=person.known.goals[0] if person.known.goals else "Souhait à préciser",
        unit=person.unit,
        adviser=person.adviser,
        rank=match.rank,
        tier=match.tier,
        enters=enters,
        marks=marks,
        counts=counts,
        delay=phrases.delay(match.delay_days),
        sentence=_sentence(pairs),
        pairs=tuple(sorted(pairs, key=lambda pair: _SHOW_FIRST.index(pair.status))),
        parts=tuple((_part_label(name), value) for name, value in match.parts.items() if value),
        fit=match.fit,
        notices=person.notices,
        commune=person.commune,
        commune_insee=person.commune_insee,
    )


_SHOW_FIRST = [
    MatchStatus.BLOCKING,
    MatchStatus.LIFTABLE,
    MatchStatus.UNKNOWN,
    MatchStatus.PARTLY,
    MatchStatus.MET,
    MatchStatus.NOT_ASKED,
]


_FIRST_TO_SAY = ("", Importance.ESSENTIAL.label)


def _part_label(name: str) -> str:
    return "Déjà proposée ailleurs" if name == engine.SPREAD else Criterion(name).label


def _pair(
    result: engine.RequirementResult,
    match: engine.PersonMatch,
    person: phrases.KnownPerson,
    offer: Offer,
    words: phrases.Words,
    remedies: dict[int, Remedy],
) -> FactPair:
    advice, question = None, ""
    if result.status is MatchStatus.LIFTABLE:
        advice = _advice(result, remedies)
    elif result.status is MatchStatus.UNKNOWN:
        question = phrases.question(result, match, words)
    return FactPair(
        criterion=result.criterion,
        status=result.status,
        asked=phrases.asked(result, offer, words),
        importance=result.requirement.importance.label if result.requirement else "",
        known=phrases.known(result, match, person, words),
        source=phrases.provenance(result, person),
        advice=advice,
        question=question,
    )


def _advice(result: engine.RequirementResult, remedies: dict[int, Remedy]) -> Advice:
    """What lifts a liftable point: its remedy, else what the engine counts on without one."""
    remedy = remedies.get(int(result.remedy_id)) if result.remedy_id is not None else None
    wait = phrases.delay(result.delay_days)
    if remedy:
        return Advice(remedy.label, remedy.who, wait)
    if result.criterion is Criterion.START:
        return Advice("Demander à l’employeur de décaler le début", "Employeur", "")
    if result.requirement and result.requirement.importance is Importance.TRAINABLE:
        return Advice("S’apprend sur le poste", "Employeur", wait)
    return Advice("À voir avec la personne et l’employeur", "Conseiller", wait)


def said(pair: FactPair) -> str:
    """What stops, what is to lift or what is to ask, in a sentence; empty when nothing is to say."""
    if pair.status is MatchStatus.BLOCKING:
        return f"{pair.criterion.label}\u00a0: l’offre demande « {pair.asked} ». {pair.known}."
    if pair.status is MatchStatus.LIFTABLE and pair.advice:
        subject = pair.known if pair.criterion is Criterion.START else pair.asked
        wait = f", {pair.advice.delay}" if pair.advice.delay else ""
        return f"{subject}\u00a0: {pair.advice.label[0].lower()}{pair.advice.label[1:]}{wait}."
    return f"Demander\u00a0: « {pair.question} »" if pair.status is MatchStatus.UNKNOWN else ""


def _sentence(pairs: Sequence[FactPair]) -> str:
    """One line of advice: what stops, else what to lift, else what to ask, else how close."""
    for status in (MatchStatus.BLOCKING, MatchStatus.LIFTABLE, MatchStatus.UNKNOWN):
        for pair in sorted(pairs, key=lambda pair: pair.importance not in _FIRST_TO_SAY):
            if pair.status is status:
                return said(pair)
    travel = next((pair.known for pair in pairs if pair.criterion is Criterion.TRAVEL), "")
    occupation = next((pair.known for pair in pairs if pair.criterion is Criterion.OCCUPATION), "")
    return ". ".join(part for part in (occupation, travel) if part) + "."


def facts_of(offer: Offer, words: phrases.Words) -> tuple[str, ...]:
    """An offer in a line: where, seats, contract, hours, pay, start."""
    facts = [", ".join(words.places), _seats(offer)]
    if offer.contract_kind:
        facts.append(offer.contract_kind.label)
    if offer.weekly_minutes:
        facts.append(phrases.weekly(offer.weekly_minutes))
    if offer.pay_hourly_cents:
        facts.append(phrases.euros(offer.pay_hourly_cents))
    if offer.starts_on:
        facts.append(f"Début {phrases.day(offer.starts_on)}")
    return tuple(fact for fact in facts if fact)


def _seats(offer: Offer) -> str:
    seats = f"{offer.seats} poste" + ("s" if offer.seats > 1 else "")
    if not offer.filled_seats:
        return seats
    return f"{seats}, {'un pourvu' if offer.filled_seats == 1 else f'{offer.filled_seats} pourvus'}"


def _list(
    question: _Question,
    ranking: engine.Ranking,
    people: tuple[RankedPerson, ...],
    relax: tuple[Relax, ...],
    wanted: Simulation,
    entering: int,
    everyone: bool,
) -> RankedList:
    offer = question.offer
    words = question.words
    return RankedList(
        offer_id=offer.id,
        offer_code=offer.code,
        title=offer.title,
        employer=offer.establishment.name,
        facts=facts_of(offer, words),
        state=offer.state,
        seats_left=max(0, offer.seats - offer.filled_seats),
        not_proposed=why_not_proposed(offer.state),
        reserved=bool(offer.reserved_publics),
        people=people,
        tier_counts=dict(ranking.tier_counts),
        considered=ranking.considered,
        relax=relax,
        simulation=wanted,
        entering=entering,
        everyone=everyone,
        exposure_id=None,
        weights=tuple((c.label, question.policy.weight(c), question.policy.cost(c)) for c in Criterion),
        places=words.places,
        place_insee=tuple(place.commune_insee for place in offer.places),
    )


def _log(
    ctx: Context, actor: Actor, question: _Question, ranking: engine.Ranking, result: RankedList, version: int
) -> RankedList:
    """Keep the list as it was shown: enough to say later who saw whom, in which order and why."""
    with ctx.write(actor) as work:
        entry = ExposureLog(
            at=work.at,
            actor_id=actor.user_id,
            offer_id=result.offer_id,
            unit_id=actor.unit_id,
            data_version=version,
            engine_version=ENGINE_VERSION,
            seed=question.seed,
            weights={c.value: [question.policy.weight(c), question.policy.cost(c)] for c in Criterion},
            changes=result.simulation.logged() | {"everyone": result.everyone},
            counts={tier.value: count for tier, count in result.tier_counts.items()},
            shown=[
                [
                    m.id,
                    m.tier.value,
                    round(m.fit, 9),
                    {c.value: s.value for c, s in m.statuses.items() if s is not MatchStatus.NOT_ASKED},
                ]
                for m in ranking.matches
            ],
        )
        work.session.add(entry)
        work.session.flush()
        work.record("list.shown", "offer", result.offer_id, exposure=entry.id, people=len(ranking.matches))
    return replace(result, exposure_id=entry.id)
