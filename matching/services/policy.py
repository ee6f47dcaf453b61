"""What the Département and its units decide of the ranking: weights, other numbers, remedies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.engine.policy import ModeParameters, Policy
from matching.engine.policy import Remedy as EngineRemedy
from matching.errors import Conflict, NotFound, Problems
from matching.services.context import Context
from matching.services.units import unit_name
from matching.store.tables.reference import CriterionWeight, FactKind, RankingSetting, Remedy
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matching.terms import Criterion, FactGroup, RemedyKind, Role, TravelMode
from matching.text import fold

WEIGHT_MAXIMUM = 1.0
DELAY_MAXIMUM_DAYS = 730
_PLACES = 3  # as the columns keep them

Weights = dict[Criterion, tuple[float, float]]
"""By criterion: what it adds to the fit when fully met, and the share of it that an unknown costs (0 to 1)."""


@dataclass(frozen=True)
class Setting:
    """A number of the ranking, other than a weight. `name` is a field of `Policy`, or `<mode>_speed_kmh`…"""

    name: str
    label: str
    unit: str
    default: float
    low: float
    high: float


def _settings() -> tuple[Setting, ...]:
    house = Policy()
    modes = []
    for mode, numbers in house.modes.items():
        speed, reach = numbers.speed_kmh, numbers.range_km
        modes.append(Setting(f"{mode.value}_speed_kmh", f"{mode.label} : vitesse", "km/h", speed, 1, 130))
        modes.append(Setting(f"{mode.value}_range_km", f"{mode.label} : distance au plus", "km", reach, 0, 200))
    return (
        *modes,
        Setting("detour", "Distance par la route, pour 1 à vol d’oiseau", "", house.detour, 1, 3),
        Setting(
            "default_travel_minutes",
            "Trajet au plus, quand la personne n’a pas dit combien",
            "minutes",
            house.default_travel_minutes,
            5,
            240,
        ),
        Setting(
            "start_grace_days",
            "Début : écart accepté avant de dire « en partie »",
            "jours",
            house.start_grace_days,
            0,
            180,
        ),
        Setting("hours_grace_minutes", "Heures voulues : écart accepté", "minutes", house.hours_grace_minutes, 0, 1200),
        Setting("pay_grace", "Salaire souhaité : écart accepté (0,05 : cinq pour cent)", "", house.pay_grace, 0, 1),
        Setting(
            "trainable_factor", "Ce que vaut « peut être formé », pour 1 essentiel", "", house.trainable_factor, 0, 1
        ),
        Setting("desirable_factor", "Ce que vaut « souhaité », pour 1 essentiel", "", house.desirable_factor, 0, 1),
        Setting(
            "spread_lambda",
            "Recul de la personne déjà proposée plusieurs fois (lambda)",
            "",
            house.spread_lambda,
            0,
            2,
        ),
    )


SETTINGS: tuple[Setting, ...] = _settings()
_WHOLE = ("default_travel_minutes", "start_grace_days", "hours_grace_minutes")


def weights_for(session: Session, unit_id: int | None) -> Weights:
    """Weights and costs of an unknown for a unit: its own, else the Département's, else those of the house."""
    house = Policy()
    found: Weights = {c: (house.weight(c), house.cost(c)) for c in Criterion}
    default, own = _rows(session, None), _rows(session, unit_id) if unit_id is not None else []
    for row in [*default, *own]:
        found[row.criterion] = (row.weight, row.unknown_cost)
    return found


def settings_for(session: Session) -> dict[str, float]:
    """Every other number of the ranking by name, `SETTINGS` giving those that nobody changed."""
    found = {setting.name: float(setting.default) for setting in SETTINGS}
    for row in session.execute(select(RankingSetting)).scalars():
        if row.name in found:
            found[row.name] = row.amount
    return found


def remedies_for(session: Session) -> dict[str, EngineRemedy]:
    """By what it lifts, the quickest active remedy."""
    query = select(Remedy).where(Remedy.active).order_by(Remedy.delay_days.desc(), Remedy.id.desc())
    return {row.lifts: EngineRemedy(row.id, row.delay_days) for row in session.execute(query).scalars()}


def policy_for(session: Session, unit_id: int | None) -> Policy:
    """Everything the engine is tuned with, for a unit's people."""
    weights, numbers = weights_for(session, unit_id), settings_for(session)
    modes = {m: ModeParameters(numbers[f"{m.value}_speed_kmh"], numbers[f"{m.value}_range_km"]) for m in TravelMode}
    plain: dict[str, Any] = {n: v for n, v in numbers.items() if not n.endswith(("_speed_kmh", "_range_km"))}
    plain |= {name: int(plain[name]) for name in _WHOLE}
    return replace(
        Policy(),
        weights={c: weight for c, (weight, _) in weights.items()},
        unknown_cost={c: cost for c, (_, cost) in weights.items()},
        remedies=remedies_for(session),
        modes=modes,
        **plain,
    )


def _rows(session: Session, unit_id: int | None, *, lock: bool = False) -> list[CriterionWeight]:
    column = CriterionWeight.unit_id
    query = select(CriterionWeight).where(column.is_(None) if unit_id is None else column == unit_id)
    return list(session.execute(query.with_for_update() if lock else query).scalars())


# --- Reading and changing the weights


@dataclass(frozen=True)
class WeightLine:
    """A criterion as it counts here, beside the Département's default. `own`: the unit's choice."""

    criterion: Criterion
    weight: float
    unknown_cost: float
    default_weight: float
    default_unknown_cost: float
    own: bool


@dataclass(frozen=True)
class WeightTable:
    """`unit_id` None is the Département. `revision` tells whether somebody changed it since."""

    unit_id: int | None
    unit_name: str
    lines: tuple[WeightLine, ...]
    revision: str

    @property
    def total(self) -> float:
        return sum(line.weight for line in self.lines)


def read_weights(ctx: Context, actor: Actor, unit_id: int | None) -> WeightTable:
    """The weights of a unit, or of the Département; a manager reaches their own unit only."""
    require(actor, Permission.EDIT_WEIGHTS)
    with ctx.read() as session:
        name = _reached_unit(session, actor, unit_id)
        own = {row.criterion for row in _rows(session, unit_id)}
        default, here = weights_for(session, None), weights_for(session, unit_id)
        lines = tuple(WeightLine(c, *here[c], *default[c], own=unit_id is not None and c in own) for c in Criterion)
        return WeightTable(unit_id, name, lines, _revision(session, unit_id))


def _reached_unit(session: Session, actor: Actor, unit_id: int | None) -> str:
    """The unit's name; raises `NotFound` out of the actor's reach."""
    if actor.role is not Role.ADMINISTRATOR and (unit_id is None or unit_id != actor.unit_id):
        raise NotFound()
    return unit_name(session, unit_id)


def _revision(session: Session, unit_id: int | None) -> str:
    content = sorted((row.criterion.value, row.id, row.version) for row in _rows(session, unit_id))
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def change_weights(ctx: Context, actor: Actor, unit_id: int | None, revision: str, wanted: Weights) -> int:
    """Set every weight and cost at once; returns how many criteria changed.

    For a unit, a line equal to the Département's is not kept: it follows the default from then on.
    Raises `Conflict` when the table is no longer the one of `revision`.
    """
    require(actor, Permission.EDIT_WEIGHTS)
    wanted = {c: (round(w, _PLACES), round(u, _PLACES)) for c, (w, u) in wanted.items()}
    _check_weights(wanted)
    with ctx.write(actor) as work:
        _reached_unit(work.session, actor, unit_id)
        rows = {row.criterion: row for row in _rows(work.session, unit_id, lock=True)}
        if _revision(work.session, unit_id) != revision:
            raise Conflict(CHANGED_MEANWHILE)
        default = weights_for(work.session, None) if unit_id is not None else {}
        changed = 0
        for criterion, pair in wanted.items():
            row = rows.get(criterion)
            if row is not None and default.get(criterion) == pair:
                work.session.delete(row)
            elif row is None and default.get(criterion) != pair:
                weight, cost = pair
                work.session.add(
                    CriterionWeight(unit_id=unit_id, criterion=criterion, weight=weight, unknown_cost=cost)
                )
            elif row is not None and (row.weight, row.unknown_cost) != pair:
                row.weight, row.unknown_cost = pair
            else:
                continue
            changed += 1
            _record_weight(work, unit_id, criterion, pair)
    return changed


def _record_weight(work: UnitOfWork, unit_id: int | None, criterion: Criterion, pair: tuple[float, float]) -> None:
    work.record(
        "weight.changed",
        "employment_unit",
        unit_id or 0,
        criterion=criterion.value,
        weight_thousandths=round(pair[0] * 1000),
        unknown_cost_thousandths=round(pair[1] * 1000),
    )


def _check_weights(wanted: Weights) -> None:
    problems = Problems()
    for criterion, (weight, cost) in wanted.items():
        if not 0 <= weight <= WEIGHT_MAXIMUM:
            problems.add(f"weight_{criterion.value}", f"{criterion.label} : écrivez un poids de 0 à 100.")
        if not 0 <= cost <= 1:
            problems.add(f"cost_{criterion.value}", f"{criterion.label} : écrivez un coût de 0 à 100.")
    if not problems.errors and not any(weight > 0 for weight, _ in wanted.values()):
        problems.add(f"weight_{Criterion.OCCUPATION.value}", "Donnez un poids à au moins un critère.")
    problems.raise_if_any("Les poids n’ont pas été changés.")


def reset_weights(ctx: Context, actor: Actor, unit_id: int) -> int:
    """Give the unit back the Département's weights; returns how many lines it had of its own."""
    require(actor, Permission.EDIT_WEIGHTS)
    with ctx.write(actor) as work:
        _reached_unit(work.session, actor, unit_id)
        rows = _rows(work.session, unit_id)
        for row in rows:
            work.session.delete(row)
        if rows:
            work.record("weight.reset", "employment_unit", unit_id, lines=len(rows))
    return len(rows)


# --- Other numbers


@dataclass(frozen=True)
class SettingLine:
    setting: Setting
    amount: float


@dataclass(frozen=True)
class SettingTable:
    lines: tuple[SettingLine, ...]
    revision: str


def _settings_revision(numbers: Mapping[str, float]) -> str:
    return hashlib.sha256(repr(sorted(numbers.items())).encode()).hexdigest()[:16]


def read_settings(ctx: Context, actor: Actor) -> SettingTable:
    """Speeds, ranges and other numbers, as they are now."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        numbers = settings_for(session)
    lines = tuple(SettingLine(setting, numbers[setting.name]) for setting in SETTINGS)
    return SettingTable(lines, _settings_revision(numbers))


def change_settings(ctx: Context, actor: Actor, revision: str, wanted: Mapping[str, float]) -> int:
    """Set the numbers named in `wanted`; returns how many changed. Raises `Conflict` on an old `revision`."""
    require(actor, Permission.ADMINISTER)
    _check_settings(wanted)
    with ctx.write(actor) as work:
        rows = {row.name: row for row in work.session.execute(select(RankingSetting).with_for_update()).scalars()}
        now = settings_for(work.session)
        if _settings_revision(now) != revision:
            raise Conflict(CHANGED_MEANWHILE)
        changed = {name: amount for name, amount in wanted.items() if now[name] != amount}
        for name, amount in changed.items():
            if name in rows:
                rows[name].amount = amount
            else:
                work.session.add(RankingSetting(name=name, amount=amount))
            work.record("setting.changed", "ranking_setting", 0, name=name, amount=f"{amount:g}")
    return len(changed)


def _check_settings(wanted: Mapping[str, float]) -> None:
    problems = Problems()
    known = {setting.name: setting for setting in SETTINGS}
    for name, amount in wanted.items():
        setting = known.get(name)
        if setting is None:
            raise NotFound("Ce réglage n’existe pas.")
        if not setting.low <= amount <= setting.high:
            low, high = (f"{bound:g}".replace(".", ",") for bound in (setting.low, setting.high))
            problems.add(name, f"{setting.label} : écrivez un nombre de {low} à {high}.", amount)
        elif name in _WHOLE and amount != int(amount):
            problems.add(name, f"{setting.label} : écrivez un nombre entier.", amount)
    problems.raise_if_any("Les réglages n’ont pas été changés.")


# --- Remedies


@dataclass(frozen=True)
class RemedyForm:
    """What an administrator writes. `lifts` is the code of a fact or of a criterion; delay in days."""

    kind: RemedyKind
    lifts: str
    label: str
    delay_days: int
    who: str = ""
    active: bool = True


@dataclass(frozen=True)
class RemedyLine:
    id: int
    version: int
    lifts_label: str
    form: RemedyForm


@dataclass(frozen=True)
class Lift:
    """Something a remedy can lift, to choose from."""

    code: str
    label: str
    group: str


def liftable(ctx: Context) -> tuple[Lift, ...]:
    """Criteria, then facts by group: what a remedy can lift."""
    with ctx.read() as session:
        return tuple(_liftable(session))


def _liftable(session: Session) -> list[Lift]:
    facts = list(session.execute(select(FactKind).order_by(FactKind.position, FactKind.code)).scalars())
    order = {group: number for number, group in enumerate(FactGroup)}
    facts.sort(key=lambda fact: order[fact.group])
    criteria = [Lift(c.value, c.label, "Critère entier") for c in Criterion]
    # A criterion and a fact can bear the same code (right_to_work): they are lifted by the same thing.
    codes = {c.value for c in Criterion}
    return criteria + [Lift(f.code, f.label, f.group.label) for f in facts if f.code not in codes]


def list_remedies(ctx: Context, actor: Actor, *, lifts: str = "", words: str = "") -> tuple[RemedyLine, ...]:
    """The catalogue, by what is lifted, quickest first."""
    require(actor, Permission.ADMINISTER)
    query = select(Remedy)
    if lifts:
        query = query.where(Remedy.lifts == lifts)
    with ctx.read() as session:
        labels = {lift.code: lift.label for lift in _liftable(session)}
        rows = session.execute(query.order_by(Remedy.delay_days, Remedy.id)).scalars()
        lines = [_remedy_line(row, labels) for row in rows if fold(words) in fold(f"{row.label} {row.who}")]
    return tuple(sorted(lines, key=lambda line: (line.lifts_label.lower(), line.form.delay_days, line.id)))


def _remedy_line(row: Remedy, labels: Mapping[str, str]) -> RemedyLine:
    form = RemedyForm(row.kind, row.lifts, row.label, row.delay_days, row.who, row.active)
    return RemedyLine(row.id, row.version, labels.get(row.lifts, row.lifts), form)


def get_remedy(ctx: Context, actor: Actor, remedy_id: int) -> RemedyLine:
    """One remedy of the catalogue."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        row = session.get(Remedy, remedy_id)
        if row is None:
            raise NotFound()
        return _remedy_line(row, {lift.code: lift.label for lift in _liftable(session)})


def add_remedy(ctx: Context, actor: Actor, form: RemedyForm) -> int:
    """Add a remedy to the catalogue and return its id."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        _check_remedy(work.session, form, None)
        row = Remedy(
            kind=form.kind,
            lifts=form.lifts,
            label=form.label.strip(),
            delay_days=form.delay_days,
            who=form.who.strip(),
            active=form.active,
        )
        work.session.add(row)
        work.session.flush()
        work.record("remedy.added", "remedy", row.id, lifts=form.lifts, delay_days=form.delay_days)
    return row.id


def change_remedy(ctx: Context, actor: Actor, remedy_id: int, version: int, form: RemedyForm) -> None:
    """Correct a remedy; one that is no longer offered is made inactive, never deleted."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(Remedy, remedy_id)
        if row is None:
            raise NotFound()
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        _check_remedy(work.session, form, row.lifts)
        row.kind, row.lifts, row.label = form.kind, form.lifts, form.label.strip()
        row.delay_days, row.who, row.active = form.delay_days, form.who.strip(), form.active
        work.record(
            "remedy.changed", "remedy", row.id, lifts=form.lifts, delay_days=form.delay_days, active=form.active
        )


def _check_remedy(session: Session, form: RemedyForm, current_lifts: str | None) -> None:
    problems = Problems()
    if not form.label.strip():
        problems.add("label", "Écrivez le nom de la solution, comme « Prêt de scooter ».")
    if len(form.label.strip()) > 160 or len(form.who.strip()) > 160:
        problems.add("label", "Restez sous 160 caractères.")
    known = {lift.code for lift in _liftable(session)}
    if form.lifts not in known and form.lifts != current_lifts:
        problems.add("lifts", "Choisissez dans la liste ce que cette solution lève.", form.lifts)
    if not 0 <= form.delay_days <= DELAY_MAXIMUM_DAYS:
        problems.add("delay_days", f"Écrivez un délai de 0 à {DELAY_MAXIMUM_DAYS} jours.", form.delay_days)
    problems.raise_if_any("La solution n’a pas été enregistrée.")
