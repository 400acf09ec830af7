"""How the external system behind an Out configuration does: whether it answers, and whether it is to be called."""

from __future__ import annotations

from django.db import models

from syncconfig.models.configuration import Configuration


class Endpoint(models.Model):
    """One row for a configuration whose deliveries cannot just be sent: made when there is something to remember."""

    configuration = models.OneToOneField(
        Configuration, on_delete=models.CASCADE, primary_key=True, related_name="endpoint"
    )
    failures = models.PositiveIntegerField(default=0, help_text="Calls in a row that got no usable answer.")
    rests = models.PositiveIntegerField(
        default=0, help_text="How often in a row it was left alone: each time twice as long as before."
    )
    trying = models.BooleanField(default=False, help_text="One message is under way to see whether it answers again.")
    tries = models.PositiveIntegerField(
        default=0, help_text="How many messages were tried in vain since the last rest."
    )
    waits_until = models.DateTimeField(null=True, help_text="Nothing is sent before.")
    why = models.TextField(blank=True, help_text="Why it waits.")
    paused_at = models.DateTimeField(null=True, help_text="Nothing is sent until somebody resumes it.")
    paused_why = models.TextField(blank=True)
    paused_by_hand = models.BooleanField(default=False, help_text="Somebody meant it: nobody needs to be told.")
    allowance_from = models.DateTimeField(
        null=True, help_text="For a rate limit: from when on the calls that were made are worked off."
    )

    def __str__(self) -> str:
        return f"{self.configuration}: {self.failures} failures"
