"""The way in from spreadsheets: commitments, participants and hours, each file all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from matching.access.permissions import Actor
from matching.exchange.importing import Column, template_rows
from matching.exchange.tables import write_csv
from matching.services.clauses.importing import commitments, hours, participations
from matching.services.clauses.importing.mending import NOTHING, Mending
from matching.services.clauses.importing.reading import ImportReport, PlannedRow, choices_of
from matching.services.context import Context

__all__ = ["KINDS", "DescribedColumn", "FileKind", "ImportReport", "PlannedRow"]


_NOTES = {
    "lot": "Vide si le contrat n’a pas de lots",
    "buyer": "Seulement si deux acheteurs ont un contrat du même numéro",
    "buyer_name": "Si l’acheteur n’est pas encore connu",
    "person_code": "Si vous savez qui c’est\u00a0: son code de participant ou de candidat",
    "code": "Celui que vous utilisez déjà\u00a0; donné ici s’il est vide, comme H-0042",
    "employer_name": "Si l’employeur n’est pas encore connu",
    "holder_name": "Si l’entreprise n’est pas encore connue",
    "ended_on": "Vide si la personne y travaille encore",
    "proof_until": "Pour un titre qui doit valoir le jour de l’embauche, comme la RQTH",
    "ends_on": "Si elle vient avant celle que donne la règle",
    "opinion": "Demandé pour le public «\u00a0Autre, avis motivé d’un prescripteur\u00a0»",
    "override": "Pourquoi compter ce qu’une règle écarte\u00a0; gardé avec votre nom",
    "others": "«\u00a0rôle : SIRET : nom\u00a0», séparées par |, comme cotraitant : 73282932000074 : Peintures Exemple",
    "promised_minutes": "Ce que l’offre promet devient dû",
    "order_labour_share": "Pour un accord-cadre à bons de commande, avec le taux et le coût horaire",
    "facilitator": "L’adresse de son compte",
    "commune": "Un nom, un code postal ou un code Insee",
    "opening": "Celles d’avant ce registre, sans les noms\u00a0: un solde d’ouverture",
    "opening_from": "Si vous le savez\u00a0: entre quelles dates ces heures ont été travaillées",
    "month": "Mai 2026, 05/2026\u00a0; ou bien les deux dates Du et Au",
    "from_on": "À la place du mois, pour une partie du mois",
    "training": "La part de ces heures passée en formation",
    "validated": "«\u00a0validées\u00a0» (elles entrent au grand livre) ou «\u00a0à valider\u00a0»",
    "declarant": "Si ce n’est pas l’employeur de la personne",
    "day_1": "De Jour 1 à Jour 31, si les heures sont connues jour par jour",
}
"""What deserves a word, by column."""


class Run(Protocol):
    """The use case behind a kind of file."""

    def __call__(
        self, ctx: Context, actor: Actor, content: bytes, filename: str, dry_run: bool, mending: Mending = NOTHING
    ) -> ImportReport: ...


@dataclass(frozen=True)
class DescribedColumn:
    """A column as it is explained: `choices` are the words it takes, empty when it is free; `note` says when."""

    header: str
    required: bool
    choices: tuple[str, ...]
    example: str
    note: str


@dataclass(frozen=True)
class FileKind:
    """A file that can be taken over: `code` in the shell, `slug` in addresses, `label` on pages.

    `a_line`: what one line of the file is.
    """

    code: str
    slug: str
    label: str
    a_line: str
    columns: tuple[Column, ...]
    run: Run

    def described(self) -> tuple[DescribedColumn, ...]:
        """What each column takes, in words."""
        return tuple(
            DescribedColumn(one.header, one.required, choices_of(one), one.example, self._note(one))
            for one in self.columns
            if not one.name.startswith("day_") or one.name == "day_1"
        )

    def _note(self, column: Column) -> str:
        # The commitments' own file always names its buyer.
        return "" if column.required else _NOTES.get(column.name, "")

    def expected(self) -> tuple[str, ...]:
        """The headers that must be there."""
        return tuple(one.header for one in self.columns if one.required)

    def template(self) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Headers and an example line."""
        return template_rows(self.columns)

    def template_csv(self) -> bytes:
        """The file to fill, as French spreadsheets open it."""
        return write_csv(*self.template())


KINDS: dict[str, FileKind] = {
    kind.code: kind
    for kind in (
        FileKind(
            "commitments",
            "engagements",
            "Engagements",
            "Un lot par ligne, ou un contrat sans lot\u00a0: acheteur, titulaire, heures dues, heures déjà validées.",
            commitments.COLUMNS,
            commitments.import_commitments,
        ),
        FileKind(
            "participations",
            "participants",
            "Participants",
            "Une personne sur un engagement par ligne\u00a0: employeur, voie, dates, éligibilité décidée.",
            participations.COLUMNS,
            participations.import_participations,
        ),
        FileKind(
            "hours",
            "heures",
            "Heures",
            "Les heures d’un participant sur un mois par ligne\u00a0: déjà validées, ou à valider ici.",
            hours.COLUMNS,
            hours.import_hours,
        ),
    )
}
"""In the order a register is taken over: the commitments, then who works on them, then their hours."""
