"""Finding out who calls: by a bearer token, by Basic, or by where they are.

Passwords are made by the hub: 256 random bits, which nobody can guess. So they are kept as a fast digest, and comparing
them costs one look-up by that digest, the same for a client that exists and one that does not.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from hub.errors import NotAuthenticated, NotPermitted
from hub.proxies import client_address
from syncconfig import lockout, remembered
from syncconfig.api import access
from syncconfig.api.access import Caller
from syncconfig.lockout import Attempt
from syncconfig.models import ApiClient, ApiToken, Lockout, Scheme
from syncconfig.models.client import digest
from syncconfig.remembered import Look

USED_EVERY = timedelta(minutes=1)
"""How exact `last used` is: writing it at every call would cost more than it tells."""

WRONG = "The token or password is wrong, expired or revoked. Ask the hub's administrator for a new one."
"""What everybody hears whose credentials are not accepted, whatever is wrong with them."""


@dataclass(frozen=True)
class Shown:
    """What a caller showed: a token, and for Basic who it says that it is."""

    scheme: str
    token: str
    login: str = ""


def authenticate(request: HttpRequest, model: str = "", code: str = "") -> Caller:
    """Who calls; ``model`` or ``code`` tell what for, which matters for callers that show nothing.

    Raises NotAuthenticated, in the same words for everything that can be wrong, and TooManyFailures.
    """
    address, known = client_address(request), remembered.look()
    header = request.headers.get("Authorization", "").strip()
    if not header:
        found = access.open_configurations(address, model, code, known)
        if not found:
            raise NotAuthenticated(
                "Say who you are: send a token in the header Authorization: Bearer TOKEN.", access.challenges()
            )
        return Caller(Scheme.NONE, address, open=found, known=known)
    shown = read(header)
    if shown.scheme == "basic":
        return _by_basic(shown, address, known)
    return _by_bearer(shown, address, known)


def check_network(caller: Caller) -> None:
    """Raise NotPermitted for a client that calls from outside of its networks."""
    if caller.client is not None and not caller.client.may_call_from(caller.address):
        raise NotPermitted(f"Your client may not call from {caller.address}. Ask the hub's administrator.")


def read(header: str) -> Shown:
    """The header Authorization; what cannot be read shows an empty token, which is nobody's."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return Shown("bearer", rest.strip())
    if scheme.lower() != "basic":
        # A word of letters is a scheme; anything else may be a token that lacks one, and is not repeated.
        named = f" {scheme}" if rest and scheme.isalpha() and len(scheme) < 16 else ""
        raise NotAuthenticated(
            f"This type of Authorization{named} is not accepted here. Send Authorization: Bearer TOKEN.",
            access.challenges(),
        )
    try:
        login, colon, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return Shown("basic", "")
    return Shown("basic", password if colon else "", login)


def _by_bearer(shown: Shown, address: str, known: Look) -> Caller:
    """A token that is right is let in also from a place that is locked: nobody can have guessed it."""
    now = timezone.now()
    found = find(shown.token, known, ApiToken.Kind.TOKEN, ApiToken.Kind.ACCESS)
    if found is None or not found.valid_at(now):
        raise failed(Attempt(Lockout.Door.API, address, f"token {digest(shown.token)}"))
    use(found, now)
    scheme = Scheme.OAUTH if found.kind == ApiToken.Kind.ACCESS else Scheme.BEARER
    return Caller(scheme, address, found.client, found, known=known)


def _by_basic(shown: Shown, address: str, known: Look) -> Caller:
    found = by_login(shown, address, ApiToken.Kind.TOKEN, known)
    return Caller(Scheme.BASIC, address, found.client, found, known=known)


def by_login(shown: Shown, address: str, kind: ApiToken.Kind, known: Look | None = None) -> ApiToken:
    """The token or secret of the client with that ID; raises NotAuthenticated or TooManyFailures."""
    now = timezone.now()
    attempt = Attempt(Lockout.Door.API, address, shown.login)
    found = find(shown.token, known or remembered.look(), kind)
    is_theirs = hmac.compare_digest((found.client.login if found is not None else "").encode(), _bytes(shown.login))
    if found is None or not is_theirs or not found.valid_at(now):
        raise failed(attempt)
    if lockout.check(attempt):
        lockout.clear(attempt)
    use(found, now)
    return found


def find(token: str, known: Look, *kinds: ApiToken.Kind) -> ApiToken | None:
    """The token of one of these kinds, valid or not."""
    wanted = digest(token)
    found = known.get(("token", wanted), lambda: _stored(wanted))
    return found if found is not None and found.kind in kinds else None


def _stored(wanted: str) -> ApiToken | None:
    stored = ApiToken.objects.select_related("client", "issued_by").filter(digest=wanted).order_by()
    return next(iter(stored), None)


def use(token: ApiToken, now: datetime) -> None:
    """Note that it was used, to the minute."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
        token.last_used_at = now  # it is remembered, and not written again at the next call


def failed(attempt: Attempt) -> NotAuthenticated:
    """Count a failure, and answer what to raise; raises TooManyFailures itself while the login or place is locked."""
    lockout.count(
        attempt, known=lambda: "\0" not in attempt.who and ApiClient.objects.filter(login=attempt.who).exists()
    )
    return NotAuthenticated(WRONG, access.challenges())


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
