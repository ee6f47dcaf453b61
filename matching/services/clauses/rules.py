"""The dated rules of clauses as a Département sets them: trades, brackets, durations, proofs, thresholds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.brackets import table_on
from matching.clauses.eligibility import DurationRule, ProofRule, StartEvent
from matching.clauses.follow import Delays
from matching.clauses.progress import Thresholds
from matching.clauses.terms import EligiblePublic
from matching.reference import embedded
from matching.reference.model import HoursBracket as BracketLine
from matching.reference.model import Trade as TradeLine
from matching.services.context import Context
from matching.store.tables.base import Base
from matching.store.tables.clause_settings import ClauseSetting, HoursBracket, Trade
from matching.store.tables.participations import EligibilityRule
from matching.store.tables.participations import ProofRule as ProofRow

FROM_THE_START = date(2000, 1, 1)
"""The day from which the embedded thresholds hold."""


@dataclass(frozen=True)
class SettingKind:
    """A threshold or a delay that a Département decides. `least` and `most` bound what can be typed."""

    name: str
    label: str
    amount: int
    unit: str
    least: int
    most: int


SETTINGS = (
    SettingKind("alert_information", "Écart à partir duquel un engagement est à surveiller", -10, "points", -100, 0),
    SettingKind("alert_orange", "Écart de l’alerte orange", -20, "points", -100, 0),
    SettingKind("alert_red", "Écart de l’alerte rouge", -30, "points", -100, 0),
    SettingKind(
        "nothing_validated_at_percent", "Alerte rouge si rien n’est validé à ce point de la période", 25, "%", 1, 100
    ),
    SettingKind("grace_days", "Premiers jours de la période sans mesure d’avancement", 30, "jours", 0, 366),
    SettingKind("silent_days", "Contact silencieux après", 60, "jours", 1, 366),
    SettingKind("declare_by_day", "Jour du mois suivant où les heures sont attendues", 5, "du mois", 1, 28),
    SettingKind("reply_days", "Délai visé pour répondre à une déclaration", 5, "jours", 1, 90),
    SettingKind("small_cell", "Personnes en dessous desquelles un chiffre est masqué", 11, "personnes", 2, 100),
    SettingKind("proof_notice_days", "Annonce d’une fin d’éligibilité", 30, "jours", 1, 366),
    SettingKind("certificate_days", "Attestation attendue après la fin", 30, "jours", 1, 366),
)
SETTING_OF = {kind.name: kind for kind in SETTINGS}


@dataclass(frozen=True)
class ClauseThresholds:
    """The thresholds of a day, under the names of their settings: points, percent, days, people."""

    alert_information: int = -10
    alert_orange: int = -20
    alert_red: int = -30
    nothing_validated_at_percent: int = 25
    grace_days: int = 30
    silent_days: int = 60
    declare_by_day: int = 5
    reply_days: int = 5
    small_cell: int = 11
    proof_notice_days: int = 30
    certificate_days: int = 30

    @property
    def progress(self) -> Thresholds:
        """As `matching.clauses.progress` reads them."""
        return Thresholds(
            self.alert_information,
            self.alert_orange,
            self.alert_red,
            self.nothing_validated_at_percent,
            self.grace_days,
        )

    @property
    def delays(self) -> Delays:
        """As `matching.clauses.follow` reads them."""
        return Delays(self.silent_days, self.reply_days, self.proof_notice_days, self.certificate_days)


def thresholds_on(session: Session, day: date) -> ClauseThresholds:
    """The thresholds in force on `day`; the documented default where none is dated so early."""
    query = select(ClauseSetting.name, ClauseSetting.amount).where(ClauseSetting.valid_from <= day)
    found = {row.name: row.amount for row in session.execute(query.order_by(ClauseSetting.valid_from))}
    return ClauseThresholds(**{name: amount for name, amount in found.items() if name in SETTING_OF})


def duration_rules(session: Session) -> tuple[DurationRule, ...]:
    """Every rule of duration, of all dates: `matching.clauses.eligibility` chooses."""
    rows = session.execute(select(EligibilityRule).order_by(EligibilityRule.id)).scalars()
    return tuple(
        DurationRule(
            row.public,
            row.contract_kind,
            StartEvent(row.start_event),
            row.months,
            row.extension_months,
            row.maximum_months,
            row.valid_from,
            row.to_check,
        )
        for row in rows
    )


def proof_rules(session: Session) -> tuple[ProofRule, ...]:
    """Every rule of proof, of all dates."""
    rows = session.execute(select(ProofRow).order_by(ProofRow.id)).scalars()
    return tuple(ProofRule(row.public, row.months, row.at_hire, row.valid_from, row.to_check) for row in rows)


def trades_on(session: Session, day: date) -> tuple[TradeLine, ...]:
    """The part of labour of each trade on `day`, by name; `labour_share` in percent."""
    query = select(Trade).where(Trade.valid_from <= day).order_by(Trade.valid_from)
    latest = {row.name: row for row in session.execute(query).scalars()}
    return tuple(
        TradeLine(row.name, Decimal(row.labour_share), row.valid_from, row.source, row.to_check)
        for _, row in sorted(latest.items())
    )


def brackets_on(session: Session, day: date) -> tuple[BracketLine, ...]:
    """The table of hours by amount in force on `day`, by amount; empty when there is none yet."""
    rows = session.execute(select(HoursBracket).where(HoursBracket.valid_from <= day)).scalars()
    return table_on((BracketLine(row.valid_from, row.from_cents, row.minutes) for row in rows), day)


# --- what comes with the product


def load_clause_defaults(ctx: Context) -> int:
    """Write the embedded rules where there are none; what was edited or added is left as it is.

    Returns the number of rows added; loading again adds nothing.
    """
    with ctx.write(None) as work:
        rows = [*_missing_tables(work.session), *_missing_settings(work.session)]
        if rows:
            work.session.add_all(rows)
            work.record("clause_rules.loaded", "clause_setting", 0, rows=len(rows))
    return len(rows)


def _missing_tables(session: Session) -> list[Base]:
    """A table is filled when it is empty: a row that a Département removed or dated otherwise does not come back."""
    rows: list[Base] = []
    for table, defaults in (
        (Trade, _trades()),
        (HoursBracket, _brackets()),
        (EligibilityRule, _durations()),
        (ProofRow, _proofs()),
    ):
        if session.execute(select(table.id).limit(1)).first() is None:
            rows.extend(defaults)
    return rows


def _missing_settings(session: Session) -> list[Base]:
    present = set(session.execute(select(ClauseSetting.name)).scalars())
    return [
        ClauseSetting(name=k.name, label=k.label, amount=k.amount, unit=k.unit, valid_from=FROM_THE_START)
        for k in SETTINGS
        if k.name not in present
    ]


def _trades() -> Iterable[Base]:
    return [
        Trade(
            name=row.name,
            labour_share=f"{row.labour_share.normalize():f}",
            valid_from=row.valid_from,
            source=row.source,
            to_check=row.to_check,
        )
        for row in embedded.embedded_trades()
    ]


def _brackets() -> Iterable[Base]:
    return [
        HoursBracket(valid_from=row.valid_from, from_cents=row.from_cents, minutes=row.minutes)
        for row in embedded.embedded_brackets()
    ]


def _durations() -> Iterable[Base]:
    return [
        EligibilityRule(
            public=EligiblePublic(row.public) if row.public else None,
            contract_kind=row.contract_kind,
            start_event=row.start_event,
            months=row.months,
            extension_months=row.extension_months,
            maximum_months=row.maximum_months,
            valid_from=row.valid_from,
            source=row.source,
            to_check=row.to_check,
        )
        for row in embedded.embedded_eligibility_rules()
    ]


def _proofs() -> Iterable[Base]:
    return [
        ProofRow(
            public=EligiblePublic(row.public),
            months=row.months,
            at_hire=row.at_hire,
            valid_from=row.valid_from,
            source=row.source,
            to_check=row.to_check,
        )
        for row in embedded.embedded_proof_rules()
    ]
