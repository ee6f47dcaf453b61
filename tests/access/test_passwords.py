"""Passwords: what is refused and why, hashing, and the delay after failed attempts."""

from datetime import UTC, datetime, timedelta

import pytest

from matching.access.passwords import Passwords, check_new_password, digest, new_token, wait_before_next
from matching.errors import Invalid
from matching.settings import Settings

REFUSED = [
    ("court", "au moins 15"),
    ("cheval pile ag", "au moins 15"),
    ("aaaaaaaaaaaaaaaaaaaa", "trop courant"),
    ("motdepassemotdepasse", "trop courant"),
    ("Mot de passe 12345", "trop courant"),
    ("AZERTYUIOP 1234567", "trop courant"),
    ("awa.exemple-2026!", "votre nom"),
    ("Exemple Awa 44000", "votre nom"),
]
TAKEN = ["cheval pile agrafe lampe", "une phrase sans rapport", "Xq7!Xq7!pmWz9-k2bn", "ß∂ƒ çœur étoilé vers 3"]


@pytest.mark.parametrize(("password", "reason"), REFUSED)
def test_a_weak_password_is_refused_with_what_to_do(password: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as told:
        check_new_password(password, name="Awa Exemple", email="awa.exemple@exemple.test")
    assert [error.field for error in told.value.errors] == ["password"]
    assert password not in str(told.value.errors)


@pytest.mark.parametrize("password", TAKEN)
def test_a_long_one_is_taken(password: str) -> None:
    check_new_password(password, name="Awa Exemple", email="awa.exemple@exemple.test")


def test_the_hash_is_argon2id_salted_and_verifies_only_its_own() -> None:
    passwords = Passwords(time_cost=1, memory_kib=8)
    first, second = passwords.hash("cheval pile agrafe lampe"), passwords.hash("cheval pile agrafe lampe")
    assert first.startswith("$argon2id$")
    assert first != second
    assert passwords.verify(first, "cheval pile agrafe lampe")
    assert not passwords.verify(first, "cheval pile agrafe lampes")
    assert not passwords.verify(None, "cheval pile agrafe lampe")
    assert not passwords.verify("not a hash", "cheval pile agrafe lampe")


def test_the_cost_of_an_installation_is_not_that_of_the_tests() -> None:
    settings = Settings()
    assert settings.argon2_memory_kib >= 19 * 1024
    assert settings.argon2_time_cost >= 2


def test_the_delay_starts_after_the_fifth_failure_grows_and_stops_growing() -> None:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    waits = [wait_before_next(failures, at) - at for failures in range(40)]
    assert waits[:5] == [timedelta(0)] * 5
    assert waits[5:9] == [timedelta(seconds=s) for s in (2, 4, 8, 16)]
    assert waits == sorted(waits)
    assert max(waits) == wait_before_next(10**6, at) - at == timedelta(minutes=15)


def test_tokens_are_long_and_all_different() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert min(map(len, tokens)) >= 43
    assert digest("a") != digest("b")
