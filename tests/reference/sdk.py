"""The API reference's clients, word for word: a caller who copies them changes the address and the token alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

COPIES = Path(__file__).parent / "client"
PATIENCE = 180.0


def program(name: str) -> str:
    """Where the program is; a test without it is skipped, but fails where everything has to run."""
    found = shutil.which(name)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed, and continuous integration runs everything")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@dataclass(frozen=True)
class Copied:
    """The reference's examples, copied by the owner of a token."""

    url: str
    token: str

    def source(self, language: str) -> str:
        """The example with address and token filled in, and nothing else changed."""
        text = (COPIES / f"{language}.txt").read_text()
        changed = text.replace("https://odoo.example.com", self.url).replace("your-token", self.token)
        assert changed.count(self.url) == text.count("https://odoo.example.com") > 0
        return changed

    def python(self, more: str) -> Any:
        """What a line of Python tells after the example; ``result`` and ``client`` are the example's own."""
        source = f"{self.source('python')}\nimport json\nprint(json.dumps({more}))\n"
        return _told([sys.executable, "-"], source)

    def javascript(self, more: str) -> Any:
        """What a JavaScript expression tells after the example; ``result`` and ``api`` are the example's own."""
        source = f"{self.source('javascript')}\nconsole.log(JSON.stringify({more}));\n"
        return _told([program("node"), "--input-type=module", "-"], source)

    def curl(self) -> list[Any]:
        """What the two commands answer."""
        program("curl")
        lines = self.source("curl").replace("curl ", "curl -sS -w '\\n' ")
        told = _run(["bash", "-e"], lines)
        return [json.loads(line) for line in told.splitlines() if line]


def _told(command: list[str], source: str) -> Any:
    return json.loads(_run(command, source))


def _run(command: list[str], source: str) -> str:
    direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        command, input=source, capture_output=True, text=True, timeout=PATIENCE, check=False, env=direct
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Words:
    """What the reference promises of its examples, on any Odoo; each test class that inherits it brings ``copied``."""

    @pytest.fixture
    def copied(self) -> Copied:
        """The examples, copied for one hub."""
        raise NotImplementedError

    def test_the_python_client_creates_a_customer(self, copied: Copied) -> None:
        created, read = copied.python("[result, client.search_records('res.partner', [['id', '=', result['id']]])]")
        assert created == {"success": True, "id": created["id"], "data": {"id": created["id"]}}
        (record,) = read["records"]
        assert (record["name"], record["email"]) == ("New Customer", "customer@example.com")
        assert read["count"] == 1

    def test_the_python_client_searches_with_and_without_a_domain_and_fields(self, copied: Copied) -> None:
        everything = copied.python("client.search_records('res.partner')")
        assert everything["success"] is True
        assert everything["count"] >= len(everything["records"]) > 0
        assert "email" in everything["records"][0]
        names = copied.python("client.search_records('res.partner', fields=['name', 'email'])")
        assert set(names["records"][0]) == {"id", "name", "email"}

    @pytest.mark.parametrize(
        ("domain", "fits"),
        [
            ([["is_company", "=", True]], lambda one: one["is_company"] is True),
            ([("is_company", "=", False), ("email", "!=", False)], lambda one: not one["is_company"] and one["email"]),
            (["|", ["name", "=like", "A%"], ["name", "=like", "D%"]], lambda one: one["name"][0] in "AD"),
            (["!", ["name", "in", ["Azure Interior", "Deco Addict"]]], lambda one: one["name"] != "Azure Interior"),
            ([["country_id", "!=", False], ["customer_rank", ">=", 0]], lambda one: one["country_id"]),
        ],
    )
    def test_the_python_clients_domain_finds_what_it_says(
        self, copied: Copied, domain: list[Any], fits: Callable[[Any], bool]
    ) -> None:
        sent = f"client.search_records('res.partner', {domain!r})"
        by_parameters, whole = copied.python(f"[{sent}, client.search_records('res.partner', json.dumps({domain!r}))]")
        assert by_parameters["count"] == whole["count"] > 0, by_parameters
        assert all(fits(one) for one in by_parameters["records"])

    def test_the_python_client_reads_the_errors_envelope(self, copied: Copied) -> None:
        error = copied.python("client.create_record('res.partner', {'emial': 'x'})")
        assert (error["success"], error["error"]["code"]) == (False, "VALIDATION_ERROR")
        assert error["error"]["details"]["field"] == "emial"
        assert error["error"]["trace_id"]

    def test_the_javascript_client_creates_a_customer_and_searches(self, copied: Copied) -> None:
        name = f"JS {uuid.uuid4()}"
        more = (
            "[result, await api.createRecord('res.partner', {name: '" + name + "'}), "
            "await api.searchRecords('res.partner', [['name', '=', '" + name + "']], ['name', 'email']), "
            "await api.searchRecords('res.partner')]"
        )
        created, second, found, everything = copied.javascript(more)
        assert created["success"] is True
        assert second["id"] > created["id"]
        assert found == {"success": True, "count": 1, "records": [{"id": second["id"], "name": name, "email": None}]}
        assert everything["count"] > 1

    def test_the_curl_commands_create_a_customer_and_search_products(self, copied: Copied) -> None:
        created, found = copied.curl()
        assert created["success"] is True
        assert found["count"] > 0
        assert set(found["records"][0]) == {"id", "name", "default_code", "list_price"}
