"""Where the simulated people live and work: trades, titles, skills, communes, and the latent ties between trades."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from matching.engine import Occupations
from matching.reference.embedded import load_embedded
from matching.reference.model import Commune, JobTitle, Mobility, MobilityKind, Reference

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DEPARTEMENT = "44"
"""The one whose transport networks the project knows."""
TASTES, SENSES = 6, 8
_CERTIFIED_DOMAINS = 0.35
CERTIFICATES = ("haccp", "caces_r489_3", "sst", "electrical_clearance", "fimo", "ssiap1", "deaes", "welding_licence")
_FARTHEST = 5.0
_LENGTHS = {"family": 0.25, "close": 0.5, "evolution": 0.9, "domain": 1.6}
_SHARED_FROM, _TIE_NOISE = 0.1, 0.3


@dataclass(frozen=True)
class Landscape:
    """`occupations` is what the engine is told; `ties`, `taste` and `sense` are latent.

    `ties`: csr of lengths between trades. `popularity` sums to 1. `taste` float[trades, TASTES]. `skills`: ids of
    each trade. `certificate`: code asked in the trade, or "". `titles`: positions in `title_*` by trade; `sense`
    float[titles, SENSES] unit vectors. `communes`: lat, lon, radius_km, network bits, share of the people.
    """

    codes: tuple[str, ...]
    labels: tuple[str, ...]
    occupations: Occupations
    ties: sparse.csr_matrix
    popularity: Floats
    taste: Floats
    skills: tuple[Ints, ...]
    certificate: tuple[str, ...]
    titles: tuple[Ints, ...]
    title_ids: Ints
    title_forms: tuple[tuple[str, str], ...]
    sense: Floats
    communes: dict[str, npt.NDArray[np.float64]]

    def nearness(self, trade: int) -> Floats:
        """How much of a trade serves in another, latent, in [0, 1]: exp(−length of the shortest way)."""
        away = csgraph.dijkstra(self.ties, directed=False, indices=trade, limit=_FARTHEST)
        return np.asarray(np.exp(-away), np.float64)


def landscape(reference: Reference, seed: int) -> Landscape:
    """Draw what is latent over the trades and communes of a reference."""
    rng = np.random.default_rng([seed, 1])
    known = sorted(reference.occupations, key=lambda o: o.code)
    index = {occupation.code: i for i, occupation in enumerate(known)}
    members = _members(reference)
    family = np.unique([occupation.family for occupation in known], return_inverse=True)[1]
    moves = {
        kind: [(index[a], index[b]) for m in reference.mobilities if m.kind is kind for a, b in _pairs(m, members)]
        for kind in MobilityKind
    }
    numbers = {skill.id: i for i, skill in enumerate(reference.skills)}
    links = sorted({(index[c], numbers[s.skill_id]) for s in reference.occupation_skills for c in members[s.code]})
    codes = tuple(occupation.code for occupation in known)
    occupations = Occupations(
        codes,
        family=family.tolist(),
        close=moves[MobilityKind.CLOSE],
        evolution=moves[MobilityKind.EVOLUTION],
        skills=links,
    )
    popularity = 1.0 / (1.0 + rng.permutation(len(codes)))  # Zipf: a few trades are wished and offered a lot
    titles = _titles(reference, index)
    popularity[[not len(mine) for mine in titles]] = 0.0
    domains = np.unique([code[:3] for code in codes], return_inverse=True)[1]
    return Landscape(
        codes=codes,
        labels=tuple(occupation.label for occupation in known),
        occupations=occupations,
        ties=_ties(codes, family, moves, links, rng),
        popularity=popularity / popularity.sum(),
        taste=rng.normal(0, 1, (domains.max() + 1, TASTES))[domains] + rng.normal(0, 0.5, (len(codes), TASTES)),
        skills=_grouped(links, len(codes)),
        certificate=_certificates(domains, rng),
        titles=titles,
        title_ids=np.array([title.id for title in reference.titles], np.int64),
        title_forms=tuple((title.masculine, title.feminine) for title in reference.titles),
        sense=_senses(reference.titles, seed),
        communes=_communes(reference),
    )


def _members(reference: Reference) -> dict[str, list[str]]:
    """Codes meant by a code of the mobility and skill files: itself, and those of the V3 family it names."""
    found: dict[str, list[str]] = {}
    for occupation in reference.occupations:
        for key in {occupation.code, occupation.family}:
            found.setdefault(key, []).append(occupation.code)
    for link in reference.occupation_skills:
        found.setdefault(link.code, [])
    return found


def _pairs(move: Mobility, members: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for source in members.get(move.source, ()):
        for target in members.get(move.target, ()):
            yield source, target


def _grouped(links: list[tuple[int, int]], n: int) -> tuple[Ints, ...]:
    found: list[list[int]] = [[] for _ in range(n)]
    for trade, skill in links:
        found[trade].append(skill)
    return tuple(np.array(mine, np.int64) for mine in found)


def _ties(
    codes: tuple[str, ...],
    family: Ints,
    moves: dict[MobilityKind, list[tuple[int, int]]],
    links: list[tuple[int, int]],
    rng: np.random.Generator,
) -> sparse.csr_matrix:
    """Latent lengths: official ties give their order of size, chance the rest."""
    n = len(codes)
    lengths = np.full((n, n), np.inf)
    domain = np.array([code[:3] for code in codes])
    lengths[domain[:, None] == domain] = _LENGTHS["domain"]
    shared = _skills_shared(links, n)
    counts = shared.diagonal()
    either = counts[:, None] + counts - shared
    jaccard = np.divide(shared, either, out=np.zeros((n, n)), where=either > 0)
    alike = jaccard >= _SHARED_FROM
    lengths[alike] = np.minimum(lengths[alike], 0.2 - 0.8 * np.log(jaccard[alike]))
    for kind in (MobilityKind.EVOLUTION, MobilityKind.CLOSE):
        for a, b in moves[kind]:
            lengths[a, b] = min(lengths[a, b], _LENGTHS[kind.value])
    same = family[:, None] == family
    lengths[same] = np.minimum(lengths[same], _LENGTHS["family"])
    lengths = np.minimum(lengths, lengths.T) * np.exp(rng.normal(0, _TIE_NOISE, (n, n)))
    here, there = np.nonzero(np.isfinite(lengths) & ~np.eye(n, dtype=np.bool_))
    return sparse.csr_matrix((lengths[here, there], (here, there)), shape=(n, n))


def _skills_shared(links: list[tuple[int, int]], n: int) -> Floats:
    """How many skills each two trades share."""
    trade, skill = np.array(links, np.int64).reshape(-1, 2).T
    held = sparse.csr_matrix((np.ones(len(links)), (trade, skill)), shape=(n, int(skill.max(initial=0)) + 1))
    return np.asarray((held @ held.T).toarray(), np.float64)


def _certificates(domains: Ints, rng: np.random.Generator) -> tuple[str, ...]:
    asked = [
        str(rng.choice(CERTIFICATES)) if rng.random() < _CERTIFIED_DOMAINS else "" for _ in range(domains.max() + 1)
    ]
    return tuple(asked[domain] for domain in domains)


def _titles(reference: Reference, index: dict[str, int]) -> tuple[Ints, ...]:
    found: list[list[int]] = [[] for _ in index]
    for position, title in enumerate(reference.titles):
        found[index[title.code]].append(position)
    return tuple(np.array(mine, np.int64) for mine in found)


def _senses(titles: tuple[JobTitle, ...], seed: int) -> Floats:
    """What a title means: the latent vectors of its words, so that titles which share words are near each other."""
    rng = np.random.default_rng([seed, 2])
    words: dict[str, Floats] = {}
    found = np.empty((len(titles), SENSES))
    for i, title in enumerate(titles):
        total = rng.normal(0, 0.3, SENSES)
        for word in re.findall(r"\w{4,}", title.masculine.lower()):
            if word not in words:
                words[word] = rng.normal(0, 1, SENSES)
            total = total + words[word]
        found[i] = total / np.linalg.norm(total)
    return found


def _communes(reference: Reference) -> dict[str, npt.NDArray[np.float64]]:
    networks = load_embedded().networks

    def row(c: Commune) -> tuple[float, float, float, int, int]:
        bits = sum(1 << i for i, network in enumerate(networks) if c.insee in network.communes)
        return c.lat or 0.0, c.lon or 0.0, float(np.sqrt((c.area_km2 or 0.0) / np.pi)), bits, max(1, c.population or 1)

    rows = [row(c) for c in reference.communes if c.departement == DEPARTEMENT and c.lat and c.lon and c.area_km2]
    columns = np.array(rows, np.float64).T
    names = ("lat", "lon", "radius_km", "network", "people")
    found = dict(zip(names, columns, strict=True))
    found["people"] = found["people"] / found["people"].sum()
    return found
