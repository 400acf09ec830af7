"""Better ways of hearing an Odoo than asking it all the time, set up, checked, mended and removed over RPC.

The strongest is an outbox inside of it; then webhooks, which hint at what to ask for; then asking. What the
connection's user may do decides. On the way from one to another nothing is lost: both are there for a moment, and what
the old one knows is heard before it goes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import transaction

from hub.errors import HubError, Misconfigured, OdooAccess, OdooMissing
from hub.odoo import hinting, inside, polling
from hub.odoo.connection import Odoo
from syncconfig import hints, listening, plans, seen, sources
from syncconfig.listening import Watched
from syncconfig.models import ChangeCursor, Configuration, OdooConnection

OUTBOX, WEBHOOK, HAND = "outbox", "webhook", "hand"
WAYS = (OUTBOX, WEBHOOK, HAND)
ASKED = "the hub goes on asking Odoo every few seconds, which hears no deletions"


def set_up(connection: OdooConnection, by: str = "") -> str:
    """Set up that way for all models that are listened to, or mend it; answers a sentence.

    Without one: mend what is set up, or take the strongest that the connection allows. Raises HubError; Misconfigured,
    saying why, when it allows none.
    """
    if connection.is_embedded:
        raise Misconfigured("The embedded Odoo keeps an outbox of its own: there is nothing to set up.")
    in_use = OUTBOX if sources.outbox_of(connection) else WEBHOOK if sources.hints_of(connection) else ""
    if by or in_use:
        return _SETTING_UP[by or in_use](connection)
    why: list[str] = []
    for way, what in ((OUTBOX, "An outbox"), (WEBHOOK, "Webhooks")):
        try:
            return " ".join([_SETTING_UP[way](connection), *why])
        except (OdooAccess, OdooMissing, Misconfigured) as error:
            why.append(f"{what} could not be set up: {error.message}")
    raise Misconfigured(f"{' '.join(why)} So {ASKED}. Webhooks can be made by hand in Odoo, too.")


def check(connection: OdooConnection) -> str:
    """What is there, in a sentence; raises Misconfigured when something that should be there is not."""
    way = sources.way_of(connection)
    if way == sources.OUTBOX:
        return "The embedded Odoo keeps an outbox of its own."
    if way == sources.POLLING:
        return "Odoo is asked every few seconds; deletions are not heard. An outbox or webhooks can be set up."
    odoo, wanted = plans.odoo_of(connection), {one.model for one in _mine(connection)}
    told = _told_of(_tidy(connection, odoo, wanted))
    if way == sources.HINTS:
        return f"{_check_hints(connection, odoo, wanted)}{told}"
    state = inside.check(odoo, sources.outbox_of(connection))
    missing = sorted(wanted - set(state.models))
    if missing or not state.outbox:
        raise Misconfigured(
            f"The outbox inside of Odoo was changed or removed there: {', '.join(missing) or 'its model'} is not heard."
            " Set it up again."
        )
    return f"The outbox inside of Odoo is whole: {', '.join(state.models) or 'no model yet'}.{told}"


def arrivals(connection: OdooConnection) -> str:
    """For each model that is listened to, whether hints arrive, and when the last one came."""
    cursors = {
        one.model: one
        for one in ChangeCursor.objects.filter(connection=connection, database=sources.database_of(connection))
    }
    return " ".join(_arrival(connection, one.model, cursors.get(one.model)) for one in _mine(connection))


def remove(connection: OdooConnection) -> str:
    """Hear what is left, take out of Odoo what was set up there, and ask from now on."""
    odoo = plans.odoo_of(connection) if not connection.is_embedded else None
    if odoo is not None and sources.outbox_of(connection):
        _remove_outbox(connection, odoo)
        what = "The outbox is removed from Odoo."
    elif odoo is not None and sources.hint_token_of(connection):
        what = _remove_hints(connection, odoo)
    else:
        return "There is no outbox to remove, and there are no webhooks."
    return f"{what} The hub asks every few seconds again; deletions are not heard any more."


def renew(connection: OdooConnection) -> str:
    """New addresses for the hints of that Odoo; the former ones lead nowhere any more."""
    if sources.hints_of(connection):
        return _set_up_hints(connection, hints.new_token())
    if sources.hint_token_of(connection):
        return by_hand(connection)
    raise Misconfigured("This Odoo sends no hints: there are no addresses to renew.")


def by_hand(connection: OdooConnection) -> str:
    """New addresses, and what somebody does with them in Odoo; they are told this once."""
    _check_public()
    if connection.is_embedded or sources.outbox_of(connection):
        raise Misconfigured("This Odoo tells of every change already, by an outbox: there is nothing to add by hand.")
    if sources.hints_of(connection):
        raise Misconfigured(
            "The hub made the webhooks of this Odoo itself. Remove them first, or renew their addresses."
        )
    odoo = plans.odoo_of(connection)
    _mark(connection, odoo.identity(), hand="yes", hint_token=hints.new_token())
    _note_values(connection, odoo)
    to, models = hints.addresses(connection), sorted({one.model for one in _mine(connection)})
    return (
        "The new addresses, shown only now: copy them. In Odoo 17 or later, with developer mode on, open Settings, "
        f"Technical, Automation Rules, and make two rules for each of these models: {', '.join(models) or 'none yet'}. "
        f"One with the trigger “On create and edit” and the action “Send Webhook Notification” to {to.saved} "
        f"The other with the trigger “On deletion” and the same action to {to.deleted} No fields need to be sent."
    )


# The outbox ---------------------------------------------------------------------------------------------------------


def _set_up_outbox(connection: OdooConnection) -> str:
    """What changed until then is heard the old way first, so that nothing falls between the two."""
    odoo, mine = plans.odoo_of(connection), _mine(connection)
    there = sources.outbox_of(connection)
    name = there or inside.name_of(secrets.token_hex(4))
    wanted = sorted({one.model for one in mine})
    try:
        inside.set_up(odoo, name, wanted)
    except HubError:
        if not there:
            with suppress(HubError):
                inside.remove(odoo, name)
        raise
    over = _tidy_outbox(connection, odoo, name, wanted)
    state = inside.check(odoo, name)
    former = ""
    if there:
        for one in mine:
            listening.listen(one, anew=True)
    else:
        for one in mine:
            listening.listen(one, last=True)
        _switch(connection, odoo.identity(), name)
        seen.forget(Configuration.objects.filter(connection=connection).values_list("pk", flat=True))
        former = _remove_hints(connection, odoo) if sources.hint_token_of(connection) else ""
    models = ", ".join(state.models) or "no model yet"
    more = f"Odoo tells of every change now: {models}. More models follow when configurations listen to them."
    return f"{more}{_told_of(over)} {former}".strip()


def _remove_outbox(connection: OdooConnection, odoo: Odoo) -> None:
    name, mine = sources.outbox_of(connection), _mine(connection)
    for one in mine:
        seen.begin(listening.listeners(one), odoo, odoo.identity())
    positions = {one.model: polling.start(odoo, one.model) for one in mine}
    for one in mine:
        listening.listen(one)
    inside.remove(odoo, name)
    with transaction.atomic():
        _mark(connection, odoo.identity(), outbox="")
        cursors = ChangeCursor.objects.filter(connection=connection, database=odoo.identity())
        for cursor in cursors:
            cursor.source, cursor.position = sources.POLLING, positions.get(cursor.model, {})
            cursor.save(update_fields=["source", "position"])


def _tidy_outbox(connection: OdooConnection, odoo: Odoo, name: str, wanted: Iterable[str]) -> tuple[str, ...]:
    return _begin_anew(connection, odoo, inside.tidy(odoo, name, wanted))


def _switch(connection: OdooConnection, database: str, name: str) -> None:
    with transaction.atomic():
        _mark(connection, database, outbox=name)
        ChangeCursor.objects.filter(connection=connection, database=database).update(
            source=sources.INSIDE, position={"taken": []}, error=""
        )


# Hints --------------------------------------------------------------------------------------------------------------


def _set_up_hints(connection: OdooConnection, token: str = "") -> str:
    _check_public()
    odoo, mine = plans.odoo_of(connection), _mine(connection)
    before = {"hears_by": dict(connection.hears_by), "hint_token": connection.hint_token}
    there = sources.hints_of(connection)
    name, wanted = there or hinting.name_of(secrets.token_hex(4)), sorted({one.model for one in mine})
    token = token or sources.hint_token_of(connection) or hints.new_token()
    _mark(connection, odoo.identity(), token, hints=name, hand="")
    try:
        hinting.set_up(odoo, name, hints.addresses(connection), wanted)
    except HubError:
        if not there:
            with suppress(HubError):
                hinting.remove(odoo, name)
            _write(connection, **before)
        raise
    over = _begin_anew(connection, odoo, hinting.tidy(odoo, name, wanted))
    if sources.outbox_of(connection):
        _remove_outbox(connection, odoo)
    _note_values(connection, odoo)
    for one in mine:
        listening.listen(one)
    return (
        f"Odoo hints at changes now, to {settings.HUB_PUBLIC_URL}: {', '.join(wanted) or 'no model yet'}. The hub "
        "looks when a hint comes, and asks seldom once they do. More models follow when configurations listen to them."
        f"{_told_of(over)}"
    )


def _remove_hints(connection: OdooConnection, odoo: Odoo) -> str:
    name = sources.hints_of(connection)
    for one in _mine(connection):
        listening.listen(one)
    if name:
        hinting.remove(odoo, name)
    _mark(connection, odoo.identity(), hints="", hand="", hint_token="")
    if name:
        return "The webhooks are removed from Odoo."
    return "Hints are not taken any more; remove the rules that were made by hand in Odoo."


def _check_hints(connection: OdooConnection, odoo: Odoo, wanted: set[str]) -> str:
    """Those made by hand cannot be seen without a right to; whether hints arrive tells enough."""
    name, missing = sources.hints_of(connection), set[str]()
    if name:
        missing = wanted - set(hinting.check(odoo, name, hints.addresses(connection)))
    if missing:
        raise Misconfigured(
            "The webhooks in Odoo were changed or removed there, or lead to another address: "
            f"{', '.join(sorted(missing))} is not hinted at. Set them up again."
        )
    whose = f"The webhooks in Odoo are whole: {', '.join(sorted(wanted)) or 'no model yet'}." if name else ""
    return f"{whose or 'Webhooks that were made by hand in Odoo hint at changes.'} {arrivals(connection)}".strip()


def _arrival(connection: OdooConnection, model: str, cursor: ChangeCursor | None) -> str:
    if cursor is None or cursor.hinted_at is None:
        return f"No hint has come yet of {model}: it is asked for every few seconds."
    came = f"The last hint of {model} came at {cursor.hinted_at:%Y-%m-%d %H:%M:%S} UTC"
    if hints.arrive(connection, cursor):
        return f"{came}."
    return f"{came}, but changes were found of which none came: it is asked for every few seconds until the next one."


def _check_public() -> None:
    if not settings.HUB_IS_PUBLIC:
        raise Misconfigured(
            "Odoo must be told where the hub is: set HUB_PUBLIC_URL to the address under which Odoo reaches it, such "
            "as https://hub.example.com, and start the hub again."
        )


def _note_values(connection: OdooConnection, odoo: Odoo) -> None:
    """The last values of what is deleted are told by what is known of it before."""
    for one in _mine(connection):
        seen.begin(listening.listeners(one), odoo, odoo.identity())


# Both ---------------------------------------------------------------------------------------------------------------


_SETTING_UP: dict[str, Callable[[OdooConnection], str]] = {
    OUTBOX: _set_up_outbox,
    WEBHOOK: _set_up_hints,
    HAND: by_hand,
}


def _mine(connection: OdooConnection) -> list[Watched]:
    return [one for one in listening.watched() if one.connection.pk == connection.pk]


def _tidy(connection: OdooConnection, odoo: Odoo, wanted: Iterable[str]) -> tuple[str, ...]:
    """Remove what is there for models that nothing listens to."""
    if outbox := sources.outbox_of(connection):
        return _tidy_outbox(connection, odoo, outbox, wanted)
    name = sources.hints_of(connection)
    return _begin_anew(connection, odoo, hinting.tidy(odoo, name, wanted)) if name else ()


def _begin_anew(connection: OdooConnection, odoo: Odoo, models: tuple[str, ...]) -> tuple[str, ...]:
    """Should something listen to these models again, it begins at its present."""
    ChangeCursor.objects.filter(connection=connection, database=odoo.identity(), model__in=models).delete()
    return models


def _told_of(over: tuple[str, ...]) -> str:
    return f" Removed, because nothing listens to it any more: {', '.join(over)}." if over else ""


def _mark(connection: OdooConnection, database: str, hint_token: str | None = None, **what: str) -> None:
    """Note what there is in the database: ``what`` of outbox, hints and hand is given; "" is nothing."""
    before = connection.hears_by if connection.hears_by.get("database") == database else {}
    marks = {name: value for name, value in {**before, **what, "database": database}.items() if value}
    columns: dict[str, Any] = {"hears_by": marks if len(marks) > 1 else {}}
    if hint_token is not None:
        columns["hint_token"] = hint_token
    _write(connection, **columns)


def _write(connection: OdooConnection, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(connection, name, value)
    OdooConnection.objects.filter(pk=connection.pk).update(**columns)
