"""The words of the trade: codes stored and logged in English, labels read in French.

Only what the code itself depends on is here. What a Département or the law decides (weights, remedies,
amounts, networks, which certificates exist) is dated data in tables.
"""

from __future__ import annotations

from enum import StrEnum


class Labelled(StrEnum):
    """A code with the French label people read."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Labelled:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        return member


class Known(Labelled):
    """The three values of every fact. Unknown is stored as no row at all."""

    YES = "yes", "oui"
    NO = "no", "non"
    UNKNOWN = "unknown", "à confirmer"


class Role(Labelled):
    ADVISER = "adviser", "Conseiller·ère"
    UNIT_MANAGER = "unit_manager", "Responsable d’unité"
    EMPLOYER = "employer", "Employeur partenaire"
    CLAUSE_OFFICER = "clause_officer", "Facilitateur·rice de clauses"
    BUYER = "buyer", "Acheteur public"
    PILOT = "pilot", "Pilotage départemental"
    ADMINISTRATOR = "administrator", "Administration"


OF_AN_ESTABLISHMENT = frozenset({Role.EMPLOYER, Role.BUYER})
"""Roles whose account belongs to an establishment; those of a unit are the advisers and managers."""


class OrganisationKind(Labelled):
    COMPANY = "company", "Entreprise"
    EI = "ei", "Entreprise d’insertion"
    ETTI = "etti", "Entreprise de travail temporaire d’insertion"
    AI = "ai", "Association intermédiaire"
    ACI = "aci", "Atelier et chantier d’insertion"
    EITI = "eiti", "Entreprise d’insertion par le travail indépendant"
    GEIQ = "geiq", "GEIQ"
    EA = "ea", "Entreprise adaptée"
    EATT = "eatt", "Entreprise adaptée de travail temporaire"
    ESAT = "esat", "ESAT"
    EBE = "ebe", "Entreprise à but d’emploi"
    ASSOCIATION = "association", "Association"
    LOCAL_AUTHORITY = "local_authority", "Collectivité"
    DEPARTEMENT = "departement", "Département"


class ContractKind(Labelled):
    PERMANENT = "permanent", "CDI"
    FIXED_TERM = "fixed_term", "CDD"
    SEASONAL = "seasonal", "Saisonnier"
    TEMPORARY_AGENCY = "temporary_agency", "Intérim"
    INSERTION_FIXED_TERM = "insertion_fixed_term", "CDDI"
    APPRENTICESHIP = "apprenticeship", "Apprentissage"
    PROFESSIONAL_TRAINING = "professional_training", "Professionnalisation"
    AIDED_CONTRACT = "aided_contract", "Parcours emploi compétences"
    IMMERSION = "immersion", "Immersion (PMSMP)"


class Importance(Labelled):
    """How much an offer holds to a requirement."""

    ESSENTIAL = "essential", "Essentiel"
    TRAINABLE = "trainable", "Peut être formé"
    DESIRABLE = "desirable", "Souhaité"


class TravelMode(Labelled):
    WALK = "walk", "À pied"
    BICYCLE = "bicycle", "À vélo"
    MOPED = "moped", "En cyclomoteur"
    PUBLIC_TRANSPORT = "public_transport", "En transports en commun"
    CAR = "car", "En voiture"
    LIFT = "lift", "En covoiturage"


class Barrier(Labelled):
    """The national list of obstacles; each is not discussed / yes / closed."""

    MOBILITY = "mobility", "Mobilité"
    FAMILY = "family", "Contraintes familiales"
    HEALTH = "health", "Santé"
    FRENCH = "french", "Français"
    HOUSING = "housing", "Logement"
    MONEY = "money", "Budget"
    ADMINISTRATIVE = "administrative", "Démarches administratives"
    DIGITAL = "digital", "Numérique"


class BarrierState(Labelled):
    NOT_DISCUSSED = "not_discussed", "Non abordé"
    YES = "yes", "Oui"
    CLOSED = "closed", "Levé"


class BarrierProgress(Labelled):
    NOT_STARTED = "not_started", "Rien d’engagé"
    IN_PROGRESS = "in_progress", "En cours"
    DONE = "done", "Fait"
    DROPPED = "dropped", "Abandonné"


class FactSource(Labelled):
    """How a fact is known."""

    DECLARED = "declared", "Dit par la personne"
    OBSERVED = "observed", "Observé"
    CERTIFIED = "certified", "Justificatif vu"
    IMPORTED = "imported", "Repris d’un fichier"


class Orientation(Labelled):
    SOCIAL = "social", "Sociale"
    SOCIO_PROFESSIONAL = "socio_professional", "Socio-professionnelle"
    PROFESSIONAL = "professional", "Professionnelle"


class CandidateState(Labelled):
    ACTIVE = "active", "En recherche"
    PAUSED = "paused", "En pause"
    HIRED = "hired", "En emploi"
    ARCHIVED = "archived", "Accompagnement terminé"


class OfferState(Labelled):
    DRAFT = "draft", "Brouillon"
    TO_CHECK = "to_check", "À vérifier"
    PUBLISHED = "published", "Publiée"
    SUSPENDED = "suspended", "Suspendue"
    FILLED = "filled", "Pourvue"
    CLOSED = "closed", "Fermée"
    EXPIRED = "expired", "Expirée"


class ScheduleFlag(Labelled):
    SPLIT = "split", "Coupures"
    NIGHT = "night", "Nuit"
    WEEKEND = "weekend", "Week-end"
    SHIFTS_2X8 = "2x8", "2×8"
    SHIFTS_3X8 = "3x8", "3×8"
    VARIABLE = "variable", "Horaires variables"


class ProposalState(Labelled):
    PROPOSED = "proposed", "Proposée à la personne"
    AGREED = "agreed", "Accord de la personne"
    DECLINED = "declined", "Déclinée par la personne"
    SENT = "sent", "Transmise à l’employeur"
    SEEN = "seen", "Vue par l’employeur"
    INTERVIEW = "interview", "Entretien"
    IMMERSION = "immersion", "Immersion"
    OFFERED = "offered", "Poste proposé"
    HIRED = "hired", "Embauche"
    REFUSED = "refused", "Refusée par l’employeur"
    WITHDRAWN = "withdrawn", "Retirée"
    EXPIRED = "expired", "Sans réponse, close"
    HIRED_ELSEWHERE = "hired_elsewhere", "Embauche ailleurs"


class AgreementChannel(Labelled):
    PHONE = "phone", "Par téléphone"
    PAPER = "paper", "Sur papier"
    IN_PERSON = "in_person", "En entretien"


class RefusalSide(Labelled):
    PERSON = "person", "La personne"
    EMPLOYER = "employer", "L’employeur"
    SERVICE = "service", "L’unité emploi"


class RemedyKind(Labelled):
    LICENCE_AID = "licence_aid", "Aide au permis"
    VEHICLE_LOAN = "vehicle_loan", "Prêt de véhicule"
    SOLIDARITY_GARAGE = "solidarity_garage", "Garage solidaire"
    CHILDCARE = "childcare", "Garde d’enfant"
    DIGITAL_PASS = "digital_pass", "Pass numérique"
    FRENCH_LESSONS = "french_lessons", "Cours de français"
    SHORT_TRAINING = "short_training", "Formation courte"
    HOUSING_REFERRAL = "housing_referral", "Relais logement"
    IMMERSION = "immersion", "Immersion"
    OTHER = "other", "Autre solution"


class RequirementKind(Labelled):
    """What an offer can ask. `capability` names a fact of yes / no; the others carry an amount.

    Amounts: level 0–6 for French (0 below A1, 6 C2), 3–8 for a degree, months of experience, kilograms.
    """

    SKILL = "skill", "Compétence"
    CAPABILITY = "capability", "Certificat, permis ou condition"
    FRENCH_ORAL = "french_oral", "Français parlé"
    FRENCH_READ = "french_read", "Français lu"
    FRENCH_WRITTEN = "french_written", "Français écrit"
    DEGREE = "degree", "Niveau de diplôme"
    EXPERIENCE = "experience", "Expérience du métier"
    LOAD = "load", "Port de charges"


class FactGroup(Labelled):
    """Where a fact is asked and which criterion reads it."""

    LICENCE = "licence", "Permis"
    VEHICLE = "vehicle", "Véhicule"
    CERTIFICATE = "certificate", "Certificats et habilitations"
    MOBILITY = "mobility", "Déplacements"
    AVAILABILITY = "availability", "Disponibilité"
    CONTRACT = "contract", "Contrats acceptés"
    LANGUAGE = "language", "Français"
    DEGREE = "degree", "Diplôme"
    LIMIT = "limit", "Limites convenues"
    RIGHT = "right", "Droit au travail"
    PAY = "pay", "Salaire souhaité"


class FactUnit(Labelled):
    """What the amount of a fact means."""

    NONE = "none", ""
    VALID_UNTIL = "valid_until", "valable jusqu’au"
    DAY = "day", "date"
    MINUTES = "minutes", "minutes"
    WEEKLY_MINUTES = "weekly_minutes", "heures par semaine"
    CENTS_PER_HOUR = "cents_per_hour", "€ brut de l’heure"
    LEVEL = "level", "niveau"
    KILOGRAMS = "kilograms", "kg"


WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
FRENCH_LEVELS = ("sous A1", "A1", "A2", "B1", "B2", "C1", "C2")
DEGREE_LEVELS = {
    0: "sans diplôme",
    3: "CAP, BEP",
    4: "bac",
    5: "bac + 2",
    6: "bac + 3 ou 4",
    7: "bac + 5",
    8: "doctorat",
}


class Criterion(Labelled):
    """The criteria of a match, in the order they are always shown."""

    OCCUPATION = "occupation", "Métier"
    WORDS = "words", "Mots"
    SKILLS = "skills", "Compétences"
    CERTIFICATES = "certificates", "Certificats et permis"
    VEHICLE = "vehicle", "Véhicule"
    TRAVEL = "travel", "Trajet"
    SCHEDULE = "schedule", "Horaires"
    START = "start", "Début"
    CONTRACT = "contract", "Contrat et durée"
    PAY = "pay", "Salaire"
    LANGUAGE = "language", "Français"
    EXPERIENCE = "experience", "Expérience et diplôme"
    LIMITS = "limits", "Limites convenues"
    RIGHT_TO_WORK = "right_to_work", "Droit au travail"
    RESERVED_PUBLIC = "reserved_public", "Public réservé"


class MatchStatus(Labelled):
    """What a criterion says of a pair; `not_asked` when the offer asks nothing there."""

    MET = "met", "rempli"
    PARTLY = "partly", "en partie"
    UNKNOWN = "unknown", "à confirmer"
    LIFTABLE = "liftable", "à lever"
    BLOCKING = "blocking", "bloquant"
    NOT_ASKED = "not_asked", "non demandé"


class Tier(Labelled):
    CLEAR = "clear", "Rien n’empêche"
    LIFTABLE_IN_TIME = "liftable_in_time", "À lever, à temps pour le début"
    LIFTABLE_LATE = "liftable_late", "À lever, trop tard pour le début"
    BLOCKED = "blocked", "Un point empêche ce poste"
