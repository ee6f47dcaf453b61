"""Reading and editing the dated rules of clauses. A new value is a new date; a past one is only corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses import figures
from matching.clauses.eligibility import StartEvent
from matching.clauses.terms import EligiblePublic
from matching.errors import Conflict, NotFound, Problems
from matching.reference.embedded import embedded_brackets
from matching.services.clauses.rules import SETTING_OF, SETTINGS
from matching.services.context import Context
from matching.store.tables.clause_settings import ClauseSetting, HoursBracket, Trade
from matching.store.tables.participations import EligibilityRule, ProofRule
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matching.terms import ContractKind, Labelled
from matching.text import NBSP, written_hours


class RuleKind(Labelled):
    SETTING = "setting", "Seuils et délais"
    DURATION = "duration", "Durées d’éligibilité"
    PROOF = "proof", "Âge des preuves"
    TRADE = "trade", "Part de main-d’œuvre par métier"
    BRACKET = "bracket", "Barème d’heures par montant"


_TABLES: dict[RuleKind, Any] = {
    RuleKind.SETTING: ClauseSetting,
    RuleKind.DURATION: EligibilityRule,
    RuleKind.PROOF: ProofRule,
    RuleKind.TRADE: Trade,
    RuleKind.BRACKET: HoursBracket,
}


@dataclass(frozen=True)
class RuleInput:
    """A rule as typed; each kind reads its own fields. `name`: of a threshold or a trade.

    `share` in percent, `from_cents` excl. VAT. Months None: the whole contract (duration), any age (proof).
    """

    valid_from: date | None = None
    name: str = ""
    amount: int | None = None
    share: Decimal | None = None
    from_cents: int | None = None
    minutes: int | None = None
    public: EligiblePublic | None = None
    contract_kind: ContractKind | None = None
    start_event: StartEvent = StartEvent.FIRST_VALIDATED_HOUR
    months: int | None = None
    extension_months: int = 0
    maximum_months: int | None = None
    at_hire: bool = False
    source: str = ""
    to_check: bool = False


@dataclass(frozen=True)
class RuleLine:
    """One dated row: what it is about, its value in words, and whether it is the one in force today."""

    id: int
    version: int
    subject: str
    value: str
    valid_from: date
    source: str
    to_check: bool
    in_force: bool
    input: RuleInput


@dataclass(frozen=True)
class RuleBook:
    """The rows of one kind, by subject, the latest first."""

    kind: RuleKind
    lines: tuple[RuleLine, ...]

    @property
    def to_check(self) -> int:
        """How many rows in force nobody has compared to a source."""
        return sum(line.to_check and line.in_force for line in self.lines)


def list_rules(ctx: Context, actor: Actor) -> tuple[RuleBook, ...]:
    """Every dated rule of clauses, by kind."""
    require(actor, Permission.EDIT_CLAUSE_RULES)
    today = ctx.clock.today()
    with ctx.read() as session:
        return tuple(RuleBook(kind, _lines(session, kind, today)) for kind in RuleKind)


def get_rule(ctx: Context, actor: Actor, kind: RuleKind, rule_id: int) -> RuleLine:
    """One dated row; raises `NotFound`."""
    require(actor, Permission.EDIT_CLAUSE_RULES)
    with ctx.read() as session:
        lines = _lines(session, kind, ctx.clock.today())
    found = next((line for line in lines if line.id == rule_id), None)
    if found is None:
        raise NotFound()
    return found


def _lines(session: Session, kind: RuleKind, today: date) -> tuple[RuleLine, ...]:
    rows = list(session.execute(select(_TABLES[kind])).scalars())
    latest: dict[Any, date] = {}
    for row in rows:
        if row.valid_from <= today:
            key = _dated_together(kind, row)
            latest[key] = max(row.valid_from, latest.get(key, row.valid_from))
    lines = [_line(kind, row, latest.get(_dated_together(kind, row)) == row.valid_from) for row in rows]
    position = {public.label: number for number, public in enumerate(EligiblePublic)}
    if kind is RuleKind.BRACKET:
        lines.sort(key=lambda line: (-line.valid_from.toordinal(), line.input.from_cents or 0))
    else:
        names = [setting.label for setting in SETTINGS]
        order = {**position, **{name: number for number, name in enumerate(names)}}
        lines.sort(key=lambda line: (order.get(line.subject, -1), line.subject, -line.valid_from.toordinal()))
    return tuple(lines)


def _dated_together(kind: RuleKind, row: Any) -> Any:
    """Rows that replace one another by date. A table of brackets is replaced as a whole."""
    if kind in (RuleKind.SETTING, RuleKind.TRADE):
        return row.name
    if kind is RuleKind.DURATION:
        return (row.public, row.contract_kind)
    return row.public if kind is RuleKind.PROOF else None


def _line(kind: RuleKind, row: Any, in_force: bool) -> RuleLine:
    wanted = _input_of(kind, row)
    source, to_check = getattr(row, "source", ""), getattr(row, "to_check", False)
    if kind is RuleKind.BRACKET:
        for default in embedded_brackets():
            if (default.valid_from, default.from_cents, default.minutes) == (
                row.valid_from,
                row.from_cents,
                row.minutes,
            ):
                source, to_check = default.source, default.to_check
    subject, value = _words(kind, wanted)
    return RuleLine(row.id, row.version, subject, value, row.valid_from, source, to_check, in_force, wanted)


def _input_of(kind: RuleKind, row: Any) -> RuleInput:
    day = row.valid_from
    match kind:
        case RuleKind.SETTING:
            return RuleInput(day, row.name, row.amount)
        case RuleKind.TRADE:
            return RuleInput(day, row.name, share=Decimal(row.labour_share), source=row.source, to_check=row.to_check)
        case RuleKind.BRACKET:
            return RuleInput(day, from_cents=row.from_cents, minutes=row.minutes)
        case RuleKind.PROOF:
            return RuleInput(
                day,
                public=row.public,
                months=row.months,
                at_hire=row.at_hire,
                source=row.source,
                to_check=row.to_check,
            )
        case RuleKind.DURATION:
            return RuleInput(
                day,
                public=row.public,
                contract_kind=row.contract_kind,
                start_event=StartEvent(row.start_event),
                months=row.months,
                extension_months=row.extension_months,
                maximum_months=row.maximum_months,
                source=row.source,
                to_check=row.to_check,
            )


def _words(kind: RuleKind, wanted: RuleInput) -> tuple[str, str]:
    """What the row is about, and what it says."""
    match kind:
        case RuleKind.SETTING:
            setting = SETTING_OF.get(wanted.name)
            unit = setting.unit if setting else ""
            shown = str(wanted.amount).replace("-", "−")
            return (setting.label if setting else wanted.name), f"{shown}{NBSP}{unit}".strip()
        case RuleKind.TRADE:
            return wanted.name, figures.percent(wanted.share or Decimal(0))
        case RuleKind.BRACKET:
            return f"À partir de {figures.cents(wanted.from_cents or 0)}", written_hours(wanted.minutes or 0)
        case RuleKind.PROOF:
            return (wanted.public.label if wanted.public else ""), _proof_words(wanted)
        case RuleKind.DURATION:
            return _duration_subject(wanted), _duration_words(wanted)


def _proof_words(wanted: RuleInput) -> str:
    if wanted.at_hire:
        return "Valable le jour de l’embauche"
    return "Sans âge maximal" if wanted.months is None else f"{wanted.months}{NBSP}mois au plus"


def _duration_subject(wanted: RuleInput) -> str:
    public = wanted.public.label if wanted.public else "Tous les publics"
    return f"{public}, {wanted.contract_kind.label}" if wanted.contract_kind else public


def _duration_words(wanted: RuleInput) -> str:
    if wanted.months is None:
        return "Tout le contrat"
    start = "la première heure validée" if wanted.start_event is StartEvent.FIRST_VALIDATED_HOUR else "l’embauche"
    text = f"{wanted.months}{NBSP}mois depuis {start}"
    if wanted.extension_months:
        text += f", prolongation de {wanted.extension_months}{NBSP}mois"
    return text + (f", {wanted.maximum_months}{NBSP}mois au plus" if wanted.maximum_months else "")


# --- writing


def add_rule(ctx: Context, actor: Actor, kind: RuleKind, wanted: RuleInput) -> int:
    """Add what holds from a day on; the earlier rows stay. Its id."""
    require(actor, Permission.EDIT_CLAUSE_RULES)
    with ctx.write(actor) as work:
        problems = Problems()
        _check(kind, wanted, problems)
        _check_twin(work.session, kind, wanted, 0, problems)
        problems.raise_if_any("La règle n’a pas été ajoutée.")
        row = _TABLES[kind]()
        _fill(kind, row, wanted)
        work.session.add(row)
        work.session.flush()
        _record(work, "clause_rule.added", kind, row)
        key: int = row.id
    return key


def add_brackets(ctx: Context, actor: Actor, valid_from: date | None, lines: Sequence[tuple[int, int]]) -> None:
    """Add a whole table of hours by amount: pairs of cents and minutes. It replaces the earlier one from that day."""
    require(actor, Permission.EDIT_CLAUSE_RULES)
    with ctx.write(actor) as work:
        problems = Problems()
        if not lines:
            problems.add("lines", "Écrivez au moins une tranche\u00a0: un montant et des heures.")
        if len({cents for cents, _ in lines}) != len(lines):
            problems.add("lines", "Deux tranches commencent au même montant. Gardez-en une seule.")
        if lines and min(cents for cents, _ in lines) != 0:
            problems.add("lines", f"La première tranche commence à 0{NBSP}€, pour que chaque montant ait ses heures.")
        for cents, minutes in lines:
            own = Problems()
            _check(RuleKind.BRACKET, RuleInput(valid_from, from_cents=cents, minutes=minutes), own)
            for item in own.errors:
                field = "valid_from" if item.field == "valid_from" else "lines"
                if item.message not in [known.message for known in problems.errors]:
                    problems.add(field, item.message, item.value)
        if valid_from and work.session.execute(_on(RuleKind.BRACKET, valid_from).limit(1)).first():
            problems.add("valid_from", "Un barème commence déjà ce jour-là. Corrigez-le, ou choisissez une autre date.")
        problems.raise_if_any("Le barème n’a pas été ajouté.")
        assert valid_from is not None  # checked above
        for cents, minutes in lines:
            row = HoursBracket(valid_from=valid_from, from_cents=cents, minutes=minutes)
            work.session.add(row)
            work.session.flush()
            _record(work, "clause_rule.added", RuleKind.BRACKET, row)


def correct_rule(ctx: Context, actor: Actor, kind: RuleKind, rule_id: int, version: int, wanted: RuleInput) -> None:
    """Correct a row written wrongly; what it is about stays. A change of rule is a new date: `add_rule`."""
    require(actor, Permission.EDIT_CLAUSE_RULES)
    with ctx.write(actor) as work:
        row = work.session.get(_TABLES[kind], rule_id) if 0 < rule_id < 2**31 else None
        if row is None:
            raise NotFound()
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        wanted = _same_subject(kind, row, wanted)
        problems = Problems()
        _check(kind, wanted, problems)
        _check_twin(work.session, kind, wanted, rule_id, problems)
        problems.raise_if_any("La règle n’a pas été corrigée.")
        _fill(kind, row, wanted)
        work.session.flush()
        _record(work, "clause_rule.corrected", kind, row)


def _same_subject(kind: RuleKind, row: Any, wanted: RuleInput) -> RuleInput:
    if kind in (RuleKind.SETTING, RuleKind.TRADE):
        return replace(wanted, name=row.name)
    if kind is RuleKind.PROOF:
        return replace(wanted, public=row.public)
    if kind is RuleKind.DURATION:
        return replace(wanted, public=row.public, contract_kind=row.contract_kind)
    return wanted


def _on(kind: RuleKind, day: date) -> Any:
    table = _TABLES[kind]
    return select(table).where(table.valid_from == day)


def _check_twin(session: Session, kind: RuleKind, wanted: RuleInput, own_id: int, problems: Problems) -> None:
    if wanted.valid_from is None:
        return
    for row in session.execute(_on(kind, wanted.valid_from)).scalars():
        same = _input_of(kind, row)
        subject = (same.name, same.public, same.contract_kind, same.from_cents)
        if row.id != own_id and subject == (wanted.name, wanted.public, wanted.contract_kind, wanted.from_cents):
            message = "Une règle commence déjà ce jour-là pour ce cas. Corrigez-la, ou choisissez une autre date."
            problems.add("valid_from", message)


def _check(kind: RuleKind, wanted: RuleInput, problems: Problems) -> None:
    if wanted.valid_from is None:
        problems.add("valid_from", "Indiquez le jour où cette règle commence à compter.")
    elif not 2000 <= wanted.valid_from.year <= 2100:
        problems.add("valid_from", "L’année de cette date paraît fausse. Écrivez une date comme 01/01/2027.")
    if len(wanted.source.strip()) > 250:
        problems.add("source", "Raccourcissez la source\u00a0: 250 caractères au plus.")
    match kind:
        case RuleKind.SETTING:
            _check_setting(wanted, problems)
        case RuleKind.TRADE:
            if not 1 <= len(" ".join(wanted.name.split())) <= 120:
                problems.add("name", "Écrivez le métier, en 120 caractères au plus.")
            if wanted.share is None or not 0 < wanted.share <= 100:
                problems.add("share", f"La part de main-d’œuvre est plus grande que 0 et va jusqu’à 100{NBSP}%.")
        case RuleKind.BRACKET:
            if wanted.from_cents is None or not 0 <= wanted.from_cents <= 1_000_000_000_000:
                problems.add("from_cents", "Indiquez le montant où commence la tranche, en euros.")
            if wanted.minutes is None or not 0 <= wanted.minutes <= 9_999_999 * 60:
                problems.add("minutes", "Indiquez les heures de la tranche.")
        case RuleKind.PROOF:
            if wanted.public is None:
                problems.add("public", "Choisissez le public.")
            if wanted.at_hire and wanted.months is not None:
                message = "Une preuve a un âge maximal, ou doit être valable à l’embauche\u00a0: gardez l’un des deux."
                problems.add("months", message)
            _check_months(wanted.months, "months", problems)
        case RuleKind.DURATION:
            _check_duration(wanted, problems)


def _check_setting(wanted: RuleInput, problems: Problems) -> None:
    setting = SETTING_OF.get(wanted.name)
    if setting is None:
        problems.add("name", "Choisissez le seuil dans la liste.")
    elif wanted.amount is None or not setting.least <= wanted.amount <= setting.most:
        bounds = f"de {setting.least} à {setting.most}".replace("-", "−")
        problems.add("amount", f"Écrivez un nombre entier {bounds}.")


def _check_months(months: int | None, field: str, problems: Problems) -> None:
    if months is not None and not 1 <= months <= 120:
        problems.add(field, "Écrivez un nombre de mois de 1 à 120.")


def _check_duration(wanted: RuleInput, problems: Problems) -> None:
    _check_months(wanted.months, "months", problems)
    _check_months(wanted.maximum_months, "maximum_months", problems)
    if not 0 <= wanted.extension_months <= 120:
        problems.add("extension_months", "Écrivez un nombre de mois de 0 à 120.")
    if wanted.months is None and (wanted.extension_months or wanted.maximum_months):
        problems.add(
            "months", "Sans durée, tout le contrat compte\u00a0: une prolongation ou un maximum ne servent pas."
        )
    if wanted.months and wanted.maximum_months and wanted.maximum_months < wanted.months:
        problems.add("maximum_months", "Le maximum ne peut pas être plus court que la durée.")


def _fill(kind: RuleKind, row: Any, wanted: RuleInput) -> None:
    row.valid_from = wanted.valid_from
    match kind:
        case RuleKind.SETTING:
            setting = SETTING_OF[wanted.name]
            row.name, row.label, row.unit, row.amount = setting.name, setting.label, setting.unit, wanted.amount
        case RuleKind.TRADE:
            row.name, row.labour_share = " ".join(wanted.name.split()), f"{(wanted.share or Decimal(0)).normalize():f}"
        case RuleKind.BRACKET:
            row.from_cents, row.minutes = wanted.from_cents, wanted.minutes
        case RuleKind.PROOF:
            row.public, row.months, row.at_hire = wanted.public, wanted.months, wanted.at_hire
        case RuleKind.DURATION:
            row.public, row.contract_kind = wanted.public, wanted.contract_kind
            row.start_event, row.months = wanted.start_event.value, wanted.months
            row.extension_months, row.maximum_months = wanted.extension_months, wanted.maximum_months
    if kind not in (RuleKind.SETTING, RuleKind.BRACKET):
        row.source, row.to_check = wanted.source.strip(), wanted.to_check


def _record(work: UnitOfWork, action: str, kind: RuleKind, row: Any) -> None:
    _, value = _words(kind, _input_of(kind, row))
    details = {"kind": kind.value, "valid_from": row.valid_from.isoformat(), "value": value}
    work.record(action, str(_TABLES[kind].__tablename__), row.id, **details)
