"""The calculator of hours: a form sent by address, since nothing in it is personal."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from matching.access.permissions import Permission
from matching.clauses.figures import number
from matching.clauses.rounding import Rounding
from matching.clauses.sizing import SizingMethod
from matching.errors import FieldError, Invalid
from matching.exchange.values import BadValue, parse_cents
from matching.services.clauses.sizing import SizingInput, SizingResult, asked_by, size_clause, sizing_help
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, blueprint
from matching.web.session import actor, context
from matching.web.typed import Typed


def read_sizing(form: Typed) -> SizingInput | None:
    """What is asked of the calculator; None before a method is chosen."""
    method = form.choice("methode", SizingMethod)
    if method is None:
        return None
    share = form.decimal("labour_share")
    return SizingInput(
        method=method,
        amount_cents=form.cents("amount"),
        orders_cents=_orders(form),
        total_minutes=form.minutes("total_hours"),
        transferred_minutes=form.minutes("transferred_hours"),
        labour_share=share,
        rate=form.decimal("rate"),
        hourly_cost=form.decimal("hourly_cost"),
        rounding=form.choice("rounding", Rounding) or Rounding.NEAREST,
        minutes_per_person=form.minutes("hours_per_person"),
        suppliers=form.integer("suppliers"),
        average_turnover_cents=form.cents("turnover"),
    )


def _orders(form: Typed) -> tuple[int, ...]:
    """One amount a line."""
    found = []
    for line in form.text("orders").replace(";", "\n").splitlines():
        try:
            cents = parse_cents(line)
        except BadValue as error:
            form.fail(
                Invalid(error.message, [FieldError(form.name("orders"), f"{line.strip()[:40]}\u00a0: {error.message}")])
            )
            continue
        if cents is not None:
            found.append(cents)
    return tuple(found)


@blueprint.get("/calcul")
@requires(Permission.READ_CLAUSES)
def size() -> Page:
    form = Typed(request.args)
    method = form.choice("methode", SizingMethod)
    result: SizingResult | None = None
    status = 200
    if method is not None and form.ticked("calculer"):

        def act() -> SizingResult | None:
            wanted = read_sizing(form)
            form.stop_if_unreadable()
            return size_clause(context(), actor(), wanted) if wanted else None

        tried = attempt(form, act)
        result, status = tried.result, tried.status
    known = sizing_help(context(), actor())
    left_out = ("calculer", "calcul")
    kept: dict[str, Any] = {name: text for name, text in request.args.items() if text and name not in left_out}
    page = render_template(
        "commitments/size.html",
        form=form,
        method=method,
        methods=tuple(SizingMethod),
        asked=asked_by(method) if method else (),
        roundings=[(item.value, item.label) for item in Rounding],
        help=known,
        shares=[(trade, number(trade.labour_share, 2)) for trade in known.trades],
        result=result,
        carry=url_for("commitments.new", calcul=1, **kept) if result else "",
    )
    return page if status == 200 else (page, status)
