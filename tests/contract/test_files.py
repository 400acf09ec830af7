"""Binary fields of any size, in and out, piece by piece."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Iterator

import pytest

from hub.errors import OdooError, OdooMissing
from hub.odoo.connection import Odoo
from tests.contract.conftest import Maker

MODEL, FIELD = "ir.attachment", "datas"


class Noise(io.RawIOBase):
    """So many bytes that are never all in memory."""

    def __init__(self, size: int) -> None:
        self.left, self.done = size, 0

    def read(self, count: int = -1) -> bytes:
        start = self.done % 9
        piece = (b"sync hub " * 8192)[start : start + min(count, self.left)]
        self.left, self.done = self.left - len(piece), self.done + len(piece)
        return piece


def content(odoo: Odoo, record_id: int) -> bytes | None:
    with odoo.read_file(MODEL, record_id, FIELD) as pieces:
        return None if pieces is None else b"".join(pieces)


@pytest.fixture
def attachment(make: Maker, unique: str) -> int:
    return make(MODEL, name=unique)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 57 * 1024, 57 * 1024 + 1, 300_000])
def test_a_file_comes_back_as_it_went(odoo: Odoo, attachment: int, size: int) -> None:
    data = hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1)
    odoo.write_file(MODEL, attachment, FIELD, io.BytesIO(data[:size]), size)
    assert content(odoo, attachment) == data[:size]


def test_an_empty_field_and_a_missing_record(odoo: Odoo, attachment: int) -> None:
    assert not content(odoo, attachment)
    with pytest.raises(OdooMissing):
        content(odoo, 2_000_000_000)
    with pytest.raises(OdooError):
        odoo.write_file(MODEL, 2_000_000_000, FIELD, io.BytesIO(b"x"), 1)
    assert odoo.count(MODEL, [("id", "=", attachment)]) == 1  # the way is still open


def test_a_source_that_ends_early_writes_nothing(odoo: Odoo, attachment: int) -> None:
    with pytest.raises(OdooError):
        odoo.write_file(MODEL, attachment, FIELD, io.BytesIO(b"short"), 100_000)
    assert not content(odoo, attachment)


def test_sixty_megabytes_go_through_in_little_memory(odoo: Odoo, attachment: int) -> None:
    size = 60 * 1024 * 1024
    tracemalloc.start()
    try:
        odoo.write_file(MODEL, attachment, FIELD, Noise(size), size)  # type: ignore[arg-type]
        total, digest = 0, hashlib.sha256()
        with odoo.read_file(MODEL, attachment, FIELD) as pieces:
            assert pieces is not None
            for piece in pieces:
                total += len(piece)
                digest.update(piece)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == size
    assert digest.digest() == expected(size)
    assert most < 4 * 1024 * 1024


def expected(size: int) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces_of(Noise(size)):
        digest.update(piece)
    return digest.digest()


def pieces_of(source: Noise) -> Iterator[bytes]:
    while piece := source.read(4096):
        yield piece
