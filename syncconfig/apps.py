"""The configuration as a Django app."""

from django.apps import AppConfig


class SyncconfigConfig(AppConfig):
    """Connections, configurations, clients, deliveries, and the jobs that run them."""

    name = "syncconfig"
    verbose_name = "Synchronisation"
