"""Passwords of the embedded Odoo's users: kept salted and hashed, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_ROUNDS = 20_000


def hashed(password: str) -> str:
    """What is stored for a password."""
    salt = secrets.token_hex(8)
    return f"{salt}${_digest(salt, password)}"


def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one that ``stored`` was made from."""
    salt, _dollar, digest = (stored or "").partition("$")
    return bool(digest) and hmac.compare_digest(digest, _digest(salt, password))


def _digest(salt: str, password: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "replace"), salt.encode(), _ROUNDS).hex()
