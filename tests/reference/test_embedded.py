"""The reference's clients against a running hub and its embedded Odoo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reference.sdk import Copied, Words
from tests.web.alone import WebAlone


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebAlone]:
    """The hub's web server with the demo's configurations."""
    server = WebAlone(tmp_path_factory.mktemp("reference") / "data")
    try:
        server.prepare()
        yield server.start()
        assert "Traceback" not in server.output
    finally:
        server.discard()


class TestEmbedded(Words):
    """All of it, on the embedded Odoo."""

    @pytest.fixture
    def copied(self, hub: WebAlone) -> Copied:
        """With the demo's token."""
        return Copied(hub.url, hub.token)
