"""Configurations of every sort, a client that may use them, and a product that exists."""

from __future__ import annotations

import pytest

from hub.odoo.connection import Odoo
from syncconfig.models import Configuration, OdooConnection
from tests.openapi.configurations import client, create


@pytest.fixture
def configurations(connection: OdooConnection) -> list[Configuration]:
    """All of them, on the embedded Odoo."""
    return create(connection)


@pytest.fixture
def token(configurations: list[Configuration]) -> str:
    """The token of a client that may use all of them as often as it likes."""
    return client().issue_token()


@pytest.fixture
def product(odoo: Odoo) -> str:
    """The code of a product that exists."""
    (found,) = odoo.search_read("product.product", [("default_code", "!=", False)], ["default_code"], limit=1)
    return str(found["default_code"])
