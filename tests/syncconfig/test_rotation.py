"""`manage.py rotatekeys`: what stands under an older key is written anew, and nothing else is touched."""

from __future__ import annotations

import threading
from io import StringIO
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db import transaction
from pytest_django.fixtures import Settings

from hub import rotation
from hub.crypto import Cipher
from hub.env import new_encryption_key
from hub.fields import cipher
from syncconfig.models import ApiClient, ApiJob, Configuration, Delivery, Header, IdempotencyKey, OdooConnection, Run
from tests.acceptance.running import until

pytestmark = pytest.mark.django_db

OLD, NEW, LOST = (new_encryption_key() for _ in range(3))


class Told(NamedTuple):
    """What a command said."""

    out: str
    err: str
    refusal: str


def rotatekeys(*arguments: str) -> Told:
    """Run it; ``refusal`` is what it ended with, with exit code 1; empty for 0."""
    out, err, refusal = StringIO(), StringIO(), ""
    try:
        call_command("rotatekeys", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        refusal = str(error)
    return Told(out.getvalue(), err.getvalue(), refusal)


SECRETS = {
    "syncconfig_odooconnection": {"password": "secret pass", "api_key": "secret key", "hint_token": "secret hint"},
    "syncconfig_configuration": {"auth_password": "secret pw", "auth_token": "secret token", "tls_key": "secret pem"},
    "syncconfig_header": {"value": "secret header"},
    "syncconfig_apijob": {"body": "secret body", "answer": "secret answer"},
    "syncconfig_idempotencykey": {"answer": "secret answer"},
    "syncconfig_run": {"position": '{"page": 3}'},
    "syncconfig_delivery": {"unwritten": '{"1": {"ref": "secret"}}'},
}
"""A value for each encrypted column that the hub has, by table."""


@pytest.fixture
def kept(customers_out: Configuration, settings: Settings) -> dict[str, Any]:
    """A row with all of SECRETS, written with the old key, by table; then the new key stands in front."""
    settings.HUB_ENCRYPTION_KEYS = [OLD]
    client = ApiClient.objects.create(name="Shop")
    rows = {
        "syncconfig_odooconnection": customers_out.connection,
        "syncconfig_configuration": customers_out,
        "syncconfig_header": Header(configuration=customers_out, name="X-Key"),
        "syncconfig_apijob": ApiJob(client=client, name="one", scheme="bearer", address="::1", method="POST", path="/"),
        "syncconfig_idempotencykey": IdempotencyKey(client=client, name="one", body_digest="x"),
        "syncconfig_run": Run(configuration=customers_out, pulls=True),
        "syncconfig_delivery": Delivery(configuration=customers_out, event="manual", model="res.partner"),
    }
    for table, row in rows.items():
        for name, value in SECRETS[table].items():
            setattr(row, name, value)
        row.save()
    settings.HUB_ENCRYPTION_KEYS = [NEW, OLD]
    return rows


def raw(table: str, column: str) -> list[str]:
    """The tokens of a column."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} <> '' ORDER BY id")
        return [token for (token,) in cursor.fetchall()]


def put(table: str, column: str, token: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s", [token])


def test_the_values_of_these_tests_are_all_encrypted_columns_that_there_are() -> None:
    columns = {(one.model._meta.db_table, one.column) for one in rotation.columns()}
    assert columns == {(table, column) for table, values in SECRETS.items() for column in values}


def test_everything_is_written_anew_and_the_old_key_can_go(kept: dict[str, Any], settings: Settings) -> None:
    told = rotatekeys()
    assert told.refusal == ""
    assert "The older keys can go now" in told.out
    assert "Configurations: 3 values written anew." in told.out
    assert "Jobs: 2 values written anew." in told.out
    assert "Headers: 1 value written anew." in told.out
    for table, values in SECRETS.items():
        for column, value in values.items():
            assert [Cipher([NEW]).decrypt(token) for token in raw(table, column)] == [value], (table, column)
    settings.HUB_ENCRYPTION_KEYS = [NEW]
    for table, row in kept.items():
        row.refresh_from_db()
        assert {name: getattr(row, name) for name in SECRETS[table]} == SECRETS[table]
    assert rotatekeys("--check").out == "12 values stand under the first key. It is the only one.\n"


def test_check_only_counts(kept: dict[str, Any]) -> None:
    before = {(table, column): raw(table, column) for table, values in SECRETS.items() for column in values}
    told = rotatekeys("--check")
    assert "12 values: 3 of Odoo connections, 3 of configurations" in told.refusal
    assert "manage.py rotatekeys" in told.refusal
    assert {(table, column): raw(table, column) for table, values in SECRETS.items() for column in values} == before
    rotatekeys()
    told = rotatekeys("--check")
    assert (told.refusal, told.err) == ("", "")
    assert "The older keys can go now" in told.out


def test_a_second_time_there_is_nothing_to_do_and_nothing_is_written(kept: dict[str, Any]) -> None:
    rotatekeys()
    before = {table: raw(table, column) for table, values in SECRETS.items() for column in values}
    told = rotatekeys()
    assert "nothing to write anew" in told.out
    assert "The older keys can go now" in told.out
    assert {table: raw(table, column) for table, values in SECRETS.items() for column in values} == before


def test_an_interruption_leaves_the_rest_for_the_next_time(kept: dict[str, Any]) -> None:
    for column in rotation.columns()[:4]:
        for one in rotation.stored(column):
            rotation.renew(one, cipher())
    assert "An older key is needed for 8 values" in rotatekeys("--check").refusal
    assert "The older keys can go now" in rotatekeys().out


def test_values_that_no_key_fits_are_named_and_the_others_are_written(kept: dict[str, Any], settings: Settings) -> None:
    lost, damaged = Cipher([LOST]).encrypt("secret"), "gAAAAA-no-token"
    put("syncconfig_header", "value", lost)
    put("syncconfig_delivery", "unwritten", damaged)
    header, delivery = kept["syncconfig_header"].pk, kept["syncconfig_delivery"].pk
    for arguments in ((), ("--check",)):
        told = rotatekeys(*arguments)
        assert sorted(told.err.splitlines()) == [
            f"No key fits: delivery {delivery}, field unwritten.",
            f"No key fits: header {header}, field value.",
        ]
        assert "fits 2 values" in told.refusal
        assert "HUB_ENCRYPTION_KEYS" in told.refusal
        assert "can go" not in told.out
        assert not any(secret in str(told) for secret in ("secret", lost, damaged, NEW, OLD))
    assert [raw("syncconfig_header", "value"), raw("syncconfig_delivery", "unwritten")] == [[lost], [damaged]]
    assert Cipher([NEW]).decrypt(*raw("syncconfig_configuration", "auth_token")) == "secret token"
    settings.HUB_ENCRYPTION_KEYS = [NEW, OLD, LOST]
    put("syncconfig_delivery", "unwritten", "")
    assert "Headers: 1 value written anew." in rotatekeys().out


def test_without_the_old_key_nothing_is_destroyed(kept: dict[str, Any], settings: Settings) -> None:
    settings.HUB_ENCRYPTION_KEYS = [NEW]
    assert "fits 12 values" in rotatekeys().refusal
    settings.HUB_ENCRYPTION_KEYS = [NEW, OLD]
    assert "The older keys can go now" in rotatekeys().out


def token_of(configuration: Configuration) -> str:
    return Configuration.objects.get(pk=configuration.pk).auth_token


def column(model: type, name: str) -> Any:
    return next(one for one in rotation.columns() if one.model is model and one.name == name)


def test_what_changed_between_reading_and_writing_is_not_overwritten(
    kept: dict[str, Any], customers_out: Configuration
) -> None:
    (read,) = rotation.stored(column(Configuration, "auth_token"))
    Configuration.objects.update(auth_token="by somebody else")
    assert rotation.renew(read, cipher()) is False
    assert token_of(customers_out) == "by somebody else"


def test_what_was_emptied_or_deleted_meanwhile_does_not_come_back(kept: dict[str, Any]) -> None:
    (emptied,) = rotation.stored(column(Delivery, "unwritten"))
    (deleted,) = rotation.stored(column(Header, "value"))
    Delivery.objects.update(unwritten="")
    Header.objects.all().delete()
    assert [rotation.renew(emptied, cipher()), rotation.renew(deleted, cipher())] == [False, False]
    assert raw("syncconfig_delivery", "unwritten") == raw("syncconfig_header", "value") == []


def test_many_values_are_read_in_parts_and_none_is_passed_over(
    customers_out: Configuration, settings: Settings
) -> None:
    settings.HUB_ENCRYPTION_KEYS = [OLD]
    sizes = [1, rotation.LETTERS // 3, rotation.LETTERS, *[5] * (2 * rotation.ROWS)]
    Delivery.objects.bulk_create(
        Delivery(configuration=customers_out, event="manual", model="res.partner", unwritten="x" * size)
        for size in sizes
    )
    settings.HUB_ENCRYPTION_KEYS = [NEW, OLD]
    assert f"Deliveries: {len(sizes)} values written anew." in rotatekeys().out
    settings.HUB_ENCRYPTION_KEYS = [NEW]
    assert [len(one.unwritten) for one in Delivery.objects.order_by("id")] == sizes


def test_neither_signals_nor_moments_of_change_tell_of_it(kept: dict[str, Any]) -> None:
    before = list(OdooConnection.objects.values_list("updated_at"))
    rotatekeys()
    assert list(OdooConnection.objects.values_list("updated_at")) == before


def test_a_process_that_still_writes_with_the_old_key_keeps_it(kept: dict[str, Any]) -> None:
    put("syncconfig_delivery", "unwritten", "damaged")

    class Screen(StringIO):
        """When the command names the damaged value, the connections have been gone through."""

        def write(self, text: str) -> int:
            put("syncconfig_odooconnection", "api_key", Cipher([OLD]).encrypt("of a process that was not started anew"))
            return super().write(text)

    with pytest.raises(CommandError, match="needed for 1 value: 1 of Odoo connections. A process .* still writes"):
        call_command("rotatekeys", stdout=StringIO(), stderr=Screen())
    assert rotation.columns()[0].model is OdooConnection


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_being_committed_by_another_connection_stays(
    kept: dict[str, Any], customers_out: Configuration
) -> None:
    if database.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time: nothing can change while it writes")
    told: list[Told] = []

    def work() -> None:
        try:
            told.append(rotatekeys())
        finally:
            database.close()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        Configuration.objects.update(auth_token="by somebody else")
        worker.start()
        until(waits_for_a_lock, "the command to come to the row")
    worker.join()
    assert "The older keys can go now" in told[0].out
    assert token_of(customers_out) == "by somebody else"


def waits_for_a_lock() -> bool:
    """Whether another transaction waits for what this one did."""
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
        return bool(cursor.fetchone()[0])
