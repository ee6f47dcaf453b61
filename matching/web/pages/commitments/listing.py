"""The list of commitments: filters in the address, chips, sort, pages, export of what is filtered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.clauses.terms import AlertLevel, Modality, NextActor, Support
from matching.services.clauses import commitment_list as service
from matching.services.clauses.commitment_list import ENDED, RUNNING, CommitmentFilter, FilterChoices
from matching.terms import Labelled
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, blueprint, number_asked
from matching.web.session import actor, context

_SHEETS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
STATES = {"en_cours": RUNNING, "termines": ENDED}
_STATE_WORDS = {RUNNING: "En cours", ENDED: "Terminés"}
LEVELS = tuple(level for level in AlertLevel)
ACTORS = (NextActor.OFFICER, NextActor.HOLDER, NextActor.NOBODY)


def _one(name: str, among: type[Labelled]) -> Any:
    return next((member for member in among if member.value == request.args.get(name)), None)


def read_filter() -> CommitmentFilter:
    """The filters of the address; what is not understood is left out."""
    sort = request.args.get("tri", "window")
    return CommitmentFilter(
        words=request.args.get("q", "").strip()[:100],
        buyer_id=number_asked("acheteur"),
        holder_id=number_asked("titulaire"),
        support=_one("support", Support),
        modality=_one("modalite", Modality),
        level=_one("alerte", AlertLevel),
        mine=request.args.get("a_moi") == "1",
        state=STATES.get(request.args.get("etat", ""), ""),
        who=_one("agir", NextActor),
        sort=sort if sort.removeprefix("-") in service.SORTS else "window",
        page=number_asked("page") or 1,
        per_page=number_asked("par_page") or 25,
    )


def query_of(wanted: CommitmentFilter) -> dict[str, Any]:
    """The address of a filter: the reverse of `read_filter`, what is usual left out."""
    states = {code: word for word, code in STATES.items()}
    pairs = {
        "q": wanted.words,
        "acheteur": wanted.buyer_id,
        "titulaire": wanted.holder_id,
        "support": wanted.support.value if wanted.support else "",
        "modalite": wanted.modality.value if wanted.modality else "",
        "alerte": wanted.level.value if wanted.level else "",
        "a_moi": "1" if wanted.mine else "",
        "etat": states.get(wanted.state, ""),
        "agir": wanted.who.value if wanted.who else "",
        "tri": wanted.sort if wanted.sort != "window" else "",
        "par_page": wanted.per_page if wanted.per_page != 25 else "",
        "page": wanted.page if wanted.page > 1 else "",
    }
    return {name: value for name, value in pairs.items() if value}


def chips_of(wanted: CommitmentFilter, lists: FilterChoices) -> list[tuple[str, CommitmentFilter]]:
    """Each active filter in words, and the list without it."""
    first = replace(wanted, page=1)
    chips: list[tuple[str, CommitmentFilter]] = []
    if wanted.words:
        chips.append((f"«\u00a0{wanted.words}\u00a0»", replace(first, words="")))
    if wanted.buyer_id:
        chips.append((dict(lists.buyers).get(wanted.buyer_id, "Un acheteur"), replace(first, buyer_id=None)))
    if wanted.holder_id:
        chips.append((dict(lists.holders).get(wanted.holder_id, "Un titulaire"), replace(first, holder_id=None)))
    if wanted.support:
        chips.append((wanted.support.label, replace(first, support=None)))
    if wanted.modality:
        chips.append((wanted.modality.label, replace(first, modality=None)))
    if wanted.level:
        chips.append((wanted.level.label, replace(first, level=None)))
    if wanted.mine:
        chips.append(("Les miens", replace(first, mine=False)))
    if wanted.state:
        chips.append((_STATE_WORDS[wanted.state], replace(first, state="")))
    if wanted.who:
        chips.append((f"À qui d’agir\u00a0: {wanted.who.label.lower()}", replace(first, who=None)))
    return chips


def address_of(wanted: CommitmentFilter) -> str:
    return url_for("commitments.index", **query_of(wanted))


VIEWS: tuple[tuple[str, CommitmentFilter], ...] = (
    ("Tous", CommitmentFilter()),
    ("En cours", CommitmentFilter(state=RUNNING)),
    ("Les miens", CommitmentFilter(mine=True)),
    ("Alerte rouge", CommitmentFilter(level=AlertLevel.RED)),
    ("Terminés", CommitmentFilter(state=ENDED)),
)


@blueprint.get("")
@requires(Permission.READ_CLAUSES)
def index() -> Page:
    wanted = read_filter()
    page = service.find_commitments(context(), actor(), wanted)
    lists = service.filter_choices(context(), actor())
    chips = chips_of(wanted, lists)
    frees: list[tuple[str, str, int]] = []
    if chips and not page.rows:
        counts = service.count_commitments(context(), actor(), [without for _, without in chips])
        frees = [(label, address_of(one), count) for (label, one), count in zip(chips, counts, strict=True)]
    here = query_of(replace(wanted, sort="window", page=1, per_page=25))
    return render_template(
        "commitments/index.html",
        page=page,
        wanted=wanted,
        lists=lists,
        chips=[(label, address_of(without)) for label, without in chips],
        frees=frees,
        views=[(label, address_of(view), here == query_of(view)) for label, view in VIEWS],
        supports=[(item.value, item.label) for item in Support],
        modalities=[(item.value, item.label) for item in Modality],
        actors=[(item.value, item.label) for item in ACTORS],
        levels=[(item.value, item.label) for item in LEVELS],
        state=next((word for word, code in STATES.items() if code == wanted.state), ""),
        sizes=service.PAGE_SIZES,
        address=lambda **changes: address_of(replace(wanted, **changes)),
        export=lambda kind: url_for("commitments.export", kind=kind, **query_of(replace(wanted, page=1))),
    )


@blueprint.get("/export.<any(csv, xlsx):kind>")
@requires(Permission.READ_CLAUSES)
def export(kind: str) -> Response:
    content = service.export_commitments(context(), actor(), read_filter(), kind=kind)
    response = Response(content, mimetype=_SHEETS[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="engagements.{kind}"'
    return response
