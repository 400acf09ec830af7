"""The groups that people are put into: who may change things, who may run them, who may look."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction

MANAGER, OPERATOR, VIEWER = "API Sync Manager", "API Sync Operator", "API Sync Viewer"
RUNNING = ("run_configuration", "replay_delivery", "test_odooconnection", "control_apijob")
"""What an Operator may do besides looking."""


def after_migrate(app_config: AppConfig, **_: object) -> None:
    """Django's post_migrate, which comes for each app: make the groups when the last one has its permissions."""
    if app_config.label == own_apps()[-1]:
        ensure()


def own_apps() -> list[str]:
    """The labels of the hub's own apps: those in its folder."""
    return [one.label for one in apps.get_app_configs() if Path(one.path).parent == settings.BASE_DIR]


def ensure() -> None:
    """Make the groups that are missing; one that exists keeps what an administrator made of it."""
    ours = Permission.objects.filter(content_type__app_label__in=own_apps())
    viewing = list(ours.filter(codename__startswith="view_"))
    _make(VIEWER, viewing)
    _make(OPERATOR, [*viewing, *ours.filter(codename__in=RUNNING)])
    _make(MANAGER, ours)


def _make(name: str, permissions: Iterable[Permission]) -> None:
    with transaction.atomic():
        group, made = Group.objects.get_or_create(name=name)
        if made:
            group.permissions.set(permissions)
