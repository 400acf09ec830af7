"""Events as a Django app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks that callers register, and the demo receiver."""

    name = "webhooks"
    verbose_name = "Events"

    def ready(self) -> None:
        """Hear what concerns webhooks; have their addresses and messages described in the API's document."""
        from webhooks import (  # noqa: PLC0415 - models cannot be imported before all apps are loaded
            contract,  # noqa: F401 - describes itself
            hearing,
            messages,  # noqa: F401 - describes itself
        )

        hearing.connect()
