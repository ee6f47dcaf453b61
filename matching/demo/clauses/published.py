"""Contracts known by what their buyer published, without hours: what the law's registers are read over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from matching.clauses.terms import BuyerCategory, NoConditionGround, Procedure, PurchaseNature, Support
from matching.demo.clauses.stage import Stage
from matching.store.tables.contracts import Contract
from matching.text import fold

_LOCAL, _SERVICES, _WORKS = BuyerCategory.LOCAL_AUTHORITY, PurchaseNature.SERVICES, PurchaseNature.WORKS
_PUBLISHED: tuple[dict[str, Any], ...] = (
    {"number": "SE-041", "object": "Restauration des agents, sites centraux", "cpv": "55500000-5", "euros": 640_000,
     "launched": 70, "nature": _SERVICES, "social": "none"},
    {"number": "FO-012", "object": "Fourniture d’électricité des collèges", "cpv": "09310000-5",
     "euros": 2_900_000, "launched": 62, "nature": PurchaseNature.SUPPLIES, "social": "none",
     "ground": NoConditionGround.AVAILABLE_SOLUTION, "note": "Achat sur le marché de gros, sans main-d’œuvre locale."},
    {"number": "SE-044", "object": "Surveillance des archives", "cpv": "79714000-2", "euros": 410_000,
     "launched": None, "nature": _SERVICES, "social": "none"},
    {"number": "SE-039L02", "object": "Entretien des extincteurs, lot 2", "cpv": "50413200-5", "euros": 38_000,
     "launched": 80, "nature": _SERVICES, "social": None},
    {"number": "TX-051", "object": "Confortement d’un mur de soutènement", "cpv": "45220000-5", "euros": 880_000,
     "launched": 58, "nature": _WORKS, "social": "criterion"},
)  # fmt: skip


def add_published(stage: Stage) -> None:
    """A handful of contracts of this year: above the threshold or not, complete or not."""
    today = stage.months.today
    with stage.acting(stage.ctx.clock.now() - timedelta(hours=1)) as work:
        buyer_id = work.session.execute(select(Contract.buyer_id).order_by(Contract.id).limit(1)).scalar_one()
        for plan in _PUBLISHED:
            launched = None if plan["launched"] is None else today - timedelta(days=plan["launched"])
            work.session.add(
                Contract(
                    support=Support.PUBLIC_CONTRACT,
                    buyer_id=buyer_id,
                    number=f"{today.year}-{plan['number']}",
                    object=plan["object"],
                    object_search=fold(plan["object"]),
                    cpv=plan["cpv"],
                    nature=plan["nature"],
                    procedure=Procedure.OPEN,
                    source="decp",
                    buyer_category=_LOCAL,
                    social=plan["social"],
                    no_condition_ground=plan.get("ground"),
                    no_condition_note=plan.get("note"),
                    launched_on=launched,
                    estimate_cents=None if launched is None else plan["euros"] * 100,
                    amount_cents=plan["euros"] * 100,
                    notified_on=today - timedelta(days=9),
                    published_on=today - timedelta(days=4),
                    months=12,
                    created_at=work.at,
                )
            )
        work.record("decp.imported", "organisation", buyer_id, records=len(_PUBLISHED), added=len(_PUBLISHED))
