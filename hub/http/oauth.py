"""OAuth 2.0 client credentials (RFC 6749, 4.4): a token is asked for when it is needed, and kept while it is valid."""

from __future__ import annotations

import hashlib
import threading
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from hub.http.auth import AuthScheme, Credentials, register
from hub.http.failures import HttpFailure
from hub.http.message import Headers, Request, Response, Sender

UNKNOWN = 300.0
"""Seconds for which a token is used whose server does not say how long it is valid."""

MARGIN = 30.0
"""Seconds before its end from which a token is not used any more; a tenth of its life where that is less."""

MOST = 256
"""Tokens that are kept."""


class NoToken(HttpFailure):
    """The token endpoint gave no token."""


@dataclass
class _Kept:
    """One client's token at one endpoint."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = ""
    until: float = 0.0
    in_body: bool = False
    """Whether the endpoint wants the secret in the body, as some do (RFC 6749, 2.3.1)."""


class Tokens:
    """The tokens of this process; safe for several threads: those who need the same one wait for who asks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, credentials: Credentials, sender: Sender) -> str:
        """A token that is valid; raises HttpFailure."""
        kept = self._of(credentials)
        with kept.lock:
            if not kept.token or self._clock() >= kept.until:
                token, seconds = _ask(credentials, sender, kept)
                kept.token, kept.until = token, self._clock() + seconds - min(MARGIN, seconds / 10)
            return kept.token

    def known(self, credentials: Credentials) -> str:
        """The token that is kept, valid or not; "" for none. Nobody is asked, and nobody waited for."""
        return self._of(credentials).token

    def forget(self, credentials: Credentials) -> bool:
        """Whether there was one."""
        kept = self._of(credentials)
        with kept.lock:
            was, kept.token = bool(kept.token), ""
        return was

    def _of(self, credentials: Credentials) -> _Kept:
        secret = hashlib.sha256(credentials.password.encode()).hexdigest()
        key = (credentials.token_url, credentials.username, secret, credentials.scope)
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return kept


tokens = Tokens()


@register
class ClientCredentials(AuthScheme):
    """RFC 6749, 4.4; the token goes out as RFC 6750, 2.1, has it."""

    key = "oauth2"
    label = "OAuth 2.0 client credentials"
    description = "The hub asks the third party's token address for a token, and renews it by itself."
    fields = ("token_url", "username", "password")

    def make(self, credentials: Credentials) -> Headers:
        """Nothing yet: the token is asked for when the request goes out."""
        return ()

    def prepared(self, request: Request, credentials: Credentials, sender: Sender) -> Request:
        """With the token."""
        header = ("Authorization", f"Bearer {tokens.get(credentials, sender)}")
        return replace(request, headers=(*request.headers, header))

    def renew(self, credentials: Credentials) -> bool:
        """A token may be withdrawn before its time."""
        return tokens.forget(credentials)

    def secrets(self, credentials: Credentials) -> tuple[str, ...]:
        """The client's secret, and how Basic spells it."""
        return (*super().secrets(credentials), _pair(credentials)) if credentials.password else ()

    def fetched(self, credentials: Credentials) -> tuple[str, ...]:
        """The token."""
        token = tokens.known(credentials)
        return (token,) if token else ()


def _ask(credentials: Credentials, sender: Sender, kept: _Kept) -> tuple[str, float]:
    """A token, and for how many seconds it is valid."""
    answer = _answer(credentials, sender, in_body=kept.in_body)
    if answer.status in (400, 401) and not kept.in_body:
        other = _answer(credentials, sender, in_body=True)
        if other.ok:
            kept.in_body, answer = True, other
    try:
        told = answer.json()
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    token = told.get("access_token")
    if not answer.ok or not isinstance(token, str) or not token.isascii() or any(one.isspace() for one in token):
        said = told.get("error_description") or told.get("error") or ""
        raise NoToken(
            f"The token address answered {answer.status} {answer.reason}".strip()
            + (f": {str(said)[:200]}" if said else ", and gave no access_token")
            + ". Check client ID, secret and scope."
        )
    seconds = told.get("expires_in")
    try:
        return token, max(float(seconds), 1.0) if seconds is not None else UNKNOWN
    except (TypeError, ValueError):
        return token, UNKNOWN


def _answer(credentials: Credentials, sender: Sender, *, in_body: bool) -> Response:
    form = {"grant_type": "client_credentials"} | ({"scope": credentials.scope} if credentials.scope else {})
    headers: Headers = (("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"))
    if in_body:
        form |= {"client_id": credentials.username, "client_secret": credentials.password}
    else:
        headers = (*headers, ("Authorization", f"Basic {_pair(credentials)}"))
    return sender.send(Request("POST", credentials.token_url, headers, urlencode(form).encode()))


def _pair(credentials: Credentials) -> str:
    """Both form-encoded first (RFC 6749, 2.3.1)."""
    pair = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"
    return b64encode(pair.encode()).decode("ascii")
