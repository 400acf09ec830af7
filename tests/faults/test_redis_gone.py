"""Redis, which holds nothing but wake-up calls, is killed while the hub runs, and comes back empty."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable

from tests.acceptance.running import PATIENCE, RunningHub, until
from tests.faults.conftest import Faulty
from tests.faults.receiver import Receiver
from tests.faults.servers import OwnPostgres, OwnRedis


def status_of(hub: RunningHub, token: str) -> tuple[int, str]:
    """A call's status, and how many are left in the minute."""
    request = urllib.request.Request(f"{hub.url}/api/sync/v1/res.partner?per_page=1")
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers["X-RateLimit-Remaining"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["X-RateLimit-Remaining"]


def test_without_redis_deliveries_go_on_limits_hold_and_the_log_stays_readable(
    postgres: OwnPostgres, own_redis: OwnRedis, start_hub: Callable[..., RunningHub], receiver: Receiver
) -> None:
    faulty = Faulty(start_hub(HUB_DATABASE_URL=postgres.url, HUB_BROKER_URL=own_redis.url), receiver)
    token = faulty.hub.manage("createtoken", "Shop").strip()
    faulty.hub.shell(
        "from syncconfig.models import ApiClient; "
        "print(json.dumps(ApiClient.objects.filter(name='Shop').update(calls_per_minute=5)))"
    )
    first = faulty.push(5)
    faulty.all_delivered(first)
    printed = len(faulty.hub.output)
    own_redis.kill()
    begun = time.monotonic()
    second = faulty.hub.shell(AGAIN)
    until(lambda: len(receiver.arrivals) == 2 * len(first), "the messages of while it was away")
    assert time.monotonic() - begun < 75
    answers = [status_of(faulty.hub, token)[0] for _ in range(8)]
    if answers.count(200) != 5:  # a minute began anew in between: once more, in one minute
        time.sleep(61 - time.time() % 60)
        answers = [status_of(faulty.hub, token)[0] for _ in range(8)]
    assert answers == [200] * 5 + [429] * 3
    own_redis.start()
    third = faulty.hub.shell(AGAIN)
    until(lambda: len(receiver.arrivals) == 3 * len(first), "the messages of afterwards")
    assert sorted(second) == sorted(third) == sorted(first)
    assert set(receiver.counts().values()) == {3}, "each record once for each run"
    until(lambda: "Redis answers again" in faulty.hub.output, "the word that Redis is back")
    told = faulty.hub.output[printed:]
    assert "Traceback" not in told
    assert "Redis does not answer" in told
    assert len(told.splitlines()) < 40, told


AGAIN = """
from syncconfig import runs
from syncconfig.models import Configuration, Delivery
one = Configuration.objects.get(code='customers-out')
runs.start(one)
print(json.dumps(sorted(set(i for d in Delivery.objects.all() for i in d.record_ids))))
"""
