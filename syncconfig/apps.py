"""The configuration as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class SyncconfigConfig(AppConfig):
    """Connections, configurations, clients, deliveries, and the jobs that run them."""

    name = "syncconfig"
    verbose_name = "Synchronisation"

    def ready(self) -> None:
        """Make the groups, and the count of changes, after each migration."""
        from syncconfig import groups, remembered  # noqa: PLC0415 - models cannot be imported before all apps are loaded

        post_migrate.connect(groups.after_migrate, dispatch_uid="syncconfig.groups")
        pre_migrate.connect(remembered.before_migrate, sender=self, dispatch_uid="syncconfig.remembered")
        post_migrate.connect(remembered.after_migrate, sender=self, dispatch_uid="syncconfig.remembered")
