"""Create, search and get through a running hub: on the embedded Odoo, and on a real one beside direct calls to it."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any
from urllib.parse import quote

from bench.figures import Cell, median_by_key, table
from bench.odoo_direct import DirectOdoo
from bench.processes import child, running_hub
from tests.acceptance.running import RunningHub

ROUNDS = 3
CALLERS = (1, 8, 32)
PROCESSES = 2
"""Of the web server: one for each core of the machine that the figures in docs/performance.md come from."""

SECONDS = 1.0
FIELDS = ("name", "email", "phone", "street", "city", "zip", "country_id", "is_company")
VALUES = {"email": "bench@example.com", "phone": "+49 30 1234567", "street": "Hauptstr. 1", "city": "Berlin",
          "zip": "10115", "country_id": 57, "is_company": True}  # fmt: skip
QUIET = (
    "from syncconfig.models import ApiClient, Configuration\n"
    "Configuration.objects.filter(request_type='out').update(active=False)\n"
    "ApiClient.objects.update(calls_per_hour=0, calls_per_minute=0)\nprint(1)"
)


def run(real: str) -> None:
    """All that concerns what the hub answers; ``real`` is the JSON that scripts/odoo19 prints, or empty."""
    on_embedded()
    if real:
        on_real(real, "jsonrpc")


def on_embedded() -> None:
    """The hub's own cost: nothing but SQLite is behind it."""
    with running_hub(HUB_WEB_PROCESSES=str(PROCESSES)) as hub:
        hub.shell(QUIET)
        token = token_of(hub)
        ids = [hub.call("POST", "/api/sync/v1/res.partner", {"data": person()}, token)["id"] for _ in range(10)]
        asked = {"empty answer (/healthz)": request("GET", "/healthz", token)} | requests_of(token, ids)
        rows: list[list[Cell]] = []
        for what, one in asked.items():
            for callers in CALLERS:
                got = median_by_key([_measured(hub, one, callers) for _ in range(ROUNDS)])
                rows.append([what, callers, got["rate"], got["p50"], got["p99"], got["cpu"]])
    title = f"Inbound, embedded Odoo, {PROCESSES} web processes, medians of {ROUNDS} rounds"
    table(title, ["request", "callers", "hub/s", "p50 ms", "p99 ms", "CPU ms"], rows)


def on_real(real: str, transport: str) -> None:
    """Through the hub, and the same straight to Odoo in the same transport, in turns."""
    place = json.loads(real)
    direct = DirectOdoo(place, transport)
    settings = {f"HUB_ODOO_{key.upper()}": place[key] for key in ("url", "database", "login", "api_key")}
    name = f"Bench {uuid.uuid4().hex[:12]}"
    try:
        with running_hub(HUB_ODOO_TRANSPORT=transport, HUB_WEB_PROCESSES=str(PROCESSES), **settings) as hub:
            hub.shell(QUIET)
            token = token_of(hub)
            values = person(name, country_id=direct.germany())
            ids = [hub.call("POST", "/api/sync/v1/res.partner", {"data": values}, token)["id"] for _ in range(10)]
            hubs, straight = requests_of(token, ids, values), direct.requests(ids, values, FIELDS)
            rows = [_compared(hub, direct.port, what, hubs[what], straight[what], n) for what in hubs for n in CALLERS]
    finally:
        direct.remove(name)
    heads = ["request", "callers", "direct/s", "hub/s", "ratio", "direct p50 ms", "hub p50 ms", "added ms", "CPU ms"]
    table(f"Inbound, real Odoo by {transport}, medians of {ROUNDS} rounds in turns", heads, rows)


def _compared(
    hub: RunningHub, odoo: int, what: str, through: dict[str, Any], straight: dict[str, Any], callers: int
) -> list[Cell]:
    rounds = []
    for _ in range(ROUNDS):
        direct, ours = _called(odoo, straight, callers), _measured(hub, through, callers)
        rounds.append(
            {
                "direct": direct["rate"],
                "hub": ours["rate"],
                "ratio": ours["rate"] / direct["rate"],
                "direct_p50": direct["p50"],
                "hub_p50": ours["p50"],
                "added": ours["p50"] - direct["p50"],
                "cpu": ours["cpu"],
            }
        )
    return [what, callers, *median_by_key(rounds).values()]


def _measured(hub: RunningHub, one: dict[str, Any], callers: int) -> dict[str, float]:
    """With the CPU time that the hub's web server takes for a call."""
    before = hub.cpu_seconds("hub.web")
    got = _called(hub.port, one, callers)
    return got | {"cpu": (hub.cpu_seconds("hub.web") - before) * 1000 / got["calls"]}


def _called(port: int, one: dict[str, Any], callers: int) -> dict[str, float]:
    got: dict[str, float] = child("bench.callers", {**one, "port": port, "callers": callers, "seconds": SECONDS})
    return got


def token_of(hub: RunningHub) -> str:
    """The token that the hub printed."""
    found = re.search(r"hub_[\w-]{30,}", hub.output)
    assert found is not None, hub.output
    return found[0]


def person(name: str = "Bench", **values: Any) -> dict[str, Any]:
    """A customer's data."""
    return {"name": name, **VALUES, **values}


def requests_of(token: str, ids: list[int], values: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """The hub's requests, by what they do; each asks Odoo for one call."""
    path = "/api/sync/v1/res.partner"
    one = {"method": "create", "data": values or person()}
    chosen = f"fields={','.join(FIELDS)}"
    domain = quote(f"[('id', 'in', {ids})]")
    return {
        "create": request("POST", path, token, {"data": values or person()}, 201),
        "batch of 100": request("POST", f"{path}/batch", token, {"operations": [one] * 100}),
        "search, 10 records": request("GET", f"{path}/search?domain={domain}&{chosen}", token),
        "get": request("GET", f"{path}/{ids[0]}?{chosen}", token),
    }


def request(method: str, path: str, token: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    """A request as bench.callers takes it."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    told = {"body": json.dumps(body)} if body is not None else {}
    return {"method": method, "path": path, "headers": headers, "status": status, "refused": '"success":false', **told}
