"""Finding an occupation from anybody's words: the search learnt from the reference now in the database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.errors import Invalid
from matching.reference.model import JobTitle as TitleRow
from matching.reference.model import Occupation, OccupationSkill, Synonym
from matching.reference.model import Skill as SkillRow
from matching.reference.occupation_search import OccupationSearch, Suggestion
from matching.reference.skill_search import SkillSuggestion
from matching.reference.titles import searchable_forms, split_gendered
from matching.services.context import Context
from matching.store.tables.reference import (
    JobTitle,
    OccupationSynonym,
    ReferenceLoad,
    RomeOccupation,
    RomeSkill,
    Skill,
)
from matching.store.unit_of_work import REFERENCE, current_versions

_LOCK = Lock()


@dataclass(frozen=True)
class OccupationChoice:
    """`sure`: the first suggestion can be taken. Otherwise let the person choose among the suggestions."""

    sure: bool
    suggestions: tuple[Suggestion, ...]
    version: str


@dataclass
class _Loaded:
    """The search of this worker, the administrator's own words included."""

    digest: str
    search: OccupationSearch
    reference_version: int
    rome_version: str


def suggest(ctx: Context, words: str, top: int = 5) -> OccupationChoice:
    """The occupations these words may mean, best first; none for empty words."""
    loaded = _load(ctx)
    decided = loaded.search.decide(words, top)
    return OccupationChoice(decided.sure is not None, decided.choices, loaded.rome_version)


def suggest_skills(ctx: Context, words: str, top: int = 10) -> tuple[SkillSuggestion, ...]:
    """The skills these words tell, or usual in the occupation they mean, best first; none for empty words."""
    return tuple(_load(ctx).search.skills(words, top))


def train(ctx: Context) -> Path | None:
    """Learn the search now rather than at the first query; returns where it is kept."""
    loaded = _load(ctx)
    return _path(ctx, loaded.digest)


def _load(ctx: Context) -> _Loaded:
    with _LOCK, ctx.read() as session:
        version = current_versions(session).get(REFERENCE, 0)
        held = ctx.memory.get("occupations")
        if isinstance(held, _Loaded) and held.reference_version == version:
            return held
        digest = _digest(session)
        same = isinstance(held, _Loaded) and held.digest == digest
        search = held.search if isinstance(held, _Loaded) and same else _search(ctx, session, digest)
        loaded = _Loaded(digest, search.with_words(_own_words(session)), version, _rome_version(session))
        ctx.memory["occupations"] = loaded
        return loaded


def _digest(session: Session) -> str:
    """Names what the search was learnt from: the loads of reference, whatever their order."""
    digests = sorted(session.execute(select(ReferenceLoad.digest)).scalars())
    if not digests:
        raise Invalid("Le référentiel des métiers est vide : lancez « matching reference load DOSSIER ».")
    return "-".join(digest[:12] for digest in digests)


def _search(ctx: Context, session: Session, digest: str) -> OccupationSearch:
    path = _path(ctx, digest)
    if path is not None and path.exists():
        try:
            return OccupationSearch.load(path)
        except Invalid:
            # A file cut short by a crash, or of another version of the product: learn again.
            path.unlink(missing_ok=True)
    search = _learn(session)
    if path is not None:
        search.save(path)
    return search


def _learn(session: Session) -> OccupationSearch:
    occupations = [
        Occupation(o.code, o.label, o.family, o.version) for o in session.execute(select(RomeOccupation)).scalars()
    ]
    titles = []
    for title in session.execute(select(JobTitle).order_by(JobTitle.id)).scalars():
        forms = split_gendered(title.label)
        titles.append(
            TitleRow(
                title.id,
                title.rome_code,
                title.label,
                forms.masculine,
                forms.feminine,
                searchable_forms(title.label),
            )
        )
    synonyms = session.execute(select(OccupationSynonym).where(OccupationSynonym.embedded)).scalars()
    skills = session.execute(select(Skill).order_by(Skill.id)).scalars()
    links = session.execute(select(RomeSkill)).scalars()
    return OccupationSearch().fit(
        titles,
        [Synonym(row.words, row.rome_code) for row in synonyms],
        occupations,
        [SkillRow(str(skill.id), skill.label) for skill in skills],
        [OccupationSkill(link.rome_code, str(link.skill_id)) for link in links],
    )


def _path(ctx: Context, digest: str) -> Path | None:
    """Where the learnt search is kept: the folder asked, or beside an embedded database, or the user's cache."""
    name = f"occupations-{digest}.model"
    if ctx.settings.model_dir is not None:
        return ctx.settings.model_dir / name
    database = ctx.engine.url.database
    if ctx.engine.dialect.name == "sqlite":
        return Path(database).resolve().parent / name if database and database != ":memory:" else None
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "matching" / name


def _own_words(session: Session) -> list[Synonym]:
    """Words an administrator added: taken as they are, at once, without learning again."""
    query = select(OccupationSynonym).where(OccupationSynonym.embedded.is_(False)).order_by(OccupationSynonym.id)
    return [Synonym(row.words, row.rome_code) for row in session.execute(query).scalars()]


def _rome_version(session: Session) -> str:
    load = session.execute(select(ReferenceLoad.version).order_by(ReferenceLoad.id.desc()).limit(1)).scalar()
    return load or ""
