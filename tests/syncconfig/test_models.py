"""What may be saved, and what each refusal says."""

from __future__ import annotations

import math
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.db.models import Model
from django_q.models import Schedule
from pytest_django.fixtures import Settings

from syncconfig import schedules
from syncconfig.models import Configuration, FieldMapping, Header, OdooConnection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"methods": []}, "methods"),
        ({"methods": ["GET", "POST"]}, "methods"),
        ({"methods": ["FETCH"]}, "methods"),
        ({"url": ""}, "url"),
        ({"url": "ftp://example.com/x"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "https://user:pass@example.com/"}, "url"),
        ({"url": "https://example.com/?api_key=k"}, "url"),
        ({"auth_scheme": "api_key_query", "auth_token": "x"}, "auth_header"),
        ({"model": "Res Partner"}, "model"),
        ({"domain": "[('active', '=', True"}, "domain"),
        ({"schedule": "now and then"}, "schedule"),
        ({"schedule": "0 0 * * * *"}, "schedule"),
        ({"page_size": 0}, "page_size"),
        ({"connect_timeout": 0}, "connect_timeout"),
        ({"auth_scheme": "bearer"}, "auth_token"),
        ({"auth_scheme": "basic"}, "auth_password"),
        ({"auth_scheme": "api_key", "auth_token": "x"}, "auth_header"),
    ],
)
def test_a_wrong_out_configuration_is_refused_by_field(
    connection: OdooConnection, columns: dict[str, Any], field: str
) -> None:
    good = {
        "code": "x", "name": "x", "connection": connection, "model": "res.partner", "methods": ["POST"],
        "url": "https://api.example.com/partners",
    }  # fmt: skip
    Configuration(**good).full_clean()
    with pytest.raises(ValidationError) as refused:
        Configuration(**{**good, **columns}).full_clean()
    assert field in refused.value.message_dict


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, "nan", "1e999", 0, 300.1])
@pytest.mark.parametrize("model", [Configuration, OdooConnection])
@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout"])
def test_a_timeout_is_a_number_of_seconds(db: None, model: type[Model], name: str, seconds: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        model(**{name: seconds}).full_clean()
    assert refused.value.message_dict[name] == ["Write a number of seconds from 0.1 to 300, such as 15."]
    for good in (0.1, 15, 300):
        model._meta.get_field(name).clean(good, None)


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "[fe80::1]", "0.0.0.0", "[fd00:ec2::254]"])
def test_an_odoo_is_not_where_a_cloud_tells_of_itself(db: None, host: str) -> None:
    columns = {"code": "x", "name": "x", "transport": "jsonrpc", "database": "x", "login": "x", "api_key": "x"}
    OdooConnection(url="http://127.0.0.1:8069", **columns).full_clean()
    with pytest.raises(ValidationError) as refused:
        OdooConnection(url=f"http://{host}/", **columns).full_clean()
    assert "HUB_ALLOWED_NETWORKS" in str(refused.value.message_dict["url"])


def test_networks_that_are_allowed_hold_for_odoo_too(db: None, settings: Settings) -> None:
    settings.HUB_ALLOWED_NETWORKS = ["169.254.10.0/24"]
    columns = {"code": "x", "name": "x", "transport": "jsonrpc", "database": "x", "login": "x", "api_key": "x"}
    one = OdooConnection(url="http://169.254.10.1", **columns)
    one.full_clean()
    assert [str(each) for each in one.target().allowed_networks] == ["169.254.10.0/24"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "x"),
        ("Content-Length", "1"),
        ("X-A", "a\r\nX-B: b"),
        ("X-A", "a\x00"),
        ("Bad Name", "x"),
        ("webhook-id", "x"),
        ("X-Name", "{{ name }}"),
    ],
)
def test_a_header_that_would_break_the_request_is_refused(customers_out: Configuration, name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Header(configuration=customers_out, name=name, value=value).full_clean()


@pytest.mark.parametrize("key", ["", ".name", "name.", "a..b", " name"])
def test_a_malformed_external_key_is_refused(customers_out: Configuration, key: str) -> None:
    with pytest.raises(ValidationError):
        FieldMapping(configuration=customers_out, odoo_field="name", external_key=key).full_clean()


def test_a_connection_names_everything_that_is_missing() -> None:
    with pytest.raises(ValidationError) as refused:
        OdooConnection(code="x", name="x", transport="jsonrpc").full_clean()
    assert set(refused.value.message_dict) == {"url", "database", "login", "api_key"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://me:canary@x.odoo.com", "user and password"),
        ("https://x.odoo.com?token=canary", "from ? or # on"),
        ("x.odoo.com", "starts with https"),
        ("ftp://x.odoo.com", "starts with https"),
        ("/var/odoo.sqlite3", "starts with https"),
        ("https://x.odoo.com:port", "not an address"),
        ("https://[x", "not an address"),
    ],
)
def test_the_address_of_an_odoo_holds_nothing_but_the_address(url: str, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        OdooConnection(
            code="x", name="x", transport="jsonrpc", url=url, database="x", login="x", password="x"
        ).full_clean()
    assert told in refused.value.message_dict["url"][0]
    assert "canary" not in str(refused.value)


def test_credentials_are_encrypted_in_the_database(customers_out: Configuration) -> None:
    customers_out.auth_token = "canary-token"
    customers_out.save()
    Header.objects.create(configuration=customers_out, name="X-A", value="canary-header")
    stored: list[Any] = []
    with database.cursor() as cursor:
        for table in ("syncconfig_configuration", "syncconfig_header"):
            cursor.execute(f"SELECT * FROM {table}")
            stored += cursor.fetchall()
    assert "canary" not in repr(stored)
    assert Configuration.objects.get().auth_token == "canary-token"
    assert Header.objects.get().value == "canary-header"


def test_a_schedule_is_kept_in_step_with_its_configuration(customers_out: Configuration) -> None:
    def crons() -> list[str | None]:
        return list(Schedule.objects.filter(name=schedules.name_of(customers_out.pk)).values_list("cron", flat=True))

    customers_out.schedule = "0 * * * *"
    customers_out.save()
    assert crons() == ["0 * * * *"]
    customers_out.schedule = "30 2 * * *"
    customers_out.save()
    assert crons() == ["30 2 * * *"]
    customers_out.active = False
    customers_out.save()
    assert crons() == []
    customers_out.active = True
    customers_out.save()
    customers_out.delete()
    assert Schedule.objects.count() == 0
