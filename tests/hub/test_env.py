"""Settings from the environment: defaults, wrong values, kept secrets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hub import env


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting from outside."""
    for setting in env.SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)


def test_every_setting_has_a_default(tmp_path: Path) -> None:
    assert env.read_settings(tmp_path)["HUB_PORT"] == 8000


def test_the_env_file_is_read_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("HUB_PORT=9001\nHUB_WORKERS=5\n")
    monkeypatch.setenv("HUB_PORT", "9002")
    monkeypatch.setenv("HUB_WORKERS", "")
    monkeypatch.delenv("HUB_WORKERS")
    values = env.read_settings(tmp_path)
    assert (values["HUB_PORT"], values["HUB_WORKERS"]) == (9002, 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_PORT", "eighty"),
        ("HUB_PORT", "0"),
        ("HUB_DEMO", "maybe"),
        ("HUB_ALLOWED_NETWORKS", "10.0.0.0/99"),
        ("HUB_POLL_SECONDS", "-1"),
        ("HUB_WORKERS", "0"),
    ],
)
def test_a_wrong_value_stops_with_a_sentence_that_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=name):
        env.read_settings(tmp_path)


def test_a_kept_secret_is_made_once_and_readable_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "key"
    first = env.kept_secret(path, env.new_secret_key)
    assert env.kept_secret(path, env.new_secret_key) == first
    assert path.stat().st_mode & 0o077 == 0


def test_processes_that_start_at_once_keep_the_same_secret(tmp_path: Path) -> None:
    script = "import pathlib, sys; from hub.env import *; print(kept_secret(pathlib.Path(sys.argv[1]), new_secret_key))"
    command = [sys.executable, "-c", script, str(tmp_path / "key")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=env.BASE_DIR) for _ in range(6)]
    assert len({one.communicate()[0] for one in started}) == 1


@pytest.mark.parametrize("url", ["", "sqlite:////data/hub.sqlite3"])
def test_sqlite_is_set_up_for_several_processes(tmp_path: Path, url: str) -> None:
    config = env.database(url, tmp_path)
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "WAL" in config["OPTIONS"]["init_command"]


def test_a_postgresql_url_is_taken_apart(tmp_path: Path) -> None:
    config = env.database("postgres://me:p%40ss@db.example.com:5433/hub", tmp_path)
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["NAME"], config["USER"], config["PASSWORD"], config["PORT"]) == ("hub", "me", "p@ss", 5433)
