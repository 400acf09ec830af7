"""Whether this process is to end soon: the cluster says so, and long work gives back what it has not begun."""

from __future__ import annotations

from multiprocessing.sharedctypes import RawValue

_asked = RawValue("b", 0)  # shared with forked children; without a lock, which a killed process could hold for ever


def ask() -> None:
    """Say so to this process and to all that were forked from it, or from the same one."""
    _asked.value = 1


def forget() -> None:
    """Take it back."""
    _asked.value = 0


def asked() -> bool:
    """Whether somebody did."""
    return bool(_asked.value)
