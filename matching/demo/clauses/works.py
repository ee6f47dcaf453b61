"""Commitments of works: a college lot by lot, roads by purchase orders, a fire station, homes, and what ended early."""

from __future__ import annotations

from decimal import Decimal

from matching.clauses.calendar import DayCount
from matching.clauses.penalty import IndexMoment, NoticeFrom, PenaltyIndex, PenaltyTerms
from matching.clauses.terms import (
    EligiblePublic,
    EventKind,
    GroupLiability,
    Modality,
    PartyRole,
    Procedure,
    Route,
    Support,
    TerminationRule,
    TrainingHours,
)
from matching.demo.clauses.model import LATER, WAITING, CommitmentPlan, ContractPlan, Crew, EventPlan
from matching.terms import ContractKind

P, K, E = EligiblePublic, ContractKind, EventKind

_PER_HOUR = PenaltyTerms(
    per_hour_cents=60_00,
    late_day_cents=100_00,
    late_day_count=DayCount.CALENDAR,
    cap_percent=Decimal(20),
    cap_base_cents=390_000_00,
    notice_required=True,
    notice_delay_days=15,
    notice_from=NoticeFrom.RECEIVED,
)
_SMIC = PenaltyTerms(
    index_code=PenaltyIndex.SMIC, index_multiple=Decimal(2), index_moment=IndexMoment.BREACH, best_efforts=True
)
_CEILING = PenaltyTerms(
    index_code=PenaltyIndex.PHSS,
    index_multiple=Decimal("1.5"),
    index_moment=IndexMoment.CONTRACT_END,
    minimum_cents=500_00,
    notice_required=True,
    notice_delay_days=8,
)
_LUMP = PenaltyTerms(lump_cents=3_000_00, late_day_cents=50_00, late_day_count=DayCount.MON_FRI)

COLLEGE = ContractPlan(
    "TX-014",
    "Restructuration et extension du collège Camille-Doré",
    notified=-12,
    start=-11,
    end=10,
    euros=6_200_000,
    cpv="45214220-8",
    commitments=(
        CommitmentPlan(
            "gros-oeuvre",
            "Lot 1 Gros œuvre",
            1800,
            (-11, 7),
            "erdrine",
            lot="1",
            sector="Bâtiment",
            euros=2_400_000,
            sized=(50, 6, 40),
            liability=GroupLiability.JOINT,
            parties=(
                ("bati-solidaire", PartyRole.CO_CONTRACTOR),
                ("bois-toiture", PartyRole.CO_CONTRACTOR),
                ("nova", PartyRole.EMPLOYER),
            ),
            penalty=_PER_HOUR,
            crews=(
                Crew(Route.DIRECT_HIRE, P.RSA, -9, -6, 35, "Aide-maçon·ne", K.FIXED_TERM),
                Crew(Route.SUBCONTRACT_SIAE, P.EI, -4, 3, 10, "Manœuvre", K.INSERTION_FIXED_TERM, "bati-solidaire"),
                Crew(Route.ETTI, P.ETTI, -5, -1, 26, "Manœuvre", K.TEMPORARY_AGENCY, "nova"),
                # Hired by the holder before the end of the assignment: both will declare the same days.
                Crew(Route.DIRECT_HIRE, P.RSA, -1, 2, 26, "Aide-maçon·ne", K.FIXED_TERM, start_day=12, twin=True),
            ),
        ),
        CommitmentPlan(
            "electricite",
            "Lot 4 Électricité",
            600,
            (-8, 6),
            "electricite",
            lot="4",
            sector="Second œuvre",
            euros=600_000,
            sized=(40, 10, 40),
            training=TrainingHours.ALL,
            penalty=_SMIC,
            crews=(
                Crew(
                    Route.APPRENTICESHIP,
                    P.YOUNG_UNQUALIFIED,
                    -7,
                    10,
                    13,
                    "Électricien·ne",
                    K.APPRENTICESHIP,
                    training=30,
                ),
            ),
        ),
        CommitmentPlan(
            "peinture",
            "Lot 7 Peinture et sols souples",
            520,
            (0, 9),
            "peinture",
            lot="7",
            sector="Second œuvre",
            euros=520_000,
            sized=(70, 5, 35),
            penalty=_SMIC,
            crews=(Crew(Route.DIRECT_HIRE, P.RSA, 1, 6, 30, "Peintre", K.FIXED_TERM, known=True, decision=WAITING),),
        ),
        CommitmentPlan(
            "menuiseries",
            "Lot 9 Menuiseries intérieures",
            450,
            (-6, 3),
            "chenes",
            lot="9",
            sector="Second œuvre",
            euros=450_000,
            sized=(40, 10, 40),
            penalty=_LUMP,
            crews=(
                Crew(
                    Route.APPRENTICESHIP, P.QPV, -5, 9, 12, "Menuisier·ère", K.APPRENTICESHIP, known=True, training=25
                ),
            ),
        ),
    ),
)

ROADS = ContractPlan(
    "AC-003",
    "Entretien des chaussées départementales, secteur Bocage",
    support=Support.FRAMEWORK_AGREEMENT,
    notified=-21,
    start=-20,
    end=4,
    euros=4_000_000,
    cpv="45233141-9",
    commitments=(
        CommitmentPlan(
            "chaussees",
            "Entretien des chaussées, secteur Bocage",
            0,
            (-20, 4),
            "routes",
            sector="Travaux publics",
            orders=("40", "7", "35", "nearest"),
            penalty=_PER_HOUR,
            parties=(("bati-solidaire", PartyRole.SUBCONTRACTOR),),
            events=(
                EventPlan(E.PURCHASE_ORDER, -19, euros=180_000, label="RD 12, traversée de la Gerbe"),
                EventPlan(E.PURCHASE_ORDER, -16, euros=240_000, label="RD 41, rabotage et enrobés"),
                EventPlan(E.PURCHASE_ORDER, -12, euros=320_000, label="RD 7, accotements"),
                EventPlan(E.PURCHASE_ORDER, -9, euros=150_000, label="Purges après l’hiver"),
                EventPlan(E.PURCHASE_ORDER, -5, euros=210_000, label="RD 41, seconde section"),
                EventPlan(E.PURCHASE_ORDER, -2, euros=150_000, label="Campagne d’automne"),
            ),
            crews=(
                Crew(
                    Route.SUBCONTRACT_SIAE,
                    P.EI,
                    -18,
                    -3,
                    9,
                    "Agent·e de voirie",
                    K.INSERTION_FIXED_TERM,
                    "bati-solidaire",
                ),
                Crew(Route.DIRECT_HIRE, P.LONG_TERM_24, -6, -6, 35, "Agent·e de voirie", K.SEASONAL, known=True),
                Crew(Route.DIRECT_HIRE, P.RSA, -2, 3, 28, "Conducteur·rice d’engins", K.FIXED_TERM, known=True),
            ),
        ),
    ),
)

FIRE_STATION = ContractPlan(
    "TX-021",
    "Construction du centre d’incendie et de secours de Clairebourg",
    notified=-13,
    start=-12,
    end=5,
    euros=3_100_000,
    cpv="45216121-8",
    commitments=(
        CommitmentPlan(
            "clos-couvert",
            "Lot 2 Clos et couvert",
            900,
            (-12, 4),
            "bois-toiture",
            lot="2",
            sector="Bâtiment",
            euros=1_125_000,
            sized=(30, 8, 30),
            penalty=_CEILING,
            answered=34,
            events=(EventPlan(E.OPTIONAL_STAGE, -6, 350, label="Remise et ateliers"),),
            crews=(Crew(Route.DIRECT_HIRE, P.RSA, -9, -8, 35, "Couvreur·se", K.FIXED_TERM),),
        ),
        CommitmentPlan(
            "thermique",
            "Lot 5 Isolation et façades",
            850,
            (-12, 5),
            "grand-ciel",
            lot="5",
            sector="Bâtiment",
            euros=850_000,
            sized=(40, 10, 40),
            penalty=_SMIC,
            parties=(("geiq-batiment", PartyRole.EMPLOYER),),
            crews=(Crew(Route.GEIQ, P.GEIQ, -11, 2, 15, "Façadier·ère", K.PROFESSIONAL_TRAINING, "geiq-batiment"),),
        ),
    ),
)

HOMES = ContractPlan(
    "GE-007",
    "Réhabilitation de 84 logements, résidence des Tilleuls",
    support=Support.LOAN_GUARANTEE,
    procedure=None,
    notified=-16,
    start=-15,
    end=9,
    euros=5_300_000,
    commitments=(
        CommitmentPlan(
            "tilleuls",
            "Réhabilitation de la résidence des Tilleuls",
            1300,
            (-15, 8),
            "habitat",
            sector="Logement",
            answered=78,
            targets=(("qpv", 50), ("women", 20)),
            parties=(("regie", PartyRole.SUBCONTRACTOR),),
            crews=(
                Crew(
                    Route.SUBCONTRACT_REGIE,
                    P.REGIE,
                    -13,
                    4,
                    10,
                    "Agent·e d’entretien du bâti",
                    K.INSERTION_FIXED_TERM,
                    "regie",
                ),
            ),
        ),
    ),
)

CLINIC = ContractPlan(
    "PRIV-01",
    "Extension de la Clinique du Bois Joli, engagement volontaire",
    support=Support.PRIVATE_WORKS,
    buyer="clinique",
    procedure=None,
    notified=-4,
    start=-3,
    end=8,
    euros=1_900_000,
    commitments=(
        CommitmentPlan(
            "clinique",
            "Extension de la clinique, gros œuvre et finitions",
            400,
            (-3, 8),
            "erdrine",
            modality=Modality.VOLUNTARY,
            sector="Bâtiment",
            answered=25,
        ),
    ),
)

# What ended before its time, each by its own rule; the hours were worked at the usual pace.
BRIDGE = ContractPlan(
    "TX-009",
    "Réfection du pont de la Rouvraie",
    notified=-17,
    start=-16,
    end=1,
    euros=1_700_000,
    cpv="45221119-9",
    commitments=(
        CommitmentPlan(
            "pont",
            "Pont de la Rouvraie, maçonnerie",
            900,
            (-16, 1),
            "routes",
            sector="Travaux publics",
            penalty=_SMIC,
            closed=-8,
            parties=(("geiq-batiment", PartyRole.EMPLOYER),),
            events=(
                EventPlan(
                    E.TERMINATION,
                    -8,
                    at_end=True,
                    label="Motif d’intérêt général",
                    more={"termination_rule": TerminationRule.BY_TIME},
                ),
            ),
            crews=(
                Crew(
                    Route.GEIQ,
                    P.GEIQ,
                    -15,
                    -8,
                    14,
                    "Maçon·ne",
                    K.PROFESSIONAL_TRAINING,
                    "geiq-batiment",
                    decision=LATER,
                ),
            ),
        ),
    ),
)

HALL = ContractPlan(
    "TX-005",
    "Mise aux normes du gymnase des Trois-Moulins",
    notified=-15,
    start=-14,
    end=-4,
    euros=800_000,
    cpv="45212222-8",
    commitments=(
        CommitmentPlan(
            "gymnase",
            "Gymnase des Trois-Moulins, tous corps d’état",
            600,
            (-14, -4),
            "grand-ciel",
            sector="Bâtiment",
            closed=-10,
            parties=(("mission-ouest", PartyRole.EMPLOYER),),
            events=(
                EventPlan(
                    E.TERMINATION,
                    -10,
                    at_end=True,
                    label="À l’amiable",
                    more={
                        "termination_rule": TerminationRule.BY_AMOUNT,
                        "executed_cents": 320_000_00,
                        "total_cents": 800_000_00,
                    },
                ),
            ),
            crews=(
                Crew(
                    Route.TEMPORARY_AGENCY,
                    P.LONG_TERM_12,
                    -13,
                    -11,
                    21,
                    "Plaquiste",
                    K.TEMPORARY_AGENCY,
                    "mission-ouest",
                ),
            ),
        ),
    ),
)

CAR_PARK = ContractPlan(
    "TX-002",
    "Aménagement du parc de stationnement du port",
    notified=-20,
    start=-19,
    end=-8,
    euros=620_000,
    cpv="45223300-9",
    procedure=Procedure.ADAPTED,
    commitments=(
        CommitmentPlan(
            "parking",
            "Parc de stationnement du port, voirie",
            450,
            (-19, -8),
            "routes",
            sector="Travaux publics",
            closed=-13,
            penalty=PenaltyTerms(
                per_hour_cents=45_00, waived_below_cents=1_000_00, notice_required=True, notice_delay_days=30
            ),
            parties=(("passerelle", PartyRole.EMPLOYER),),
            events=(
                EventPlan(
                    E.TERMINATION,
                    -13,
                    at_end=True,
                    label="Aux torts du titulaire",
                    more={"termination_rule": TerminationRule.NONE},
                ),
            ),
            crews=(Crew(Route.ETTI, P.ETTI, -18, -16, 26, "Manœuvre", K.TEMPORARY_AGENCY, "passerelle"),),
        ),
    ),
)

HEATING = ContractPlan(
    "TX-017",
    "Chaufferies bois de six collèges",
    notified=-20,
    start=-19,
    end=2,
    euros=2_150_000,
    cpv="45331100-7",
    commitments=(
        CommitmentPlan(
            "chaufferies",
            "Chaufferies bois, chauffage et plomberie",
            1000,
            (-19, 2),
            "chauffage",
            sector="Second œuvre",
            modality=Modality.AWARD_CRITERION,
            promised=1000,
            penalty=PenaltyTerms(
                per_hour_cents=50_00,
                late_day_cents=80_00,
                late_day_count=DayCount.MON_SAT,
                cap_percent=Decimal(10),
                cap_base_cents=2_150_000_00,
                minimum_cents=300_00,
            ),
            parties=(("geiq-batiment", PartyRole.EMPLOYER),),
            events=(
                EventPlan(E.AMENDMENT, -12, 0, 90_000, "Révision du prix"),
                EventPlan(E.AMENDMENT, -7, 150, 160_000, "Une chaufferie de plus", late=1),
            ),
            crews=(
                Crew(Route.GEIQ, P.GEIQ, -16, -7, 21, "Chauffagiste", K.PROFESSIONAL_TRAINING, "geiq-batiment"),
                Crew(Route.DIRECT_HIRE, P.RQTH, -3, 2, 25, "Aide-plombier·ère", K.FIXED_TERM, known=True),
            ),
        ),
    ),
)

WORKS = (CAR_PARK, HEATING, ROADS, BRIDGE, HOMES, HALL, FIRE_STATION, COLLEGE, CLINIC)
