"""One transaction per use case: it commits the change, its audit events and the data versions together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine, event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.exc import StaleDataError

from matching.errors import Conflict
from matching.store import trail
from matching.store.bulk import insert_of
from matching.store.database import WRITE_OPTION
from matching.store.tables import offers, organisations, people, proposals, protected, reference
from matching.store.tables.base import Base
from matching.store.tables.trail import DataClock

PEOPLE, OFFERS, REFERENCE, POLICY = "people", "offers", "reference", "policy"
PROTECTED = "protected"
"""The answers that reserved offers rest on: nothing is kept of them, only how often they were written."""

_ABOUT_A_CANDIDATE = (
    people.CandidateFact,
    people.CandidateGoal,
    people.CandidateExperience,
    people.CandidateSkill,
    people.CandidateWindow,
    proposals.Proposal,
)
_STREAM_OF: dict[type[Base], str] = {
    offers.Offer: OFFERS,
    reference.CriterionWeight: POLICY,
    reference.Remedy: POLICY,
    reference.RankingSetting: POLICY,
    reference.FactKind: REFERENCE,
    reference.TransitNetwork: REFERENCE,
    reference.TransitNetworkCommune: REFERENCE,
    reference.OccupationSynonym: REFERENCE,
    organisations.EmploymentUnit: REFERENCE,
    protected.ProtectedFact: PROTECTED,
}


class MissingEvent(RuntimeError):
    """A use case changed data without saying what happened: a fault of the program, refused at commit."""


class UnitOfWork:
    """The session of a use case, and what it has to say. Nothing is kept unless the block ends well."""

    def __init__(self, session: Session, at: datetime, actor_id: int | None) -> None:
        self.session = session
        self.at = at
        self.actor_id = actor_id
        self._events: list[trail.Event] = []
        self._touched: set[int] = set()
        self._streams: set[str] = set()
        self._wrote = False
        event.listen(session, "before_flush", self._watch)
        event.listen(session, "do_orm_execute", self._watch_statement)

    def record(self, action: str, subject_type: str, subject_id: int, note: str = "", **details: trail.Detail) -> None:
        """Say what happened. `details`: codes, identifiers, amounts. Names and free text go in `note`."""
        self._events.append(trail.Event(action, subject_type, subject_id, details, note))

    def touch_candidates(self, candidate_ids: list[int]) -> None:
        """Tell the ranking that these profiles changed, when rows were written without the ORM."""
        self._touched.update(candidate_ids)
        self._wrote = True

    def touch_stream(self, stream: str) -> None:
        """Raise the version of a whole stream (reference loaded, weights changed)."""
        self._streams.add(stream)
        self._wrote = True

    def _watch(self, session: Session, _context: object, _instances: object) -> None:
        for item in [*session.new, *session.dirty, *session.deleted]:
            if item in session.dirty and not session.is_modified(item):
                continue
            self._wrote = True
            if isinstance(item, _ABOUT_A_CANDIDATE):
                if item.candidate_id is not None:
                    self._touched.add(item.candidate_id)
            elif isinstance(item, people.Candidate):
                self._streams.add(PEOPLE)
                if item.id is not None:
                    self._touched.add(item.id)
            elif stream := _STREAM_OF.get(type(item)):
                self._streams.add(stream)

    def _watch_statement(self, state: ORMExecuteState) -> None:
        # Statements that go round the ORM change data just as well.
        if state.is_insert or state.is_update or state.is_delete:
            self._wrote = True

    def finish(self) -> None:
        """Number the changes, chain the events. Always in this order, so that two writers never wait on each other."""
        new = [item for item in self.session.new if isinstance(item, people.Candidate)]
        self.session.flush()
        self._touched.update(item.id for item in new)
        if self._wrote and not self._events:
            raise MissingEvent("data changed without an audit event")
        if self._touched:
            self._streams.add(PEOPLE)
        for stream in sorted(self._streams):
            version = self._raise_version(stream)
            if stream == PEOPLE:
                self._stamp(version)
        if self._events:
            trail.append(self.session, self.at, self.actor_id, self._events)
        self.session.flush()

    def _raise_version(self, stream: str) -> int:
        # In one statement: two transactions that are the first of a stream do not collide.
        first = insert_of(self.session)(DataClock).values(stream=stream, version=1)
        raised = first.on_conflict_do_update(
            index_elements=["stream"], set_={"version": DataClock.version + 1}
        ).returning(DataClock.version)
        return int(self.session.execute(raised).scalar_one())

    def _stamp(self, version: int) -> None:
        ids = sorted(self._touched)
        table = people.Candidate
        for start in range(0, len(ids), 500):
            self.session.execute(
                update(table)
                .where(table.id.in_(ids[start : start + 500]))
                .values(data_version=version)
                .execution_options(synchronize_session=False)
            )
        # Profiles added by the ORM in this transaction and not named above.
        self.session.execute(
            update(table)
            .where(table.data_version == 0)
            .values(data_version=version)
            .execution_options(synchronize_session=False)
        )


CHANGED_MEANWHILE = (
    "Une autre personne a modifié ces informations pendant ce temps. Rouvrez la page pour voir ce qui a "
    "changé, puis refaites votre modification."
)


@contextmanager
def write(engine: Engine, at: datetime, actor_id: int | None) -> Iterator[UnitOfWork]:
    """A transaction that writes. Raises `Conflict` when somebody else was faster."""
    bound = engine.execution_options(**{WRITE_OPTION: True})
    with Session(bound, expire_on_commit=False, autoflush=False) as session:
        work = UnitOfWork(session, at, actor_id)
        try:
            with session.begin():
                yield work
                work.finish()
        except StaleDataError:
            raise Conflict(CHANGED_MEANWHILE) from None
        except IntegrityError as error:
            raise Conflict(
                "Ces informations existent déjà, ou viennent d’être utilisées par quelqu’un d’autre. "
                "Rien n’a été enregistré : rouvrez la page et vérifiez.",
                # The first line names the constraint; PostgreSQL's next one quotes the values, which may be names.
                constraint=str(error.orig).partition("\n")[0][:200],
            ) from error


@contextmanager
def read(engine: Engine) -> Iterator[Session]:
    """A session that only reads: whatever is pending at the end is dropped, what was loaded stays readable.

    All its statements see the database at one moment, on SQLite by nature: somebody added between two reads of
    the ranking's snapshot would otherwise be half there.
    """
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine, expire_on_commit=False, autoflush=False) as session:
        try:
            yield session
        finally:
            # A rollback expires the rows it holds: let go of them first.
            session.expunge_all()
            session.rollback()


def current_versions(session: Session) -> dict[str, int]:
    """The version of every stream, as committed."""
    return {row.stream: row.version for row in session.execute(select(DataClock.stream, DataClock.version))}
