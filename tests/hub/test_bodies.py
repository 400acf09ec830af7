"""Data as the body of a request."""

from __future__ import annotations

import base64
import json
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

import pytest
import xmltodict

from hub.errors import InvalidInput
from hub.http.bodies import body_type, choices, file_of

ANN = {
    "name": "Ann & Co",
    "address": {"city": "Köln"},
    "tags": ["a", "b"],
    "lines": [{"sku": "x"}],
    "vip": True,
    "x": None,
}


def test_the_admin_offers_each_type_with_a_label() -> None:
    assert [key for key, _ in choices()] == [
        "json", "webhook", "event", "form", "multipart", "xml", "text", "none",
    ]  # fmt: skip


def test_json_is_compact_and_says_what_json_has_not() -> None:
    body, content_type = body_type("json").encode(ANN)
    assert (json.loads(body), content_type) == (ANN, "application/json")
    assert "Köln".encode() in body
    with pytest.raises(InvalidInput, match="NaN"):
        body_type("json").encode({"a": float("nan")})


def test_a_form_names_nested_values_in_brackets() -> None:
    body, content_type = body_type("form").encode(ANN)
    assert content_type == "application/x-www-form-urlencoded"
    assert parse_qsl(body.decode(), keep_blank_values=True) == [
        ("name", "Ann & Co"), ("address[city]", "Köln"), ("tags[]", "a"), ("tags[]", "b"), ("lines[0][sku]", "x"),
        ("vip", "true"), ("x", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["form", "multipart"])
def test_a_form_carries_no_list(kind: str) -> None:
    with pytest.raises(InvalidInput, match="one record"):
        body_type(kind).encode([ANN])


def test_a_form_with_files_holds_their_bytes() -> None:
    picture = bytes(range(256))
    body, content_type = body_type("multipart").encode({"name": "Köln", "image": picture})
    read = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts = read.get_payload()
    assert isinstance(parts, list)
    found: dict[Any, Any] = {part.get_param("name", header="content-disposition"): part for part in parts}
    assert found["name"].get_payload(decode=True) == "Köln".encode()
    assert found["image"].get_payload(decode=True) == picture
    assert found["image"].get_filename() == "image"


def test_the_value_of_a_binary_field_becomes_bytes() -> None:
    assert file_of(base64.b64encode(b"\x00\xff").decode()) == b"\x00\xff"
    assert file_of("no base64!") == "no base64!"
    assert file_of(None) is None


def test_xml_has_an_element_for_each_key() -> None:
    body, content_type = body_type("xml").encode({"@id": 7, "name": "Ann & Co", "tag": ["a", "b"]}, "partner")
    assert content_type == "application/xml"
    assert xmltodict.parse(body) == {"partner": {"@id": "7", "name": "Ann & Co", "tag": ["a", "b"]}}


def test_a_batch_in_xml_has_an_element_for_each_record() -> None:
    body, _ = body_type("xml").encode([{"id": 1}, {"id": 2}], "orders/order")
    assert xmltodict.parse(body) == {"orders": {"order": [{"id": "1"}, {"id": "2"}]}}
    body, _ = body_type("xml").encode([{"id": 1}])
    assert xmltodict.parse(body) == {"records": {"record": {"id": "1"}}}


@pytest.mark.parametrize("data", [{"a b": 1}, {"x": {"<y>": 1}}, {"": 1}, {"1a": 1}])
def test_a_key_that_is_no_name_in_xml_is_named(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="cannot be the name"):
        body_type("xml").encode(data)


def test_text_is_sent_as_it_stands_and_nothing_else_is_text() -> None:
    assert body_type("text").encode("a;b")[0] == b"a;b"
    with pytest.raises(InvalidInput, match="template"):
        body_type("text").encode({"a": 1})


def test_there_is_no_other_type() -> None:
    with pytest.raises(InvalidInput, match="json, webhook"):
        body_type("yaml")
