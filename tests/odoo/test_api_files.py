"""Files through the API: the content of a binary field at an address of its own, and within forms."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig.models import ApiClient, Configuration, Grant
from tests.conftest import Make
from tests.contract.conftest import Maker

pytestmark = pytest.mark.django_db
FILES = "/api/sync/v1/ir.attachment"
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 40
ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def png(side: int = 4) -> bytes:
    """A picture that Odoo leaves as it is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = side.to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    rows = zlib.compress((b"\x00" + b"\x80\x20\x40" * side) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def attachments(make: Make) -> Configuration:
    """Attachments: their name, what they are about, and the file."""
    rows = [("name", "title"), ("description", "about"), ("datas", "file"), ("file_size", "size")]
    return make("files-in", rows, model="ir.attachment", request_type="in", methods=ALL)


@pytest.fixture
def attachment(attachments: Configuration, made: Maker) -> int:
    """One without a file."""
    return made("ir.attachment", name=f"Hub {uuid.uuid4()}")


def upload(api: APIClient, url: str, content: bytes, kind: str = "application/pdf", **headers: str) -> Any:
    """What the API answers to a file."""
    return api.put(url, content, content_type=kind, headers=headers)


def stored(odoo: Odoo, record_id: int, field: str = "datas") -> bytes:
    """What Odoo has."""
    with odoo.read_file("ir.attachment", record_id, field) as pieces:
        return b"".join(pieces or ())


def test_a_file_goes_in_and_comes_out_with_type_length_name_and_etag(
    api: APIClient, odoo: Odoo, attachment: int
) -> None:
    url = f"{FILES}/{attachment}/file/content"
    name = "Angebot März.pdf"
    sent = upload(api, url, PDF, **{"Content-Disposition": "attachment; filename*=UTF-8''Angebot%20M%C3%A4rz.pdf"})
    assert sent.status_code == 200, sent.content
    digest = hashlib.sha256(PDF).hexdigest()
    told = sent.json()
    assert (told["id"], told["size"], told["sha256"]) == (attachment, len(PDF), digest)
    assert told["updated_fields"] == ["title", "file"]
    assert told["write_date"].endswith("Z")
    assert stored(odoo, attachment) == PDF
    assert odoo.read("ir.attachment", [attachment], ["name"])[0]["name"] == name

    got = api.get(url)
    assert got.status_code == 200
    assert b"".join(got.streaming_content) == PDF
    assert got["Content-Length"] == str(len(PDF))
    assert got["ETag"] == f'"{digest}"'
    assert "Angebot%20M%C3%A4rz.pdf" in got["Content-Disposition"]
    assert got["Content-Disposition"].startswith("attachment")
    assert got["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got["Content-Security-Policy"]
    if odoo.transport != "embedded":  # which does not look into files
        assert got["Content-Type"] == "application/pdf"

    again = api.get(url, headers={"If-None-Match": got["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", got["ETag"])
    head = api.head(url)
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", str(len(PDF)))
    assert head["Content-Disposition"] == got["Content-Disposition"]


def test_a_picture_has_the_type_that_its_bytes_tell(api: APIClient, make: Make, made: Maker) -> None:
    make("people", [("name", "name"), ("image_1920", "photo")], request_type="in", methods=ALL)
    partner = made("res.partner", name=f"Hub {uuid.uuid4()}")
    url = f"/api/sync/v1/res.partner/{partner}/photo/content"
    assert upload(api, url, png(), "image/png").status_code == 200
    got = api.get(url)
    assert b"".join(got.streaming_content) == png()
    assert got["Content-Type"] == "image/png"
    assert f'filename="photo-{partner}.png"' in got["Content-Disposition"]


def test_a_dotted_key_has_a_content_address_too(api: APIClient, make: Make, made: Maker) -> None:
    make("people", [("name", "name"), ("image_1920", "looks.photo")], request_type="in", methods=ALL)
    partner = made("res.partner", name=f"Hub {uuid.uuid4()}")
    url = f"/api/sync/v1/res.partner/{partner}/looks.photo/content"
    assert upload(api, url, png(), "image/png").json()["updated_fields"] == ["looks.photo"]
    assert b"".join(api.get(url).streaming_content) == png()


def test_a_file_of_some_megabytes_replaces_a_small_one_and_the_other_way_round(
    api: APIClient, odoo: Odoo, attachment: int
) -> None:
    url = f"{FILES}/{attachment}/file/content"
    large = hashlib.sha256(b"x").digest() * 100_000
    for content in (PDF, large, large[1:], PDF):
        assert upload(api, url, content).status_code == 200
        assert b"".join(api.get(url).streaming_content) == content
        record = api.get(f"{FILES}/{attachment}?fields=file,size").json()["data"]
        assert base64.b64decode(record["file"]) == content
        assert record["size"] == len(content)


def test_an_empty_field_is_not_found_and_an_empty_file_is_refused(api: APIClient, odoo: Odoo, attachment: int) -> None:
    url = f"{FILES}/{attachment}/file/content"
    empty = api.get(url)
    assert (empty.status_code, empty.json()["error"]["details"]["field"]) == (404, "file")
    refused = upload(api, url, b"")
    assert (refused.status_code, refused.json()["error"]["details"]["constraint"]) == (400, "required")
    upload(api, url, PDF)
    assert api.patch(f"{FILES}/{attachment}", {"data": {"file": None}}, format="json").status_code == 200
    assert api.get(url).status_code == 404


@pytest.mark.parametrize("method", ["get", "put"])
@pytest.mark.parametrize(
    ("key", "status", "constraint"), [("title", 400, "type"), ("fil", 400, "unknown_field"), ("datas", 400, None)]
)
def test_what_holds_no_file_is_named(
    api: APIClient, attachment: int, method: str, key: str, status: int, constraint: str | None
) -> None:
    answer = getattr(api, method)(f"{FILES}/{attachment}/{key}/content")
    error = answer.json()["error"]
    assert (answer.status_code, error["details"]["field"]) == (status, key)
    if constraint:
        assert error["details"]["constraint"] == constraint
    if key == "fil":
        assert "Did you mean `file`" in error["message"]


def test_a_record_that_is_not_there_is_not_found(api: APIClient, attachments: Configuration) -> None:
    url = f"{FILES}/2000000000/file/content"
    assert api.get(url).status_code == 404
    assert upload(api, url, PDF).status_code == 404


def test_a_file_over_the_limit_is_refused_with_413_and_logged(
    api: APIClient, attachment: int, settings: Settings, odoo: Odoo
) -> None:
    settings.HUB_MAX_FILE_BYTES = 1024**2
    answer = upload(api, f"{FILES}/{attachment}/file/content", b"x" * (1024**2 + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert "1 MB" in answer.json()["error"]["message"]
    assert stored(odoo, attachment) == b""
    assert ApiLog.objects.get().error_code == "PAYLOAD_TOO_LARGE"


def test_the_log_tells_what_went_through_and_holds_no_byte_of_it(api: APIClient, attachment: int) -> None:
    content = b"canary-in-the-file " * 1000
    url = f"{FILES}/{attachment}/file/content"
    upload(api, url, content, "text/plain", **{"Content-Disposition": 'attachment; filename="C:\\\\x\\\\a.txt"'})
    b"".join(api.get(url).streaming_content)
    put, got = ApiLog.objects.order_by("id")
    digest = hashlib.sha256(content).hexdigest()
    assert put.request_body == f'18.6 KB of text/plain "a.txt", SHA-256 {digest}'
    assert put.operation == "upload"
    assert got.response_body.endswith(f'"a.txt", SHA-256 {digest}')
    assert (got.operation, got.record_id, got.configuration_code) == ("download", attachment, "files-in")
    for row in (put, got):
        assert "canary" not in f"{row.request_body}{row.response_body}"


@pytest.mark.parametrize(
    ("granted", "put", "get"), [(["GET"], 403, 200), (["PUT"], 200, 403), (["PATCH"], 200, 403), (["POST"], 403, 403)]
)
def test_files_need_the_methods_that_fields_need(
    attachments: Configuration, attachment: int, granted: list[str], put: int, get: int, odoo: Odoo
) -> None:
    client = ApiClient.objects.create(name="Scanner")
    Grant.objects.create(client=client, configuration=attachments, methods=granted)
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {client.issue_token()}")
    odoo.write("ir.attachment", [attachment], {"datas": base64.b64encode(PDF).decode()})
    url = f"{FILES}/{attachment}/file/content"
    assert upload(caller, url, b"new").status_code == put
    got = caller.get(url)
    assert got.status_code == get
    got.close()
    assert stored(odoo, attachment) == (b"new" if put == 200 else PDF)


def test_a_field_that_is_shown_alone_takes_no_file(api: APIClient, make: Make, made: Maker) -> None:
    rows: list[Any] = [("datas", "file", {"direction": "out"}), ("name", "title")]
    make("out", rows, model="ir.attachment", request_type="in", methods=ALL)
    record_id = made("ir.attachment", name="Hub", datas=base64.b64encode(PDF).decode())
    refused = upload(api, f"{FILES}/{record_id}/file/content", b"x")
    assert (refused.status_code, refused.json()["error"]["details"]["constraint"]) == (400, "read_only")
    assert b"".join(api.get(f"{FILES}/{record_id}/file/content").streaming_content) == PDF


def test_the_same_upload_under_the_same_key_is_done_once(api: APIClient, odoo: Odoo, attachment: int) -> None:
    url, key = f"{FILES}/{attachment}/file/content", {"Idempotency-Key": uuid.uuid4().hex}
    first = upload(api, url, PDF, **key)
    odoo.write("ir.attachment", [attachment], {"datas": False})
    second = upload(api, url, PDF, **key)
    assert (second.json(), second["Idempotency-Replayed"]) == (first.json(), "true")
    assert stored(odoo, attachment) == b""
    assert upload(api, url, b"other", **key).status_code == 422


def test_scripts_see_what_the_file_is_and_may_refuse_it(api: APIClient, make: Make, made: Maker, odoo: Odoo) -> None:
    make(
        "small", [("name", "title"), ("datas", "file"), ("description", "about")], model="ir.attachment",
        request_type="in", methods=ALL,
        script_condition="result = request_data['file']['content_type'] != 'text/html'",
        script_before="result = {**request_data, 'about': f\"{request_data['file']['size']} bytes\"}",
    )  # fmt: skip
    record_id = made("ir.attachment", name="Hub")
    url = f"{FILES}/{record_id}/file/content"
    refused = upload(api, url, b"<p>", "text/html")
    assert (refused.status_code, refused.json()["error"]["details"]["constraint"]) == (400, "condition")
    assert stored(odoo, record_id) == b""
    assert upload(api, url, PDF).status_code == 200
    assert stored(odoo, record_id) == PDF
    assert odoo.read("ir.attachment", [record_id], ["description"])[0]["description"] == f"{len(PDF)} bytes"


# Forms --------------------------------------------------------------------------------------------


def form(**parts: Any) -> dict[str, Any]:
    return {"format": "multipart", "data": parts}


def test_a_form_creates_a_record_with_its_file_and_its_name(
    api: APIClient, attachments: Configuration, made: Maker, odoo: Odoo
) -> None:
    file = SimpleUploadedFile("scan.pdf", PDF, "application/pdf")
    parts = {
        "data": '{"about": "A scan"}', "file": file, "options": '{"return_fields": ["title", "about"]}',
    }  # fmt: skip
    answer = api.post(FILES, parts, format="multipart")
    assert answer.status_code == 201, answer.content
    made.keep_track("ir.attachment", [answer.json()["id"]])
    assert stored(odoo, answer.json()["id"]) == PDF
    assert (answer.json()["data"]["title"], answer.json()["data"]["about"]) == ("scan.pdf", "A scan")
    row = ApiLog.objects.get()
    assert hashlib.sha256(PDF).hexdigest() in row.request_body
    assert "A scan" in row.request_body


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_form_changes_a_record_and_a_name_that_is_sent_wins(
    api: APIClient, attachment: int, odoo: Odoo, method: str
) -> None:
    file = SimpleUploadedFile("scan.pdf", PDF)
    answer = getattr(api, method)(f"{FILES}/{attachment}", {"title": "Mine", "file": file}, format="multipart")
    assert answer.json()["updated_fields"] == ["title", "file"]
    (record,) = odoo.read("ir.attachment", [attachment], ["name"])
    assert (record["name"], stored(odoo, attachment)) == ("Mine", PDF)


def test_the_json_of_a_form_may_have_a_type_and_then_a_file_name_as_browsers_send_it(
    api: APIClient, attachments: Configuration, made: Maker, odoo: Odoo
) -> None:
    title = f"Hub {uuid.uuid4()}"
    data = json.dumps({"title": title}).encode()
    parts = {
        "data": SimpleUploadedFile("blob", data, "application/json"),
        "options": SimpleUploadedFile("blob", b'{"return_fields": ["title"]}', "application/json"),
        "file": SimpleUploadedFile("scan.pdf", PDF, "application/pdf"),
    }
    answer = api.post(FILES, parts, format="multipart")
    assert answer.status_code == 201, answer.content
    made.keep_track("ir.attachment", [answer.json()["id"]])
    assert answer.json()["data"]["title"] == title
    for content, kind, told in (
        (data, "text/plain", "no file"),
        (b"\xff", "application/json", "not UTF-8"),
        (b"{", "application/json", "not valid JSON"),
    ):
        refused = api.post(FILES, {"data": SimpleUploadedFile("blob", content, kind)}, format="multipart")
        assert refused.status_code == 400
        assert told in refused.json()["error"]["message"]


def test_a_file_for_a_field_that_holds_none_is_refused(api: APIClient, attachment: int) -> None:
    answer = api.put(f"{FILES}/{attachment}", {"about": SimpleUploadedFile("a.txt", b"text")}, format="multipart")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "about")


def test_the_same_form_under_another_boundary_is_the_same_request(
    api: APIClient, attachments: Configuration, made: Maker, odoo: Odoo
) -> None:
    key, title = {"Idempotency-Key": uuid.uuid4().hex}, f"Hub {uuid.uuid4()}"

    def sent(boundary: str, about: str) -> Any:
        lines = [f"--{boundary}", 'Content-Disposition: form-data; name="title"', "", title]
        lines += [f"--{boundary}", 'Content-Disposition: form-data; name="about"', "", about, f"--{boundary}--", ""]
        kind = f"multipart/form-data; boundary={boundary}"
        return api.post(FILES, "\r\n".join(lines).encode(), content_type=kind, headers=key)

    first, second, third = sent("one", "x"), sent("two", "x"), sent("two", "y")
    made.keep_track("ir.attachment", [first.json()["id"]])
    assert (first.status_code, second.json(), third.status_code) == (201, first.json(), 422)
    assert odoo.count("ir.attachment", [("name", "=", title)]) == 1


PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("multipart/form-data; boundary=b", b"", "data"),
        ("multipart/form-data", b"--b--", "boundary"),
        ("multipart/form-data; boundary=b", b"no form at all", "cut off"),
        ("multipart/form-data; boundary=b", PART.format("title", "x").encode(), "cut off"),
        ("multipart/form-data; boundary=b", (PART.format("data", "{") + "--b--").encode(), "not valid JSON"),
        ("multipart/form-data; boundary=b", (PART.format("data", "[1]") + "--b--").encode(), "JSON object"),
        ("multipart/form-data; boundary=b", (PART.format("data", "[" * 100_000) + "--b--").encode(), "deep"),
        ("multipart/form-data; boundary=b", (PART.format("title", "x") * 2 + "--b--").encode(), "2 parts"),
        (
            "multipart/form-data; boundary=b",
            (PART.format("title", "x") + PART.format("data", '{"title": "y"}') + "--b--").encode(),
            "both",
        ),
        ("multipart/form-data; boundary=b", PART.format("title", "é").encode("latin-1") + b"--b--", "UTF-8"),
        ("multipart/form-data; boundary=b", (PART.format("title", "a\x00b") + "--b--").encode(), "NUL"),
        ("multipart/form-data; boundary=b", (PART.format("x", "y") * 3000 + "--b--").encode(), ""),
        ("multipart/form-data; boundary=b", (PART.format("data", '{"a": 1, "a": 2}') + "--b--").encode(), "twice"),
        ("multipart/form-data; boundary=b\xff", b"--b--", "boundary"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_refused(
    api: APIClient, attachments: Configuration, kind: str, body: bytes, told: str
) -> None:
    answer = api.post(FILES, body, content_type=kind)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert ApiLog.objects.get().client == "Web shop"
    assert told in answer.json()["error"]["message"]


def test_a_form_is_no_search_and_no_batch(api: APIClient, attachments: Configuration) -> None:
    answer = api.post(f"{FILES}/batch", {"operations": "[]"}, format="multipart")
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
