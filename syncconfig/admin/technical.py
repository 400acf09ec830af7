"""The cluster's own pages in the hub's style: its schedules and failed tasks, to look at."""

from __future__ import annotations

from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

from hub.modeladmin import HubModelAdmin
from hub.readonly import ReadOnlyMixin

# Unregistered for good: successful tasks and the raw queue tell a business user nothing.
for model in (Success, OrmQ, Failure, Schedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyMixin, HubModelAdmin):
    """Kept in step with the configurations; edit those."""

    list_display = ["name", "func", "cron", "next_run"]


@admin.register(Failure)
class FailureAdmin(ReadOnlyMixin, HubModelAdmin):
    """Tasks that ended in an exception."""

    list_display = ["name", "func", "started", "stopped", "result"]
