"""The one HTTP client: one guarded, bounded attempt at a time, on connections that are kept and used again."""

from __future__ import annotations

import os
import ssl
import threading
import time
from functools import lru_cache

import requests
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.response import BaseHTTPResponse

from hub.errors import InvalidInput
from hub.http.connections import Keeping, Pools
from hub.http.failures import BrokenAnswer, HttpFailure, InvalidRequest, TlsFailed
from hub.http.guard import EgressPolicy
from hub.http.headers import check_syntax
from hub.http.message import KEEP, KEEP_MOST, Request, Response
from hub.http.sockets import Attempt, attempting

STEP = 16 * 1024
"""Bytes of a body that are read (and decoded) at a time."""

NO_LIMIT = 1 << 62

DEFAULT_HEADERS = {
    name.lower(): (name, value)
    for name, value in (("User-Agent", "Sync-Hub"), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"))
}


IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that do no harm when they are carried out twice (RFC 9110, 9.2.2)."""

ABOUT_CERTIFICATES = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")
"""In the names of TLS alerts (RFC 8446, 6.2) by which a server refuses a client's certificate, or its absence."""


class Client:
    """Sends requests to third parties. Safe to use from several threads, and after a fork.

    Neither proxies of the environment nor ``.netrc`` are used, no cookie is kept, no redirect followed. Whatever the
    server does, an attempt ends within the request's wall cap and keeps a bounded part of the answer.
    """

    def __init__(self, policy: EgressPolicy, pool_size: int = 8) -> None:
        self.policy = policy
        self.pool_size = pool_size
        self._pools: Pools | None = None
        self._process = 0
        self._lock = threading.Lock()

    def send(self, request: Request, *, keep: int = KEEP) -> Response:
        """Make one attempt; the answer's body is cut at ``keep`` bytes. Raises HttpFailure when no answer comes."""
        started = time.monotonic()
        host = self.policy.check_url(request.url)
        headers, target = _headers(request), _target(request.url)
        attempt = Attempt(
            self.policy,
            host,
            request.connect_timeout,
            request.read_timeout,
            request.wall,
            started=started,
        )
        with attempting(attempt):
            raw = self._begin(request, headers, target, attempt)
            try:
                return _answer(raw, min(keep, KEEP_MOST), attempt)
            except HttpFailure as failure:
                failure.answer_status = raw.status
                raise
            finally:
                raw.close()  # gives the connection back if the answer was read to its end, else ends it

    def close(self) -> None:
        """End the connections that are kept; the next send opens new ones."""
        with self._lock:
            if self._pools is not None and self._process == os.getpid():
                self._pools.close()
            self._pools = None

    def _begin(self, request: Request, headers: dict[str, str], target: str, attempt: Attempt) -> BaseHTTPResponse:
        """The answer's head; a kept connection that turns out to be closed is replaced, once.

        Not for a POST or a PATCH: the server may have carried it out before it closed (RFC 9110, 9.2.2). That
        is a failed attempt, and whoever counts attempts decides.
        """
        pool = self._connections().to(request.url, attempt.host, request.tls or request.verify)
        try:
            return self._head(pool, request, headers, target, attempt)
        except BrokenAnswer:
            if attempt.opened or attempt.answered:
                raise
            pool.distrust()
            if request.method.upper() not in IDEMPOTENT:
                raise
            attempt.fresh = True
            return self._head(pool, request, headers, target, attempt)

    def _head(
        self, pool: Keeping, request: Request, headers: dict[str, str], target: str, attempt: Attempt
    ) -> BaseHTTPResponse:
        try:
            raw = pool.urlopen(
                request.method.upper(),
                target,
                body=request.body,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
            )
        except HttpFailure:
            attempt.close()
            raise
        except (HTTPError, OSError) as error:
            attempt.close()
            raise _odd(request, attempt, _root(error)) from _root(error)
        attempt.head = NO_LIMIT
        return raw

    def _connections(self) -> Pools:
        """This process's pools: a forked child must not talk on its parent's connections."""
        pools = self._pools
        if pools is None or self._process != os.getpid():
            with self._lock:
                if self._pools is None or self._process != os.getpid():
                    self._pools, self._process = Pools(self.pool_size), os.getpid()
                pools = self._pools
        return pools


def _headers(request: Request) -> dict[str, str]:
    """The headers as they go on the wire, of one name the last; InvalidRequest for what cannot."""
    found = dict(DEFAULT_HEADERS)
    try:
        for name, value in request.headers:
            check_syntax(name, value)
            found[name.lower()] = name, value.strip(" \t")
    except InvalidInput as error:
        raise InvalidRequest(error.message, **error.details) from None
    if not request.method.isalpha() or not request.method.isascii():
        raise InvalidRequest("The HTTP method is not a word such as POST.", field="method")
    return dict(found.values())


@lru_cache(1024)
def _target(url: str) -> str:
    """Path and query as they go on the wire: encoded where they are not; InvalidRequest for an address that cannot."""
    prepared = requests.PreparedRequest()
    try:
        prepared.prepare_url(url, None)
    except (requests.RequestException, ValueError):
        raise InvalidRequest("The URL is malformed.", field="url") from None
    return prepared.path_url


def _answer(raw: BaseHTTPResponse, keep: int, attempt: Attempt) -> Response:
    """Read the body, at most one step beyond ``keep``."""
    if raw.status < 200:
        raise BrokenAnswer(f"{attempt.host} answered with {raw.status}, which is no final answer.")
    body = bytearray()
    try:
        while len(body) <= keep and (part := raw.read(STEP, decode_content=True)):
            body += part
            attempt.check()
            if raw.length_remaining == 0 and "Content-Encoding" not in raw.headers:
                break  # that was all; where it is encoded, the decoder may hold more
    except DecodeError as error:
        raise BrokenAnswer(f"{attempt.host} sent a body that is not in the encoding that it names.") from error
    except (HTTPError, OSError) as error:
        raise BrokenAnswer(f"{attempt.host} broke off in the middle of its answer.") from _root(error)
    return Response(
        raw.status,
        raw.reason or "",
        tuple(raw.headers.iteritems()),
        bytes(body[:keep]),
        len(body) > keep,
        time.monotonic() - attempt.started,
    )


def _odd(request: Request, attempt: Attempt, error: BaseException) -> HttpFailure:
    """What is left when the guarded sockets have named all that they could see: a server's odd answer, or none."""
    shown = request.tls is not None and bool(request.tls.certificate.strip())
    alert = str(error.reason).partition("ALERT_")[2] if isinstance(error, ssl.SSLError) else ""
    if any(word in alert for word in ABOUT_CERTIFICATES):
        # Since TLS 1.3 a server looks at the client's certificate after the client's part of the handshake is over.
        what = alert.replace("_", " ").lower()
        if shown:
            return TlsFailed(f"{attempt.host} does not accept the client certificate that is set: {what}.")
        return TlsFailed(f"{attempt.host} wants a client certificate, and none is set: {what}.")
    told = f"{attempt.host} closed the connection, or what it sent is not HTTP."
    if request.url.lower().startswith("https:") and attempt.opened and not attempt.answered:
        told += " So do systems that want " + (
            "another client certificate than is set." if shown else "a client certificate, and none is set."
        )
    return BrokenAnswer(told)


def _root(error: BaseException) -> BaseException:
    """The innermost cause: the wrappers' messages contain the URL, with the tokens that some carry."""
    seen = error
    while True:
        wrapped = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None  # so does urllib3
        inner = seen.__cause__ or seen.__context__ or wrapped
        if inner is None:
            return seen
        seen = inner
