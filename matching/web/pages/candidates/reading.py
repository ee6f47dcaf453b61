"""Reading a person's file: synthesis, proposals, history, the sheet to print."""

from __future__ import annotations

from typing import Any

from matching.access.permissions import Permission
from matching.services import candidates
from matching.services.candidates import CandidateFile
from matching.services.candidates.file import FactLine, FactSection
from matching.terms import FactGroup
from matching.web.guard import requires
from matching.web.pages.candidates import forms
from matching.web.pages.candidates.blueprint import blueprint
from matching.web.session import actor, context

KEY_FACTS = frozenset(
    {
        "licence_b",
        "vehicle",
        "mode_walk",
        "mode_public_transport",
        "mode_car",
        "available_from",
        "hours_min",
        "hours_max",
        "contract_permanent",
        "contract_fixed_term",
        "french_oral",
        "degree",
        "night",
        "weekend",
        "standing",
        "right_to_work",
        "pay_wished",
    }
)
"""Questions most offers depend on: each is shown as never asked. The others are counted by group."""


def _shown(section: FactSection) -> dict[str, Any]:
    """A group as the synthesis shows it: what is known, what to ask first, how many more could be asked."""
    ask: list[FactLine] = [line for line in section.to_ask if line.code in KEY_FACTS]
    return {
        "group": section.group,
        "known": section.known,
        "ask": ask,
        "more": len(section.to_ask) - len(ask),
    }


def _questions(file: CandidateFile) -> list[FactLine]:
    """The first questions to ask, in the order of the registry."""
    return [line for section in file.sections for line in section.to_ask if line.code in KEY_FACTS]


@blueprint.get("/<int:candidate_id>")
@requires(Permission.READ_CANDIDATE)
def show(candidate_id: int) -> str:
    """The synthesis of a person's file."""
    file = candidates.read_candidate(context(), actor(), candidate_id)
    return forms.render(
        "show.html",
        file=file,
        sections=[_shown(section) for section in file.sections],
        questions=_questions(file),
        groups=FactGroup,
        tab="show",
    )


@blueprint.get("/<int:candidate_id>/propositions")
@requires(Permission.READ_CANDIDATE)
def proposals(candidate_id: int) -> str:
    """What was proposed to the person."""
    file = candidates.read_candidate(context(), actor(), candidate_id, how="proposals")
    return forms.render("proposals.html", file=file, tab="proposals")


@blueprint.get("/<int:candidate_id>/historique")
@requires(Permission.READ_CANDIDATE)
def history(candidate_id: int) -> str:
    """Who did what on the file, and who followed the person."""
    file = candidates.read_candidate(context(), actor(), candidate_id, how="history")
    return forms.render("history.html", file=file, tab="history")


@blueprint.get("/<int:candidate_id>/fiche")
@requires(Permission.READ_CANDIDATE)
def sheet(candidate_id: int) -> str:
    """The file on paper: what is known, and the questions to ask."""
    file = candidates.read_candidate(context(), actor(), candidate_id, how="sheet")
    return forms.render("sheet.html", file=file, questions=_questions(file), groups=FactGroup)
