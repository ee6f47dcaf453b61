"""`matching rank-all`: the people for every open offer, for the night or for a study."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matching.cli.opening import ready_context
from matching.errors import Invalid
from matching.terms import Tier

if TYPE_CHECKING:
    from matching.services.context import Context
    from matching.services.ranking.batch import Batch, OfferLine
    from matching.services.ranking.batch.pools import OpenPool

_SHOWN = 40
_IN_REACH = (Tier.CLEAR, Tier.LIFTABLE_IN_TIME)


def register(cli: click.Group) -> None:
    cli.add_command(rank_all)


@click.command("rank-all")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Fichier à écrire (JSON Lines).")
@click.option("--top", default=50, show_default=True, type=click.IntRange(1, 1000), help="Personnes par offre.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processus sur cette machine (sinon un par cœur).")
@click.option("--scheduler", metavar="ADRESSE", help="Répartir sur un cluster Dask, comme tcp://serveur:8786.")
@click.option("--resume", is_flag=True, help="Garder les offres déjà classées du fichier, sur les mêmes données.")
@click.option("--force", is_flag=True, help="Avec --resume : les garder même si les données ont changé depuis.")
@click.option(
    "--shortlist", metavar="K", type=click.IntRange(1, 50), help="Choisir aussi K personnes par offre, équitablement."
)
@click.option(
    "--at-most", metavar="N", type=click.IntRange(1), help="Avec --shortlist : N listes au plus pour une même personne."
)
def rank_all(
    output: Path | None,
    top: int,
    workers: int | None,
    scheduler: str | None,
    resume: bool,
    force: bool,
    shortlist: int | None,
    at_most: int | None,
) -> None:
    """Classer les personnes pour toutes les offres ouvertes.

    Sans --output, un résumé. Avec, une ligne par offre : codes des personnes, jamais de noms. Ctrl-C garde les
    offres déjà classées dans FICHIER.partiel, que --resume reprend.
    """
    from matching.services.ranking.batch import Sheet
    from matching.services.ranking.batch import rank_all as run

    _check(output, top, workers, scheduler, resume, force, shortlist, at_most)
    ctx = ready_context()
    sheet = Sheet(output) if output else None
    began = time.perf_counter()
    # A service manager stops with SIGTERM: heard as Ctrl-C, it leaves the same usable file.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    bar: Any = click.progressbar(
        length=1, label="Classement des offres", file=sys.stderr, hidden=not sys.stderr.isatty()
    )
    try:
        with bar:

            def tell(done: int, total: int) -> None:
                bar.length = total
                bar.update(done - bar.pos)

            batch = run(
                ctx,
                _pool(ctx, workers, scheduler),
                top=top,
                sheet=sheet,
                resume=resume,
                force=force,
                shortlist=shortlist,
                at_most=at_most,
                tell=tell,
            )
    except KeyboardInterrupt:
        if sheet:
            click.echo(f"Offres gardées dans « {sheet.beside} » : {bar.pos}. --resume les reprend.", err=True)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
    print_batch(batch, output, time.perf_counter() - began)


def _check(
    output: Path | None,
    top: int,
    workers: int | None,
    scheduler: str | None,
    resume: bool,
    force: bool,
    shortlist: int | None,
    at_most: int | None,
) -> None:
    """Options that do not go together. Raises `Invalid`."""
    if workers and scheduler:
        raise Invalid("Choisissez --workers (cette machine) ou --scheduler (un cluster), pas les deux.")
    if resume and output is None:
        raise Invalid("--resume reprend un fichier : donnez-le avec --output.")
    if force and not resume:
        raise Invalid("--force accompagne --resume.")
    if shortlist and shortlist > top:
        raise Invalid(f"--shortlist choisit parmi les {top} premières personnes : demandez-en moins, ou plus de --top.")
    if at_most and not shortlist:
        raise Invalid("--at-most limite les listes courtes : demandez-les avec --shortlist.")


def _pool(ctx: Context, workers: int | None, scheduler: str | None) -> OpenPool:
    from matching.engine.passes import processors
    from matching.services.ranking.batch import cluster, in_line, processes

    if scheduler:
        return partial(cluster, scheduler)
    count = workers or processors()
    url = ctx.engine.url.render_as_string(hide_password=False)
    return partial(processes, url, count) if count > 1 else partial(in_line, url)


# --- what is said ----------------------------------------------------------------------------------------------


def print_batch(batch: Batch, output: Path | None, seconds: float) -> None:
    """A summary: the offers, or with a file those with nobody in reach; how even the shortlists are."""
    if batch.outdated:
        click.echo(f"{batch.outdated} : {_again(batch)} (--force garde tout.)")
    elif batch.kept:
        click.echo(f"Offres déjà classées, gardées : {batch.kept}.")
    if not batch.lines:
        click.echo("Aucune offre n’est ouverte.")
        return
    alone = [line for line in batch.lines if not any(line.tiers[tier] for tier in _IN_REACH)]
    people = max(line.considered for line in batch.lines)
    click.echo(f"Offres ouvertes : {len(batch.lines)}. Personnes en recherche : {people}.")
    click.echo(f"Offres sans personne à temps, à revoir avec l’employeur : {len(alone)}.")
    ranked = len(batch.lines) - batch.kept
    if ranked:
        click.echo(f"Classées maintenant : {ranked}, en {seconds:.0f} s, {ranked / seconds:.1f} offres par seconde.")
    click.echo()
    _print_table(batch, alone if output else batch.lines)
    if batch.shortlists is not None:
        _print_evenness(batch)
    if output:
        click.echo(f"Écrit : {output}")


def _again(batch: Batch) -> str:
    if batch.kept:
        return f"{batch.kept} offres classées sur les données d’aujourd’hui sont gardées, les autres ont été refaites."
    return "toutes les offres ont été classées à nouveau."


def _print_table(batch: Batch, lines: tuple[OfferLine, ...] | list[OfferLine]) -> None:
    if not lines:
        return
    titles = {asked.code: asked.title for asked in batch.plan.offers}
    click.echo(f"{'Offre':10} {'':36} {'libres':>7} {'à temps':>8} {'trop tard':>10} {'empêchées':>10}  première")
    for line in lines[:_SHOWN]:
        counts = line.tiers
        first = line.people[0].code if line.people and line.people[0].tier is not Tier.BLOCKED else "–"
        click.echo(
            f"{line.offer:10} {titles[line.offer][:36]:36} {counts[Tier.CLEAR]:>7} "
            f"{counts[Tier.LIFTABLE_IN_TIME]:>8} {counts[Tier.LIFTABLE_LATE]:>10} {counts[Tier.BLOCKED]:>10}  {first}"
        )
    if len(lines) > _SHOWN:
        click.echo(f"… et {len(lines) - _SHOWN} autres.")
    click.echo()


def _print_evenness(batch: Batch) -> None:
    chosen = Counter(code for codes in batch.shortlists or () for code in codes)
    plain = Counter(
        person.code for line in batch.lines for person in line.people[: batch.shortlist_size] if _able(person.tier)
    )
    click.echo(
        f"Listes courtes : {len(chosen)} personnes différentes, {max(chosen.values(), default=0)} listes au plus pour "
        f"une même personne ({len(plain)} et {max(plain.values(), default=0)} en prenant les premières)."
    )
    if batch.at_most is not None and (short := _left_short(batch)):
        click.echo(
            f"Listes courtes laissées incomplètes par la limite de {batch.at_most} par personne : {short}. "
            "Demandez plus de --top, ou une limite plus haute."
        )


def _left_short(batch: Batch) -> int:
    """The short lists that the limit left with fewer people than it could have."""
    able = [sum(_able(person.tier) for person in line.people) for line in batch.lines]
    return sum(
        len(codes) < min(batch.shortlist_size, people)
        for codes, people in zip(batch.shortlists or (), able, strict=True)
    )


def _able(tier: Tier) -> bool:
    return tier is not Tier.BLOCKED
