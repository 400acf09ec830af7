"""Which database it is: the same for all ways to it, another for every other one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hub.odoo.connect import close_all, connect, identity_of
from hub.odoo.connection import Target
from hub.odoo.embedded import EmbeddedOdoo, install
from hub.odoo.embedded.database import Database
from hub.odoo.embedded.tables import set_meta


@pytest.mark.parametrize(
    "url",
    [
        "https://mycompany.odoo.com",
        "https://MyCompany.odoo.com/",
        "https://mycompany.odoo.com:443",
        "http://mycompany.odoo.com",
        "http://mycompany.odoo.com:80/",
    ],
)
@pytest.mark.parametrize("transport", ["auto", "jsonrpc", "json2"])
def test_spelling_scheme_transport_and_user_make_no_other_database(url: str, transport: str) -> None:
    target = Target(url, "mycompany", login=transport, api_key=url, transport=transport)
    assert identity_of(target) == "mycompany on mycompany.odoo.com"


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("https://mycompany.odoo.com", "staging"),
        ("https://other.odoo.com", "mycompany"),
        ("https://mycompany.odoo.com:8069", "mycompany"),
        ("https://mycompany.odoo.com/odoo", "mycompany"),
    ],
)
def test_another_name_host_port_or_path_is_another_database(url: str, database: str) -> None:
    assert identity_of(Target(url, database)) != "mycompany on mycompany.odoo.com"


def test_an_open_connection_says_the_same_and_asks_nobody() -> None:
    target = Target("http://127.0.0.1:1", "x", transport="json2")
    assert connect(target).identity() == identity_of(target) == "x on 127.0.0.1:1"
    close_all()


def test_a_new_embedded_file_is_another_database_and_a_moved_one_the_same(tmp_path: Path) -> None:
    first, second, moved = (tmp_path / name for name in ("first.sqlite3", "second.sqlite3", "moved.sqlite3"))
    install(first, demo=False)
    install(second, demo=False)
    before = EmbeddedOdoo(Target(str(first), "empty"))
    identity = before.identity()
    before.close()
    assert EmbeddedOdoo(Target(str(second), "empty")).identity() != identity
    shutil.move(first, moved)
    install(first, demo=False)
    assert EmbeddedOdoo(Target(str(moved), "empty")).identity() == identity
    assert EmbeddedOdoo(Target(str(first), "empty")).identity() != identity


def test_a_file_of_an_earlier_version_gets_a_number_once(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    install(path, demo=False)
    database = Database(path)
    with database.transaction(write=True) as connection:
        set_meta(connection, "uuid", "")
    database.close()
    found = set()
    for _ in range(2):
        with EmbeddedOdoo(Target(str(path), "empty")) as odoo:
            found.add(odoo.identity())
    assert len(found) == 1
    assert found != {"embedded Odoo "}
