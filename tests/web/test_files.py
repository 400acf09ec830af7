"""Large files through the web server: in and out of Odoo, and the memory that it takes for them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from hub.odoo.connect import open_new
from hub.odoo.connection import Odoo, Target
from tests import real_odoo
from tests.contract.conftest import TRANSPORTS, Maker
from tests.odoo.test_api_files import png
from tests.web.alone import WebAlone

MEGABYTE = 1024 * 1024
SIZE = 60 * MEGABYTE
MORE = 16 * MEGABYTE
"""Bytes by which the server's memory may grow for a file of SIZE."""

CONFIGURE = """
from syncconfig.models import Configuration, OdooConnection
connection = OdooConnection.objects.get()
for model, field in {"ir.attachment": "datas", "res.partner": "image_1920"}.items():
    made = Configuration.objects.create(
        code=f"a-{model}".replace(".", "-"), name=model, connection=connection, model=model, request_type="in",
        methods=["GET", "PUT"],
    )
    made.mappings.create(odoo_field=field, external_key="file")
print("[]")
"""


class Stream:
    """A file that is never whole in memory: a picture's bytes, then the same kilobyte again and again."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __iter__(self) -> Iterator[bytes]:
        head = png()
        yield head
        left = self.size - len(head)
        block = bytes(range(256)) * 256
        while left > 0:
            yield block[:left]
            left -= len(block)

    def __len__(self) -> int:
        return self.size

    @property
    def digest(self) -> str:
        found = hashlib.sha256()
        for piece in self:
            found.update(piece)
        return found.hexdigest()


class Served:
    """A hub's web server before one Odoo, and that Odoo itself."""

    def __init__(self, server: WebAlone, odoo: Odoo) -> None:
        self.server, self.odoo, self.made = server, odoo, Maker(odoo)
        self.headers = {"Authorization": f"Bearer {server.token}"}

    def memory(self) -> int:
        """The most that the server has ever held, in bytes."""
        assert self.server.process is not None
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def url(self, model: str, record_id: int) -> str:
        return f"{self.server.url}/api/sync/v1/{model}/{record_id}/file/content"

    def put(self, url: str, file: Stream) -> requests.Response:
        headers = self.headers | {"Content-Type": "image/png", "Content-Length": str(len(file))}
        return requests.put(url, data=file, headers=headers, timeout=600)

    def get(self, url: str) -> tuple[int, str, requests.Response]:
        """How long the file is, its digest, and the answer."""
        size, digest = 0, hashlib.sha256()
        with requests.get(url, headers=self.headers, timeout=600, stream=True) as answer:
            for piece in answer.iter_content(MEGABYTE):
                size += len(piece)
                digest.update(piece)
        return size, digest.hexdigest(), answer


@pytest.fixture(scope="module", params=TRANSPORTS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server on each transport."""
    data = tmp_path_factory.mktemp("files") / "data"
    environment: dict[str, str] = {}
    target = Target(str(data / "odoo.sqlite3"), transport="embedded")
    if request.param != "embedded":
        place = real_odoo.place()
        told = {name: place[name] for name in ("url", "database", "login", "password", "api_key")}
        environment = {f"HUB_ODOO_{name.upper()}": value for name, value in told.items()}
        environment["HUB_ODOO_TRANSPORT"] = request.param
        target = Target(**told, transport=request.param)
    server = WebAlone(data)
    server.environment |= environment
    try:
        server.prepare()
        server.shell(CONFIGURE)
        server.start()
        with open_new(target) as odoo:
            served = Served(server, odoo)
            yield served
            served.made.remove_all()
        assert server.stop() == 0
        assert "Traceback" not in server.output
    finally:
        server.discard()


@pytest.mark.parametrize(("model", "field"), [("ir.attachment", "datas"), ("res.partner", "image_1920")])
def test_sixty_megabytes_go_in_and_come_out_in_little_memory(served: Served, model: str, field: str) -> None:
    record_id = served.made(model, name=f"Hub {uuid.uuid4()}")
    url = served.url(model, record_id)
    small = Stream(8 * MEGABYTE)
    assert served.put(url, small).status_code == 200  # all that is loaded and opened once
    assert served.get(url)[1] == small.digest
    before = served.memory()

    file = Stream(SIZE)
    sent = served.put(url, file)
    assert sent.status_code == 200, sent.text
    assert (sent.json()["size"], sent.json()["sha256"]) == (SIZE, file.digest)
    size, digest, answer = served.get(url)
    grown = served.memory() - before
    assert (answer.status_code, size, digest) == (200, SIZE, file.digest)
    assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.headers["Content-Type"] == "image/png"
    assert grown <= MORE, f"the server grew by {grown / MEGABYTE:.1f} MB"
    columns = served.server.logged("request_body, response_body", "operation IN ('upload', 'download')")[-2:]
    assert columns[0][0] == f"60.0 MB of image/png, SHA-256 {file.digest}"
    assert columns[1][1].endswith(file.digest)
    if served.odoo.transport == "embedded":
        served.odoo.write(model, [record_id], {field: base64.b64encode(png()).decode()})
        assert served.get(url)[0] == len(png())


def test_many_large_files_at_once_take_little_memory_each(served: Served) -> None:
    if served.odoo.transport != "embedded":
        pytest.skip("Odoo itself would need the memory")
    ids = served.made.many("ir.attachment", [{"name": f"Hub {number}"} for number in range(4)])
    file, before = Stream(20 * MEGABYTE), served.memory()
    with ThreadPoolExecutor(4) as pool:
        urls = [served.url("ir.attachment", one) for one in ids]
        assert {answer.status_code for answer in pool.map(lambda url: served.put(url, file), urls)} == {200}
        assert {found[1] for found in pool.map(served.get, urls)} == {file.digest}
    assert served.memory() - before <= len(ids) * MORE


def test_a_file_over_the_limit_is_refused_also_in_chunks(served: Served) -> None:
    record_id = served.made("ir.attachment", name="Hub too large")
    with served.server.beside(HUB_MAX_FILE_MB="1") as other:
        url = served.url("ir.attachment", record_id).replace(served.server.url, other.url)
        large = Stream(2 * MEGABYTE)
        for body in (iter(large), b"".join(large)):
            answer = requests.put(url, data=body, headers=served.headers, timeout=600)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
            assert "1 MB" in answer.json()["error"]["message"]
    with served.odoo.read_file("ir.attachment", record_id, "datas") as pieces:
        assert not b"".join(pieces or ())


def test_a_file_that_is_too_large_for_odoo_is_told(served: Served) -> None:
    if served.odoo.transport == "embedded":
        pytest.skip("the embedded Odoo has no limit of its own")
    record_id = served.made("ir.attachment", name="Hub larger than Odoo takes")
    answer = served.put(served.url("ir.attachment", record_id), Stream(99 * MEGABYTE))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert "96 MB" in answer.json()["error"]["message"]


def test_a_file_may_come_in_chunks_and_other_bodies_keep_their_limit(served: Served) -> None:
    record_id = served.made("ir.attachment", name="Hub in chunks")
    file = Stream(11 * MEGABYTE)
    url = served.url("ir.attachment", record_id)
    sent = requests.put(url, data=iter(file), headers=served.headers, timeout=600)
    assert (sent.status_code, sent.json()["sha256"]) == (200, file.digest)
    for method, address in (("POST", url), ("PUT", url.removesuffix("/file/content"))):
        refused = requests.request(method, address, data=b"x" * len(file), headers=served.headers, timeout=600)
        assert refused.status_code == 413
        assert "10 MB" in refused.json()["error"]["message"]


def test_a_file_with_a_wrong_token_goes_nowhere(served: Served) -> None:
    record_id = served.made("ir.attachment", name="Hub stranger")
    url = served.url("ir.attachment", record_id)
    answer = requests.put(url, data=b"x" * MEGABYTE, headers={"Authorization": "Bearer hub_wrong"}, timeout=600)
    assert (answer.status_code, json.loads(answer.content)["error"]["code"]) == (401, "AUTHENTICATION_ERROR")
