"""Lockout: who fails too often is kept out for a while, which grows, and nobody else is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from syncconfig import lockout
from syncconfig.lockout import Attempt, TooManyFailures
from syncconfig.models import Lockout

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LOGIN = "/admin/login/"


def attempt(address: str = "203.0.113.7", who: str = "web-shop", door: Lockout.Door = Lockout.Door.API) -> Attempt:
    return Attempt(door, address, who)


def fails(times: int, one: Attempt, now: datetime = NOW) -> int:
    """How many of so many failures were counted before the door was shut."""
    for number in range(times):
        try:
            lockout.count(one, now=now)
        except TooManyFailures:
            return number
    return times


def test_after_five_failures_the_same_login_from_the_same_address_is_kept_out() -> None:
    assert fails(9, attempt()) == 5
    with pytest.raises(TooManyFailures, match="Try again in 30 seconds") as refused:
        lockout.check(attempt(), NOW)
    assert refused.value.retry_after == 30
    lockout.check(attempt(), NOW + timedelta(seconds=30))


def test_what_is_refused_does_not_lengthen_the_lock() -> None:
    fails(5, attempt())
    assert fails(100, attempt(), NOW + timedelta(seconds=29)) == 0
    lockout.count(attempt(), now=NOW + timedelta(seconds=30))


def test_each_further_failure_doubles_the_lock_up_to_an_hour() -> None:
    fails(5, attempt())
    moment, waits = NOW, []
    for _ in range(9):
        with pytest.raises(TooManyFailures) as refused:
            lockout.check(attempt(), moment)
        waits.append(refused.value.retry_after)
        moment += timedelta(seconds=refused.value.retry_after)
        lockout.count(attempt(), now=moment)
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_failures_are_forgiven_with_time() -> None:
    fails(4, attempt())
    assert fails(9, attempt(), NOW + timedelta(hours=1)) == 5


def test_an_attacker_locks_out_neither_the_same_login_elsewhere_nor_another_one_there() -> None:
    fails(9, attempt())
    lockout.check(attempt("198.51.100.1"), NOW)
    lockout.check(attempt(who="other-shop"), NOW)
    assert fails(1, attempt("198.51.100.1")) == 1


def test_many_logins_from_one_address_shut_the_door_for_all_of_them() -> None:
    assert sum(fails(1, attempt(who=f"guess-{number}")) for number in range(40)) == 30
    with pytest.raises(TooManyFailures):
        lockout.check(attempt(who="web-shop"), NOW)
    lockout.check(attempt("198.51.100.1"), NOW)


def test_one_system_with_an_old_password_does_not_shut_its_neighbours_out() -> None:
    moment = NOW
    for _ in range(24 * 60 * 2):  # it tries every half minute for a day
        moment += timedelta(seconds=30)
        fails(1, attempt(), moment)
    lockout.check(attempt(who="neighbour"), moment)


def test_ipv6_addresses_of_one_network_are_one_place() -> None:
    assert sum(fails(1, attempt(f"2001:db8::{number:x}", "x")) for number in range(1, 10)) == 5
    lockout.check(attempt("2001:db8:0:1::1", "x"), NOW)


def test_the_doors_are_independent() -> None:
    fails(9, attempt())
    lockout.check(attempt(door=Lockout.Door.ADMIN), NOW)


def test_only_names_that_exist_are_written_down_for_others_may_be_passwords() -> None:
    lockout.count(attempt(who="s3cret-typed-as-a-name"), now=NOW)
    lockout.count(attempt(who="web-shop"), known=lambda: True, now=NOW)
    stored = {str(value) for row in Lockout.objects.values_list() for value in row}
    assert "web-shop" in stored
    assert not any("s3cret" in value for value in stored)


def test_a_success_forgets_the_failures_with_that_login() -> None:
    fails(4, attempt())
    assert lockout.check(attempt(), NOW)
    lockout.clear(attempt())
    assert not lockout.check(attempt(), NOW)
    assert fails(9, attempt()) == 5


def test_what_is_a_day_old_is_deleted() -> None:
    fails(9, attempt())
    assert lockout.forget(NOW + timedelta(hours=23)) == 0
    assert lockout.forget(NOW + timedelta(hours=25)) == 2


@pytest.mark.django_db(transaction=True)
def test_parallel_attempts_are_counted_exactly() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("threads of one process share the in-memory SQLite; `make test-postgres` has real ones")

    def one(_: int) -> bool:
        try:
            lockout.count(attempt(), now=NOW)
        except TooManyFailures:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(one, range(100))) == 5


# The admin's login page -------------------------------------------------------------------------------


@pytest.fixture
def jane(db: None) -> User:
    return User.objects.create_user("jane", password="right-password", is_staff=True)


def log_in(password: str, name: str = "jane", **where: str) -> tuple[int, str]:
    """Status and text of the login page after that password."""
    answer = Client().post(LOGIN, {"username": name, "password": password}, **where)
    return answer.status_code, answer.content.decode()


@pytest.mark.usefixtures("jane")
def test_the_admins_door_is_shut_after_five_wrong_passwords_even_for_the_right_one() -> None:
    for _ in range(5):
        status, text = log_in("wrong")
        assert status == 200
        assert "correct username and password" in text
    answer = Client().post(LOGIN, {"username": "jane", "password": "right-password"})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 30
    assert "Too many failed attempts" in answer.content.decode()
    assert log_in("right-password", REMOTE_ADDR="203.0.113.9")[0] == 302
    assert Client().get(LOGIN).status_code == 200


@pytest.mark.usefixtures("jane")
def test_who_mistypes_sometimes_is_never_kept_out() -> None:
    for _ in range(7):
        for _ in range(4):
            assert log_in("wrong")[0] == 200
        assert log_in("right-password")[0] == 302


def test_a_user_that_does_not_exist_is_answered_as_one_that_does(jane: User) -> None:
    known = [log_in("wrong") for _ in range(7)]
    unknown = [log_in("wrong", "nobody") for _ in range(7)]
    assert [status for status, _ in known] == [status for status, _ in unknown] == [200] * 5 + [429] * 2


@pytest.mark.usefixtures("jane")
def test_an_unlocked_place_may_try_again_at_once(admin_client: Client) -> None:
    for _ in range(6):
        log_in("wrong", REMOTE_ADDR="203.0.113.7")
    page = reverse("admin:syncconfig_lockout_changelist")
    text = admin_client.get(page).content.decode()
    assert "203.0.113.7" in text
    assert "jane" in text
    assert "Kept out until" in text
    ids = [str(pk) for pk in Lockout.objects.values_list("pk", flat=True)]
    admin_client.post(page, {"action": "let_in", "_selected_action": ids})
    assert log_in("right-password", REMOTE_ADDR="203.0.113.7")[0] == 302
