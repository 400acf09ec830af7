"""The commands: what they print, and what they refuse."""

from __future__ import annotations

import json
import socket
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from hub.crypto import Cipher
from syncconfig import demo
from syncconfig.models import ApiClient, ApiToken, Configuration, OdooConnection
from tests.conftest import Make

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_createtoken_prints_the_token_alone_and_it_works(customers_in: Configuration) -> None:
    printed = run("createtoken", "Web shop")
    token = printed.strip()
    assert printed == f"{token}\n"
    answer = APIClient().get("/api/sync/v1/", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["client"] == "Web shop"


def test_createtoken_limits_the_client_to_the_named_configurations(customers_in: Configuration, make: Make) -> None:
    make("other-in", [("name", "name")], request_type="in", methods=["GET"])
    run("createtoken", "Web shop", "--config", "customers-in", "--ttl", "30")
    assert [one.code for one in ApiClient.objects.get().configurations.all()] == ["customers-in"]
    assert ApiToken.objects.get().expires_at is not None


def told(*arguments: str) -> tuple[str, str]:
    """What createtoken prints: the token, and what it says beside it."""
    out, err = StringIO(), StringIO()
    call_command("createtoken", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue().strip()


def test_createtoken_lets_a_client_run_out_configurations_and_nothing_else(
    customers_in: Configuration, customers_out: Configuration
) -> None:
    run("createtoken", "Nightly", "--run", "customers-out")
    client = ApiClient.objects.get()
    assert client.all_configurations is False
    assert [(one.configuration.code, one.methods) for one in client.grants.all()] == [("customers-out", ["POST"])]
    with pytest.raises(CommandError, match="There is no Out configuration with the code 'customers-in'"):
        run("createtoken", "Nightly", "--run", "customers-in")
    run("createtoken", "Web shop")
    with pytest.raises(CommandError, match="may not use customers-out \\(run\\)"):
        run("createtoken", "Web shop", "--run", "customers-out")
    _, said = told("Web shop", "--run", "customers-out", "--extend")
    assert said.endswith("may use what it may: all active In configurations, customers-out (run).")


def test_createtoken_never_widens_what_a_client_may_use_and_says_what_that_is(customers_in: Configuration) -> None:
    assert told("Web shop", "--config", "customers-in")[1] == ""
    token, said = told("Web shop")
    client = ApiClient.objects.get()
    assert (client.all_configurations, client.tokens.count()) == (False, 2)
    assert said == ("The API client 'Web shop' exists already; the new token may use what it may: customers-in.")
    assert (token.count("\n"), token[:4]) == (1, "hub_")


def test_createtoken_gives_a_client_more_only_when_that_is_said(customers_in: Configuration, make: Make) -> None:
    make("other-in", [("name", "name")], request_type="in", methods=["GET"])
    run("createtoken", "Web shop", "--config", "customers-in")
    with pytest.raises(
        CommandError, match="may not use other-in. To let it, with all tokens that it has, add --extend"
    ):
        run("createtoken", "Web shop", "--config", "customers-in", "other-in")
    client = ApiClient.objects.get()
    assert ([one.code for one in client.configurations.all()], client.tokens.count()) == (["customers-in"], 1)
    _, said = told("Web shop", "--config", "other-in", "--extend")
    assert said.endswith("may: customers-in, other-in.")
    assert client.configurations.count() == 2


def test_createtoken_for_a_client_that_may_use_all_says_so(customers_in: Configuration) -> None:
    run("createtoken", "Web shop")
    assert told("Web shop")[1].endswith("may: all active In configurations.")
    with pytest.raises(CommandError, match="may use all configurations. Choose another NAME"):
        run("createtoken", "Web shop", "--config", "customers-in")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["Shop", "--config", "nothing"], "customers-in"),
        (["Shop", "--ttl", "-1"], "--ttl"),
        (["  "], "NAME"),
    ],
)
def test_createtoken_refuses_with_a_sentence_and_makes_nothing(
    customers_in: Configuration, arguments: list[str], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        run("createtoken", *arguments)
    assert not ApiClient.objects.exists()


def test_newkey_prints_a_key_that_works() -> None:
    key = run("newkey").strip()
    cipher = Cipher([key])
    assert cipher.decrypt(cipher.encrypt("secret")) == "secret"


@pytest.fixture
def fresh(odoo_file: Path, settings: Settings, tmp_path: Path) -> None:
    """An empty database and data folder."""
    settings.HUB_DATA_DIR = tmp_path / "data"


@pytest.mark.usefixtures("fresh")
def test_loaddemo_makes_an_administrator_configurations_and_a_token() -> None:
    told = json.loads(run("loaddemo"))
    assert authenticate(username=told["login"], password=told["password"]) is not None
    assert set(Configuration.objects.values_list("code", flat=True)) >= {
        "customers-in",
        "customers-out",
        "products-out",
    }
    for configuration in Configuration.objects.all():
        configuration.full_clean()
    answer = APIClient().get("/api/sync/v1/", headers={"Authorization": f"Bearer {told['token']}"})
    assert answer.status_code == 200


@pytest.mark.usefixtures("fresh")
def test_a_second_loaddemo_changes_nothing_that_was_edited_or_deleted() -> None:
    first = demo.load()
    Configuration.objects.filter(code="customers-out").update(name="Mine", url="https://example.com/mine")
    Configuration.objects.filter(code="products-out").delete()
    second = demo.load()
    assert second == {**first, "new": False}
    mine = Configuration.objects.get(code="customers-out")
    assert (mine.name, mine.url) == ("Mine", "https://example.com/mine")
    assert not Configuration.objects.filter(code="products-out").exists()
    assert ApiToken.objects.count() == 1


@pytest.mark.usefixtures("fresh")
def test_what_is_not_true_any_more_is_not_shown_again() -> None:
    demo.load()
    user = User.objects.get(username="admin")
    user.set_password("another one")
    user.save()
    ApiClient.objects.all().delete()
    told = demo.load()
    assert (told["login"], told["password"], told["token"]) == ("admin", "", "")


def move(settings: Settings, port: int) -> None:
    """The hub starts on another port the next time."""
    settings.HUB_PORT, settings.HUB_PUBLIC_URL = port, f"http://127.0.0.1:{port}"


def urls() -> list[str]:
    """Where the demo delivers to."""
    return [Configuration.objects.get(code=f"{one}-out").url for one in ("customers", "products")]


@pytest.mark.usefixtures("fresh")
def test_the_demos_deliveries_follow_the_hub_to_another_port_and_back(settings: Settings) -> None:
    demo.load()
    before = urls()
    move(settings, 8123)
    demo.load()
    assert urls() == [f"http://127.0.0.1:8123/demo/receiver/{one}" for one in ("customers", "products")]
    move(settings, 8000)
    demo.load()
    assert urls() == before


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    "mine",
    [
        "http://127.0.0.1:8000/demo/receiver/mine",
        "http://127.0.0.1:9999/demo/receiver/customers",
        "https://example.com/customers",
    ],
)
def test_an_address_that_a_user_edited_is_never_rewritten(settings: Settings, mine: str) -> None:
    demo.load()
    Configuration.objects.filter(code="customers-out").update(url=mine)
    for port in (8123, 8000):
        move(settings, port)
        demo.load()
        assert urls() == [mine, f"http://127.0.0.1:{port}/demo/receiver/products"]


@pytest.mark.usefixtures("fresh")
def test_the_demos_deliveries_stay_when_only_workers_start_or_the_command_is_called(settings: Settings) -> None:
    demo.load()
    before = urls()
    move(settings, 8123)
    demo.load(serving=False)
    run("loaddemo")
    assert urls() == before


@pytest.mark.usefixtures("fresh")
def test_the_demo_of_an_earlier_version_follows_as_far_as_it_is_untouched(settings: Settings) -> None:
    demo.load()
    file = settings.HUB_DATA_DIR / "demo.json"
    kept = json.loads(file.read_text())
    del kept["urls"]
    file.write_text(json.dumps(kept))
    mine = "http://127.0.0.1:8000/demo/receiver/mine"
    Configuration.objects.filter(code="customers-out").update(url=mine)
    move(settings, 8123)
    demo.load()
    assert urls() == [mine, "http://127.0.0.1:8123/demo/receiver/products"]


@pytest.mark.usefixtures("fresh")
def test_loaddemo_says_what_it_did_the_first_time_and_the_second() -> None:
    said = []
    for _ in range(2):
        err = StringIO()
        json.loads(call_command("loaddemo", stdout=StringIO(), stderr=err))
        said.append(err.getvalue().strip())
    assert said == [
        "Made the administrator admin and the demo.",
        "There are users in the database already, so nothing was made.",
    ]


@pytest.mark.usefixtures("fresh")
def test_without_the_demo_there_is_an_administrator_and_nothing_else(settings: Settings) -> None:
    settings.HUB_DEMO = False
    settings.HUB_ADMIN_PASSWORD = "set by hand"
    told = demo.load()
    assert authenticate(username="admin", password="set by hand") is not None
    assert told["password"] == ""
    assert not Configuration.objects.exists()


@pytest.mark.usefixtures("fresh")
def test_the_demos_connection_follows_the_environment(settings: Settings) -> None:
    demo.load()
    connection = OdooConnection.objects.get()
    assert connection.is_embedded
    settings.HUB_ODOO = {**settings.HUB_ODOO, "url": "https://mycompany.odoo.com", "database": "mycompany"}
    target = OdooConnection.objects.get().target()
    assert (target.url, target.database, target.transport) == ("https://mycompany.odoo.com", "mycompany", "auto")


@pytest.mark.usefixtures("fresh")
def test_the_greeting_tells_which_odoo_is_used_and_what_is_wrong_with_it(settings: Settings) -> None:
    (note,) = demo.load()["notes"]
    assert "embedded" in note
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    place = {"url": f"http://127.0.0.1:{port}", "database": "x", "login": "x", "password": "canary"}
    settings.HUB_ODOO = {**settings.HUB_ODOO, **place}
    (note,) = demo.load()["notes"]
    assert "CANNOT BE USED" in note
    assert str(port) in note
    assert "canary" not in note


@pytest.mark.usefixtures("fresh")
def test_what_is_kept_for_the_greeting_is_readable_for_its_owner_alone(settings: Settings) -> None:
    demo.load()
    assert (settings.HUB_DATA_DIR / "demo.json").stat().st_mode & 0o077 == 0
