"""What the audit trail says of insertion clauses, in French."""

from __future__ import annotations

CLAUSE_ACTIONS = {
    "participation.added": "Personne ajoutée à un engagement",
    "participation.edited": "Participation modifiée",
    "participation.ended": "Fin de participation notée",
    "participation.hire_attached": "Embauche rattachée à un engagement",
    "participation.eligibility_decided": "Éligibilité décidée",
    "participations.exported": "Liste de participants exportée",
    "evidence.stored": "Justificatif déposé",
    "ledger.appended": "Heures écrites au grand livre",
}
CLAUSE_SUBJECTS = {
    "contract": "Marché",
    "commitment": "Engagement",
    "participation": "Participation",
    "hour_declaration": "Déclaration d’heures",
    "declaration_line": "Ligne déclarée",
    "evidence": "Justificatif",
    "pooling_agreement": "Accord de mutualisation",
    "recovery_plan": "Plan de rattrapage",
    "correction_request": "Demande de correction",
    "declaration_link": "Lien de déclaration",
    "clause_setting": "Réglage des clauses",
}
