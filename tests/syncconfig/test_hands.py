"""The threads that make attempts: how many there are, what they answer, and that they end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from hub.http.failures import ConnectFailed
from hub.http.message import KEEP, Request, Response
from hub.odoo.connection import Odoo
from syncconfig import outbox, prepared
from syncconfig.attempt import Sending
from syncconfig.hands import Hands
from syncconfig.models import Configuration, Delivery

pytestmark = pytest.mark.django_db


class Answering:
    """A sender that does what it is told, in the thread that asks."""

    def __init__(self, action: Callable[[], Response]) -> None:
        self.action = action

    def send(self, request: Request, *, keep: int = KEEP) -> Response:
        """Do it."""
        return self.action()


@pytest.fixture
def sendings(customers_out: Configuration, odoo: Odoo) -> list[Sending]:
    """Four messages that are ready to go."""
    ids = odoo.create("res.partner", [{"name": f"Customer {number}"} for number in range(4)])
    outbox.queue(
        [
            Delivery(configuration=customers_out, event="manual", model="res.partner", record_ids=[one], record_id=one)
            for one in ids
        ]
    )
    return list(prepared.prepared(outbox.claim(10)))


def test_each_attempt_comes_back_once_with_its_answer(sendings: list[Sending]) -> None:
    with Hands(Answering(lambda: Response(201)), most=2) as hands:
        for one in sendings:
            hands.give(one)
        ended = [one for _ in sendings for one in hands.fetch(patience=30.0)]
    assert {id(one.sending) for one in ended} == {id(one) for one in sendings}
    assert len(ended) == len(sendings)
    assert all(one.is_success and one.error is None for one in ended)


def test_so_many_are_under_way_at_once_and_no_more(sendings: list[Sending]) -> None:
    together = threading.Barrier(2, timeout=30.0)
    lock, now, most = threading.Lock(), [0], [0]

    def action() -> Response:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait()
        with lock:
            now[0] -= 1
        return Response(200)

    with Hands(Answering(action), most=2) as hands:
        for one in sendings:
            hands.give(one)
        ended = [one for _ in sendings for one in hands.fetch(patience=30.0)]
    assert len(ended) == len(sendings)
    assert all(one.is_success for one in ended)
    assert most == [2]


@pytest.mark.parametrize("error", [ConnectFailed("Nobody there."), RuntimeError("a fault"), SystemExit(1)])
def test_what_goes_wrong_in_a_thread_comes_back_and_the_thread_goes_on(
    sendings: list[Sending], error: BaseException
) -> None:
    answers: list[Any] = [error, Response(200)]

    def action() -> Response:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    with Hands(Answering(action), most=1) as hands:
        for one in sendings[:2]:
            hands.give(one)
        ended = [one for _ in sendings[:2] for one in hands.fetch(patience=30.0)]
    assert [(one.error, one.is_success) for one in ended] == [(error, False), (None, True)]


def test_nothing_is_waited_for_when_nothing_is_under_way() -> None:
    with Hands(Answering(lambda: Response(200)), most=1) as hands:
        assert hands.fetch(patience=3600.0) == []


def test_the_threads_are_gone_at_the_end(sendings: list[Sending]) -> None:
    before = set(threading.enumerate())
    with Hands(Answering(lambda: Response(200)), most=4) as hands:
        for one in sendings:
            hands.give(one)
    assert set(threading.enumerate()) <= before
