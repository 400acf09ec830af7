"""Makes .venv and installs the pinned requirements into it; called by scripts/bootstrap, which has found the Python.

Everything that pip says goes into var/bootstrap.log; on the terminal there is one sentence.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

FOLDER = Path(__file__).resolve().parent.parent
VENV = FOLDER / ".venv"
LOG = FOLDER / "var" / "bootstrap.log"
UNFINISHED = VENV / ".unfinished"
"""There while something is being installed; still there afterwards, it tells of an interruption."""

CAUSES = (
    (
        r"Temporary failure in name resolution|NameResolutionError|NewConnectionError|ConnectTimeout|ProxyError|"
        r"Network is unreachable|Connection refused|nodename nor servname|Max retries exceeded",
        "the package index can't be reached. Connect this machine to the network (or set pip's index) and start again",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "a package is not the one that was pinned. Start again, or ask who runs the package index",
    ),
    (r"No space left on device", "the disk is full. Make room and start again"),
    (r"Permission denied", "a file could not be written. Run it as the owner of the folder"),
    (
        r"No matching distribution found",
        "a package isn't available for this Python and machine, or the package index can't be reached",
    ),
)


class Trouble(Exception):
    """A sentence for whoever started this."""


def main(requirements: str) -> None:
    """Bring .venv in step with that file; does nothing when another has just done so."""
    try:
        LOG.parent.mkdir(mode=0o700, exist_ok=True)  # the data folder: nobody else's to look into
        lock = private(LOG.parent / "bootstrap.lock")
    except OSError as error:
        raise Trouble(
            f"{FOLDER} cannot be written to ({error.strerror}). Start as the folder's owner, or in a copy of your own."
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = VENV / f".installed-{requirements}"
        wanted = f"{FOLDER}\n{(FOLDER / requirements).read_text()}"
        if stamp.is_file() and stamp.read_text() == wanted and works():
            return
        with private(LOG) as log:
            install(requirements, log.fileno())
        stamp.write_text(wanted)
        UNFINISHED.unlink()


def private(path: Path) -> IO[str]:
    """The file, emptied, to be written; nobody else may read it."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w")


def works() -> bool:
    """Whether .venv is whole and was made here: one that was moved or copied still points to its old place."""
    if UNFINISHED.exists() or not (VENV / "pyvenv.cfg").is_file():
        return False
    here = (VENV / "bin" / "activate").is_file() and str(VENV) in (VENV / "bin" / "activate").read_text()
    test = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        ran = subprocess.run([VENV / "bin" / "python", "-c", test], capture_output=True, check=False)
    except OSError:
        return False
    return here and ran.returncode == 0


def install(requirements: str, log: int) -> None:
    """Make .venv anew unless it works, then install; Trouble when either fails."""
    if not works():
        print("Making .venv ...", flush=True)
        try:
            if VENV.is_dir() and not VENV.is_symlink():
                shutil.rmtree(VENV)
            else:
                VENV.unlink(missing_ok=True)
            VENV.mkdir()
            UNFINISHED.touch()
        except OSError as error:
            raise Trouble(f"{VENV} cannot be made: {error.strerror}. Remove it, or start as its owner.") from None
        run([sys.executable, "-m", "venv", str(VENV)], log, "Python's virtual environment could not be made")
    UNFINISHED.touch()
    for old in VENV.glob(".installed-*"):
        old.unlink()
    print(f"Installing {requirements} (the first time this takes a minute) ...", flush=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    options = ["--quiet", "--require-hashes", "--retries", "2", "--timeout", "20", "-r", str(FOLDER / requirements)]
    run([*pip, *options], log, "The requirements could not be installed")


def run(command: list[str], log: int, what: str) -> None:
    """Run it with its words in the log; Trouble, with the likely cause, when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False, cwd=FOLDER)
    if done.returncode:
        text = LOG.read_text(errors="replace")
        why = next((why for pattern, why in CAUSES if re.search(pattern, text)), "the reason is in the log")
        raise Trouble(f"{what}: {why}. (Log: {LOG.relative_to(FOLDER)})")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit("Interrupted. Start again to go on.")
