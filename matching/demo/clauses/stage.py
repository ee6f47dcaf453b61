"""What is built so far, where the dice come from, and transactions dated in the past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from random import Random

from matching.access.permissions import Actor
from matching.clauses.eligibility import DurationRule
from matching.clock import PARIS, FixedClock
from matching.demo.clauses.model import CommitmentPlan, ContractPlan, Crew
from matching.demo.clauses.months import Months
from matching.services.context import Context
from matching.store.tables.accounts import UserAccount
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.unit_of_work import UnitOfWork


@dataclass
class Human:
    """A person who may come on a commitment. `first_hour`: the first day of their validated hours."""

    person_id: int
    facts: dict[str, str]
    first_hour: date | None = None


@dataclass
class Worker:
    """A person on a commitment."""

    participation_id: int
    human: Human
    crew: Crew
    commitment: str
    organisation: str
    started_on: date
    ended_on: date | None
    decided_on: date | None


@dataclass
class Declared:
    """A declaration written, with who worked each line and the minutes that count."""

    row: HourDeclaration
    commitment: str
    month: int
    organisation: str
    lines: list[tuple[DeclarationLine, Worker, int]] = field(default_factory=list)


@dataclass
class Stage:
    """`ids`: the commitments by key. `accounts`: of companies, by key. `declared`: by commitment, month and company."""

    ctx: Context
    months: Months
    dice: Random
    contracts: tuple[ContractPlan, ...]
    companies: dict[str, int] = field(default_factory=dict)
    officers: list[Actor] = field(default_factory=list)
    accounts: dict[str, Actor] = field(default_factory=dict)
    towns: list[str] = field(default_factory=list)
    rules: tuple[DurationRule, ...] = ()
    candidates: list[Human] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    contract_ids: dict[str, int] = field(default_factory=dict)
    contacts: dict[str, int] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    declared: dict[tuple[str, int, str], Declared] = field(default_factory=dict)

    @contextmanager
    def acting(self, at: datetime, actor: Actor | None = None) -> Iterator[UnitOfWork]:
        """A transaction as it would have been on that day."""
        with replace(self.ctx, clock=FixedClock(at)).write(actor) as work:
            yield work

    def day_of(self, work: UnitOfWork) -> date:
        """The day of a transaction, in France."""
        return work.at.astimezone(PARIS).date()

    def officer_of(self, contract: ContractPlan) -> Actor:
        """Two contracts in three are the first officer's."""
        return self.officers[1 if self.contracts.index(contract) % 3 == 2 else 0]

    def contracts_of(self, officer: Actor) -> list[ContractPlan]:
        return [contract for contract in self.contracts if self.officer_of(contract) == officer]

    def commitments_of(self, officer: Actor) -> list[tuple[ContractPlan, CommitmentPlan]]:
        return [(contract, plan) for contract in self.contracts_of(officer) for plan in contract.commitments]

    def plan(self, key: str) -> CommitmentPlan:
        return next(plan for contract in self.contracts for plan in contract.commitments if plan.key == key)

    def notified_on(self, contract: ContractPlan) -> date:
        return self.months.working_day(self.months.day(contract.notified, 8 + len(contract.object) % 12))


def actor_of(account: UserAccount) -> Actor:
    return Actor(account.id, account.name, account.role, establishment_id=account.establishment_id)
