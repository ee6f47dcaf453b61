"""Writing a file of participants: people, participations with their codes, decisions, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from matching.clock import PARIS
from matching.errors import FieldError
from matching.services.candidates.identity import new_person
from matching.services.clauses.eligibility_clock import refresh_until
from matching.services.clauses.importing.participation_lines import DecisionItem, EmployerItem, WorkItem
from matching.services.clauses.importing.participation_people import WhoItem
from matching.services.clauses.importing.reading import Planned
from matching.services.clauses.participations import acted_on, columns_of, make_party, next_number
from matching.services.clauses.parties import OrganisationInput, resolve_organisation
from matching.store.tables.participations import EligibilityDecision, Participation
from matching.store.tables.protected import ProtectedFact
from matching.store.unit_of_work import UnitOfWork
from matching.terms import FactSource, Known


@dataclass(frozen=True)
class ParticipationItem:
    """One line ready to be written. `code` empty: given by the register."""

    line: int
    who: WhoItem
    code: str
    work: WorkItem
    decision: DecisionItem | None


def write_participations(
    work: UnitOfWork, planned: Planned[ParticipationItem], filename: str
) -> tuple[FieldError, ...]:
    """Write every line; the clocks of eligibility follow."""
    items = planned.items
    people = _people(work, items)
    employers = _employers(work, items)
    codes = _free_codes(work, items)
    rows = [_row(work, item, people[item.who.key], employers[item.work.employer.number[:9]], codes) for item in items]
    work.session.add_all(rows)
    work.session.flush()
    for row, item in zip(rows, items, strict=True):
        _record(work, row, item)
    work.session.flush()
    refresh_until(work, people.values())
    for commitment_id in sorted({row.commitment_id for row in rows}):
        acted_on(work, commitment_id)
    decided = sum(item.decision is not None for item in items)
    work.record(
        "participations.imported",
        "user_account",
        work.actor_id or 0,
        filename[:200],
        count=len(items),
        decided=decided,
        already=sum(row.same for row in planned.rows),
    )
    return ()


def _people(work: UnitOfWork, items: tuple[ParticipationItem, ...]) -> dict[tuple[str, int], int]:
    """The id of each person, those of the file created once, with what the file says of them."""
    found: dict[tuple[str, int], int] = {}
    today = work.at.astimezone(PARIS).date()
    told: set[tuple[int, str]] = set()
    for item in items:
        key, identity = item.who.key, item.work.identity
        if key not in found:
            found[key] = item.who.person_id or new_person(work, identity).id
        birth = identity.birth_date.isoformat() if identity.birth_date else ""
        for kind, value in (("birth_date", birth), ("sex", item.work.sex)):
            if value and (found[key], kind) not in told and _unknown(work, found[key], kind):
                told.add((found[key], kind))
                work.session.add(_fact(found[key], kind, value, today))
    return found


def _unknown(work: UnitOfWork, person_id: int, kind: str) -> bool:
    """What is on file is never overwritten by a spreadsheet."""
    return work.session.get(ProtectedFact, (person_id, kind)) is None


def _fact(person_id: int, kind: str, value: str, today: date) -> ProtectedFact:
    return ProtectedFact(
        person_id=person_id, kind=kind, value=value, source=FactSource.IMPORTED, known_on=today, proof=""
    )


def _employers(work: UnitOfWork, items: tuple[ParticipationItem, ...]) -> dict[str, int]:
    """The id of each employer by SIREN; each becomes a party of the commitments where its people are."""
    found: dict[str, int] = {}
    numbers: set[str] = set()
    parties: set[tuple[int, int]] = set()
    for item in items:
        employer = item.work.employer
        siren = employer.number[:9]
        if employer.number not in numbers:
            numbers.add(employer.number)
            found[siren] = _resolved(work, employer)
        pair = (item.work.commitment.id, found[siren])
        if pair not in parties:
            parties.add(pair)
            make_party(work.session, *pair)
    return found


def _resolved(work: UnitOfWork, employer: EmployerItem) -> int:
    wanted = OrganisationInput(employer.number, employer.name, employer.kind, accept_key=True)
    return resolve_organisation(work, wanted, "employer").row.id


def _free_codes(work: UnitOfWork, items: tuple[ParticipationItem, ...]) -> Iterator[str]:
    """H-0043, H-0044…, without those that the file gives itself."""
    taken = {item.code.upper() for item in items if item.code}
    number = next_number(work.session)
    while True:
        if (code := f"H-{number:04d}") not in taken:
            yield code
        number += 1


def _row(
    work: UnitOfWork, item: ParticipationItem, person_id: int, organisation_id: int, codes: Iterator[str]
) -> Participation:
    decision = item.decision
    return Participation(
        code=item.code or next(codes),
        person_id=person_id,
        commitment_id=item.work.commitment.id,
        **columns_of(replace(item.work.typed, organisation_id=organisation_id)),
        outcome=item.work.outcome.value if item.work.outcome else None,
        eligible=Known.YES if decision else Known.UNKNOWN,
        eligible_public=decision.public if decision else None,
        eligible_decided_on=decision.decided_on if decision else None,
        created_at=work.at,
    )


def _record(work: UnitOfWork, row: Participation, item: ParticipationItem) -> None:
    work.record(
        "participation.added",
        "participation",
        row.id,
        commitment_id=row.commitment_id,
        code=row.code,
        route=row.route.value,
    )
    if (decision := item.decision) is None:
        return
    work.session.add(
        EligibilityDecision(
            participation_id=row.id,
            granted=Known.YES,
            public=decision.public,
            decided_on=decision.decided_on,
            proof_kind=decision.proof_kind,
            proof_dated_on=decision.proof_dated_on,
            proof_valid_until=decision.proof_until,
            ends_on=decision.ends_on,
            opinion=decision.opinion,
            override_reason=decision.override_reason,
            by_id=work.actor_id,
            at=work.at,
        )
    )
    # As on the page: the trail is read by administrators and never says by which public.
    work.record(
        "participation.eligibility_decided",
        "participation",
        row.id,
        granted=Known.YES.value,
        overridden=bool(decision.override_reason),
        decided_on=decision.decided_on.isoformat(),
        extension_months=0,
    )
