"""`matching clauses penalty`: what a contract's terms make of hours missing and documents late. No database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import click

from matching.clauses.figures import cents, euros
from matching.clauses.penalty import Penalty, PenaltyIndex, PenaltyTerms, compute_penalty
from matching.cli.clauses import reading
from matching.errors import Invalid
from matching.reference.embedded import load_embedded
from matching.reference.legal import amount_on
from matching.text import NBSP, written_day

_TOGETHER = (
    ("--per-hour", "--missing"),
    ("--index", "--missing"),
    ("--index", "--on"),
    ("--multiple", "--index"),
    ("--on", "--index"),
    ("--late-days", "--per-day"),
    ("--per-day", "--late-days"),
    ("--cap-percent", "--cap-base"),
    ("--cap-base", "--cap-percent"),
)
_FIELDS = {
    "per_hour_cents": "--per-hour",
    "index_code": "--index",
    "index_multiple": "--multiple",
    "late_day_cents": "--per-day",
    "lump_cents": "--lump",
    "cap_percent": "--cap-percent",
    "cap_base_cents": "--cap-base",
    "minimum_cents": "--minimum",
    "waived_below_cents": "--waived-below",
    "missing": "--missing",
    "late_days": "--late-days",
    "index_amount": "--on",
}


def register(group: click.Group) -> None:
    group.add_command(penalty)


@click.command()
@click.option("--missing", metavar="HEURES", help="Heures manquantes : 120, 87h30, 87,5.")
@click.option("--per-hour", metavar="EUROS", help="Montant fixe par heure manquante.")
@click.option("--index", metavar="smic|phss", help="Indice d’une heure manquante, au lieu d’un montant fixe.")
@click.option("--multiple", metavar="N", help="Combien de fois l’indice (1 par défaut).")
@click.option("--on", metavar="DATE", help="Jour où le contrat lit l’indice (AAAA-MM-JJ ou JJ/MM/AAAA).")
@click.option("--late-days", metavar="JOURS", help="Jours de retard d’un document, comptés comme le dit le contrat.")
@click.option("--per-day", metavar="EUROS", help="Montant par jour de retard.")
@click.option("--lump", metavar="EUROS", help="Somme forfaitaire.")
@click.option("--cap-percent", metavar="POURCENT", help="Plafond : 20 pour 20 %.")
@click.option("--cap-base", metavar="EUROS", help="Montant dont le plafond est calculé.")
@click.option("--minimum", metavar="EUROS", help="Pénalité minimale du contrat.")
@click.option("--waived-below", metavar="EUROS", help="Montant sous lequel le contrat ne réclame rien.")
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
def penalty(as_json: bool, **typed: str | None) -> None:
    """Calculer une pénalité. Le calcul est montré ; une personne décide."""
    options = {f"--{name.replace('_', '-')}": text for name, text in typed.items() if text is not None}
    _check(options)
    index = _index(options)
    found = _index_amount(index, options) if index else None
    missing = reading.minutes("--missing", options["--missing"]) if "--missing" in options else 0
    # A lump sum typed alone is owed; typed beside what is missing or late, it is owed if something is.
    lump_due = None if {"--missing", "--late-days"} & options.keys() else True
    with reading.named(_FIELDS):
        computed = compute_penalty(
            _terms(options, index), missing, _late_days(options), found[0] if found else None, lump_due=lump_due
        )
    working = [*([found[1]] if found else []), *computed.working]
    if as_json:
        reading.write_json(
            {"amount_cents": computed.amount_cents, "uncapped_cents": computed.uncapped_cents, "working": working}
        )
    else:
        _print(computed, working)


def _check(options: Mapping[str, str]) -> None:
    """What lacks, and what contradicts, each by its name."""
    if not {"--missing", "--late-days", "--lump"} & options.keys():
        raise Invalid(f"Indiquez ce qui manque ou tarde{NBSP}: --missing, --late-days ou --lump.")
    if {"--per-hour", "--index"} <= options.keys():
        raise Invalid(f"--per-hour et --index ne vont pas ensemble{NBSP}: gardez celui que le contrat écrit.")
    wrong = {
        needed: f"manque, {given} en a besoin."
        for given, needed in _TOGETHER
        if given in options and needed not in options
    }
    if "--missing" in options and not {"--per-hour", "--index", "--lump"} & options.keys():
        wrong["--per-hour"] = "manque, --missing en a besoin (ou --index, pour un multiple du SMIC ou du plafond)."
    if wrong:
        raise reading.all_refused(wrong)


def _terms(options: Mapping[str, str], index: PenaltyIndex | None) -> PenaltyTerms:
    def money(name: str) -> int | None:
        return reading.cents(name, options[name]) if name in options else None

    def decimal(name: str) -> Decimal | None:
        return reading.decimal(name, options[name]) if name in options else None

    return PenaltyTerms(
        per_hour_cents=money("--per-hour"),
        index_code=index,
        index_multiple=decimal("--multiple"),
        late_day_cents=money("--per-day"),
        lump_cents=money("--lump"),
        cap_percent=decimal("--cap-percent"),
        cap_base_cents=money("--cap-base"),
        minimum_cents=money("--minimum"),
        waived_below_cents=money("--waived-below"),
    )


def _index(options: Mapping[str, str]) -> PenaltyIndex | None:
    if "--index" not in options:
        return None
    text = options["--index"]
    try:
        return PenaltyIndex(text.strip().lower())
    except ValueError:
        choice = " ou ".join(f"{index.value} ({index.label})" for index in PenaltyIndex)
        raise reading.refused("--index", f"Choisissez {choice}.", text) from None


def _index_amount(index: PenaltyIndex, options: Mapping[str, str]) -> tuple[Decimal, str]:
    """The index in euros on that day, and the line of the working that says where it comes from."""
    day: date = reading.day("--on", options["--on"])
    row = amount_on(load_embedded().legal_parameters, index.parameter, day)
    if row is None:
        message = f"{index.label}{NBSP}: aucune valeur connue le {written_day(day)}. Choisissez un jour plus récent."
        raise reading.refused("--on", message)
    check = ", à vérifier à la source officielle" if row.to_check else ""
    line = (
        f"{index.label} au {written_day(day)}{NBSP}: {euros(row.amount)}"
        f" (valeur depuis le {written_day(row.valid_from)}{check})"
    )
    return row.amount, line


def _late_days(options: Mapping[str, str]) -> int:
    if "--late-days" not in options:
        return 0
    days = reading.decimal("--late-days", options["--late-days"])
    if days != days.to_integral_value():
        raise reading.refused("--late-days", "Écrivez un nombre entier de jours.", options["--late-days"])
    return int(days)


def _print(computed: Penalty, working: list[str]) -> None:
    click.echo(f"Pénalité{NBSP}: {cents(computed.amount_cents)}")
    for line in working:
        click.echo(f"  {line}")
    click.echo("Le calcul propose. Appliquer, réduire ou exonérer reste une décision écrite et motivée.")
