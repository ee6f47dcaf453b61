"""A company's insertion hours: its months, one month from typing to sending; the same pages by a link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.wrappers import Response as Answer
from wtforms.validators import ValidationError

from matching.access.permissions import Permission
from matching.clauses.follow import written_month
from matching.clauses.hours import BadHours, parse_hours
from matching.clauses.progress import month_end
from matching.clauses.terms import DeclarationState, Route
from matching.errors import FieldError, Invalid, NotFound
from matching.services.clauses import corrections, declaring, declaring_file
from matching.services.clauses import declaring_writing as writing
from matching.services.clauses.declaring import Declarant, LineView, MonthView
from matching.services.clauses.declaring_writing import NewPerson, TypedLine, Upload
from matching.services.clauses.evidence import ACCEPTED
from matching.services.clauses.links import CLOSED, declarant_by_token
from matching.text import MONTHS, written_day, written_hours
from matching.web.app import csrf
from matching.web.guard import public, requires
from matching.web.session import actor, context

blueprint = Blueprint("declare", __name__)
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@dataclass(frozen=True)
class Way:
    """Who declares, and how they came: `token` is empty for an account."""

    declarant: Declarant
    token: str = ""

    @property
    def by_link(self) -> bool:
        return bool(self.token)

    def url(self, page: str, **values: Any) -> str:
        """The address of another page of the same month, the same way."""
        if self.token:
            return url_for(f"declare.link_{page}", token=self.token, **values)
        month = f"{self.declarant.month:%Y-%m}"
        return url_for(f"declare.{page}", commitment_id=self.declarant.commitment_id, month=month, **values)

    def to(self, page: str, **values: Any) -> Answer:
        return redirect(self.url(page, **values), 303)


View = Callable[..., Any]


def both(path: str, name: str, *methods: str) -> Callable[[View], View]:
    """The view at two addresses: the company's own account, and a link that needs none."""

    def register(view: View) -> View:
        def by_account(commitment_id: int, month: str, **values: Any) -> Any:
            return view(Way(declaring.declarant_of(context(), actor(), commitment_id, month)), **values)

        def by_link(token: str, **values: Any) -> Any:
            if request.method == "POST":
                _check_csrf()
            try:
                return view(Way(declarant_by_token(context(), token), token), **values)
            except NotFound:
                raise NotFound(CLOSED) from None  # the same page whatever is not there

        by_link.__name__ = f"link_{name}"
        csrf.exempt(by_link)
        account = f"/heures/<int:commitment_id>/<month>{path}"
        blueprint.add_url_rule(account, name, requires(Permission.DECLARE_HOURS)(by_account), methods=methods)
        blueprint.add_url_rule(f"/declarer/<token>{path}", f"link_{name}", public(by_link), methods=methods)
        return view

    return register


def _check_csrf() -> None:
    # Those pages send no referrer, so that the link never leaves them; the extension's own check wants one over HTTPS.
    # The token of the form is checked here all the same.
    if current_app.config["WTF_CSRF_ENABLED"] is False:
        return
    try:
        validate_csrf(request.form.get("csrf_token", ""))
    except ValidationError as error:
        raise CSRFError(str(error)) from None


@blueprint.after_request
def _no_referrer(response: Response) -> Response:
    if "token" in (request.view_args or {}):
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
    return response


# --- the company's months --------------------------------------------------------------------------------


@blueprint.get("/heures")
@requires(Permission.DECLARE_HOURS)
def index() -> str:
    return render_template("declare/index.html", found=declaring.list_months(context(), actor()), words=_Words)


@blueprint.get("/heures/<int:commitment_id>/suite")
@requires(Permission.DECLARE_HOURS)
def following(commitment_id: int) -> Answer:
    """The first month that waits on this commitment; the list when none does."""
    found = declaring.months_of(context(), actor(), commitment_id)
    if not found.to_do:
        return redirect(url_for("declare.index"), 303)
    month = f"{found.to_do[0].month:%Y-%m}"
    return redirect(url_for("declare.month", commitment_id=commitment_id, month=month), 303)


class _Words:
    """How a month is written in those pages."""

    month = staticmethod(written_month)

    @staticmethod
    def title(day: date) -> str:
        name = written_month(day)
        return name[0].upper() + name[1:]

    @staticmethod
    def short(day: date) -> str:
        """« 05/11 »: beside a month whose year is said."""
        return f"{day:%d/%m}"

    @staticmethod
    def going_on(month: date) -> str:
        """What to do of a month that is not over: its days to come are refused."""
        after = written_day(month_end(month) + timedelta(days=1))
        how = f"déclarez-le à partir du {after}, ou dites jusqu’à quel jour vont les heures"
        return f"{_Words.title(month)} n’est pas fini\u00a0: {how}."

    @staticmethod
    def of(day: date) -> str:
        """« de mai », « d’avril »."""
        name = MONTHS[day.month - 1]
        return f"d’{name}" if name[0] in "ao" else f"de {name}"

    @staticmethod
    def name(day: date) -> str:
        return MONTHS[day.month - 1]

    @staticmethod
    def before(day: date) -> str:
        return MONTHS[day.month - 2].capitalize()

    @staticmethod
    def asked(line: LineView) -> str:
        """« Heures de mai », « Heures du 1er au 18 mai »."""
        if line.whole_month:
            return f"Heures {_Words.of(line.from_on)}"
        first = "1er" if line.from_on.day == 1 else str(line.from_on.day)
        return f"Heures du {first} au {line.to_on.day}\u00a0{MONTHS[line.to_on.month - 1]}"

    @staticmethod
    def bounds(line: LineView) -> str:
        """« Comptent les heures jusqu’au 18 mai 2026 inclus. »; empty when the whole month counts."""
        first, last = line.counts_from, line.counts_until
        if first and last and first > last:
            return "Ses heures ne comptent pas ce mois-ci."
        if first and first > line.to_on:
            return f"Ses heures ne comptent qu’à partir du {written_day(first)}."
        if last and last < line.from_on:
            return f"Ses heures ne comptent plus depuis le {written_day(last + timedelta(days=1))}."
        if first and last:
            return f"Comptent les heures du {written_day(first)} au {written_day(last)} inclus."
        if first:
            return f"Comptent les heures à partir du {written_day(first)}."
        return f"Comptent les heures jusqu’au {written_day(last)} inclus." if last else ""


# --- one month -------------------------------------------------------------------------------------------


@both("", "month", "GET", "POST")
def month(way: Way) -> Any:
    if request.method == "GET":
        view = declaring.open_month(context(), way.declarant, _number())
        return _month_page(way, view) if view.editable else _sent_page(way, view)
    view = declaring.open_month(context(), way.declarant)
    typed = _typed(view)
    action = request.form.get("action", "keep")
    try:
        writing.save_month(context(), way.declarant, _version(), typed, _upload(), complete=action == "check")
    except Invalid as error:
        return _month_page(way, view, typed, error), 422
    return _after(way, view, action)


def _after(way: Way, view: MonthView, action: str) -> Answer:
    """Where the button leads; whatever was typed is kept first."""
    kind, _, key = action.partition(":")
    if kind == "check":
        return way.to("review")
    if kind == "days":
        line = view.line(key)
        return way.to("days", participation_id=line.participation_id, n=key.partition("-")[2] or None)
    if kind in ("person", "sheet"):
        return way.to(kind)
    flash("C’est gardé. Rien n’est encore envoyé\u00a0: vous pouvez revenir plus tard.")
    return way.to("month") if way.by_link else redirect(url_for("declare.index"), 303)


def _month_page(
    way: Way, view: MonthView, typed: Mapping[str, TypedLine] | None = None, error: Invalid | None = None
) -> str:
    fields: dict[str, str] = {}
    for item in error.errors if error else ():
        fields.setdefault(item.field, item.message)
    return render_template(
        "declare/month.html",
        way=way,
        view=view,
        typed=typed or {},
        understood=_understood(view, typed or {}, fields),
        error=error,
        fields=fields,
        version=_version() if error else view.version,
        words=_Words,
        accepted=ACCEPTED,
    )


def _understood(view: MonthView, typed: Mapping[str, TypedLine], fields: Mapping[str, str]) -> dict[str, int]:
    """The minutes of each line that could be read, to show beside its field and to add up."""
    found = {}
    for line in view.lines:
        minutes = line.minutes
        if line.key in typed and not line.days:
            minutes = None if f"h{line.key}" in fields else _readable(typed[line.key])
        if minutes is not None:
            found[line.key] = minutes
    return found


def _readable(typed: TypedLine) -> int | None:
    try:
        return parse_hours(typed.hours) if not typed.absent else 0
    except BadHours:
        return None


def _typed(view: MonthView) -> dict[str, TypedLine]:
    form = request.form
    return {
        line.key: TypedLine(
            hours=form.get(f"h{line.key}", "")[:60],
            absent=form.get(f"n{line.key}") == "1",
            training=form.get(f"t{line.key}", "")[:60],
            from_on=form.get(f"d{line.key}", "")[:40],
            to_on=form.get(f"a{line.key}", "")[:40],
        )
        for line in view.lines
        if f"k{line.key}" in form
    }


def _number() -> int | None:
    """Which declaration of the month is read, when several were sent; the last one when nothing is said."""
    typed = request.args.get("n", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else None


def _version() -> int:
    typed = request.form.get("version", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else -1


def _upload(name: str = "file") -> Upload | None:
    sent = request.files.get(name)
    if sent is None or not sent.filename:
        return None
    return Upload(sent.read(), sent.filename)


def _sent_page(way: Way, view: MonthView, error: Invalid | None = None) -> str:
    return render_template("declare/sent.html", way=way, view=view, error=error, words=_Words, accepted=ACCEPTED)


@both("/envoi", "review", "GET", "POST")
def review(way: Way) -> Any:
    if request.method == "GET":
        view = declaring.open_month(context(), way.declarant)
        if not view.editable or view.declaration_id is None:
            return way.to("month")
        found = writing.review_month(context(), way.declarant)
        return render_template("declare/review.html", way=way, found=found, view=found.month, words=_Words)
    minutes = writing.submit_month(context(), way.declarant, _version())
    flash(f"C’est envoyé\u00a0: {written_hours(minutes)} déclarées. Vous n’avez plus rien à faire pour ce mois.")
    return way.to("month")


@both("/jours/<int:participation_id>", "days", "GET", "POST")
def days(way: Way, participation_id: int) -> Any:
    view = declaring.open_month(context(), way.declarant)
    part = request.args.get("n", "")
    line = view.line(f"{participation_id}-{part}" if part else str(participation_id))
    if request.method == "GET":
        if not view.editable or line.locked:
            return way.to("month")
        known = {day: written_hours(minutes).replace("\u00a0", "") for day, minutes in line.days}
        return _days_page(way, view, line, known)
    every = _every_day(line)
    typed = {day: request.form.get(f"j{day.day}", "")[:60] for day in every}
    if request.form.get("action") == "clear":
        typed = {}
    try:
        writing.save_days(context(), way.declarant, _version(), line.key, typed)
    except Invalid as error:
        return _days_page(way, view, line, typed, error), 422
    return way.to("month")


def _every_day(line: LineView) -> list[date]:
    return [line.from_on + timedelta(days=n) for n in range((line.to_on - line.from_on).days + 1)]


def _days_page(
    way: Way, view: MonthView, line: LineView, typed: Mapping[date, str], error: Invalid | None = None
) -> str:
    fields = {item.field: item.message for item in error.errors} if error else {}
    return render_template(
        "declare/days.html",
        way=way,
        view=view,
        line=line,
        every=_every_day(line),
        typed=typed,
        error=error,
        fields=fields,
        version=_version() if error else view.version,
        words=_Words,
    )


@both("/personne", "person", "GET", "POST")
def person(way: Way) -> Any:
    view = declaring.open_month(context(), way.declarant)
    if not view.editable:
        return way.to("month")
    if request.method == "GET":
        return _person_page(way, view, NewPerson())
    form = request.form
    typed = NewPerson(
        code=form.get("code", "")[:40],
        given_name=form.get("given_name", "")[:200],
        family_name=form.get("family_name", "")[:200],
        birth_date=form.get("birth_date", "")[:40],
        route=next((route for route in Route if route.value == form.get("route")), None),
        started_on=form.get("started_on", "")[:40],
    )
    if form.get("by") == "code" and not typed.code.strip():
        error = Invalid("", [FieldError("code", "Écrivez le code donné, par exemple H-2041.")])
        return _person_page(way, view, typed, error), 422
    try:
        code = writing.add_person(context(), way.declarant, _version(), typed)
    except Invalid as error:
        return _person_page(way, view, typed, error), 422
    flash(f"Personne ajoutée sous le code {code}. Écrivez ses heures.")
    return way.to("month")


def _person_page(way: Way, view: MonthView, typed: NewPerson, error: Invalid | None = None) -> str:
    return render_template(
        "declare/person.html",
        way=way,
        view=view,
        typed=typed,
        error=error,
        fields={item.field: item.message for item in error.errors} if error else {},
        version=_version() if error else view.version,
        routes=[("", "Choisir…"), *((route.value, route.label) for route in Route)],
        words=_Words,
    )


@both("/tableur", "sheet", "GET", "POST")
def sheet(way: Way) -> Any:
    view = declaring.open_month(context(), way.declarant)
    show = partial(render_template, "declare/sheet.html", way=way, view=view, words=_Words)
    if not view.editable:
        return way.to("month")
    if request.method == "GET":
        return show(error=None, version=view.version)
    sent = _upload()
    try:
        if sent is None:
            raise Invalid("Choisissez le tableur rempli.", [FieldError("file", "Choisissez le tableur rempli.")])
        read = declaring_file.save_file(context(), way.declarant, _version(), sent.content)
    except Invalid as error:
        return show(error=error, version=_version()), 422
    left = f" Sans ligne dans le fichier\u00a0: {', '.join(read.left_out)}." if read.left_out else ""
    lines = f"{read.lines} lignes lues" if read.lines > 1 else "Une ligne lue"
    flash(f"{lines}. Vérifiez les heures, puis envoyez.{left}")
    return way.to("month")


@both("/modele.<kind>", "template", "GET")
def template(way: Way, kind: str) -> Any:
    if kind not in _TYPES:
        raise NotFound()
    content = declaring_file.template_of(context(), way.declarant, kind)
    name = f"heures-{way.declarant.month:%Y-%m}.{kind}"
    return send_file(BytesIO(content), mimetype=_TYPES[kind], as_attachment=True, download_name=name)


@both("/justificatif", "attach", "POST")
def attach(way: Way) -> Any:
    sent = _upload()
    try:
        if sent is None:
            raise Invalid("Choisissez une photo ou un PDF.", [FieldError("file", "Choisissez une photo ou un PDF.")])
        writing.attach_evidence(context(), way.declarant, sent)
    except Invalid as error:
        view = declaring.open_month(context(), way.declarant)
        page = _month_page(way, view, None, error) if view.editable else _sent_page(way, view, error)
        return page, 422
    flash("Justificatif ajouté.")
    return way.to("month")


@both("/complement", "complement", "POST")
def complement(way: Way) -> Any:
    if request.form.get("action") == "drop":
        writing.drop_complement(context(), way.declarant, _version())
        flash("Le complément est abandonné.")
    else:
        writing.begin_complement(context(), way.declarant)
    return way.to("month")


@blueprint.route("/heures/<int:commitment_id>/<month>/correction", methods=["GET", "POST"])
@requires(Permission.DECLARE_HOURS)
def correction(commitment_id: int, month: str) -> Any:
    """Ask the officer to correct a month already decided: what was counted never changes by itself."""
    way = Way(declaring.declarant_of(context(), actor(), commitment_id, month))
    view = declaring.open_month(context(), way.declarant, _number())
    if not view.decided or view.declaration_id is None:
        return way.to("month")  # not decided yet: the hours are still the company's to change
    if request.method == "GET":
        return _correction_page(way, view)
    line_id = request.form.get("line_id", "")
    try:
        wanted = _wanted(request.form.get("hours", ""))
        line = next((line.line_id for line in view.lines if str(line.line_id) == line_id), None)
        message = request.form.get("message", "")[:2000]
        corrections.ask_correction(
            context(), actor(), view.declaration_id, message, line_id=line, wanted_minutes=wanted
        )
    except Invalid as error:
        return _correction_page(way, view, error), 422
    flash("Votre demande est partie. La réponse apparaîtra sur cette page.")
    return way.to("month", n=view.number)


def _wanted(text: str) -> int | None:
    try:
        return parse_hours(text[:60])
    except BadHours as bad:
        raise Invalid(bad.message, [FieldError("hours", bad.message)]) from None


def _correction_page(way: Way, view: MonthView, error: Invalid | None = None) -> str:
    lines = [("", "Tout le mois")]
    lines += [(str(line.line_id), f"{line.name} {line.code}") for line in view.lines if line.line_id]
    fields = {item.field: item.message for item in error.errors} if error else {}
    for theirs, ours in (("wanted_minutes", "hours"), ("line", "line_id")):
        if theirs in fields:
            fields.setdefault(ours, fields.pop(theirs))
    return render_template(
        "declare/correction.html",
        way=way,
        view=view,
        lines=lines,
        error=error,
        fields=fields,
        typed=request.form,
        words=_Words,
    )


STATE_TONES = {
    DeclarationState.DRAFT: "",
    DeclarationState.SUBMITTED: "now",
    DeclarationState.RETURNED: "lift",
    DeclarationState.VALIDATED: "good",
    DeclarationState.PARTLY_VALIDATED: "lift",
    DeclarationState.REJECTED: "stop",
}


@blueprint.app_template_filter("declaration_tone")
def _tone(state: DeclarationState) -> str:
    return STATE_TONES.get(state, "")
