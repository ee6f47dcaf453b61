"""The French words of an offer's parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from matching.offers.lifecycle import REASON_LABELS
from matching.terms import DEGREE_LEVELS, FRENCH_LEVELS, OfferState, RequirementKind

PART_LABELS = {
    "establishment": "employeur",
    "unit": "unité emploi",
    "title": "intitulé",
    "occupation": "métier",
    "description": "description",
    "seats": "nombre de postes",
    "contract": "contrat",
    "weekly_minutes": "durée hebdomadaire",
    "start_on": "date de début",
    "end_on": "date de fin",
    "pay": "salaire",
    "places": "lieu de travail",
    "schedule": "horaires",
    "requirements": "ce que le poste demande",
    "immersion": "immersion",
    "commitment": "engagement lié",
    "reserved": "publics réservés",
}

_MOVED = {
    ("draft", "to_check"): "Envoyée pour vérification",
    ("to_check", "draft"): "Renvoyée en brouillon",
    ("published", "to_check"): "Modifiée, à vérifier de nouveau",
    ("suspended", "published"): "Remise en ligne",
    ("filled", "published"): "Rouverte",
    ("expired", "published"): "Confirmée et remise en ligne",
    ("expired", "to_check"): "Confirmée, à vérifier de nouveau",
    ("suspended", "to_check"): "Remise en ligne demandée",
}
_REASONS = {**REASON_LABELS, "not_confirmed": "Non confirmée pendant 90 jours"}


def requirement_label(kind: RequirementKind, amount: int | None, name: str) -> str:
    """The words of one requirement; `name` is the label of the skill or fact."""
    if kind in (RequirementKind.SKILL, RequirementKind.CAPABILITY) or amount is None:
        return name or kind.label
    if kind is RequirementKind.DEGREE:
        return f"Diplôme de niveau {amount} ({DEGREE_LEVELS.get(amount, '')})"
    if kind is RequirementKind.EXPERIENCE:
        return f"{amount} mois d’expérience du métier"
    if kind is RequirementKind.LOAD:
        return f"Port de charges jusqu’à {amount}\u00a0kg"
    level = FRENCH_LEVELS[amount] if 0 <= amount < len(FRENCH_LEVELS) else str(amount)
    return f"{kind.label}\u00a0: {level}"


def event_words(action: str, details: str) -> str:
    """What an event of the trail says, in French."""
    values: Mapping[str, Any] = json.loads(details)
    if action == "offer.state_changed":
        return _moved(values)
    if action == "offer.edited":
        parts = [PART_LABELS.get(str(name), str(name)) for name in values.get("changed") or []]
        return f"Modifiée\u00a0: {', '.join(parts)}" if parts else "Enregistrée sans changement"
    fixed = {
        "offer.added": "Créée",
        "offer.imported": "Reprise d’un fichier",
        "offer.confirmed": "Confirmée\u00a0: toujours d’actualité",
        "offer.wording_kept": "Texte maintenu après vérification",
    }
    return fixed.get(action, "Mise à jour")


def _moved(values: Mapping[str, Any]) -> str:
    origin, target = str(values.get("origin")), str(values.get("target"))
    known = target in [state.value for state in OfferState]
    words = _MOVED.get((origin, target)) or (OfferState(target).label if known else target)
    reason = values.get("reason")
    return f"{words}\u00a0: {_lower_first(_REASONS.get(str(reason), str(reason)))}" if reason else words


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
