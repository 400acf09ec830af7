"""The cluster's queue, made so that an absent database or Redis is waited for, in one line of the log.

What stands in the queue are wake-up calls; the work itself stands in tables. With Redis, the database is the queue
behind it: while Redis is away, calls go there, so nobody waits for its return.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import redis
from django.conf import settings
from django.db import close_old_connections
from django_q.brokers.orm import ORM
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.outages import DATABASE_AWAY, one_line

logger = logging.getLogger(__name__)

CONNECT, ANSWER = 2.0, 5.0
"""Seconds that Redis may take to be reached, and to answer."""

REST = 5.0
"""Seconds for which a Redis that did not answer is not asked again by this process."""

PAUSE = 1.0
"""Seconds between two looks into a database that is away."""


class DatabaseQueue(ORM):
    """The queue in the hub's own database."""

    _away = False

    def dequeue(self) -> Any:
        """The next task, or None; while the database is away, None after a pause."""
        try:
            found = super().dequeue()
        except DATABASE_AWAY as error:
            if not self._away:
                logger.warning("The queue waits for the database: %s", one_line(error))
            self._away = True
            close_old_connections()
            time.sleep(PAUSE)
            return None
        if self._away:
            logger.warning("The database answers again.")
        self._away = False
        return found


class RedisQueue(DatabaseQueue):
    """The queue in Redis, with the one in the database behind it."""

    _redis: redis.Redis | None = None
    _rests_until = 0.0
    _silent = False

    @property
    def client(self) -> redis.Redis:
        """The connections of this process to Redis."""
        if self._redis is None:
            retry = Retry(NoBackoff(), 1)  # a connection of before its restart is replaced at once
            self._redis = redis.from_url(
                settings.HUB["HUB_BROKER_URL"], socket_connect_timeout=CONNECT, socket_timeout=ANSWER, retry=retry
            )
        return self._redis

    def enqueue(self, task: str) -> Any:
        """Put a task into Redis, or into the database while Redis is away."""
        if self._may_ask():
            try:
                number = self.client.rpush(self.list_key, task)
            except redis.RedisError as error:
                self._is_away(error)
            else:
                self._answers()
                return number
        return super().enqueue(task)

    def dequeue(self) -> Any:
        """The next task of Redis, or what went into the database meanwhile; None when there is neither."""
        if self._may_ask():
            try:
                found: Any = self.client.blpop([self.list_key], 1)
            except redis.RedisError as error:
                self._is_away(error)
            else:
                self._answers()
                if found:
                    return [(None, found[1])]
        return super().dequeue()

    def queue_size(self) -> int:
        """How many tasks wait; while Redis is away, those in the database."""
        waiting = int(super().queue_size())
        if self._may_ask():
            try:
                waiting += int(self.client.llen(self.list_key))  # type: ignore[arg-type]  # never awaitable here
            except redis.RedisError as error:
                self._is_away(error)
        return waiting

    def info(self) -> str:
        """For django-q2's own monitor."""
        return "Redis, with the database behind it"

    def _may_ask(self) -> bool:
        return time.monotonic() >= self._rests_until

    def _is_away(self, error: redis.RedisError) -> None:
        self._rests_until = time.monotonic() + REST
        if not self._silent:
            logger.warning("Redis does not answer, the queue is in the database meanwhile: %s", one_line(error))
        self._silent = True

    def _answers(self) -> None:
        if self._silent:
            logger.warning("Redis answers again.")
        self._silent = False
