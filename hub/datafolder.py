"""The data folder: made for its owner alone, mended where an earlier hub left it open, with the secrets kept in it."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The rights of the group and of everybody else: nobody but the hub's user has any in its folder."""

OWN = (
    "hub.sqlite3*", "odoo.sqlite3*", "secret_key", "encryption_key", ".secret_key.*", ".encryption_key.*",
    "demo.json", "demo.new", "start.lock", "web.lock", "worker.lock", "bootstrap.lock", "bootstrap.log",
)  # fmt: skip
"""What the hub itself keeps there."""

SQLITE = b"SQLite format 3\0"
"""How a database's file begins, unless it is empty."""

OF_A_VOLUME = ("lost+found",)


class Unusable(Exception):
    """The folder cannot be used; the text says why."""


def prepare(folder: Path, default: Path) -> Path:
    """Make the folder if need be, take away what others may do in it, and answer its real path.

    A folder that was there is closed to others only when it is ``default`` or holds nothing but the hub's files:
    closing a folder that others use would break what they do. The hub's own files are closed in any case.
    Raises Unusable.
    """
    try:
        folder = folder.expanduser().resolve()
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mend(folder, own=folder == default)
        # A folder may refuse files though its mode allows them (/proc, a file system mounted read-only): try.
        os.close(os.open(folder / "start.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Unusable("Permission denied")
    except OSError as error:
        raise Unusable(error.strerror or "it is no path") from None
    except (RuntimeError, ValueError):  # a loop of links, or a home that is not known
        raise Unusable("it is no path") from None
    return folder


def mend(folder: Path, *, own: bool) -> None:
    """Take the rights of others away from the hub's files there, and from the folder when it is the hub's own."""
    entries = list(os.scandir(folder))
    strange = [one for one in entries if one.name not in OF_A_VOLUME and not _is_own(one.name)]
    if (own or not strange) and not folder.stat().st_mode & stat.S_ISVTX:  # the sticky bit tells of a shared folder
        _close(folder)
    for one in entries:
        if _is_own(one.name) and one.is_file(follow_symlinks=False):
            _close(Path(one.path))


def keep_private(file: Path) -> Path:
    """See to it that this database is its owner's alone, before SQLite makes it: its -wal and -shm take the same mode.

    A file that is there and no database is left alone, for the path may be a mistake: whoever opens it says so.
    """
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if _is_database(file):
            for one in (file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm", "-journal"))):
                _close(one)
    except OSError:
        pass  # whoever opens it says why
    return file


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file ``path``; made, and kept readable for its owner alone, when there is none.

    Safe when several processes ask at once: the file appears whole or not at all.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def open_to_others(folder: Path) -> Iterator[Path]:
    """The folder itself, and the hub's files in it, as far as others than their owner may do anything with them."""
    for one in (folder, *(Path(entry.path) for entry in os.scandir(folder) if _is_own(entry.name))):
        if one.exists() and one.stat().st_mode & OTHERS:
            yield one


def _is_database(file: Path) -> bool:
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return opened.read(len(SQLITE)) in (SQLITE, b"")
    except OSError:
        return False


def _is_own(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in OWN)


def _close(path: Path) -> None:
    """Take the rights of others away from what is ours."""
    try:
        found = path.lstat()
        if found.st_uid == os.geteuid() and found.st_mode & OTHERS and not stat.S_ISLNK(found.st_mode):
            path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    except OSError:
        pass  # gone meanwhile, or on a file system without modes: check hub.W004 tells of what stays open
