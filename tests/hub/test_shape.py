"""Addresses, parameters and bodies with values in them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.flow import shape
from hub.flow.plan import OutboundPlan

PLAN = OutboundPlan("p", "res.partner", (), "POST", "https://x.example/partners")


def url(template: str, query: str = "", **names: Any) -> str:
    return shape.address(replace(PLAN, url=template, query=tuple(shape.parameters(query))), names)


def test_values_stand_in_the_path() -> None:
    assert url("https://x.example/partners/{{ id }}/lines", id=7) == "https://x.example/partners/7/lines"
    assert url("https://x.example/{{ partner_id.ref }}", partner_id={"ref": "A"}) == "https://x.example/A"
    assert url("https://x.example/{{ data.sku }}", data={"sku": "B1"}) == "https://x.example/B1"


@given(st.text(min_size=1).filter(lambda text: text.strip() and text not in (".", "..")))
def test_a_value_stays_one_piece_of_the_path(value: str) -> None:
    try:
        found = url("https://x.example/a/{{ ref }}/b", ref=value)
    except UnicodeEncodeError:
        return  # lone surrogates, which Odoo cannot store
    assert found.startswith("https://x.example/a/")
    assert found.count("/") == 5
    assert not set(found) & set("?#\\ \n")


@pytest.mark.parametrize("value", ["", None, False])
def test_an_empty_value_would_call_another_address(value: Any) -> None:
    with pytest.raises(InvalidInput, match="empty for this record"):
        url("https://x.example/partners/{{ ref }}", ref=value)
    assert url("https://x.example/p/{{ ref | default: 'none' }}", ref=value) == "https://x.example/p/none"


def test_a_default_stands_for_what_is_not_there_at_all_and_nothing_else_does() -> None:
    event = {"old": {}, "new": {"city": "Bonn"}}
    assert url("https://x.example/{{ event.old.city | default: 'none' }}", event=event) == "https://x.example/none"
    with pytest.raises(InvalidInput, match=r"event\.old\.city"):
        url("https://x.example/{{ event.new.city }}{{ event.old.city | upcase }}", event=event)


@pytest.mark.parametrize("value", [".", ".."])
def test_dots_would_change_the_path(value: str) -> None:
    with pytest.raises(InvalidInput, match="dots"):
        url("https://x.example/partners/{{ ref }}", ref=value)


def test_parameters_are_added_and_empty_ones_left_out() -> None:
    found = url("https://x.example/p?a=1", "lang = {{ lang }}\nnote={{ note }}\nq=a&b", lang="de_DE", note="")
    assert found == "https://x.example/p?a=1&lang=de_DE&q=a%26b"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("https://{{ host }}/p", "host of an address"),
        ("{{ url }}", "host of an address"),
        ("https://x.example{{ path }}", "host of an address"),
        ("https://x.example/{{ id", "cannot be read"),
        ("https://x.example/{% nothing %}", "cannot be read"),
    ],
)
def test_an_address_whose_host_comes_from_a_record_is_refused(template: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        shape.check_url(template, lambda _: None)


def test_what_is_checked_is_the_address_with_values_in_it() -> None:
    seen: list[str] = []
    shape.check_url("https://x.example/{{ id }}/{% if a %}b{% endif %}", seen.append)
    assert seen == ["https://x.example/1/1b1"]


@pytest.mark.parametrize("lines", ["lang", "= de", "a=1\nb"])
def test_a_line_that_is_no_parameter_is_named(lines: str) -> None:
    with pytest.raises(InvalidInput, match=r"Line \d is no parameter"):
        shape.parameters(lines)


def made(kind: str, template: str, data: Any = None, **names: Any) -> str:
    plan = replace(PLAN, body_type=kind, body_template=template)
    body, _ = shape.body(plan, data, {**names, "data": data})
    assert body is not None
    return body.decode()


NASTY = 'a "quoted" \\ line\nand <b>& more'


def test_a_batch_is_wrapped() -> None:
    data = [{"name": NASTY}]
    found = json.loads(made("json", '{"items": {{ data | json }}, "count": {{ count }}}', data, count=1))
    assert found == {"items": data, "count": 1}


def test_texts_fit_where_they_stand() -> None:
    assert json.loads(made("json", '{"n": "{{ name }}", "m": {{ name | json }}}', name=NASTY)) == {
        "n": NASTY,
        "m": NASTY,
    }
    assert made("xml", "<n>{{ name }}</n>", name=NASTY) == (
        "<n>a &quot;quoted&quot; \\ line\nand &lt;b&gt;&amp; more</n>"
    )
    assert made("text", "{{ name }};", name=NASTY) == f"{NASTY};"


def test_a_template_that_makes_no_json_is_told_what_to_write() -> None:
    with pytest.raises(InvalidInput, match=r"name \| json"):
        made("json", '{"n": {{ name }}}', name="Ann")


def test_a_batch_has_no_single_record() -> None:
    plan = replace(PLAN, is_batch=True, url="https://x.example/{{ id }}")
    with pytest.raises(InvalidInput, match="A batch has no") as failure:
        shape.check(plan)
    assert failure.value.details["field"] == "url"
    shape.check(replace(plan, url="https://x.example/{{ data[0].id }}/{{ count }}"))


def test_a_request_without_a_body_has_none() -> None:
    assert shape.body(replace(PLAN, body_type="none"), {"a": 1}, {}) == (None, "")
