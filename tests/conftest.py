"""What the tests share: an embedded Odoo for each, configurations, a caller, a receiver."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from apilog import strangers
from hub.odoo.connect import close_all
from hub.odoo.connection import Odoo
from hub.odoo.embedded.install import install
from syncconfig import plans
from syncconfig.models import ApiClient, Configuration, FieldMapping, OdooConnection


@pytest.fixture(autouse=True)
def no_strangers_before() -> None:
    """Each test begins with the whole quota of log rows for calls without a token."""
    strangers.quota.reset()


@pytest.fixture(scope="session")
def odoo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded Odoo with its demo data, made once."""
    path = tmp_path_factory.mktemp("odoo") / "template.sqlite3"
    install(path, demo=True)
    close_all()
    return path


@pytest.fixture
def odoo_file(odoo_template: Path, tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A fresh copy of it, which the hub takes for its own."""
    path = tmp_path / "odoo.sqlite3"
    for file in odoo_template.parent.glob("template.sqlite3*"):
        shutil.copy(file, tmp_path / file.name.replace("template", "odoo"))
    settings.HUB_EMBEDDED_ODOO = path
    yield path
    close_all()


@pytest.fixture
def connection(db: None, odoo_file: Path) -> OdooConnection:
    """A connection to the embedded Odoo."""
    return OdooConnection.objects.create(code="main", name="Main Odoo", transport="embedded")


@pytest.fixture
def odoo(connection: OdooConnection) -> Odoo:
    """The embedded Odoo itself, to look at and to prepare."""
    return plans.odoo_of(connection)


Make = Callable[..., Configuration]


@pytest.fixture
def make(connection: OdooConnection) -> Make:
    """Make a configuration; ``rows`` are pairs, or triples with further columns of the mapping."""

    def make(code: str, rows: Any, **columns: Any) -> Configuration:
        configuration = Configuration.objects.create(
            **{"code": code, "name": code, "connection": connection, "model": "res.partner", **columns}
        )
        for position, row in enumerate(rows):
            field, key, *more = row
            FieldMapping.objects.create(
                configuration=configuration,
                position=position,
                odoo_field=field,
                external_key=key,
                **(more[0] if more else {}),
            )
        return configuration

    return make


@pytest.fixture
def customers_in(make: Make) -> Configuration:
    """Customers under the seeds' own names, with all methods."""
    fields = ("name", "email", "phone", "is_company", "customer_rank", "country_id", "credit_limit", "city")
    rows: list[Any] = [(name, name, {"required": name == "name"}) for name in fields]
    return make("customers-in", rows, request_type="in", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


@pytest.fixture
def customers_out(make: Make, httpserver: HTTPServer) -> Configuration:
    """Customers to the loopback receiver, renamed."""
    rows = [
        ("id", "external_id"),
        ("name", "full_name"),
        ("email", "email_address"),
        ("country_id.code", "address.country"),
    ]
    return make("customers-out", rows, request_type="out", methods=["POST"], url=httpserver.url_for("/customers"))


@pytest.fixture
def token(db: None) -> str:
    """A token of a client that may use everything."""
    return ApiClient.objects.create(name="Web shop", all_configurations=True).issue_token()


@pytest.fixture
def api(token: str) -> APIClient:
    """A caller with that token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client
