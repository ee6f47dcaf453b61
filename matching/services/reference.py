"""Putting the reference in the database: the embedded one at first start, the official files on request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.reference.model import Reference
from matching.services.clauses.rules import load_clause_defaults
from matching.services.context import Context
from matching.store.bulk import upsert
from matching.store.tables import reference as tables
from matching.store.unit_of_work import POLICY, REFERENCE, UnitOfWork
from matching.terms import Criterion
from matching.text import fold

Progress = Callable[[str, int, int], None]
"""Told (what, done, total) as the work goes on."""

OWN_SKILL_IDS = 1_000_000_000
"""Skills written here are numbered from their label, above the national numbers."""


@dataclass(frozen=True)
class LoadReport:
    """What is now in the database."""

    version: str
    occupations: int
    titles: int
    skills: int
    communes: int


def skill_number(identifier: str) -> int:
    """The number of a skill: the national one, or one derived from the identifier written here."""
    if identifier.isascii() and identifier.isdecimal():
        return int(identifier)
    return OWN_SKILL_IDS + crc32(identifier.encode()) % 1_000_000_000


def load_embedded(ctx: Context) -> LoadReport:
    """Load the small reference that comes with the product. What was edited since is kept."""
    from matching.reference.embedded import load_embedded as read_embedded

    report = store_reference(ctx, None, read_embedded())
    load_clause_defaults(ctx)
    return report


def ensure_embedded(ctx: Context) -> None:
    """Load the embedded reference into a database that has none yet."""
    with ctx.read() as session:
        empty = session.execute(select(tables.ReferenceLoad.id).limit(1)).first() is None
    if empty:
        load_embedded(ctx)
    else:
        load_clause_defaults(ctx)  # a database older than the clauses


def load_official(ctx: Context, actor: Actor | None, folder: Path, progress: Progress) -> LoadReport:
    """Load the national files of `folder`. Raises `Invalid` naming the file and the column that are missing."""
    if actor is not None:
        require(actor, Permission.ADMINISTER)
    from matching.reference.embedded import completed
    from matching.reference.official import read_official

    reference = read_official(folder, progress)
    return store_reference(ctx, actor, completed(reference), progress)


def store_reference(
    ctx: Context, actor: Actor | None, reference: Reference, progress: Progress | None = None
) -> LoadReport:
    """Write a reference in one transaction: all of it or nothing. Loading again changes nothing."""
    steps = _steps(reference)
    with ctx.write(actor) as work:
        for done, (label, write) in enumerate(steps):
            if progress:
                progress(label, done, len(steps))
            write(work.session)
        _note_load(work, reference)
        work.touch_stream(REFERENCE)
        work.touch_stream(POLICY)
    if progress:
        progress("Terminé", len(steps), len(steps))
    return LoadReport(
        reference.version,
        len(reference.occupations),
        len(reference.titles),
        len(reference.skills),
        len(reference.communes),
    )


def _steps(reference: Reference) -> list[tuple[str, Callable[[Session], Any]]]:
    return [
        ("Métiers", lambda session: upsert(session, tables.RomeOccupation, _occupations(reference), ["code"])),
        ("Intitulés", lambda session: upsert(session, tables.JobTitle, _titles(reference), ["id"])),
        ("Mobilités", lambda session: _write_mobility(session, reference)),
        ("Compétences", lambda session: upsert(session, tables.Skill, _skills(reference), ["id"])),
        ("Liens", lambda session: upsert(session, tables.RomeSkill, _links(reference), ["rome_code", "skill_id"])),
        ("Communes", lambda session: upsert(session, tables.Commune, _communes(reference), ["insee"])),
        ("Mots courants", lambda session: _write_synonyms(session, reference)),
        ("Réglages", lambda session: _write_settings(session, reference)),
    ]


def _occupations(reference: Reference) -> Iterable[dict[str, Any]]:
    return ({"code": o.code, "label": o.label, "family": o.family, "version": o.version} for o in reference.occupations)


def _titles(reference: Reference) -> Iterable[dict[str, Any]]:
    return (
        {"id": t.id, "rome_code": t.code, "label": t.label, "label_search": fold(" ".join(t.searchable))[:250]}
        for t in reference.titles
    )


def _skills(reference: Reference) -> Iterable[dict[str, Any]]:
    return ({"id": skill_number(s.id), "label": s.label, "label_search": fold(s.label)[:250]} for s in reference.skills)


def _links(reference: Reference) -> Iterable[dict[str, Any]]:
    pairs = dict.fromkeys((link.code, skill_number(link.skill_id)) for link in reference.occupation_skills)
    return ({"rome_code": code, "skill_id": skill} for code, skill in pairs)


def _communes(reference: Reference) -> Iterable[dict[str, Any]]:
    return (
        {
            "insee": c.insee,
            "name": c.name,
            "name_search": fold(c.name),
            "departement": c.departement,
            "postal_codes": " ".join(c.postal_codes),
            "lat": c.lat,
            "lon": c.lon,
            "area_km2": c.area_km2,
            "population": c.population,
        }
        for c in reference.communes
    )


def _write_mobility(session: Session, reference: Reference) -> None:
    # "Proche" wins over "évolution" when a pair carries both.
    kinds: dict[tuple[str, str], str] = {}
    for pair in sorted(reference.mobilities, key=lambda m: m.kind.value, reverse=True):
        kinds[pair.source, pair.target] = pair.kind.value
    rows = ({"source": s, "target": t, "kind": kind} for (s, t), kind in kinds.items())
    upsert(session, tables.RomeMobility, rows, ["source", "target"])


def _write_synonyms(session: Session, reference: Reference) -> None:
    known = set(session.execute(select(tables.RomeOccupation.code)).scalars())
    rows = (
        {"words": s.words, "rome_code": s.rome_code, "embedded": True}
        for s in reference.synonyms
        if s.rome_code in known
    )
    upsert(session, tables.OccupationSynonym, rows, ["words", "rome_code"], keep=["embedded"])


def _write_settings(session: Session, reference: Reference) -> None:
    """Defaults for what the Département decides: added where absent, never over what was edited."""
    facts = (
        {
            "code": f.code,
            "group": f.group,
            "unit": f.unit,
            "label": f.label,
            "question": f.question,
            "position": position,
        }
        for position, f in enumerate(reference.fact_kinds)
    )
    upsert(session, tables.FactKind, facts, ["code"], keep=["group", "unit", "label", "question", "position"])
    _add_parameters(session, reference)
    _add_remedies(session, reference)
    _add_networks(session, reference)
    _add_weights(session, reference)


def _add_parameters(session: Session, reference: Reference) -> None:
    present = set(session.execute(select(tables.LegalParameter.code, tables.LegalParameter.valid_from)).all())
    for row in reference.legal_parameters:
        if (row.code, row.valid_from) not in present:
            session.add(
                tables.LegalParameter(
                    code=row.code,
                    valid_from=row.valid_from,
                    amount=str(row.amount),
                    unit=row.unit,
                    source=row.source,
                    to_check=row.to_check,
                )
            )


def _add_remedies(session: Session, reference: Reference) -> None:
    if session.execute(select(tables.Remedy.id).limit(1)).first():
        return
    for row in reference.remedies:
        session.add(
            tables.Remedy(kind=row.kind, lifts=row.lifts, label=row.label, delay_days=row.delay_days, who=row.who)
        )


def _add_networks(session: Session, reference: Reference) -> None:
    names = set(session.execute(select(tables.TransitNetwork.name)).scalars())
    for row in reference.networks:
        if row.name in names:
            continue
        network = tables.TransitNetwork(name=row.name, speed_kmh=row.speed_kmh)
        session.add(network)
        session.flush()
        for insee in row.communes:
            session.add(tables.TransitNetworkCommune(network_id=network.id, commune_insee=insee))


def _add_weights(session: Session, reference: Reference) -> None:
    present = set(
        session.execute(
            select(tables.CriterionWeight.criterion).where(tables.CriterionWeight.unit_id.is_(None))
        ).scalars()
    )
    for row in reference.criteria:
        if Criterion(row.criterion) not in present:
            session.add(
                tables.CriterionWeight(
                    unit_id=None, criterion=row.criterion, weight=row.weight, unknown_cost=row.unknown_cost
                )
            )


def _note_load(work: UnitOfWork, reference: Reference) -> None:
    digest = hashlib.sha256(repr((reference.version, reference.titles, reference.synonyms)).encode()).hexdigest()
    work.session.execute(delete(tables.ReferenceLoad).where(tables.ReferenceLoad.digest == digest))
    load = tables.ReferenceLoad(
        version=reference.version,
        loaded_at=work.at,
        titles=len(reference.titles),
        communes=len(reference.communes),
        digest=digest,
    )
    work.session.add(load)
    work.session.flush()
    work.record("reference.loaded", "reference_load", load.id, titles=load.titles, communes=load.communes)
