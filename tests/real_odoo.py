"""Where the real Odoo of the tests is, as `scripts/odoo19 up` prints it into HUB_TEST_ODOO."""

from __future__ import annotations

import json
import os

import pytest

from hub.odoo.connect import connect
from hub.odoo.connection import Odoo, Target


def place() -> dict[str, str]:
    """Its url, database, login, password and api_key; skips without one, and fails where one is required."""
    told = os.environ.get("HUB_TEST_ODOO", "")
    if not told:
        if os.environ.get("HUB_TEST_ODOO_REQUIRED") == "1":
            pytest.fail("HUB_TEST_ODOO is required but not set; start an Odoo with scripts/odoo19 up")
        pytest.skip("no real Odoo: HUB_TEST_ODOO is not set; `make test-odoo` starts one")
    found: dict[str, str] = json.loads(told)
    return found


def connected() -> Odoo:
    """A connection to it, to be closed; skips and fails as ``place`` does."""
    there = place()
    return connect(Target(there["url"], there["database"], there["login"], api_key=there["api_key"]))
