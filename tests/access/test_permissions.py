"""The permission table is total, and says no by default."""

import pytest

from matching.access.permissions import PERMISSIONS, REFUSALS, Actor, Permission, allowed, require
from matching.errors import Forbidden
from matching.terms import Role

P = Permission


def test_every_role_is_in_the_table_and_every_permission_is_somebody_s() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert set().union(*PERMISSIONS.values()) == set(Permission)


@pytest.mark.parametrize(
    ("role", "never"),
    [
        (Role.EMPLOYER, {P.READ_CANDIDATE, P.RANK_CANDIDATES, P.PROPOSE, P.READ_OFFER, P.READ_TRAIL, P.ADMINISTER}),
        (Role.ADMINISTRATOR, {P.READ_CANDIDATE, P.EDIT_CANDIDATE, P.RANK_CANDIDATES, P.PROPOSE}),
        (Role.ADVISER, {P.MANAGE_UNIT, P.EDIT_WEIGHTS, P.ADMINISTER, P.READ_TRAIL, P.POST_OWN_OFFER}),
        (Role.PILOT, set(P) - {P.OWN_ACCOUNT, P.SEE_TODAY, P.FIND_OCCUPATION, P.READ_FAIRNESS}),
        (Role.UNIT_MANAGER, {P.ADMINISTER, P.READ_TRAIL, P.POST_OWN_OFFER}),
    ],
)
def test_what_a_role_must_never_do(role: Role, never: set[Permission]) -> None:
    assert not PERMISSIONS[role] & never


def test_require_lets_pass_what_the_table_holds_and_nothing_else() -> None:
    for role in Role:
        actor = Actor(1, "Awa Exemple", role)
        for permission in Permission:
            if allowed(role, permission):
                require(actor, permission)
                assert actor.may(permission)
            else:
                with pytest.raises(Forbidden) as told:
                    require(actor, permission)
                assert told.value.message == REFUSALS[role]
                assert told.value.data == {"permission": permission.value}
                assert not actor.may(permission)


@pytest.mark.parametrize(
    ("role", "remedy"),
    [
        (Role.ADVISER, "responsable d’unité"),
        (Role.UNIT_MANAGER, "l’administration"),
        (Role.EMPLOYER, "l’unité emploi qui suit vos offres"),
        (Role.CLAUSE_OFFICER, "l’unité emploi"),
        (Role.BUYER, "la personne qui suit vos clauses"),
        (Role.PILOT, "jamais un dossier"),
        (Role.ADMINISTRATOR, "jamais un dossier"),
    ],
)
def test_a_refusal_sends_each_role_to_somebody_it_has(role: Role, remedy: str) -> None:
    assert remedy in REFUSALS[role]
    assert ("votre responsable" in REFUSALS[role]) is (role is Role.ADVISER)
