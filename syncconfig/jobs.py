"""Jobs, the bookkeeping: accept a request for later, claim it under a lease, finish it under the same claim.

The jobs of one client are carried out one after the other, in the order in which they were accepted: a client that
creates and then updates can rely on it. Between clients turns are taken: who was served longest ago is next.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from hub.errors import Conflict, LimitExceeded, NotAuthenticated
from syncconfig import wake
from syncconfig.models import ApiClient, ApiJob, ApiToken, Configuration

LEASE = timedelta(seconds=45)
"""How long a worker may be silent before another one takes the job up again; a living one renews it in time."""

RENEW_EVERY = 15.0
"""Seconds between two renewals."""

DELAYS = (5.0, 15.0, 45.0, 90.0, 150.0)
"""Seconds until a job is tried again that met an Odoo or a database which was away."""

MOST_ATTEMPTS = len(DELAYS) + 1
"""How often a job is begun, whether Odoo was away or a worker died."""

COME_BACK = 10.0
"""Seconds after which a client whose queue is full may ask again."""

BIG = ("body", "answer")
"""Columns that are read where they are needed: they may be large, or encrypted with a key that is gone."""

current: ContextVar[ApiJob | None] = ContextVar("job", default=None)
"""The job that this thread carries out, None while it answers a caller who waits."""


class TooManyJobs(LimitExceeded):
    """The client has as many unfinished jobs as it may."""


class NotCancellable(Conflict):
    """The job is under way, or over."""

    code = "JOB_NOT_CANCELLABLE"


class Lost(Exception):
    """The lease passed, and another worker has the job: stop."""


@dataclass(frozen=True)
class Wanted:
    """A request, as it is kept for later."""

    client: ApiClient
    token: ApiToken | None
    scheme: str
    address: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    trace_id: str
    configuration: Configuration | None = None
    database: str = ""
    name: str = ""
    """Under which it is carried out once; empty: a name of its own."""


def accept(wanted: Wanted) -> ApiJob:
    """Keep the request and wake a worker after the commit; the same job again for a ``name`` that is known.

    Raises TooManyJobs when the client has as many unfinished ones as it may.
    """
    public = uuid.uuid4()
    name = wanted.name or f"job {public}"
    with transaction.atomic():
        most = ApiClient.objects.select_for_update().get(pk=wanted.client.pk).jobs_waiting
        found = ApiJob.objects.defer(*BIG).filter(name=name).first()
        if found is not None:
            return found
        if most and unfinished().filter(client=wanted.client).count() >= most:
            raise TooManyJobs(
                f"{most} of your jobs are not finished yet, and you may have no more. Wait until some are, or cancel "
                "one: DELETE /api/sync/v1/jobs/ID.",
                COME_BACK,
                limit=most,
            )
        job = ApiJob.objects.create(
            uuid=public,
            client=wanted.client,
            token=wanted.token,
            scheme=wanted.scheme,
            address=wanted.address,
            name=name,
            configuration=wanted.configuration,
            database=wanted.database,
            method=wanted.method,
            path=wanted.path,
            query=wanted.query,
            headers=dict(wanted.headers),
            body=wanted.body.decode("latin-1"),  # byte by byte: what is no text is kept, too
            trace_id=wanted.trace_id,
        )
        wake.after_commit("jobs")
    return job


def unfinished() -> QuerySet[ApiJob]:
    """Jobs that wait or run."""
    return ApiJob.objects.filter(finished_at__isnull=True)


def due(now: datetime | None = None) -> QuerySet[ApiJob]:
    """Jobs whose turn it is and that nobody holds: of each client the oldest unfinished one."""
    now = now or timezone.now()
    older = ApiJob.objects.filter(client=OuterRef("client"), id__lt=OuterRef("id"), finished_at__isnull=True)
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    return unfinished().filter(free, due_at__lte=now).exclude(Exists(older))


def held(now: datetime | None = None) -> int:
    """How many jobs are under way, under a lease that runs."""
    return unfinished().filter(claimed_until__gt=now or timezone.now()).count()


def most_at_once() -> int:
    """How many jobs run at the same time: half of a machine's workers, so that deliveries never wait for them."""
    return max(1, settings.HUB_WORKERS // 2)


def claimable(now: datetime | None = None) -> bool:
    """Whether there is a job to begin, and room for it."""
    return due(now).exists() and held(now) < most_at_once()


def claim(now: datetime | None = None) -> ApiJob | None:
    """Take the next job: claim id, lease and attempt are written before anything is done. None when there is none.

    Also takes up again what another worker claimed and let lapse.
    """
    now = now or timezone.now()
    if not claimable(now):  # without a lock: asked each second, and a write locks SQLite
        return None
    of_client = ApiJob.objects.filter(client=OuterRef("client"), started_at__isnull=False).order_by("-started_at")
    heads = due(now).annotate(served_at=Subquery(of_client.values("started_at")[:1]))
    in_turn = heads.order_by(F("served_at").asc(nulls_first=True), "due_at", "id")
    with transaction.atomic():
        job = in_turn.defer(*BIG).select_for_update(skip_locked=True, of=("self",)).first()
        if job is None:
            return None
        job.state, job.claim_id, job.claimed_until = ApiJob.State.RUNNING, uuid.uuid4(), now + LEASE
        job.attempts, job.started_at, job.error = job.attempts + 1, job.started_at or now, ""
        job.save(update_fields=["state", "claim_id", "claimed_until", "attempts", "started_at", "error"])
    return job


@contextmanager
def kept(job: ApiJob, every: float = RENEW_EVERY) -> Iterator[None]:
    """Renew the job's lease from a thread of its own, for as long as the work in the block takes."""
    over = threading.Event()

    def renew() -> None:
        try:
            while not over.wait(every):
                try:
                    if not _ours(job).update(claimed_until=timezone.now() + LEASE):
                        return
                except Error:
                    connection.close()  # the database may be away for a moment: again at the next turn
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease of job {job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def progress(total: int) -> Callable[[int], None]:
    """What a batch calls with the number of operations done; for a caller who waits it tells nobody.

    Raises Lost in the middle of a job that another worker has taken up meanwhile.
    """
    job = current.get()
    if job is None:
        return lambda done: None

    def tell(done: int) -> None:
        if not _ours(job).update(done=done, total=total, claimed_until=timezone.now() + LEASE):
            raise Lost

    tell(0)
    return tell


def finish(job: ApiJob, status: int, body: Any, location: str = "") -> bool:
    """Keep the answer; False when the lease was lost and another worker has the job."""
    good = status < 400
    job.state = ApiJob.State.DONE if good else ApiJob.State.FAILED
    job.error = "" if good else _message(body)
    job.answer_status, job.answer, job.answer_location = status, json.dumps(body), location
    job.finished_at = timezone.now()
    columns = ("state", "error", "answer_status", "answer", "answer_location", "finished_at")
    return _release(job, **{name: getattr(job, name) for name in columns})


def again(job: ApiJob, delay: float, why: str) -> bool:
    """Once more after ``delay`` seconds: what it needs was away."""
    due_at = timezone.now() + timedelta(seconds=delay)
    return _release(job, state=ApiJob.State.QUEUED, due_at=due_at, error=why)


def cancel(job: ApiJob) -> None:
    """Never carry out a job that still waits; raises NotCancellable. One that is cancelled already stays so."""
    waiting = ApiJob.objects.filter(pk=job.pk, state=ApiJob.State.QUEUED)
    if waiting.update(state=ApiJob.State.CANCELLED, finished_at=timezone.now()):
        wake.after_commit("jobs")
        return
    state = ApiJob.objects.values_list("state", flat=True).get(pk=job.pk)
    if state != ApiJob.State.CANCELLED:
        told = "is under way" if state == ApiJob.State.RUNNING else f"is over: {state}"
        raise NotCancellable(f"Only a job that still waits can be cancelled; this one {told}.", state=str(state))


def run_again(chosen: QuerySet[ApiJob]) -> int:
    """Queue finished jobs once more, under the names that they had: Odoo makes no second record. How many."""
    with transaction.atomic():
        count = chosen.filter(finished_at__isnull=False).update(
            state=ApiJob.State.QUEUED,
            attempts=0,
            done=0,
            total=None,
            answer_status=None,
            answer="",
            answer_location="",
            error="",
            due_at=timezone.now(),
            started_at=None,
            finished_at=None,
        )
        if count:
            wake.after_commit("jobs")
    return count


def check_standing(job: ApiJob) -> None:
    """Raise NotAuthenticated when the client or what it showed was revoked since. One that only expired was valid when
    the job was accepted, and that counts."""
    token = job.token
    issuer = token.issued_by if token is not None else None
    revoked = token is None or token.revoked_at is not None or (issuer is not None and issuer.revoked_at is not None)
    if revoked or not job.client.active:
        raise NotAuthenticated("The token was revoked, or the client switched off, after the job was accepted.")


def _ours(job: ApiJob) -> QuerySet[ApiJob]:
    return ApiJob.objects.filter(pk=job.pk, claim_id=job.claim_id, state=ApiJob.State.RUNNING)


def _release(job: ApiJob, **columns: object) -> bool:
    return bool(_ours(job).update(claim_id=None, claimed_until=None, **columns))


def _message(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""
