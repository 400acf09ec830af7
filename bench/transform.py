"""Mappings and scripts: rows a second on one core, beside a bare loop that does the same by hand; memory over time."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub.flow.services import Live
from hub.odoo.connect import open_new
from hub.odoo.connection import Odoo, Record, Target
from hub.odoo.embedded.install import install
from hub.odoo.introspect import Introspection
from hub.transform.mapping import FieldMap
from hub.transform.rule import Rule
from hub.transform.script import Records, run

SECONDS = 2.0
RECORDS = 1000
PLAIN = ("name", "email", "phone", "street", "city", "zip", "ref", "write_date", "is_company", "color")
MIXED = (
    Rule("name", "full_name"),
    Rule("email", "email_address", default="none"),
    Rule("country_id.code", "address.country"),
    Rule("country_id", "country", "country", detail="alpha-3"),
    Rule("type", "kind", "table", detail="contact = person; invoice = billing; * = other"),
    Rule("write_date", "changed", "date", detail="%d/%m/%Y %H:%M"),
    Rule("phone", "phone", "phone", detail="E164 US lenient"),
    Rule("name", "label", "template", detail="{{ name }} <{{ email }}>"),
    Rule("name", "source", "constant", detail='"odoo"'),
    Rule("parent_id", "company", "lookup", skip_empty=True),
)
SCRIPT = "result = (value or '').strip().upper()"
BATCH_SCRIPT = "result = {'count': len(records), 'names': [r.name for r in records if r.email]}"


def section() -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "odoo.sqlite3"
        install(file, demo=True)
        with open_new(Target(str(file), login="admin", transport="embedded")) as odoo:
            _measure(odoo)


def _measure(odoo: Odoo) -> None:
    describe = Introspection(odoo).fields
    values = {"email": "ada@example.com", "phone": "(415) 555-0123", "city": "Ulm"}
    (country,) = odoo.search("res.country", [("code", "=", "US")])
    ids = odoo.create("res.partner", [{"name": f"P{n}", "country_id": country, **values} for n in range(RECORDS)])
    services = Live(odoo, describe)

    def bound(*rules: Rule) -> tuple[FieldMap, list[Record]]:
        mapping = FieldMap.bind("res.partner", rules, describe, services=services)
        found = mapping.complete(odoo, odoo.read("res.partner", ids, mapping.fields_to_read()))
        services.know("res.partner", found)
        return mapping, found

    plain, records = bound(*(Rule(name, name) for name in PLAIN))
    print("\nTransform, one core. A row is one line of a mapping; by hand: the same dictionary, written out in Python.")
    hand = _rate(lambda: [_by_hand(record) for record in records], RECORDS * len(PLAIN))
    rate = _rate(lambda: [plain.outward(record) for record in records], RECORDS * len(PLAIN))
    _print("10 plain rows, out", rate, "rows/s", rate / hand)
    payloads = [json.loads(json.dumps(plain.outward(record))) for record in records]
    for payload in payloads:
        payload.pop("write_date")
    inward, _ = bound(*(Rule(name, name) for name in PLAIN if name != "write_date"))
    rate = _rate(lambda: [inward.inward(one, complete=True) for one in payloads], RECORDS * (len(PLAIN) - 1))
    _print("9 plain rows, in", rate, "rows/s", rate / hand)
    mixed, records = bound(*MIXED)
    rate = _rate(lambda: [mixed.outward(record) for record in records], RECORDS * len(MIXED))
    _print("10 mixed rows, out", rate, "rows/s", rate / hand)

    scripted, records = bound(Rule("name", "name", "script", detail=SCRIPT))
    rate = _rate(lambda: [scripted.outward(record) for record in records], RECORDS)
    _print("a script a record", rate, "scripts/s")
    held = Records("res.partner", ids, odoo.read("res.partner", ids, ["name", "email"]))
    rate = _rate(lambda: run(BATCH_SCRIPT, {"records": held}, odoo, describe), 1)
    _print(f"a script for a batch of {RECORDS}", rate * RECORDS, "records/s")

    before = _memory()
    for _ in range(20):
        for record in records:
            scripted.outward(record)
    print(f"  memory of this process: {before} MB, after {20 * RECORDS:,} more scripts {_memory()} MB")


def _by_hand(record: Mapping[str, Any]) -> dict[str, Any]:
    made = {}
    for name in PLAIN:
        value = record[name]
        made[name] = None if value is False and name != "is_company" else value
    made["write_date"] = str(record["write_date"]).replace(" ", "T") + "Z"
    return made


def _rate(work: Callable[[], Any], units: int) -> float:
    """Units a second, over some seconds after one warm round."""
    work()
    rounds, started = 0, time.process_time()
    began = time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        work()
        rounds += 1
    spent = max(time.perf_counter() - began, time.process_time() - started)
    return rounds * units / spent


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _print(what: str, rate: float, unit: str, ratio: float | None = None) -> None:
    beside = f"   {ratio:.2f} of by hand" if ratio is not None else ""
    print(f"  {what:32} {rate:>12,.0f} {unit:10}{beside}")
