"""``python -m hub.cluster``: django-q2's cluster, which outlives the death of any of its processes and ends in time.

Seen in django-q2 1.11.1: its processes share queues whose locks a killed process takes with it. After the death of an
idle worker nobody gets a task any more; after that of the monitor no task is ever ticked off, so each is repeated for
ever. So here a death by a signal ends the whole cluster, gently, and the supervisor starts it anew.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from multiprocessing import Event
from multiprocessing.process import BaseProcess
from typing import Any

import django
from django import db

django.setup()

from django_q.cluster import Cluster, Sentinel, get_mp_context  # noqa: E402 - needs the apps
from django_q.conf import Conf  # noqa: E402
from django_q.pusher import pusher  # noqa: E402
from django_q.scheduler import scheduler  # noqa: E402
from django_q.signals import post_execute_in_worker, pre_execute  # noqa: E402
from django_q.status import Stat  # noqa: E402

from hub import stopping, timetable  # noqa: E402
from hub.handout import Desk, Tally  # noqa: E402
from hub.outages import AWAY, one_line  # noqa: E402

logger = logging.getLogger(__name__)

GRACE = 17.0
"""Seconds that workers may take to finish what is under way; an attempt ends within 15.5 s at default settings."""

SCHEDULES_EVERY = 20.0
"""Seconds between two looks at the schedules."""


class Guard(Sentinel):
    """Watches over workers, monitor and pusher."""

    tally: Tally
    place: int
    """Which of the workers a process is, once it is forked."""

    def spawn_cluster(self) -> None:
        """Start all of them."""
        self.tally, self.places = Tally(self.pool_size), dict[int, int]()
        pre_execute.connect(self.begins)
        post_execute_in_worker.connect(self.ends)
        super().spawn_cluster()

    def spawn_worker(self) -> None:
        """Start a worker, at the place of one that is gone."""
        self.place = min(set(range(self.pool_size)) - {self.places[one.pid] for one in self.pool})
        self.tally.replaced(self.place)
        super().spawn_worker()
        self.places[self.pool[-1].pid] = self.place

    def spawn_pusher(self) -> BaseProcess:
        """Start the pusher, which takes no more from the queue than there are workers for."""
        desk = Desk(self.tally, self.broker, self.task_queue)
        started: BaseProcess = self.spawn_process(pusher, desk, self.event_out, desk)
        return started

    def begins(self, **_: Any) -> None:
        """In a worker: it has a task."""
        self.tally.begin(self.place)

    def ends(self, **_: Any) -> None:
        """In a worker: the task is over."""
        self.tally.end(self.place)

    def guard(self) -> None:
        """Until it is told to stop: see who died, and look at the schedules."""
        self.start_event.set()
        Stat(self).save()
        look_at = time.monotonic() + SCHEDULES_EVERY
        while not self.stop_event.wait(Conf.GUARD_CYCLE):
            if killed := self.killed():
                self.end_early(killed)
            self.look_after_workers()
            for process in (self.monitor, self.pusher):
                if not process.is_alive():
                    self.reincarnate(process)
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + SCHEDULES_EVERY
                self.look_at_schedules()
            Stat(self).save()
        stopping.ask()
        self.stop()

    def killed(self) -> str:
        """Which process died by a signal, and may have taken a lock with it; empty when none did."""
        named = [*((one, "a worker") for one in self.pool), (self.monitor, "the monitor"), (self.pusher, "the pusher")]
        for process, name in named:
            if _died_of_a_signal(process):
                return f"{name} ({process.pid})"
        return ""

    def look_after_workers(self) -> None:
        """As django-q2 does: replace who ended, count down the time of who works."""
        for process in list(self.pool):
            with process.timer.get_lock():
                if not process.is_alive() or process.timer.value == 0:
                    process.kill()  # before another one has its place; also one that is stopped
                    process.join()
                    self.reincarnate(process)
                elif process.timer.value > 0:
                    process.timer.value -= Conf.GUARD_CYCLE

    def look_at_schedules(self) -> None:
        """Queue what is due; while the database is away, later."""
        try:
            timetable.prepare()
        except AWAY as error:
            logger.warning("cannot look at the schedules: %s", one_line(error))
            db.close_old_connections()
            return
        scheduler(broker=self.broker)

    def end_early(self, killed: str) -> None:
        """Let the workers finish what is under way, and end: the supervisor starts all of it anew. Does not return."""
        logger.error("%s was killed: the cluster is started anew, for what it held is held for ever.", killed)
        stopping.ask()
        self.pusher.kill()  # nothing further is handed out
        ends = time.monotonic() + GRACE
        while time.monotonic() < ends and any(_is_busy(process) for process in self.pool):
            time.sleep(0.1)
        os._exit(1)


def _died_of_a_signal(process: Any) -> bool:
    """Not one that django-q2 ended itself because its time was over."""
    ended_by_us = getattr(process, "timer", None) is not None and process.timer.get_obj().value == 0
    return not ended_by_us and (process.exitcode or 0) < 0


def _is_busy(process: Any) -> bool:
    return bool(process.is_alive() and process.timer.get_obj().value > 0)  # without the lock, which may be lost


class HubCluster(Cluster):
    """The main process: starts the guard, passes on the order to stop, and ends with it."""

    sentinel: BaseProcess

    def run(self) -> int:
        """Until the guard has ended; its exit code."""
        self.stop_event, self.start_event = Event(), Event()
        self.sentinel = get_mp_context().Process(
            target=Guard, args=(self.stop_event, self.start_event, self.cluster_id, self.broker, self.timeout)
        )
        self.sentinel.start()
        while self.sentinel.is_alive():
            self.sentinel.join(1.0)
        return self.sentinel.exitcode or 0

    def sig_handler(self, signum: int, frame: Any) -> None:
        """Told to stop: drains give back what they have not begun, and end with what is under way."""
        stopping.ask()
        if self.stop_event is not None:
            self.stop_event.set()


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.exit(abs(HubCluster().run()))
