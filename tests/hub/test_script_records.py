"""Record sets and env in scripts: what Odoo's own Python does with them, in a handful of calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from hub.errors import OdooUnavailable
from hub.odoo.connection import Target
from hub.transform.script import Records, ScriptError, run
from tests.hub.scripting import CountingOdoo, outcome, result


@pytest.fixture(scope="module")
def odoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingOdoo]:
    with CountingOdoo(Target(str(tmp_path_factory.mktemp("odoo") / "odoo.sqlite3"))) as connection:
        yield connection


@pytest.fixture(scope="module")
def three(odoo: CountingOdoo) -> list[int]:
    """Anna in Germany, Ben without a country, Carl in Germany; Carl and Anna with e-mail."""
    germany = odoo.search("res.country", [("code", "=", "DE")])[0]
    return odoo.create(
        "res.partner",
        [
            {"name": "Anna", "email": "anna@example.com", "country_id": germany, "credit_limit": 2.5},
            {"name": "Ben"},
            {"name": "Carl", "email": "carl@example.com", "country_id": germany, "comment": False},
        ],
    )


EXPRESSIONS: list[tuple[str, Any]] = [
    ("len(records)", 3),
    ("records.mapped('name')", ["Anna", "Ben", "Carl"]),
    ("records.mapped('country_id.name')", ["Germany"]),
    ("records.mapped(lambda r: r.name.upper())", ["ANNA", "BEN", "CARL"]),
    ("records.country_id.code", "DE"),
    ("[r.name for r in records]", ["Anna", "Ben", "Carl"]),
    ("[r.name for r in records if r.country_id]", ["Anna", "Carl"]),
    ("[r.name for r in records if not r.country_id]", ["Ben"]),
    ("[r.name for r in records if r.email and r.country_id]", ["Anna", "Carl"]),
    ("{r.name: r.country_id.code or '' for r in records}", {"Anna": "DE", "Ben": "", "Carl": "DE"}),
    ("records[0].name", "Anna"),
    ("records[-1].name", "Carl"),
    ("records[1:].mapped('name')", ["Ben", "Carl"]),
    ("records[0]['name']", "Anna"),
    ("records.filtered(lambda r: r.email).mapped('name')", ["Anna", "Carl"]),
    ("records.filtered('country_id').mapped('name')", ["Anna", "Carl"]),
    ("records.filtered_domain([('name', '=', 'Ben')]).name", "Ben"),
    ("records.sorted(key=lambda r: r.name, reverse=True).mapped('name')", ["Carl", "Ben", "Anna"]),
    ("records.sorted('name desc').mapped('name')", ["Carl", "Ben", "Anna"]),
    ("[r.name for r in sorted(records, key=lambda r: r.name, reverse=True)]", ["Carl", "Ben", "Anna"]),
    ("max(records, key=lambda r: r.credit_limit).name", "Anna"),
    ("[name for name in map(lambda r: r.name, records)]", ["Anna", "Ben", "Carl"]),
    ("sum(r.credit_limit for r in records)", 2.5),
    ("any(r.country_id for r in records), all(r.country_id for r in records)", (True, False)),
    ("bool(records), bool(records[:0]), not records[:0]", (True, False, True)),
    ("'some' if records.country_id else 'none'", "some"),
    ("'some' if records[1].country_id else 'none'", "none"),
    ("(records[1].country_id or records[0].country_id).code", "DE"),
    ("records[1].country_id and records[1].country_id.code", Records("res.country", ())),
    ("records[0] in records, records[0] in records[1:], records[0] not in records[1:]", (True, False, True)),
    ("records == records[:3], records[0] == records[1], records[0] != records[1]", (True, False, True)),
    ("len(records[0] + records[1]), len(records | records), len(records - records[0])", (2, 3, 2)),
    ("(records & records[2]).name", "Carl"),
    ("[(a.name, i) for i, a in enumerate(records, 1)][2]", ("Carl", 3)),
    ("sorted(records.ids) == sorted([r.id for r in records])", True),
    ("records[1].email, records[1].country_id.name, records[1].credit_limit", (False, False, 0.0)),
    ("f'{records[0].name}: {len(records)} {2.345:.1f} {\"x\"!r:>4}'", "Anna: 3 2.3  'x'"),
    ("str(records[:0]), f'{env[\"res.partner\"]}'", ("res.partner()", "res.partner()")),
    ("len(records.grouped('country_id'))", 2),
    ("[c.name or '-' for c in records.grouped(lambda r: r.country_id)]", ["Germany", "-"]),
    ("records._name, records[0].display_name", ("res.partner", "Anna")),
    ("records.exists() == records, len(env['res.partner'].browse(99999999).exists())", (True, 0)),
    ("env['res.partner'].search([('id', 'in', records)], order='name desc', limit=2).mapped('name')", ["Carl", "Ben"]),
    ("env['res.partner'].search_count([('id', 'in', records.ids)])", 3),
    ("[row['name'] for row in env['res.partner'].search_read([('id', 'in', records.ids)], ['name'])]", ...),
    ("env['res.country'].search([('code', '=', 'DE')]).name", "Germany"),
    ("env['res.partner'].browse(records.ids[1]).name", "Ben"),
    ("env.user.id == env.uid, env.company.name != '', len(env.companies) >= 1", (True, True, True)),
    ("'res.partner' in env, 'no.model' in env", (True, False)),
    ("env.ref('base.nobody', raise_if_not_found=False)", None),
    ("getattr(records[0], 'name'), getattr(records, 'nothing', 5), hasattr(records[0], 'email')", ("Anna", 5, True)),
    ("model, request_data['ref'], request_data.get('x')", ("res.partner", "A1", None)),
    ("list(map(str.upper, ['a'])), ', '.join(r.name for r in records)", (["A"], "Anna, Ben, Carl")),
    ("[x or '-' for x in (records.mapped('email') or [])][1]", "-"),
    ("records[0].with_context(lang='en_US').name, records.sudo()[1].name", ("Anna", "Ben")),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_a_record_set_does_as_in_odoo(odoo: CountingOdoo, three: list[int], expression: str, expected: Any) -> None:
    found = result(odoo, f"result = {expression}", three)
    assert found == (["Anna", "Ben", "Carl"] if expected is ... else expected)


def test_a_loop_over_100_records_makes_a_handful_of_calls(odoo: CountingOdoo) -> None:
    countries = odoo.search("res.country")[:20]
    made = [{"name": f"C{n}", "email": f"c{n}@x.example", "country_id": countries[n % 20]} for n in range(100)]
    ids = odoo.create("res.partner", made)
    script = """
result = []
for record in records:
    if record.email and record.country_id:
        result.append({'n': record.name, 'e': record.email, 'p': record.phone or '', 'c': record.country_id.name})
"""
    odoo.describe("res.partner"), odoo.describe("res.country")
    before = odoo.calls
    found = outcome(odoo, script, ids)
    assert len(found.result) == 100
    assert all(row["c"] for row in found.result)
    assert found.calls == odoo.calls - before == 2


def test_related_records_three_steps_away_are_read_together(odoo: CountingOdoo) -> None:
    orders = odoo.search("sale.order", [])
    script = (
        "result = [(o.name, l.product_id.name, o.partner_id.country_id.code) for o in records for l in o.order_line]"
    )
    found = outcome(odoo, script, orders, "sale.order")
    assert len(found.result) > len(orders)
    assert found.calls <= 5


def test_rows_that_are_known_are_not_read_again(odoo: CountingOdoo, three: list[int]) -> None:
    rows = odoo.read("res.partner", three, ["name", "country_id"])
    found = run(
        "result = [(r.name, r.country_id.id) for r in records]",
        {"records": Records("res.partner", three, rows)},
        odoo,
        odoo.describe,
    )
    assert found.result[1] == ("Ben", False)
    assert found.calls == 0


def test_dates_are_objects_as_in_odoo(odoo: CountingOdoo) -> None:
    order = odoo.search("sale.order")[0]
    moment = result(odoo, "result = records.date_order", [order], "sale.order")
    assert isinstance(moment, datetime)
    invoice = odoo.search("account.move", [("invoice_date", "!=", False)])[0]
    assert type(result(odoo, "result = records.invoice_date", [invoice], "account.move")) is date
    assert isinstance(result(odoo, "result = records.date_order.strftime('%Y')", [order], "sale.order"), str)


def test_totals_by_partner_count_each_partner_once(odoo: CountingOdoo) -> None:
    rows = odoo.search_read("sale.order", [], ["partner_id", "amount_total"])
    expected: dict[int, float] = {}
    for row in rows:
        expected[row["partner_id"][0]] = expected.get(row["partner_id"][0], 0) + row["amount_total"]
    script = """
totals = {}
for order in records:
    totals[order.partner_id] = totals.get(order.partner_id, 0) + order.amount_total
result = {partner.id: total for partner, total in totals.items()}
"""
    found = result(odoo, script, [row["id"] for row in rows], "sale.order")
    assert found == {partner: pytest.approx(total) for partner, total in expected.items()}


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("records.write({'name': 'Dora'})\nresult = records.name", "Dora"),
        ("records.name = 'Emil'\nresult = records.name", "Emil"),
        ("records['name'] = 'Fred'\nresult = records.name", "Fred"),
        ("records.name += '!'\nresult = records.name", "Old!"),
        ("result = env['res.partner'].create({'name': 'Gina', 'parent_id': records}).name", "Gina"),
        ("records.unlink()\nresult = len(records.exists())", 0),
        ("records.action_archive()\nresult = records.active", False),
    ],
)
def test_a_script_that_may_write_sees_what_it_wrote(odoo: CountingOdoo, script: str, name: Any) -> None:
    ids = odoo.create("res.partner", [{"name": "Old"}])
    assert result(odoo, script, ids, write_allowed=True) == name


@pytest.mark.parametrize(
    "script",
    [
        "records.write({'name': 'X'})",
        "records.name = 'X'",
        "env['res.partner'].create({'name': 'X'})",
        "records.unlink()",
        "records.action_archive()",
        "try:\n    records.unlink()\nexcept Exception:\n    records.unlink()",
    ],
)
def test_a_script_that_may_not_write_is_refused(odoo: CountingOdoo, three: list[int], script: str) -> None:
    with pytest.raises(ScriptError, match=r"Line \d: This script may not"):
        result(odoo, script, three[:1])
    assert odoo.read("res.partner", three[:1], ["name"]) == [{"id": three[0], "name": "Anna"}]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("x = 1\nrecords.nme", "Line 2: res.partner has no field `nme`. Did you mean `name`?"),
        ("records.name", "Line 1: ValueError: Expected singleton: res.partner("),
        ("env['no.model'].search([])", "Line 1: Object no.model doesn't exist"),
        ("env.ref('base.nobody')", "Line 1: There is no record with the external id `base.nobody`"),
        ("env['res.partner'].browse(99999999).name", "Line 1: The record res.partner(99999999,) does not exist"),
        ("records._compute_x()", "Line 1: `_compute_x` of res.partner is private"),
    ],
)
def test_an_error_names_the_line_and_the_field(odoo: CountingOdoo, three: list[int], script: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        result(odoo, script, three)
    assert caught.value.message.startswith(message)


def test_what_a_retry_mends_stays_retryable(odoo: CountingOdoo) -> None:
    class Away(CountingOdoo):
        def search(self, *args: Any, **kwargs: Any) -> list[int]:
            raise OdooUnavailable("Odoo does not answer.")

    with pytest.raises(OdooUnavailable) as caught:
        run("x = 1\nenv['res.partner'].search([])", {}, Away(odoo.target), odoo.describe)
    assert caught.value.details["line"] == 2
