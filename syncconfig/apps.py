"""The configuration as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SyncconfigConfig(AppConfig):
    """Connections, configurations, clients, deliveries, and the jobs that run them."""

    name = "syncconfig"
    verbose_name = "Synchronisation"

    def ready(self) -> None:
        """Make the groups after each migration."""
        from syncconfig import groups  # noqa: PLC0415 - models cannot be imported before all apps are loaded

        post_migrate.connect(groups.after_migrate, dispatch_uid="syncconfig.groups")
