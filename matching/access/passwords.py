"""Passwords: rules, hashing with Argon2id, and the delay that grows with failed attempts."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from matching.errors import FieldError, Invalid
from matching.text import fold

MINIMUM_LENGTH = 15
FREE_ATTEMPTS = 4
_LONGEST_DELAY = timedelta(minutes=15)

# What people type when asked for something long; compared folded, without digits or spaces.
_COMMON = (
    "motdepasse",
    "azertyuiop",
    "qwertyuiop",
    "password",
    "passwordpassword",
    "bonjourbonjour",
    "jetaimejetaime",
    "departement",
    "loireatlantique",
    "administrateur",
    "changemoi",
    "soleilsoleil",
    "motdepassemotdepasse",
    "azertyuiopqsdfghjklm",
)


def check_new_password(password: str, *, name: str = "", email: str = "") -> None:
    """Raises `Invalid` with the remedy when the password is too short, common, or made of the account's name."""
    letters = "".join(c for c in fold(password) if c.isalpha())
    own = {part for part in fold(f"{name} {email.split('@')[0]}").split() if len(part) > 3}
    remainder = letters
    for part in own:
        remainder = remainder.replace(part, "")
    if len(password) < MINIMUM_LENGTH:
        reason = f"Choisissez au moins {MINIMUM_LENGTH} caractères : une phrase de quatre mots convient."
    elif len(set(password)) < 6 or letters in _COMMON:
        reason = "Ce mot de passe est trop courant : choisissez quatre mots sans lien entre eux."
    elif letters and own and len(remainder) < 6:
        reason = "Ce mot de passe reprend votre nom : choisissez quatre mots sans lien avec vous."
    else:
        return
    raise Invalid(reason, [FieldError("password", reason)])


class Passwords:
    """Hashes and verifies; the cost is a setting, cheap in tests."""

    def __init__(self, time_cost: int, memory_kib: int) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        # Verified against for unknown users, so that the answer takes the same time.
        self._decoy = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one hashed in `stored`; takes as long when nobody has that address."""
        try:
            return self._hasher.verify(stored or self._decoy, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def wait_before_next(failures: int, last_failed_at: datetime) -> datetime:
    """When the next attempt is heard: at once up to the fourth failure, then 2, 4, 8 … seconds, 15 min at most."""
    if failures <= FREE_ATTEMPTS:
        return last_failed_at
    # The exponent is bounded so that a million attempts do not overflow.
    return last_failed_at + min(timedelta(seconds=2 ** min(failures - FREE_ATTEMPTS, 12)), _LONGEST_DELAY)


def new_token() -> str:
    """A random session token, 256 bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token or of an address typed."""
    return hashlib.sha256(token.encode()).hexdigest()
