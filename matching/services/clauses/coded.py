"""Who worked on commitments, by codes and by groups that are large enough: what leaves the clause officers' desk.

`rows_of` reads the standing hours of people from the ledger, bounded by commitments, company and months worked.
`breakdowns` counts each person once in each list (somebody with two routes is in the line « Plusieurs voies »). For a
buyer or a company (`coded`) small cells are hidden with what would give them back (`matching.clauses.small_cells`) and
the lists hold what that module cannot know:

- the number of people and the hours of each code are public to the same reader. So a list whose total had to be hidden
  is left out whole, zeros included, and hours of a group are given to the hour: exact sums would tell which codes.
- RSA, ASS, AAH, RQTH and justice are one line with other publics and with what is not known yet. Structures where a
  disability is a condition of hire (EA, EATT, ESAT) are one line with the other structures, and so for routes.
- a list over several commitments minus the lists of some of them must not give a small group: lines are hidden, or the
  list is left out, until it does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matching.clauses.dates import age_on
from matching.clauses.small_cells import DEFAULT_THRESHOLD, HIDDEN, TOTAL, Cell, Shown, Total, protect_across
from matching.clauses.terms import ASSIGNMENT_ROUTES, BY_STATUS, SECRET_PUBLICS, EligiblePublic, Outcome, Route
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.participations import Participation
from matching.store.tables.protected import ProtectedFact

BATCH: Final = 500
"""Identifiers in one statement: below the variables that SQLite takes."""

ROUTE, PUBLIC, SEX, AGE, OUTCOME = "route", "public", "sex", "age", "outcome"
TITLES: Final = {
    ROUTE: "Par voie",
    PUBLIC: "Par public",
    SEX: "Par sexe",
    AGE: "Par âge à la décision d’éligibilité",
    OUTCOME: "Ce que les personnes sont devenues",
}
SEXES: Final = {"f": "Femmes", "m": "Hommes"}
UNKNOWN_SEX: Final = "Autre ou à préciser"
AGES: Final = ("Moins de 26 ans", "De 26 à 49 ans", "50 ans et plus")
UNKNOWN_AGE: Final = "Âge à préciser"
OTHER_PUBLICS: Final = "Autres publics"
STRUCTURES: Final = "Personnes suivies par une structure (insertion, adaptée, GEIQ, régie)"
SEVERAL: Final = {ROUTE: "Plusieurs voies", PUBLIC: "Plusieurs publics"}
RUNNING: Final = "Toujours en poste"

# Alone, a secret public would be read in the line that is left: these go with it, and whoever is not decided yet.
_WITH_SECRETS = SECRET_PUBLICS | {EligiblePublic.OTHER_MINIMA, EligiblePublic.PRESCRIBER}


@dataclass(frozen=True)
class HoursRow:
    """The standing minutes of one participation on one commitment (not always its own: hours are shared by pooling)."""

    commitment_id: int
    participation_id: int
    code: str
    person_id: int
    route: Route
    public: EligiblePublic | None
    read_on: date | None
    """The day its age is read on: the decision of eligibility, else the first day of the contract."""
    ended: bool
    outcome: str | None
    minutes: int


@dataclass(frozen=True)
class Facts:
    """Sex and birth of a person, as far as known."""

    sex: str = ""
    birth: date | None = None


NO_FACT: Final = Facts()


@dataclass(frozen=True)
class CodedHours:
    """One code and its minutes. `participation_id`: to open it, for clause officers only."""

    code: str
    minutes: int
    participation_id: int | None = None


@dataclass(frozen=True)
class Line:
    """A line of a breakdown; `people` and `minutes` None when hidden."""

    label: str
    people: int | None
    minutes: int | None

    @property
    def hidden(self) -> bool:
        return self.people is None


@dataclass(frozen=True)
class Breakdown:
    """One list of the same people. `withheld`: nothing of it may be shown, and `lines` is empty.

    `rounded`: the hours of the lines are to the hour (half an hour up).
    """

    key: str
    lines: tuple[Line, ...]
    total: Line
    withheld: bool = False
    rounded: bool = False

    @property
    def title(self) -> str:
        return TITLES[self.key]

    @property
    def has_hidden(self) -> bool:
        return any(line.hidden for line in self.lines)


@dataclass(frozen=True)
class People:
    """How many people, what they worked, by group and by code. Minutes of opening balances name nobody: not here."""

    count: int
    minutes: int
    breakdowns: tuple[Breakdown, ...]
    codes: tuple[CodedHours, ...]
    threshold: int = DEFAULT_THRESHOLD

    @property
    def average_tenths(self) -> int | None:
        """Average hours per person in tenths of an hour, half up; None without people."""
        return average_tenths(self.minutes, self.count)

    @property
    def withheld(self) -> bool:
        return any(one.withheld for one in self.breakdowns)


def average_tenths(minutes: int, people: int) -> int | None:
    """Minutes ÷ people in tenths of an hour, half up; None without people. 100 minutes for 3 people: 6 (0.6 h)."""
    return (2 * minutes + 6 * people) // (12 * people) if people else None


# --- reading -------------------------------------------------------------------------------------------------------


def rows_of(
    session: Session,
    commitment_ids: Collection[int] | None,
    *,
    first: date | None = None,
    last: date | None = None,
    employer_id: int | None = None,
) -> tuple[HoursRow, ...]:
    """Minutes that stand, by participation and commitment, for months worked from `first` to `last` (their first days).

    `commitment_ids` None: any commitment, then `employer_id` must bound the reading. What was wholly reversed, or
    wholly shared out to other commitments, is not there.
    """
    if commitment_ids is None and employer_id is None:
        raise ValueError("hours are read for some commitments or for an employer")
    found: list[HoursRow] = []
    for batch in batches(commitment_ids):
        query = _query(batch, first, last)
        if employer_id is not None:
            query = query.where(Participation.organisation_id == employer_id)
        found += [_row(row) for row in session.execute(query)]
    return tuple(sorted(found, key=lambda row: (row.commitment_id, row.participation_id)))


def batches(keys: Collection[int] | None) -> Iterator[list[int] | None]:
    """The keys in lists that one statement takes; None once for « any »."""
    if keys is None:
        yield None
        return
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]


def _query(batch: list[int] | None, first: date | None, last: date | None) -> Select[Any]:
    p, minutes = Participation, func.sum(LedgerEntry.minutes)
    of_person: list[Any] = [p.id, p.code, p.person_id, p.route, p.eligible_public, p.eligible_decided_on]
    of_person += [p.started_on, p.ended_on, p.outcome]
    query = select(LedgerEntry.commitment_id, *of_person, minutes.label("minutes"))
    query = query.join(p, p.id == LedgerEntry.participation_id)
    if batch is not None:
        query = query.where(LedgerEntry.commitment_id.in_(batch))
    if first is not None:
        query = query.where(LedgerEntry.month >= first)
    if last is not None:
        query = query.where(LedgerEntry.month <= last)
    return query.group_by(LedgerEntry.commitment_id, p.id).having(minutes > 0)


def _row(row: Any) -> HoursRow:
    return HoursRow(
        row.commitment_id,
        row.id,
        row.code,
        row.person_id,
        row.route,
        row.eligible_public,
        row.eligible_decided_on or row.started_on,
        row.ended_on is not None,
        row.outcome,
        int(row.minutes),
    )


def facts_of(session: Session, rows: Iterable[HoursRow]) -> dict[int, Facts]:
    """Sex and birth of the people of `rows`, by person."""
    found: dict[int, Facts] = {}
    for batch in batches({row.person_id for row in rows}):
        query = select(ProtectedFact.person_id, ProtectedFact.kind, ProtectedFact.value)
        query = query.where(ProtectedFact.person_id.in_(batch or []), ProtectedFact.kind.in_(("sex", "birth_date")))
        for person_id, kind, value in session.execute(query):
            known = found.get(person_id, NO_FACT)
            found[person_id] = replace(known, sex=value) if kind == "sex" else replace(known, birth=_day(value))
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# --- counting ------------------------------------------------------------------------------------------------------

Cells = dict[str, dict[str, Cell]]


def people_of(
    rows: Sequence[HoursRow], facts: Mapping[int, Facts], *, coded: bool, threshold: int = DEFAULT_THRESHOLD
) -> People:
    """The people of `rows`, each counted once. `coded`: as a buyer or a company may read them."""
    total = Cell(len({row.person_id for row in rows}), sum(row.minutes for row in rows))
    cells = _cells(rows, facts, coded)
    lists = _protected(rows, facts, cells, total, threshold) if coded else _open(cells, total)
    return People(total.people, total.minutes, lists, _codes(rows, coded), threshold)


def _codes(rows: Iterable[HoursRow], coded: bool) -> tuple[CodedHours, ...]:
    minutes: dict[tuple[str, int], int] = {}
    for row in rows:
        key = row.code, row.participation_id
        minutes[key] = minutes.get(key, 0) + row.minutes
    ordered = sorted(minutes.items(), key=lambda item: (len(item[0][0]), item[0]))
    return tuple(CodedHours(code, total, None if coded else key) for (code, key), total in ordered)


def _cells(rows: Iterable[HoursRow], facts: Mapping[int, Facts], coded: bool) -> Cells:
    """Each person in one line of each list."""
    of_person: dict[int, list[HoursRow]] = {}
    for row in rows:
        of_person.setdefault(row.person_id, []).append(row)
    cells: Cells = {key: {label: Cell(0, 0) for label in _order(key, coded)} for key in TITLES}
    for person_id, own in of_person.items():
        one = Cell(1, sum(row.minutes for row in own))
        for key, label in _labels(own, facts.get(person_id, NO_FACT), coded).items():
            cells[key][label] += one
    always = {SEX, AGE}
    return {
        key: {label: cell for label, cell in lines.items() if cell.people or key in always}
        for key, lines in cells.items()
    }


def _labels(own: Sequence[HoursRow], facts: Facts, coded: bool) -> dict[str, str]:
    return {
        ROUTE: _single(ROUTE, {_route(row.route, coded) for row in own}),
        PUBLIC: _single(PUBLIC, {_public(row.public, coded) for row in own}),
        SEX: SEXES.get(facts.sex, UNKNOWN_SEX),
        AGE: _age(facts.birth, min((row.read_on for row in own if row.read_on), default=None)),
        OUTCOME: _outcome(own),
    }


def _single(key: str, labels: set[str]) -> str:
    return labels.pop() if len(labels) == 1 else SEVERAL[key]


def _route(route: Route, coded: bool) -> str:
    if coded and route in ASSIGNMENT_ROUTES:
        return "Mise à disposition"
    if coded and route in (Route.SUBCONTRACT_SIAE, Route.SUBCONTRACT_EA, Route.SUBCONTRACT_REGIE):
        return "Sous-traitance à une structure"
    return route.label


def _public(public: EligiblePublic | None, coded: bool) -> str:
    if not coded:
        return public.label if public else "Sans décision d’éligibilité"
    if public is None or public in _WITH_SECRETS:
        return OTHER_PUBLICS
    return STRUCTURES if public in BY_STATUS else public.label


def _age(birth: date | None, day: date | None) -> str:
    if birth is None or day is None:
        return UNKNOWN_AGE
    age = age_on(birth, day)
    return AGES[0] if age < 26 else AGES[1] if age < 50 else AGES[2]


def _outcome(own: Sequence[HoursRow]) -> str:
    if not all(row.ended for row in own):
        return RUNNING
    latest = max(own, key=lambda row: row.participation_id)
    return next((one.label for one in Outcome if one.value == latest.outcome), Outcome.UNKNOWN.label)


def _order(key: str, coded: bool) -> list[str]:
    """The lines in the order they are read."""
    if key == SEX:
        return [*SEXES.values(), UNKNOWN_SEX]
    if key == AGE:
        return [*AGES, UNKNOWN_AGE]
    if key == OUTCOME:
        return [*(one.label for one in Outcome), RUNNING]
    if key == ROUTE:
        return list(dict.fromkeys([*(_route(one, coded) for one in Route), SEVERAL[ROUTE]]))
    known = [_public(one, coded) for one in EligiblePublic]
    ends = [SEVERAL[PUBLIC], _public(None, coded)]
    return list(dict.fromkeys([*(label for label in known if label not in ends), *ends]))


# --- what may be shown ---------------------------------------------------------------------------------------------


def _open(cells: Cells, total: Cell) -> tuple[Breakdown, ...]:
    whole = Line("Ensemble", total.people, total.minutes)
    return tuple(
        Breakdown(key, tuple(Line(label, cell.people, cell.minutes) for label, cell in lines.items()), whole)
        for key, lines in cells.items()
    )


def _protected(
    rows: Sequence[HoursRow], facts: Mapping[int, Facts], cells: Cells, total: Cell, threshold: int
) -> tuple[Breakdown, ...]:
    shown = _shown(cells, threshold)
    whole = Line("Ensemble", total.people, total.minutes)
    by_commitment = _left_by_commitment(rows, facts, threshold)
    made = []
    for key, lines in cells.items():
        hidden = None if shown is None else _also_hidden(lines, by_commitment.get(key, {}), threshold)
        if shown is None or hidden is None:
            made.append(Breakdown(key, (), whole, withheld=True))
        else:
            made.append(Breakdown(key, tuple(_lines(shown[key], hidden, total)), whole, rounded=True))
    return tuple(made)


def _shown(cells: Cells, threshold: int) -> dict[str, dict[str | Total, Shown]] | None:
    """The lists with their small cells hidden; None when the total would have to be hidden: it is public."""
    found = protect_across(cells, threshold)
    return None if any(lines[TOTAL] is HIDDEN for lines in found.values()) else found


def _lines(shown: Mapping[str | Total, Shown], hidden: Collection[str], total: Cell) -> Iterator[Line]:
    for label, cell in shown.items():
        if isinstance(label, Total):
            continue
        if not isinstance(cell, Cell) or label in hidden:
            yield Line(label, None, None)
        elif cell == total:
            yield Line(label, cell.people, cell.minutes)
        else:
            yield Line(label, cell.people, (cell.minutes + 30) // 60 * 60)


def _left_by_commitment(
    rows: Sequence[HoursRow], facts: Mapping[int, Facts], threshold: int
) -> dict[str, dict[str, list[int]]]:
    """For each line of each list, the people of the commitments whose own list does not show it. One commitment: none.

    A line over all commitments minus the same line where it is shown gives their sum.
    """
    by_commitment: dict[int, list[HoursRow]] = {}
    for row in rows:
        by_commitment.setdefault(row.commitment_id, []).append(row)
    left: dict[str, dict[str, list[int]]] = {}
    if len(by_commitment) < 2:
        return left
    for own in by_commitment.values():
        cells = _cells(own, facts, coded=True)
        shown = _shown(cells, threshold)
        for key, lines in cells.items():
            for label, cell in lines.items():
                if cell.people and (shown is None or shown[key][label] is HIDDEN):
                    left.setdefault(key, {}).setdefault(label, []).append(cell.people)
    return left


def _also_hidden(lines: Mapping[str, Cell], left: Mapping[str, list[int]], threshold: int) -> set[str] | None:
    """The lines to hide so that no difference gives a small group; None when the list must be left out.

    A difference is safe over two commitments at least, with `threshold` people together.
    """
    hidden = {label for label, people in left.items() if len(people) < 2 or sum(people) < threshold}
    others = sorted((label for label in lines if lines[label].people), key=lambda label: lines[label].people)
    waiting = [label for label in others if label not in hidden]
    while hidden and (len(hidden) < 2 or sum(sum(left.get(label, ())) for label in hidden) < threshold):
        if not waiting:
            return None
        hidden.add(waiting.pop(0))
    return hidden
