"""What is said after saving of what may not do as somebody thinks: webhooks, and credentials that go unprotected."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig import endpoints, findings
from syncconfig.admin import advice
from syncconfig.models import Configuration, Incident
from tests.webhooks.test_subscriptions import api, client, heard, hook, partners, register, registration
from webhooks.models import Subscription

pytestmark = pytest.mark.django_db
__all__ = ["api", "client", "hook", "partners"]


def served(api: APIClient, hook: str) -> Configuration:
    """The Out configuration of a webhook that tells names."""
    register(api, registration(hook, fields=["name"], conditions=[]))
    return Subscription.objects.get().configuration


def test_rows_that_the_client_may_not_read_are_named(api: APIClient, hook: str, odoo: Odoo) -> None:
    one = served(api, hook)
    assert advice.on(one) == []
    one.mappings.create(odoo_field="comment", external_key="note")
    (told,) = advice.on(one)
    assert told.startswith("Not sent: note.")


@pytest.mark.parametrize("column", ["script_before", "script_after", "body_template"])
def test_scripts_of_a_webhook_are_not_bounded_and_it_is_said(
    api: APIClient, hook: str, odoo: Odoo, customers_out: Configuration, column: str
) -> None:
    one = served(api, hook)
    for configuration, said in ((one, True), (customers_out, False)):
        setattr(configuration, column, "{{ data | json }}" if column == "body_template" else "result = {}")
        configuration.save()
        assert any("is sent as it is" in told for told in advice.on(configuration)) is said


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"url": "http://crm.example.com/x", "auth_scheme": "bearer", "auth_token": "t0ken"}, "begins with http://"),
        ({"url": "http://8.8.8.8/x", "auth_scheme": "basic", "auth_login": "a"}, "begins with http://"),
        ({"url": "http://127.0.0.1/x", "auth_scheme": "bearer", "auth_token": "t0ken"}, ""),
        ({"url": "http://crm.example.com/x", "auth_scheme": "none"}, ""),
        ({"url": "https://crm.example.com/x", "auth_scheme": "bearer", "auth_token": "t0ken"}, ""),
        ({"url": "https://crm.example.com/x", "tls_check": False}, "certificate is not checked"),
    ],
)
def test_credentials_that_go_out_unprotected_are_told_of(
    customers_out: Configuration, odoo: Odoo, columns: dict[str, Any], said: str
) -> None:
    customers_out.headers.all().delete()
    Configuration.objects.filter(pk=customers_out.pk).update(**columns)
    customers_out.refresh_from_db()
    found = " ".join(advice.on(customers_out))
    assert said in found
    assert bool(found) is bool(said)


def test_a_webhook_that_the_hub_pauses_is_an_incident(
    api: APIClient, hook: str, odoo: Odoo, partners: Configuration, httpserver: HTTPServer
) -> None:
    one = served(api, hook)
    partners.mappings.filter(external_key="name").update(direction="in")
    odoo.create("res.partner", [{"name": "A"}])
    assert heard(httpserver) == []
    (found,) = [each for each in findings.look() if each.kind == Incident.Kind.PAUSED]
    assert "may not read any of the fields" in found.what
    assert "webhook of an API client" in found.advice
    endpoints.pause(one, "By hand.")
    assert found in findings.look(), "it was paused before, and nobody has mended it"
