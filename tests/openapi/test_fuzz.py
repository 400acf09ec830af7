"""Schemathesis reads the OpenAPI document and looks for what the hub answers otherwise than it says.

Over every address: the examples, the edges of each parameter and body, random data that fit and that do not, and
sequences of requests. The hub runs behind its own web server; HUB_TEST_DATABASE_URL chooses the database.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.running import ROOT
from tests.web.alone import WebAlone

pytestmark = pytest.mark.fuzz
HERE = Path(__file__).parent
PATIENCE = 3600.0
PREPARE = """
from syncconfig.models import Configuration, OdooConnection
from tests.openapi.configurations import client, create
Configuration.objects.filter(request_type="in").delete()
create(OdooConnection.objects.get())
print(json.dumps(client().issue_token()))
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[WebAlone]:
    """A hub with configurations of every sort, and a client that may use all of them."""
    server = WebAlone(tmp_path / "data")
    server.environment["HUB_TRUSTED_PROXIES"] = "127.0.0.0/8"  # fuzzing.py says where each call comes from
    try:
        server.prepare()
        server.token = server.shell(PREPARE)
        yield server.start()
    finally:
        server.discard()


def test_schemathesis_finds_nothing(hub: WebAlone, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
            f"{hub.url}/api/sync/v1/openapi.json", "--header", f"Authorization: Bearer {hub.token}",
            "--report", "json", "--report-json-path", str(report),
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        | {"SCHEMATHESIS_HOOKS": "tests.openapi.fuzzing", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert "Traceback" not in hub.output
    assert json.loads(report.read_text()), "a run without a report proves nothing"
    assert hub.logged("count(*)", "direction = 'in'")[0][0] > 1000, "that many calls came in"
