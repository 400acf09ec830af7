"""``manage.py newkey``: a fresh key for HUB_ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from hub.env import new_encryption_key


class Command(BaseCommand):
    """Prints the key and nothing else."""

    help = (
        "Print a new key for HUB_ENCRYPTION_KEYS. To rotate: put it before the old one, separated by a comma, start "
        "the hub anew, and run rotatekeys."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key."""
        self.stdout.write(new_encryption_key())
