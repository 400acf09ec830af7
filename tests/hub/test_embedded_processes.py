"""The embedded Odoo under several threads and processes, kills, and files that are not what they should be."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hub.errors import OdooError, OdooProtocol, OdooUnavailable, OdooValidation
from hub.odoo.connection import Target
from hub.odoo.embedded import EmbeddedOdoo, install
from hub.odoo.embedded.order import order_by
from hub.odoo.embedded.outbox import read_changes
from hub.odoo.embedded.query import where

ROOT = Path(__file__).parents[2]

INSTALL = """
import sys
from hub.odoo.embedded import install
sys.stdin.readline()
install(sys.argv[1])
"""

WRITE = """
import sys
from hub.odoo.connection import Target
from hub.odoo.embedded import EmbeddedOdoo
odoo = EmbeddedOdoo(Target(sys.argv[1], database="empty"))
odoo.user_id()
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    made = odoo.create("res.partner", [{"name": f"{sys.argv[2]} {number}", "child_ids": [[0, 0, {"name": "child"}]]}])
    print(made[0], flush=True)
"""


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def sound(path: Path) -> bool:
    with sqlite3.connect(path) as connection:
        [answer] = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return bool(answer == "ok")


def test_two_processes_install_at_once(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    both = [start(INSTALL, str(path)) for _number in range(2)]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        _out, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    with EmbeddedOdoo(Target(str(path))) as odoo:
        assert odoo.count("res.partner", [("name", "=", "Azure Interior")]) == 1
        assert odoo.count("res.users", [("login", "=", "admin")]) == 1


def test_two_processes_write_at_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    install(path, demo=False)
    writers = [start(WRITE, str(path), name, "60") for name in ("left", "right")]
    for process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in writers:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate() for process in writers]
    assert [errors for _out, errors in told] == ["", ""]
    ids = [int(line) for out, _errors in told for line in out.split()]
    assert len(set(ids)) == 120
    with EmbeddedOdoo(Target(str(path), database="empty")) as odoo:
        assert odoo.count("res.partner", [("id", "in", ids)]) == 120
        assert odoo.count("res.partner", [("parent_id", "in", ids)]) == 120
        changes = read_changes(odoo.database, limit=1000)
    assert sorted(change.record_id for change in changes if change.record_id in ids) == sorted(ids)
    assert sound(path)


def test_a_killed_writer_leaves_whole_transactions_and_a_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    install(path, demo=False)
    writer = start(WRITE, str(path), "doomed", "100000")
    assert writer.stdin is not None
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    writer.stdin.write("\n")
    writer.stdin.flush()
    told = [int(writer.stdout.readline()) for _number in range(25)]
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert sound(path)
    with EmbeddedOdoo(Target(str(path), database="empty")) as odoo:
        assert odoo.count("res.partner", [("id", "in", told)]) == 25
        parents = odoo.search("res.partner", [("name", "=like", "doomed %")])
        assert odoo.count("res.partner", [("parent_id", "in", parents)]) == len(parents)
        heard = {change.record_id for change in read_changes(odoo.database, limit=10**6)}
        assert set(parents) <= heard
        odoo.create("res.partner", [{"name": "after"}])


def test_threads_share_one_connection(tmp_path: Path) -> None:
    odoo = EmbeddedOdoo(Target(str(tmp_path / "odoo.sqlite3"), database="empty"))
    made: list[int] = []
    failures: list[Exception] = []

    def work(name: str) -> None:
        try:
            for number in range(20):
                made.extend(odoo.create("res.partner", [{"name": f"{name} {number}"}]))
                odoo.write("res.partner", [made[-1]], {"city": name})
                odoo.search_read("res.partner", [("city", "=", name)], ["name"])
        except OdooError as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(f"thread {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(set(made)) == 120
    odoo.close()


def test_a_child_process_opens_its_own_connections(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    program = f"""
import os, sys
from hub.odoo.connection import Target
from hub.odoo.embedded import EmbeddedOdoo
odoo = EmbeddedOdoo(Target({str(path)!r}, database="empty"))
odoo.create("res.partner", [{{"name": "parent"}}])
child = os.fork()
odoo.create("res.partner", [{{"name": "child" if not child else "parent again"}}])
if not child:
    os._exit(0)
os.waitpid(child, 0)
print(odoo.count("res.partner", [("name", "in", ["parent", "child", "parent again"])]))
"""
    out, errors = start(program).communicate()
    assert (out.strip(), errors) == ("3", "")
    assert sound(path)


def test_a_locked_file_is_unavailable_not_an_error_of_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    install(path, demo=False)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with EmbeddedOdoo(Target(str(path), database="empty", read_timeout=0.05)) as odoo:
        assert odoo.count("res.partner") > 0
        with pytest.raises(OdooUnavailable) as caught:
            odoo.create("res.partner", [{"name": "x"}])
        assert caught.value.retryable
        assert not caught.value.sent
        other.rollback()
        assert odoo.create("res.partner", [{"name": "x"}])
    other.close()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    path.write_text("no database at all, only some text that is long enough to be looked at" * 20)
    with EmbeddedOdoo(Target(str(path))) as odoo, pytest.raises(OdooProtocol, match="not an embedded Odoo"):
        odoo.search("res.partner")


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    install(tmp_path / "new" / "folder" / "odoo.sqlite3", demo=False)
    assert (tmp_path / "new" / "folder" / "odoo.sqlite3").exists()


def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OdooUnavailable):
        install(tmp_path / "file" / "odoo.sqlite3")


def test_installing_again_changes_nothing_that_users_did(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    install(path)
    with EmbeddedOdoo(Target(str(path))) as odoo:
        [azure] = odoo.search("res.partner", [("name", "=", "Azure Interior")])
        [deco] = odoo.search("res.partner", [("name", "=", "Lumen Cowork")])
        odoo.write("res.partner", [azure], {"name": "Azure renamed"})
        odoo.unlink("sale.order", odoo.search("sale.order", [("partner_id", "=", deco)]))
        odoo.unlink("res.partner", [deco])
        install(path)
        assert odoo.read("res.partner", [azure], ["name"])[0]["name"] == "Azure renamed"
        assert odoo.search("res.partner", [("name", "=", "Lumen Cowork")]) == []


def test_an_older_database_gets_new_columns_and_keeps_its_records(tmp_path: Path) -> None:
    path = tmp_path / "odoo.sqlite3"
    install(path, demo=False)
    with EmbeddedOdoo(Target(str(path), database="empty")) as odoo:
        [one] = odoo.create("res.partner", [{"name": "Ada", "function": "Engineer"}])
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE res_partner DROP COLUMN function")
        connection.execute("UPDATE hub_meta SET value = 'older' WHERE name = 'schema'")
    connection.close()
    with EmbeddedOdoo(Target(str(path), database="empty")) as odoo:
        assert odoo.read("res.partner", [one], ["name", "function"]) == [{"id": one, "name": "Ada", "function": False}]


def test_a_number_beyond_sqlite_is_refused(tmp_path: Path) -> None:
    with EmbeddedOdoo(Target(str(tmp_path / "odoo.sqlite3"), database="empty")) as odoo:
        with pytest.raises(OdooValidation):
            odoo.search("res.partner", [("id", "=", 10**30)])
        with pytest.raises(OdooValidation):
            odoo.write("res.partner", [1], {"color": 10**30})


def test_pages_by_write_date_and_id_walk_the_index(tmp_path: Path) -> None:
    later = [
        "|",
        ("write_date", ">", "2026-01-01 00:00:00"),
        "&",
        ("write_date", "=", "2026-01-01 00:00:00"),
        ("id", ">", 5),
    ]
    with EmbeddedOdoo(Target(str(tmp_path / "odoo.sqlite3"), database="empty")) as odoo, odoo.session() as session:
        model = session["res.partner"]
        condition, parameters = where(session, model, later)
        order = order_by(session.registry, model, "write_date, id")
        sql = f"SELECT t.id FROM res_partner t WHERE {condition} ORDER BY {order} LIMIT 100"
        plan = " ".join(row[3] for row in session.rows(f"EXPLAIN QUERY PLAN {sql}", parameters))
    assert "res_partner_changed (write_date>?)" in plan
    assert "TEMP B-TREE" not in plan


def test_what_it_prints_holds_no_password(tmp_path: Path) -> None:
    target = Target(str(tmp_path / "odoo.sqlite3"), login="admin", password="canary-secret", database="empty")
    with EmbeddedOdoo(target) as odoo:
        with pytest.raises(OdooError) as caught:
            odoo.search("res.partner")
        told = repr(caught.value) + str(caught.value) + json.dumps(caught.value.details) + repr(odoo.target)
    assert "canary-secret" not in told
