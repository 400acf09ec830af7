"""One HTTP connection to Odoo whose every call ends by a deadline, however slowly the server drips."""

from __future__ import annotations

import io
import select
import socket
import ssl
import time
from http.client import HTTPConnection
from ipaddress import ip_address
from typing import Any

from hub.errors import OdooAddressRefused
from hub.http.networks import Network, nobodys_service, within
from hub.odoo.address import Address


class _Reader(io.RawIOBase):
    """Reads from the socket, each time with what is left until the deadline."""

    def __init__(self, wire: _TimedSocket) -> None:
        self._wire = wire
        self._raw = wire.socket.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._wire.arm()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """The part of a socket that http.client uses, under a deadline for the whole call."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.deadline = float("inf")
        self._reader: _Reader | None = None

    def arm(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        self.socket.settimeout(min(left, 3600.0))

    def sendall(self, data: bytes) -> None:
        self.arm()
        self.socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        self._reader = _Reader(self)
        return io.BufferedReader(self._reader)

    def close(self) -> None:
        """Close it, once its answer is read too: http.client calls this before it reads a last answer."""
        self.socket.close()

    def abandon(self) -> None:
        """Close it now, read or not."""
        if self._reader is not None:
            self._reader.close()
        self.socket.close()


class Wire(HTTPConnection):
    """A connection to ``address``, opened within ``connect_timeout`` seconds; ``deadline`` bounds each call."""

    def __init__(
        self,
        address: Address,
        connect_timeout: float,
        tls: ssl.SSLContext | None,
        allowed_networks: tuple[Network, ...] = (),
    ) -> None:
        self.default_port = 443 if tls is not None else 80
        super().__init__(address.host, address.port)
        self._connect_timeout = connect_timeout
        self._tls = tls
        self._allowed_networks = allowed_networks

    def connect(self) -> None:
        """Open it: the name's addresses in turn, then TLS, all within the connect timeout.

        Raises OdooAddressRefused where the name leads to no address that may be called.
        """
        deadline = time.monotonic() + self._connect_timeout
        found = self._callable(socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM))
        connected = _first_that_answers(found, deadline)
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connected.settimeout(_left(deadline))
                connected = self._tls.wrap_socket(connected, server_hostname=self.host)
        except BaseException:
            connected.close()
            raise
        self.sock: Any = _TimedSocket(connected)
        self._timed: _TimedSocket = self.sock

    def _callable(self, found: list[Any]) -> list[Any]:
        """Those that may be called: checked here, since these are the ones that are connected to."""
        refused = ""
        kept = []
        for each in found:
            address = ip_address(str(each[4][0]).partition("%")[0])
            kind = None if within(address, self._allowed_networks) else nobodys_service(address)
            if kind is None:
                kept.append(each)
            else:
                refused = f"{address} is {kind} address"
        if refused and not kept:
            raise OdooAddressRefused(
                f"Odoo's URL names {self.host}, and {refused}, which the hub does not call. If Odoo really is there, "
                "add its network to HUB_ALLOWED_NETWORKS."
            )
        return kept

    def start(self, deadline: float) -> None:
        """Begin a call that must be over at ``deadline``, in seconds of the monotonic clock."""
        self._timed.deadline = deadline

    def abandon(self) -> None:
        """Close it for good, whatever is left unread."""
        self.close()
        self._timed.abandon()

    def dropped(self) -> bool:
        """Whether the server has closed the idle connection, or said something that nobody asked for."""
        try:
            return bool(select.select([self._timed.socket], [], [], 0)[0])
        except (OSError, ValueError):
            return True


def _first_that_answers(found: list[Any], deadline: float) -> socket.socket:
    failure: OSError = OSError("no address")
    for family, kind, protocol, _, place in found:
        candidate = socket.socket(family, kind, protocol)
        try:
            candidate.settimeout(_left(deadline))
            candidate.connect(place)
        except OSError as error:
            candidate.close()
            failure = error
        else:
            return candidate
    raise failure


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline")
    return left
