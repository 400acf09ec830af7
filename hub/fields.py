"""Model fields of the hub: text that is encrypted in the database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from hub.crypto import Cipher


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> Cipher:
    return Cipher(keys)


def cipher() -> Cipher:
    """The cipher of HUB_ENCRYPTION_KEYS."""
    return _cipher(tuple(settings.HUB_ENCRYPTION_KEYS))


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # Django takes none at run time
    """Text that stands encrypted in the database and plain in Python; empty text stays empty.

    Not searchable. Raises hub.crypto.WrongKey when read with keys that did not write it, and
    leaves the value out of fixtures and exports (``value_to_string``).
    """

    def get_prep_value(self, value: Any) -> Any:
        """What the database gets: a token of the newest key."""
        text = super().get_prep_value(value)
        return cipher().encrypt(text) if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        """What Python gets: the plain text."""
        return cipher().decrypt(value) if value else value

    def value_to_string(self, obj: models.Model) -> str:
        """For dumpdata: nothing, since plain secrets do not belong in files."""
        return ""
