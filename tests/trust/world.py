"""Two of everything, one of each role's own: what the matrices of rights are drawn on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.routing import Rule

from matching.access.permissions import Actor
from matching.services.clauses.evidence import TIMESHEET, store_evidence
from matching.services.clauses.links import create_link
from matching.services.clauses.snapshots import freeze_year
from matching.services.context import Context
from matching.services.reference import load_embedded
from matching.store.tables.reference import LegalParameter, OccupationSynonym, Remedy, TransitNetwork
from matching.terms import OfferState, ProposalState, Role
from tests.support import clauses
from tests.support import factories as make
from tests.support.pages import client_of

UNKNOWN = 987_654
OWN, OTHER, NOBODYS = "own", "other", "unknown"
CANARY = "Canari"
"""In every name and title that the actors may not read."""

WATCHED = re.compile(r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
TRACES = {"read_log", "exposure_log", "audit_event", "audit_note", "chain_head", "web_session", "data_clock"}
"""What reading may write: the traces of having read."""


@dataclass
class World:
    app: Flask
    ctx: Context
    actors: dict[Role | None, Actor | None]
    ids: dict[str, dict[str, Any]]
    clients: dict[Role | None, FlaskClient] = field(default_factory=dict)

    def client(self, role: Role | None) -> FlaskClient:
        if role not in self.clients:
            self.clients[role] = client_of(self.app, self.actors[role])
        return self.clients[role]

    def rules(self, method: str) -> list[Rule]:
        """Every rule of the URL map that answers `method`, but files served as they are."""
        found = [rule for rule in self.app.url_map.iter_rules() if method in (rule.methods or ())]
        return sorted((rule for rule in found if rule.endpoint != "static"), key=lambda rule: rule.rule)

    def address(self, rule: Rule, whose: str) -> str | None:
        """The rule's path for an object of `whose`; None when this rule has no such object."""
        names = sorted(rule.arguments)
        values: dict[str, Any] = {}
        varies = not names and whose == OWN
        for name in names:
            known = self.ids[key] if (key := f"{rule.endpoint.split('.')[0]}.{name}") in self.ids else self.ids[name]
            if whose in known:
                varies = True
            values[name] = known.get(whose, known[OWN])
        if not varies:
            return None
        path: str = self.app.url_map.bind("localhost").build(rule.endpoint, values)
        return path


def build(app: Flask, ctx: Context) -> World:
    """The objects of each kind: one's own, somebody else's, and an id that nobody has."""
    load_embedded(ctx)
    unit, far = make.unit(ctx, "Unité d’ici"), make.unit(ctx, "Unité d’ailleurs")
    ours, theirs = make.establishment(ctx, name="Cantine d’ici"), make.establishment(ctx, name=f"{CANARY} et Cie")
    adviser, stranger = make.adviser(ctx, unit, "Ada Essai"), make.adviser(ctx, far, f"Zoé {CANARY}")
    employer, rival = make.employer(ctx, ours, "Elsa Essai"), make.employer(ctx, theirs, f"Rémi {CANARY}")
    manager, administrator = make.manager(ctx, unit, "Mo Essai"), make.administrator(ctx, "Ali Essai")
    colleague = make.adviser(ctx, unit, "Bo Essai")
    full: dict[str, Any] = {"facts": {"licence_b": True, "mode_walk": 30}, "windows": make.WEEK}
    mine = make.candidate(ctx, unit, adviser.user_id, given_name="Moi", family_name="Essai", **full)
    gone = make.candidate(ctx, far, stranger.user_id, given_name=CANARY, family_name=f"{CANARY}-Nom", **full)
    offer = make.offer(ctx, ours, created_by_id=employer.user_id, unit_id=unit, wants=[("capability", "licence_b")])
    draft = make.offer(ctx, theirs, state=OfferState.DRAFT, title=f"{CANARY} poste", created_by_id=rival.user_id)
    proposal = make.proposal(ctx, offer, mine, adviser.user_id, ProposalState.PROPOSED)
    foreign = make.proposal(ctx, offer, gone, stranger.user_id, ProposalState.PROPOSED)
    ids: dict[str, dict[str, Any]] = {
        "candidate_id": {OWN: mine, OTHER: gone, NOBODYS: UNKNOWN},
        "offer_id": {OWN: offer, OTHER: draft, NOBODYS: UNKNOWN},
        "proposal_id": {OWN: proposal, OTHER: foreign, NOBODYS: UNKNOWN},
        "establishment_id": {OWN: ours, NOBODYS: UNKNOWN},
        "organisation_id": {OWN: 1, NOBODYS: UNKNOWN},
        "user_id": {OWN: colleague.user_id, NOBODYS: UNKNOWN},
        "unit_id": {OWN: unit, NOBODYS: UNKNOWN},
        "fairness.unit_id": {OWN: unit, OTHER: far, NOBODYS: UNKNOWN},
        "code": {OWN: "licence_b", NOBODYS: "zzz"},
        "fact": {OWN: "licence_b", NOBODYS: "zzz"},
        "group": {OWN: "certificate", NOBODYS: "zzz"},
        "insee": {OWN: make.NANTES},
        "kind": {OWN: "csv"},
        "family": {OWN: "seuils", NOBODYS: "zzz"},
        "rule_id": {OWN: 1, NOBODYS: UNKNOWN},
        "suivi": {OWN: str(adviser.user_id), OTHER: str(stranger.user_id), NOBODYS: str(UNKNOWN)},
        **_reference_ids(ctx),
        **_clauses(ctx, employer, rival),
    }
    actors: dict[Role | None, Actor | None] = {
        None: None,
        Role.ADVISER: adviser,
        Role.UNIT_MANAGER: manager,
        Role.EMPLOYER: employer,
        Role.CLAUSE_OFFICER: clauses.officer(ctx, "Léa Essai"),
        Role.BUYER: clauses.buyer(ctx, ids["buyer_id"][OWN], "Ben Essai"),
        Role.PILOT: make.pilot(ctx, "Pia Essai"),
        Role.ADMINISTRATOR: administrator,
    }
    return World(app, ctx, actors, ids)


def _clauses(ctx: Context, employer: Actor, rival: Actor) -> dict[str, dict[str, Any]]:
    """A commitment of the employer and the buyer, and one of others; an officer opens both."""
    us, them = (clauses.organisation_of(ctx, one) for one in (employer, rival))
    buyer_id, other_buyer = clauses.buyer_organisation(ctx), clauses.buyer_organisation(ctx, f"{CANARY} Métropole")
    contract = clauses.contract(ctx, buyer_id)
    foreign = clauses.contract(ctx, other_buyer, object=f"{CANARY} chantier")
    ours = clauses.commitment(ctx, contract, holder_id=us)
    theirs = clauses.commitment(ctx, foreign, holder_id=them, label=f"{CANARY} lot")
    person = clauses.participation(ctx, ours, organisation_id=us)
    stranger = clauses.participation(ctx, theirs, organisation_id=them)
    declared = clauses.declaration(ctx, ours, us, {person: 600})
    hidden = clauses.declaration(ctx, theirs, them, {stranger: 600})
    link = create_link(ctx, clauses.officer(ctx), ours, us, clauses.OCTOBER, 14)
    with ctx.write(None) as work:
        sheet = store_evidence(ctx, work, b"%PDF-1.7", "releve.pdf", TIMESHEET, declaration_id=declared)
    amendment, foreign_amendment = clauses.amendment(ctx, contract), clauses.amendment(ctx, foreign)
    clauses.validated(ctx, ours, person, 60)
    frozen = freeze_year(ctx, clauses.officer(ctx), 2026)
    contact, foreign_contact = clauses.contact(ctx, ours), clauses.contact(ctx, theirs, name=f"{CANARY} Contact")
    return {
        "amendment_id": {OWN: amendment, OTHER: foreign_amendment, NOBODYS: UNKNOWN},
        "decp.kind": {OWN: "json"},
        "contact_id": {OWN: contact, OTHER: foreign_contact, NOBODYS: UNKNOWN},
        "buyer_id": {OWN: buyer_id, OTHER: other_buyer, NOBODYS: UNKNOWN},
        "contract_id": {OWN: contract, OTHER: foreign, NOBODYS: UNKNOWN},
        "commitment_id": {OWN: ours, OTHER: theirs, NOBODYS: UNKNOWN},
        "participation_id": {OWN: person, OTHER: stranger, NOBODYS: UNKNOWN},
        "declaration_id": {OWN: declared, OTHER: hidden, NOBODYS: UNKNOWN},
        "line_id": {
            OWN: clauses.lines_of(ctx, declared)[0],
            OTHER: clauses.lines_of(ctx, hidden)[0],
            NOBODYS: UNKNOWN,
        },
        "agreement_id": {OWN: clauses.pooling(ctx, us, [ours]), NOBODYS: UNKNOWN},
        "evidence_id": {OWN: sheet, NOBODYS: UNKNOWN},
        "snapshot_id": {OWN: frozen.id, NOBODYS: UNKNOWN},
        "year": {OWN: 2026},
        "month": {OWN: "2026-10"},
        "slug": {OWN: "heures"},
        "plan_id": {OWN: clauses.plan(ctx, ours), OTHER: clauses.plan(ctx, theirs), NOBODYS: UNKNOWN},
        "notice_id": {OWN: clauses.notice(ctx, ours), OTHER: clauses.notice(ctx, theirs), NOBODYS: UNKNOWN},
        "token": {OWN: link.token, NOBODYS: "x" * 43},
    }


def _reference_ids(ctx: Context) -> dict[str, dict[str, Any]]:
    tables: dict[str, Any] = {"parameter_id": LegalParameter, "remedy_id": Remedy, "network_id": TransitNetwork}
    with ctx.write(None) as work:
        synonym = OccupationSynonym(words="essai de mot", rome_code=make.CLEANING)
        work.session.add(synonym)
        work.session.flush()
        work.record("test.synonym", "occupation_synonym", synonym.id)
        key = synonym.id
    found: dict[str, dict[str, Any]] = {"synonym_id": {OWN: key, NOBODYS: UNKNOWN}}
    with ctx.read() as session:
        for name, table in tables.items():
            first = session.execute(select(table.id).order_by(table.id).limit(1)).scalar_one()
            found[name] = {OWN: first, NOBODYS: UNKNOWN}
    return found


@contextmanager
def writes(ctx: Context) -> Iterator[set[str]]:
    """The tables that any statement of the block writes, kept or not."""
    tables: set[str] = set()

    def watch(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if found := WATCHED.match(statement):
            tables.add(found.group(1))

    event.listen(ctx.engine, "before_cursor_execute", watch)
    try:
        yield tables
    finally:
        event.remove(ctx.engine, "before_cursor_execute", watch)


_ONCE = re.compile(r'(?:nonce|csrf_token)[^>]{0,40}?[:=]\s*"[^"]*"|name="csrf_token"[^>]*>', re.IGNORECASE)


def plain(body: str) -> str:
    """The page without what differs at each answer: nonces and tokens."""
    return _ONCE.sub("", body)


@dataclass
class Form:
    """A form as a browser would send it untouched."""

    action: str
    method: str
    fields: list[tuple[str, str]]


class Forms(HTMLParser):
    """The forms of a page with the values they hold."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""
        self._first: str | None = None
        self._area = ""
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(held.get("action", ""), held.get("method", "get").lower(), []))
        elif not self.found:
            return
        elif tag == "select":
            self._select, self._first = held.get("name", ""), None
        elif tag == "option" and self._select and (self._first is None or "selected" in held):
            if self._first is not None:
                self.found[-1].fields.pop()
            self._first = held.get("value", "")
            self.found[-1].fields.append((self._select, self._first))
        elif tag == "textarea":
            self._area = held.get("name", "")
        elif tag in ("input", "button") and held.get("name"):
            self._input(tag, held)

    def _input(self, tag: str, held: dict[str, str]) -> None:
        kind = held.get("type", "text")
        if kind in ("file",) or (kind in ("checkbox", "radio") and "checked" not in held):
            return
        if tag == "button" or kind == "submit":
            return
        self.found[-1].fields.append((held["name"], held.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area and self.found:
            self.found[-1].fields.append((self._area, data))
            self._area = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
