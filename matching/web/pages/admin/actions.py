"""The audit trail's codes, in French. A code not named here is shown as it is."""

from __future__ import annotations

from matching.web.pages.admin.clause_actions import CLAUSE_ACTIONS, CLAUSE_SUBJECTS

_ACTIONS = {
    "login.succeeded": "Connexion",
    "proposal.made": "Personne proposée",
    "proposal.moved": "Proposition avancée",
    "proposal.closed": "Proposition close",
    "hire.recorded": "Embauche notée",
    "login.attempted": "Essai de connexion",
    "login.failed": "Essai de connexion sans succès",
    "logout": "Déconnexion",
    "account.added": "Compte ouvert",
    "account.changed": "Compte modifié",
    "account.deactivated": "Compte fermé",
    "account.reactivated": "Compte rouvert",
    "account.password_changed": "Mot de passe changé",
    "account.password_reset": "Mot de passe temporaire donné",
    "account.unit_changed": "Compte passé à une autre unité",
    "unit.created": "Unité ouverte",
    "unit.changed": "Unité modifiée",
    "unit.closed": "Unité fermée",
    "unit.merged": "Unité réunie à une autre",
    "organisation.created": "Organisation ajoutée",
    "organisation.changed": "Organisation modifiée",
    "establishment.created": "Établissement ajouté",
    "establishment.changed": "Établissement modifié",
    "establishment.closed": "Établissement fermé",
    "weight.changed": "Poids d’un critère changé",
    "weight.reset": "Poids du Département repris",
    "setting.changed": "Réglage du classement changé",
    "remedy.added": "Solution ajoutée",
    "remedy.changed": "Solution modifiée",
    "parameter.added": "Montant daté ajouté",
    "parameter.corrected": "Montant daté corrigé",
    "network.saved": "Réseau de transport enregistré",
    "network.removed": "Réseau de transport retiré",
    "network.commune_added": "Commune ajoutée à un réseau",
    "network.commune_removed": "Commune retirée d’un réseau",
    "synonym.added": "Mots d’un métier ajoutés",
    "synonym.changed": "Mots d’un métier changés",
    "synonym.removed": "Mots d’un métier retirés",
    "fact_kind.added": "Certificat ajouté au registre",
    "fact_kind.changed": "Mots d’un fait changés",
    "reference.loaded": "Référence chargée",
    "candidate.assigned": "Personne confiée",
    "candidate.unit_changed": "Personne passée à une autre unité",
    "candidate.added": "Personne ajoutée",
    "candidate.imported": "Personne reprise d’un fichier",
    "candidates.imported": "Personnes reprises d’un fichier",
    "candidates.exported": "Personnes exportées",
    "candidate.identity_edited": "Identité modifiée",
    "candidate.situation_edited": "Situation modifiée",
    "candidate.facts_edited": "Faits modifiés",
    "candidate.week_edited": "Semaine modifiée",
    "candidate.skills_edited": "Compétences modifiées",
    "candidate.barriers_edited": "Difficultés notées",
    "candidate.protected_edited": "Informations protégées modifiées",
    "candidate.goal_added": "Projet ajouté",
    "candidate.goal_removed": "Projet retiré",
    "candidate.goals_ordered": "Projets remis en ordre",
    "candidate.experience_added": "Expérience ajoutée",
    "candidate.experience_removed": "Expérience retirée",
    "offer.added": "Offre ajoutée",
    "offer.edited": "Offre modifiée",
    "offer.imported": "Offre reprise d’un fichier",
    "offer.exported": "Offres exportées",
    "offer.confirmed": "Offre confirmée, toujours à pourvoir",
    "offer.state_changed": "État de l’offre changé",
    "offer.wording_kept": "Texte de l’offre gardé, avec une raison",
    "list.shown": "Liste de personnes montrée",
    "offers.ranked": "Personnes classées pour toutes les offres ouvertes",
    "offers.shown": "Offres les plus proches d’une personne montrées",
    "match.explained": "Explication montrée",
    "demonstration.built": "Démonstration préparée",
    "demonstration.proposed": "Propositions de la démonstration faites",
    "fairness.read": "Équité des listes lue",
    "offer.unit_changed": "Offre passée à une autre unité",
} | CLAUSE_ACTIONS
_SUBJECTS = {
    "user_account": "Compte",
    "employment_unit": "Unité",
    "organisation": "Organisation",
    "establishment": "Établissement",
    "ranking_setting": "Réglage",
    "remedy": "Solution",
    "legal_parameter": "Montant daté",
    "transit_network": "Réseau",
    "occupation_synonym": "Mots d’un métier",
    "fact_kind": "Fait",
    "candidate": "Personne",
    "offer": "Offre",
    "proposal": "Proposition",
    "reference_load": "Référence",
} | CLAUSE_SUBJECTS


def action_label(code: str) -> str:
    """What happened, in words."""
    return _ACTIONS.get(code, code)


def subject_label(kind: str, number: int) -> str:
    """What it happened to, with its number when it has one."""
    name = _SUBJECTS.get(kind, kind)
    return f"{name} n° {number}" if number else name
