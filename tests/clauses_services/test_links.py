"""Links without an account: made for one company and one month, told once, kept by their SHA-256, revoked at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clock import FixedClock
from matching.errors import Forbidden, Invalid, NotFound, RuleRefused
from matching.services.clauses import declaring, declaring_writing, links
from matching.services.clauses.declaring_writing import TypedLine
from matching.services.context import Context
from matching.store.tables.declarations import DeclarationLink
from matching.store.tables.trail import AuditEvent
from tests.support import clauses

OCTOBER = clauses.OCTOBER


@dataclass
class Site:
    ctx: Context
    officer: Actor
    company: int
    commitment: int

    def link(self, **changes: object) -> links.NewLink:
        values: dict[str, object] = {"organisation_id": self.company, "month": OCTOBER, "days": 14} | changes
        return links.create_link(self.ctx, self.officer, self.commitment, **values)  # type: ignore[arg-type]


def build(ctx: Context) -> Site:
    company = clauses.organisation_of(ctx, clauses.company(ctx))
    return Site(ctx, clauses.officer(ctx), company, clauses.commitment(ctx, holder_id=company))


@pytest.fixture
def site(ctx: Context) -> Site:
    return build(ctx)


def test_a_link_opens_one_month_of_one_company(any_ctx: Context) -> None:
    site = build(any_ctx)
    made = site.link()
    found = links.declarant_by_token(any_ctx, made.token)
    assert (found.organisation_id, found.commitment_id, found.month) == (site.company, site.commitment, OCTOBER)
    assert (found.actor, found.link_id) == (None, made.id)


def test_only_its_sha_256_is_kept_and_its_events_do_not_tell_it(site: Site) -> None:
    made = site.link()
    with site.ctx.read() as session:
        assert session.execute(select(DeclarationLink.token_hash)).scalar_one() == (
            hashlib.sha256(made.token.encode()).hexdigest()
        )
        details = [str(row) for row in session.execute(select(AuditEvent.details)).scalars()]
    assert not any(made.token in text for text in details)
    assert len(made.token) == 43


def test_what_was_done_by_a_link_says_so(any_ctx: Context) -> None:
    site = build(any_ctx)
    made = site.link()
    person = clauses.participation(any_ctx, site.commitment, organisation_id=site.company)
    declarant = links.declarant_by_token(any_ctx, made.token)
    declaring_writing.save_month(any_ctx, declarant, 0, {str(person): TypedLine("7h30")})
    view = declaring.open_month(any_ctx, declarant)
    declaring_writing.submit_month(any_ctx, declarant, view.version)
    with any_ctx.read() as session:
        query = select(AuditEvent).where(AuditEvent.action.like("declaration.%")).order_by(AuditEvent.id)
        events = session.execute(query).scalars().all()
        assert [(event.action, event.actor_id) for event in events] == [
            ("declaration.kept", None),
            ("declaration.submitted", None),
        ]
        assert all(f'"link_id":{made.id}' in str(event.details).replace(" ", "") for event in events)
        assert session.get_one(DeclarationLink, made.id).last_used_at == any_ctx.clock.now()
    assert "lien" in declaring.open_month(any_ctx, declarant).submitted_by


def closed(ctx: Context, token: str) -> str:
    with pytest.raises(NotFound) as refused:
        links.declarant_by_token(ctx, token)
    return refused.value.message


def test_expired_revoked_and_guessed_are_told_the_same_way(site: Site, clock: FixedClock) -> None:
    revoked, kept = site.link(), site.link()
    links.revoke_link(site.ctx, site.officer, site.commitment, revoked.id)
    links.revoke_link(site.ctx, site.officer, site.commitment, revoked.id)
    told = {closed(site.ctx, token) for token in (revoked.token, "a" * 43, "", "é" * 43, kept.token[:-1], "'" * 43)}
    assert links.declarant_by_token(site.ctx, kept.token)
    clock.instant += timedelta(days=14)
    told.add(closed(site.ctx, kept.token))
    assert told == {links.CLOSED}


def test_a_link_revoked_while_its_page_is_open_writes_nothing(site: Site) -> None:
    made = site.link()
    person = clauses.participation(site.ctx, site.commitment, organisation_id=site.company)
    declarant = links.declarant_by_token(site.ctx, made.token)
    links.revoke_link(site.ctx, site.officer, site.commitment, made.id)
    with pytest.raises(NotFound, match="ne permet plus"):
        declaring_writing.save_month(site.ctx, declarant, 0, {str(person): TypedLine("7h")})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"organisation_id": None}, "organisation_id"),
        ({"organisation_id": 987_654}, "organisation_id"),
        ({"month": None}, "month"),
        ({"days": 0}, "days"),
        ({"days": 61}, "days"),
        ({"days": None}, "days"),
    ],
)
def test_what_a_link_needs(site: Site, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        site.link(**changes)
    assert [error.field for error in refused.value.errors] == [field]


def test_no_link_for_a_month_that_cannot_be_declared(site: Site) -> None:
    with pytest.raises(RuleRefused, match="pas commencé"):
        site.link(month=OCTOBER.replace(month=12))


def test_the_list_tells_what_lives(site: Site) -> None:
    first = site.link()
    site.link()
    links.revoke_link(site.ctx, site.officer, site.commitment, first.id)
    page = links.list_links(site.ctx, site.officer, site.commitment)
    assert [(row.live, row.month) for row in page.links] == [(True, OCTOBER), (False, OCTOBER)]
    assert [key for key, _ in page.companies] == [site.company]


def test_the_last_month_finished_comes_first_and_the_one_going_on_last(site: Site, clock: FixedClock) -> None:
    def months() -> tuple[date, ...]:
        return links.list_links(site.ctx, site.officer, site.commitment).months

    november = OCTOBER.replace(month=11)
    assert (months()[0], months()[-1]) == (OCTOBER, november)
    clock.instant += timedelta(days=7)  # the 30th: its hours are all taken
    assert months()[:2] == (november, OCTOBER)


def test_another_commitment_s_link_is_not_found_and_companies_make_none(site: Site) -> None:
    made = site.link()
    other = clauses.commitment(site.ctx)
    with pytest.raises(NotFound):
        links.revoke_link(site.ctx, site.officer, other, made.id)
    with pytest.raises(Forbidden):
        links.create_link(site.ctx, clauses.company(site.ctx), site.commitment, site.company, OCTOBER, 14)


def test_the_mail_names_nobody_but_the_officer(site: Site) -> None:
    made = site.link()
    subject, text = links.mail_of(made, "https://exemple.test/declarer/x", "Département de l’Essai")
    assert "octobre\u00a02026" in subject
    assert "https://exemple.test/declarer/x" in text
    assert site.officer.name in text
    assert "07/12/2026" in text
