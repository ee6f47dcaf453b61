"""Communes looked up from what somebody types: a name, without accents or not, a postal code, an INSEE code."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from matching.errors import FieldError, Invalid
from matching.services.context import Context
from matching.store.tables.reference import Commune
from matching.text import fold

_LIMIT = 20


@dataclass(frozen=True)
class CommuneChoice:
    """A commune as it is offered to choose: `label` tells apart those of the same name."""

    insee: str
    name: str
    postal_code: str
    other_codes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.name} ({self.postal_code})" if self.postal_code else self.name

    def is_called(self, text: str) -> bool:
        """Whether `text` is its name followed by one of its codes: « Nantes (44100) » too."""
        code = text.partition("(")[2].rstrip(") ")
        return _folded_name(text) == fold(self.name) and code in (self.insee, self.postal_code, *self.other_codes)


def find_communes(ctx: Context, text: str, limit: int = _LIMIT) -> tuple[CommuneChoice, ...]:
    """Communes for `text`, best first: exact name or code, then names that begin so, then larger ones."""
    with ctx.read() as session:
        return search_communes(session, text, limit)


def search_communes(session: Session, text: str, limit: int = _LIMIT) -> tuple[CommuneChoice, ...]:
    """As `find_communes`, in a session already open."""
    words = _folded_name(text)
    if not words:
        return ()
    rows = session.execute(_query(words).limit(200)).all()
    ranked = sorted(
        rows,
        key=lambda row: (
            not (row.name_search == words or row.insee.lower() == words or words in row.postal_codes.split()),
            not row.name_search.startswith(words),
            -(row.population or 0),
            row.insee,
        ),
    )
    return tuple(_choice(row.insee, row.name, row.postal_codes) for row in ranked[:limit])


def _query(words: str) -> Select[str, str, str, str, int | None]:
    columns = (Commune.insee, Commune.name, Commune.name_search, Commune.postal_codes, Commune.population)
    if words.isdecimal():
        return select(*columns).where(or_(Commune.insee == words, Commune.postal_codes.contains(words)))
    if len(words) == 5 and words[0] == "2" and words[1] in "ab":
        return select(*columns).where(Commune.insee == words.upper())
    return select(*columns).where(*(Commune.name_search.contains(word) for word in words.split()))


def _folded_name(text: str) -> str:
    """« St-Nazaire (44600) » as the search column writes it."""
    bare = text.split("(")[0] if "(" in text else text
    words = fold(bare or text).split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def _choice(insee: str, name: str, postal_codes: str) -> CommuneChoice:
    """Postal codes are kept separated by spaces, the main one first."""
    first, *others = postal_codes.split() or [""]
    return CommuneChoice(insee, name, first, tuple(others))


def resolve_commune(session: Session, text: str, field: str = "commune") -> str | None:
    """The INSEE code meant by `text`; None when empty. Raises `Invalid` when none or several fit."""
    if not text.strip():
        return None
    bare = text.strip()
    found = search_communes(session, bare)
    exact = [c for c in found if bare in (c.insee, c.label) or fold(c.name) == _folded_name(bare)]
    if "(" in bare:
        exact = [c for c in exact if c.is_called(bare)] or exact
    if len(exact) == 1:
        return exact[0].insee
    if not exact and len(found) == 1:
        return found[0].insee
    if found:
        names = ", ".join(choice.label for choice in found[:5])
        raise Invalid(
            "La commune est à préciser.",
            [FieldError(field, f"Plusieurs communes conviennent : {names}. Écrivez l’une d’elles.", bare)],
        )
    raise Invalid(
        "La commune n’est pas reconnue.",
        [FieldError(field, "Aucune commune à ce nom. Vérifiez l’orthographe, ou écrivez le code postal.", bare)],
    )


def commune_label(session: Session, insee: str | None) -> str:
    """The label of a commune, as `resolve_commune` reads it back; empty when there is none."""
    if not insee:
        return ""
    row = session.execute(select(Commune.name, Commune.postal_codes).where(Commune.insee == insee)).one_or_none()
    return _choice(insee, row.name, row.postal_codes).label if row else ""
