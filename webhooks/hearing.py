"""What happens elsewhere and concerns webhooks: their owners lose a right, a batch is done, a webhook is deleted, and
something is about to be sent.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save

from syncconfig.bounds import Bounds
from syncconfig.models import ApiClient, Configuration, Grant
from syncconfig.signals import batch_completed, bounds_wanted
from webhooks import rights, subscriptions
from webhooks.models import Subscription


def connect() -> None:
    """Hear it from now on."""
    post_save.connect(_client_saved, sender=ApiClient, dispatch_uid="webhooks")
    post_save.connect(_grant_changed, sender=Grant, dispatch_uid="webhooks")
    post_delete.connect(_grant_changed, sender=Grant, dispatch_uid="webhooks")
    post_save.connect(_configuration_saved, sender=Configuration, dispatch_uid="webhooks")
    post_delete.connect(_deleted, sender=Subscription, dispatch_uid="webhooks")
    batch_completed.connect(_batch_completed, dispatch_uid="webhooks")
    bounds_wanted.connect(_bounds_wanted, dispatch_uid="webhooks")


def _client_saved(instance: ApiClient, **_: Any) -> None:
    subscriptions.review({"client": instance})


def _grant_changed(instance: Grant, **_: Any) -> None:
    subscriptions.review({"client_id": instance.client_id})


def _configuration_saved(instance: Configuration, **_: Any) -> None:
    if not instance.is_out:
        subscriptions.review({"source": instance})


def _deleted(instance: Subscription, **_: Any) -> None:
    """Its configuration serves nobody else."""
    for one in Configuration.objects.filter(pk=instance.configuration_id):
        one.delete()


def _batch_completed(
    configuration_id: int | None, answer: dict[str, Any], company_id: int | None = None, **_: Any
) -> None:
    subscriptions.batch_completed(configuration_id, answer, company_id)


def _bounds_wanted(configuration: Configuration, **_: Any) -> Bounds | None:
    return rights.of_configuration(configuration)
