"""The law's registers as files: the register of L2112-2-1 and the SPASER's indicators, workbook or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from matching.access.permissions import Actor, Permission, require
from matching.clauses.figures import cents as written_cents
from matching.clauses.registers import Indicator, ObligationState
from matching.exchange.tables import write_csv
from matching.exchange.workbook import CellValue, Cents, Minutes, Sheet, write_workbook
from matching.services.clauses.registers import RegisterLine, Spaser, read_register, read_spaser
from matching.services.context import Context
from matching.terms import Known
from matching.text import NBSP

SOURCES = {"typed": "Saisi ici", "imported": "Repris d’un tableur", "decp": "Publié (DECP)"}
_COLUMNS = (
    "Acheteur", "Numéro", "Objet", "Support", "Nature", "Catégorie d’acheteur", "Lancement", "Notification",
    "Estimation du besoin", "Montant", "Seuil", "Condition", "Critère", "Réservé", "État", "À savoir", "Motif", "Note",
    "Provenance",
)  # fmt: skip
_INDICATORS = (
    "Indicateur", "Contrats", "Sur", "Part des contrats", "Montant", "Sur un montant de", "Part du montant",
    "Contrats qui ne le disent pas", "Comptés sans montant connu",
)  # fmt: skip


def issue_register(
    ctx: Context, actor: Actor, kind: str, buyer_id: int | None = None, state: ObligationState | None = None
) -> bytes:
    """The register's lines as `csv` or `xlsx`, its issue recorded."""
    require(actor, Permission.READ_CLAUSES)
    lines = read_register(ctx, actor, buyer_id, state).lines
    with ctx.write(actor) as work:
        work.record("register.issued", "organisation", buyer_id or 0, kind=kind, register="l2112", lines=len(lines))
    return _file("Registre L2112-2-1", _COLUMNS, [_cells(line) for line in lines], kind)


def issue_spaser(ctx: Context, actor: Actor, kind: str, buyer_id: int, year: int) -> bytes:
    """The indicators of a year as `csv` or `xlsx`, their issue recorded."""
    require(actor, Permission.READ_CLAUSES)
    found = read_spaser(ctx, actor, buyer_id, year)
    with ctx.write(actor) as work:
        work.record("register.issued", "organisation", buyer_id, kind=kind, register="spaser", year=year)
    rows: list[list[CellValue]] = [_indicator(one) for one in found.indicators]
    rows += [[f"{name}{NBSP}: {value}", *[None] * (len(_INDICATORS) - 1)] for name, value in _around(found)]
    return _file(f"SPASER {year}", _INDICATORS, rows, kind)


def _cells(line: RegisterLine) -> list[CellValue]:
    facts, asked = line.facts, line.obligation
    return [
        line.buyer, line.number, line.object, facts.support.label, facts.nature.label if facts.nature else None,
        facts.category.label if facts.category else None, facts.launched_on, facts.notified_on,
        _amount(facts.estimate_cents), _amount(facts.amount_cents), _amount(asked.threshold_cents),
        _said(facts.condition), _said(facts.criterion), _said(facts.reserved), asked.state.label, asked.message,
        facts.ground.label if facts.ground else None, line.note, SOURCES.get(line.source, line.source),
    ]  # fmt: skip


def _said(answer: Known) -> str:
    return "non renseigné" if answer is Known.UNKNOWN else answer.label


def _amount(cents: int | None) -> Cents | None:
    return None if cents is None else Cents(cents)


def _indicator(one: Indicator) -> list[CellValue]:
    return [
        one.label, one.contracts, one.of_contracts, written_percent(one.percent), Cents(one.cents), Cents(one.of_cents),
        written_percent(one.percent_of_amount), one.unknown, one.amount_unknown,
    ]  # fmt: skip


def _around(found: Spaser) -> list[tuple[str, str]]:
    """What the figures are read beside."""
    threshold = written_cents(found.threshold_cents) if found.threshold_cents is not None else "non connu"
    return [
        ("Acheteur", found.buyer),
        ("Référence du PNAD, part des contrats avec une considération sociale", written_percent(found.reference)),
        ("Seuil du SPASER, achats de l’année", threshold),
        ("Contrats sans date de notification, hors de ces chiffres", str(found.undated)),
    ]


def written_percent(share: Decimal | None) -> str:
    """« 33,3 % »; « sans objet » without any contract."""
    return "sans objet" if share is None else f"{share.normalize():f}".replace(".", ",") + f"{NBSP}%"


def _file(name: str, columns: Sequence[str], rows: Sequence[Sequence[CellValue]], kind: str) -> bytes:
    if kind == "csv":
        return write_csv(columns, ([_text(value) for value in row] for row in rows))
    return write_workbook([Sheet(name, tuple(columns), rows)])


def _text(value: CellValue) -> object:
    if isinstance(value, Cents):
        return f"{Decimal(value.cents) / 100:.2f}".replace(".", ",")
    return "" if value is None or isinstance(value, Minutes) else value
