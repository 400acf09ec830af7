"""Events as a Django app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks that callers register, and the demo receiver."""

    name = "webhooks"
    verbose_name = "Events"

    def ready(self) -> None:
        """Hear what concerns webhooks."""
        from webhooks import hearing  # noqa: PLC0415 - models cannot be imported before all apps are loaded

        hearing.connect()
