"""The part of a configuration, and of a run, that is about pulling a third party's list into Odoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from hub.errors import HubError
from hub.fields import EncryptedTextField
from hub.flow import pulling, shape
from hub.flow.paging import paging
from syncconfig.choices import answer_formats, pagings
from syncconfig.validators import validate_json_path

LONGEST_OVERLAP = 7 * 86_400
"""Seconds."""


class HowToPull(models.Model):
    """Where the list is, how its pages follow each other, and how to ask for what is new alone."""

    class CursorBy(models.TextChoices):
        """What the next run begins from."""

        NOTHING = "none", "Nothing: each run fetches the whole list"
        FIELD = "field", "The greatest value of a field of the items"
        TIME = "time", "The time at which the last good run was started"

    items_path = models.CharField(
        "where the items are",
        max_length=300,
        blank=True,
        validators=[validate_json_path],
        help_text="A JSONPath to the list in the answer: $.data.orders, or $.items[?@.active]. In XML by the names of "
        "the elements: $.orders.order. Empty: the answer itself is the list. CSV needs none.",
    )
    answer_format = models.CharField(
        "format",
        max_length=10,
        choices=answer_formats,
        default="auto",
        help_text="What the external system answers with.",
    )
    paging = models.CharField(
        max_length=20, choices=pagings, default="none", help_text="How the external system hands out a long list."
    )
    page_parameter = models.CharField(
        "parameter of the page",
        max_length=100,
        blank=True,
        help_text="Chooses the page in the address. Empty: page, offset or cursor, as the paging is called.",
    )
    size_parameter = models.CharField(
        "parameter of the size",
        max_length=100,
        blank=True,
        help_text="For how many items a page has, such as per_page or limit; Page Size is sent in it. Empty: the "
        "external system decides.",
    )
    first_page = models.PositiveIntegerField(
        default=1,
        validators=[MaxValueValidator(1)],
        help_text="The number of the first page: 1, or 0 for a system that counts from there.",
    )
    next_path = models.CharField(
        "where the next page is told",
        max_length=300,
        blank=True,
        validators=[validate_json_path],
        help_text="A JSONPath to the cursor or the address of the next page: $.meta.next_cursor, $.links.next; that of "
        "the last item: $.data[-1].id.",
    )
    most_pages = models.PositiveIntegerField(
        default=10_000,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text="A run that meets more has gone wrong, and stops with an error.",
    )
    cursor_by = models.CharField(
        "begin from",
        max_length=10,
        choices=CursorBy.choices,
        default=CursorBy.NOTHING,
        help_text="What stands for {{ cursor }} in the query parameters, as in: updated_since = {{ cursor }}. It is "
        "kept when a run has come to its end, and is empty at first: then the parameter is left out.",
    )
    cursor_path = models.CharField(
        "field of the items",
        max_length=300,
        blank=True,
        validators=[validate_json_path],
        help_text="A JSONPath within an item, such as updated_at or $.meta.modified. Times in ISO 8601 or as "
        "day.month.year, numbers, and texts in an order work; no dates such as 11/21/2026.",
    )
    cursor_start = models.CharField(
        "at first",
        max_length=100,
        blank=True,
        help_text="What the very first run begins from, such as 2026-01-01T00:00:00Z. Empty: from the beginning.",
    )
    cursor_overlap = models.PositiveIntegerField(
        "overlap",
        default=60,
        validators=[MaxValueValidator(LONGEST_OVERLAP)],
        help_text="Seconds that are fetched once more, for what changed while the last run looked. What is in Odoo "
        "already is not written again.",
    )

    class Meta:
        """Columns of the configuration."""

        abstract = True

    def wrong_of_pull(self, texts: Mapping[str, str], match_keys: str) -> dict[str, str]:
        """The rules for a pull, by field; ``texts`` are the address and the parameters."""
        wrong: dict[str, str] = {}
        if not match_keys.replace(",", " ").split():
            wrong["match_keys"] = (
                "A pull needs the external keys that tell a record, such as id: by them it finds what is in Odoo "
                "already, and makes no second one."
            )
        for name, text in texts.items():
            for value in [text] if name == "url" else _values(text):
                wrong |= _wrong_names(name, value)
        known = self.paging in dict(pagings())  # else the field's own choices say so
        if known and paging(self.paging).needs_next and not self.next_path.strip():
            wrong["next_path"] = "This paging needs the way to what leads to the next page, such as $.meta.next_cursor."
        if self.cursor_by == self.CursorBy.FIELD and not self.cursor_path.strip():
            wrong["cursor_path"] = "Say which field of the items it is, such as updated_at."
        if self.cursor_by != self.CursorBy.NOTHING and not any("cursor" in text for text in texts.values()):
            wrong["cursor_by"] = (
                "Nothing asks for it: write it into the query parameters, as in updated_since = {{ cursor }}"
            )
        return wrong


def _values(lines: str) -> Sequence[str]:
    try:
        return [value for _, value in shape.parameters(lines)]
    except HubError:
        return []  # the field's own validator says what is wrong


def _wrong_names(field: str, text: str) -> dict[str, str]:
    try:
        found = shape.template(text).paths if shape.is_template(text) else ()
    except HubError:
        return {}
    for name in found:
        if name.split(".")[0] not in pulling.NAMES:
            told = (
                f"A pull has no record, so there is no {{{{ {name} }}}}: use {{{{ cursor }}}}, or write the value out."
            )
            return {field: told}
    return {}


class HowFarPulled(models.Model):
    """Columns of a run that pulls: where it goes on, and what became of the items so far."""

    pulls = models.BooleanField(default=False, editable=False)
    from_start = models.BooleanField(
        "everything", default=False, help_text="It fetches the whole list, whatever was fetched before."
    )
    position = EncryptedTextField(
        blank=True,
        default="",
        editable=False,
        help_text="As JSON, while it runs: the address of the next page may hold a key. Stored encrypted.",
    )
    pages = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField("failed tries of the next page", default=0)
    items_created = models.PositiveIntegerField("created", default=0)
    items_updated = models.PositiveIntegerField("updated", default=0)
    items_unchanged = models.PositiveIntegerField("unchanged", default=0)
    items_skipped = models.PositiveIntegerField("left out", default=0)
    items_failed = models.PositiveIntegerField("failed", default=0)
    failures = models.JSONField(default=list, blank=True, help_text="The first ones: which item, and why.")
    notes = models.JSONField(
        default=list, blank=True, help_text="What a person should know of the run, though it is no failure."
    )

    class Meta:
        """Columns of the run."""

        abstract = True

    TALLY = ("created", "updated", "unchanged", "skipped", "failed")

    @property
    def tally(self) -> dict[str, int]:
        """How many items were created, updated, unchanged, skipped, and how many failed."""
        return {name: int(getattr(self, f"items_{name}")) for name in self.TALLY}

    @property
    def in_words(self) -> str:
        """The tally in a line."""
        told: dict[str, Any] = self.tally | {"left out": self.items_skipped}
        names = ("created", "updated", "unchanged", *(("left out",) if self.items_skipped else ()), "failed")
        return ", ".join(f"{told[name]:,} {name}" for name in names)
