"""What a worker writes to the run that it holds: nothing of it counts once the run was taken up by another one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from hub.errors import Misconfigured
from syncconfig.models import Run

LEASE = timedelta(seconds=60)


def write(run: Run, **columns: object) -> bool:
    """Write these columns, if the run is still ours; whether it is."""
    return bool(Run.objects.filter(pk=run.pk, claim_id=run.claim_id).update(**columns))


def done(run: Run) -> bool:
    """It has come to its end."""
    return _over(run, state=Run.State.DONE, error="", attempts=0)


def failed(run: Run, reason: str) -> bool:
    """It cannot come to its end."""
    return _over(run, state=Run.State.FAILED, error=reason)


def _over(run: Run, **columns: object) -> bool:
    """Where it was is of no use any more, and may hold a key: it is forgotten."""
    return write(run, finished_at=timezone.now(), claim_id=None, claimed_until=None, position="", **columns)


def later(run: Run, due_at: datetime, reason: str, **columns: object) -> bool:
    """It goes on then."""
    return write(
        run, state=Run.State.PENDING, due_at=due_at, claim_id=None, claimed_until=None, error=reason, **columns
    )


def stay_in(run: Run, database: str) -> None:
    """A run belongs to the database that it began in; raises Misconfigured in another one, where ids differ."""
    if run.database and run.database != database:
        raise Misconfigured(
            f"The run began with records of {run.database}; the connection leads to {database} now. "
            "Press Run now to begin anew there."
        )
    if not run.database:
        write(run, database=database)
        run.database = database
