"""The words of insertion clauses: codes stored in English, labels read in French."""

from __future__ import annotations

from matching.terms import Labelled


class Support(Labelled):
    """What carries a commitment."""

    PUBLIC_CONTRACT = "public_contract", "Marché public"
    FRAMEWORK_AGREEMENT = "framework_agreement", "Accord-cadre"
    CALL_OFF_CONTRACT = "call_off_contract", "Marché subséquent"
    CONCESSION = "concession", "Concession"
    SUBSIDY = "subsidy", "Subvention"
    LOAN_GUARANTEE = "loan_guarantee", "Garantie d’emprunt"
    PRIVATE_WORKS = "private_works", "Travaux privés volontaires"


class Modality(Labelled):
    """How the clause binds. A condition and a criterion can go together."""

    EXECUTION_CONDITION = "execution_condition", "Condition d’exécution"
    AWARD_CRITERION = "award_criterion", "Critère d’attribution"
    CONDITION_AND_CRITERION = "condition_and_criterion", "Condition et critère"
    RESERVED = "reserved", "Marché réservé"
    INSERTION_SERVICE = "insertion_service", "Marché d’insertion"
    VOLUNTARY = "voluntary", "Engagement volontaire"


class Procedure(Labelled):
    OPEN = "open", "Appel d’offres ouvert"
    RESTRICTED = "restricted", "Appel d’offres restreint"
    ADAPTED = "adapted", "Procédure adaptée"
    NEGOTIATED = "negotiated", "Procédure avec négociation"
    COMPETITIVE_DIALOGUE = "competitive_dialogue", "Dialogue compétitif"
    WITHOUT_COMPETITION = "without_competition", "Sans publicité ni mise en concurrence"


class PurchaseNature(Labelled):
    WORKS = "works", "Travaux"
    SERVICES = "services", "Services"
    SUPPLIES = "supplies", "Fournitures"


class BuyerCategory(Labelled):
    """Which European threshold a buyer looks at."""

    LOCAL_AUTHORITY = "local_authority", "Collectivité territoriale"
    STATE = "state", "État"
    CONTRACTING_ENTITY = "contracting_entity", "Entité adjudicatrice"


class NoConditionGround(Labelled):
    """Why a contract above the threshold carries no condition (L2112-2-1); wording to be checked."""

    AVAILABLE_SOLUTION = "available_solution", "Besoin satisfait par une solution immédiatement disponible"
    NO_LINK = "no_link", "Lien insuffisant avec l’objet du marché"
    COMPETITION = "competition", "Concurrence restreinte, ou exécution rendue techniquement ou économiquement difficile"
    SHORT_WORKS = "short_works", "Travaux d’une durée inférieure à six mois"


class PartyRole(Labelled):
    HOLDER = "holder", "Titulaire"
    LEAD_HOLDER = "lead_holder", "Mandataire du groupement"
    CO_CONTRACTOR = "co_contractor", "Cotraitant"
    SUBCONTRACTOR = "subcontractor", "Sous-traitant"
    EMPLOYER = "employer", "Employeur des personnes (SIAE, agence, GEIQ)"


class GroupLiability(Labelled):
    JOINT = "joint", "Groupement conjoint"
    SEVERAL = "several", "Groupement solidaire"


class EventKind(Labelled):
    INITIAL = "initial", "Engagement initial"
    AMENDMENT = "amendment", "Avenant"
    PURCHASE_ORDER = "purchase_order", "Bon de commande"
    OPTIONAL_STAGE = "optional_stage", "Tranche optionnelle affermie"
    RENEWAL = "renewal", "Reconduction"
    TERMINATION = "termination", "Résiliation"
    EXEMPTION = "exemption", "Exonération"
    TRANSFER = "transfer", "Transfert à un autre titulaire"


class TerminationRule(Labelled):
    NONE = "none", "Les heures restent dues"
    BY_TIME = "by_time", "Au prorata du temps"
    BY_AMOUNT = "by_amount", "Au prorata du montant exécuté"


class Route(Labelled):
    """How a person's hours come to a commitment."""

    DIRECT_HIRE = "direct_hire", "Embauche directe"
    APPRENTICESHIP = "apprenticeship", "Apprentissage"
    PROFESSIONAL_TRAINING = "professional_training", "Professionnalisation"
    ETTI = "etti", "Mise à disposition, ETTI"
    AI = "ai", "Mise à disposition, association intermédiaire"
    GEIQ = "geiq", "Mise à disposition, GEIQ"
    EATT = "eatt", "Mise à disposition, EATT"
    TEMPORARY_AGENCY = "temporary_agency", "Mise à disposition, agence d’intérim"
    SUBCONTRACT_SIAE = "subcontract_siae", "Sous-traitance, EI ou ACI"
    SUBCONTRACT_EA = "subcontract_ea", "Sous-traitance, EA ou ESAT"
    SUBCONTRACT_REGIE = "subcontract_regie", "Sous-traitance, régie de quartier"


TRAINING_ROUTES = frozenset({Route.APPRENTICESHIP, Route.PROFESSIONAL_TRAINING})
ASSIGNMENT_ROUTES = frozenset({Route.ETTI, Route.AI, Route.GEIQ, Route.EATT, Route.TEMPORARY_AGENCY})


class EligiblePublic(Labelled):
    """The master list. Each contract allows all of it (empty list) or a subset."""

    EI = "ei", "Salarié·e d’une entreprise d’insertion"
    ACI = "aci", "Salarié·e d’un atelier et chantier d’insertion"
    AI = "ai", "Salarié·e d’une association intermédiaire"
    ETTI = "etti", "Salarié·e d’une ETTI"
    EA = "ea", "Salarié·e d’une entreprise adaptée"
    EATT = "eatt", "Salarié·e d’une EATT"
    ESAT = "esat", "Usager·ère d’un ESAT"
    REGIE = "regie", "Salarié·e d’une régie de quartier"
    GEIQ = "geiq", "Salarié·e d’un GEIQ"
    E2C = "e2c", "École de la 2e chance"
    EPIDE = "epide", "EPIDE"
    RSA = "rsa", "Bénéficiaire du RSA"
    ASS = "ass", "Bénéficiaire de l’ASS"
    AAH = "aah", "Bénéficiaire de l’AAH"
    OTHER_MINIMA = "other_minima", "Autre minimum social"
    LONG_TERM_12 = "long_term_12", "Inscrit·e depuis 12 à 24 mois"
    LONG_TERM_24 = "long_term_24", "Inscrit·e depuis plus de 24 mois"
    RQTH = "rqth", "Travailleur·euse handicapé·e"
    YOUNG_UNQUALIFIED = "young_unqualified", "Moins de 26 ans, sans qualification"
    YOUNG_OUT_OF_WORK = "young_out_of_work", "Moins de 26 ans, sans emploi 6 mois après un diplôme"
    SENIOR = "senior", "50 ans et plus"
    QPV = "qpv", "Habitant·e d’un quartier prioritaire"
    ASE = "ase", "Sortant·e de l’aide sociale à l’enfance"
    REFUGEE = "refugee", "Réfugié·e, protection internationale"
    JUSTICE = "justice", "Suivi·e par la justice"
    PACEA = "pacea", "PACEA, contrat d’engagement jeune"
    LONE_PARENT = "lone_parent", "Parent isolé"
    NO_HOUSING = "no_housing", "Sans logement stable"
    FRENCH_BELOW_A1 = "french_below_a1", "Français en dessous de A1"
    MOBILITY = "mobility", "Difficulté de mobilité"
    PRESCRIBER = "prescriber", "Autre, avis motivé d’un prescripteur"


# Staff sent by these structures are eligible by status: the structure's attestation is the proof.
BY_STATUS = frozenset(
    {
        EligiblePublic.EI,
        EligiblePublic.ACI,
        EligiblePublic.AI,
        EligiblePublic.ETTI,
        EligiblePublic.EA,
        EligiblePublic.EATT,
        EligiblePublic.ESAT,
        EligiblePublic.REGIE,
        EligiblePublic.GEIQ,
        EligiblePublic.E2C,
        EligiblePublic.EPIDE,
    }
)

# Never shown to a buyer or a holder, whatever the number of people.
SECRET_PUBLICS = frozenset(
    {EligiblePublic.RSA, EligiblePublic.RQTH, EligiblePublic.JUSTICE, EligiblePublic.ASS, EligiblePublic.AAH}
)


class TrainingHours(Labelled):
    """Whether hours of training or tutoring count."""

    NONE = "none", "Ne comptent pas"
    ALL = "all", "Comptent toutes"
    CAPPED = "capped", "Comptent jusqu’à un plafond"


class DeclarationState(Labelled):
    DRAFT = "draft", "En cours de saisie"
    SUBMITTED = "submitted", "À valider"
    RETURNED = "returned", "À corriger"
    VALIDATED = "validated", "Validée"
    PARTLY_VALIDATED = "partly_validated", "Validée en partie"
    REJECTED = "rejected", "Rejetée"


class LineState(Labelled):
    PENDING = "pending", "Sans décision"
    VALIDATED = "validated", "Validée"
    REJECTED = "rejected", "Rejetée"
    REVERSED = "reversed", "Annulée"


class EntryKind(Labelled):
    """`entry`: a validated line. `reversal`: the exact opposite of one entry. `opening`: hours taken over from
    before this ledger. `allocation`: a part of a pooled line, minus where it was worked, plus where it counts."""

    ENTRY = "entry", "Heures validées"
    REVERSAL = "reversal", "Annulation"
    OPENING = "opening", "Solde d’ouverture"
    ALLOCATION = "allocation", "Répartition"


class RejectReason(Labelled):
    ALREADY_DECLARED = "already_declared", "Heures déjà déclarées"
    OUTSIDE_CONTRACT = "outside_contract", "Hors des dates du contrat"
    OUTSIDE_ELIGIBILITY = "outside_eligibility", "Hors de la période d’éligibilité"
    NOT_DECIDED = "not_decided", "Heures avant la décision d’éligibilité"
    PUBLIC_NOT_ALLOWED = "public_not_allowed", "Public non prévu par ce contrat"
    TRAINING_NOT_COUNTED = "training_not_counted", "Heures de formation, non comptées par ce contrat"
    MISSING_EVIDENCE = "missing_evidence", "Justificatif manquant ou illisible"
    TOO_MANY_HOURS = "too_many_hours", "Plus d’heures que le jour n’en compte"
    OTHER = "other", "Autre, à préciser"


class AlertLevel(Labelled):
    """How far a commitment is behind its own planned window."""

    NOT_ASSESSED = "not_assessed", "Trop tôt ou rien à mesurer"
    ON_TRACK = "on_track", "Dans les temps"
    INFORMATION = "information", "À surveiller"
    ORANGE = "orange", "Alerte orange"
    RED = "red", "Alerte rouge"


class PenaltyDecisionKind(Labelled):
    APPLY = "apply", "Appliquer"
    REDUCE = "reduce", "Réduire"
    WAIVE = "waive", "Exonérer"


class Outcome(Labelled):
    """What became of the person: durable, transition and positive are three things, never merged."""

    DURABLE = "durable", "Emploi durable"
    TRANSITION = "transition", "Emploi de transition"
    POSITIVE = "positive", "Sortie positive"
    NONE = "none", "Sans solution"
    UNKNOWN = "unknown", "À confirmer"


class ProofKind(Labelled):
    ATTESTATION = "attestation", "Attestation de l’organisme"
    SWORN_STATEMENT = "sworn_statement", "Attestation sur l’honneur"
    IDENTITY = "identity", "Pièce d’identité"
    TITLE = "title", "Titre ou notification en cours de validité"
    STRUCTURE_ATTESTATION = "structure_attestation", "Attestation de la structure d’insertion"
    PRESCRIBER_OPINION = "prescriber_opinion", "Avis motivé d’un prescripteur"


class NextActor(Labelled):
    """Who must act next on a commitment."""

    OFFICER = "officer", "Vous"
    HOLDER = "holder", "Le titulaire"
    BUYER = "buyer", "L’acheteur"
    NOBODY = "nobody", "Personne"
