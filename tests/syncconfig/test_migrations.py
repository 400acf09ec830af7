"""An upgrade keeps what people set up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from syncconfig import remembered

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(name: str | None, **others: str) -> Any:
    """The models as of that migration of syncconfig, and of ``others`` by app; or as of the last ones."""
    remembered.remove()  # as Django's pre_migrate does
    executor = MigrationExecutor(connection)
    targets = [*others.items(), ("syncconfig", name)] if name else executor.loader.graph.leaf_nodes()
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    migrate(None)
    remembered.install()


def test_addresses_that_clients_registered_are_no_templates_any_more() -> None:
    apps = migrate("0023_literal_addresses", webhooks="0002_webhooks")
    client, configuration_model, connection_model = (
        apps.get_model("syncconfig", name) for name in ("ApiClient", "Configuration", "OdooConnection")
    )
    odoo = connection_model.objects.create(code="odoo", name="Odoo", transport="embedded")
    columns = {"connection": odoo, "model": "res.partner", "methods": ["POST"], "url": "https://x.example/{{ phone }}"}
    own, registered = (configuration_model.objects.create(code=code, name=code, **columns) for code in ("own", "wh-1"))
    shop = client.objects.create(name="Shop", login="shop")
    apps.get_model("webhooks", "Subscription").objects.create(
        public_id="wh_1", client=shop, configuration=registered, source=own
    )
    apps = migrate(None)
    found = apps.get_model("syncconfig", "Configuration").objects.order_by("code")
    assert [(one.code, one.url_is_literal) for one in found] == [("own", False), ("wh-1", True)]
    found.all().delete()
    apps.get_model("syncconfig", "ApiClient").objects.all().delete()


def test_keys_that_were_pasted_along_with_certificates_are_encrypted() -> None:
    apps = migrate("0023_literal_addresses")
    configuration_model = apps.get_model("syncconfig", "Configuration")
    odoo = apps.get_model("syncconfig", "OdooConnection").objects.create(code="odoo", name="Odoo", transport="embedded")
    certificate, key = (f"-----BEGIN {one}-----\nMIIB\n-----END {one}-----" for one in ("CERTIFICATE", "PRIVATE KEY"))
    for code, columns in {
        "along": {"tls_certificate": f"{key}\n{certificate}"},
        "has-one": {"tls_certificate": f"{certificate}\n{key}", "tls_key": "its own"},
        "in-ca": {"tls_ca": f"{certificate}\n{key.replace('PRIVATE', 'RSA PRIVATE')}"},
        "cut-off": {"tls_certificate": f"{certificate}\n{key[:40]}"},
    }.items():
        configuration_model.objects.create(
            code=code, name=code, connection=odoo, model="res.partner", methods=["POST"], **columns
        )
    apps = migrate(None)
    found = apps.get_model("syncconfig", "Configuration").objects.order_by("code")
    assert {one.code: (one.tls_certificate, one.tls_ca, one.tls_key) for one in found} == {
        "along": (certificate, "", key),
        "cut-off": (certificate, "", key[:40]),
        "has-one": (certificate, "", "its own"),
        "in-ca": ("", certificate, ""),
    }
    found.all().delete()


def test_places_of_pulls_are_encrypted_while_they_run_and_forgotten_afterwards() -> None:
    apps = migrate("0024_keys_out_of_certificates")
    configuration_model, run_model = (apps.get_model("syncconfig", name) for name in ("Configuration", "Run"))
    odoo = apps.get_model("syncconfig", "OdooConnection").objects.create(code="odoo", name="Odoo", transport="embedded")
    place = {"of": "x", "since": None, "place": {"url": "https://x.example/?api_key=canary"}, "item": 3}
    for state in ("pending", "running", "done", "failed"):
        one = configuration_model.objects.create(
            code=state, name=state, connection=odoo, model="res.partner", methods=["GET"]
        )
        run_model.objects.create(configuration=one, pulls=True, state=state, position=place)
    apps = migrate(None)
    found = {one.state: one.position for one in apps.get_model("syncconfig", "Run").objects.all()}
    kept = {state: json.loads(position) if position else "" for state, position in found.items()}
    assert kept == {"pending": place, "running": place, "done": "", "failed": ""}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM syncconfig_run")
        assert "canary" not in str(cursor.fetchall())
    apps = migrate("0024_keys_out_of_certificates")
    back = {one.state: one.position for one in apps.get_model("syncconfig", "Run").objects.all()}
    assert back == {"pending": place, "running": place, "done": {}, "failed": {}}
    apps.get_model("syncconfig", "Configuration").objects.all().delete()


def test_clients_get_an_id_and_keep_what_they_may_use() -> None:
    apps = migrate("0010_hears_by")
    client_model, configuration_model, connection_model = (
        apps.get_model("syncconfig", name) for name in ("ApiClient", "Configuration", "OdooConnection")
    )
    odoo = connection_model.objects.create(code="odoo", name="Odoo", transport="embedded")
    columns = {"connection": odoo, "model": "res.partner", "methods": ["GET"], "request_type": "in"}
    one, other = (configuration_model.objects.create(code=code, name=code, **columns) for code in ("one", "other"))
    shop, again = (client_model.objects.create(name=name) for name in ("Web shop", "Web-Shop"))
    client_model.objects.create(name="Магазин", all_configurations=True)
    shop.configurations.add(one, other)
    again.configurations.add(other)
    apps.get_model("syncconfig", "ApiToken").objects.create(client=shop, prefix="hub_x", digest="x")
    apps.get_model("syncconfig", "CallCount").objects.create(client=shop, seconds=60, starts=1)
    apps = migrate("0011_callers")
    clients = apps.get_model("syncconfig", "ApiClient").objects.order_by("pk")
    assert [client.login for client in clients] == ["web-shop", "web-shop-2", "client"]
    grants = apps.get_model("syncconfig", "Grant").objects.order_by("pk")
    assert sorted((grant.client.name, grant.configuration.code) for grant in grants) == [
        ("Web shop", "one"), ("Web shop", "other"), ("Web-Shop", "other"),
    ]  # fmt: skip
    assert {len(grant.methods) for grant in grants} == {5}
    assert apps.get_model("syncconfig", "ApiToken").objects.get().kind == "token"
    found = apps.get_model("syncconfig", "Configuration").objects.get(code="one")
    assert (found.accepts_bearer, found.accepts_basic, found.accepts_anybody) == (True, False, False)
    apps = migrate("0010_hears_by")
    assert apps.get_model("syncconfig", "ApiClient").objects.count() == 3
    apps.get_model("syncconfig", "Configuration").objects.all().delete()
    apps.get_model("syncconfig", "ApiClient").objects.all().delete()
