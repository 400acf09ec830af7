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


WRONG = {
    "HUB_DATABASE_URL": ["foo", "mysql://me@host/hub", "postgres://host", "postgres://host:port/hub", "sqlite://",
                         "postgres://me:pa#ss@host/hub", "postgres://me:pa/ss@host/hub", "sqlite:///relative.sqlite3"],
    "HUB_BROKER_URL": ["foo", "http://host:6379/0", "redis://", "redis://host:port/0", "redis://host/first"],
    "HUB_SECRET_KEY": ["two\nlines", "a", "x" * 31],
    "HUB_ENCRYPTION_KEYS": ["foo", ",", "a,b"],
    "HUB_DEBUG": ["maybe"],
    "HUB_LOG_LEVEL": ["loud", "1"],
    "HUB_TIME_ZONE": ["Mars", "Europe", "../passwd", "/etc/passwd", "Europe/Berln"],
    "HUB_HOST": ["http://127.0.0.1", "127.0.0.1:8000", "two words", "::zz", "-a"],
    "HUB_PORT": ["eighty", "0", "-1", "70000", "80.5", "1e3", "9" * 5000],
    "HUB_PUBLIC_URL": ["hub.example.com", "ftp://hub.example.com", "https://", "https://me:pw@hub.example.com",
                       "https://hub.example.com/hub", "https://hub.example.com?a=b", "https://hub:port"],
    "HUB_ALLOWED_HOSTS": ["https://hub.example.com", "hub.example.com:8000", "a b"],
    "HUB_TRUSTED_PROXIES": ["proxy", "10.0.0.0/99", "10.0.0.1/8"],
    "HUB_WEB_PROCESSES": ["0", "many", "100000"],
    "HUB_WEB_THREADS": ["0", "many", "100000"],
    "HUB_MAX_BODY_MB": ["0", "1.5", "10 MB", "100000"],
    "HUB_MAX_FILE_MB": ["0", "1.5", "10 MB", "100000"],
    "HUB_REQUEST_SECONDS": ["-1", "0", "soon", "nan", "inf", "86400"],
    "HUB_METRICS_TOKEN": ["two words", "naïve"],
    "HUB_WORKERS": ["0", "many", "100000"],
    "HUB_DELIVERY_THREADS": ["0", "many", "100000"],
    "HUB_HINTED_POLL_SECONDS": ["-1", "0", "often", "nan", "inf", "86400"],
    "HUB_POLL_SECONDS": ["-1", "0", "often", "nan", "inf", "86400"],
    "HUB_ALLOWED_NETWORKS": ["10.0.0.0/99", "intranet", "10.0.0.1/8", "127.0.0.1:8000"],
    "HUB_EMAIL_URL": ["mail.example.com", "https://user:canary@mail.example.com", "smtp://"],
    "HUB_EMAIL_FROM": ["hub", "Hub <hub@example.com>"],
    "HUB_NOTICE_TO": ["ops", "ops@example.com, nobody"],
    "HUB_NOTICE_URL": ["alerts.example.com", "ftp://alerts.example.com/", "https:///x"],
    "HUB_NOTICE_SECRET": ["canary", "whsec_short", "whsec_%%%"],
    "HUB_KEEP_DAYS": ["0", "for ever", "99999999"],
    "HUB_DEMO": ["maybe", "2"],
    "HUB_ADMIN_PASSWORD": ["two\nlines"],
    "HUB_ODOO_URL": ["odoo.example.com", "ftp://odoo.example.com", "http://", "http://me:pw@odoo.example.com",
                     "/var/odoo.sqlite3", "http://odoo:port", "http://odoo.example.com/?db=x"],
    "HUB_ODOO_DATABASE": ["two\nlines"],
    "HUB_ODOO_LOGIN": ["two\nlines"],
    "HUB_ODOO_PASSWORD": ["two\nlines"],
    "HUB_ODOO_API_KEY": ["two words"],
    "HUB_ODOO_TRANSPORT": ["foo", "embedded", "xmlrpc"],
}  # fmt: skip
"""Values that cannot be used, for each setting; HUB_DATA_DIR has tests of its own, on real folders."""


def test_wrong_values_are_tried_for_every_setting() -> None:
    assert {setting.name for setting in env.SETTINGS} - WRONG.keys() == {"HUB_DATA_DIR"}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_stops_with_one_line_that_names_the_variable_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stopped:
        env.read_settings(tmp_path)
    told = str(stopped.value.code)
    assert told.startswith(f"{name} cannot be ")
    assert told.endswith(".")
    assert told.isprintable()
    assert len(told) < 400
    assert any(word in told for word in ("write", "must", "Make one", "such as")), told


@pytest.mark.parametrize(
    ("name", "value"),
    [(setting.name, value) for setting in env.SETTINGS if setting.secret for value in WRONG[setting.name]]
    + [(name, value) for name in ("HUB_ODOO_URL", "HUB_PUBLIC_URL") for value in WRONG[name] if "@" in value],
)
def test_a_refused_secret_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, f"{value}")
    with pytest.raises(SystemExit) as stopped:
        env.read_settings(tmp_path)
    assert f"'{value}'" not in str(stopped.value.code)
    assert "me:pw" not in str(stopped.value.code)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("HUB_PORT", " 65535 ", 65535),
        ("HUB_HOST", "[::1]", "::1"),
        ("HUB_HOST", "localhost", "localhost"),
        ("HUB_LOG_LEVEL", "debug", "DEBUG"),
        ("HUB_TIME_ZONE", "Europe/Berlin", "Europe/Berlin"),
        ("HUB_PUBLIC_URL", "https://hub.example.com/", "https://hub.example.com"),
        ("HUB_PUBLIC_URL", "http://[::1]:8000", "http://[::1]:8000"),
        ("HUB_ALLOWED_HOSTS", "a.example.com, .example.org,*,[::1]", ["a.example.com", ".example.org", "*", "[::1]"]),
        ("HUB_ALLOWED_NETWORKS", "10.0.0.0/8,127.0.0.1", ["10.0.0.0/8", "127.0.0.1/32"]),
        ("HUB_BROKER_URL", "unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("HUB_BROKER_URL", "rediss://:pw@host:1/2", "rediss://:pw@host:1/2"),
        ("HUB_DATABASE_URL", "postgres:///hub", "postgres:///hub"),
        ("HUB_DATABASE_URL", "  ", ""),
        ("HUB_DEMO", "off", False),
    ],
)
def test_what_can_be_used_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, read: object
) -> None:
    monkeypatch.setenv(name, value)
    assert env.read_settings(tmp_path)[name] == read


def test_a_time_zone_that_is_nearly_right_is_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TIME_ZONE", "europe/berlin")
    with pytest.raises(SystemExit, match="such as Europe/Berlin"):
        env.read_settings(tmp_path)


ODOO = {
    "HUB_ODOO_URL": "https://mycompany.odoo.com",
    "HUB_ODOO_DATABASE": "mycompany",
    "HUB_ODOO_LOGIN": "me@example.com",
    "HUB_ODOO_API_KEY": "key",
}


@pytest.mark.parametrize("missing", ["HUB_ODOO_DATABASE", "HUB_ODOO_LOGIN", "HUB_ODOO_API_KEY"])
def test_an_odoo_that_cannot_be_logged_in_to_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in ODOO.keys() - {missing}:
        monkeypatch.setenv(name, ODOO[name])
    with pytest.raises(SystemExit, match=f"^{missing} is empty, but HUB_ODOO_URL names an Odoo: set it to "):
        env.read_settings(tmp_path)


@pytest.mark.parametrize(
    "environment",
    [
        ODOO,
        {**ODOO, "HUB_ODOO_API_KEY": "", "HUB_ODOO_PASSWORD": "password"},
        {**ODOO, "HUB_ODOO_LOGIN": "", "HUB_ODOO_TRANSPORT": "json2"},
    ],
)
def test_an_odoo_with_all_that_it_needs_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert env.read_settings(tmp_path)["HUB_ODOO_URL"] == ODOO["HUB_ODOO_URL"]


def test_json2_without_a_key_is_refused_though_there_is_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {**ODOO, "HUB_ODOO_API_KEY": "", "HUB_ODOO_PASSWORD": "password", "HUB_ODOO_TRANSPORT": "json2"}
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="^HUB_ODOO_API_KEY is empty"):
        env.read_settings(tmp_path)


def test_an_env_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HUB_PORT=\xff\xfe\x00")
    with pytest.raises(SystemExit, match=r"\.env cannot be read"):
        env.read_settings(tmp_path)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("192.168.1.5", "http://192.168.1.5:8000"),
    ],
)
def test_the_hubs_own_address_can_be_called(host: str, url: str) -> None:
    assert env.own_url(host, 8000) == url


def test_a_damaged_kept_key_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "encryption_key").write_text("half a k")
    with pytest.raises(SystemExit, match="encryption_key is damaged: put back a copy"):
        env.encryption_keys([], tmp_path)
    (tmp_path / "encryption_key").write_text("")
    with pytest.raises(SystemExit, match="encryption_key is empty: put back a copy"):
        env.encryption_keys([], tmp_path)


@pytest.mark.parametrize("path", ["/proc/nope", "/dev/null/data", "/proc/self"])
def test_a_data_folder_that_cannot_be_used_is_told(path: str) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("needs Linux's /proc")
    with pytest.raises(SystemExit) as stopped:
        env.data_folder(path)
    told = str(stopped.value.code)
    assert told.startswith(f"HUB_DATA_DIR cannot be '{path}': the folder cannot be made or written to (")
    assert told.endswith("); name one that belongs to you.")


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
