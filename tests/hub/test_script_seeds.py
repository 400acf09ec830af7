"""Each script of the product's documentation, word for word, with the result that it promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.odoo.connection import Target
from hub.transform.script import Exposed, LogLine, Records, evaluate, run
from tests.hub.scripting import CountingOdoo, outcome, result

PHONE = """
# Available variables:
# env - Odoo environment
# model - Current model
# records - Records being processed
# request_data - Data being sent

# Example: Format phone number
phone = records.phone or ''
if phone.startswith('+'):
    result = phone
else:
    result = '+1' + phone.replace('-', '').replace(' ', '')
"""
TOTAL = """
# Example: Calculate total value
total = sum(records.mapped('amount_total'))
result = {'total_revenue': total, 'order_count': len(records)}
"""
TIMESTAMP = """
# Example: Add timestamp
from datetime import datetime
result = {
    'data': request_data,
    'timestamp': datetime.now().isoformat(),
    'source': 'odoo'
}
"""
CONVERT_DATE = """
from datetime import datetime

def convert_date(date_string):
    # Parse MM/DD/YYYY format
    dt = datetime.strptime(date_string, '%m/%d/%Y')
    # Return Odoo format YYYY-MM-DD
    return dt.strftime('%Y-%m-%d')
"""
LOGGING = """
import logging
_logger = logging.getLogger(__name__)
_logger.info(f"Processing data: {data}")
"""
HOURLY = """
# Sync all modified partners every hour
partners = env['res.partner'].search([
    ('write_date', '>=', datetime.now() - timedelta(hours=1))
])
config = env.ref('module.outbound_partner_config')
for partner in partners:
    config._make_outbound_http_request(partner, config.id)
"""
MANUAL = """
record = self.env['res.partner'].browse(partner_id)
config = self.env.ref('module.api_config_xml_id')
config._make_outbound_http_request(record, config.id, timeout=60)
"""


@pytest.fixture(scope="module")
def odoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingOdoo]:
    with CountingOdoo(Target(str(tmp_path_factory.mktemp("odoo") / "odoo.sqlite3"))) as connection:
        yield connection


@pytest.mark.parametrize(
    ("phone", "expected"),
    [("+49 30 1", "+49 30 1"), ("555-123 45", "+155512345"), (False, "+1")],
)
def test_the_phone_number_is_formatted(odoo: CountingOdoo, phone: Any, expected: str) -> None:
    (partner,) = odoo.create("res.partner", [{"name": "Phone", "phone": phone}])
    assert result(odoo, PHONE, [partner]) == expected


def test_the_total_of_the_orders_is_calculated(odoo: CountingOdoo) -> None:
    rows = odoo.search_read("sale.order", [], ["amount_total"])
    found = result(odoo, TOTAL, [row["id"] for row in rows], "sale.order")
    assert found == {
        "total_revenue": pytest.approx(sum(row["amount_total"] for row in rows)),
        "order_count": len(rows),
    }
    assert len(rows) > 5


def test_no_orders_have_a_total_too(odoo: CountingOdoo) -> None:
    assert result(odoo, TOTAL, [], "sale.order") == {"total_revenue": 0, "order_count": 0}


def test_the_time_is_added(odoo: CountingOdoo) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    found = result(odoo, TIMESTAMP)
    assert found["data"] == {"ref": "A1"}
    assert found["source"] == "odoo"
    assert abs(datetime.fromisoformat(found["timestamp"]) - before) < timedelta(minutes=1)


def test_a_date_is_converted() -> None:
    assert run(CONVERT_DATE + "\nresult = convert_date('12/31/2025')", {}).result == "2025-12-31"


def test_a_script_that_only_defines_a_function_gets_the_value() -> None:
    assert run(CONVERT_DATE, {"value": "02/01/2024"}).result == "2024-02-01"


def test_what_is_logged_is_in_the_outcome() -> None:
    assert run(LOGGING, {"data": {"a": 1}}).logs == [LogLine("info", "__main__", "Processing data: {'a': 1}")]


class Requests:
    """Stands for a configuration of the hub: keeps what it is asked to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    def send(self, record: Records, config: int, timeout: int = 15) -> None:
        self.sent.append((record.model, *record.ids, config, timeout))

    def resolve(self, xmlid: str) -> Exposed | None:
        if not xmlid.startswith("module."):
            return None
        return Exposed("config", {"id": 7, "name": "Out"}, {"_make_outbound_http_request": self.send})


def test_a_schedule_sends_each_partner_through_a_configuration(odoo: CountingOdoo) -> None:
    requests = Requests()
    since = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    expected = odoo.search("res.partner", [("write_date", ">=", since)])
    outcome(odoo, HOURLY, resolve=requests.resolve)
    assert requests.sent == [("res.partner", partner, 7, 15) for partner in expected]
    assert expected


def test_a_server_action_sends_one_record(odoo: CountingOdoo) -> None:
    requests = Requests()
    outcome(odoo, MANUAL, names={"partner_id": 3}, resolve=requests.resolve)
    assert requests.sent == [("res.partner", 3, 7, 60)]


def test_a_domain_with_an_expression_is_evaluated(tmp_path: Path) -> None:
    domain = "[('create_date', '>=', (datetime.now() - timedelta(days=7)).strftime('%Y-%m-%d'))]"
    week_ago = datetime.now(UTC) - timedelta(days=7)
    around = {(week_ago + timedelta(minutes=m)).strftime("%Y-%m-%d") for m in (-5, 5)}
    ((field, operator, day),) = evaluate(domain)
    assert (field, operator) == ("create_date", ">=")
    assert day in around


@pytest.mark.parametrize(
    "domain",
    ["[('active', '=', True), ('customer_rank', '>', 0)]", "[('type', '=', 'product')]", "[('state', '=', 'cancel')]"],
)
def test_a_plain_domain_is_evaluated(domain: str) -> None:
    assert all(isinstance(leaf, tuple) and len(leaf) == 3 for leaf in evaluate(domain))
