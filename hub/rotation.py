"""Writing anew with the first encryption key what stands under an older one, while the hub runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import ExpressionWrapper, F, QuerySet, TextField, Value
from django.db.models.functions import Length

from hub import rows
from hub.crypto import Cipher, WrongKey
from hub.fields import EncryptedTextField, cipher

ROWS = 500
"""Primary keys that are read at once."""

LETTERS = 2_000_000
"""Letters of tokens that are read at once, when each is shorter: bodies of jobs may have many millions."""


@dataclass(frozen=True)
class Stored:
    """A value as it stands in the database."""

    column: EncryptedTextField
    pk: Any
    token: str = field(repr=False)

    @property
    def place(self) -> str:
        """Where it is, in words, without anything of it."""
        return f"{self.column.model._meta.verbose_name} {self.pk}, field {self.column.name}"


@dataclass
class Tally:
    """How the values of one model stand."""

    name: str
    first: int = 0
    """Under the first key, also those that were written anew."""

    older: int = 0
    """Under an older key."""

    renewed: int = 0
    """Written anew just now."""

    unreadable: int = 0
    """Under none of the keys, or damaged."""


def columns() -> list[EncryptedTextField]:
    """Every encrypted column there is, whichever app it belongs to."""
    models = apps.get_models(include_auto_created=True)
    return [one for model in models for one in model._meta.local_fields if isinstance(one, EncryptedTextField)]


def look(tell: Callable[[Stored], None]) -> list[Tally]:
    """Count only. ``tell`` hears of each value that no key fits."""
    return _go_through(tell, _leave)


def rotate(tell: Callable[[Stored], None]) -> list[Tally]:
    """Write anew with the first key what stands under an older one. ``tell`` hears of each value that no key fits.

    Each value is a statement of its own, which touches nothing that was changed after it was read: workers wait for
    no more than one of them, an interruption loses nothing, and the next call goes on with what is left.
    """
    return _go_through(tell, renew)


def renew(stored: Stored, keys: Cipher) -> bool:
    """Write one value anew; False when it is no longer what it was. Raises WrongKey when no key fits."""
    token = keys.rotate(stored.token)
    with rows.turn():  # one row locked at a time: nobody can be caught in a deadlock with it
        unchanged = _tokens(stored.column).filter(pk=stored.pk, raw_token=stored.token)
        return bool(unchanged.update(**{stored.column.name: Value(token, output_field=TextField())}))


def stored(column: EncryptedTextField) -> Iterator[Stored]:
    """The values of a column, by primary key; no more of them in memory than LETTERS, or one."""
    every = _tokens(column).filter(raw_token__gt="").order_by("pk")
    rest = every
    while sizes := list(rest.values_list("pk", Length("raw_token"))[:ROWS]):
        for keys in _parts(sizes):
            yield from [Stored(column, *row) for row in every.filter(pk__in=keys).values_list("pk", "raw_token")]
        rest = every.filter(pk__gt=sizes[-1][0])


def _parts(sizes: Sequence[tuple[Any, int]]) -> Iterator[list[Any]]:
    part: list[Any] = []
    letters = 0
    for key, size in sizes:
        if part and letters + size > LETTERS:
            yield part
            part, letters = [], 0
        part.append(key)
        letters += size
    if part:
        yield part


def _tokens(column: EncryptedTextField) -> QuerySet[Any]:
    """The rows of its model, with ``raw_token``: the column as the database has it, which the field never shows."""
    plain = ExpressionWrapper(F(column.name), output_field=TextField())
    return column.model._base_manager.annotate(raw_token=plain)


def _leave(stored: Stored, keys: Cipher) -> bool:
    keys.decrypt(stored.token)
    return False


def _go_through(tell: Callable[[Stored], None], write: Callable[[Stored, Cipher], bool]) -> list[Tally]:
    keys, tallies = cipher(), dict[str, Tally]()
    for column in columns():
        meta = column.model._meta
        tally = tallies.setdefault(meta.label, Tally(str(meta.verbose_name_plural)))
        for one in stored(column):
            try:
                _count(one, keys, tally, write)
            except WrongKey:
                tally.unreadable += 1
                tell(one)
    return list(tallies.values())


def _count(one: Stored, keys: Cipher, tally: Tally, write: Callable[[Stored, Cipher], bool]) -> None:
    if keys.is_of_first(one.token):
        tally.first += 1
        return
    if write(one, keys):
        tally.renewed += 1
        tally.first += 1
    else:
        tally.older += 1
