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


class Run(Protocol):
    """The use case behind a kind of file."""

    def __call__(
        self, ctx: Context, actor: Actor, content: bytes, filename: str, dry_run: bool, mending: Mending = NOTHING
    ) -> ImportReport: ...


@dataclass(frozen=True)
class DescribedColumn:
    """A column as it is explained: `choices` are the words it takes, empty when it is free."""

    header: str
    required: bool
    choices: tuple[str, ...]
    example: str


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
            DescribedColumn(one.header, one.required, choices_of(one), one.example)
            for one in self.columns
            if not one.name.startswith("day_") or one.name == "day_1"
        )

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
