"""Events as a Django app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """The demo receiver, and later subscriptions."""

    name = "webhooks"
    verbose_name = "Events"
