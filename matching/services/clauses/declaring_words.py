"""What the rules say of a line, in words for the company: what to mend, what may not count; never a person's public."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from matching.clauses.line_model import Finding, FindingCode, LineContext, Severity
from matching.text import NBSP, written_day, written_hours


@dataclass(frozen=True)
class Remark:
    """One thing to say before sending: `blocks` when it must be mended first."""

    message: str
    blocks: bool


_FROM = {FindingCode.BEFORE_NOTIFICATION, FindingCode.NOT_DECIDED}
_SILENT = {
    # For the officer alone: facts of the contract to complete, and publics, which a company never reads.
    FindingCode.DATES_UNKNOWN,
    FindingCode.PUBLIC_UNKNOWN,
    FindingCode.PUBLIC_NOT_ALLOWED,
    FindingCode.TRAINING_CAP_UNKNOWN,
    FindingCode.TRAINING_ROUTE,
}
_DATED = {
    FindingCode.BEFORE_NOTIFICATION,
    FindingCode.OUTSIDE_CONTRACT,
    FindingCode.OUTSIDE_PARTICIPATION,
    FindingCode.NOT_DECIDED,
    FindingCode.OUTSIDE_ELIGIBILITY,
}


def remarks_of(found: Iterable[Finding], context: LineContext) -> tuple[Remark, ...]:
    """In the order of the rules, each sentence once."""
    said: dict[str, Remark] = {}
    for finding in found:
        blocks = finding.severity is Severity.BLOCKS
        message = finding.message if blocks else _words(finding, context)
        if message:
            said.setdefault(message, Remark(message, blocks))
    return tuple(said.values())


def _words(finding: Finding, context: LineContext) -> str:
    code = finding.code
    if code in _SILENT:
        return ""
    if code in _DATED:
        return _dated(code, finding.day, context)
    out = written_hours(finding.minutes or 0)
    match code:
        case FindingCode.TRAINING_NOT_COUNTED:
            return f"Ce contrat ne compte pas la formation{NBSP}: {out} seront écartées."
        case FindingCode.TRAINING_ABOVE_CAP:
            return f"Ce contrat plafonne la formation{NBSP}: {out} seront écartées."
        case FindingCode.MISSING_EVIDENCE:
            return f"Ce contrat demande un justificatif{NBSP}: ajoutez la photo ou le PDF du relevé."
        case FindingCode.LONG_WEEK:
            return f"Plus de 48{NBSP}h par semaine{NBSP}: vérifiez avant d’envoyer."
        case FindingCode.MORE_THAN_LAST_MONTH:
            before = written_hours(context.last_month_minutes or 0)
            return f"Bien plus que le mois précédent ({before}){NBSP}: vérifiez avant d’envoyer."
    return ""


def _dated(code: FindingCode, day: date | None, context: LineContext) -> str:
    if day is None and code is FindingCode.NOT_DECIDED:
        return f"On ne sait pas encore si ses heures comptent{NBSP}: vous pouvez les envoyer, la décision suivra."
    if day is None:
        return "Ses heures ne comptent pas pour cet engagement."
    lasts = (context.end_on, context.participation_end, context.eligible_until)
    until = code not in _FROM and day in lasts
    bound = f"jusqu’au {written_day(day)} inclus" if until else f"à partir du {written_day(day)}"
    advice = "Indiquez celles-là seulement, ou détaillez par jour."
    return f"Comptent les heures {bound}. {advice}"
