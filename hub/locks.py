"""Who runs on a data folder: a lock file for each role, which its holder's death releases, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Holder:
    """The process that has a lock, and what it told of itself; without a pid it has not told yet."""

    pid: int = 0
    address: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (f"pid {self.pid}" if self.pid else "", self.address)))


class Taken(Exception):
    """Another process has the lock."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(str(holder))
        self.holder = holder


def take(path: Path, address: str = "") -> IO[str]:
    """Lock the file until what is answered here is closed, or this process ends; its children do not inherit it.

    ``address`` is what others are told, beside the pid. Raises Taken; OSError where files cannot be locked at all.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    file = os.fdopen(descriptor, "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read(file)
        file.close()
        raise Taken(holder) from None
    except OSError:
        file.close()
        raise
    file.truncate()
    json.dump(asdict(Holder(os.getpid(), address)), file)
    file.flush()
    return file


def _read(file: IO[str]) -> Holder:
    try:
        return Holder(**json.load(file))
    except (ValueError, TypeError):
        return Holder()  # locked, and not yet written
