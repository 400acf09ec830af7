"""Machines: network namespaces on one bridge, each with an address of its own. Needs root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.servers import missing


@dataclass(frozen=True)
class Machine:
    """One namespace."""

    namespace: str
    address: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command begins with to run there."""
        return ("ip", "netns", "exec", self.namespace)


@dataclass(frozen=True)
class Network:
    """The machines, and the address of this one on their bridge."""

    here: str
    machines: tuple[Machine, ...]


def ip(*words: str) -> None:
    """Run ip; raises CalledProcessError."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def network(count: int) -> Iterator[Network]:
    """So many machines that reach each other and this one; all is taken away at the end. Skips where that cannot be."""
    if os.getuid() != 0 or not shutil.which("ip"):
        missing("Network namespaces: root, and the program ip,")
    mark = uuid.uuid4().hex[:6]
    bridge, octet = f"hub{mark}", int(mark[:2], 16)
    here = f"10.213.{octet}.1"
    machines = tuple(Machine(f"hub-{mark}-{n}", f"10.213.{octet}.{n + 10}") for n in range(count))
    try:
        try:
            ip("link", "add", bridge, "type", "bridge")
            ip("addr", "add", f"{here}/24", "dev", bridge)
            ip("link", "set", bridge, "up")
            for number, one in enumerate(machines):
                _add(one, bridge, f"v{mark}{number}")
        except subprocess.CalledProcessError as error:
            missing(f"The right to make network namespaces ({str(error.stderr).strip()})")
        yield Network(here, machines)
    finally:
        for one in machines:
            subprocess.run(["ip", "netns", "del", one.namespace], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", bridge], check=False, capture_output=True)


def _add(one: Machine, bridge: str, cable: str) -> None:
    ip("netns", "add", one.namespace)
    ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", one.namespace)
    ip("link", "set", cable, "master", bridge, "up")
    for words in (
        ("addr", "add", f"{one.address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        ip("-n", one.namespace, *words)
