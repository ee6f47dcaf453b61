"""Dated amounts of the law, transport networks, everyday words for occupations, the registry of facts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import Conflict, NotFound, Problems, RuleRefused
from matching.reference.embedded import load_embedded
from matching.reference.query_words import Word, only_link_words
from matching.reference.titles import searchable_forms
from matching.services.context import Context
from matching.services.places import commune_label, resolve_commune
from matching.store.tables.reference import (
    Commune,
    FactKind,
    JobTitle,
    LegalParameter,
    OccupationSynonym,
    RomeOccupation,
    TransitNetwork,
    TransitNetworkCommune,
)
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matching.terms import FactGroup, FactUnit
from matching.text import fold

PAGE_SIZE = 50
LONGEST_WORDS = 120
_CODE = re.compile(r"[a-z][a-z0-9_]{1,47}")

UNITS = {
    "EUR_PER_HOUR": "€ de l’heure",
    "EUR_PER_MONTH": "€ par mois",
    "EUR_PER_YEAR": "€ par an",
    "EUR_EXCL_VAT": "€ hors taxes",
    "PERCENT": "%",
    "PERCENT_OF_SMIC": "% du SMIC",
    "PERCENT_OF_PPA_BASE": "% du montant de la prime d’activité",
    "PERCENT_OF_RSA_BASE": "% du montant du RSA",
    "SMIC_HOURS_PER_MONTH": "heures de SMIC par mois",
    "HOURS": "heures",
    "HOURS_PER_YEAR": "heures par an",
    "DAYS": "jours",
    "MONTHS": "mois",
}
"""Units of the amounts, as people read them."""


# --- Dated legal parameters


@dataclass(frozen=True)
class AmountLine:
    """One dated amount. `amount` is written with a point, as stored."""

    id: int
    version: int
    code: str
    label: str
    valid_from: date
    amount: str
    unit: str
    unit_label: str
    source: str
    to_check: bool
    in_force: bool


@dataclass(frozen=True)
class ParameterGroup:
    """The amounts of one code, the latest first; `current` is the one in force today."""

    code: str
    label: str
    current: AmountLine | None
    lines: tuple[AmountLine, ...]


@dataclass(frozen=True)
class AmountForm:
    """What an administrator writes; `amount` as typed: « 12,31 » or « 12.31 »."""

    code: str
    valid_from: date | None
    amount: str
    unit: str
    source: str
    to_check: bool = False


@cache
def _labels() -> dict[str, str]:
    return {row.code: row.label for row in load_embedded().legal_parameters}


def list_parameters(
    ctx: Context, actor: Actor, *, words: str = "", to_check: bool = False
) -> tuple[ParameterGroup, ...]:
    """Every code with its amounts and the one in force today."""
    require(actor, Permission.ADMINISTER)
    today = ctx.clock.today()
    with ctx.read() as session:
        rows = list(session.execute(select(LegalParameter).order_by(LegalParameter.valid_from.desc())).scalars())
    codes = sorted({row.code for row in rows}, key=lambda code: fold(_labels().get(code) or code))
    groups = [_group(code, [row for row in rows if row.code == code], today) for code in codes]
    wanted = fold(words).split()
    return tuple(
        group
        for group in groups
        if all(word in fold(f"{group.label} {group.code}") for word in wanted)
        and (not to_check or any(line.to_check for line in group.lines))
    )


def _group(code: str, rows: list[LegalParameter], today: date) -> ParameterGroup:
    current = next((row for row in rows if row.valid_from <= today), None)
    lines = tuple(_amount_line(row, row is current) for row in rows)
    return ParameterGroup(code, _labels().get(code, code), next((line for line in lines if line.in_force), None), lines)


def _amount_line(row: LegalParameter, in_force: bool) -> AmountLine:
    return AmountLine(
        row.id,
        row.version,
        row.code,
        _labels().get(row.code, row.code),
        row.valid_from,
        row.amount,
        row.unit,
        UNITS.get(row.unit, row.unit),
        row.source,
        row.to_check,
        in_force,
    )


def get_parameter(ctx: Context, actor: Actor, parameter_id: int) -> AmountLine:
    """One dated amount."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        row = session.get(LegalParameter, parameter_id)
        if row is None:
            raise NotFound()
        in_force = _in_force(session, row.code, ctx.clock.today())
    return _amount_line(row, in_force is not None and in_force.id == row.id)


def _in_force(session: Session, code: str, today: date) -> LegalParameter | None:
    query = select(LegalParameter).where(LegalParameter.code == code, LegalParameter.valid_from <= today)
    return session.execute(query.order_by(LegalParameter.valid_from.desc()).limit(1)).scalar_one_or_none()


def add_parameter(ctx: Context, actor: Actor, form: AmountForm) -> int:
    """Add the amount that holds from a day on; the earlier ones are kept. Returns its id."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        day, amount = _check_amount(work.session, form, None)
        row = LegalParameter(code=form.code.strip(), valid_from=day, amount=amount, unit=form.unit)
        row.source, row.to_check = form.source.strip(), form.to_check
        work.session.add(row)
        work.session.flush()
        work.record(
            "parameter.added",
            "legal_parameter",
            row.id,
            code=row.code,
            valid_from=day.isoformat(),
            amount=amount,
            unit=row.unit,
            to_check=row.to_check,
        )
    return row.id


def correct_parameter(ctx: Context, actor: Actor, parameter_id: int, version: int, form: AmountForm) -> None:
    """Mend a dated amount that was written wrong, or say that it was checked. Its code does not change."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(LegalParameter, parameter_id)
        if row is None:
            raise NotFound()
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        form = AmountForm(row.code, form.valid_from, form.amount, form.unit, form.source, form.to_check)
        day, amount = _check_amount(work.session, form, row)
        before = row.amount
        row.valid_from, row.amount, row.unit = day, amount, form.unit
        row.source, row.to_check = form.source.strip(), form.to_check
        work.record(
            "parameter.corrected",
            "legal_parameter",
            row.id,
            code=row.code,
            valid_from=day.isoformat(),
            from_amount=before,
            amount=amount,
            unit=row.unit,
            to_check=row.to_check,
        )


def _check_amount(session: Session, form: AmountForm, row: LegalParameter | None) -> tuple[date, str]:
    problems = Problems()
    code = form.code.strip()
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,63}", code):
        problems.add("code", "Écrivez un code en minuscules sans accent, comme smic_hourly.", form.code)
    amount = _decimal(form.amount)
    if amount is None or amount < 0 or len(str(amount)) > 32:
        problems.add("amount", "Écrivez un nombre, comme 12,31.", form.amount)
    if form.unit not in UNITS and (row is None or form.unit != row.unit):
        problems.add("unit", "Choisissez l’unité dans la liste.", form.unit)
    if not form.source.strip():
        problems.add("source", "Écrivez d’où vient ce montant : le décret, l’arrêté, la page officielle.")
    elif len(form.source.strip()) > 250:
        problems.add("source", "Raccourcissez la source : 250 caractères au plus.")
    if form.valid_from is None:
        problems.add("valid_from", "Écrivez le jour où ce montant commence à compter, comme 01/06/2026.")
    else:
        _check_day(session, code, form.valid_from, row, problems)
    problems.raise_if_any("Le montant n’a pas été enregistré.")
    assert form.valid_from is not None
    assert amount is not None
    return form.valid_from, str(amount)


def _check_day(session: Session, code: str, day: date, row: LegalParameter | None, problems: Problems) -> None:
    twin = select(LegalParameter.id).where(LegalParameter.code == code, LegalParameter.valid_from == day)
    found = session.execute(twin).scalar_one_or_none()
    if found is not None and (row is None or found != row.id):
        problems.add(
            "valid_from", "Un montant commence déjà ce jour-là : corrigez-le plutôt.", day.strftime("%d/%m/%Y")
        )
    if not 1990 <= day.year <= 2100:
        problems.add("valid_from", "Vérifiez l’année de cette date.", day.strftime("%d/%m/%Y"))


def _decimal(text: str) -> Decimal | None:
    """A number as people write it, « 5 382 000 » or « 12,31 »; None when it is none."""
    bare = re.sub(r"[\s\u00a0\u202f€%]", "", text).replace(",", ".")
    if not re.fullmatch(r"\d{1,15}(\.\d{1,6})?", bare):
        return None
    try:
        return Decimal(bare)
    except InvalidOperation:  # pragma: no cover - the pattern above lets only numbers through
        return None


# --- Transport networks


@dataclass(frozen=True)
class NetworkCommune:
    insee: str
    label: str


@dataclass(frozen=True)
class NetworkSheet:
    """A network and its communes. `revision` changes with every edit."""

    id: int
    name: str
    speed_kmh: float
    communes: tuple[NetworkCommune, ...]
    revision: str


def list_networks(ctx: Context, actor: Actor) -> tuple[NetworkSheet, ...]:
    """Every network with its communes."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        rows = session.execute(select(TransitNetwork).order_by(TransitNetwork.name)).scalars()
        return tuple(_network(session, row) for row in rows)


def get_network(ctx: Context, actor: Actor, network_id: int) -> NetworkSheet:
    """One network."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        row = session.get(TransitNetwork, network_id)
        if row is None:
            raise NotFound()
        return _network(session, row)


def _network(session: Session, row: TransitNetwork) -> NetworkSheet:
    query = (
        select(Commune.insee)
        .join(TransitNetworkCommune, TransitNetworkCommune.commune_insee == Commune.insee)
        .where(TransitNetworkCommune.network_id == row.id)
        .order_by(Commune.name_search, Commune.insee)
    )
    communes = [NetworkCommune(insee, commune_label(session, insee)) for insee in session.execute(query).scalars()]
    revision = f"{row.name}|{row.speed_kmh:g}"
    return NetworkSheet(row.id, row.name, row.speed_kmh, tuple(communes), revision)


def save_network(
    ctx: Context, actor: Actor, network_id: int | None, revision: str, name: str, speed_kmh: float | None
) -> int:
    """Create a network (`network_id` None) or change its name and speed; returns its id."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(TransitNetwork, network_id, with_for_update=True) if network_id is not None else None
        if network_id is not None and row is None:
            raise NotFound()
        if row is not None and f"{row.name}|{row.speed_kmh:g}" != revision:
            raise Conflict(CHANGED_MEANWHILE)
        speed = _check_network(work.session, name.strip(), speed_kmh, row)
        if row is None:
            row = TransitNetwork(name=name.strip(), speed_kmh=speed)
            work.session.add(row)
            work.session.flush()
        row.name, row.speed_kmh = name.strip(), speed
        work.record("network.saved", "transit_network", row.id, speed_kmh=f"{speed:g}")
    return row.id


def _check_network(session: Session, name: str, speed: float | None, row: TransitNetwork | None) -> float:
    problems = Problems()
    if not 1 <= len(name) <= 80:
        problems.add("name", "Écrivez le nom du réseau, en 80 caractères au plus.", name)
    twin = session.execute(select(TransitNetwork.id).where(TransitNetwork.name == name)).scalar_one_or_none()
    if twin is not None and (row is None or twin != row.id):
        problems.add("name", "Un réseau porte déjà ce nom.", name)
    if speed is None or not 1 <= speed <= 130:
        problems.add("speed_kmh", "Écrivez une vitesse de 1 à 130 km/h, de porte à porte.", speed)
    problems.raise_if_any("Le réseau n’a pas été enregistré.")
    assert speed is not None
    return speed


def add_network_commune(ctx: Context, actor: Actor, network_id: int, commune: str) -> None:
    """Say that the network serves a commune (a name, a postal code or an INSEE code)."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        if work.session.get(TransitNetwork, network_id) is None:
            raise NotFound()
        insee = resolve_commune(work.session, commune)
        problems = Problems()
        if insee is None:
            problems.add("commune", "Écrivez le nom de la commune.")
        elif work.session.get(TransitNetworkCommune, (network_id, insee)) is not None:
            problems.add("commune", "Ce réseau dessert déjà cette commune.", commune)
        problems.raise_if_any("La commune n’a pas été ajoutée.")
        work.session.add(TransitNetworkCommune(network_id=network_id, commune_insee=insee))
        work.record("network.commune_added", "transit_network", network_id, insee=insee)


def remove_network_commune(ctx: Context, actor: Actor, network_id: int, insee: str) -> None:
    """Say that the network no longer serves a commune."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(TransitNetworkCommune, (network_id, insee))
        if row is None:
            raise NotFound("Cette commune n’est plus dans ce réseau.")
        work.session.delete(row)
        work.record("network.commune_removed", "transit_network", network_id, insee=insee)


def remove_network(ctx: Context, actor: Actor, network_id: int) -> None:
    """Remove a network: travel by public transport between its communes becomes unknown again."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(TransitNetwork, network_id)
        if row is None:
            raise NotFound()
        work.session.execute(delete(TransitNetworkCommune).where(TransitNetworkCommune.network_id == network_id))
        work.session.delete(row)
        work.record("network.removed", "transit_network", network_id, note=row.name)


# --- Everyday words for occupations


@dataclass(frozen=True)
class SynonymLine:
    """Words and the occupation they mean. `embedded`: comes with the reference, cannot be removed."""

    id: int
    words: str
    rome_code: str
    occupation: str
    embedded: bool


@dataclass(frozen=True)
class SynonymPage:
    lines: tuple[SynonymLine, ...]
    total: int
    page: int
    page_size: int


def list_synonyms(ctx: Context, actor: Actor, *, words: str = "", added: bool = False, page: int = 1) -> SynonymPage:
    """Everyday words; `words` looks in them and in the occupations, `added` keeps only the house's own."""
    require(actor, Permission.ADMINISTER)
    query = select(OccupationSynonym, RomeOccupation.label).join(RomeOccupation)
    if added:
        query = query.where(OccupationSynonym.embedded.is_(False))
    with ctx.read() as session:
        rows = session.execute(query.order_by(OccupationSynonym.words, OccupationSynonym.id)).all()
    wanted = fold(words).split()
    found = [
        SynonymLine(row.id, row.words, row.rome_code, label, row.embedded)
        for row, label in rows
        if all(word in fold(f"{row.words} {row.rome_code} {label}") for word in wanted)
    ]
    page = max(1, min(page, -(-len(found) // PAGE_SIZE) or 1))
    return SynonymPage(tuple(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]), len(found), page, PAGE_SIZE)


def get_synonym(ctx: Context, actor: Actor, synonym_id: int) -> SynonymLine:
    """Words added here, to change them; `NotFound` otherwise."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        row = _own_synonym(session, synonym_id)
        occupation = session.get(RomeOccupation, row.rome_code)
        return SynonymLine(row.id, row.words, row.rome_code, occupation.label if occupation else "", row.embedded)


def add_synonym(ctx: Context, actor: Actor, words: str, rome_code: str, *, replace: bool = False) -> int:
    """Teach everyday words for an occupation; returns the id. `replace`: even if they lead to another until now."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        text, code = _kept_as(words, rome_code)
        led = _checked_synonym(work.session, words, rome_code, "Les mots n’ont pas été ajoutés.", replace)
        row = OccupationSynonym(words=text, rome_code=code, embedded=False)
        work.session.add(row)
        work.session.flush()
        work.record("synonym.added", "occupation_synonym", row.id, note=text, rome_code=code)
        _record_replaced(work, row, led)
    return row.id


def change_synonym(
    ctx: Context, actor: Actor, synonym_id: int, words: str, rome_code: str, *, replace: bool = False
) -> None:
    """Write words added here otherwise, or send them to another occupation."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = _own_synonym(work.session, synonym_id)
        before, (text, code) = (row.words, row.rome_code), _kept_as(words, rome_code)
        if before == (text, code):
            return
        refused = "Les mots n’ont pas été changés."
        led = _checked_synonym(work.session, words, rome_code, refused, replace, itself=synonym_id)
        row.words, row.rome_code = text, code
        note = text if before[0] == text else f"{before[0]} → {text}"
        work.record("synonym.changed", "occupation_synonym", row.id, note=note, rome_code=code, before=[before[1]])
        _record_replaced(work, row, led)


@dataclass(frozen=True)
class _Led:
    """The codes that words led to until now, and the rows added here that said so, deleted since."""

    codes: list[str]
    removed: list[int]


def _record_replaced(work: UnitOfWork, row: OccupationSynonym, led: _Led) -> None:
    """That these words led elsewhere until now, and are sent here instead."""
    if led.codes:
        work.record(
            "synonym.replaced",
            "occupation_synonym",
            row.id,
            note=row.words,
            rome_code=row.rome_code,
            before=led.codes,
            removed=led.removed or None,
        )


def _kept_as(words: str, rome_code: str) -> tuple[str, str]:
    """Words and code typed, as they are kept."""
    return " ".join(words.split()), rome_code.strip().upper()[:5]


def _own_synonym(session: Session, synonym_id: int) -> OccupationSynonym:
    row = session.get(OccupationSynonym, synonym_id)
    if row is None:
        raise NotFound()
    if row.embedded:
        raise RuleRefused("Ces mots viennent de la référence : seuls ceux ajoutés ici peuvent être changés ou retirés.")
    return row


def _checked_synonym(
    session: Session, words: str, rome_code: str, refused: str, replace: bool, itself: int | None = None
) -> _Led:
    """Where the words led; rows added here that said so go if `replace`. Raises `Invalid` with every problem."""
    text, code = _kept_as(words, rome_code)
    problems = Problems()
    if wrong := _wrong_words(text):
        problems.add("words", wrong, words)
    occupation = session.get(RomeOccupation, code)
    if occupation is None:
        message = (
            f"Aucun métier n’a le code « {code} ». Cherchez le métier par ses mots." if code else "Écrivez le code."
        )
        problems.add("rome_code", message, rome_code)
    rows = session.execute(select(OccupationSynonym).order_by(OccupationSynonym.id)).scalars()
    same = [row for row in rows if fold(row.words) == fold(text) and row.id != itself]
    elsewhere = {row.rome_code for row in same} | _titled(session, text)
    if code in elsewhere:
        problems.add("words", "Ces mots mènent déjà à ce métier.", words)
    elif elsewhere and occupation and not replace:
        named = select(RomeOccupation.label).where(RomeOccupation.code.in_(elsewhere)).order_by(RomeOccupation.code)
        leads = ", ".join(session.execute(named).scalars())
        message = f"Ces mots mènent déjà à : {leads}. Cochez pour qu’ils mènent à : {occupation.label}."
        problems.add("replace", message)
    problems.raise_if_any(refused)
    gone = [row for row in same if not row.embedded]
    for row in gone:
        session.delete(row)
    return _Led(sorted(elsewhere), [row.id for row in gone])


def _wrong_words(text: str) -> str:
    """What is wrong with everyday words, whatever their occupation; empty when nothing is."""
    if not fold(text):
        return "Écrivez les mots de tous les jours, comme « plongeur resto »."
    if len(text) < 2:
        return "C’est trop court : écrivez deux lettres au moins."
    if len(text) > LONGEST_WORDS:
        return f"C’est trop long : {LONGEST_WORDS} caractères au plus. Gardez les mots qui disent le métier."
    if only_link_words([Word(word) for word in fold(text).split()]):
        return "Ces mots seuls ne disent aucun métier. Ajoutez-en un qui le dise, comme « plongeur resto »."
    return ""


def _titled(session: Session, text: str) -> set[str]:
    """The occupations that have these words, folded, for title."""
    wanted = fold(text)
    near = select(JobTitle.rome_code, JobTitle.label).where(JobTitle.label_search.contains(wanted, autoescape=True))
    return {
        code
        for code, label in (session.execute(near).all() if wanted else ())
        if wanted in map(fold, searchable_forms(label))
    }


def remove_synonym(ctx: Context, actor: Actor, synonym_id: int) -> None:
    """Forget words added here; those of the reference would come back at its next loading, so they stay."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(OccupationSynonym, synonym_id)
        if row is None:
            raise NotFound()
        if row.embedded:
            raise RuleRefused("Ces mots viennent de la référence : seuls ceux ajoutés ici peuvent être retirés.")
        work.session.delete(row)
        work.record("synonym.removed", "occupation_synonym", synonym_id, note=row.words, rome_code=row.rome_code)


# --- The registry of facts


@dataclass(frozen=True)
class FactLine:
    code: str
    group: FactGroup
    unit: FactUnit
    label: str
    question: str


@dataclass(frozen=True)
class CertificateForm:
    """A certificate to add; `expires` asks for an end of validity with it."""

    code: str
    label: str
    question: str
    expires: bool = False


def list_fact_kinds(ctx: Context, actor: Actor) -> tuple[tuple[FactGroup, tuple[FactLine, ...]], ...]:
    """What can be known of a person, by group."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        rows = list(session.execute(select(FactKind).order_by(FactKind.position, FactKind.code)).scalars())
    lines = [FactLine(row.code, row.group, row.unit, row.label, row.question) for row in rows]
    return tuple((group, mine) for group in FactGroup if (mine := _of_group(lines, group)))


def get_fact_kind(ctx: Context, actor: Actor, code: str) -> FactLine:
    """One fact of the registry."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        row = session.get(FactKind, code)
        if row is None:
            raise NotFound()
        return FactLine(row.code, row.group, row.unit, row.label, row.question)


def _of_group(lines: Iterable[FactLine], group: FactGroup) -> tuple[FactLine, ...]:
    return tuple(line for line in lines if line.group is group)


def add_certificate(ctx: Context, actor: Actor, form: CertificateForm) -> None:
    """Add a certificate that offers can ask and people can hold: nothing is known of anybody yet."""
    require(actor, Permission.ADMINISTER)
    code, label, question = form.code.strip(), form.label.strip(), form.question.strip()
    with ctx.write(actor) as work:
        problems = Problems()
        if not _CODE.fullmatch(code):
            problems.add("code", "Écrivez un code en minuscules sans accent, comme caces_r484.", form.code)
        elif work.session.get(FactKind, code) is not None:
            problems.add("code", "Ce code existe déjà.", form.code)
        _check_words(work.session, label, question, "", problems)
        problems.raise_if_any("Le certificat n’a pas été ajouté.")
        last = work.session.execute(select(func.coalesce(func.max(FactKind.position), 0))).scalar_one()
        unit = FactUnit.VALID_UNTIL if form.expires else FactUnit.NONE
        work.session.add(
            FactKind(
                code=code,
                group=FactGroup.CERTIFICATE,
                unit=unit,
                label=label,
                question=question,
                position=last + 1,
            )
        )
        work.record("fact_kind.added", "fact_kind", 0, code=code, expires=form.expires)


def change_fact_words(ctx: Context, actor: Actor, code: str, label: str, question: str) -> None:
    """Say a fact in better words: its label, and the question that settles it."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(FactKind, code)
        if row is None:
            raise NotFound()
        problems = Problems()
        _check_words(work.session, label.strip(), question.strip(), code, problems)
        problems.raise_if_any("Les mots n’ont pas été changés.")
        row.label, row.question = label.strip(), question.strip()
        work.record("fact_kind.changed", "fact_kind", 0, code=code)


def _check_words(session: Session, label: str, question: str, own_code: str, problems: Problems) -> None:
    if not 1 <= len(label) <= 120:
        problems.add("label", "Écrivez le nom, en 120 caractères au plus.", label)
    labels = session.execute(select(FactKind.label).where(FactKind.code != own_code)).scalars()
    if any(fold(other) == fold(label) for other in labels):
        problems.add("label", "Un autre élément porte déjà ce nom.", label)
    if not 1 <= len(question) <= 250:
        problems.add("question", "Écrivez la question à poser à la personne.", question)
