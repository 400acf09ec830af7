"""A server for each test, and one with data behind it for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.alone import WebAlone
from tests.web.wire import Serving, serving


@pytest.fixture
def served() -> Iterator[Serving]:
    """A server with small limits and one thread, so that whoever holds a thread holds everybody."""
    with serving(threads=1, body=1000, seconds=0.5, idle=0.5, stalled=0.5) as server:
        yield server


@pytest.fixture
def patient() -> Iterator[Serving]:
    """A server with one thread and its usual patience."""
    with serving(threads=1, body=1000) as server:
        yield server


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebAlone]:
    """The hub's web server with the demo's data, for all tests; what it printed holds no traceback at the end."""
    server = WebAlone(tmp_path_factory.mktemp("web") / "data")
    try:
        server.prepare()
        server.start()
        yield server
        assert server.stop() == 0
        assert "Traceback" not in server.output
        assert "Error" not in server.output
    finally:
        server.discard()
