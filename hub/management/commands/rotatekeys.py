"""``manage.py rotatekeys``: what stands under an older encryption key is written anew with the first one."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hub import rotation
from hub.rotation import Stored, Tally


class Command(BaseCommand):
    """Prints how many values it wrote; exit code 1 when an older key is still needed, or no key fits."""

    help = (
        "Write anew with the first key of HUB_ENCRYPTION_KEYS what stands under an older one, so that the older ones "
        "can go. The hub may run meanwhile. It may be interrupted, and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """[--check]"""
        parser.add_argument(
            "--check", action="store_true", help="only count; exit code 1 when something still needs an older key"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and look a second time; raises CommandError when an older key must stay, or no key fits."""
        if options["check"]:
            self._conclude(rotation.look(self._name), "Run manage.py rotatekeys.")
            return
        try:
            found = rotation.rotate(self._name)
        except KeyboardInterrupt:
            raise CommandError("Interrupted. What was written stays; run it again for the rest.") from None
        for one in found:
            if one.renewed:
                self.stdout.write(f"{one.name[:1].upper()}{one.name[1:]}: {_values(one.renewed)} written anew.")
        if not any(one.renewed for one in found):
            self.stdout.write("There was nothing to write anew.")
        # A second look, after all was written: somebody may have gone on with an older key in front.
        self._conclude(
            rotation.look(lambda one: None),
            "A process of the hub still writes with it: start all of them anew, with the new key in front, and run "
            "this again.",
        )

    def _name(self, one: Stored) -> None:
        self.stderr.write(f"No key fits: {one.place}.")

    def _conclude(self, found: Sequence[Tally], what_to_do: str) -> None:
        """Say how all stands; raises CommandError when that is not as it should be."""
        older, unreadable = sum(one.older for one in found), sum(one.unreadable for one in found)
        wrong = []
        if older:
            by_model = ", ".join(f"{one.older} of {one.name}" for one in found if one.older)
            wrong.append(f"An older key is needed for {_values(older)}: {by_model}. {what_to_do}")
        if unreadable:
            wrong.append(
                f"None of the keys in HUB_ENCRYPTION_KEYS fits {_values(unreadable)}, named above. Add the key that "
                "wrote them and run this again, or enter them anew."
            )
        if wrong:
            raise CommandError(" ".join(wrong))
        number = sum(one.first for one in found)
        first = f"{_values(number)} {'stands' if number == 1 else 'stand'} under the first key."
        several = len(settings.HUB_ENCRYPTION_KEYS) > 1
        self.stdout.write(f"{first} The older keys can go now." if several else f"{first} It is the only one.")


def _values(number: int) -> str:
    return f"{number} value{'' if number == 1 else 's'}"
