"""The dated rules of clauses: what holds today, what held before, what nobody has checked yet."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for

from matching.access.permissions import Permission
from matching.clauses.eligibility import StartEvent
from matching.clauses.hours import BadHours, parse_hours
from matching.clauses.terms import EligiblePublic
from matching.errors import FieldError, Invalid, NotFound
from matching.exchange.values import BadValue, parse_cents, show, show_cents, show_minutes
from matching.services.clauses import rule_edits as service
from matching.services.clauses.rule_edits import RuleInput, RuleKind, RuleLine
from matching.services.clauses.rules import SETTINGS
from matching.terms import ContractKind
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, go, version_of
from matching.web.session import actor, context
from matching.web.typed import Typed, options

blueprint = Blueprint("clause_rules", __name__, url_prefix="/reglages-clauses")

WORDS = {
    "seuils": RuleKind.SETTING,
    "durees": RuleKind.DURATION,
    "preuves": RuleKind.PROOF,
    "metiers": RuleKind.TRADE,
    "bareme": RuleKind.BRACKET,
}
_WORD = {kind: word for word, kind in WORDS.items()}


def _kind(name: str) -> RuleKind:
    if name not in WORDS:
        raise NotFound()
    return WORDS[name]


@blueprint.get("")
@requires(Permission.EDIT_CLAUSE_RULES)
def index() -> str:
    """Every rule, by kind; the rows of the past stay in sight."""
    books = service.list_rules(context(), actor())
    return render_template("clause_rules/index.html", books=books, word=_WORD)


@blueprint.route("/<family>/nouveau", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSE_RULES)
def new(family: str) -> Page:
    """A new value from a day on; for the brackets, a whole table."""
    kind = _kind(family)
    if request.method == "GET":
        given = {name: value for name, value in request.args.items() if len(value) < 200}
        return _page(Typed(given), kind, None)
    form = Typed(request.form)
    tried = attempt(form, lambda: _add(form, kind))
    if not tried.done:
        return _page(form, kind, None), tried.status
    flash("La règle est ajoutée. Celles d’avant restent pour leurs dates.", "success")
    return go(url_for("clause_rules.index") + f"#{family}")


@blueprint.route("/<family>/<int:rule_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSE_RULES)
def edit(family: str, rule_id: int) -> Page:
    """Correct a row written wrongly."""
    kind = _kind(family)
    line = service.get_rule(context(), actor(), kind, rule_id)
    if request.method == "GET":
        return _page(Typed({**texts_of(line.input), "version": str(line.version)}), kind, line)
    form = Typed(request.form)

    def act() -> None:
        wanted = _read(form)
        form.stop_if_unreadable()
        service.correct_rule(context(), actor(), kind, rule_id, version_of(form), wanted)

    tried = attempt(form, act)
    if not tried.done:
        return _page(form, kind, line), tried.status
    flash("La règle est corrigée.", "success")
    return go(url_for("clause_rules.index") + f"#{family}")


def _page(form: Typed, kind: RuleKind, line: RuleLine | None) -> str:
    return render_template(
        "clause_rules/rule.html",
        form=form,
        kind=kind,
        line=line,
        settings=[(item.name, item.label) for item in SETTINGS],
        publics=options(EligiblePublic, "Tous les publics" if kind is RuleKind.DURATION else "À choisir"),
        contracts=options(ContractKind, "Tous les contrats"),
        starts=[(item.value, item.label) for item in StartEvent],
    )


def _add(form: Typed, kind: RuleKind) -> None:
    if kind is RuleKind.BRACKET:
        day, lines = form.day("valid_from"), _brackets(form)
        form.stop_if_unreadable()
        service.add_brackets(context(), actor(), day, lines)
        return
    wanted = _read(form)
    form.stop_if_unreadable()
    service.add_rule(context(), actor(), kind, wanted)


def _brackets(form: Typed) -> list[tuple[int, int]]:
    """One bracket a line: « 100 000 : 300 h »."""
    found = []
    for line in form.text("lines").splitlines():
        if not line.strip():
            continue
        amount, mark, hours = line.partition(":")
        try:
            cents, minutes = parse_cents(amount), parse_hours(hours)
        except (BadValue, BadHours) as error:
            cents, minutes, mark = None, None, error.message
        if cents is None or minutes is None:
            said = mark if mark not in ("", ":") else "écrivez un montant, deux-points, des heures."
            message = f"«\u00a0{line.strip()[:60]}\u00a0»\u00a0: {said[0].lower()}{said[1:]}"
            form.fail(Invalid(message, [FieldError("lines", message)]))
            continue
        found.append((cents, minutes))
    return found


def _read(form: Typed) -> RuleInput:
    return RuleInput(
        valid_from=form.day("valid_from"),
        name=form.text("name"),
        amount=form.integer("amount"),
        share=form.decimal("share"),
        from_cents=form.cents("from_cents"),
        minutes=form.minutes("minutes"),
        public=form.choice("public", EligiblePublic),
        contract_kind=form.choice("contract_kind", ContractKind),
        start_event=form.choice("start_event", StartEvent) or StartEvent.FIRST_VALIDATED_HOUR,
        months=form.integer("months"),
        extension_months=form.integer("extension_months") or 0,
        maximum_months=form.integer("maximum_months"),
        at_hire=form.ticked("at_hire"),
        source=form.text("source"),
        to_check=form.ticked("to_check"),
    )


def texts_of(wanted: RuleInput) -> dict[str, str]:
    """A rule as it would be typed."""

    def whole(value: Any) -> str:
        return "" if value is None else str(value)

    return {
        "valid_from": show(wanted.valid_from),
        "name": wanted.name,
        "amount": whole(wanted.amount),
        "share": "" if wanted.share is None else show(wanted.share.normalize()),
        "from_cents": show_cents(wanted.from_cents),
        "minutes": show_minutes(wanted.minutes),
        "public": wanted.public.value if wanted.public else "",
        "contract_kind": wanted.contract_kind.value if wanted.contract_kind else "",
        "start_event": wanted.start_event.value,
        "months": whole(wanted.months),
        "extension_months": whole(wanted.extension_months) if wanted.extension_months else "",
        "maximum_months": whole(wanted.maximum_months),
        "at_hire": "1" if wanted.at_hire else "",
        "source": wanted.source,
        "to_check": "1" if wanted.to_check else "",
    }
