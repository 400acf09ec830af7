"""Signatures of Standard Webhooks (https://www.standardwebhooks.com, version 1.0.0), symmetric."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The key that a secret spells: base64 behind ``whsec_``; raises ValueError for anything else."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"write {PREFIX} and behind it 24 to 64 bytes in base64")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"write {PREFIX} and behind it base64; what stands there is none") from None
    if not 24 <= len(key) <= 64:  # the specification's bounds
        raise ValueError(f"write {PREFIX} and behind it 24 to 64 bytes in base64; there are more or fewer")
    return key


def signed(message_id: str, body: bytes, secret: str, timestamp: int) -> tuple[tuple[str, str], ...]:
    """The headers of a message: its id, the time in seconds since 1970 and, with a secret, the signature of all."""
    headers = (("webhook-id", message_id), ("webhook-timestamp", str(timestamp)))
    if not secret:
        return headers
    content = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key_of(secret), content, hashlib.sha256).digest()).decode()
    return (*headers, ("webhook-signature", f"v1,{signature}"))
