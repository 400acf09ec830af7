"""urllib3's connections and pools on guarded sockets; imported by hub.http.client alone."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import ssl
import threading
import time
from collections import OrderedDict
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from certifi import where
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from hub.crypto import pem_lines
from hub.http.failures import ConnectFailed, ConnectTimeout, InvalidRequest, TlsFailed
from hub.http.message import Tls
from hub.http.sockets import TimedTlsSocket, current, open_socket

HOSTS = 64
"""Hosts to which connections are kept."""

Verify: TypeAlias = bool | str | Tls

MOST_IDLE = 4.0
"""Seconds after which an idle connection is not used again: some servers close theirs after 5, in mid-request."""

DISTRUST = 300.0
"""Seconds for which no connection is kept to a server that closed one while it was used again."""

logging.getLogger("urllib3").setLevel(logging.ERROR)  # below that it prints URLs, with the tokens that some carry


class GuardedAnswer(http.client.HTTPResponse):
    """An answer that its attempt can close, even when reading its head fails."""

    def begin(self) -> None:
        """Read the head."""
        current().closing.append(self.close)
        super().begin()


def _usable(idle_since: float) -> bool:
    return time.monotonic() - idle_since < MOST_IDLE and not current().fresh


class GuardedConnection(HTTPConnection):
    """A plain connection, to an address that the policy allows."""

    idle_since = 0.0
    response_class = GuardedAnswer

    @property
    def is_connected(self) -> bool:
        """Whether it is still worth using."""
        return super().is_connected and _usable(self.idle_since)

    def _new_conn(self) -> socket.socket:
        return open_socket(self._dns_host, self.port)


class GuardedTlsConnection(HTTPSConnection):
    """A TLS connection: the address is the policy's, the certificate must be the host name's."""

    idle_since = 0.0
    response_class = GuardedAnswer

    @property
    def is_connected(self) -> bool:
        """Whether it is still worth using."""
        return super().is_connected and _usable(self.idle_since)

    def _new_conn(self) -> socket.socket:
        connection = open_socket(self._dns_host, self.port)
        connection.settimeout(min(current().read_timeout, current().left))  # for the handshake as a whole
        return connection

    def connect(self) -> None:
        """Connect and shake hands; TlsFailed says what is wrong with the certificate."""
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message.rstrip(".")
            raise TlsFailed(f"The certificate of {self.host} is not trusted: {why}.") from error
        except ssl.SSLError as error:
            what = (error.reason or "no agreement").replace("_", " ").lower()
            if " alert " in what:  # said in TLS, so it is an https address
                raise TlsFailed(
                    f"{self.host} refused the encrypted connection: {what}. It may want a client certificate, or "
                    "another one than is set."
                ) from error
            raise TlsFailed(f"No encrypted connection to {self.host}: {what}. Is it an https address?") from error
        except TimeoutError as error:
            raise ConnectTimeout(f"{self.host} did not finish the TLS handshake in time.") from error
        except OSError as error:
            raise ConnectFailed(f"{self.host} closed the connection during the TLS handshake.") from error


class Keeping(HTTPConnectionPool):
    """A pool whose connections know since when they are idle; and that can be told to keep none for a while."""

    keeps_from = 0.0

    def distrust(self) -> None:
        """A connection was closed as it was used again: this server does not say so before, and each costs a call."""
        self.keeps_from = time.monotonic() + DISTRUST

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = super()._get_conn(timeout)
        if time.monotonic() < self.keeps_from:
            conn.close()  # it is opened anew when it is used
        return conn

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class GuardedPool(Keeping):
    """Keeps plain connections."""

    ConnectionCls = GuardedConnection


class GuardedTlsPool(Keeping, HTTPSConnectionPool):
    """Keeps TLS connections."""

    ConnectionCls = GuardedTlsConnection

    def _validate_conn(self, conn: Any) -> None:
        """As urllib3's, without its warning: whoever sets ``verify`` to False has been told in the admin."""
        if conn.is_closed:
            conn.connect()


class Pools:
    """The pools of a process: one for each host, port and way to verify, of which the last used ones are kept."""

    def __init__(self, each: int) -> None:
        self._each = each
        """Idle connections in a pool; more are opened when needed, then closed."""

        self._pools: OrderedDict[tuple[str, str, int | None, Verify], Keeping] = OrderedDict()
        self._contexts: OrderedDict[Verify, ssl.SSLContext] = OrderedDict()
        self._lock = threading.Lock()

    def to(self, url: str, host: str, verify: Verify) -> Keeping:
        """The pool for that URL, whose ``host`` is given as it is looked up; raises InvalidRequest.

        ``verify``: True for the usual certificate authorities, a path to a file of others, False, or what is needed
        beyond that.
        """
        parts = urlsplit(url)
        key = parts.scheme, host, parts.port, verify
        with self._lock:
            found = self._pools.get(key)
            if found is None:
                found = self._pools[key] = self._new(*key)
                if len(self._pools) > HOSTS:
                    self._pools.popitem(last=False)[1].close()
            else:
                self._pools.move_to_end(key)
            return found

    def close(self) -> None:
        """End what is idle; what is in use ends after its answer."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _new(self, scheme: str, host: str, port: int | None, verify: Verify) -> Keeping:
        if scheme != "https":
            return GuardedPool(host, port, maxsize=self._each)
        if verify not in self._contexts:
            self._contexts[verify] = _context(verify)
            while len(self._contexts) > HOSTS:
                self._contexts.popitem(last=False)
        return GuardedTlsPool(host, port, maxsize=self._each, ssl_context=self._contexts[verify])


def _context(verify: Verify) -> ssl.SSLContext:
    if isinstance(verify, Tls):
        return own_context(verify, where())
    try:
        return tls_context(verify, where())
    except OSError as error:
        raise InvalidRequest("The file of certificate authorities cannot be read.", field="verify") from error


def own_context(tls: Tls, authorities: str) -> ssl.SSLContext:
    """A context of somebody's own; raises InvalidRequest, naming what is wrong, for texts that are no PEM."""
    context = ssl.create_default_context()
    if tls.authorities.strip():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(cadata=pem_lines(tls.authorities))
        except (ssl.SSLError, ValueError):
            raise InvalidRequest("The certificate authorities are no PEM certificates.", field="tls_ca") from None
    else:
        context.load_verify_locations(authorities)
    if tls.certificate.strip():
        _load_own(context, tls)
    if not tls.check:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = TimedTlsSocket
    return context


def _load_own(context: ssl.SSLContext, tls: Tls) -> None:
    """The hub's own certificate. Python reads it from a file only: one without a name, in memory."""
    descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(f"{pem_lines(tls.certificate.strip())}\n{pem_lines(tls.key.strip())}\n".encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password=_no_password)
    except (ssl.SSLError, ValueError, OSError):
        raise InvalidRequest(
            "The client certificate and its key do not fit each other, or are no PEM texts, or the key has a password.",
            field="tls_certificate",
        ) from None
    finally:
        os.close(descriptor)


def _no_password() -> str:
    """Else OpenSSL would ask for it at the terminal."""
    raise ValueError


def tls_context(verify: bool | str, authorities: str) -> ssl.SSLContext:
    """A context that trusts the system's authorities and the file ``authorities``; or ``verify`` alone; or anybody."""
    if isinstance(verify, str):
        context = ssl.create_default_context(cafile=verify)
    else:
        context = ssl.create_default_context()
        context.load_verify_locations(authorities)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = TimedTlsSocket
    return context
