"""What each process remembers of the configuration holds until somebody changes it, in whatever way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from syncconfig import remembered
from syncconfig.models import ApiClient, ApiToken, Configuration, FieldMapping, Grant, Header, OdooConnection

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/sync/v1/res.partner"


def number() -> int:
    """The count of changes."""
    return remembered.look().number


@pytest.fixture
def caller(customers_in: Configuration) -> ApiClient:
    """A client that may use the customers, and a header that belongs to them."""
    client = ApiClient.objects.create(name="Shop")
    client.grants.create(configuration=customers_in)
    client.issue_token()
    Header.objects.create(configuration=customers_in, name="X-One", value="1")
    return client


def call(token: str, status: int = 200) -> dict[str, Any]:
    answer = APIClient().get(URL, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


EVERY: list[type[Any]] = [OdooConnection, Configuration, FieldMapping, Header, ApiClient, Grant, ApiToken]


@pytest.mark.parametrize("model", EVERY)
def test_each_way_to_change_a_row_counts(model: type[Any], caller: ApiClient) -> None:
    row = model.objects.first()
    table, key = model._meta.db_table, row.pk
    seen = [number()]

    def changed(change: Callable[[], object]) -> None:
        change()
        seen.append(number())
        assert seen[-1] > seen[-2]

    changed(row.save)
    field = next(one for one in model._meta.concrete_fields if not one.primary_key and not one.is_relation)
    changed(lambda: model.objects.filter(pk=key).update(**{field.name: getattr(row, field.name)}))
    changed(lambda: model.objects.bulk_update([row], [field.name]))
    with database.cursor() as cursor:
        column = database.ops.quote_name(field.column)
        changed(lambda: cursor.execute(f"UPDATE {table} SET {column} = {column} WHERE id = {key}"))
    if model is not OdooConnection:  # which others need
        changed(model.objects.filter(pk=key).delete)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (ApiToken, {"last_used_at": timezone.now()}),
        (OdooConnection, {"checked_at": timezone.now(), "check_ok": True, "check_message": "fine"}),
        (FieldMapping, {"drift": "gone", "odoo_type": "char"}),
    ],
)
def test_what_changes_often_and_matters_to_nobody_does_not_count(
    model: type[Any], values: dict[str, Any], caller: ApiClient
) -> None:
    before = number()
    assert model.objects.update(**values)
    assert number() == before


def test_a_call_that_was_made_before_asks_the_database_for_little(caller: ApiClient) -> None:
    token = caller.issue_token()
    call(token)
    call(token)
    with CaptureQueriesContext(
        database,
    ) as queries:
        call(token)
    read = [one["sql"] for one in queries if one["sql"].startswith("SELECT")]
    assert [sql for sql in read if remembered.TABLE not in sql] == []


def test_what_is_changed_holds_at_the_next_call(caller: ApiClient, customers_in: Configuration) -> None:
    token = caller.issue_token()
    row = customers_in.mappings.exclude(external_key="name").first()
    assert row is not None
    assert row.external_key in call(token)["data"][0]
    row.delete()
    assert row.external_key not in call(token)["data"][0]
    Grant.objects.update(methods=["POST"])
    call(token, 403)
    Grant.objects.update(methods=["GET"])
    call(token)
    ApiToken.objects.update(revoked_at=timezone.now())
    call(token, 401)


def test_a_token_ends_in_time_though_it_is_remembered(caller: ApiClient) -> None:
    token = caller.issue_token(timedelta(hours=1))
    call(token)
    found = remembered.look().things
    stored = next(one for key, one in found.items() if key[0] == "token")
    stored.expires_at = timezone.now()  # as if the hour were over: the database is not asked
    call(token, 401)


def test_a_change_of_another_process_counts(caller: ApiClient) -> None:
    token = caller.issue_token()
    call(token)

    def revoke() -> None:
        ApiToken.objects.update(revoked_at=timezone.now())
        connections.close_all()

    other = threading.Thread(target=revoke)  # with a connection of its own, as another process has
    other.start()
    other.join()
    call(token, 401)


def test_a_transaction_neither_uses_nor_leaves_anything(caller: ApiClient) -> None:
    before = number()
    with transaction.atomic():
        ApiClient.objects.update(note="to be undone")
        one = remembered.look()
        one.get("note", lambda: ApiClient.objects.get().note)
        transaction.set_rollback(True)
    assert number() == before
    assert remembered.look().get("note", lambda: ApiClient.objects.get().note) == ""


def test_what_is_not_there_takes_no_room() -> None:
    one = remembered.look()
    for key in range(100):
        assert one.get(("nobody", key), lambda: None) is None
    assert [key for key in one.things if key[0] == "nobody"] == []


def test_triggers_that_a_migration_lost_are_made_again(caller: ApiClient) -> None:
    with database.cursor() as cursor:
        on = f" ON {Configuration._meta.db_table}" if database.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER {remembered.PREFIX}configuration_update{on}")
    before = number()
    Configuration.objects.update(note="unheard")
    assert number() == before
    call_command("migrate", verbosity=0)
    between = number()
    assert between > before
    Configuration.objects.update(note="heard")
    assert number() > between


def test_while_tables_are_altered_nothing_is_remembered() -> None:
    remembered.before_migrate(plan=["something"])
    try:
        one = remembered.look()
        assert one.get("key", lambda: "value") == "value"
        assert "key" not in remembered.look().things
    finally:
        remembered.after_migrate()
    assert number() > 0


def test_it_is_believed_for_some_time_only() -> None:
    one = remembered.look()
    one.get("key", lambda: "old")
    one.until = 0.0  # as if that time were over
    assert remembered.look().get("key", lambda: "new") == "new"
