"""Files and forms in the OpenAPI document: what it says of them is what the API does."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openapi_spec_validator import validate
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from hub.transform.shapes import PICTURE
from syncconfig.models import ApiClient, Configuration
from tests.conftest import Make
from tests.openapi.schemas import answer_of, body_of, headers_of, problems

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/openapi.json"
PARTNER = "/api/sync/v1/res.partner"
CONTENT = f"{PARTNER}/{{id}}/{{key}}/content"
PNG = base64.b64decode(PICTURE)
ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]
FORM = "multipart/form-data"


@pytest.fixture
def token(db: None) -> str:
    """Of a client that may use everything; there is nothing but what a test makes."""
    return ApiClient.objects.create(name="Web shop", all_configurations=True).issue_token()


@pytest.fixture
def people(make: Make) -> Configuration:
    """Partners with a picture, a text, a number and a key with a dot."""
    rows = [
        ("name", "name", {"required": True}),
        ("image_1920", "photo"),
        ("customer_rank", "rank"),
        ("city", "at.city"),
    ]
    return make("people", rows, request_type="in", methods=ALL)


@pytest.fixture
def document(api: APIClient, people: Configuration) -> Any:
    """What a client that may use everything gets."""
    found = api.get(URL).json()
    validate(found)
    return found


def given(document: Any, path: str, method: str) -> dict[str, Any]:
    """The parameters of an operation, by name."""
    held = [
        document["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one
        for one in document["paths"][path][method]["parameters"]
    ]
    return {one["name"]: one for one in held}


def test_a_file_is_described_as_bytes_of_any_type_with_its_headers(api: APIClient, document: Any, odoo: Odoo) -> None:
    put, get = document["paths"][CONTENT]["put"], document["paths"][CONTENT]["get"]
    assert set(put["requestBody"]["content"]) == {"application/octet-stream", "*/*"}
    assert set(get["responses"]["200"]["content"]) == {"*/*"}
    assert given(document, CONTENT, "get")["key"]["schema"]["enum"] == ["photo"]
    assert {"If-None-Match", "X-Sync-Config", "id", "key"} == set(given(document, CONTENT, "get"))
    assert {"Content-Disposition", "Idempotency-Key", "X-Sync-Config", "id", "key"} == set(
        given(document, CONTENT, "put")
    )

    (record_id,) = odoo.create("res.partner", [{"name": "Ada"}])
    url = CONTENT.replace("{id}", str(record_id)).replace("{key}", "photo")
    sent = api.put(url, PNG, content_type="image/png", headers={"Idempotency-Key": "once"})
    assert problems(document, answer_of(put, 200), sent.json()) == []
    again = api.put(url, PNG, content_type="image/png", headers={"Idempotency-Key": "once"})
    assert set(again.headers) & {"Idempotency-Replayed"} <= headers_of(put, 200)
    got = api.get(url)
    assert b"".join(got.streaming_content) == PNG
    assert {"ETag", "Content-Disposition", "Cache-Control", "X-RateLimit-Limit"} <= headers_of(get, 200) & set(
        got.headers
    )
    same = api.get(url, headers={"If-None-Match": got["ETag"]})
    assert (same.status_code, "content" in get["responses"]["304"]) == (304, False)
    assert "ETag" in headers_of(get, 304)


def test_each_refusal_of_a_file_is_described(api: APIClient, document: Any, odoo: Odoo) -> None:
    put, get = document["paths"][CONTENT]["put"], document["paths"][CONTENT]["get"]
    (record_id,) = odoo.create("res.partner", [{"name": "Ada"}])
    url = CONTENT.replace("{id}", str(record_id)).replace("{key}", "photo")
    key = {"Idempotency-Key": "twice"}
    api.put(url, PNG, content_type="image/png", headers=key)
    refused = [
        (put, api.put(url, b"", content_type="image/png"), 400),
        (put, api.put(url.replace("photo", "name"), b"x", content_type="text/plain"), 400),
        (put, api.put(url, PNG + b" ", content_type="image/png", headers=key), 422),
        (put, APIClient().put(url, PNG, content_type="image/png"), 401),
        (put, api.post(url, PNG, content_type="image/png"), 405),
        (get, api.get(url.replace(str(record_id), "999999")), 404),
        (get, api.get(f"{url}?size=small"), 400),
    ]
    for operation, answer, status in refused:
        assert answer.status_code == status, answer.content
        reference = operation["responses"][str(status)]["$ref"].rsplit("/", 1)[1]
        schema = document["components"]["responses"][reference]["content"]["application/json"]["schema"]
        assert problems(document, schema, answer.json()) == []
    assert {"409", "413", "429", "502", "503"} <= set(put["responses"])
    assert not {"406", "415"} & set(put["responses"]), "any type is taken, and errors are JSON whatever is accepted"


def test_a_model_without_a_binary_field_has_no_content_address(api: APIClient, make: Make) -> None:
    make("plain", [("name", "name")], request_type="in", methods=ALL)
    assert CONTENT not in api.get(URL).json()["paths"]


def test_who_may_only_read_may_only_download(api: APIClient, people: Configuration) -> None:
    people.methods = ["GET"]
    people.save()
    assert set(api.get(URL).json()["paths"][CONTENT]) == {"get"}
    people.methods = ["PATCH"]
    people.save()
    assert set(api.get(URL).json()["paths"][CONTENT]) == {"put"}


def test_a_form_is_described_by_its_parts(api: APIClient, document: Any) -> None:
    for path, method in ((PARTNER, "post"), (f"{PARTNER}/{{id}}", "put"), (f"{PARTNER}/{{id}}", "patch")):
        media = document["paths"][path][method]["requestBody"]["content"][FORM]
        parts = media["schema"]["properties"]
        assert set(parts) == {"data", "options", "name", "photo"}, "a number or a key with a dot stands in `data`"
        assert (parts["photo"]["format"], parts["name"]["type"]) == ("binary", "string")
        assert {name: one["contentType"] for name, one in media["encoding"].items()} == {
            "data": "application/json",
            "options": "application/json",
        }


def test_the_example_of_a_form_is_one_that_the_api_takes(api: APIClient, document: Any) -> None:
    operation = document["paths"][PARTNER]["post"]
    example = operation["requestBody"]["content"][FORM]["examples"]["people"]["value"]
    assert problems(document, body_of(operation, FORM), example) == []
    parts = {name: json.dumps(part) if isinstance(part, dict) else part for name, part in example.items()}
    file = SimpleUploadedFile("a.png", PNG, "image/png")
    answer = api.post(PARTNER, {**parts, "photo": file}, format="multipart")
    assert answer.status_code == 201, answer.content
    assert problems(document, answer_of(operation, 201), answer.json()) == []
