"""Who opens what: every rule of the URL map × every role × whose object, from the table written here.

Three witnesses: the status, the canary words of what one may not read, and the tables written.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import true
from werkzeug.routing import Rule

from matching.access import permissions
from matching.access.permissions import Permission, allowed
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.people import Candidate
from matching.terms import Role
from matching.web import guard
from tests.trust.world import CANARY, NOBODYS, OTHER, OWN, TRACES, World, plain, writes

pytestmark = pytest.mark.long

STAFF = {Role.ADVISER, Role.UNIT_MANAGER}
OFFICER = {Role.CLAUSE_OFFICER}
EVERYBODY = {*Role, None}
# Who opens the pages under an address; the longest address that fits wins. Written again here on purpose:
# a guard widened in the product must not widen what is expected.
WHO: dict[str, set[Role | None]] = {
    "/": set(Role),
    "/accessibilite": EVERYBODY,
    "/administration": {Role.ADMINISTRATOR},
    "/acheteur": {Role.BUYER},
    "/aide": EVERYBODY,
    "/aujourdhui": set(Role),
    "/compte": set(Role),
    "/connexion": EVERYBODY,
    "/couleurs.css": EVERYBODY,
    "/bilans": OFFICER,
    "/bilans-annuels": OFFICER,
    "/declarations": OFFICER,
    "/declarer": EVERYBODY,
    "/deconnexion": EVERYBODY,
    "/donnees-personnelles": EVERYBODY,
    "/employeur": {Role.EMPLOYER},
    "/employeurs": STAFF,
    "/engagements": OFFICER,
    "/equite": {Role.UNIT_MANAGER, Role.PILOT},
    "/heures": {Role.EMPLOYER},
    "/justificatifs": OFFICER,
    "/metiers": set(Role),
    "/marches-publies": OFFICER,
    "/mutualisation": OFFICER,
    "/offres": STAFF,
    "/participants": OFFICER,
    "/personnes": STAFF,
    "/propositions": STAFF,
    "/recherche": STAFF,
    "/registres": OFFICER,
    "/reglages-clauses": {Role.CLAUSE_OFFICER, Role.ADMINISTRATOR},
    "/reprise": OFFICER,
    "/unite": {Role.UNIT_MANAGER},
    "/unite/poids": {Role.UNIT_MANAGER, Role.ADMINISTRATOR},
}
# An employer's or a buyer's name is no secret for those who follow them all.
_EVERYBODYS_NAMES = (
    "/employeurs", "/offres", "/administration", "/bilans", "/declarations", "/engagements", "/marches-publies",
    "/registres",
)  # fmt: skip
# Sent as forms because names must not stand in addresses: they write nothing but what was read.
SEARCHES = {"/personnes/chercher", "/recherche", "/offres/<int:offer_id>/personnes/pourquoi"}
ROLES: list[Role | None] = [None, *Role]
WRITING = {
    Permission.RANK_CANDIDATES,  # « pourquoi pas cette personne ? » keeps a name out of the address
    Permission.EDIT_CANDIDATE,
    Permission.IMPORT_CANDIDATES,
    Permission.EDIT_OFFER,
    Permission.CHECK_OFFER,
    Permission.IMPORT_OFFERS,
    Permission.PROPOSE,
    Permission.POST_OWN_OFFER,
    Permission.MANAGE_UNIT,
    Permission.EDIT_WEIGHTS,
    Permission.ADMINISTER,
    Permission.OWN_ACCOUNT,
    Permission.EDIT_CLAUSES,
    Permission.DECIDE_ELIGIBILITY,
    Permission.DECIDE_HOURS,
    Permission.DECIDE_PENALTY,
    Permission.IMPORT_CLAUSES,
    Permission.EDIT_CLAUSE_RULES,
    Permission.DECLARE_HOURS,
}


def openers(rule: Rule) -> set[Role | None]:
    fits = [prefix for prefix in WHO if rule.rule == prefix or rule.rule.startswith(prefix.rstrip("/") + "/")]
    assert fits, f"{rule.rule}: who opens it is not written in WHO"
    return WHO[max(fits, key=len)]


def test_every_rule_declares_a_permission_or_is_public(world: World) -> None:
    with world.app.app_context():
        declared = {rule.rule: guard.declared(rule.endpoint) for rule in world.app.url_map.iter_rules()}
    assert [rule for rule, asked in declared.items() if asked is None] == []
    public = {rule for rule, asked in declared.items() if asked == guard.PUBLIC}
    open_to_all = {rule for rule, who in WHO.items() if who == EVERYBODY} | {"/static/<path:filename>"}
    assert {rule.partition("/<token>")[0] for rule in public} <= open_to_all


def test_what_is_declared_is_what_is_expected(world: World) -> None:
    with world.app.app_context():
        for rule in world.rules("GET") + world.rules("POST"):
            asked = guard.declared(rule.endpoint)
            expected = openers(rule)
            opened = EVERYBODY if asked == guard.PUBLIC else {r for r in Role if allowed(r, Permission(str(asked)))}
            assert opened == expected, f"{rule.rule}: {asked}"


def test_no_form_is_sent_under_a_permission_to_read(world: World) -> None:
    with world.app.app_context():
        asked = {rule.rule: guard.declared(rule.endpoint) for rule in world.rules("POST")}
    assert {rule for rule, a in asked.items() if a != guard.PUBLIC and a not in WRITING} <= SEARCHES


def faults(world: World, method: str, only: str = "") -> Iterator[str]:
    """Everything that does not answer as the table says."""
    for rule in world.rules(method):
        if not rule.rule.startswith(only) or rule.rule == "/deconnexion":
            continue
        who = openers(rule)
        for role in ROLES:
            # An officer follows the commitments of the whole Département: no one's are another's. A link to declare
            # is whoever holds it, an officer like anybody. A pilot reads figures of every unit.
            all_are_own = (role is Role.CLAUSE_OFFICER and not rule.rule.startswith("/declarer")) or (
                role is Role.PILOT and rule.rule.startswith("/equite")
            )
            others = OWN if all_are_own else OTHER
            unknown = _ask(world, role, method, world.address(rule, NOBODYS))
            for whose in dict.fromkeys((others, OWN) if method == "GET" else (others,)):
                path = world.address(rule, whose)
                if path is not None:
                    yield from _judge(world, role, role in who, method, path, whose, unknown)
            if method == "POST" and role not in who and (path := world.address(rule, OWN)):
                yield from _judge(world, role, False, method, path, OWN, None)
            if unknown and role in who and unknown[0] != 404:
                yield f"{role} {method} {rule.rule} unknown: {unknown[0]}"


def _ask(world: World, role: Role | None, method: str, path: str | None) -> tuple[int, str] | None:
    if path is None:
        return None
    answer = world.client(role).open(path, method=method)
    return answer.status_code, answer.get_data().decode(errors="replace")  # a PDF is no text


def _judge(
    world: World, role: Role | None, opens: bool, method: str, path: str, whose: str, unknown: tuple[int, str] | None
) -> Iterator[str]:
    world.client(role)  # logged in before anything is counted
    with writes(world.ctx) as tables:
        answer = _ask(world, role, method, path)
    assert answer is not None
    status, body = answer
    told = f"{role} {method} {path} ({whose}): {status}"
    if opens and whose == OWN:
        # A form sent empty may be refused with its remedy; a page that one may read opens.
        if status >= 400 and not (status in (404, 409, 422) if method == "POST" else path == "/unite/confier"):
            yield told
    elif opens and whose == OTHER:
        if status != 404 or unknown is None or plain(body) != plain(unknown[1]):
            yield told + " instead of the page of an unknown id"
    elif role is None:
        if status != 302:
            yield told + " instead of the login page"
    elif status != 403:
        yield told + " instead of 403"
    # An employer's name is no secret for staff: only its people, its drafts and its accounts are.
    # So are labels of commitments for clause officers, who follow all of them.
    labels = role is Role.CLAUSE_OFFICER and path.startswith(("/aujourdhui", "/participants"))
    if CANARY in body and not (opens and (labels or path.startswith(_EVERYBODYS_NAMES))):
        yield told + " tells a word of what may not be read"
    allowed_tables = TRACES if opens and whose == OWN else {"web_session"}
    if tables - allowed_tables:
        yield told + f" writes {sorted(tables - allowed_tables)}"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_each_role_opens_what_is_its_own_and_nothing_else(world: World, method: str) -> None:
    assert list(faults(world, method)) == []


def test_lists_do_not_tell_what_is_not_one_s_own(world: World) -> None:
    """An adviser's lists: not the people of another unit, nor a draft of another employer."""
    for path in ("/personnes", "/personnes?q=canari", "/personnes/export.csv", "/offres", "/offres?q=canari"):
        body = world.client(Role.ADVISER).get(path).get_data(as_text=True)
        assert f"{CANARY} poste" not in body, path
        assert f"{CANARY}-Nom" not in body, path
    body = world.client(Role.EMPLOYER).get("/employeur/offres").get_data(as_text=True)
    assert CANARY not in body


def test_control_a_wider_scope_turns_it_red(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scope._SCOPES, Candidate, lambda _actor: true())
    found = list(faults(world, "GET", "/personnes/<int:candidate_id>"))
    assert any("instead of the page of an unknown id" in fault for fault in found)
    assert any("tells a word" in fault for fault in found)


def test_control_a_wider_role_turns_it_red(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wider = permissions.PERMISSIONS[Role.EMPLOYER] | {Permission.READ_CANDIDATE}
    monkeypatch.setitem(permissions.PERMISSIONS, Role.EMPLOYER, wider)
    assert any("instead of 403" in fault for fault in faults(world, "GET", "/personnes"))
    with pytest.raises(AssertionError):
        test_what_is_declared_is_what_is_expected(world)


def test_control_a_page_made_public_turns_it_red(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.app.view_functions["offers.index"], guard._MARK, guard.PUBLIC)
    with pytest.raises(AssertionError):
        test_every_rule_declares_a_permission_or_is_public(world)


def test_control_a_get_that_writes_is_noticed(world: World, ctx: Context) -> None:
    with writes(ctx) as tables, ctx.write(None) as work:
        work.session.get_one(Candidate, 1).approved_sentence = "Changé."
        work.record("test.changed", "candidate", 1)
    assert tables - TRACES == {"candidate"}
