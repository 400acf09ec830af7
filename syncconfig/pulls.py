"""Runs that pull: a third party's list, page by page into Odoo, and on from there after whatever happened.

Where a run is stands in its row: the page, and how many items of it are in Odoo. It is encrypted there, since the
address of a page may hold a key of the external system's, and forgotten when the run ends. The cursor of the
configuration moves when a run has come to its end, for the items need not come in its order.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apilog import record
from apilog.models import ApiLog
from hub import stopping
from hub.errors import HubError
from hub.flow import answers, pulling
from hub.flow.cursors import NoOrder, Reached
from hub.flow.inbound import Inbound
from hub.flow.pulling import Fetched, PullPlan
from hub.flow.reading import bind
from hub.flow.services import Live
from hub.flow.upserting import AT_ONCE, Item, Upsert, match_rows
from hub.http.failures import HttpFailure
from hub.http.message import KEEP_MOST, Request, Response, Sender
from hub.http.retry import Decision, decide
from hub.odoo.connection import Odoo
from hub.redact import redact_text
from hub.transform.mapping import FieldMap
from syncconfig import attempt, drain, endpoints, plans, pullcursor, results, runstate
from syncconfig.models import Configuration, Endpoint, Run

logger = logging.getLogger(__name__)

ODOO_AWAY = timedelta(seconds=15)
FAULT_AGAIN = timedelta(seconds=60)
MARGIN = timedelta(seconds=20)
"""What a page may take beyond its read timeouts before the run counts as left."""

MOST_FAILURES = 50
"""Failed items that a run tells of; the others are counted."""

MOST_NOTES = 10
"""Other sentences that a run tells; the log has all of them."""

REQUEST = {"method": "GET", "client": "pull", "ip": "", "path": ""}
"""What scripts of a pull find as ``request``."""


class Lost(Exception):
    """Another worker has taken the run up."""


class Postponed(Exception):
    """Not now: the run's row says when, and why."""


@dataclass(frozen=True)
class Work:
    """All that pages of one configuration need."""

    configuration: Configuration
    plan: PullPlan
    odoo: Odoo
    mapping: FieldMap

    def inbound(self, *, dry: bool = False) -> Inbound:
        """For some items, with a memory of its own: what was looked up for one part is forgotten after it."""
        describe = plans.describer(self.odoo)
        return Inbound(self.plan.inbound, self.odoo, describe, dry=dry, request=REQUEST, mapping=self.mapping)


def prepared(configuration: Configuration) -> Work:
    """Raises HubError where the configuration cannot work, or Odoo cannot say."""
    plan = plans.pull_plan(configuration)
    odoo = plans.odoo_of(configuration.connection)
    mapping = plans.bound(odoo, lambda: bind(plan.inbound, plans.describer(odoo)))
    work = Work(configuration, plan, odoo, mapping)
    match_rows(work.inbound())
    return work


def carry_out(run: Run, ends: float, sender: Sender | None = None) -> int:
    """Pull until the end of the list, or of the worker's time (``ends``, by the monotonic clock); answers the pages."""
    before = run.pages
    try:
        work = prepared(run.configuration)
        runstate.stay_in(run, work.odoo.identity())
        _Pull(run, work, sender or drain.default_sender(), ends).go_on()
    except (Lost, Postponed):
        pass
    except HubError as error:
        if error.retryable:
            runstate.later(run, timezone.now() + ODOO_AWAY, pulling.clean(error.message))
        else:
            runstate.failed(run, pulling.clean(error.message))
    except Exception:  # a fault of ours in one run must not hold up all others
        logger.exception("run %s of %s", run.pk, run.configuration.code)
        again = timezone.now() + FAULT_AGAIN
        runstate.later(run, again, "A fault in the hub: the server's log says which.")
    return run.pages - before


@dataclass
class _Pull:
    """One worker's turn at one run."""

    run: Run
    work: Work
    sender: Sender
    ends: float
    told: list[str] = field(default_factory=list)
    """Sentences for the log row of the page at hand."""

    position: dict[str, Any] = field(init=False)
    """Where the run is."""

    def __post_init__(self) -> None:
        self.position = json.loads(self.run.position or "{}")

    def go_on(self) -> None:
        """Page by page."""
        self._begin()
        while True:
            fetched, row = self._fetch()
            try:
                self._store(fetched)
            finally:
                self._tell(row)
            pulling.guard(self.work.plan, self.run.pages + 1, fetched, self.position["circles"])
            if fetched.following is None:
                self._end()
                return
            self.position.update(place=fetched.following, item=0, digest="")
            self._save(pages=self.run.pages + 1, attempts=0)
            self._pause_if_told()

    def _begin(self) -> None:
        """The first page, unless the run was there before, by the same pages."""
        record.pages_lost(self.run.trace_id)
        signature, before = self.work.plan.signature, self.position
        if "reached" in before and before["of"] == signature:
            return
        since = before["since"] if "since" in before else self._since()
        reached = before.get("reached") or Reached.start(before.get("newest", since))
        self.position = {"place": {}, "item": 0, "digest": "", "circles": {}}
        if before.get("of") == signature:
            self.position = before  # of a hub that did not note when the run began
        began = before.get("began") or timezone.now().isoformat()
        self.position.update(of=signature, since=since, reached=reached, began=began)
        self._save()

    # Fetching -----------------------------------------------------------------------------------------

    def _fetch(self) -> tuple[Fetched, ApiLog]:
        """The page at the run's place; raises Postponed, and HubError where trying again does not help."""
        plan, run = self.work.plan, self.run
        self._wait_for_turn()
        asked = pulling.request(plan, self._asked_since(), self.position["place"])
        row = record.outgoing(about(run, plan), asked)
        record.open_all([row])
        response: Response | None = None
        failure: HubError | None = None
        try:
            response = send(plan, asked, self.position["place"], self.sender)
        except HttpFailure as error:
            failure = error
        past_end = response is not None and pulling.is_past_end(plan, self.position["place"], response)
        decision = decide(plan.out.retry, run.attempts + 1, response=response, failure=failure)
        if past_end:
            decision = Decision("done", 0, "")
        fetched: Fetched | None = None
        if decision.kind == "done" and response is not None:
            services = self.work.inbound().services
            try:
                if not past_end:
                    judge(plan, services, response)
                fetched = pulling.read(plan, asked, self.position["place"], response)
            except HubError as error:
                failure = error
            record.add_script_log(row, map(str, services.logs), plan.out.secrets)
        with transaction.atomic():
            record.close(row, response, failure, plan.out.secrets, ok=fetched is not None)
            ailing = bool(endpoints.ailing([run.configuration_id]))
            told = failure if isinstance(failure, HttpFailure) else None
            results.tell(run.configuration_id, response, told, decision, ailing=ailing)
        if fetched is not None:
            return fetched, row
        if decision.kind == "retry":
            again = timezone.now() + timedelta(seconds=decision.delay)
            runstate.later(run, again, pulling.clean(decision.reason), attempts=run.attempts + 1)
            raise Postponed
        if failure is not None and not isinstance(failure, HttpFailure):
            raise failure
        raise PageRefused(f"Page {run.pages + 1}: {decision.reason}")

    def _wait_for_turn(self) -> None:
        """Raises Postponed where the external system is not to be called now."""
        until = turn(self.work.configuration)
        if until is not None:
            runstate.later(self.run, until, "It waits until the external system may be called.")
            raise Postponed
        longest = timedelta(seconds=2 * self.work.plan.out.read_timeout) + MARGIN  # twice, where a token is renewed
        if not runstate.write(self.run, claimed_until=timezone.now() + max(runstate.LEASE, longest)):
            raise Lost

    # Storing ------------------------------------------------------------------------------------------

    def _store(self, fetched: Fetched) -> None:
        """The page's items into Odoo, and after each part of them into the run's row how far it is."""
        same = bool(fetched.digest) and self.position["digest"] == fetched.digest
        begun = int(self.position["item"]) if same else 0
        self.position.update(digest=fetched.digest, item=begun)
        name = f"{self.work.configuration.code} {self.run.pk}"
        for start in range(begun, len(fetched.items), AT_ONCE):
            part = fetched.items[start : start + AT_ONCE]
            inbound = self.work.inbound()
            try:
                done = Upsert(inbound, name).carry_out(part)
            finally:
                self.told += map(str, inbound.services.logs)
            self._count(done, part, start)
            self._save()
            if start + AT_ONCE < len(fetched.items):
                self._pause_if_told()

    def _count(self, done: Sequence[Item], part: Sequence[Any], start: int) -> None:
        run, secrets = self.run, self.work.plan.out.secrets
        for offset, item in enumerate(done):
            name = {"create": "created", "update": "updated", "skip": "skipped", "fail": "failed"}.get(item.kind)
            column = f"items_{name or 'unchanged'}"
            setattr(run, column, getattr(run, column) + 1)
            shown = f"{start + offset + 1} ({item.key or 'without a key'})"
            if item.kind == "fail":
                self.told.append(f"Item {shown} failed: {item.reason}")
                if len(run.failures) < MOST_FAILURES:
                    key, reason = redact_text(item.key, secrets), redact_text(item.reason, secrets)
                    run.failures.append({"item": key, "page": run.pages + 1, "reason": reason})
            self._look_for_cursor(part[offset], shown)
        run.records += len(done)
        self.position["item"] = start + len(part)

    def _look_for_cursor(self, item: Any, name: str) -> None:
        """Count an item in for where the next run begins."""
        path = self.work.plan.since_path
        if path:
            shown = f"{name} of page {self.run.pages + 1}"
            self._note(self._reached_so_far().meet(item, path, shown, timezone.now()))

    def _reached_so_far(self) -> Reached:
        return Reached(datetime.fromisoformat(self.position["began"]), self.position["reached"])

    def _note(self, sentence: str) -> None:
        """Tell a person of it, at the run and in the log of the page, though it is no failure."""
        if not sentence:
            return
        self.told.append(sentence)
        notes = self.run.notes
        if len(notes) < MOST_NOTES:
            notes.append(pulling.clean(redact_text(sentence, self.work.plan.out.secrets)))
        elif len(notes) == MOST_NOTES:
            notes.append("There is more to tell: it stands in the log, at the call of each page.")

    def _tell(self, row: ApiLog) -> None:
        """What scripts said of the page's items, and which ones failed."""
        if self.told:
            record.add_script_log(row, self.told, self.work.plan.out.secrets)
            record.close_all([row])
            self.told = []

    # The row ------------------------------------------------------------------------------------------

    def _save(self, **columns: Any) -> None:
        """Write where the run is; raises Lost."""
        run = self.run
        for name, value in columns.items():
            setattr(run, name, value)
        columns |= {f"items_{name}": value for name, value in run.tally.items()}
        columns |= {"records": run.records, "failures": run.failures, "notes": run.notes}
        columns["position"] = json.dumps(self.position)
        if not runstate.write(run, claimed_until=timezone.now() + runstate.LEASE, **columns):
            raise Lost

    def _pause_if_told(self) -> None:
        """Leave the rest to another worker, once this one's time is up or the hub is to stop; raises Postponed."""
        if stopping.asked() or time.monotonic() >= self.ends:
            runstate.later(self.run, timezone.now(), "")
            raise Postponed

    def _end(self) -> None:
        """All is in Odoo: the run is done, and the next one begins where this one ended; raises NoOrder."""
        try:
            value = self._reached()
        except NoOrder as error:
            self._save(pages=self.run.pages + 1)
            raise NoOrder(redact_text(error.message, self.work.plan.out.secrets)) from None
        with transaction.atomic():
            self._save(pages=self.run.pages + 1)
            if not runstate.done(self.run):
                raise Lost
            if value is not None:
                pullcursor.keep(self.work.configuration, self.run.database, value)

    # The cursor ---------------------------------------------------------------------------------------

    def _since(self) -> Any:
        if self.run.from_start:
            return None
        kept = pullcursor.kept(self.work.configuration, self.run.database)
        if kept is not None and pullcursor.leads_nowhere(kept):
            self._note(
                f"The cursor {str(kept.value)[:100]}, which was kept until now, lies in the future: nothing new would "
                "have been heard of. This run begins as the first one did."
            )
        return pullcursor.since(self.work.configuration, self.run.database)

    def _asked_since(self) -> Any:
        """The cursor as it is sent."""
        return pullcursor.with_overlap(self.work.configuration, self.position["since"])

    def _reached(self) -> Any:
        by = self.work.configuration.cursor_by
        if by == Configuration.CursorBy.FIELD:
            return self._reached_so_far().value
        return pullcursor.moment(self.run.created_at) if by == Configuration.CursorBy.TIME else None


class PageRefused(HubError):
    """The external system does not hand out the page."""

    code = "PAGE_REFUSED"
    status = 502


def send(plan: PullPlan, asked: Request, place: dict[str, Any], sender: Sender) -> Response:
    """The answer; without credentials where the page is at another origin. Raises HttpFailure."""
    out = plan.out
    if not pulling.gets_credentials(plan, None, place):
        out = replace(out, auth_scheme="none")
    return attempt.exchange(out, asked, sender, KEEP_MOST)


def judge(plan: PullPlan, services: Live, response: Response) -> None:
    """Raise HubError where the configuration says that the answer is no success."""
    answers.check(plan.out, services, [], None, response)


def about(run: Run, plan: PullPlan) -> record.About:
    """The log row's columns for a page."""
    return record.About(
        trace_id=run.trace_id,
        configuration_id=run.configuration_id,
        configuration_code=plan.out.code,
        operation=f"pull: {run.get_event_display().lower()}",
        model=plan.out.model,
        attempt=run.attempts + 1,
        secrets=plan.out.secrets,
    )


def turn(configuration: Configuration, now: datetime | None = None) -> datetime | None:
    """None when the external system may be called now, which counts as a call; else when to ask again."""
    now = now or timezone.now()
    with transaction.atomic():
        limits = endpoints.limited([configuration.pk])
        endpoint = Endpoint.objects.filter(pk=configuration.pk).first()
        if endpoint is None:
            return None
        if endpoint.paused_at is not None:
            return now
        if endpoint.waits_until is not None and endpoint.waits_until > now:
            return endpoint.waits_until
        if configuration.pk in limits and endpoints.allow(limits[configuration.pk], 1, now) < 1:
            endpoint.refresh_from_db()
            return max(endpoint.waits_until or now, now + timedelta(seconds=1))
    return None
