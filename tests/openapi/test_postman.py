"""The Postman collection: for whom, without a secret, and run from top to bottom by newman."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig.models import ApiClient, Configuration
from tests.web.alone import WebAlone

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = ("res.partner", "res.partner.category", "sale.order")
PATIENCE = 300.0


def newman() -> str:
    """Where newman is: HUB_TEST_NEWMAN, or what `make test-newman` installed."""
    installed = [str(one) for one in ROOT.glob(".newman/*/node_modules/.bin/newman")]
    found = os.environ.get("HUB_TEST_NEWMAN") or next(iter(installed), None)
    if found is None or shutil.which("node") is None:
        if os.environ.get("HUB_TEST_NEWMAN_REQUIRED") == "1":
            pytest.fail("newman is required but not there: `make test-newman` installs it, with npm")
        pytest.skip("no newman: `make test-newman` installs it, with npm")
    return found


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Any, str], Any]:
    """Run a collection with a token; newman's report of it."""

    def run(collection: Any, token: str) -> Any:
        file, report = tmp_path / "collection.json", tmp_path / "report.json"
        file.write_text(json.dumps(collection))
        command = [newman(), "run", str(file), "--env-var", f"token={token}", "--reporters", "json"]
        done = subprocess.run(
            [*command, "--reporter-json-export", str(report)],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert report.exists(), done.stdout + done.stderr
        return json.loads(report.read_text())["run"]

    return run


def assert_well(told: Any, at_least: int) -> None:
    """Everything was sent, every test passed, and there were some."""
    failures = [(one["source"]["name"], one["error"]["message"], body_of(told, one)) for one in told["failures"]]
    assert failures == []
    assert told["stats"]["requests"]["failed"] == 0
    assert told["stats"]["assertions"]["total"] >= at_least


def body_of(told: Any, failure: Any) -> str:
    """What the hub answered to the request that failed."""
    for one in told["executions"]:
        if one["item"]["id"] == failure["source"]["id"] and "response" in one:
            return bytes(one["response"]["stream"]["data"]).decode()[:500]
    return ""


@pytest.mark.django_db
def test_it_holds_no_secret_and_only_what_the_caller_may_use(
    api: APIClient, configurations: list[Configuration]
) -> None:
    client = ApiClient.objects.create(name="Reader", note="canary-note")
    client.grants.create(configuration=configurations[2], methods=["GET"])
    token = client.issue_token()
    reader = APIClient()
    reader.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    answer = reader.get("/postman")
    text = answer.content.decode()
    assert "attachment" in answer["Content-Disposition"]
    assert token not in text
    assert "canary" not in text
    collection = answer.json()
    assert {one["key"]: one["value"] for one in collection["variable"]} == {
        "base_url": "http://testserver",
        "token": "",
    }
    assert [one["name"] for one in collection["item"]] == ["What you may use", "orders"]
    assert {one["request"]["method"] for one in collection["item"][1]["item"]} == {"GET"}
    assert reader.get("/api/sync/v1/postman").json() == collection


@pytest.mark.django_db
def test_each_configuration_creates_before_it_changes_and_deletes(
    api: APIClient, configurations: list[Configuration]
) -> None:
    folders = {one["name"]: one for one in api.get("/postman").json()["item"][1:]}
    assert [(one["name"], one["request"]["method"]) for one in folders["a-plain"]["item"]] == [
        ("Fields", "GET"), ("Create", "POST"), ("Get", "GET"), ("Update (PUT)", "PUT"), ("Update (PATCH)", "PATCH"),
        ("Search", "GET"), ("List", "GET"), ("Batch", "POST"), ("Delete", "DELETE"),
        ("Delete what the batch made", "DELETE"),
    ]  # fmt: skip
    assert [one["name"] for one in folders["products"]["item"]] == ["Fields", "Search", "List", "Get"]
    assert "What a third party posts" in [one["name"] for one in folders["shop"]["item"]]


def test_newman_runs_it_unchanged_twice_and_leaves_nothing_behind(
    live_server: LiveServer, configurations: list[Configuration], odoo: Odoo, token: str, run: Callable[[Any, str], Any]
) -> None:
    shop = [one for one in configurations if one.code == "shop"]
    Configuration.objects.filter(pk=shop[0].pk).update(methods=["POST", "DELETE"])
    headers = {"Authorization": f"Bearer {token}"}
    answer = APIClient().get("/postman", headers=headers, HTTP_HOST=live_server.url.removeprefix("http://"))
    before = {model: odoo.count(model, context={"active_test": False}) for model in MODELS}
    for _ in range(2):
        assert_well(run(answer.json(), token), at_least=80)
    assert {model: odoo.count(model, context={"active_test": False}) for model in MODELS} == before


def test_newman_runs_the_demos_collection_against_a_running_hub(tmp_path: Path, run: Callable[[Any, str], Any]) -> None:
    newman()
    hub = WebAlone(tmp_path / "data")
    try:
        hub.prepare()
        hub.start()
        assert_well(run(hub.call("GET", "/postman", token=hub.token), hub.token), at_least=25)
    finally:
        hub.discard()
