"""The hub's frame as a Django app: management commands and system checks, no models."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    """Registers the system checks."""

    name = "hub"
    verbose_name = "Sync Hub"

    def ready(self) -> None:
        """Make the checks known to Django."""
        from hub import checks  # noqa: F401, PLC0415 - registering is what importing it does, once apps are ready
