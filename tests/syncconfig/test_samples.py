"""Samples: kept from a preview, run by a button and by a command, with each difference told."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from hub.odoo.connection import Odoo
from syncconfig import preview, samples
from syncconfig.models import Configuration, Sample

pytestmark = pytest.mark.django_db


def partner(odoo: Odoo, **values: Any) -> int:
    (record_id,) = odoo.create("res.partner", [{"name": "Ada", "email": "ada@example.com", **values}])
    return record_id


def kept(configuration: Configuration, odoo: Odoo) -> Sample:
    """A sample of a contact in Germany, as a preview showed it."""
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    shown = preview.of_record(configuration, partner(odoo, country_id=germany))
    return samples.keep(configuration, "German customer", shown, {})


def test_an_out_sample_holds_the_record_itself_and_outlives_it(customers_out: Configuration, odoo: Odoo) -> None:
    sample = kept(customers_out, odoo)
    odoo.unlink("res.partner", [sample.data["id"]])
    assert samples.run(sample).ok
    sample.refresh_from_db()
    assert (sample.last_ok, sample.last_message) == (True, "")


def test_a_changed_mapping_is_told_by_path(customers_out: Configuration, odoo: Odoo) -> None:
    sample = kept(customers_out, odoo)
    customers_out.mappings.filter(external_key="email_address").update(external_key="mail")
    customers_out.mappings.filter(external_key="address.country").update(kind="constant", detail='"FR"')
    assert samples.run(sample).differences == [
        'email_address: expected "ada@example.com", but it is not there.',
        'address.country: expected "DE", found "FR".',
        'mail: "ada@example.com" is there, and was not expected.',
    ]


def test_an_in_sample_expects_odoos_values_or_a_refusal(customers_in: Configuration, odoo: Odoo) -> None:
    good = Sample(configuration=customers_in, name="good", data={"name": "Ada"}, expected={"name": "Ada"})
    bad = Sample(configuration=customers_in, name="bad", data={"email": "x"}, expected_error="`name` is required")
    wrong = Sample(configuration=customers_in, name="wrong", data={"name": "x"}, expected_error="is required")
    before = odoo.count("res.partner")
    for sample in (good, bad, wrong):
        sample.full_clean()
        sample.save()
    assert {one.name: one.ok for one in samples.run_all(customers_in)} == {"good": True, "bad": True, "wrong": False}
    assert odoo.count("res.partner") == before


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"at": "*"}, {"at": "2026-01-31T10:00:00Z"}, []),
        ({"a": [{"b": "*"}]}, {"a": [{"b": 1}]}, []),
        ({"a": True}, {"a": 1}, ["a: expected true, found 1."]),
        ([1, 2], [1], ["The result: expected [1, 2], found [1]."]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, ["a[1].b: expected 2, found 3."]),
    ],
)
def test_differences(expected: Any, found: Any, told: list[str]) -> None:
    assert list(samples.differences(expected, found)) == told


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"data": [], "expected": {}}, "data"),
        ({"data": {"a": 1}}, "expected"),
        ({"data": {"a": 1}, "expected": {}, "expected_error": "x"}, "expected_error"),
    ],
)
def test_a_sample_that_says_nothing_is_not_saved(
    customers_in: Configuration, columns: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Sample(configuration=customers_in, name="x", **columns).full_clean()
    assert field in refused.value.message_dict


def test_the_command_tells_each_sample_and_fails_with_the_first_that_differs(
    customers_in: Configuration, customers_out: Configuration, odoo: Odoo
) -> None:
    out = StringIO()
    call_command("testconfig", stdout=out)
    assert "no samples yet" in out.getvalue()
    kept(customers_out, odoo)
    call_command("testconfig", "customers-out", stdout=out)
    assert "ok      customers-out: German customer" in out.getvalue()
    Sample.objects.create(configuration=customers_in, name="bad", data={"name": "Ada"}, expected={"name": "Bob"})
    with pytest.raises(CommandError, match="1 of 2 samples"):
        call_command("testconfig", stdout=out)
    assert 'name: expected "Bob", found "Ada".' in out.getvalue()
    with pytest.raises(CommandError, match="customers-in, customers-out"):
        call_command("testconfig", "nothing")


def test_a_preview_is_kept_and_run_by_buttons(
    admin_user: User, client: Client, customers_out: Configuration, customers_in: Configuration, odoo: Odoo
) -> None:
    client.force_login(admin_user)
    record_id = partner(odoo)
    url = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk]).removesuffix("change/")
    page = client.get(f"{url}preview/", {"record": record_id}).content.decode()
    assert "Keep as a sample" in page
    answer = client.post(f"{url}preview/", {"record": record_id, "keep": "1", "name": "Ada"})
    assert answer.status_code == 302
    sample = Sample.objects.get()
    assert (sample.data["id"], sample.expected["full_name"]) == (record_id, "Ada")
    assert "as expected" in client.post(f"{url}samples/").content.decode()
    assert (
        "Give the sample a name" in client.post(f"{url}preview/", {"record": record_id, "keep": "1"}).content.decode()
    )
    url = reverse("admin:syncconfig_configuration_change", args=[customers_in.pk]).removesuffix("change/")
    body = {"payload": '{"email": "x"}', "keep": "1", "name": "no name"}
    client.post(f"{url}preview/", body)
    assert Sample.objects.get(name="no name").expected_error == "`name` is required."


def test_whoever_may_only_look_keeps_nothing(client: Client, customers_out: Configuration, odoo: Odoo) -> None:
    from django.contrib.auth.models import Permission

    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_configuration"))
    client.force_login(viewer)
    url = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk]).removesuffix("change/")
    assert "Keep as a sample" not in client.get(f"{url}preview/").content.decode()
    assert client.post(f"{url}preview/", {"keep": "1", "name": "x"}).status_code == 403
    assert not Sample.objects.exists()
