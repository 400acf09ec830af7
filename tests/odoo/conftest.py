"""The API over each transport: what holds for one of them holds for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.odoo.connection import Odoo
from syncconfig import plans
from syncconfig.models import OdooConnection
from tests import real_odoo
from tests.contract.conftest import TRANSPORTS, Maker


@pytest.fixture(params=TRANSPORTS)
def connection(request: pytest.FixtureRequest, db: None) -> OdooConnection:
    """A connection to the embedded Odoo, and to the real one by each transport."""
    if request.param == "embedded":
        request.getfixturevalue("odoo_file")
        return OdooConnection.objects.create(code="main", name="Embedded Odoo", transport="embedded")
    place = real_odoo.place()
    columns = {name: place[name] for name in ("url", "database", "login", "api_key")}
    return OdooConnection.objects.create(code="real", name="Real Odoo", transport=request.param, **columns)


@pytest.fixture
def odoo(connection: OdooConnection) -> Odoo:
    """The Odoo itself, to look at and to prepare."""
    return plans.odoo_of(connection)


@pytest.fixture
def made(odoo: Odoo) -> Iterator[Maker]:
    """Makes records in Odoo, and keeps track of those that the API made; all are removed."""
    maker = Maker(odoo)
    yield maker
    maker.remove_all()
