"""Encryption of what must not lie in a database in plain text, with keys that can be rotated."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from hub.errors import HubError


class WrongKey(HubError):
    """A stored secret was encrypted with a key that the hub doesn't have (or what is stored is damaged)."""

    code = "WRONG_ENCRYPTION_KEY"


class Cipher:
    """Encrypts with the first of its keys, decrypts with any of them.

    ``keys`` are as generate_key makes them, the newest first. Raises ValueError, which names the
    key's place and never the key, for one that is malformed.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("There is no encryption key. Set HUB_ENCRYPTION_KEYS.")
        self._fernet = MultiFernet([_fernet(key, place) for place, key in enumerate(keys, start=1)])

    def encrypt(self, text: str) -> str:
        """The text as a token: ASCII, different each time."""
        return self._fernet.encrypt(text.encode("utf-8", errors="surrogatepass")).decode("ascii")

    def decrypt(self, token: str) -> str:
        """The text of a token; raises WrongKey, never hands the token out in its place."""
        try:
            return self._fernet.decrypt(token.encode()).decode("utf-8", errors="surrogatepass")
        except InvalidToken:
            raise _wrong_key() from None

    def rotate(self, token: str) -> str:
        """The same text as a token of the first key, so that the older keys can go; raises WrongKey."""
        try:
            return self._fernet.rotate(token.encode()).decode("ascii")
        except InvalidToken:
            raise _wrong_key() from None

    def __repr__(self) -> str:
        return "<Cipher>"


def generate_key() -> str:
    """A fresh key: 32 random bytes in URL-safe base64."""
    return Fernet.generate_key().decode("ascii")


def _fernet(key: str, place: int) -> Fernet:
    try:
        return Fernet(key.strip().encode())
    except ValueError:
        raise ValueError(
            f"Encryption key number {place} is malformed: it must be 32 bytes in URL-safe base64. "
            "Make one with `manage.py newkey`."
        ) from None


def _wrong_key() -> WrongKey:
    return WrongKey(
        "A stored secret cannot be decrypted: none of the keys in HUB_ENCRYPTION_KEYS fits. "
        "Add the key that it was encrypted with, or enter the secret again."
    )


def are_certificates(text: str) -> bool:
    """Whether a text holds certificates in PEM (RFC 7468), and nothing that is broken."""
    try:
        return bool(x509.load_pem_x509_certificates(text.encode()))
    except ValueError:
        return False
