"""What is refused of a file of hours: the rules of a declared line, the same hours twice, months still open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.line_model import Finding, FindingCode, LineContext, Severity, WorkedLine, french
from matching.clauses.lines import check_line
from matching.clauses.overlap import DuplicateKind, day_total_excess, period_total_excess, possible_duplicates
from matching.clauses.progress import month_start
from matching.clauses.terms import DeclarationState, LineState
from matching.services.clauses.eligibility_clock import clock_of, last_grants
from matching.services.clauses.importing.hours_known import Base, KnownLine
from matching.services.clauses.importing.hours_lines import FILE, HoursItem
from matching.services.clauses.importing.keys import CHUNK
from matching.services.clauses.importing.reading import Reader
from matching.services.clauses.rules import duration_rules
from matching.store.tables.declarations import HourDeclaration
from matching.terms import Known
from matching.text import written_hours

ReadLine = tuple[Reader, HoursItem]


def apart(read: Sequence[ReadLine], base: Base) -> tuple[list[ReadLine], list[tuple[HoursItem, str]]]:
    """The lines to write, and those already there (same participant, days and hours) with what became of them."""
    new: list[ReadLine] = []
    same: list[tuple[HoursItem, str]] = []
    seen: dict[tuple[int, date, date, int | None], int] = {}
    for line, item in read:
        work = item.work
        first = seen.setdefault((work.participation_id, work.from_on, work.to_on, work.minutes), line.line)
        if first != line.line:
            line.error("minutes", f"Mêmes heures que la ligne {first}. Gardez une seule des deux lignes.")
            continue
        known = base.same_as(work, item.by_month)
        if known is None:
            new.append((line, item))
        elif not line.errors:
            same.append((item, _already(known)))
    return new, same


def _already(known: KnownLine) -> str:
    words = {
        LineState.PENDING: "Déjà déclarée, à valider.",
        LineState.REJECTED: "Déjà déclarée, puis rejetée.",
        LineState.REVERSED: "Déjà enregistrée, puis annulée.",
    }
    return words.get(known.state, "Déjà enregistrée.") + " Rien ne change."


def check_each(session: Session, read: list[ReadLine], base: Base, today: date) -> dict[int, str]:
    """The rules of a declared line, one by one. Hours already validated must pass them all, or say why not.

    Returns what deserves a look, by line.
    """
    remarks: dict[int, str] = {}
    ends = _ends(session, read, base)
    for place, (line, item) in enumerate(read):
        found = check_line(item.work, _context(item, ends.get(item.participation.id), today))
        for one in _worst(item, found):
            line.error(_COLUMN.get(one.code, "minutes"), one.message, _value(item, one))
        against = [one.code for one in found if one.severity is Severity.REJECTS and _answered(item, one)]
        if item.validated and against:
            read[place] = (line, replace(item, override_code=against[0].value))
        flags = [one.message for one in found if one.severity is Severity.FLAG]
        if flags:
            remarks[item.line] = flags[0]
    return remarks


def _worst(item: HoursItem, found: Sequence[Finding]) -> list[Finding]:
    """What stops the line, one thing a column: what a wrong year breaks besides is not worth reading."""
    blocks = [one for one in found if one.severity is Severity.BLOCKS]
    rejects = [one for one in found if one.severity is Severity.REJECTS and not _answered(item, one)]
    first: dict[str, Finding] = {}
    for one in blocks or rejects:
        first.setdefault(_COLUMN.get(one.code, "minutes"), one)
    return list(first.values())


_TRAINING = frozenset({FindingCode.TRAINING_NOT_COUNTED, FindingCode.TRAINING_ABOVE_CAP})
_CONTRACT = frozenset({FindingCode.BEFORE_NOTIFICATION, FindingCode.OUTSIDE_CONTRACT})
_COLUMN = {
    FindingCode.FUTURE: "month",
    FindingCode.OUTSIDE_MONTH: "month",
    FindingCode.BEFORE_NOTIFICATION: "month",
    FindingCode.OUTSIDE_CONTRACT: "month",
    FindingCode.OUTSIDE_PARTICIPATION: "month",
    FindingCode.NOT_DECIDED: "code",
    FindingCode.OUTSIDE_ELIGIBILITY: "code",
    FindingCode.PUBLIC_NOT_ALLOWED: "code",
    FindingCode.TRAINING_NOT_COUNTED: "training",
    FindingCode.TRAINING_ABOVE_CAP: "training",
    FindingCode.TRAINING_ABOVE_LINE: "training",
}


def _answered(item: HoursItem, finding: Finding) -> bool:
    """Hours to validate are judged by an officer later, but for the dates of the contract; history needs a reason."""
    if not item.validated:
        return finding.code not in _CONTRACT
    return bool(item.override_reason) and finding.code not in _TRAINING


def _value(item: HoursItem, finding: Finding) -> str:
    column = _COLUMN.get(finding.code, "minutes")
    if column == "code":
        return item.participation.code
    if column == "training":
        return written_hours(item.work.training_minutes)
    if column == "month":
        return f"{item.work.from_on:%d/%m/%Y} – {item.work.to_on:%d/%m/%Y}"
    return written_hours(item.work.minutes or 0)


def _context(item: HoursItem, eligible_until: date | None, today: date) -> LineContext:
    commitment, one = item.commitment, item.participation
    allowed = Known.YES
    if commitment.publics:
        allowed = Known.UNKNOWN if one.public is None else (Known.YES if one.public in commitment.publics else Known.NO)
    return LineContext(
        today=today,
        month=month_start(item.work.from_on),
        notified_on=commitment.notified_on,
        start_on=commitment.start_on,
        end_on=commitment.end_on,
        participation_start=one.started_on,
        participation_end=one.ended_on,
        eligible=one.eligible,
        decided_on=one.decided_on,
        eligible_until=eligible_until,
        public_allowed=allowed,
        training=commitment.training,
        training_cap_percent=commitment.training_cap_percent,
        # What proved these hours stayed in the former files; those to validate here are asked for it on their page.
        evidence_required=False,
    )


def _ends(session: Session, read: Sequence[ReadLine], base: Base) -> dict[int, date | None]:
    """Until when each participation counts once these hours are in: they may be the first of the person."""
    first = dict(base.first_worked)
    for _, item in read:
        if item.validated and item.work.minutes:
            person, day = item.participation.person_id, _first_day(item.work)
            first[person] = min(day, first.get(person, day))
    concerned = {item.participation.id: item.participation for _, item in read}
    granted = [one.id for one in concerned.values() if one.eligible is Known.YES]
    grants: dict[int, tuple[int, date | None]] = {}
    for start in range(0, len(granted), CHUNK):
        grants |= last_grants(session, granted[start : start + CHUNK])
    rules = duration_rules(session)
    return {
        one.id: clock_of(
            rules,
            one.route,
            one.contract_kind,
            one.public,
            first.get(one.person_id),
            one.started_on,
            one.ended_on,
            *grants.get(one.id, (0, None)),
        ).ends_on
        for one in concerned.values()
        if one.eligible is Known.YES
    }


def _first_day(work: WorkedLine) -> date:
    return min((day for day, minutes in work.days if minutes), default=work.from_on)


def check_together(read: Sequence[ReadLine], base: Base) -> None:
    """The same hours twice, in the file or with what is there, and days of more than 24 hours."""
    readers = {item.work.id: line for line, item in read}
    works = [*base.counting(), *(item.work for _, item in read)]
    for double in possible_duplicates(works):
        later, earlier = double.line_b, double.line_a
        if later.id not in readers:
            continue
        if double.kind is DuplicateKind.TWO_COMMITMENTS and base.pooled(double):
            continue
        other = f"ligne {earlier.id - FILE} du fichier" if earlier.id in readers else base.where(earlier.id)
        # Which of the two lines is met is not in the rule's own sentence, that speaks of declarations on a page.
        readers[later.id].error("minutes", _twice(double.kind, earlier, other), written_hours(later.minutes or 0))
    for excess in day_total_excess(works):
        mine = [key for key in excess.line_ids if key in readers]
        if mine and len(excess.line_ids) > 1:
            message = french(
                f"{written_hours(excess.minutes)} pour cette personne le {excess.day:%d/%m/%Y}, toutes lignes réunies "
                ": un jour compte 24 h. Corrigez l’une des lignes."
            )
            readers[max(mine)].error("minutes", message)
    for excess in period_total_excess(works):
        mine = [key for key in excess.line_ids if key in readers]
        if mine and len(excess.line_ids) > 1:
            readers[max(mine)].error("minutes", excess.message)


def _twice(kind: DuplicateKind, earlier: WorkedLine, other: str) -> str:
    hours = written_hours(earlier.minutes or 0)
    if kind is DuplicateKind.SAME_DAY:
        text = f"Un même jour est déjà compté pour cette personne ({other}, {hours}). Retirez l’une des deux."
    elif kind is DuplicateKind.SAME_PERIOD:
        text = (
            f"Cette personne a déjà des heures sur cette période ({other}, {hours}). Retirez l’une des deux, ou donnez "
            "les heures jour par jour."
        )
    else:
        text = (
            f"Cette personne a des heures sur un autre engagement à la même période ({other}, {hours}). Donnez les "
            "heures jour par jour, ou enregistrez d’abord l’accord de mutualisation qui lie les deux."
        )
    return french(text)


_OPEN = {
    DeclarationState.DRAFT: "L’entreprise a commencé à déclarer ce mois ici. Attendez son envoi, ou voyez avec elle.",
    DeclarationState.RETURNED: "Ce mois est renvoyé à l’entreprise pour correction. Attendez son envoi.",
    DeclarationState.SUBMITTED: "Ce mois est déjà déclaré et attend votre décision. Décidez-le d’abord.",
}


def check_open(session: Session, read: Sequence[ReadLine]) -> None:
    """A month being declared is finished first: two declarations open at once would hide one another."""
    months = sorted({item.group[2] for _, item in read})
    if not months:
        return
    d = HourDeclaration
    query = select(d.commitment_id, d.organisation_id, d.month, d.state).where(
        d.state.in_(list(_OPEN)), d.month >= months[0], d.month <= months[-1]
    )
    known = {(row.commitment_id, row.organisation_id, row.month): row.state for row in session.execute(query)}
    for line, item in read:
        if (state := known.get(item.group)) is not None:
            line.error("month", _OPEN[state], f"{item.group[2]:%m/%Y}")
