"""One line of a file of hours: its columns, and what it means beside what is already there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from matching.clauses.line_model import WorkedLine
from matching.clauses.progress import month_end, month_start
from matching.exchange.importing import Column
from matching.exchange.values import BadValue, clean, parse_date
from matching.services.clauses.importing.hours_known import Base, KnownParticipation
from matching.services.clauses.importing.keys import COMMITMENT_KEY, KnownCommitment
from matching.services.clauses.importing.reading import Reader, parse_many_hours, parse_number, parse_short
from matching.text import MONTHS, fold, written_hours

FILE = 10**12
"""Added to a file's line number: its lines never meet the numbers of lines already there, and come after them."""
_DAYS = tuple(range(1, 32))
_MONTH_FIRST = re.compile(r"(0?[1-9]|1[0-2])[/.\- ](20[0-9]{2})")
_YEAR_FIRST = re.compile(r"(20[0-9]{2})[/.\- ](0?[1-9]|1[0-2])")
_NAMED = re.compile(r"([a-z]{3,9}) (20[0-9]{2})")
_MONTH_NUMBER = {fold(name): number for number, name in enumerate(MONTHS, 1)}
_VALIDATED = frozenset({"", "validee", "validees", "valide", "valides", "validated", "validee s"})
_TO_VALIDATE = frozenset({"a valider", "a valider s", "a verifier", "submitted", "declaree", "declarees"})


def parse_month(text: str) -> date | None:
    """ "mai 2026", "05/2026", "2026-05", or any day of the month → its first day."""
    tidy = clean(text)
    word = fold(tidy)
    if not tidy:
        return None
    if found := _MONTH_FIRST.fullmatch(tidy):
        return date(int(found[2]), int(found[1]), 1)
    if found := _YEAR_FIRST.fullmatch(tidy):
        return date(int(found[1]), int(found[2]), 1)
    if (found := _NAMED.fullmatch(word)) and found[1] in _MONTH_NUMBER:
        return date(int(found[2]), _MONTH_NUMBER[found[1]], 1)
    try:
        day = parse_date(tidy)
    except BadValue:
        day = None
    if day is None:
        raise BadValue("Écrivez un mois, par exemple mai 2026 ou 05/2026.")
    return day.replace(day=1)


def _parse_state(text: str) -> bool | None:
    """True: already validated; False: to validate here."""
    word = fold(clean(text))
    if word in _VALIDATED:
        return True if word else None
    if word in _TO_VALIDATE:
        return False
    raise BadValue("Écrivez « validées » (elles entrent au grand livre) ou « à valider » (vous les validerez ici).")


COLUMNS: tuple[Column, ...] = (
    *COMMITMENT_KEY,
    Column("code", "Code du participant", parse_short(16), ("participant", "code"), required=True, example="H-0042"),
    Column("month", "Mois", parse_month, ("mois travaillé",), example="mai 2026"),
    Column("from_on", "Du", parse_date, ("début", "date de début"), example=""),
    Column("to_on", "Au", parse_date, ("fin", "date de fin"), example=""),
    Column("minutes", "Heures", parse_many_hours, ("heures travaillées", "nombre d’heures"), example="121h30"),
    Column("training", "Dont formation", parse_many_hours, ("heures de formation",), example=""),
    Column("validated", "État", _parse_state, ("statut",), example="validées"),
    Column(
        "declarant",
        "SIRET ou SIREN du déclarant",
        parse_number,
        ("déclarant", "siret du déclarant", "employeur", "siret de l’employeur"),
        example="",
    ),
    Column("override", "Comptées malgré la règle, motif", parse_short(2000), ("motif de dérogation",), example=""),
    *(
        Column(f"day_{day}", f"Jour {day}", parse_many_hours, (str(day), f"J{day}", f"J{day:02d}"), example="")
        for day in _DAYS
    ),
)


@dataclass(frozen=True)
class HoursItem:
    """One line of the file as it will be written. `override_code`: the rule that its reason answers."""

    line: int
    commitment: KnownCommitment
    participation: KnownParticipation
    organisation_id: int
    work: WorkedLine
    by_month: bool
    validated: bool
    override_reason: str = ""
    override_code: str = ""

    @property
    def group(self) -> tuple[int, int, date]:
        """The declaration it goes to."""
        return self.commitment.id, self.organisation_id, month_start(self.work.from_on)


def read_item(
    line: Reader, commitment: KnownCommitment | None, base: Base, declarants: Mapping[str, int]
) -> HoursItem | None:
    """What the line means; None with its errors. `declarants`: organisation ids by SIREN."""
    participation = _participation(line, commitment, base)
    if commitment is None or participation is None:
        return None
    organisation_id = _declarant(line, commitment, participation, declarants)
    period = _period(line, commitment, participation)
    if organisation_id is None or period is None:
        return None
    days = _days(line, period[0])
    minutes = line.get("minutes")
    if minutes is None and days:
        minutes = sum(minutes for _, minutes in days)
    if minutes is None:
        line.error("minutes", "Écrivez les heures, ou 0 si la personne n’a pas travaillé.")
        return None
    work = WorkedLine(
        FILE + line.line,
        participation.id,
        participation.person_id,
        commitment.id,
        organisation_id,
        participation.route,
        *period,
        minutes,
        line.get("training") or 0,
        days,
    )
    by_month = line.get("from_on") is None
    validated = line.get("validated") is not False
    return HoursItem(
        line.line, commitment, participation, organisation_id, work, by_month, validated, line.text("override")
    )


def _participation(line: Reader, commitment: KnownCommitment | None, base: Base) -> KnownParticipation | None:
    code = line.text("code")
    found = base.by_code.get(code.casefold())
    if found is None:
        line.error("code", "Ce code n’est celui de personne. Importez d’abord les participants, ou corrigez-le.", code)
    elif commitment is not None and found.commitment_id != commitment.id:
        line.error("code", "Ce participant est sur un autre engagement. Vérifiez le contrat, le lot et le code.", code)
        return None
    return found


def _declarant(
    line: Reader, commitment: KnownCommitment, participation: KnownParticipation, declarants: Mapping[str, int]
) -> int | None:
    number = line.text("declarant")
    found = declarants.get(number[:9]) if number else participation.organisation_id
    if found is None:
        message = (
            "Cette entreprise n’est pas connue. Ajoutez-la à l’engagement, ou corrigez le numéro."
            if number
            else "L’employeur de cette personne n’est pas connu : écrivez le SIRET de qui déclare."
        )
        line.error("declarant", message, number)
    elif found not in commitment.parties:
        message = "Cette entreprise n’est pas sur cet engagement. Ajoutez-la à ses entreprises, ou corrigez le numéro."
        line.error("declarant", message, number)
        return None
    return found


def _period(line: Reader, commitment: KnownCommitment, participation: KnownParticipation) -> tuple[date, date] | None:
    """The days given; of a month alone, those of the contract and of the person in it."""
    month, first, last = line.get("month"), line.get("from_on"), line.get("to_on")
    if (first is None) != (last is None):
        line.error("to_on" if last is None else "from_on", "Écrivez les deux dates, ou le mois seul.")
        return None
    if first is not None and last is not None:
        if last < first:
            line.error("to_on", "La fin vient avant le début. Corrigez l’une des deux dates.", last)
            return None
        if month_start(first) != month_start(last) or (month is not None and month_start(first) != month):
            message = "Une ligne tient dans un seul mois, celui où les heures sont travaillées. Coupez-la par mois."
            line.error("from_on", message, first)
            return None
        return first, last
    if month is None:
        line.error("month", "Écrivez le mois, comme mai 2026, ou les dates du et au.")
        return None
    starts = (month, commitment.notified_on, commitment.start_on, participation.started_on)
    ends = (month_end(month), commitment.end_on, participation.ended_on)
    first = max(day for day in starts if day is not None)
    last = min(day for day in ends if day is not None)
    return (first, last) if first <= last else (month, month_end(month))


def _days(line: Reader, first: date) -> tuple[tuple[date, int], ...]:
    found = []
    for day in _DAYS:
        minutes = line.get(f"day_{day}")
        if not minutes:
            continue
        if day > month_end(first).day:
            line.error(
                f"day_{day}", "Ce jour n’existe pas dans le mois de la ligne. Retirez-le.", written_hours(minutes)
            )
            continue
        found.append((first.replace(day=day), minutes))
    return tuple(found)
