"""The encryption key is rotated while messages go out: none fails, and at the end the old key is gone."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from hub.env import new_encryption_key
from tests.acceptance.running import RunningHub, until
from tests.faults.conftest import Faulty
from tests.faults.receiver import Arrival, Receiver

MANY = 400
OLD, NEW = new_encryption_key(), new_encryption_key()


@pytest.fixture(params=["sqlite", "postgresql"])
def keyed(request: pytest.FixtureRequest, start_hub: Callable[..., RunningHub], receiver: Receiver) -> Faulty:
    """A hub that has the old key alone, on each kind of database, with its receiver."""
    url = request.getfixturevalue("postgres").url if request.param == "postgresql" else ""
    return Faulty(start_hub(HUB_DATABASE_URL=url, HUB_BROKER_URL="", HUB_ENCRYPTION_KEYS=OLD), receiver)


def restart(hub: RunningHub, keys: str) -> None:
    """As a deployment does."""
    assert hub.stop() == 0
    hub.environment["HUB_ENCRYPTION_KEYS"] = keys
    hub.start()


def test_no_message_fails_while_the_key_is_rotated_and_the_old_one_goes(keyed: Faulty) -> None:
    hub, receiver = keyed.hub, keyed.receiver

    def answer(arrival: Arrival) -> int:
        time.sleep(0.1)  # the receiver's own pace: there is something to send from the beginning to the end
        return 200 if arrival.authorization == "Bearer receiver-secret" else 401

    receiver.answer = answer
    ids = keyed.push(MANY, auth_scheme="bearer", auth_token="receiver-secret", max_parallel=2)
    until(lambda: receiver.answered, "the first message")
    restart(hub, f"{NEW},{OLD}")
    until(lambda: keyed.left()["states"].get("sending"), "messages under way with both keys")
    before = len(receiver.answered)
    told = hub.manage("rotatekeys")
    assert "Configurations: 1 value written anew." in told
    assert "The older keys can go now." in told
    assert len(receiver.answered) > before, "it happened under load"
    restart(hub, NEW)
    keyed.all_delivered(ids)
    hub.manage("runconfig", "customers-out", "--ids", *map(str, ids[:20]))
    until(lambda: len(receiver.answered) == MANY + 20, "what was sent with the new key alone")
    state = until(lambda: found if not (found := keyed.left())["unfinished"] else None, "an empty outbox")
    assert state["states"] == {"done": MANY + 20}
    assert set(state["attempts"].values()) == {1}
    assert set(state["errors"].values()) == {""}
    assert "WRONG_ENCRYPTION_KEY" not in hub.output
