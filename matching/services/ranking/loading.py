"""From the rows of an offer to what the engine asks, and who belongs to the publics it is reserved to."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from matching import engine
from matching.engine.words import fold_words, hash_tokens
from matching.store.ranking_source import Catalogue, slots
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.store.tables.protected import ProtectedFact
from matching.terms import ContractKind, RequirementKind, ScheduleFlag


def engine_offer(offer: Offer, catalogue: Catalogue, occupation_label: str) -> engine.Offer:
    """What the offer asks, in the engine's codes. An amount or a code not said is not asked."""
    windows = [0] * 7
    for window in offer.windows:
        windows[window.weekday] |= slots(window.start_minute, window.end_minute, inside=False)
    sites = [catalogue.site(place.commune_insee) for place in offer.places]
    paid = offer.contract_kind is not ContractKind.IMMERSION
    return engine.Offer(
        id=offer.id,
        rome=catalogue.rome_index.get(offer.rome_code or "", -1),
        title=offer.title_id or -1,
        words=tuple(dict.fromkeys(int(i) for i in hash_tokens(fold_words(_text(offer, occupation_label))))),
        places=tuple(engine.Place(site.lat, site.lon, site.radius_km, site.network) for site in sites),
        start_day=engine.day_number(offer.starts_on) if offer.starts_on else None,
        contract=offer.contract_kind.value if offer.contract_kind else "",
        weekly_minutes_min=offer.weekly_minutes,
        weekly_minutes_max=offer.weekly_minutes,
        pay_cents=offer.pay_hourly_cents if paid else None,
        windows=tuple(windows),
        flags=_flags(offer.schedule_flags),
        requirements=tuple(
            engine.Requirement(
                kind=asked.kind,
                code=asked.code if asked.kind is RequirementKind.CAPABILITY else "",
                index=int(asked.code) if asked.kind is RequirementKind.SKILL else -1,
                amount=asked.amount or 0,
                importance=asked.importance,
            )
            for asked in offer.requirements
        ),
        reserved=bool(offer.reserved_publics),
    )


def _flags(declared: list[str]) -> frozenset[str]:
    """3×8 has nights: both limits are asked."""
    nights = {ScheduleFlag.NIGHT.value} if ScheduleFlag.SHIFTS_3X8 in declared else set()
    return frozenset(declared) | nights


def _text(offer: Offer, occupation_label: str) -> str:
    return f"{offer.title} {occupation_label} {offer.description}"


def eligibility(
    session: Session,
    people: engine.People,
    publics: list[str],
    today: date,
    among: ColumnElement[bool] | None = None,
) -> npt.NDArray[np.int8] | None:
    """Who may take a reserved offer: 1 yes, 0 no, -1 unknown, a cell a row of `people`; None when not reserved.

    Belonging to one of the publics is enough; no needs every one to be answered no. `among` limits the reading to
    some candidates; the others are left unknown.
    """
    if not publics or not len(people):
        return None
    by_id = np.argsort(people.ids)
    ids = people.ids[by_id]
    verdicts = np.full((len(publics), len(people)), -1, np.int8)
    for verdict, public in zip(verdicts, publics, strict=True):
        query = (
            select(Candidate.id, ProtectedFact.value)
            .join(ProtectedFact, ProtectedFact.person_id == Candidate.person_id)
            .where(ProtectedFact.kind == _FACT_OF.get(public, public))
        )
        if among is not None:
            query = query.where(among)
        # Past the ORM: there may be one row a person of the Département.
        known = {row.id: row.value for row in session.connection().execute(query)}
        answers = {value: _answer(value, public, today) for value in set(known.values())}
        if not known:
            continue
        who = np.fromiter(known, np.int64, len(known))
        place = np.minimum(np.searchsorted(ids, who), len(ids) - 1)
        here = ids[place] == who
        said = np.fromiter((answers[value] for value in known.values()), np.int8, len(known))
        verdict[by_id[place[here]]] = said[here]
    belongs: npt.NDArray[np.int8] = np.where((verdicts == 1).any(axis=0), 1, verdicts.min(axis=0)).astype(np.int8)
    return belongs


_FACT_OF = {"under_26": "birth_date", "over_50": "birth_date"}


def _answer(value: str, public: str, today: date) -> int:
    if public not in _FACT_OF:
        return int(value == "yes")
    born = date.fromisoformat(value)
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return int(age < 26 if public == "under_26" else age >= 50)
