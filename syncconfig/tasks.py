"""What the cluster runs. Each task takes ids only, and a second run of it does no harm."""

from __future__ import annotations

import logging

from apilog import record
from hub import stopping
from hub.errors import HubError
from syncconfig import (
    drain,
    drift,
    incidents,
    jobs,
    jobwork,
    listening,
    notices,
    outbox,
    retention,
    runs,
    wake,
    watch,
)
from syncconfig.models import Configuration, Delivery

logger = logging.getLogger(__name__)


def deliver() -> int:
    """Send what is due; calls the next drain when more is due at the end of its time."""
    wake.heard("deliver")
    made = drain.drain(drain.default_sender())
    if outbox.due_count() and not stopping.asked():
        wake.call("deliver")
    return made


def listen() -> int:
    """Hear what changed in each Odoo whose time it is, and queue what it triggers."""
    wake.heard("listen")
    return listening.listen_due()


def run_pending() -> int:
    """Carry out the runs that were asked for."""
    wake.heard("run")
    return runs.work()


def work_on_jobs() -> int:
    """Carry out what clients asked for and did not wait for; calls the next worker when more is due at the end."""
    wake.heard("jobs")
    begun = jobwork.work()
    if jobs.claimable() and not stopping.asked():
        wake.call("jobs")
    return begun


def run_scheduled(configuration_id: int) -> str:
    """A configuration's schedule is due: ask for a run. What cannot run says so and harms nobody else."""
    configuration = Configuration.objects.filter(pk=configuration_id).select_related("connection").first()
    if configuration is None:
        return "The configuration is gone."
    try:
        run = runs.start(configuration, runs.Asked(Delivery.Event.SCHEDULE))
    except HubError as error:
        logger.warning("schedule of %s: %s", configuration.code, error.message)
        return error.message
    return f"Run {run.pk}"


def look_after() -> list[str]:
    """The net below the supervisor: each minute, wake whatever has work, close the log of what died, tell people."""
    record.close_lost()
    called = watch.wake_what_has_work()
    incidents.check()
    notices.send_due(drain.default_sender)
    return called


def check_fields() -> dict[str, str]:
    """Each night: does each mapped field still exist in Odoo, with the same type?"""
    return drift.check_all()


def clean_up() -> dict[str, int]:
    """Each night: forget what is older than HUB_KEEP_DAYS."""
    return retention.clean_up()
