"""The way to one Odoo server: pooled keep-alive HTTP connections, bounded in time and size.

Proxy variables and .netrc are not looked at, redirects are not followed.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hub.errors import OdooCertificate, OdooError, OdooProtocol, OdooUnavailable
from hub.odoo.address import Address, parse
from hub.odoo.connection import Target
from hub.odoo.files import Framed
from hub.odoo.wire import Wire

MAX_ANSWER = 128 * 1024 * 1024
"""The largest answer that is read, in bytes: an attachment of 60 MB in base64, with room to spare."""

SLOWEST = 256 * 1024
"""Bytes a second at which a file must at least be taken."""

_CHUNK = 64 * 1024
_BROKEN = (ConnectionError, http.client.RemoteDisconnected, ssl.SSLEOFError, ssl.SSLZeroReturnError)


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers by lower-case name, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Channel:
    """Connections to the server of ``target``, at most ``pool_size`` at a time; safe for several threads."""

    def __init__(self, target: Target, max_answer: int = MAX_ANSWER) -> None:
        self.address: Address = parse(target.url)
        self._target = target
        self._max_answer = max_answer
        self._tls = _tls(target.verify) if self.address.secure else None
        self._slots = threading.BoundedSemaphore(max(1, target.pool_size))
        self._idle: list[Wire] = []
        self._lock = threading.Lock()
        self._process = os.getpid()

    def get(self, path: str) -> Answer:
        """Fetch ``path``, below the address."""
        return self.send("GET", path, None, {}, repeatable=True)

    def post(self, path: str, body: bytes, headers: Mapping[str, str], *, repeatable: bool) -> Answer:
        """Send ``body`` (JSON); ``repeatable`` says that Odoo may do it twice without harm."""
        return self.send("POST", path, body, {"Content-Type": "application/json", **headers}, repeatable=repeatable)

    def post_file(self, path: str, body: Framed, headers: Mapping[str, str]) -> Answer:
        """Send a body that holds a file; the read timeout grows with it."""
        sent = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
        return self.send("POST", path, body, sent, repeatable=False, more_time=len(body) / SLOWEST)

    @contextmanager
    def stream(self, path: str, body: bytes, headers: Mapping[str, str]) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """Post, and read the answer piece by piece: its status and headers (no body), and the pieces.

        Each piece must come within the read timeout. Raises what ``send`` raises.
        """
        if not self._slots.acquire(timeout=self._target.connect_timeout):
            raise OdooUnavailable(f"All connections to {self.address} are in use. Try again, or enlarge the pool.")
        wire: Wire | None = None
        try:
            with self._lost_is_told(), self._translated():
                wire = self._open()  # a fresh one: nothing of a file can be asked for again half-way
                wire.start(time.monotonic() + self._target.read_timeout)
                sent = {"Content-Type": "application/json", **headers}
                wire.request("POST", self.address.prefix + path, body, sent)
                response = wire.getresponse()
            told = {name.lower(): value for name, value in response.headers.items()}
            yield Answer(response.status, told, b""), self._pieces(wire, response)
        finally:
            if wire is not None:
                wire.abandon()
            self._slots.release()

    def _pieces(self, wire: Wire, response: http.client.HTTPResponse) -> Iterator[bytes]:
        while True:
            with self._lost_is_told(), self._translated():
                wire.start(time.monotonic() + self._target.read_timeout)
                chunk = response.read1(_CHUNK)
                if not chunk and response.length:
                    raise self._cut_off()
            if not chunk:
                return
            yield chunk

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Framed | None,
        headers: Mapping[str, str],
        *,
        repeatable: bool,
        more_time: float = 0.0,
    ) -> Answer:
        """One call: a free connection and the server's acceptance each within the connect timeout, then all of the
        answer within the read timeout.

        Raises OdooUnavailable, whose ``sent`` says whether Odoo may have carried the call out,
        OdooCertificate, or OdooProtocol for what is not HTTP, or is too large.
        """
        if not self._slots.acquire(timeout=self._target.connect_timeout):
            raise OdooUnavailable(f"All connections to {self.address} are in use. Try again, or enlarge the pool.")
        try:
            wire, used = self._take()
            try:
                return self._exchange(wire, method, path, body, headers, more_time)
            except _BROKEN:
                if not (repeatable and used):
                    raise self._lost() from None
            try:
                return self._exchange(self._open(), method, path, body, headers, more_time)
            except _BROKEN:
                raise self._lost() from None
        finally:
            self._slots.release()

    def close(self) -> None:
        """Close the idle connections; the next call opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for wire in idle:
            wire.close()

    def _take(self) -> tuple[Wire, bool]:
        """A connection, and whether it was used before: only such a one may have been closed meanwhile."""
        while True:
            if self._process != os.getpid():  # a fork must not speak on its parent's connections
                self._process = os.getpid()
                self.close()
            with self._lock:
                if not self._idle:
                    break
                wire = self._idle.pop()
            if not wire.dropped():
                return wire, True
            wire.close()
        return self._open(), False

    def _open(self) -> Wire:
        target = self._target
        wire = Wire(self.address, target.connect_timeout, self._tls, target.allowed_networks)
        try:
            wire.connect()
        except OSError as error:
            raise self._unreachable(error) from None
        return wire

    def _exchange(
        self,
        wire: Wire,
        method: str,
        path: str,
        body: bytes | Framed | None,
        headers: Mapping[str, str],
        more_time: float,
    ) -> Answer:
        keep = False
        try:
            with self._translated():
                wire.start(time.monotonic() + self._target.read_timeout + more_time)
                wire.request(method, self.address.prefix + path, body, headers)
                response = wire.getresponse()
                answer = Answer(
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    self._read(response),
                )
                keep = not response.will_close
                return answer
        finally:
            if keep:
                with self._lock:
                    self._idle.append(wire)
            else:
                wire.abandon()

    @contextmanager
    def _lost_is_told(self) -> Iterator[None]:
        """A connection that breaks, where nothing is tried again."""
        try:
            yield
        except _BROKEN:
            raise self._lost() from None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What goes wrong on the wire, in the hub's terms; a broken connection as it is."""
        try:
            yield
        except TimeoutError:
            wait = self._target.read_timeout
            raise OdooUnavailable(
                f"{self.address} did not answer within {wait:g} seconds; it may still have done what was asked.",
                sent=True,
            ) from None
        except _BROKEN:
            raise
        except http.client.IncompleteRead:
            raise self._cut_off() from None
        except (http.client.HTTPException, ValueError):
            raise OdooProtocol(
                f"{self.address} did not answer with proper HTTP. Is it the address of an Odoo?"
            ) from None
        except OSError as error:
            raise OdooUnavailable(
                f"The connection to {self.address} failed: {error.strerror or 'broken'}.", sent=True
            ) from None

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        announced = response.length or 0
        body = bytearray()
        while announced <= self._max_answer and len(body) <= self._max_answer:
            chunk = response.read1(_CHUNK)
            if not chunk:
                if response.length:  # http.client tells of a body cut off only when asked for all of it
                    raise self._cut_off()
                response.close()
                return bytes(body)
            body += chunk
        raise OdooProtocol(
            f"The answer of {self.address} is larger than {self._max_answer // 2**20} MB. Ask for fewer records."
        )

    def _cut_off(self) -> OdooProtocol:
        return OdooProtocol(f"The answer of {self.address} was cut off.")

    def _lost(self) -> OdooUnavailable:
        return OdooUnavailable(f"{self.address} closed the connection before it answered.", sent=True)

    def _unreachable(self, error: OSError) -> OdooError:
        host, port = self.address.host, self.address.port
        if isinstance(error, ssl.SSLCertVerificationError):
            return OdooCertificate(
                f"The certificate of {host} is not trusted: {error.verify_message}. Renew it, or name the file of the "
                "certificate authority that signed it."
            )
        if isinstance(error, ssl.SSLError):
            return OdooCertificate(
                f"No TLS connection to {host}:{port}: {error.reason or 'refused'}. Is it an https address?"
            )
        if isinstance(error, socket.gaierror):
            return OdooUnavailable(f"Could not resolve host {host}. Check Odoo's URL.")
        if isinstance(error, TimeoutError):
            return OdooUnavailable(
                f"{host}:{port} did not accept a connection within {self._target.connect_timeout:g} seconds."
            )
        if isinstance(error, ConnectionRefusedError):
            return OdooUnavailable(f"{host}:{port} refused the connection. Is Odoo running there?")
        return OdooUnavailable(f"Could not connect to {host}:{port}: {error.strerror or 'no route'}.")


def _tls(verify: bool | str) -> ssl.SSLContext:
    """The system's authorities, a file of others, or (``False``) no check at all."""
    try:
        context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    except (OSError, ssl.SSLError):
        raise OdooCertificate(f"The file of the certificate authority, {verify}, cannot be read.") from None
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
