"""Offers: states, who may change them, freshness, and what stops a publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from matching.errors import RuleRefused
from matching.offers.pay import Pay, PayVerdict, ScaleRow, SmicRow, check_pay
from matching.offers.wording import Finding, find_prohibited
from matching.terms import ContractKind, OfferState, Role

O = OfferState  # noqa: E741

REMINDER_DAYS = 83
OFF_DAYS = 90
MAX_SEATS = 500
MAX_WEEKLY_MINUTES = 48 * 60
MAX_START_AGE_DAYS = 30
"""A start may be that far behind (the post is still to fill); further, it is a slip or an offer of another time."""

EMPLOYER = frozenset({Role.EMPLOYER})
STAFF = frozenset({Role.ADVISER, Role.UNIT_MANAGER})
ANYBODY = EMPLOYER | STAFF

LIVE_STATES = frozenset({O.PUBLISHED})
# Contracts that end on a day known from the start; an aided or training contract may be open-ended.
ENDING_CONTRACTS = frozenset(
    {
        ContractKind.FIXED_TERM,
        ContractKind.SEASONAL,
        ContractKind.TEMPORARY_AGENCY,
        ContractKind.INSERTION_FIXED_TERM,
        ContractKind.IMMERSION,
    }
)


@dataclass(frozen=True)
class Change:
    """A change of state a role may ask. `complete`: nothing of `missing_to_publish` may remain.

    `reasons`: codes to choose from (a reason is then required); `automatic`: also done by the service.
    """

    origin: OfferState
    target: OfferState
    roles: frozenset[Role]
    verb: str
    complete: bool = False
    reasons: tuple[str, ...] = ()
    automatic: bool = False


REASON_LABELS: Mapping[str, str] = {
    "to_complete": "Des informations sont à compléter",
    "wording": "Le texte est à reformuler",
    "pay": "Le salaire ou le contrat est à revoir",
    "duplicate": "L’offre existe déjà",
    "employer_pause": "L’employeur fait une pause dans le recrutement",
    "many_people": "Assez de personnes sont déjà proposées",
    "to_clarify": "Un point est à éclaircir avec l’employeur",
    "filled_elsewhere": "Le poste est pourvu par une autre voie",
    "cancelled": "Le recrutement est abandonné",
    "no_answer": "L’employeur ne répond pas",
    "mistake": "Saisie par erreur",
}
_BACK = ("to_complete", "wording", "pay", "duplicate")
_PAUSE = ("employer_pause", "many_people", "to_clarify")
_END = ("filled_elsewhere", "cancelled", "no_answer", "duplicate", "mistake")

CHANGES: tuple[Change, ...] = (
    Change(O.DRAFT, O.TO_CHECK, EMPLOYER, "Envoyer pour vérification", complete=True),
    Change(O.DRAFT, O.PUBLISHED, STAFF, "Publier", complete=True),
    Change(O.DRAFT, O.CLOSED, ANYBODY, "Abandonner le brouillon"),
    Change(O.TO_CHECK, O.PUBLISHED, STAFF, "Vérifier et publier", complete=True),
    Change(O.TO_CHECK, O.DRAFT, STAFF, "Renvoyer à l’employeur", reasons=_BACK),
    Change(O.TO_CHECK, O.DRAFT, EMPLOYER, "Reprendre pour modifier"),
    Change(O.TO_CHECK, O.CLOSED, ANYBODY, "Fermer", reasons=_END),
    Change(O.PUBLISHED, O.TO_CHECK, EMPLOYER, "Modifier et faire vérifier", complete=True),
    Change(O.PUBLISHED, O.SUSPENDED, ANYBODY, "Suspendre", reasons=_PAUSE),
    Change(O.PUBLISHED, O.FILLED, ANYBODY, "Noter que tout est pourvu", automatic=True),
    Change(O.PUBLISHED, O.CLOSED, ANYBODY, "Fermer", reasons=_END),
    Change(O.PUBLISHED, O.EXPIRED, frozenset(), "Retirer, non confirmée", automatic=True),
    # An employer's return goes through a check: the pause may come from the adviser.
    Change(O.SUSPENDED, O.PUBLISHED, STAFF, "Remettre en ligne", complete=True),
    Change(O.SUSPENDED, O.TO_CHECK, EMPLOYER, "Demander la remise en ligne", complete=True),
    Change(O.SUSPENDED, O.FILLED, ANYBODY, "Noter que tout est pourvu", automatic=True),
    Change(O.SUSPENDED, O.CLOSED, ANYBODY, "Fermer", reasons=_END),
    Change(O.SUSPENDED, O.EXPIRED, frozenset(), "Retirer, non confirmée", automatic=True),
    Change(O.FILLED, O.PUBLISHED, STAFF, "Rouvrir", complete=True),
    Change(O.FILLED, O.CLOSED, ANYBODY, "Fermer", reasons=_END),
    Change(O.EXPIRED, O.PUBLISHED, STAFF, "Confirmer et remettre en ligne", complete=True),
    Change(O.EXPIRED, O.TO_CHECK, EMPLOYER, "Confirmer l’offre", complete=True),
    Change(O.EXPIRED, O.CLOSED, ANYBODY, "Fermer", reasons=_END),
)


def changes_for(state: OfferState, role: Role) -> tuple[Change, ...]:
    """The changes this role may ask from this state, in the order of the buttons."""
    return tuple(change for change in CHANGES if change.origin is state and role in change.roles)


def why_not_proposed(state: OfferState) -> str:
    """Why nobody can be proposed on an offer in this state, and what to do first; empty when people can."""
    if state in LIVE_STATES:
        return ""
    told = f"Cette offre est « {state.label.lower()} » : on ne propose des personnes que sur une offre publiée."
    verb = next((c.verb for c in CHANGES if c.origin is state and c.target in LIVE_STATES and c.roles & STAFF), "")
    if not verb:
        return f"{told} Si l’employeur recrute encore, saisissez une nouvelle offre."
    first = f"« {verb} » sur l’offre"
    if state is O.FILLED:
        return f"{told} Si l’employeur recrute encore, choisissez {first}, avec plus de postes s’il le faut."
    return f"{told} Choisissez d’abord {first}."


def find_change(state: OfferState, target: OfferState, role: Role | None, *, reason: str | None = None) -> Change:
    """The change asked, when the rules allow it; `role` None is the service itself.

    Whoever applies a change with `complete` first checks `missing_to_publish`. Raises RuleRefused.
    """
    ways = [change for change in CHANGES if change.origin is state and change.target is target]
    if not ways:
        raise RuleRefused(
            f"L’offre est « {state.label} » : elle ne peut pas passer à « {target.label} ». "
            "Rechargez la page, elle a pu changer.",
            rule="transition",
        )
    mine = [c for c in ways if (c.automatic if role is None else role in c.roles)]
    if not mine:
        raise RuleRefused(
            "Ce changement est fait par l’unité emploi. Demandez-le à votre conseiller ou conseillère.",
            rule="role",
        )
    if role is not None and mine[0].reasons and reason not in mine[0].reasons:
        raise RuleRefused("Choisissez un motif dans la liste.", rule="reason")
    return mine[0]


# --- freshness -------------------------------------------------------------------------------------


class Freshness(StrEnum):
    """How long ago somebody said the offer still stands."""

    FRESH = "fresh"
    TO_REMIND = "to_remind"
    OFF = "off"


def freshness(
    refreshed_on: date, today: date, *, remind_after: int = REMINDER_DAYS, off_after: int = OFF_DAYS
) -> Freshness:
    """Fresh until day 82, to be confirmed from day 83, off from day 90 (days since the last refresh)."""
    age = (today - refreshed_on).days
    if age >= off_after:
        return Freshness.OFF
    return Freshness.TO_REMIND if age >= remind_after else Freshness.FRESH


def off_on(refreshed_on: date, *, off_after: int = OFF_DAYS) -> date:
    """The day the offer goes off if nobody confirms it."""
    return refreshed_on + timedelta(days=off_after)


# --- what stops a publication ----------------------------------------------------------------------


@dataclass(frozen=True)
class OfferFacts:
    """What the rules read of an offer. Empty text and None mean "not said yet"."""

    title: str = ""
    rome_code: str = ""
    description: str = ""
    seats: int | None = None
    contract: ContractKind | None = None
    weekly_minutes: int | None = None
    start_on: date | None = None
    end_on: date | None = None
    pay: Pay | None = None
    place_count: int = 0
    window_count: int = 0
    schedule_flag_count: int = 0
    wording_override: str = ""


@dataclass(frozen=True)
class Stop:
    """One thing to mend before publishing: the form's field and the French message with the remedy."""

    field: str
    message: str
    findings: tuple[Finding, ...] = ()


def missing_to_publish(
    facts: OfferFacts, *, today: date, smic: Sequence[SmicRow], scale: Sequence[ScaleRow] = ()
) -> tuple[Stop, ...]:
    """Everything that stops the publication, in the order of the form; empty when it can be published."""
    return (
        *_occupation(facts),
        *_wording(facts),
        *_seats(facts),
        *_contract(facts),
        *_dates(facts, today),
        *_pay(facts, smic, scale),
        *_place_and_schedule(facts),
    )


def _occupation(facts: OfferFacts) -> list[Stop]:
    stops = []
    if not facts.title.strip():
        stops.append(Stop("title", "Indiquez l’intitulé du poste, avec vos mots."))
    if not facts.rome_code.strip():
        stops.append(Stop("rome_code", "Choisissez le métier dans la liste proposée à partir de l’intitulé."))
    if not facts.description.strip():
        stops.append(Stop("description", "Décrivez le poste en quelques lignes : tâches, lieu, équipe."))
    return stops


def _wording(facts: OfferFacts) -> list[Stop]:
    if facts.wording_override.strip():
        return []
    stops = []
    for name, text in (("title", facts.title), ("description", facts.description)):
        found = find_prohibited(text)
        if found:
            words = ", ".join(f"« {f.words} » ({f.ground.label.lower()}, {f.article})" for f in found)
            stops.append(Stop(name, f"Des mots sont à retirer ou à reformuler : {words}.", found))
    return stops


def _seats(facts: OfferFacts) -> list[Stop]:
    if facts.seats is None or facts.seats < 1:
        return [Stop("seats", "Indiquez le nombre de postes : au moins un.")]
    if facts.seats > MAX_SEATS:
        return [Stop("seats", f"Le nombre de postes paraît trop grand : {MAX_SEATS} au plus par offre.")]
    return []


def _contract(facts: OfferFacts) -> list[Stop]:
    stops = []
    if facts.contract is None:
        stops.append(Stop("contract", "Choisissez le type de contrat."))
    if not facts.weekly_minutes or facts.weekly_minutes < 0:
        stops.append(Stop("weekly_minutes", "Indiquez la durée hebdomadaire, par exemple 35 h."))
    elif facts.weekly_minutes > MAX_WEEKLY_MINUTES:
        stops.append(Stop("weekly_minutes", "La durée hebdomadaire dépasse 48 h. Corrigez-la."))
    return stops


def old_start(start_on: date | None, today: date) -> str | None:
    """What to do about a start more than `MAX_START_AGE_DAYS` days ago; None when there is nothing to say."""
    if start_on is None or (today - start_on).days <= MAX_START_AGE_DAYS:
        return None
    return (
        "Ce début est passé depuis longtemps\u00a0: corrigez la date, ou écrivez celle d’aujourd’hui si le poste est "
        "à prendre dès que possible."
    )


def _dates(facts: OfferFacts, today: date) -> list[Stop]:
    stops = []
    if facts.start_on is None:
        stops.append(Stop("start_on", "Indiquez la date de début."))
    elif old := old_start(facts.start_on, today):
        stops.append(Stop("start_on", old))
    if facts.contract in ENDING_CONTRACTS and facts.end_on is None:
        stops.append(Stop("end_on", f"Indiquez la date de fin : « {facts.contract.label} » a un terme."))
    if facts.contract is ContractKind.PERMANENT and facts.end_on is not None:
        stops.append(Stop("end_on", "Un CDI n’a pas de date de fin. Retirez-la ou changez le contrat."))
    if facts.start_on and facts.end_on and facts.end_on < facts.start_on:
        stops.append(Stop("end_on", "La date de fin est avant la date de début. Corrigez l’une des deux."))
    return stops


def pay_verdict(facts: OfferFacts, *, smic: Sequence[SmicRow], scale: Sequence[ScaleRow] = ()) -> PayVerdict | None:
    """The pay of an offer held against its floor; None while contract or start date is not said."""
    if facts.contract is None or facts.start_on is None:
        return None
    return check_pay(
        facts.pay,
        contract=facts.contract,
        weekly_minutes=facts.weekly_minutes,
        start_on=facts.start_on,
        smic=smic,
        scale=scale,
    )


def _pay(facts: OfferFacts, smic: Sequence[SmicRow], scale: Sequence[ScaleRow]) -> list[Stop]:
    verdict = pay_verdict(facts, smic=smic, scale=scale)
    if verdict is not None:
        return [Stop("pay", message) for message in verdict.stops]
    if facts.pay is None and facts.contract is not ContractKind.IMMERSION:
        return [Stop("pay", "Indiquez le salaire brut.")]
    return []


def _place_and_schedule(facts: OfferFacts) -> list[Stop]:
    stops = []
    if facts.place_count < 1:
        stops.append(Stop("place", "Indiquez la commune du lieu de travail."))
    if facts.window_count < 1 and facts.schedule_flag_count < 1:
        stops.append(
            Stop("schedule", "Indiquez les horaires : des plages dans la semaine, ou au moins « Horaires variables ».")
        )
    return stops
