"""Whose line it is: somebody already known, somebody of the file, or somebody new. Never two people made one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.terms import Route
from matching.services.candidates.identity import Identity, search_name
from matching.services.clauses.importing.reading import Reader
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.tables.people import Candidate, Person
from matching.store.tables.protected import ProtectedFact


@dataclass(frozen=True)
class WhoItem:
    """A person: known (`person_id`), or of the file, first named on `line`. `birth` as known or as written."""

    person_id: int | None
    line: int
    name: str
    birth: date | None
    code: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """One key a person."""
        return ("known", self.person_id) if self.person_id is not None else ("line", self.line)


@dataclass(frozen=True)
class There:
    """A participation already written."""

    id: int
    code: str
    commitment_id: int
    person_id: int
    route: Route
    started_on: date | None
    ended_on: date | None
    siren: str
    name: str


def _there(session: Session) -> Iterator[There]:
    p = Participation
    columns = (p.id, p.code, p.commitment_id, p.person_id, p.route, p.started_on, p.ended_on)
    query = (
        select(*columns, Organisation.siren, Person.name_search)
        .join(Person, Person.id == p.person_id)
        .outerjoin(Organisation, Organisation.id == p.organisation_id)
        .order_by(p.id)
    )
    for row in session.execute(query):
        values: list[Any] = [*list(row)[:7], row.siren or "", _sorted(row.name_search)]
        yield There(*values)


def name_key(identity: Identity) -> str:
    """Folded words of a name in any order: « Exemple Camille » is « Camille Exemple »."""
    return _sorted(search_name(identity.given_name, identity.family_name))


def _sorted(name_search: str) -> str:
    return " ".join(sorted(name_search.split()))


class People:
    """Everybody known, by name and by code, and those that the file brings."""

    def __init__(self, session: Session) -> None:
        self.by_commitment: dict[int, list[There]] = defaultdict(list)
        self.codes: set[str] = set()
        facts = select(ProtectedFact.person_id, ProtectedFact.value).where(ProtectedFact.kind == "birth_date")
        self.births = {row.person_id: date.fromisoformat(row.value) for row in session.execute(facts)}
        self._by_name: dict[str, list[WhoItem]] = defaultdict(list)
        self._by_code: dict[str, WhoItem] = {}
        candidates = session.execute(select(Candidate.person_id, Candidate.code).order_by(Candidate.id)).all()
        there = list(_there(session))
        codes = {row.person_id: row.code for row in reversed(candidates)}
        codes |= {row.person_id: row.code for row in reversed(there)}
        people: dict[int, WhoItem] = {}
        for person_id, name in session.execute(select(Person.id, Person.name_search)):
            who = WhoItem(person_id, 0, _sorted(name), self.births.get(person_id), codes.get(person_id, ""))
            people[person_id] = who
            self._by_name[who.name].append(who)
        for candidate in candidates:
            self._by_code[candidate.code.casefold()] = people[candidate.person_id]
        for row in there:
            self._by_code[row.code.casefold()] = people[row.person_id]
            self.codes.add(row.code.casefold())
            self.by_commitment[row.commitment_id].append(row)

    def is_somebody_else(self, code: str, person_id: int) -> bool:
        """Whether this code, when there is one, is another person's."""
        found = self._by_code.get(code.casefold()) if code else None
        return found is not None and found.person_id != person_id

    def find(self, line: Reader, identity: Identity) -> WhoItem | None:
        """Whose line it is; None with its error, which asks."""
        name, birth, said = name_key(identity), identity.birth_date, line.text("person_code")
        if said:
            return self._by_said_code(line, said, name, birth)
        named = self._by_name.get(name, [])
        exact = [who for who in named if birth is not None and who.birth == birth]
        if len(exact) > 1:
            codes = " ou ".join(sorted({who.code or f"ligne {who.line}" for who in exact}))
            message = (
                f"Plusieurs personnes ont ce nom et cette date de naissance ({codes}). Écrivez le code de la bonne."
            )
            line.error("person_code", message)
            return None
        if exact:
            return exact[0]
        doubtful = next((who for who in named if birth is None or who.birth is None), None)
        if doubtful is not None:
            line.error("family_name", _ask(doubtful, birth))
            return None
        return self._new(line, name, birth)

    def _new(self, line: Reader, name: str, birth: date | None) -> WhoItem:
        who = WhoItem(None, line.line, name, birth, line.text("code"))
        self._by_name[name].append(who)
        if who.code:
            self._by_code.setdefault(who.code.casefold(), who)
        return who

    def _by_said_code(self, line: Reader, said: str, name: str, birth: date | None) -> WhoItem | None:
        found = self._by_code.get(said.casefold())
        if found is None:
            line.error("person_code", "Ce code n’est celui de personne. Corrigez-le, ou laissez la case vide.", said)
        elif found.name != name:
            line.error(
                "person_code", "Ce code est celui d’une personne qui porte un autre nom. Vérifiez les deux.", said
            )
            return None
        elif birth is not None and found.birth is not None and birth != found.birth:
            message = f"Une autre date de naissance est connue pour {said}. Vérifiez le code et la date."
            line.error("birth_date", message, birth)
            return None
        return found


def _ask(who: WhoItem, birth: date | None) -> str:
    """The question of a name met twice, with how to answer it either way."""
    if who.person_id is None:
        return (
            f"La ligne {who.line} porte le même nom, et une date de naissance manque. Est-ce la même personne\u00a0? "
            "Si oui, donnez un code à sa première ligne et reprenez-le ici comme code de personne connue. Sinon, "
            "écrivez les deux dates de naissance."
        )
    known = f" (code {who.code})" if who.code else ""
    same = (
        f"Si c’est elle, écrivez {who.code} dans «\u00a0Code d’une personne déjà connue\u00a0»."
        if who.code
        else "Si c’est elle, ajoutez-la depuis la page de l’engagement, où elle se cherche par son nom."
    )
    other = (
        "Sinon, écrivez sa date de naissance."
        if birth is None and who.birth is not None
        else "Sinon, complétez d’abord la date de naissance de la personne connue."
        if birth is not None
        else "Sinon, écrivez sa date de naissance et complétez celle de la personne connue."
    )
    asked = f"Une personne de ce nom est déjà connue{known}, et une date de naissance manque. Est-ce elle\u00a0?"
    return f"{asked} {same} {other}"
