"""One worked hour shared between commitments of one company: two entries that sum to zero. On both engines."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matching.errors import Conflict, Invalid, NotFound, RuleRefused
from matching.services.clauses import pooling
from matching.services.clauses.checking import check_everything
from matching.services.clauses.pooling import AgreementInput, Document
from matching.services.context import Context
from matching.store.tables.contracts import PoolingAgreement
from tests.clauses_services.test_reversing import decided, validated_of
from tests.clauses_services.test_validating import H, Month, entries
from tests.support import clauses as make
from tests.support import factories

PDF = Document(b"%PDF-1.7 accord", "accord.pdf")


class Pool:
    """Ten hours worked on one commitment, another commitment of the same company, an agreement."""

    def __init__(self, ctx: Context, linked: bool = True) -> None:
        self.month: Month = decided(ctx, 10 * H)
        self.here, self.line = self.month.commitment, self.month.lines[0]
        self.there = make.commitment(ctx, holder_id=self.month.company)
        self.officer = self.month.officer
        self.agreement = make.pooling(ctx, self.month.company, [self.here, self.there]) if linked else 0
        self.typed = AgreementInput(
            self.month.company, [self.here, self.there], "Globalisation 2026", date(2026, 1, 5), date(2026, 1, 1)
        )


def test_shared_hours_move_from_one_commitment_to_the_other(any_ctx: Context) -> None:
    pool = Pool(any_ctx)
    pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, pool.there, 4 * H)
    assert [entry.minutes for entry in entries(any_ctx)] == [10 * H, -4 * H, 4 * H]
    assert (validated_of(any_ctx, pool.here), validated_of(any_ctx, pool.there)) == (6 * H, 4 * H)
    assert check_everything(any_ctx).breaches == ()
    sheet = pooling.read_agreement(any_ctx, pool.officer, pool.agreement)
    assert [(one.minutes, one.code) for one in sheet.shared] == [(4 * H, "H-0001")]
    assert [(one.worked, one.left) for one in sheet.lines] == [(10 * H, 6 * H)]


def test_an_hour_counts_once(any_ctx: Context) -> None:
    pool = Pool(any_ctx)
    pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, pool.there, 6 * H)
    with pytest.raises(RuleRefused, match="Il reste 4"):
        pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, pool.there, 4 * H + 1)
    pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, pool.there, 4 * H)
    assert pooling.read_agreement(any_ctx, pool.officer, pool.agreement).lines == ()


def test_two_officers_at_once_share_no_more_than_was_worked(any_ctx: Context) -> None:
    pool = Pool(any_ctx)
    other, start, told = make.officer(any_ctx), threading.Barrier(2), []

    def share(actor: Any) -> None:
        start.wait()
        try:
            pooling.allocate(any_ctx, actor, pool.line, pool.agreement, pool.there, 6 * H)
            told.append("done")
        except RuleRefused:
            told.append("refused")

    threads = [threading.Thread(target=share, args=(actor,)) for actor in (pool.officer, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done", "refused"]
    assert validated_of(any_ctx, pool.there) == 6 * H
    assert check_everything(any_ctx).breaches == ()


def test_a_share_is_given_back_once(any_ctx: Context) -> None:
    pool = Pool(any_ctx)
    made = pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, pool.there, 4 * H)
    assert pooling.cancel_allocation(any_ctx, pool.officer, made) == pool.agreement
    assert (validated_of(any_ctx, pool.here), validated_of(any_ctx, pool.there)) == (10 * H, 0)
    with pytest.raises(Conflict):
        pooling.cancel_allocation(any_ctx, pool.officer, made)
    pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, pool.there, 10 * H)
    assert check_everything(any_ctx).breaches == ()
    with pytest.raises(NotFound):
        pooling.cancel_allocation(any_ctx, pool.officer, 9999)


def _from_november(work_session: Any, agreement_id: int) -> None:
    work_session.get_one(PoolingAgreement, agreement_id).from_on = date(2026, 11, 1)


def _until_september(work_session: Any, agreement_id: int) -> None:
    work_session.get_one(PoolingAgreement, agreement_id).to_on = date(2026, 9, 30)


@pytest.mark.parametrize("change", [_from_november, _until_september])
def test_only_hours_worked_within_the_dates_are_shared(any_ctx: Context, change: Any) -> None:
    pool = Pool(any_ctx)
    with any_ctx.write(None) as work:
        change(work.session, pool.agreement)
        work.record("test.changed", "pooling_agreement", pool.agreement)
    with pytest.raises(RuleRefused, match="L’accord vaut"):
        pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, pool.there, H)
    assert pooling.read_agreement(any_ctx, pool.officer, pool.agreement).lines == ()


def test_only_between_members_of_the_same_company(any_ctx: Context) -> None:
    pool = Pool(any_ctx)
    outside = make.commitment(any_ctx, holder_id=pool.month.company)
    for target in (outside, pool.here):
        with pytest.raises(RuleRefused):
            pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, target, H)
    stranger = make.commitment(any_ctx)
    wrong = make.pooling(any_ctx, pool.month.company, [pool.here, stranger])
    with pytest.raises(RuleRefused, match="ne travaille plus"):
        pooling.allocate(any_ctx, pool.officer, pool.line, wrong, stranger, H)
    for minutes in (None, 0, -1):
        with pytest.raises(Invalid):
            pooling.allocate(any_ctx, pool.officer, pool.line, pool.agreement, pool.there, minutes)
    with pytest.raises(NotFound):
        pooling.allocate(any_ctx, pool.officer, 9999, pool.agreement, pool.there, H)
    with pytest.raises(NotFound):
        pooling.allocate(any_ctx, pool.officer, pool.line, 9999, pool.there, H)
    assert len(entries(any_ctx)) == 1


def test_what_is_not_validated_is_not_shared(any_ctx: Context) -> None:
    pool = Pool(any_ctx)
    made = make.declaration(any_ctx, pool.here, pool.month.company, {pool.month.people[0]: H})
    with pytest.raises(RuleRefused, match="n’est pas validée"):
        pooling.allocate(any_ctx, pool.officer, make.lines_of(any_ctx, made)[0], pool.agreement, pool.there, H)


def test_an_agreement_is_registered_with_its_document_then_ended(any_ctx: Context) -> None:
    pool = Pool(any_ctx, linked=False)
    made = pooling.register_agreement(any_ctx, pool.officer, pool.typed, PDF)
    (row,) = pooling.list_agreements(any_ctx, pool.officer)
    assert (row.id, row.company, row.label) == (made, "Batibel Construction", "Globalisation 2026")
    assert {member.commitment_id for member in row.members} == {pool.here, pool.there}
    assert row.evidence_id is not None
    pooling.allocate(any_ctx, pool.officer, pool.line, made, pool.there, H)
    for to_on in (None, date(2025, 12, 31), date(2026, 10, 15)):
        with pytest.raises(Invalid):
            pooling.end_agreement(any_ctx, pool.officer, made, row_version(any_ctx, made), to_on)
    with pytest.raises(Conflict):
        pooling.end_agreement(any_ctx, pool.officer, made, 9, date(2026, 12, 31))
    pooling.end_agreement(any_ctx, pool.officer, made, row_version(any_ctx, made), date(2026, 12, 31))
    assert pooling.read_agreement(any_ctx, pool.officer, made).row.to_on == date(2026, 12, 31)


def row_version(ctx: Context, agreement_id: int) -> int:
    with ctx.read() as session:
        return session.get_one(PoolingAgreement, agreement_id).version


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"label": " "}, "label"),
    ({"signed_on": None}, "signed_on"),
    ({"signed_on": date(2027, 1, 1)}, "signed_on"),
    ({"from_on": None}, "from_on"),
    ({"to_on": date(2025, 1, 1)}, "to_on"),
    ({"organisation_id": None}, "organisation_id"),
    ({"organisation_id": 9999}, "organisation_id"),
    ({"commitment_ids": []}, "commitment_ids"),
    ({"commitment_ids": [9998, 9999]}, "commitment_ids"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_what_an_agreement_needs(ctx: Context, change: dict[str, Any], field: str) -> None:
    pool = Pool(ctx, linked=False)
    with pytest.raises(Invalid) as refused:
        pooling.register_agreement(ctx, pool.officer, replace(pool.typed, **change))
    assert [error.field for error in refused.value.errors] == [field]


def test_the_form_offers_companies_with_several_commitments(ctx: Context) -> None:
    pool = Pool(ctx, linked=False)
    make.commitment(ctx, holder_id=factories.organisation(ctx, "Seule"))
    choices = pooling.register_choices(ctx, pool.officer, pool.month.company)
    assert choices.companies == ((pool.month.company, "Batibel Construction"),)
    assert {one.commitment_id for one in choices.commitments} == {pool.here, pool.there}
    assert pooling.register_choices(ctx, pool.officer).commitments == ()
