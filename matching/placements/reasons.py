"""Why a proposal stopped: coded reasons of each side, as data.

The words are neutral and free of legal terms: they stay in the unit and are exported to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

from matching.terms import RefusalSide


@dataclass(frozen=True)
class Reason:
    """A coded reason: `code` is stored and logged, `label` is read."""

    code: str
    side: RefusalSide
    label: str


def _of(side: RefusalSide, *pairs: tuple[str, str]) -> tuple[Reason, ...]:
    return tuple(Reason(f"{side.value}_{code}", side, label) for code, label in pairs)


REASONS: tuple[Reason, ...] = (
    *_of(
        RefusalSide.PERSON,
        ("schedule", "Les horaires ne conviennent pas"),
        ("travel", "Le trajet est trop long ou n’est pas possible"),
        ("occupation", "Le métier ne correspond pas à son projet"),
        ("pay", "Le salaire ne convient pas"),
        ("contract", "Le contrat ou sa durée ne convient pas"),
        ("hours", "Le nombre d’heures ne convient pas"),
        ("start", "La date de début ne convient pas"),
        ("conditions", "Les conditions de travail ne conviennent pas"),
        ("remedy_first", "Une solution est à trouver d’abord"),
        ("training", "Une formation est prévue ou en cours"),
        ("other_job", "Un autre emploi est trouvé"),
        ("not_reached", "La personne n’a pas pu être jointe"),
        ("not_said", "La personne préfère ne pas préciser"),
        ("other", "Autre motif"),
    ),
    *_of(
        RefusalSide.EMPLOYER,
        ("other_chosen", "Une autre candidature est retenue"),
        ("already_filled", "Le poste est déjà pourvu"),
        ("cancelled", "Le recrutement est reporté ou arrêté"),
        ("experience", "Plus d’expérience est attendue"),
        ("skill", "Une compétence attendue manque"),
        ("certificate", "Un certificat ou un permis attendu manque"),
        ("availability", "Les disponibilités ne correspondent pas"),
        ("travel", "Le trajet paraît difficile"),
        ("interest", "Le poste ne correspond pas à ce que cherche la personne"),
        ("no_meeting", "La rencontre n’a pas eu lieu"),
        ("immersion", "L’immersion n’a pas confirmé le choix"),
        ("not_said", "L’employeur n’a pas précisé"),
        ("other", "Autre motif"),
    ),
    *_of(
        RefusalSide.SERVICE,
        ("situation", "La situation de la personne a changé"),
        ("offer_changed", "L’offre a changé"),
        ("offer_closed", "L’offre n’est plus ouverte"),
        ("better_offer", "Une autre offre convient mieux"),
        ("support_ended", "L’accompagnement est terminé"),
        ("mistake", "Saisie par erreur"),
        ("other", "Autre motif"),
    ),
)

BY_CODE: dict[str, Reason] = {reason.code: reason for reason in REASONS}


def reasons_of(side: RefusalSide) -> tuple[Reason, ...]:
    """The reasons one side can give, in the order they are shown."""
    return tuple(reason for reason in REASONS if reason.side is side)


def label_of(code: str) -> str:
    """The French label of a reason; an unknown (older) code is shown as it is."""
    found = BY_CODE.get(code)
    return found.label if found else code
