"""The part of an Out configuration that says when records are sent by themselves."""

from __future__ import annotations

from django.db import models

from syncconfig.validators import validate_cron, validate_field_names


def words(text: str) -> tuple[str, ...]:
    """The items of a list that people write with commas, spaces or lines between them."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def listed(text: str) -> tuple[str, ...]:
    """The items of a list with commas or lines between them; an item may hold spaces."""
    return tuple(dict.fromkeys(item for line in text.replace(",", "\n").splitlines() if (item := line.strip())))


class WhenToSend(models.Model):
    """What triggers it, and whose changes do not."""

    on_create = models.BooleanField("when a record is created", default=False)
    on_update = models.BooleanField("when a record is updated", default=False)
    trigger_fields = models.CharField(
        "only when these fields change",
        max_length=500,
        blank=True,
        validators=[validate_field_names],
        help_text="Odoo fields, separated by commas: name, email, phone. An update that changes none of them sends "
        "nothing. Empty: every update counts.",
    )
    on_delete = models.BooleanField(
        "when a record is deleted",
        default=False,
        help_text="Heard from an Odoo that has an outbox or sends webhooks: see its connection.",
    )
    on_state = models.BooleanField(
        "when a state changes",
        default=False,
        help_text="When one field goes from one value to another, such as a quotation that becomes a sales order.",
    )
    state_field = models.CharField(
        "field",
        max_length=100,
        blank=True,
        validators=[validate_field_names],
        help_text="The field that is watched, such as state, stage_id or active.",
    )
    state_from = models.CharField(
        "from",
        max_length=300,
        blank=True,
        help_text="Its values before, in Odoo's own spelling, separated by commas: draft, sent. Of a relation the id "
        "or the name; true and false. Empty: any, and a new record counts, too.",
    )
    state_to = models.CharField(
        "to", max_length=300, blank=True, help_text="Its values after, such as sale. Empty: any."
    )
    schedule = models.CharField(
        max_length=100,
        blank=True,
        validators=[validate_cron],
        help_text="Send all matching records at these times, as five fields: minute hour day month weekday. "
        "Every hour: 0 * * * *. Every night at 2:30: 30 2 * * *. In words: every 5 minutes, every 2 hours, daily at "
        "2:30. Empty: never.",
    )
    not_back_to = models.ManyToManyField(
        "syncconfig.ApiClient",
        blank=True,
        related_name="+",
        verbose_name="don't send back what came from",
        help_text="API clients that belong to the external system: what they write through the hub is known there, and "
        "is not sent to it again. A change that others make to the same record is.",
    )

    class Meta:
        """Columns of the configuration."""

        abstract = True

    def wrong_of_triggers(self) -> dict[str, str]:
        """What does not fit together, by field."""
        if self.on_state and not self.state_field:
            return {"state_field": "Name the field whose changes count, such as state."}
        both = set(listed(self.state_from)) & set(listed(self.state_to))
        if self.on_state and both and len(listed(self.state_from)) == len(listed(self.state_to)) == 1:
            return {"state_to": "From and to are the same value: that is no change."}
        return {}
