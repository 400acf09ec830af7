"""What is known of records in an Odoo that is asked for changes: it tells that one was written, and not what.

For each configuration the values of the fields that it uses are kept, of records that were seen. So an update that
changes nothing of what is sent is no news, and what a field was before can be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from hub.errors import HubError
from hub.flow import outbound, scripting
from hub.flow.filters import domain_of
from hub.odoo import domain as domains
from hub.odoo import polling
from hub.odoo.connection import Odoo, Record
from syncconfig import plans, sources
from syncconfig.models import ChangeCursor, Configuration, SeenRecord
from syncconfig.models.triggers import words

MOST = 50_000
"""Records of which the values are noted when a configuration begins to watch fields: the newest ones."""

PAGE = 1_000
DELETED = {"": "deleted"}
"""What is known of a record that somebody deleted who is not to be told of it."""

EVERYTHING = {"active_test": False, "bin_size": True}


@dataclass(frozen=True)
class Used:
    """The fields of the model on which depends what is sent."""

    names: tuple[str, ...]
    scripted: bool
    """Whether scripts look further than these."""

    lists: bool
    """Whether there are lists of records among them, which stay the same while the records in them change."""

    elsewhere: bool = False
    """Whether one of them can be written, and is kept in another field or record: Odoo does not say when that was."""

    unheard: tuple[str, ...] = ()
    """Numbers that Odoo computes when they are read, and fields of that kind that were named as triggers: when these
    change, nothing is written, and nobody is told."""

    @property
    def exact(self) -> bool:
        """Whether what is sent changes with these fields alone."""
        return not self.scripted and not self.lists


def used_by(configuration: Configuration, odoo: Odoo) -> Used | None:
    """What the configuration uses; None when its mapping does not work, which its messages will say."""
    try:
        plan = plans.outbound_plan(configuration)
        describe = plans.describer(odoo)
        mapping = plans.bound(odoo, lambda: outbound.bind(plan, describe))
        names = {*mapping.fields_to_read(), *words(configuration.trigger_fields)}
        names |= {name.partition(".")[0] for name, _, _ in domains.leaves(domain_of(plan.domain))}
        if configuration.on_state:
            names.add(configuration.state_field)
    except HubError:
        return None
    hinted = scripting.hints(plan.scripts)
    known = {name for name in {*names, *hinted} if name in mapping.fields} - {"id", "write_date", "write_uid"}
    sources = [plan.scripts.condition, plan.scripts.before, plan.scripts.after]
    sources += [rule.detail for rule in plan.rules if rule.kind == "script"]
    lists = any(mapping.fields[name].get("type") in ("one2many", "many2many") for name in known)
    elsewhere = any(_is_elsewhere(mapping.fields[name]) for name in known)
    only = set(words(configuration.trigger_fields))
    unheard = tuple(sorted(name for name in known if _is_unheard(mapping.fields[name], named=name in only)))
    return Used(tuple(sorted(known)), any("env" in one for one in sources), lists, elsewhere, unheard)


def _is_unheard(info: Mapping[str, Any], *, named: bool) -> bool:
    computed = not info.get("store", True) and bool(info.get("readonly", False))
    return computed and (named or info.get("type") in ("integer", "float", "monetary"))


def _is_elsewhere(info: Mapping[str, Any]) -> bool:
    return not info.get("store", True) and not info.get("readonly", False)


@dataclass
class Memory:
    """What is known of some records; what is learned is kept by ``save``."""

    configuration: Configuration
    database: str
    known: dict[int, dict[str, Any]]
    learned: dict[int, dict[str, Any]] = field(default_factory=dict)
    forgotten: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, configuration: Configuration, database: str, ids: Collection[int]) -> Memory:
        """What is known of these."""
        rows = SeenRecord.objects.filter(configuration=configuration, database=database, record_id__in=list(ids))
        return cls(configuration, database, dict(rows.values_list("record_id", "values")))

    def learn(self, record_id: int, now: Record) -> Mapping[str, Any] | None:
        """Take note of a record as it is now; answers what was known of it before, None for nothing."""
        self.learned[record_id] = {name: value for name, value in now.items() if name != "id"}
        return self.known.get(record_id)

    def forget(self, record_id: int) -> Mapping[str, Any] | None:
        """The record is gone; answers what was known of it, None for nothing."""
        self.forgotten.add(record_id)
        return self.known.get(record_id)

    def save(self) -> None:
        """To be called in the transaction that moves the cursor."""
        if self.forgotten:
            SeenRecord.objects.filter(
                configuration=self.configuration, database=self.database, record_id__in=self.forgotten
            ).delete()
        _keep(self.configuration, self.database, self.learned)


def begin(configurations: Iterable[Configuration], odoo: Odoo, database: str) -> None:
    """Note the values of the fields that these watch, for records that nobody has seen yet; at most MOST of them.

    And those that they send, where they tell of deletions that Odoo hints at: then nobody can be asked any more.

    To be called before the present is marked: what changes between the two is told by the next change.
    """
    for configuration in configurations:
        hinted = configuration.on_delete and bool(sources.hint_token_of(configuration.connection))
        if not (configuration.on_state or configuration.trigger_fields.strip() or hinted):
            continue
        used = used_by(configuration, odoo)
        there = SeenRecord.objects.filter(configuration=configuration, database=database)
        if used is None or there.filter(record_id=0, values={"fields": list(used.names)}).exists():
            continue
        there.delete()
        last, count = 0, 0
        while count < MOST:
            domain = [("id", "<", last)] if last else []
            rows = odoo.search_read(
                configuration.model,
                domain,
                used.names,
                order="id desc",
                limit=PAGE,
                context=EVERYTHING,
            )
            _keep(configuration, database, {row["id"]: {name: row[name] for name in used.names} for row in rows})
            count += len(rows)
            if len(rows) < PAGE:
                break
            last = rows[-1]["id"]
        _keep(configuration, database, {0: {"fields": list(used.names)}})


def expect_writes(configuration: Configuration, database: str, odoo: Odoo, ids: Collection[int]) -> None:
    """Note these records as they are before somebody writes to them, where all that happened to them was heard."""
    there = SeenRecord.objects.filter(configuration=configuration, database=database, record_id__in=list(ids))
    missing = sorted(set(ids) - set(there.values_list("record_id", flat=True)))
    cursor = ChangeCursor.objects.filter(
        connection=configuration.connection_id, model=configuration.model, database=database, source=sources.POLLING
    ).first()
    used = used_by(configuration, odoo) if missing else None
    if used is None or cursor is None or not cursor.position:
        return
    rows = odoo.search_read(
        configuration.model, [("id", "in", missing)], [*used.names, "write_date"], order="id", context=EVERYTHING
    )
    heard = [row for row in rows if polling.was_heard(cursor.position, row["id"], row["write_date"])]
    _keep(configuration, database, {row["id"]: {name: row[name] for name in used.names} for row in heard})


def expect(configuration: Configuration, database: str, written: Mapping[int, Mapping[str, Any]]) -> None:
    """Somebody wrote these values, and knows them: of the records that are known, they are known now."""
    if not written:
        return
    with transaction.atomic():
        rows = SeenRecord.objects.select_for_update().filter(
            configuration=configuration, database=database, record_id__in=list(written)
        )
        for row in rows:
            new = {name: value for name, value in written[row.record_id].items() if name in row.values}
            row.values |= {name: value for name, value in new.items() if not isinstance(value, list | tuple)}
            row.save(update_fields=["values"])


def expect_new(configuration: Configuration, database: str, odoo: Odoo, ids: Collection[int]) -> None:
    """Somebody made these records, and knows them as they are: those that nobody else has touched since."""
    used = used_by(configuration, odoo) if ids else None
    if used is None:
        return
    rows = odoo.search_read(
        configuration.model,
        [("id", "in", sorted(ids))],
        [*used.names, "create_date", "write_date", "create_uid", "write_uid"],
        order="id",
        context=EVERYTHING,
    )
    own = [row for row in rows if (row["create_date"], row["create_uid"]) == (row["write_date"], row["write_uid"])]
    _keep(configuration, database, {row["id"]: {name: row[name] for name in used.names} for row in own})


def expect_gone(configuration: Configuration, database: str, ids: Collection[int]) -> None:
    """Somebody deleted them, and knows it: of an Odoo that hints at its deletions."""
    if ids and configuration.on_delete and sources.hint_token_of(configuration.connection):
        _keep(configuration, database, dict.fromkeys(ids, DELETED))


def forget(configuration_ids: Iterable[int]) -> None:
    """Their Odoo tells of changes itself now."""
    SeenRecord.objects.filter(configuration__in=list(configuration_ids)).delete()


def _keep(configuration: Configuration, database: str, values: Mapping[int, Mapping[str, Any]]) -> None:
    SeenRecord.objects.bulk_create(
        [
            SeenRecord(configuration=configuration, database=database, record_id=record_id, values=dict(told))
            for record_id, told in values.items()
        ],
        update_conflicts=True,
        unique_fields=["configuration", "database", "record_id"],
        update_fields=["values"],
        batch_size=500,
    )
