"""From a target to a connection: the registry of transports, detection, and one pool for the process."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import replace

from hub.errors import InvalidInput, OdooAuthentication
from hub.odoo import version
from hub.odoo.address import identity
from hub.odoo.channel import Channel
from hub.odoo.connection import Odoo, Target, Version
from hub.odoo.embedded import EmbeddedOdoo
from hub.odoo.json2 import Json2Odoo
from hub.odoo.jsonrpc import JsonRpcOdoo

MAX_CONNECTIONS = 64
"""How many targets are kept open; the one not used for longest is closed first."""

AUTO = "auto"

_transports: dict[str, type[Odoo]] = {}
_pool: OrderedDict[Target, Odoo] = OrderedDict()
_lock = threading.Lock()


def register(transport: type[Odoo]) -> type[Odoo]:
    """Make ``transport`` known under its name; usable as a decorator."""
    _transports[transport.transport] = transport
    return transport


def unregister(transport: type[Odoo]) -> None:
    """Make it unknown again."""
    _transports.pop(transport.transport, None)


for _known in (EmbeddedOdoo, Json2Odoo, JsonRpcOdoo):
    register(_known)


def transports() -> list[tuple[str, str]]:
    """The choices for a connection's transport, as (name, label); ``auto`` comes first."""
    return [(AUTO, "Detect from the server's version"), *((name, kind.label) for name, kind in _transports.items())]


def connect(target: Target) -> Odoo:
    """The connection to ``target``, shared by all who ask with an equal target; don't close it, ``forget`` it.

    Detects the transport when it is ``auto``, which asks the server. Raises InvalidInput for a
    wrong URL or transport name, else only errors of the Odoo branch.
    """
    with _lock:
        found = _pool.get(target)
        if found is not None:
            _pool.move_to_end(target)
            return found
    made = open_new(target)
    with _lock:
        kept = _pool.setdefault(target, made)
        dropped = [_pool.popitem(last=False)[1] for _ in range(len(_pool) - MAX_CONNECTIONS)]
    for odoo in [*dropped, *([made] if kept is not made else [])]:
        odoo.close()
    return kept


def open_new(target: Target) -> Odoo:
    """A connection of one's own, outside the pool; close it after use."""
    name = detect(target) if target.transport == AUTO else target.transport
    if name not in _transports:
        raise InvalidInput(
            f"There is no transport `{name}`. Choose one of: {', '.join(_transports)}.", field="transport"
        )
    return _transports[name](replace(target, transport=name))


def identity_of(target: Target) -> str:
    """As Odoo.identity, without asking a server: a database that is away has a name, too."""
    if target.transport == EmbeddedOdoo.transport or target.url.startswith("/"):
        return connect(target).identity()
    return identity(target.url, target.database)


def forget(target: Target) -> None:
    """Close the pooled connection of ``target``, as after a change of its row."""
    with _lock:
        found = _pool.pop(target, None)
    if found is not None:
        found.close()


def close_all() -> None:
    """Close every pooled connection, as at the end of a process."""
    with _lock:
        found = list(_pool.values())
        _pool.clear()
    for odoo in found:
        odoo.close()


def detect(target: Target) -> str:
    """The name of the transport that suits the server behind ``target``; an absolute path is an embedded Odoo.

    Raises InvalidInput for what is neither: a host without https:// must not become the name of a file.
    """
    if target.url.startswith("/"):
        return EmbeddedOdoo.transport
    channel = Channel(target)
    try:
        return choose(version.ask(channel), has_key=bool(target.api_key))
    finally:
        channel.close()


def choose(server: Version, *, has_key: bool) -> str:
    """JSON-2 where there is one and a key for it, else JSON-RPC, which Odoo 22 no longer has."""
    if server >= Version(19, 0) and has_key:
        return Json2Odoo.transport
    if server >= Version(22, 0):
        raise OdooAuthentication(
            f"Odoo {server.text or server.major} takes API keys only. Make one in Odoo, in the user's preferences, "
            "and enter it in the connection.",
            field="api_key",
        )
    return JsonRpcOdoo.transport


def _after_fork() -> None:
    """A forked child must not use its parent's sockets: it starts with an empty pool."""
    global _pool, _lock
    _pool, _lock = OrderedDict(), threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
