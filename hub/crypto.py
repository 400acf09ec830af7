"""Encryption of what must not lie in a database in plain text, with keys that can be rotated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from hub.errors import HubError

PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.DOTALL)
"""A private key in PEM, in any of its forms."""


_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----")


def pem_lines(text: str) -> str:
    """PEM texts (RFC 7468) in lines of 64 characters: whoever pastes one into a single line gets spaces in their place.

    What is no plain PEM, such as a key with headers, stays as it is.
    """

    def block(found: re.Match[str]) -> str:
        label, body = found[1], "".join(found[2].split())
        lines = [body[start : start + 64] for start in range(0, len(body), 64)]
        return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"))

    return _PEM.sub(block, text)


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
        all_keys = [_fernet(key, place) for place, key in enumerate(keys, start=1)]
        self._first, self._fernet = all_keys[0], MultiFernet(all_keys)

    def encrypt(self, text: str) -> str:
        """The text as a token: ASCII, different each time."""
        return self._fernet.encrypt(text.encode("utf-8", errors="surrogatepass")).decode("ascii")

    def decrypt(self, token: str) -> str:
        """The text of a token; raises WrongKey, never hands the token out in its place."""
        try:
            return self._fernet.decrypt(token.encode()).decode("utf-8", errors="surrogatepass")
        except InvalidToken:
            raise _wrong_key() from None

    def is_of_first(self, token: str) -> bool:
        """Whether a token is one of the first key, so that none of the others is needed for it."""
        try:
            self._first.decrypt(token.encode())
        except InvalidToken:
            return False
        return True

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


def holds_private_key(text: str) -> bool:
    """Whether there is a private key in it, or a part of one."""
    return "PRIVATE KEY" in text


def wrong_pair(certificates: str, key: str) -> tuple[str, str] | None:
    """Why the key, in PEM, cannot be used with the first of the certificates: which of the two (``certificate`` or
    ``key``) is to be changed, and a sentence; None when they fit, or where the certificates are none.
    """
    try:
        first, *others = x509.load_pem_x509_certificates(certificates.encode())
    except ValueError:
        return None
    block = PRIVATE_KEY.search(key)
    if block is None:
        what = "a certificate, and not its private key" if "BEGIN CERTIFICATE" in key else "no private key"
        return "key", f"This is {what}. Paste the text from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----."
    try:
        own = _public(load_pem_private_key(block[0].encode(), None))
    except TypeError:
        return "key", (
            "This key has a password, which nobody is there to type. Paste it without: "
            "openssl pkey -in key.pem -out plain.pem takes the password off."
        )
    except (ValueError, UnsupportedAlgorithm):
        return "key", "This private key cannot be read: it is damaged, or of a kind that TLS does not have."
    if own == _public(first):
        return None
    if any(own == _public(one) for one in others):
        return "certificate", "The key belongs to another one of these certificates: that one must come first."
    return "key", "This key does not belong to the client certificate: paste the one that was made with it."


def _public(holder: Any) -> bytes:
    """The public half of a private key or of a certificate."""
    found: bytes = holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found
