"""Declarations to decide: the list, a declaration line by line, a validated line to correct."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.clauses.hours import BadHours, parse_hours
from matching.clauses.terms import RejectReason
from matching.errors import Conflict, FieldError, Invalid, MatchingError, RuleRefused
from matching.services.clauses import (
    corrections,
    declaration_list,
    declaration_sheet,
    duplicates,
    reversing,
    validating,
)
from matching.services.clauses.declaration_list import DeclarationFilter
from matching.services.clauses.declaration_sheet import DeclarationSheet, LineSheet
from matching.services.clauses.reversing import ReversalReason
from matching.services.clauses.validating import Cut, Decision, Reject, Validate
from matching.text import MONTHS
from matching.web.formats import count, hours
from matching.web.guard import requires
from matching.web.pages.admin.clause_actions import CLAUSE_ACTIONS
from matching.web.session import actor, context

blueprint = Blueprint("declarations", __name__, url_prefix="/declarations")

_SHOWN = {"": declaration_list.TO_DECIDE, "entreprise": "waiting", "decidees": "done", "toutes": ""}
_SHOWN_LABELS = (
    ("", "À valider"),
    ("entreprise", "Chez l’entreprise"),
    ("decidees", "Décidées"),
    ("toutes", "Toutes"),
)
VALIDATE, REJECT, CUT = "validate", "reject", "cut"


def month_words(month: date) -> str:
    """« octobre 2026 »."""
    return f"{MONTHS[month.month - 1]} {month.year}"


# --- the list --------------------------------------------------------------------------------------------


@blueprint.get("")
@requires(Permission.DECIDE_HOURS)
def index() -> str:
    args = request.args
    wanted = DeclarationFilter(
        show=_SHOWN.get(args.get("etat", ""), declaration_list.TO_DECIDE),
        words=args.get("q", "").strip()[:100],
        month=_month(args.get("mois", "")),
        commitment_id=_number(args.get("engagement")),
        mine=args.get("qui") == "moi",
        page=_number(args.get("page")) or 1,
    )

    def address(**changes: object) -> str:
        kept: dict[str, Any] = {**args.to_dict(), **changes}
        return url_for("declarations.index", **{key: value for key, value in kept.items() if value})

    chips = [
        (words, address(**{key: None}))
        for key, words in (
            ("q", f"«\u00a0{wanted.words}\u00a0»" if wanted.words else ""),
            ("mois", month_words(wanted.month) if wanted.month else ""),
            ("engagement", "Un engagement" if wanted.commitment_id else ""),
            ("qui", "Mes engagements" if wanted.mine else ""),
        )
        if words
    ]
    return render_template(
        "declarations/index.html",
        page=declaration_list.list_declarations(context(), actor(), wanted),
        requests=corrections.list_open(context(), actor()),
        wanted=wanted,
        shown=args.get("etat", "") if args.get("etat", "") in _SHOWN else "",
        views=_SHOWN_LABELS,
        address=address,
        chips=chips,
        month_words=month_words,
    )


# --- one declaration -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outlook:
    """What saving the choices shown would do, in minutes."""

    validated: int
    rejected: int
    left: int
    decisions: int


@blueprint.get("/<int:declaration_id>")
@requires(Permission.DECIDE_HOURS)
def show(declaration_id: int) -> str:
    return _page(declaration_id)


@blueprint.post("/<int:declaration_id>")
@requires(Permission.DECIDE_HOURS)
def decide(declaration_id: int) -> str | Response | tuple[str, int]:
    try:
        saved = validating.decide_lines(context(), actor(), declaration_id, _version(), _decisions(request.form))
    except (Conflict, RuleRefused, Invalid) as error:
        return _page(declaration_id, error, request.form), _status(error)
    parts = []
    if saved.validated:
        parts.append(f"{count(saved.validated, 'ligne validée', 'lignes validées', feminine=True)}")
    if saved.rejected:
        parts.append(f"{count(saved.rejected, 'ligne rejetée', 'lignes rejetées', feminine=True)}")
    left = f" Reste {count(saved.left, 'ligne', feminine=True)} sans décision." if saved.left else ""
    flash(f"Enregistré\u00a0: {', '.join(parts)}, {hours(saved.minutes)} au grand livre.{left}")
    return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)


@blueprint.post("/<int:declaration_id>/renvoyer")
@requires(Permission.DECIDE_HOURS)
def send_back(declaration_id: int) -> str | Response | tuple[str, int]:
    reason = request.form.get("return_reason", "")
    try:
        validating.return_for_correction(context(), actor(), declaration_id, _version(), reason)
    except (Conflict, RuleRefused, Invalid) as error:
        return _page(declaration_id, error, request.form), _status(error)
    flash("Renvoyée à l’entreprise, avec votre message.")
    return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)


@blueprint.post("/<int:declaration_id>/doublons")
@requires(Permission.DECIDE_HOURS)
def settle(declaration_id: int) -> str | Response | tuple[str, int]:
    """Two lines are not the same hours: said with a reason."""
    first, second = _number(request.form.get("line")) or 0, _number(request.form.get("other")) or 0
    try:
        duplicates.resolve(context(), actor(), first, second, request.form.get("reason", ""))
    except (Conflict, RuleRefused, Invalid) as error:
        return _page(declaration_id, error, request.form), _status(error)
    flash("Noté : ce ne sont pas les mêmes heures.")
    return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)


@blueprint.post("/<int:declaration_id>/corrections")
@requires(Permission.DECIDE_HOURS)
def answer(declaration_id: int) -> str | Response | tuple[str, int]:
    form = request.form
    try:
        if form.get("choice") not in ("accept", "refuse"):
            told = "Choisissez d’accepter ou de refuser la demande."
            raise Invalid(told, [FieldError("answer", told)])
        done = corrections.answer_correction(
            context(),
            actor(),
            declaration_id,
            _number(form.get("request")) or 0,
            _version(),
            accept=form["choice"] == "accept",
            answer=form.get("answer", ""),
            override_reason=form.get("override_reason", ""),
        )
    except (Conflict, RuleRefused, Invalid) as error:
        return _page(declaration_id, error, form), _status(error)
    flash(done)
    return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)


def _page(declaration_id: int, error: MatchingError | None = None, typed: Mapping[str, str] | None = None) -> str:
    sheet = declaration_sheet.read_declaration(context(), actor(), declaration_id)
    form = typed or {}
    # After an error the officer's own choices are shown; lines decided meanwhile have none any more.
    deciding = any(key.startswith("d-") for key in form)
    chosen = {line.id: form.get(f"d-{line.id}", "") if deciding else line.preset for line in sheet.pending}
    return render_template(
        "declarations/show.html",
        sheet=sheet,
        month=month_words(sheet.month),
        chosen=chosen,
        outlook=_outlook(sheet, chosen),
        typed=form,
        error=error,
        line_errors=_line_errors(error),
        field_errors={item.field: item.message for item in getattr(error, "errors", ())},
        reasons=tuple(RejectReason),
        documents={item.id: item for item in sheet.evidence},
        words=CLAUSE_ACTIONS,
        month_words=month_words,
    )


def _line_errors(error: MatchingError | None) -> dict[int, str]:
    found = {}
    for item in getattr(error, "errors", ()):
        name, _, key = item.field.partition("-")
        if name == "line" and key.isdecimal():
            found[int(key)] = item.message
    return found


def _outlook(sheet: DeclarationSheet, chosen: Mapping[int, str]) -> Outlook:
    validated = rejected = left = decisions = 0
    for line in sheet.pending:
        choice, minutes = chosen.get(line.id, ""), line.minutes or 0
        enters = line.cut_minutes if choice == CUT else (line.counted or 0)
        decisions += choice in (VALIDATE, REJECT, CUT)
        if choice in (VALIDATE, CUT):
            validated, rejected = validated + enters, rejected + minutes - enters
        elif choice == REJECT:
            rejected += minutes
        else:
            left += minutes
    return Outlook(validated, rejected, left, decisions)


def _decisions(form: Mapping[str, str]) -> dict[int, Decision]:
    """The choices of the form by line; a rejection without a reason is told beside its line."""
    found: dict[int, Decision] = {}
    errors = []
    for name, choice in form.items():
        kind, _, text = name.partition("-")
        key = _number(text)
        if kind != "d" or key is None:
            continue
        why = form.get(f"why-{key}", "")
        if choice == VALIDATE:
            found[key] = Validate(why)
        elif choice == CUT:
            found[key] = Cut(why)
        elif choice == REJECT:
            reason = form.get(f"reason-{key}")
            if reason not in set(RejectReason):
                errors.append(FieldError(f"line-{key}", "Choisissez le motif du rejet : l’entreprise le lira."))
                continue
            found[key] = Reject(RejectReason(reason), form.get(f"note-{key}", ""))
    if errors:
        raise Invalid(validating.NOT_SAVED, errors)
    return found


# --- a validated line ------------------------------------------------------------------------------------


@blueprint.get("/lignes/<int:line_id>")
@requires(Permission.DECIDE_HOURS)
def line(line_id: int) -> str:
    return _line_page(line_id)


@blueprint.post("/lignes/<int:line_id>")
@requires(Permission.DECIDE_HOURS)
def correct(line_id: int) -> str | Response | tuple[str, int]:
    """Undo a validated line, or replace its hours."""
    form = request.form
    try:
        done = _correct(line_id, form)
    except (Conflict, RuleRefused, Invalid) as error:
        return _line_page(line_id, error, form), _status(error)
    flash("La ligne est corrigée." if done.new_line_id else "La ligne est annulée.")
    return redirect(url_for("declarations.show", declaration_id=done.declaration_id), 303)


def _correct(line_id: int, form: Mapping[str, str]) -> reversing.Reversed:
    note = form.get("note", "")
    reason = form.get("reason")
    if reason not in set(ReversalReason):
        raise Invalid("Choisissez un motif.", [FieldError("reason", "Choisissez un motif.")])
    if form.get("do") == "reverse":
        return reversing.reverse_line(context(), actor(), line_id, ReversalReason(reason), note)
    try:
        minutes = parse_hours(form.get("new_minutes", ""))
    except BadHours as error:
        raise Invalid(error.message, [FieldError("new_minutes", error.message)]) from None
    override = form.get("override_reason", "")
    return reversing.correct_line(context(), actor(), line_id, minutes, ReversalReason(reason), note, override)


def _line_page(line_id: int, error: MatchingError | None = None, typed: Mapping[str, str] | None = None) -> str:
    sheet, found = declaration_sheet.read_line(context(), actor(), line_id)
    return render_template(
        "declarations/line.html",
        sheet=sheet,
        line=found,
        month=month_words(sheet.month),
        reasons=tuple(ReversalReason),
        typed=typed or {},
        error=error,
        field_errors={item.field: item.message for item in getattr(error, "errors", ())},
        history=_replaced(sheet, found),
    )


def _replaced(sheet: DeclarationSheet, line: LineSheet) -> tuple[LineSheet, ...]:
    """The lines that this one corrects, the latest first."""
    by_id, found = {one.id: one for one in sheet.lines}, []
    while line.corrects_id in by_id:
        line = by_id[line.corrects_id]
        found.append(line)
    return tuple(found)


# --- reading forms ---------------------------------------------------------------------------------------


def _version() -> int:
    return _number(request.form.get("version")) or 0


def _status(error: MatchingError) -> int:
    return 409 if isinstance(error, Conflict) else 422


def _month(text: str) -> date | None:
    year, _, month = text.partition("-")
    if len(year) == 4 and year.isascii() and year.isdecimal() and month.isascii() and month.isdecimal():
        number = int(month)
        return date(int(year), number, 1) if 1 <= number <= 12 and int(year) >= 1 else None
    return None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
