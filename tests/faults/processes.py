"""Who is who among a hub's processes, read from /proc."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.running import RunningHub, until


@dataclass(frozen=True)
class Cluster:
    """The processes of one cluster, by what they do."""

    main: int
    guard: int
    workers: tuple[int, ...]
    monitor: int
    pusher: int

    def everybody(self) -> set[int]:
        """All of them."""
        return {self.main, self.guard, *self.workers, self.monitor, self.pusher}


def cluster_of(hub: RunningHub, workers: int = 2) -> Cluster:
    """The cluster as it was started: django-q2 starts the workers first, then the monitor, then the pusher."""
    return until(lambda: _cluster(hub, workers), "a whole cluster")


def _cluster(hub: RunningHub, workers: int) -> Cluster | None:
    mains = [pid for pid in hub.pids() if _is_main(pid)]
    for main in mains:
        guards = children(main)
        if len(guards) == 1:
            found = [one for one in children(guards[0]) if b"hub.cluster" in _read(one, "cmdline")]
            if len(found) == workers + 2:
                return Cluster(main, guards[0], tuple(found[:workers]), found[workers], found[workers + 1])
    return None


def _is_main(pid: int) -> bool:
    """Started as ``python -m hub.cluster``, and by a process that was not."""
    words = _read(pid, "cmdline").split(b"\0")
    return (
        words[1:3] == [b"-m", b"hub.cluster"] and b"hub.cluster" not in _read(parent(pid), "cmdline").split(b"\0")[1:3]
    )


def web_of(hub: RunningHub) -> int:
    """The web server's process."""
    return until(lambda: next(filter(_is_web, hub.pids()), 0), "the web server")


def _is_web(pid: int) -> bool:
    return _read(pid, "cmdline").split(b"\0")[1:3] == [b"-m", b"hub.web"]


def children(pid: int) -> list[int]:
    """The living children of a process, in the order in which they began."""
    everybody = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = [one for one in everybody if parent(one) == pid]
    return sorted(found, key=lambda one: (began(one), one))


def parent(pid: int) -> int:
    """The parent of a living process; 0 for one that is gone, or a zombie."""
    after = _read(pid, "stat").decode(errors="replace").rpartition(")")[2].split()
    return int(after[1]) if after and after[0] != "Z" else 0


def began(pid: int) -> int:
    """When it began, in the system's clock ticks."""
    after = _read(pid, "stat").decode(errors="replace").rpartition(")")[2].split()
    return int(after[19]) if after else 0


def holder_of(hub: RunningHub, local_port: int) -> int:
    """The process at the hub's end of a connection, by the number of its port; 0 when it is gone."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if int(columns[1].partition(":")[2], 16) == local_port:
            inodes.add(f"socket:[{columns[9]}]")
    for pid in hub.pids():
        try:
            for descriptor in (Path("/proc") / str(pid) / "fd").iterdir():
                if str(descriptor.readlink()) in inodes:
                    return pid
        except OSError:
            continue
    return 0


def _read(pid: int, name: str) -> bytes:
    try:
        return (Path("/proc") / str(pid) / name).read_bytes()
    except OSError:
        return b""
