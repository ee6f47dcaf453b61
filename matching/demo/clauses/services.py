"""Commitments of services, a concession, a subsidy, contracts reserved or bought for insertion."""

from __future__ import annotations

from matching.clauses.penalty import PenaltyTerms
from matching.clauses.terms import (
    EligiblePublic,
    EventKind,
    Modality,
    PartyRole,
    Procedure,
    PurchaseNature,
    Route,
    Support,
    TrainingHours,
)
from matching.demo.clauses.model import REFUSED, CommitmentPlan, ContractPlan, Crew, EventPlan
from matching.terms import ContractKind

P, K, E = EligiblePublic, ContractKind, EventKind

CLEANING_FRAMEWORK = ContractPlan(
    "AC-001",
    "Nettoyage des locaux départementaux, accord-cadre multi-attributaire",
    support=Support.FRAMEWORK_AGREEMENT,
    nature=PurchaseNature.SERVICES,
    notified=-24,
    start=-23,
    end=24,
    euros=3_600_000,
    cpv="90911200-8",
    commitments=(),
)
CLEANING = ContractPlan(
    "MS-011",
    "Nettoyage des collèges du secteur Estuaire",
    support=Support.CALL_OFF_CONTRACT,
    nature=PurchaseNature.SERVICES,
    parent="AC-001",
    notified=-15,
    start=-14,
    end=10,
    euros=910_000,
    cpv="90911200-8",
    commitments=(
        CommitmentPlan(
            "nettoyage",
            "Nettoyage des collèges, secteur Estuaire",
            1200,
            (-14, 10),
            "proprete",
            sector="Propreté",
            penalty=PenaltyTerms(per_hour_cents=40_00, best_efforts=True),
            parties=(("net-avenir", PartyRole.SUBCONTRACTOR), ("entraide", PartyRole.EMPLOYER)),
            events=(EventPlan(E.RENEWAL, -2, 300, label="Deuxième année"),),
            crews=(
                Crew(
                    Route.SUBCONTRACT_SIAE,
                    P.EI,
                    -13,
                    8,
                    9,
                    "Agent·e de propreté",
                    K.INSERTION_FIXED_TERM,
                    "net-avenir",
                ),
                # The same person for a month, in the evening: two companies declare them, and an officer agreed.
                Crew(Route.AI, P.AI, -10, -10, 5, "Agent·e de propreté", K.FIXED_TERM, "entraide", twin=True),
                # A CDI whose twelve months end soon: what is planned afterwards is at risk.
                Crew(Route.DIRECT_HIRE, P.RSA, -11, None, 5, "Agent·e de propreté", K.PERMANENT),
                Crew(Route.AI, P.AI, -9, 2, 8, "Agent·e de propreté", K.FIXED_TERM, "entraide"),
            ),
        ),
    ),
)

GREEN = ContractPlan(
    "MR-004",
    "Entretien des espaces verts des collèges",
    nature=PurchaseNature.SERVICES,
    procedure=Procedure.ADAPTED,
    notified=-19,
    start=-18,
    end=5,
    euros=420_000,
    cpv="77310000-6",
    commitments=(
        CommitmentPlan(
            "espaces-verts",
            "Espaces verts des collèges",
            1600,
            (-18, 5),
            "marais",
            modality=Modality.RESERVED,
            sector="Espaces verts",
            crews=(
                Crew(
                    Route.DIRECT_HIRE, P.ACI, -17, -6, 10, "Agent·e d’espaces verts", K.INSERTION_FIXED_TERM, people=2
                ),
                Crew(
                    Route.DIRECT_HIRE,
                    P.ACI,
                    -5,
                    5,
                    10,
                    "Agent·e d’espaces verts",
                    K.INSERTION_FIXED_TERM,
                    people=2,
                    known=True,
                ),
            ),
        ),
    ),
)

TRAILS = ContractPlan(
    "MI-002",
    "Remise en état des sentiers de randonnée, marché d’insertion",
    nature=PurchaseNature.SERVICES,
    procedure=Procedure.ADAPTED,
    notified=-14,
    start=-13,
    end=-2,
    euros=240_000,
    cpv="79611000-0",
    commitments=(
        CommitmentPlan(
            "sentiers",
            "Sentiers de randonnée",
            1800,
            (-13, -2),
            "jardins",
            modality=Modality.INSERTION_SERVICE,
            sector="Environnement",
            # Six people at a time: enough over the year for a buyer to read sex and age.
            crews=tuple(
                Crew(
                    Route.DIRECT_HIRE,
                    P.ACI,
                    first,
                    first + 2,
                    7,
                    "Agent·e de chantier",
                    K.INSERTION_FIXED_TERM,
                    people=6,
                    known=first == -4,
                )
                for first in (-13, -10, -7, -4)
            ),
        ),
    ),
)

REMOVALS = ContractPlan(
    "SE-022",
    "Déménagements et logistique des collèges",
    nature=PurchaseNature.SERVICES,
    notified=-10,
    start=-9,
    end=6,
    euros=540_000,
    cpv="98392000-7",
    commitments=(
        CommitmentPlan(
            "demenagements",
            "Déménagements des collèges",
            700,
            (-9, 6),
            "quais",
            sector="Logistique",
            penalty=PenaltyTerms(per_hour_cents=35_00),
            parties=(("mission-ouest", PartyRole.EMPLOYER),),
            crews=(
                Crew(Route.DIRECT_HIRE, P.RSA, -8, -7, 35, "Déménageur·se", K.FIXED_TERM),
                Crew(Route.DIRECT_HIRE, P.RSA, -5, 3, 13, "Manutentionnaire", K.FIXED_TERM, known=True),
                Crew(
                    Route.TEMPORARY_AGENCY, P.QPV, -6, -6, 20, "Manutentionnaire", K.TEMPORARY_AGENCY, "mission-ouest"
                ),
            ),
        ),
    ),
)
ARCHIVES = ContractPlan(
    "SE-031",
    "Transfert des archives départementales",
    nature=PurchaseNature.SERVICES,
    procedure=Procedure.ADAPTED,
    notified=-7,
    start=-6,
    end=3,
    euros=260_000,
    cpv="98392000-7",
    commitments=(
        CommitmentPlan(
            "archives",
            "Transfert des archives",
            300,
            (-6, 3),
            "quais",
            sector="Logistique",
            crews=(Crew(Route.DIRECT_HIRE, P.RSA, -4, 2, 14, "Agent·e de manutention", K.FIXED_TERM, known=True),),
        ),
    ),
)

HARBOUR = ContractPlan(
    "DSP-01",
    "Exploitation du restaurant et du bar du port départemental",
    support=Support.CONCESSION,
    nature=None,
    procedure=Procedure.NEGOTIATED,
    notified=-23,
    start=-22,
    end=14,
    euros=2_800_000,
    cpv="55300000-3",
    commitments=(
        CommitmentPlan(
            "restaurant",
            "Restaurant du port",
            800,
            (-22, 14),
            "brasserie",
            sector="Restauration",
            training=TrainingHours.CAPPED,
            training_cap=25,
            penalty=PenaltyTerms(lump_cents=5_000_00),
            events=(EventPlan(E.AMENDMENT, -10, 150, label="Ouverture d’une terrasse"),),
            crews=(
                Crew(
                    Route.DIRECT_HIRE, P.LONE_PARENT, -20, -8, 6, "Employé·e de restauration", K.PERMANENT, start_day=14
                ),
                Crew(
                    Route.PROFESSIONAL_TRAINING,
                    P.PACEA,
                    -8,
                    8,
                    10,
                    "Commis·e de cuisine",
                    K.PROFESSIONAL_TRAINING,
                    training=30,
                ),
            ),
        ),
    ),
)

HOME_CARE = ContractPlan(
    "SUB-12",
    "Soutien au maintien à domicile, convention de subvention",
    support=Support.SUBSIDY,
    nature=None,
    procedure=None,
    notified=-11,
    start=-10,
    end=1,
    euros=180_000,
    commitments=(
        CommitmentPlan(
            "domicile",
            "Aide à domicile, territoires ruraux",
            500,
            (-10, 1),
            "sillon",
            sector="Aide à la personne",
            targets=(("women", 50),),
            crews=(Crew(Route.DIRECT_HIRE, P.SENIOR, -9, 1, 12, "Aide à domicile", K.AIDED_CONTRACT),),
        ),
    ),
)

SAFETY = ContractPlan(
    "SE-015",
    "Gardiennage et accueil des sites départementaux",
    nature=PurchaseNature.SERVICES,
    notified=-15,
    start=-14,
    end=1,
    euros=760_000,
    cpv="79713000-5",
    commitments=(
        CommitmentPlan(
            "gardiennage",
            "Gardiennage et accueil",
            700,
            (-14, 1),
            "veille",
            sector="Sécurité",
            penalty=PenaltyTerms(per_hour_cents=50_00, waived_below_cents=250_00),
            parties=(("coup-de-main", PartyRole.EMPLOYER),),
            events=(EventPlan(E.EXEMPTION, -5, 200, label="Fermeture d’un site pour sinistre"),),
            crews=(Crew(Route.AI, P.AI, -12, 0, 11, "Agent·e d’accueil", K.FIXED_TERM, "coup-de-main"),),
        ),
    ),
)

SCHOOL_BUS = ContractPlan(
    "SE-008",
    "Transport des élèves en situation de handicap",
    nature=PurchaseNature.SERVICES,
    notified=-18,
    start=-17,
    end=4,
    euros=1_450_000,
    cpv="60130000-8",
    commitments=(
        CommitmentPlan(
            "transport",
            "Transport d’élèves, circuits du Bocage",
            800,
            (-17, 3),
            "grand-large",
            sector="Transport",
            parties=(("erdrine-cars", PartyRole.HOLDER),),
            events=(EventPlan(E.TRANSFER, -6, 300, label="Cession de deux circuits", to="erdrine-cars"),),
            crews=(
                Crew(Route.DIRECT_HIRE, P.SENIOR, -15, -9, 14, "Accompagnateur·rice", K.FIXED_TERM),
                Crew(
                    Route.DIRECT_HIRE,
                    P.RSA,
                    -6,
                    3,
                    12,
                    "Conducteur·rice accompagnateur·rice",
                    K.FIXED_TERM,
                    "erdrine-cars",
                    known=True,
                ),
            ),
        ),
    ),
)

CANTEEN = ContractPlan(
    "VC-019",
    "Service des restaurants scolaires de Clairebourg",
    buyer="ville",
    nature=PurchaseNature.SERVICES,
    notified=-15,
    start=-14,
    end=4,
    euros=690_000,
    cpv="55524000-9",
    commitments=(
        CommitmentPlan(
            "cantines",
            "Restaurants scolaires, service et plonge",
            650,
            (-14, 4),
            "cuisine",
            sector="Restauration",
            publics=(P.RSA, P.QPV, P.LONG_TERM_12, P.LONG_TERM_24),
            targets=(("rsa", 40), ("under_26", 10)),
            penalty=PenaltyTerms(per_hour_cents=30_00),
            crews=(
                Crew(Route.DIRECT_HIRE, P.RSA, -13, None, 9, "Agent·e de restauration", K.PERMANENT, start_day=12),
                Crew(Route.DIRECT_HIRE, P.QPV, -8, -5, 10, "Agent·e de restauration", K.FIXED_TERM),
            ),
        ),
    ),
)

LAUNDRY = ContractPlan(
    "SE-027",
    "Location et entretien du linge des foyers",
    nature=PurchaseNature.SERVICES,
    notified=-11,
    start=-10,
    end=2,
    euros=510_000,
    cpv="98310000-9",
    commitments=(
        CommitmentPlan(
            "linge",
            "Entretien du linge des foyers",
            400,
            (-10, 2),
            "blanc-nuage",
            modality=Modality.CONDITION_AND_CRITERION,
            promised=560,
            sector="Blanchisserie",
            parties=(("isac", PartyRole.SUBCONTRACTOR), ("adapt", PartyRole.EMPLOYER)),
            crews=(
                Crew(Route.SUBCONTRACT_EA, P.EA, -9, 2, 10, "Agent·e de blanchisserie", K.PERMANENT, "isac"),
                Crew(Route.EATT, P.EATT, -4, -3, 14, "Agent·e de blanchisserie", K.TEMPORARY_AGENCY, "adapt"),
            ),
        ),
    ),
)

WASTE = ContractPlan(
    "SE-036",
    "Collecte et valorisation des déchets des chantiers routiers",
    nature=PurchaseNature.SERVICES,
    procedure=Procedure.ADAPTED,
    notified=-4,
    start=-3,
    end=20,
    euros=330_000,
    cpv="90511000-2",
    commitments=(
        CommitmentPlan(
            "dechets",
            "Collecte et tri des déchets de chantier",
            350,
            None,
            "grand-large",
            sector="Environnement",
            evidence=True,
            crews=(
                Crew(Route.DIRECT_HIRE, P.RSA, -2, 3, 15, "Agent·e de collecte", K.FIXED_TERM, known=True),
                Crew(Route.DIRECT_HIRE, P.LONG_TERM_24, -1, 3, 15, "Agent·e de tri", K.FIXED_TERM, decision=REFUSED),
            ),
        ),
    ),
)

SERVICES = (
    CLEANING_FRAMEWORK, HARBOUR, GREEN, SCHOOL_BUS, CLEANING, SAFETY, CANTEEN, TRAILS, HOME_CARE, LAUNDRY,
    REMOVALS, ARCHIVES, WASTE,
)  # fmt: skip
