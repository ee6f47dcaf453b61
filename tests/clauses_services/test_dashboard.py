"""The first screens of clauses: what waits, one's own first, figures from folds, a fixed number of statements."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import event as sql_event
from sqlalchemy import update

from matching.access.permissions import Actor
from matching.clauses.terms import DeclarationState
from matching.services.blocks import Block, Figure
from matching.services.clauses.documents import ISSUED
from matching.services.context import Context
from matching.services.today import Today, read_today
from matching.store.tables.base import Base
from matching.store.tables.contracts import ContactExchange
from matching.store.tables.declarations import CorrectionRequest, HourDeclaration
from matching.store.tables.follow_through import RecoveryPlan
from tests.support import clauses as make
from tests.support import factories

# The clock of tests: Monday 23 November 2026, 10 o'clock in Paris.
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def add(ctx: Context, row: Base) -> None:
    with ctx.write(None) as work:
        factories._added(work, row, "test.row")


def sent(ctx: Context, declaration_id: int, **columns: Any) -> None:
    with ctx.write(None) as work:
        work.session.execute(update(HourDeclaration).where(HourDeclaration.id == declaration_id).values(**columns))
        work.record("test.sent", "hour_declaration", declaration_id)


def block(found: Today, title: str) -> Block:
    return next((one for one in found.blocks if one.title.startswith(title)), Block(title, (), 0))


def told(found: Today, title: str) -> list[tuple[str, str]]:
    return [(task.what, task.when) for task in block(found, title).tasks]


def figure(found: Today, label: str) -> Figure:
    return next(one for one in found.keys if one.label.startswith(label))


def test_nothing_yet(any_ctx: Context) -> None:
    found = read_today(any_ctx, make.officer(any_ctx))
    assert [one.title for one in found.blocks] == ["Déclarations à valider", "Engagements en retard"]
    assert (found.total, figure(found, "Engagements").value, figure(found, "Validées").value) == (0, "0", "0\u00a0h")


def test_declarations_mine_then_the_oldest(any_ctx: Context) -> None:
    me, other = make.officer(any_ctx), make.officer(any_ctx, "Inès Inventée")
    company = factories.organisation(any_ctx, "Batibel")
    keys = []
    for who, days in ((other, 9), (me, 1), (me, 6)):
        key = make.commitment(any_ctx, holder_id=company, facilitator_id=who.user_id, validated_minutes=60_000)
        worker = make.participation(any_ctx, key, organisation_id=company)
        keys.append(make.declaration(any_ctx, key, company, {worker: 90}))
        sent(any_ctx, keys[-1], submitted_at=NOW - timedelta(days=days))
    found = block(read_today(any_ctx, me), "Déclarations")
    assert [task.key for task in found.tasks] == [keys[2], keys[1], keys[0]]
    assert [task.urgent for task in found.tasks] == [True, False, True]
    assert found.tasks[0].why.partition(". ")[2] == "Batibel\u00a0: 1\u00a0h\u00a030, 1\u00a0ligne."
    assert found.tasks[2].why.endswith("Suivi par Inès Inventée.")
    assert found.tasks[1].when == "Depuis hier"


def test_late_mine_first_with_who_must_act(any_ctx: Context) -> None:
    me, company = make.officer(any_ctx), factories.organisation(any_ctx, "Vasseur Peinture")
    worst = make.commitment(any_ctx, holder_id=company, label="Le pire")
    mine = make.commitment(any_ctx, holder_id=company, facilitator_id=me.user_id, validated_minutes=45_000)
    make.commitment(any_ctx, holder_id=company, label="Dans les temps", validated_minutes=55_000)
    make.commitment(any_ctx, holder_id=company, label="Fini", window_to=date(2026, 11, 1))
    found = block(read_today(any_ctx, me), "Engagements en retard")
    assert [(task.key, task.tone) for task in found.tasks] == [(mine, "ask"), (worst, "stop")]
    assert (found.tasks[0].when, found.tasks[0].hours) == ("\u221215\u00a0points", (45_000, 60_000))
    assert found.tasks[1].why.startswith("À Vasseur Peinture de proposer un plan de rattrapage")


def test_what_else_waits(any_ctx: Context) -> None:
    me, company = make.officer(any_ctx), factories.organisation(any_ctx, "Vasseur Peinture")
    key = make.commitment(any_ctx, holder_id=company, window_to=date(2026, 12, 20), validated_minutes=60_000)
    worker = make.participation(any_ctx, key, organisation_id=company, eligible_until=date(2026, 12, 19))
    done = make.declaration(any_ctx, key, company, {worker: 90}, state=DeclarationState.VALIDATED)
    asked = NOW - timedelta(days=7)
    add(any_ctx, CorrectionRequest(declaration_id=done, message="Une heure de trop", asked_at=asked))
    plan: dict[str, Any] = {"commitment_id": key, "people": 2, "weekly_minutes": 2100, "weeks": 9, "minutes": 37_800}
    plan |= {"from_on": date(2026, 11, 2), "created_at": asked}
    add(any_ctx, RecoveryPlan(**plan))
    add(any_ctx, RecoveryPlan(**plan, state="approved", review_on=date(2026, 11, 30)))
    add(any_ctx, ContactExchange(commitment_id=key, happened_on=date(2026, 9, 24), channel="call", at=asked))
    ended = make.commitment(any_ctx, label="Lot fini", window_to=date(2026, 11, 13), validated_minutes=60_000)
    certified = make.commitment(any_ctx, window_to=date(2026, 11, 13))
    with any_ctx.write(None) as work:
        work.record(ISSUED, "commitment", certified, state="final")
    found = read_today(any_ctx, me)
    assert told(found, "Demandes") == [("Vasseur Peinture demande une correction", "Depuis 7\u00a0jours")]
    assert [task.key for task in block(found, "Plans").tasks] == [key]
    assert block(found, "Plans").tasks[0].why.endswith("9\u00a0semaines\u00a0: 630\u00a0h.")
    assert told(found, "Attestations") == [("Lot fini", "Depuis 10\u00a0jours")]
    assert block(found, "Attestations").tasks[0].key == ended
    assert [when for _, when in told(found, "Éligibilités")] == ["19\u00a0décembre"]
    assert [when for _, when in told(found, "Personne")] == ["60\u00a0jours"]
    assert told(found, "Bientôt") == [
        ("Point sur le plan, Lot 1 Peinture", "30\u00a0novembre"),
        ("Heures de novembre attendues", "5\u00a0décembre"),
        ("Fin des travaux, Lot 1 Peinture", "20\u00a0décembre"),
    ]
    assert found.summary == "Aucune déclaration à valider, aucun engagement en retard."
    assert found.total == 3  # what stands in the margin is to keep in mind, not to do


def test_figures(any_ctx: Context) -> None:
    me, company = make.officer(any_ctx), factories.organisation(any_ctx)
    works = make.contract(any_ctx, notified_on=date(2025, 1, 1), start_on=date(2025, 1, 1))
    key = make.commitment(any_ctx, works, holder_id=company, minutes=90_000, window_from=date(2025, 1, 1))
    worker = make.participation(any_ctx, key, organisation_id=company, started_on=date(2025, 1, 1))
    for month, minutes in (
        (date(2026, 10, 1), 6_000),
        (date(2026, 3, 1), 1_200),
        (date(2025, 6, 1), 3_000),
        (date(2025, 12, 1), 600),  # later in the year than today: not compared
    ):
        make.validated(any_ctx, key, worker, minutes, month)
    for days in (1, 3, 8, 200):
        one = make.declaration(any_ctx, key, company, state=DeclarationState.REJECTED, month=date(2026, 9, 1))
        decided = NOW - timedelta(days=100 if days == 200 else 0)
        sent(any_ctx, one, submitted_at=decided - timedelta(days=days), decided_at=decided, decided_by_id=me.user_id)
    found = read_today(any_ctx, me)
    assert (figure(found, "Engagements").value, figure(found, "Engagements").note) == ("1", "1\u00a0titulaire")
    assert figure(found, "Heures dues").value == "1\u00a0500\u00a0h"
    validated = figure(found, "Validées en 2026")
    assert (validated.value, validated.note) == ("120\u00a0h", "à fin novembre 2025\u00a0: 50\u00a0h")
    assert figure(found, "Personnes").value == "1"
    assert figure(found, "Votre réponse").value == "3\u00a0jours"


def test_a_company_declares_and_a_buyer_reads_its_own(any_ctx: Context) -> None:
    company, buyer_id = factories.organisation(any_ctx), make.buyer_organisation(any_ctx)
    works = make.contract(any_ctx, buyer_id)
    late = make.commitment(any_ctx, works, lot="1", holder_id=company)
    fine = make.commitment(any_ctx, works, lot="2", validated_minutes=60_000)
    make.commitment(any_ctx)  # another buyer's
    make.participation(any_ctx, late, organisation_id=company, started_on=date(2026, 10, 1))
    employer = read_today(any_ctx, make.company(any_ctx, company))
    assert [(task.page, task.key) for task in employer.blocks[0].tasks] == [("declare.following", late)]
    assert [one.title for one in read_today(any_ctx, make.company(any_ctx)).blocks] == ["Vos offres"]
    buyer = read_today(any_ctx, make.buyer(any_ctx, buyer_id))
    assert [[(task.page, task.key) for task in one.tasks] for one in buyer.blocks] == [
        [("buyer.show", late)],
        [("buyer.show", fine)],
    ]
    assert (buyer.keys, buyer.summary) == ((), "1\u00a0engagement en retard.")


def _statements(ctx: Context, actor: Actor) -> list[str]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sql_event.listen(ctx.engine, "before_cursor_execute", note)
    try:
        read_today(ctx, actor)
    finally:
        sql_event.remove(ctx.engine, "before_cursor_execute", note)
    return seen


def test_as_many_statements_for_20_as_for_2_and_none_reads_the_ledger(any_ctx: Context) -> None:
    me, company = make.officer(any_ctx), factories.organisation(any_ctx)
    works = make.contract(any_ctx)
    counts = []
    for number in (2, 18):
        for lot in range(number):
            key = make.commitment(any_ctx, works, lot=f"{number}-{lot}", holder_id=company)
            worker = make.participation(any_ctx, key, organisation_id=company, eligible_until=date(2026, 12, 1))
            make.declaration(any_ctx, key, company, {worker: 60})
            make.commitment(any_ctx, works, lot=f"{number}-{lot}-fini", window_to=date(2026, 11, 1))
            heard = ContactExchange(commitment_id=key, happened_on=date(2026, 9, 1), channel="call", at=NOW)
            add(any_ctx, heard)
        seen = _statements(any_ctx, me)
        assert not [statement for statement in seen if "ledger_entry" in statement]
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 50
