"""The data folder belongs to its owner alone: new, mended, and what is in it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from hub import datafolder
from hub.odoo.embedded.install import install


def mode(path: Path) -> int:
    """Its rights, as chmod takes them."""
    return path.stat().st_mode & 0o777


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as an earlier version left it: open to everybody."""
    folder = tmp_path / "var"
    folder.mkdir()
    for name in ("hub.sqlite3", "hub.sqlite3-wal", "odoo.sqlite3", "secret_key", "bootstrap.log"):
        (folder / name).write_text("x")
        (folder / name).chmod(0o644)
    folder.chmod(0o755)
    return folder


def test_a_new_folder_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = datafolder.prepare(tmp_path / "a" / "var", tmp_path)
    finally:
        os.umask(before)
    assert mode(made) == 0o700
    assert [file.name for file in made.iterdir() if mode(file) != 0o600] == []


def test_a_folder_that_an_earlier_version_left_open_is_mended_with_all_in_it(folder: Path, tmp_path: Path) -> None:
    datafolder.prepare(folder, tmp_path)
    assert mode(folder) == 0o700
    assert {file.name: mode(file) for file in folder.iterdir() if mode(file) != 0o600} == {}


def test_what_the_owner_may_not_do_stays_so(folder: Path, tmp_path: Path) -> None:
    (folder / "secret_key").chmod(0o444)
    datafolder.prepare(folder, tmp_path)
    assert mode(folder / "secret_key") == 0o400


def test_a_folder_that_holds_other_things_stays_open_and_the_hubs_files_are_closed(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "index.html").write_text("somebody else's")
    (folder / "index.html").chmod(0o644)
    datafolder.prepare(folder, tmp_path)
    assert (mode(folder), mode(folder / "index.html")) == (0o755, 0o644)
    assert mode(folder / "hub.sqlite3") == 0o600
    assert list(datafolder.open_to_others(folder)) == [folder]


def test_the_projects_own_folder_is_closed_whatever_is_in_it(folder: Path) -> None:
    (folder / "backup.sqlite3").write_text("kept by hand")
    datafolder.prepare(folder, folder)
    assert mode(folder) == 0o700


def test_a_shared_folder_stays_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    datafolder.prepare(shared, tmp_path)
    assert shared.stat().st_mode & 0o7777 == 0o1777


def test_a_link_leads_to_nothing_that_is_changed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("x")
    (tmp_path / "elsewhere").chmod(0o644)
    (folder / "secret_key").unlink()
    (folder / "secret_key").symlink_to(tmp_path / "elsewhere")
    datafolder.prepare(folder, tmp_path)
    assert mode(tmp_path / "elsewhere") == 0o644


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(datafolder.Unusable, match="File exists"):
        datafolder.prepare(tmp_path / "file", tmp_path)


def test_a_database_and_what_sqlite_puts_beside_it_are_their_owners_alone(tmp_path: Path) -> None:
    file = datafolder.keep_private(tmp_path / "hub.sqlite3")
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE one (two)")
    connection.commit()
    assert {one.name: mode(one) for one in tmp_path.iterdir()} == dict.fromkeys(
        ("hub.sqlite3", "hub.sqlite3-wal", "hub.sqlite3-shm"), 0o600
    )
    connection.close()
    file.chmod(0o644)
    datafolder.keep_private(file)
    assert mode(file) == 0o600


def test_a_file_that_is_no_database_keeps_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "passwd"
    file.write_text("root:x:0:0")
    file.chmod(0o644)
    datafolder.keep_private(file)
    assert mode(file) == 0o644


def test_the_embedded_odoos_file_is_its_owners_alone(tmp_path: Path) -> None:
    install(tmp_path / "odoo.sqlite3", demo=False)
    assert [file.name for file in tmp_path.iterdir() if mode(file) != 0o600] == []
