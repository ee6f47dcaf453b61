"""The rules of one declared line, each a small generator of findings. `matching.clauses.lines` puts them together.

Nothing is ever shared out pro rata: when a date cuts a line that has no breakdown, the hours up to it are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from matching.clauses.line_model import (
    DAY_MINUTES,
    Finding,
    FindingCode,
    LineContext,
    Severity,
    WorkedLine,
    french,
    minutes_by_day,
    minutes_within,
    weeks,
    written_period,
)
from matching.clauses.terms import TRAINING_ROUTES, TrainingHours
from matching.terms import Known
from matching.text import MONTHS, written_day, written_hours


def rejecting(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    """What puts the line, or a part of it, out by default."""
    yield from _contract_dates(line, context)
    yield from _participation_dates(line, context)
    yield from _eligibility(line, context)
    yield from _public_refused(line, context)
    yield from _training(line, context)
    yield from _evidence(line, context)


def flags(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    """What a person should look at before deciding."""
    yield from _unknown_facts(line, context)
    yield from _long_weeks(line, context)
    yield from _surge(line, context)


def _finding(
    code: FindingCode, severity: Severity, message: str, day: date | None = None, minutes: int | None = None
) -> Finding:
    return Finding(code, severity, french(message), day, minutes)


# --- what blocks ---------------------------------------------------------------------------------------


def blocking(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    """What must be mended before the line is sent or decided."""
    blocks = Severity.BLOCKS
    if line.to_on < line.from_on:
        text = f"La période finit le {written_day(line.to_on)}, avant de commencer le {written_day(line.from_on)}."
        yield _finding(FindingCode.REVERSED_DATES, blocks, f"{text} Corrigez l’une des deux dates.", line.to_on)
        return
    yield from _month(line, context)
    yield from _future(line, context)
    if line.minutes is None:
        text = "Indiquez les heures de cette personne, ou 0 si elle n’a pas travaillé ici ce mois."
        yield _finding(FindingCode.HOURS_UNKNOWN, blocks, text)
        return
    yield from _quantities(line, line.minutes)


def _month(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    month = (context.month.year, context.month.month)
    name = f"{MONTHS[context.month.month - 1]} {context.month.year}"
    if (line.from_on.year, line.from_on.month) != month or (line.to_on.year, line.to_on.month) != month:
        text = (
            f"Cette déclaration porte sur {name} et la ligne va {_from_to(line)}. Les heures se déclarent au mois "
            "travaillé, pas au mois facturé : gardez ici les jours de ce mois et déclarez les autres dans le leur."
        )
        yield _finding(FindingCode.OUTSIDE_MONTH, Severity.BLOCKS, text)
    if context.month_closed_on is not None:
        text = (
            f"Le mois de {name} a été décidé le {written_day(context.month_closed_on)} et ne change plus. "
            "Demandez une correction de ce mois, ou déclarez à part les heures oubliées."
        )
        yield _finding(FindingCode.MONTH_CLOSED, Severity.BLOCKS, text, context.month_closed_on)


def _from_to(line: WorkedLine) -> str:
    period = written_period(line.from_on, line.to_on)
    return period if line.length_days > 1 else f"jusqu’au {written_day(line.to_on)}"


def _future(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    last = max((day for day, minutes in line.days if minutes), default=line.to_on)
    if last > context.today and line.minutes != 0:
        begun = line.from_on <= context.today
        remedy = f"arrêtez-la au {written_day(context.today)}" if begun else "déclarez-la une fois le travail fait"
        text = (
            f"Cette ligne va jusqu’au {written_day(last)}, qui n’est pas encore passé. "
            f"Seules les heures déjà travaillées se déclarent : {remedy}."
        )
        yield _finding(FindingCode.FUTURE, Severity.BLOCKS, text, last)


def _quantities(line: WorkedLine, minutes: int) -> Iterator[Finding]:
    blocks = Severity.BLOCKS
    if minutes < 0 or line.training_minutes < 0 or any(of_day < 0 for _, of_day in line.days):
        text = "Des heures ne peuvent pas être négatives. Pour retirer des heures validées, demandez une correction."
        yield _finding(FindingCode.NEGATIVE_HOURS, blocks, text)
    if line.training_minutes > max(minutes, 0):
        text = (
            f"La formation ({written_hours(line.training_minutes)}) fait partie du total "
            f"({written_hours(max(minutes, 0))}) et ne peut pas le dépasser. Corrigez l’un des deux."
        )
        yield _finding(FindingCode.TRAINING_ABOVE_LINE, blocks, text)
    if line.days:
        yield from _breakdown(line, minutes)
    elif minutes > DAY_MINUTES * line.length_days:
        text = (
            f"{written_hours(minutes)} ne tiennent pas {written_period(line.from_on, line.to_on)} : "
            f"24 h par jour font {written_hours(DAY_MINUTES * line.length_days)}. Vérifiez les heures et les dates."
        )
        yield _finding(FindingCode.TOO_MANY_HOURS, blocks, text)


def _breakdown(line: WorkedLine, minutes: int) -> Iterator[Finding]:
    blocks, by_day = Severity.BLOCKS, minutes_by_day(line)
    for day, of_day in by_day.items():
        if of_day > DAY_MINUTES:
            text = f"{written_hours(of_day)} le {written_day(day)} : un jour compte 24 h. Corrigez ce jour."
            yield _finding(FindingCode.TOO_MANY_HOURS, blocks, text, day)
        if not line.from_on <= day <= line.to_on:
            text = (
                f"Le {written_day(day)} n’est pas dans la période de la ligne "
                f"({written_period(line.from_on, line.to_on)}). Corrigez ce jour ou la période."
            )
            yield _finding(FindingCode.DAY_OUTSIDE_LINE, blocks, text, day)
    total = sum(by_day.values())
    if total != minutes and min(total, minutes) >= 0:
        text = (
            f"Les jours font {written_hours(total)} et la ligne {written_hours(minutes)}. "
            "Corrigez le jour manquant ou le total."
        )
        yield _finding(FindingCode.DAYS_DIFFER, blocks, text)


# --- what rejects: dates -------------------------------------------------------------------------------


def _bound(
    line: WorkedLine, code: FindingCode, rule: str, *, first: date | None = None, last: date | None = None
) -> Iterator[Finding]:
    """A finding when some hours are before `first` or after `last` (give one): how many, and what to do."""
    kept = minutes_within(line, first, last)
    if kept == line.minutes:
        return
    day = first or last
    side = f"à partir du {written_day(first)}" if first else f"jusqu’au {written_day(last or line.to_on)} inclus"
    if kept == 0:
        remedy, out = "Aucune heure de cette ligne ne compte.", line.minutes
    elif kept is None:
        remedy, out = f"Demandez les heures {side}, ou la répartition par jour : rien n’est calculé au prorata.", None
    else:
        out = (line.minutes or 0) - kept
        remedy = f"Coupez la ligne : {written_hours(kept)} {side} comptent, {written_hours(out)} sont à écarter."
    yield _finding(code, Severity.REJECTS, f"{rule} {remedy}", day, out)


def _contract_dates(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    notified, start, end = context.notified_on, context.start_on, context.end_on
    if notified is not None:
        rule = f"Le contrat a été notifié le {written_day(notified)} : les heures comptent à partir de ce jour."
        yield from _bound(line, FindingCode.BEFORE_NOTIFICATION, rule, first=notified)
    if start is not None and (notified is None or start > notified):
        rule = f"Le contrat commence le {written_day(start)}."
        yield from _bound(line, FindingCode.OUTSIDE_CONTRACT, rule, first=start)
    if end is not None:
        rule = f"Le contrat finit le {written_day(end)}."
        yield from _bound(line, FindingCode.OUTSIDE_CONTRACT, rule, last=end)


def _participation_dates(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    start, end = context.participation_start, context.participation_end
    if start is not None:
        rule = f"Cette personne travaille ici depuis le {written_day(start)}."
        yield from _bound(line, FindingCode.OUTSIDE_PARTICIPATION, rule, first=start)
    if end is not None:
        rule = f"Cette personne a travaillé ici jusqu’au {written_day(end)}."
        yield from _bound(line, FindingCode.OUTSIDE_PARTICIPATION, rule, last=end)


def _eligibility(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    decided = context.decided_on
    if context.eligible is Known.NO:
        when = f" (décision du {written_day(decided)})" if decided else ""
        text = f"Cette personne n’a pas été reconnue éligible{when}. Rejetez la ligne, ou reprenez la décision d’abord."
        yield _finding(FindingCode.OUTSIDE_ELIGIBILITY, Severity.REJECTS, text, None, line.minutes)
        return
    if context.eligible is not Known.YES or decided is None:
        text = "L’éligibilité n’a pas été décidée. Décidez-la d’abord : seules les heures qui suivent comptent."
        yield _finding(FindingCode.NOT_DECIDED, Severity.REJECTS, text, None, line.minutes)
        return
    rule = f"L’éligibilité a été décidée le {written_day(decided)} : les heures comptent à partir de ce jour."
    yield from _bound(line, FindingCode.NOT_DECIDED, rule, first=decided)
    start, end = context.eligible_from, context.eligible_until
    if start is not None and start > decided:
        rule = f"Cette personne est éligible depuis le {written_day(start)}."
        yield from _bound(line, FindingCode.OUTSIDE_ELIGIBILITY, rule, first=start)
    if end is not None:
        rule = f"Cette personne était éligible jusqu’au {written_day(end)} inclus."
        yield from _bound(line, FindingCode.OUTSIDE_ELIGIBILITY, rule, last=end)


# --- what rejects: public, training, evidence ----------------------------------------------------------


def _public_refused(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    if context.public_allowed is Known.NO:
        text = (
            "Ce contrat ne prévoit pas le public de cette personne. Rejetez la ligne, "
            "ou notez l’accord écrit de l’acheteur si elle doit compter."
        )
        yield _finding(FindingCode.PUBLIC_NOT_ALLOWED, Severity.REJECTS, text, None, line.minutes)


def training_counted(minutes: int, training_minutes: int, rule: TrainingHours, cap_percent: int | None) -> int | None:
    """Minutes of training that count in a line of `minutes` (training included).

    With a cap, training counts up to `cap_percent` of the whole line, to the nearest minute, a half up. None when the
    contract caps training and its cap is not known.
    """
    if rule is TrainingHours.ALL or training_minutes == 0:
        return training_minutes
    if rule is TrainingHours.NONE:
        return 0
    if cap_percent is None:
        return None
    return min(training_minutes, (minutes * cap_percent * 2 + 100) // 200)


def _training(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    total, training = line.minutes or 0, line.training_minutes
    counted = training_counted(total, training, context.training, context.training_cap_percent)
    if counted is None or counted >= training:
        return
    worked, out = written_hours(training), training - counted
    if context.training is TrainingHours.NONE:
        rest = (
            f"{written_hours(total - training)} de travail comptent" if total > training else "rien d’autre à compter"
        )
        text = f"Ce contrat ne compte pas la formation : {worked} à écarter, {rest}."
        yield _finding(FindingCode.TRAINING_NOT_COUNTED, Severity.REJECTS, text, None, out)
        return
    text = (
        f"Ce contrat compte la formation jusqu’à {context.training_cap_percent} % de la ligne, soit "
        f"{written_hours(counted)} sur {worked} : {written_hours(out)} à écarter."
    )
    yield _finding(FindingCode.TRAINING_ABOVE_CAP, Severity.REJECTS, text, None, out)


def _evidence(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    if context.evidence_required and not context.has_evidence:
        text = "Ce contrat demande un justificatif et la ligne n’en a pas. Demandez le relevé du mois à l’entreprise."
        yield _finding(FindingCode.MISSING_EVIDENCE, Severity.REJECTS, text, None, line.minutes)


# --- what to look at -----------------------------------------------------------------------------------


def _unknown_facts(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    flag = Severity.FLAG
    dates = ((context.notified_on, "sa date de notification"), (context.end_on, "sa date de fin"))
    missing = " ni ".join(name for value, name in dates if value is None)
    if missing:
        text = f"Le contrat n’indique pas {missing} : ces heures y sont-elles ? Complétez-le avant de valider."
        yield _finding(FindingCode.DATES_UNKNOWN, flag, text)
    if context.public_allowed is Known.UNKNOWN:
        text = "On ne sait pas si ce contrat prévoit le public de cette personne. Confirmez-le avant de valider."
        yield _finding(FindingCode.PUBLIC_UNKNOWN, flag, text)
    if training_counted(1, line.training_minutes, context.training, context.training_cap_percent) is None:
        text = "Ce contrat plafonne la formation sans dire à combien. Complétez le plafond avant de valider."
        yield _finding(FindingCode.TRAINING_CAP_UNKNOWN, flag, text)
    if line.training_minutes and line.route not in TRAINING_ROUTES:
        text = (
            f"{written_hours(line.training_minutes)} de formation pour « {line.route.label} » : vérifiez auprès de "
            "l’entreprise, la formation se déclare d’ordinaire en alternance."
        )
        yield _finding(FindingCode.TRAINING_ROUTE, flag, text)


def _long_weeks(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    limit, total = context.weekly_limit_minutes, line.minutes or 0
    if line.days:
        for monday, minutes in weeks(line.days).items():
            if minutes > limit:
                text = (
                    f"{written_hours(minutes)} la semaine du {written_day(monday)}, au-delà de {written_hours(limit)}. "
                    "Vérifiez le relevé avec l’entreprise."
                )
                yield _finding(FindingCode.LONG_WEEK, Severity.FLAG, text, monday)
    elif total * 7 > limit * max(7, line.length_days):  # minutes ÷ max(1, days ÷ 7) > limit, without a fraction
        average = -(-total * 7 // max(7, line.length_days))  # upwards: never shown as the limit itself
        text = (
            f"{written_hours(average)} par semaine en moyenne, au-delà de {written_hours(limit)}. "
            "Demandez le relevé par jour à l’entreprise."
        )
        yield _finding(FindingCode.LONG_WEEK, Severity.FLAG, text)


def _surge(line: WorkedLine, context: LineContext) -> Iterator[Finding]:
    before, now = context.last_month_minutes, line.minutes or 0
    if not before:
        return
    more = now - before
    if more > context.surge_minutes and more * 100 > before * context.surge_percent:
        text = (
            f"{written_hours(now)}, contre {written_hours(before)} le mois précédent. "
            "Une erreur de saisie est possible : vérifiez avec l’entreprise."
        )
        yield _finding(FindingCode.MORE_THAN_LAST_MONTH, Severity.FLAG, text)
