"""The first command of a newcomer, in folders of its own, with nothing from the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "cat", "env")


def project(folder: Path, requirements: str = "# nothing\n") -> Path:
    """A project with nothing in it but what bootstraps it."""
    (folder / "scripts").mkdir(parents=True)
    for name in ("bootstrap", "environment.py"):
        shutil.copy(ROOT / "scripts" / name, folder / "scripts" / name)
    (folder / "requirements.txt").write_text(requirements)
    return folder


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    settings = {
        **plain,
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHON": getattr(sys, "_base_executable", sys.executable),
        **environment,
    }
    command = [folder / "scripts" / "bootstrap", *arguments]
    return subprocess.Popen(
        command,
        cwd="/",
        env=settings,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )


def bootstrap(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = start(folder, *arguments, **environment)
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, bootstrapped, in a folder whose name has spaces."""
    folder = project(tmp_path_factory.mktemp("a project") / "Sync Hub (copy)")
    code, out, err = bootstrap(folder)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Making .venv ...",
        "Installing requirements.txt (the first time this takes a minute) ...",
    ]
    return folder


def made_at(folder: Path) -> int:
    return (folder / ".venv" / "pyvenv.cfg").stat().st_mtime_ns


def test_a_fresh_folder_gets_a_python_of_its_own(made: Path) -> None:
    shown = subprocess.run(
        [made / ".venv" / "bin" / "python", "-c", "import sys, pip; print(sys.prefix)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.strip() == str(made / ".venv")


def test_a_second_start_does_nothing(made: Path) -> None:
    before = made_at(made)
    assert bootstrap(made) == (0, "", "")
    assert made_at(made) == before


def test_changed_requirements_are_installed_into_the_same_venv(made: Path) -> None:
    before = made_at(made)
    (made / "requirements.txt").write_text("# changed\n")
    code, out, err = bootstrap(made)
    assert (code, err) == (0, "")
    assert out.startswith("Installing")
    assert made_at(made) == before
    assert bootstrap(made) == (0, "", "")


def test_requirements_for_development_are_a_step_of_their_own(made: Path) -> None:
    (made / "requirements-dev.txt").write_text("# for tests\n")
    assert bootstrap(made, "--dev")[1].startswith("Installing requirements-dev.txt")
    assert bootstrap(made, "--dev") == (0, "", "")
    code, _, err = bootstrap(made, "--fast")
    assert code == 2
    assert err.startswith("usage:")


@pytest.mark.parametrize("harm", ["moved", "half-made", "interrupted", "python gone"])
def test_a_venv_that_cannot_be_trusted_is_made_again(made: Path, tmp_path: Path, harm: str) -> None:
    folder = project(tmp_path / "elsewhere")
    if harm == "half-made":
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    else:
        shutil.copytree(made / ".venv", folder / ".venv", symlinks=True)
    if harm == "interrupted":
        (folder / ".venv" / ".unfinished").touch()
    if harm == "python gone":
        (folder / ".venv" / "bin" / "python").unlink()
        (folder / ".venv" / "bin" / "python").symlink_to("/no/such/python")
    code, out, err = bootstrap(folder)
    assert (code, err) == (0, "")
    assert out.startswith("Making .venv")
    assert str(folder) in (folder / ".venv" / "bin" / "activate").read_text()
    assert bootstrap(folder) == (0, "", "")


def test_two_at_once_make_it_once(tmp_path: Path) -> None:
    folder = project(tmp_path / "shared")
    both = [start(folder), start(folder)]
    answers = [(*process.communicate(), process.returncode) for process in both]
    assert [(err, code) for _, err, code in answers] == [("", 0), ("", 0)]
    assert sum(out.count("Making") for out, _, _ in answers) == 1


def test_an_install_without_network_is_one_sentence_and_a_log(tmp_path: Path) -> None:
    pin = "nothing-of-that-name==1.0 --hash=sha256:" + "0" * 64
    folder = project(tmp_path / "offline", f"--index-url http://127.0.0.1:9/simple\n{pin}\n")  # nobody listens there
    code, _, err = bootstrap(folder)
    assert code == 1
    assert err == (
        "The requirements could not be installed: the package index can't be reached. Connect this machine to the "
        "network (or set pip's index) and start again. (Log: var/bootstrap.log)\n"
    )
    assert "nothing-of-that-name" in (folder / "var" / "bootstrap.log").read_text()
    (folder / "requirements.txt").write_text("# nothing\n")
    assert bootstrap(folder)[0] == 0  # and the next start mends it


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    folder = project(tmp_path / "read-only")
    (folder / "var").write_text("in the way")
    code, out, err = bootstrap(folder)
    assert (code, out) == (1, "")
    assert err.startswith(f"{folder} cannot be written to (")
    assert err.count("\n") == 1


def machine(folder: Path, **programs: str) -> str:
    """A PATH with a shell's bare necessities and those programs, as shell scripts."""
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or "/no/such/tool")
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


OLD = 'case "$2" in *version_info\\ \\<*) exit 1 ;; *) echo 3.9.2 ;; esac'
SHIM = 'echo "version 3.12 is not installed" >&2; exit 127'
NO_VENV = 'case "$2" in *ensurepip*) exit 1 ;; *version_info\\ \\<*) exit 0 ;; *) echo 3.12.4 ;; esac'


def test_an_old_python_is_named_with_what_to_install(tmp_path: Path) -> None:
    path = machine(tmp_path / "bin", python3=OLD, **{"python3.12": SHIM})
    code, _, err = bootstrap(project(tmp_path / "p"), PATH=path, PYTHON="")
    assert code == 1
    assert err == (
        "Sync Hub needs Python 3.11 or newer, and this machine has only an older one (python3 is 3.9.2). Install a "
        "newer one beside it, for example: apt install python3.11 python3.11-venv (Debian, Ubuntu) or brew install "
        "python@3.11 (macOS). One in another place is named so: PYTHON=/opt/python3.12/bin/python3 make run\n"
    )


def test_no_python_at_all_is_said(tmp_path: Path) -> None:
    code, _, err = bootstrap(project(tmp_path / "p"), PATH=machine(tmp_path / "bin"), PYTHON="")
    assert code == 1
    assert "and there is no python3 here. Install it, for example" in err


def test_a_python_without_venv_is_said(tmp_path: Path) -> None:
    path = machine(tmp_path / "bin", python3=OLD, **{"python3.12": NO_VENV})
    code, _, err = bootstrap(project(tmp_path / "p"), PATH=path, PYTHON="")
    assert code == 1
    assert err == (
        "Python 3.12.4 is here, but without its module venv. Install it, for example: apt install python3.12-venv\n"
    )


def test_a_machine_without_cksum_bootstraps_once(made: Path, tmp_path: Path) -> None:
    real = getattr(sys, "_base_executable", sys.executable)
    path = machine(tmp_path / "bin", python3=f'exec "{real}" "$@"')
    folder = project(tmp_path / "p")
    code, _, err = bootstrap(folder, PATH=path, PYTHON="")
    assert (code, err) == (0, "")
    assert bootstrap(folder, PATH=path, PYTHON="") == (0, "", "")


def test_the_data_folder_that_it_makes_is_its_owners_alone(made: Path) -> None:
    assert (made / "var").stat().st_mode & 0o077 == 0
    assert [file.name for file in (made / "var").iterdir() if file.stat().st_mode & 0o077] == []


def test_a_newer_python_is_found_behind_an_old_one_and_a_shim(made: Path, tmp_path: Path) -> None:
    real = getattr(sys, "_base_executable", sys.executable)
    path = machine(tmp_path / "bin", python3=OLD, **{"python3.11": SHIM, "python3.12": f'exec "{real}" "$@"'})
    folder = project(tmp_path / "p")
    (folder / "var").write_text("in the way")  # it got as far as wanting to write
    assert "cannot be written to" in bootstrap(folder, PATH=path, PYTHON="")[2]
