"""Value types that need Odoo: sub-records, related records, rates, scripts; the same on every transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.errors import InvalidInput, Misconfigured
from hub.flow.services import Live
from hub.odoo.connection import Odoo
from hub.odoo.introspect import Introspection
from hub.transform.mapping import FieldMap
from hub.transform.rule import Rule
from tests.contract.conftest import Maker

Mapped = Callable[..., FieldMap]


@pytest.fixture
def services(odoo: Odoo) -> Live:
    return Live(odoo, Introspection(odoo).fields)


@pytest.fixture
def mapped(services: Live) -> Mapped:
    def mapped(model: str, *rules: Any) -> FieldMap:
        made = [rule if isinstance(rule, Rule) else Rule(*rule) for rule in rules]
        return FieldMap.bind(model, made, services.describe, services=services)

    return mapped


def sent(odoo: Odoo, mapping: FieldMap, record_id: int) -> dict[str, Any]:
    """What goes out for a record."""
    (record,) = mapping.complete(odoo, odoo.read(mapping.model, [record_id], mapping.fields_to_read()))
    return mapping.outward(record)


CONTACTS = (
    ("name", "name"),
    Rule("child_ids.name", "contacts[].full_name"),
    Rule("child_ids.email", "contacts[].mail"),
    Rule("child_ids.country_id", "contacts[].country", "country"),
)


def test_sub_records_go_out_as_a_list_of_objects(odoo: Odoo, make: Maker, mapped: Mapped, unique: str) -> None:
    (belgium,) = odoo.search("res.country", [("code", "=", "BE")])
    company = make("res.partner", name=unique)
    for who, country in (("Ann", belgium), ("Bob", False)):
        make("res.partner", name=who, email=f"{who}@example.com", parent_id=company, country_id=country, type="other")
    alone = make("res.partner", name=f"{unique} alone")
    found = sent(odoo, mapped("res.partner", *CONTACTS), company)
    assert sorted(found.pop("contacts"), key=lambda one: str(one["full_name"])) == [
        {"full_name": "Ann", "mail": "Ann@example.com", "country": "BE"},
        {"full_name": "Bob", "mail": "Bob@example.com", "country": None},
    ]
    assert found == {"name": unique}
    assert sent(odoo, mapped("res.partner", *CONTACTS), alone)["contacts"] == []


def test_sub_records_come_in_with_their_parent_and_replace_the_list(
    odoo: Odoo, make: Maker, mapped: Mapped, unique: str
) -> None:
    mapping = mapped("res.partner", *CONTACTS)
    data = {"name": unique, "contacts": [{"full_name": "Ann", "country": "BEL"}, {"full_name": "Bob"}]}
    company = make("res.partner", **mapping.inward(data, complete=True))
    assert sorted(names(odoo, make, company)) == ["Ann", "Bob"]
    change = {"contacts": [{"full_name": "Cid"}]}
    odoo.write("res.partner", [company], mapping.inward(change, complete=False, record_id=company))
    assert names(odoo, make, company) == ["Cid"]


@pytest.mark.parametrize(
    ("detail", "left"),
    [("match ref", ["Ann Lee", "Cid"]), ("match ref, keep", ["Ann Lee", "Bob", "Cid"])],
)
def test_sub_records_are_matched_by_a_field(
    odoo: Odoo, make: Maker, mapped: Mapped, unique: str, detail: str, left: list[str]
) -> None:
    company = make("res.partner", name=unique)
    ann = make("res.partner", name="Ann", ref="A", parent_id=company, comment="stays")
    make("res.partner", name="Bob", ref="B", parent_id=company)
    mapping = mapped(
        "res.partner",
        ("name", "name"),
        Rule("child_ids", "contacts", "records", detail=detail),
        Rule("child_ids.ref", "contacts[].code"),
        Rule("child_ids.name", "contacts[].name"),
    )
    data = {"contacts": [{"code": "A", "name": "Ann Lee"}, {"code": "C", "name": "Cid"}]}
    odoo.write("res.partner", [company], mapping.inward(data, complete=False, record_id=company))
    assert sorted(names(odoo, make, company)) == left
    (kept,) = odoo.read("res.partner", [ann], ["name", "comment"])
    assert kept["name"] == "Ann Lee"
    assert "stays" in kept["comment"]


def names(odoo: Odoo, make: Maker, company: int) -> list[str]:
    ids = odoo.read("res.partner", [company], ["child_ids"])[0]["child_ids"]
    return [record["name"] for record in odoo.read("res.partner", make.keep_track("res.partner", ids), ["name"])]


CUSTOMER = (
    ("name", "title"),
    Rule("parent_id", "customer", "records", detail="match ref, create, update"),
    Rule("parent_id.ref", "customer.number", required=True),
    Rule("parent_id.name", "customer.name"),
)


def test_one_related_record_is_an_object_found_by_its_match_field_changed_or_created(
    odoo: Odoo, make: Maker, mapped: Mapped, unique: str
) -> None:
    mapping = mapped("res.partner", *CUSTOMER)
    values = mapping.inward({"title": "x", "customer": {"number": unique, "name": "New"}}, complete=True)
    make.keep_track("res.partner", [values["parent_id"]])
    again = mapping.inward({"title": "y", "customer": {"number": unique, "name": "Renamed"}}, complete=True)
    assert again["parent_id"] == values["parent_id"]
    child = make("res.partner", **again)
    assert sent(odoo, mapping, child) == {"title": "y", "customer": {"number": unique, "name": "Renamed"}}
    assert mapping.inward({"title": "z", "customer": None}, complete=True) == {"name": "z", "parent_id": False}


def test_an_error_in_a_sub_record_names_the_whole_path(mapped: Mapped) -> None:
    with pytest.raises(InvalidInput) as refused:
        mapped("res.partner", *CONTACTS).inward({"contacts": [{"full_name": "a"}, {"mail": 5}]}, complete=False)
    assert refused.value.details["field"] == "contacts[1].mail"
    assert "`contacts[1].mail`" in refused.value.message
    with pytest.raises(InvalidInput) as refused:
        mapped("res.partner", *CONTACTS).inward({"contacts": [{"nick": "a"}]}, complete=False)
    assert refused.value.details["field"] == "contacts[0].nick"
    with pytest.raises(InvalidInput, match="send a list of objects"):
        mapped("res.partner", *CONTACTS).inward({"contacts": "Ann"}, complete=False)


def test_tags_are_a_list_of_names_and_missing_ones_are_created_where_allowed(
    odoo: Odoo, make: Maker, mapped: Mapped, unique: str
) -> None:
    known = make("res.partner.category", name=f"{unique} gold")
    strict = mapped("res.partner", ("name", "name"), Rule("category_id", "tags", "lookup"))
    data = {"name": unique, "tags": [f"{unique} gold", f"{unique} silver"]}
    with pytest.raises(InvalidInput, match="no record of res.partner.category has this name"):
        strict.inward(data, complete=True)
    loose = mapped("res.partner", ("name", "name"), Rule("category_id", "tags", "lookup", detail="name, create"))
    values = loose.inward(data, complete=True)
    ids = values["category_id"][0][2]
    make.keep_track("res.partner.category", ids[1:])
    assert ids[0] == known
    assert sorted(sent(odoo, strict, make("res.partner", **values))["tags"]) == sorted(data["tags"])


def test_a_dotted_field_that_comes_in_finds_the_related_record(odoo: Odoo, mapped: Mapped) -> None:
    mapping = mapped(
        "res.partner", Rule("country_id.code", "country"), Rule("parent_id.country_id.code", "far", direction="out")
    )
    (belgium,) = odoo.search("res.country", [("code", "=", "BE")])
    assert mapping.inward({"country": "BE"}, complete=True) == {"country_id": belgium}
    with pytest.raises(InvalidInput, match="no record of res.country has this code"):
        mapping.inward({"country": "Q1"}, complete=True)


@pytest.mark.parametrize(
    ("detail", "shown", "understood"),
    [
        ("", "DE", ["DE", "deu", "276", 276, "Germany"]),
        ("alpha-3", "DEU", ["DE"]),
        ("numeric", "276", []),
        ("name", "Germany", []),
    ],
)
def test_countries_by_code(
    odoo: Odoo, make: Maker, mapped: Mapped, unique: str, detail: str, shown: str, understood: list[Any]
) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    mapping = mapped("res.partner", Rule("country_id", "country", "country", detail=detail))
    partner = make("res.partner", name=unique, country_id=germany)
    assert sent(odoo, mapping, partner) == {"country": shown}
    for one in [shown, *understood]:
        assert mapping.inward({"country": one}, complete=True) == {"country_id": germany}
    for wrong in ("QQ", "Atlantis", True, ["DE"]):
        with pytest.raises(InvalidInput) as refused:
            mapping.inward({"country": wrong}, complete=True)
        assert refused.value.details["field"] == "country"


def test_a_country_behind_a_dot(odoo: Odoo, make: Maker, mapped: Mapped, unique: str) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    parent = make("res.partner", name=unique, country_id=germany)
    child = make("res.partner", name=f"{unique} child", parent_id=parent, type="other")
    mapping = mapped(
        "res.partner", Rule("parent_id.country_id", "country", "country", detail="alpha-3", direction="out")
    )
    assert sent(odoo, mapping, child) == {"country": "DEU"}
    assert sent(odoo, mapping, parent) == {"country": None}
    with pytest.raises(Misconfigured, match="use sub-records"):
        mapped("res.partner", Rule("child_ids.country_id", "countries", "country"))


def test_the_record_tells_the_country_of_a_phone_number(odoo: Odoo, make: Maker, mapped: Mapped, unique: str) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    partner = make("res.partner", name=unique, country_id=germany, phone="030 901820")
    mapping = mapped("res.partner", Rule("phone", "phone", "phone", detail="E164 country_id.code"))
    assert sent(odoo, mapping, partner) == {"phone": "+4930901820"}


@pytest.fixture
def gold(odoo: Odoo, make: Maker) -> str:
    """A currency of one's own: 4 for one of the company's until 2020, 5 from then on."""
    [(company, own)] = [
        (one["id"], one["currency_id"][0])
        for one in odoo.read("res.company", odoo.search("res.company", [], limit=1, order="id"), ["currency_id"])
    ]
    base = Live(odoo, Introspection(odoo).fields).rate(own, None).rate
    code = "QZX"
    currency = make("res.currency", name=code, symbol="G", rounding=0.01)
    for day, rate in (("2010-01-01", 4), ("2020-01-01", 5)):
        make("res.currency.rate", currency_id=currency, name=day, rate=float(base) * rate, company_id=company)
    return code


def test_amounts_are_converted_by_odoos_rates(odoo: Odoo, make: Maker, mapped: Mapped, unique: str, gold: str) -> None:
    product = make("product.template", name=unique, list_price=12.34)
    mapping = mapped("product.template", Rule("list_price", "price", "currency", detail=gold))
    assert sent(odoo, mapping, product) == {"price": 61.7}
    assert mapping.inward({"price": 61.7}, complete=True) == {"list_price": 12.34}
    own = mapped("product.template", Rule("list_price", "price", "currency", detail=f"{gold} from {gold}"))
    assert sent(odoo, own, product) == {"price": 12.34}
    unknown = mapped("product.template", Rule("list_price", "price", "currency", detail="QQQ"))
    with pytest.raises(Misconfigured, match="no currency QQQ"):
        sent(odoo, unknown, product)


def test_a_rate_of_the_records_own_day(odoo: Odoo, make: Maker, mapped: Mapped, unique: str, gold: str) -> None:
    partner = make("res.partner", name=unique)
    order = make("sale.order", partner_id=partner, date_order="2015-06-01 10:00:00")
    make("sale.order.line", order_id=order, name="x", product_uom_qty=1, price_unit=100.0)
    mapping = mapped("sale.order", Rule("amount_untaxed", "net", "currency", detail=f"{gold} at date_order"))
    assert sent(odoo, mapping, order) == {"net": 400.0}


def test_a_template_reads_behind_dots(odoo: Odoo, make: Maker, mapped: Mapped, unique: str) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    partner = make("res.partner", name=unique, country_id=germany, city="Berlin")
    text = "{{ name | upcase }}, {{ city }} ({{ country_id.code }}){% if email %} {{ email }}{% endif %}"
    mapping = mapped("res.partner", Rule("name", "label", "template", detail=text))
    assert sent(odoo, mapping, partner) == {"label": f"{unique.upper()}, Berlin (DE)"}


def test_a_script_makes_a_value_of_the_record_both_ways(odoo: Odoo, make: Maker, mapped: Mapped, unique: str) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    partner = make("res.partner", name=unique, country_id=germany, phone="555-123")
    script = 'result = f\'{record.country_id.code} {value.replace("-", "")}\' if value else None'
    mapping = mapped("res.partner", Rule("phone", "phone", "script", detail=script))
    assert sent(odoo, mapping, partner) == {"phone": "DE 555123"}
    convert = mapped(
        "res.partner", Rule("name", "name", "script", detail="def clean(value):\n    return value.strip().title()")
    )
    assert convert.inward({"name": "  ada lovelace "}, complete=True) == {"name": "Ada Lovelace"}


def test_scripts_of_a_hundred_records_make_a_handful_of_calls(
    odoo: Odoo, make: Maker, services: Live, unique: str
) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    ids = make.many(
        "res.partner", [{"name": f"{unique} {n}", "country_id": germany, "city": "Berlin"} for n in range(100)]
    )
    counted = Counting(odoo)
    live = Live(counted, services.describe)  # type: ignore[arg-type]
    script = "result = f'{record.city} {record.country_id.code} {record.country_id.name}'"
    mapping = FieldMap.bind("res.partner", [Rule("name", "x", "script", detail=script)], live.describe, services=live)
    found = mapping.complete(odoo, odoo.read("res.partner", ids, mapping.fields_to_read()))
    live.know("res.partner", found)
    assert {mapping.outward(record)["x"] for record in found} == {"Berlin DE Germany"}
    assert counted.calls <= 3


class Counting:
    """An Odoo that counts what it is asked."""

    def __init__(self, odoo: Odoo) -> None:
        self._odoo = odoo
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._odoo, name)
        if callable(found):
            self.calls += 1
        return found


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([("name", "a"), ("ref", "a.b")], "exclude each other"),
        ([("name", "a[0]"), ("ref", "a.b")], "exclude each other"),
        ([Rule("child_ids", "contacts", "records")], "has no rows for its sub-records"),
        ([Rule("name", "n", "records"), Rule("name.x", "n.x")], "sub-records need a relation"),
        ([Rule("email", "contacts[].mail")], "begins with `email.`"),
        ([Rule("country_id.cod", "c")], "Did you mean `code`"),
        ([Rule("name.code", "c")], "is no relation"),
        ([Rule("name", "c", "template", detail="{{ nme }}")], "Did you mean `name`"),
    ],
)
def test_a_mapping_that_cannot_work_is_told_before_anything_runs(mapped: Mapped, rules: list[Any], told: str) -> None:
    with pytest.raises(Misconfigured, match=told.replace("[", r"\[")):
        mapped("res.partner", *rules)


def test_a_dry_run_writes_nothing_and_says_what_it_would_have(odoo: Odoo, services: Live, unique: str) -> None:
    dry = Live(odoo, services.describe, dry=True)
    rules = [Rule("category_id", "tags", "lookup", detail="name, create")]
    mapping = FieldMap.bind("res.partner", rules, dry.describe, services=dry)
    mapping.inward({"tags": [unique]}, complete=True)
    assert odoo.count("res.partner.category", [("name", "=", unique)]) == 0
    assert unique in dry.withheld[0]
