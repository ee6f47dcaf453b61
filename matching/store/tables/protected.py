"""What must never enter a ranking: kept apart, with date and proof, for eligibility to schemes only."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from matching.store.tables.base import Base, code_column
from matching.terms import FactSource

PROTECTED_KINDS = {
    "birth_date": "Date de naissance",
    "sex": "Sexe",
    "nationality": "Nationalité",
    "qpv": "Quartier prioritaire",
    "rsa": "RSA",
    "ass": "ASS",
    "aah": "AAH",
    "rqth": "RQTH",
    "family_situation": "Situation familiale",
    "housing_situation": "Logement",
    "justice": "Suivi par la justice",
    "long_term_unemployed": "Demandeur d’emploi de longue durée",
}


class ProtectedFact(Base):
    """`value` is a code, `yes`, `no` or an ISO date according to `kind`. No row means unknown."""

    __tablename__ = "protected_fact"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))
    source: Mapped[FactSource] = code_column(FactSource, default=FactSource.DECLARED)
    known_on: Mapped[date]
    proof: Mapped[str] = mapped_column(String(120), default="")
