"""What a published contract means for the registry: its support, its nature, the hours an amendment might change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fractions import Fraction

from matching.clauses.rounding import nearest
from matching.clauses.terms import Procedure, PurchaseNature, Support
from matching.text import fold

_PROCEDURES = {
    "procedure adaptee": Procedure.ADAPTED,
    "appel d offres ouvert": Procedure.OPEN,
    "appel d offres restreint": Procedure.RESTRICTED,
    "procedure avec negociation": Procedure.NEGOTIATED,
    "procedure concurrentielle avec negociation": Procedure.NEGOTIATED,
    "procedure negociee avec mise en concurrence prealable": Procedure.NEGOTIATED,
    "marche passe sans publicite ni mise en concurrence prealable": Procedure.WITHOUT_COMPETITION,
    "marche negocie sans publicite ni mise en concurrence prealable": Procedure.WITHOUT_COMPETITION,
    "dialogue competitif": Procedure.COMPETITIVE_DIALOGUE,
}
_WORKS, _FIRST_SERVICE, _SOFTWARE = 45, 49, 48


def support_of(concession: bool, techniques: Iterable[str], framework_id: str) -> Support:
    """A contract that names a framework is a call-off; one made as a framework agreement is one."""
    if concession:
        return Support.CONCESSION
    if framework_id:
        return Support.CALL_OFF_CONTRACT
    framework = any(fold(technique) == "accord cadre" for technique in techniques)
    return Support.FRAMEWORK_AGREEMENT if framework else Support.PUBLIC_CONTRACT


def nature_of_cpv(cpv: str) -> PurchaseNature | None:
    """Works, services or supplies by the CPV's division; None when the code is not known.

    Divisions 03 to 44 and 48 are supplies, 45 works, 50 to 98 services (regulation (EC) 213/2008).
    """
    if not cpv[:2].isascii() or not cpv[:2].isdecimal():
        return None
    division = int(cpv[:2])
    if division == _WORKS:
        return PurchaseNature.WORKS
    if division < _FIRST_SERVICE:
        return PurchaseNature.SUPPLIES if division >= 3 else None
    return PurchaseNature.SERVICES if division >= 50 else None


def procedure_of(text: str) -> Procedure | None:
    """The procedure as published, in the present list or the one before."""
    return _PROCEDURES.get(fold(text))


def proposed_change(minutes_due: int, old_cents: int | None, new_cents: int | None) -> int | None:
    """The minutes an amendment might add or take, in proportion of the totals; None when a total is not known.

    A proposal for a person who decides: an amendment on price alone changes nothing.
    """
    if not old_cents or new_cents is None:
        return None
    return nearest(Fraction(minutes_due * new_cents, old_cents)) - minutes_due


def amendment_key(*fields: object) -> str:
    """Tells published amendments apart: their numbers are missing or repeated."""
    return hashlib.sha256("|".join(map(str, fields)).encode()).hexdigest()
