"""The law's registers: contracts that must carry a social condition (L2112-2-1), and the SPASER's indicators.

Sources: code de la commande publique, articles L2112-2-1 and L2111-3; amounts are dated parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from matching.clauses.terms import BuyerCategory, Modality, NoConditionGround, PurchaseNature, Support
from matching.reference.legal import amount_on
from matching.reference.model import LegalParameter
from matching.terms import Known, Labelled

IN_FORCE = "l2112_2_1"
"""Code of the dated parameter whose first `valid_from` is the day the obligation begins."""
_SUPPLIES = {
    BuyerCategory.LOCAL_AUTHORITY: "threshold_supplies_local",
    BuyerCategory.STATE: "threshold_supplies_state",
    BuyerCategory.CONTRACTING_ENTITY: "threshold_supplies_entity",
}
_WORKS = "threshold_works"
_CONDITIONS = frozenset({Modality.EXECUTION_CONDITION, Modality.CONDITION_AND_CRITERION})
_CONTRACTS = frozenset(
    {Support.PUBLIC_CONTRACT, Support.FRAMEWORK_AGREEMENT, Support.CALL_OFF_CONTRACT, Support.CONCESSION}
)


class ObligationState(Labelled):
    """What the register says of a contract."""

    NOT_CONCERNED = "not_concerned", "Non concerné"
    TO_COMPLETE = "to_complete", "À compléter"
    WITH_CONDITION = "with_condition", "Avec condition"
    WITH_GROUND = "with_ground", "Sans condition, motif indiqué"
    MISSING = "missing", "Ni condition ni motif"


@dataclass(frozen=True)
class ContractFacts:
    """What is known of a contract; None and `Known.UNKNOWN` are unknown. Amounts in cents excluding tax.

    `estimate_cents` is the estimate of the whole need (all lots, renewals, options), `amount_cents` what was awarded.
    """

    id: int
    support: Support
    category: BuyerCategory | None
    nature: PurchaseNature | None
    launched_on: date | None
    notified_on: date | None
    estimate_cents: int | None
    amount_cents: int | None
    condition: Known
    criterion: Known
    reserved: Known
    ground: NoConditionGround | None = None
    to_siae: Known = Known.UNKNOWN
    to_adapted: Known = Known.UNKNOWN

    @property
    def any_consideration(self) -> Known:
        """Yes when one is there, no when all are known to be absent, else unknown."""
        answers = (self.condition, self.criterion, self.reserved)
        if Known.YES in answers:
            return Known.YES
        return Known.UNKNOWN if Known.UNKNOWN in answers else Known.NO


@dataclass(frozen=True)
class Obligation:
    """The state of a contract in the register, its threshold (cents), and what to do."""

    state: ObligationState
    threshold_cents: int | None
    missing: tuple[str, ...]
    message: str


def considerations_of(modalities: Iterable[Modality]) -> tuple[Known, Known, Known]:
    """Condition, criterion, reserved, as the commitments of a contract say them."""
    found = set(modalities)
    condition = bool(found & _CONDITIONS)
    criterion = bool(found & {Modality.AWARD_CRITERION, Modality.CONDITION_AND_CRITERION})
    reserved = Modality.RESERVED in found
    return _known(condition), _known(criterion), _known(reserved)


def _known(answer: bool) -> Known:
    return Known.YES if answer else Known.NO


def threshold_cents(
    parameters: Iterable[LegalParameter], category: BuyerCategory, nature: PurchaseNature, support: Support, on: date
) -> int | None:
    """The European threshold in force on the day of launch, in cents; None before the first known."""
    works = nature is PurchaseNature.WORKS or support is Support.CONCESSION
    row = amount_on(parameters, _WORKS if works else _SUPPLIES[category], on)
    return int(Decimal(row.amount) * 100) if row else None


def obligation(facts: ContractFacts, parameters: list[LegalParameter]) -> Obligation:
    """Whether L2112-2-1 asks a condition of this contract, and whether it has one or says why not.

    The day tested is the launch of the consultation, the amount tested is the estimate of the whole need.
    """
    if facts.support not in _CONTRACTS:
        return Obligation(ObligationState.NOT_CONCERNED, None, (), "Ce n’est pas un contrat de la commande publique.")
    since = min((row.valid_from for row in parameters if row.code == IN_FORCE), default=None)
    if since is None or (facts.launched_on is not None and facts.launched_on < since):
        return Obligation(ObligationState.NOT_CONCERNED, None, (), "Consultation lancée avant l’obligation.")
    # A launch unknown but notified before the obligation was launched before it too.
    if facts.launched_on is None and facts.notified_on is not None and facts.notified_on < since:
        return Obligation(ObligationState.NOT_CONCERNED, None, (), "Notifié avant l’obligation.")
    missing = tuple(_missing(facts))
    if facts.condition is Known.YES:
        return Obligation(ObligationState.WITH_CONDITION, None, missing, "Une condition d’exécution est inscrite.")
    if missing or facts.launched_on is None or facts.category is None or facts.estimate_cents is None:
        return Obligation(ObligationState.TO_COMPLETE, None, missing, f"À compléter : {', '.join(missing)}.")
    nature = facts.nature or PurchaseNature.SERVICES
    threshold = threshold_cents(parameters, facts.category, nature, facts.support, facts.launched_on)
    if threshold is None:
        return Obligation(ObligationState.TO_COMPLETE, None, ("seuil",), "Le seuil de cette date n’est pas connu.")
    return _above(facts, threshold)


def _above(facts: ContractFacts, threshold: int) -> Obligation:
    if (facts.estimate_cents or 0) < threshold:
        return Obligation(ObligationState.NOT_CONCERNED, threshold, (), "Estimation sous le seuil.")
    if facts.condition is Known.UNKNOWN:
        said = "Indiquez si le contrat porte une condition sociale."
        return Obligation(ObligationState.TO_COMPLETE, threshold, ("condition",), said)
    if facts.ground is not None:
        return Obligation(ObligationState.WITH_GROUND, threshold, (), facts.ground.label)
    said = "Aucune condition et aucun motif : ajoutez une condition par avenant, ou notez le motif."
    return Obligation(ObligationState.MISSING, threshold, (), said)


def _missing(facts: ContractFacts) -> Iterator[str]:
    if facts.launched_on is None:
        yield "date de lancement de la consultation"
    if facts.estimate_cents is None:
        yield "estimation de l’ensemble du besoin"
    if facts.category is None:
        yield "catégorie de l’acheteur"
    if facts.nature is None and facts.support is not Support.CONCESSION:
        yield "nature de l’achat"


# --- SPASER ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Indicator:
    """How many of the year's contracts, and for how much, with the denominators beside.

    `unknown` contracts say nothing: they are in the denominator and told apart, never counted as a no.
    `amount_unknown` are counted contracts whose amount is not known: they add nothing to the amounts.
    """

    code: str
    label: str
    contracts: int
    of_contracts: int
    unknown: int
    cents: int
    of_cents: int
    amount_unknown: int

    @property
    def percent(self) -> Decimal | None:
        """Of the number of contracts, to a tenth; None without contracts."""
        return _percent(self.contracts, self.of_contracts)

    @property
    def percent_of_amount(self) -> Decimal | None:
        return _percent(self.cents, self.of_cents)


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(100) * part / whole).quantize(Decimal("0.1")) if whole else None


_INDICATORS = (
    ("any", "Contrats avec une considération sociale", "any_consideration"),
    ("condition", "avec une condition d’exécution", "condition"),
    ("criterion", "avec un critère d’attribution", "criterion"),
    ("reserved", "réservés", "reserved"),
    ("siae", "attribués à une SIAE", "to_siae"),
    ("adapted", "attribués à une EA ou un ESAT", "to_adapted"),
)


def spaser_indicators(contracts: Iterable[ContractFacts]) -> tuple[Indicator, ...]:
    """The indicators of a year over all the contracts given: by number and by amount."""
    year = [one for one in contracts if one.support in _CONTRACTS]
    whole = sum(one.amount_cents or 0 for one in year)
    return tuple(_indicator(code, label, name, year, whole) for code, label, name in _INDICATORS)


def _indicator(code: str, label: str, name: str, year: list[ContractFacts], whole: int) -> Indicator:
    counted = [one for one in year if getattr(one, name) is Known.YES]
    return Indicator(
        code=code,
        label=label,
        contracts=len(counted),
        of_contracts=len(year),
        unknown=sum(getattr(one, name) is Known.UNKNOWN for one in year),
        cents=sum(one.amount_cents or 0 for one in counted),
        of_cents=whole,
        amount_unknown=sum(one.amount_cents is None for one in counted),
    )
