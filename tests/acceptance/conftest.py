"""Hubs that run, and end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.running import RunningHub


@pytest.fixture
def start_hub(tmp_path: Path) -> Iterator[Callable[..., RunningHub]]:
    """Start a hub with further settings; it is stopped, whatever happens."""
    started: list[RunningHub] = []

    def start(**environment: str) -> RunningHub:
        hub = RunningHub(tmp_path / f"data{len(started)}", **environment)
        started.append(hub)
        return hub.start()

    yield start
    for hub in started:
        hub.discard()
