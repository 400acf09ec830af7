"""The reference's clients against a running hub and a real Odoo 19, by both transports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.odoo.connect import open_new
from hub.odoo.connection import Target
from tests import real_odoo
from tests.reference.sdk import Copied, Words
from tests.web.alone import WebAlone

pytestmark = pytest.mark.odoo
EVERYBODY = {"active_test": False}


@pytest.fixture(scope="module", params=["jsonrpc", "json2"])
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebAlone]:
    """The hub's web server with the demo's configurations on that Odoo; what was made there is removed."""
    place = {name: real_odoo.place()[name] for name in ("url", "database", "login", "api_key")}
    environment = {f"HUB_ODOO_{name.upper()}": value for name, value in place.items()}
    server = WebAlone(tmp_path_factory.mktemp("reference") / "data")
    server.environment |= environment | {"HUB_ODOO_TRANSPORT": request.param}
    odoo = open_new(Target(transport="jsonrpc", **place))
    before = odoo.search("res.partner", [], order="id desc", limit=1, context=EVERYBODY)[0]
    try:
        server.prepare()
        yield server.start()
        assert "Traceback" not in server.output
    finally:
        server.discard()
        made = [("id", ">", before), "|", "|", ("name", "=", "New Customer"), ("name", "=", "Test Customer")]
        odoo.unlink("res.partner", odoo.search("res.partner", [*made, ("name", "=like", "JS %")], context=EVERYBODY))


class TestRealOdoo(Words):
    """All of it, on the real one."""

    @pytest.fixture
    def copied(self, hub: WebAlone) -> Copied:
        """With the demo's token."""
        return Copied(hub.url, hub.token)
