"""The echo guard: what somebody wrote through the hub is not told to him again, and never what anybody else wrote.

Where Odoo tells of its changes by an outbox, each call carries a mark into it (the context key ``hub_origin``), which
comes back with the change: signed by the hub, it says for whom the call was, which records it was about, and which
fields it wrote. A change is passed over when its mark explains all of it that matters to the configuration.

Where Odoo is asked for changes, nothing can be carried. There the hub remembers what each configuration knows of a
record (syncconfig.seen), and adds to that what was written: what differs from it is told, whoever changed it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core import signing
from django.db.models import Q

from hub.odoo.changes import Change, is_same
from hub.odoo.connection import Odoo, Operation, Result
from hub.odoo.marked import MarkedOdoo
from syncconfig import seen, sources
from syncconfig.models import Configuration, EchoNote, OdooConnection

SALT = "syncconfig.echo"
VALID = 7 * 24 * 3600
"""Seconds after which a mark explains nothing any more: so long the hub may be away."""

LONGEST = 900
"""Characters of a mark in Odoo's context; what is longer is kept here, and the mark names it."""


class Source(NamedTuple):
    """Whose call it is: an API client's, or an Out configuration's own (what it writes back, what it pulls)."""

    client: int | None = None
    configuration: int | None = None

    @property
    def key(self) -> str:
        """As it stands in a mark."""
        return f"c{self.client}" if self.client is not None else f"o{self.configuration}"


def noting(
    odoo: Odoo, connection: OdooConnection, source: Source, guarding: Sequence[Configuration] | None = None
) -> Odoo:
    """The same Odoo, whose writes are not told to the Out configurations that guard against this source.

    For everything that writes in somebody's name: ``odoo = echo.noting(odoo, connection, Source(client=...))``. It uses
    the database: not for threads that have none; see ``marking``. Without such a configuration it is ``odoo`` itself.
    ``guarding``: those configurations, where they are known.
    """
    guarding = guards(connection, source) if guarding is None else guarding
    if not guarding:
        return odoo
    database = odoo.identity()
    told = {one.model: sources.is_told(connection, database, one.model) for one in guarding}
    asked = [one for one in guarding if not told[one.model]]
    marks: dict[int, str] = {}

    def mark(operations: Sequence[Operation]) -> str:
        for configuration in asked:
            ids = [one for step in operations if _is_write(step, configuration) for one in step.ids]
            seen.expect_writes(configuration, database, odoo, ids)
        concerned = [one for one in operations if told.get(one.model)]
        if not concerned:
            return ""
        token = marks[id(operations)] = secrets.token_hex(8)
        return _signed(source, token, concerned, keep=True)

    def done(operations: Sequence[Operation], results: Sequence[Result]) -> None:
        _keep_created(marks.pop(id(operations), ""), operations, results)
        written = list(_written(operations, results))
        for configuration in asked:
            _learn(configuration, database, odoo, written)

    return MarkedOdoo(odoo, mark, done)


Written = tuple[str, int, dict[str, Any]]
"""Model, record id and values of a write."""


def marking(odoo: Odoo, source: Source, written: list[Written]) -> Odoo:
    """As noting, without the hub's database, for threads that send: what was written is put into ``written``, for
    ``keep`` to be told of it later.
    """

    def done(operations: Sequence[Operation], results: Sequence[Result]) -> None:
        written.extend(
            (model, record_id, values)
            for event, model, record_id, values in _written(operations, results)
            if event == "write"
        )

    inner = odoo.inner if isinstance(odoo, MarkedOdoo) else odoo
    return MarkedOdoo(inner, lambda operations: _signed(source, secrets.token_hex(8), operations, keep=False), done)


def keep(configuration_id: int, database: str, written: Sequence[Written]) -> None:
    """What a configuration wrote to Odoo itself, it knows."""
    if not written:
        return
    configuration = Configuration.objects.select_related("connection").get(pk=configuration_id)
    own = {record_id: values for model, record_id, values in written if model == configuration.model}
    if own and configuration.listens and not sources.is_told(configuration.connection, database, configuration.model):
        seen.expect(configuration, database, own)


# What Odoo tells ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guard:
    """What of the changes that were heard a configuration's system knows already."""

    used: seen.Used | None
    marks: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """The operations by mark, as far as they are of somebody that the configuration guards against."""

    owners: Mapping[str, str] = field(default_factory=dict)
    """The mark by transaction: what Odoo computes at the end of one carries none."""

    created: Mapping[str, set[int]] = field(default_factory=dict)
    """The records that a mark's call created."""

    @classmethod
    def of(
        cls,
        configuration: Configuration,
        events: Mapping[int, Sequence[Change]],
        used: Callable[[], seen.Used | None],
    ) -> Guard:
        """The guard for these events."""
        marks = {one.origin for raws in events.values() for one in raws if one.origin}
        if not marks:
            return cls(None)
        keys = {Source(configuration=configuration.pk).key}
        keys |= {Source(client=one).key for one in configuration.not_back_to.values_list("pk", flat=True)}
        read = {mark: told for mark in marks if (told := _read(mark)) is not None and told["s"] in keys}
        if not read:
            return cls(None)
        tokens = {mark: str(told["i"]) for mark, told in read.items()}
        names = [*tokens.values(), *(f"{token}+" for token in tokens.values())]
        kept = dict(EchoNote.objects.filter(token__in=names).values_list("token", "operations"))
        found = {mark: set(kept.get(f"{token}+", ())) for mark, token in tokens.items()}
        owners = {}
        for raws in events.values():
            for one in raws:
                if one.transaction and one.origin in read:
                    owners[one.transaction] = one.origin
                if one.event == "create" and one.origin in found:
                    found[one.origin].add(one.record_id)
        return cls(
            used(), {mark: told.get("o") or kept.get(tokens[mark], []) for mark, told in read.items()}, owners, found
        )

    def rest(self, events: Sequence[Change]) -> list[Change]:
        """The events that are news to the configuration's system."""
        return [one for one in events if not self._explains(one)] if self.marks else list(events)

    def _explains(self, change: Change) -> bool:
        mark = change.origin or self.owners.get(change.transaction, "")
        operations = [one for one in self.marks.get(mark, ()) if one[1] == change.model]
        if change.event == "create":
            return any(one[0] == "create" for one in operations)
        if change.event == "unlink":
            return any(one[0] == "unlink" and change.record_id in one[2] for one in operations)
        if change.record_id in self.created.get(mark, ()) and any(one[0] == "create" for one in operations):
            return True  # what Odoo filled in while it made the record
        wrote = {name for one in operations if one[0] == "write" and change.record_id in one[2] for name in one[3]}
        if not wrote or not change.changed_fields:
            return False
        old, new = change.old_values, change.new_values
        changed = {name for name in change.changed_fields if not is_same(name, old, new)}
        if self.used is not None and not self.used.scripted:
            changed &= set(self.used.names)
        return changed <= wrote


def _signed(source: Source, token: str, operations: Sequence[Operation], *, keep: bool) -> str:
    """The mark of a call; "" where it is too long, and cannot be kept: then its changes are told to everybody."""
    told = [[one.kind, one.model, list(one.ids), sorted(one.values)] for one in operations]
    told = list({repr(one): one for one in told}.values())  # many creates are alike
    mark = signing.dumps({"s": source.key, "i": token, "o": told}, salt=SALT, compress=True)
    if len(mark) <= LONGEST:
        return mark
    if not keep:
        return ""
    EchoNote.objects.create(token=token, operations=told)
    return signing.dumps({"s": source.key, "i": token}, salt=SALT)


def _read(mark: str) -> dict[str, Any] | None:
    """What a mark says; None for one that is not this hub's, or too old."""
    try:
        found: dict[str, Any] = signing.loads(mark, salt=SALT, max_age=VALID)
    except signing.BadSignature:
        return None
    return found


def _keep_created(token: str, operations: Sequence[Operation], results: Sequence[Result]) -> None:
    """The ids of what a marked call made, for what Odoo tells of them later than of their creation."""
    pairs = zip(operations, results, strict=False)
    made = [int(one.value) for step, one in pairs if step.kind == "create" and one.error is None and not one.existed]
    if token and made:
        EchoNote.objects.create(token=f"{token}+", operations=made)


# What Odoo is asked for -----------------------------------------------------------------------------------


def _written(
    operations: Sequence[Operation], results: Sequence[Result]
) -> Iterable[tuple[str, str, int, dict[str, Any]]]:
    """Event, model, record id and values of each record that was written."""
    for step, result in zip(operations, results, strict=False):
        if result.error is not None or result.existed:
            continue
        ids = [int(result.value)] if step.kind == "create" else list(step.ids)
        for record_id in ids:
            yield step.kind, step.model, record_id, dict(step.values)


def _learn(
    configuration: Configuration, database: str, odoo: Odoo, written: Sequence[tuple[str, str, int, dict[str, Any]]]
) -> None:
    wrote: dict[int, dict[str, Any]] = {}
    created, deleted = [], []
    for event, model, record_id, values in written:
        if model == configuration.model and event == "write":
            wrote[record_id] = {**wrote.get(record_id, {}), **values}
        elif model == configuration.model and event == "create":
            created.append(record_id)
        elif model == configuration.model and event == "unlink":
            deleted.append(record_id)
    seen.expect_gone(configuration, database, deleted)
    seen.expect_new(configuration, database, odoo, created)
    seen.expect(configuration, database, wrote)


def _is_write(step: Operation, configuration: Configuration) -> bool:
    return step.kind == "write" and step.model == configuration.model


def guards(connection: OdooConnection, source: Source) -> list[Configuration]:
    """The Out configurations of that Odoo that listen, and tell this source nothing of its own."""
    active = Configuration.objects.filter(active=True, request_type="out", connection=connection)
    whose = Q(pk=source.configuration) if source.client is None else Q(not_back_to=source.client)
    return [one for one in active.filter(whose).select_related("connection") if one.listens]
