"""The header Idempotency-Key: however often a request is sent, it is carried out once.

As of draft-ietf-httpapi-idempotency-key-header: the first answer again; 422 for another body; 409 while the first is
under way. A key belongs to its client, method, address and Odoo database, and is remembered for a day. When the hub
dies half-way, the repeated request is carried out again under the same name in Odoo, where it makes no second record.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from hub.errors import HubError, InvalidInput, LimitExceeded
from hub.flow.repeating import Once
from syncconfig.models import ApiClient, IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LEASE = timedelta(seconds=90)
"""How long a request may be under way before another one takes its place; longer than any call to Odoo waits.

So long others wait at the most when the hub dies in the middle of one.
"""

KEPT = timedelta(hours=24)
FORM = re.compile(r"[\x21-\x7e]{1,255}")


class KeyReused(HubError):
    """The key was used for a request with another body."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422


class UnderWay(HubError):
    """The first request with this key has not been answered yet."""

    code = "REQUEST_IN_PROGRESS"
    status = 409
    retryable = True

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Claim:
    """A request that is carried out under its key, ``once``: its name is the same each time it is repeated."""

    row: IdempotencyKey
    once: Once


@dataclass(frozen=True)
class Replay:
    """The first answer."""

    status: int
    content: Any


@dataclass(frozen=True)
class Asked:
    """What a request with a key is: keys of different clients, methods, addresses and databases have nothing in common.

    ``who`` tells callers apart that are no client: they show no token, and are known by where they are. ``database``
    is the Odoo that the request is for (Odoo.identity), empty where that cannot be told: an answer names records, and
    in another database these are other records. ``body``: what tells requests apart, with X-Sync-Config.
    """

    client: ApiClient | None
    who: str
    method: str
    path: str
    database: str
    body: bytes


def begin(asked: Asked, key: str) -> Claim | Replay:
    """Claim the key, or answer what was answered; raises InvalidInput, KeyReused or UnderWay."""
    if not FORM.fullmatch(key):
        raise InvalidInput(
            f"The header {HEADER} takes 1 to 255 visible characters without spaces, such as a UUID.",
            field=HEADER,
            constraint="format",
        )
    client = asked.client
    parts = [asked.method, asked.path, key, *([] if client is not None else [asked.who]), asked.database]
    name = _digest(" ".join(parts).encode())
    digest, now, claim_id = _digest(asked.body), timezone.now(), uuid.uuid4()
    claimed = {"claim_id": claim_id, "claimed_until": now + LEASE}
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(client=client, name=name, body_digest=digest, **claimed)
        return _claim(row, again=False)
    except IntegrityError:
        row = IdempotencyKey.objects.get(client=client, name=name)
    if row.created_at < now - KEPT and row.status is not None:
        row.delete()
        return begin(asked, key)
    if row.body_digest != digest:
        raise KeyReused(
            f"This {HEADER} was used for another body, or another configuration. Use a new key for a new request."
        )
    if row.status is not None:
        return Replay(row.status, json.loads(row.answer))
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    if not IdempotencyKey.objects.filter(free, pk=row.pk, status__isnull=True).update(**claimed):
        left = (row.claimed_until or now) - now
        raise UnderWay(
            f"The first request with this {HEADER} is still under way. Ask again in a moment, or after Retry-After: "
            "then it is taken up again, whatever became of it.",
            max(left.total_seconds(), 1),
        )
    row.claim_id = claim_id
    return _claim(row, again=True)


def _claim(row: IdempotencyKey, *, again: bool) -> Claim:
    # The moment belongs to the name: a key that is used anew after it was forgotten makes a record of its own.
    return Claim(row, Once(f"{row.client_id} {row.name} {row.created_at.timestamp():.6f}", again))


def finish(claim: Claim, status: int, content: Any) -> None:
    """Keep the answer; one that says that something failed for the moment frees the key instead."""
    ours = IdempotencyKey.objects.filter(pk=claim.row.pk, claim_id=claim.row.claim_id)
    if status >= 500 or status == LimitExceeded.status:
        ours.update(claim_id=None, claimed_until=None)
        return
    claim.row.status, claim.row.answer, claim.row.claimed_until = status, json.dumps(content), None
    if ours.exists():
        claim.row.save(update_fields=["status", "answer", "claimed_until"])


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
