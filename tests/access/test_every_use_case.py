"""Every use case asks for a permission before anything else: held for all of them, those written later too."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest

from matching import services
from matching.access.permissions import Actor
from matching.errors import Forbidden
from matching.services.context import Context

NOBODY = Actor(0, "Personne", "nobody")  # type: ignore[arg-type]
NOT_ASKED = {
    # A step of use cases that have already asked.
    "matching.services.reading.note_read",
    # The reference is loaded from the machine's own command line only; no page leads there.
    "matching.services.reference.load_official",
    "matching.services.reference.store_reference",
}


def _use_cases() -> dict[str, Callable[..., Any]]:
    """Public functions of the services that take `ctx` and `actor`, by their full name."""
    found = {}
    for info in pkgutil.walk_packages(services.__path__, "matching.services."):
        module = importlib.import_module(info.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != info.name:
                continue
            if list(inspect.signature(function).parameters)[:2] == ["ctx", "actor"]:
                found[f"{info.name}.{name}"] = function
    return found


USE_CASES = _use_cases()


def test_there_are_use_cases_to_check() -> None:
    assert len(USE_CASES) > 40
    assert "matching.services.accounts.change_password" in USE_CASES
    assert USE_CASES.keys() >= NOT_ASKED


@pytest.mark.parametrize("name", sorted(USE_CASES.keys() - NOT_ASKED))
def test_somebody_without_permission_is_refused_before_anything(ctx: Context, name: str) -> None:
    parameters = list(inspect.signature(USE_CASES[name]).parameters.values())[2:]
    others = [MagicMock() for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    named = {p.name: MagicMock() for p in parameters if p.default is p.empty and p.kind is p.KEYWORD_ONLY}
    with pytest.raises(Forbidden):
        _begin(USE_CASES[name](ctx, NOBODY, *others, **named))


def _begin(answer: Any) -> None:
    """What asks only once it is read or entered must be begun to be asked."""
    if inspect.isgenerator(answer):
        next(answer)
    elif hasattr(answer, "__enter__"):
        answer.__enter__()
