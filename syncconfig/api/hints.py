"""Where an Odoo sends its hints: ``POST /api/hints/CONNECTION?token=...``, and ``.../deleted`` for deletions.

The token is a parameter, so that it never stands in a path, which logs show. Without it there is nothing at the
address.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from apilog import record, strangers
from hub.api import errors, trace
from hub.api.errors import BodyTooLarge, DatabaseBusy, MethodNotAllowed, json_error
from hub.crypto import WrongKey
from hub.errors import HubError, InvalidInput, NotFound
from hub.proxies import client_address
from syncconfig import hints
from syncconfig.models import OdooConnection

logger = logging.getLogger(__name__)

LONGEST = 1024 * 1024
"""Bytes of a hint: what is added by hand to those few that are needed is not looked at."""


@csrf_exempt
def take(request: HttpRequest, connection_id: int, *, deleted: bool = False) -> HttpResponse:
    """Note the hint and answer at once, without a body: Odoo waits a second, and whoever saved in it waits, too."""
    try:
        connection = _connection(connection_id)
        if connection is None or not hints.is_right(connection, request.GET.get("token", "")):
            return _nothing_there(request)
        if request.method != "POST":
            raise MethodNotAllowed("Odoo's automation rules send their hints here, by POST.")
        model, record_id = _hint(request)
        hints.note(connection, model, record_id if deleted else None)
    except HubError as error:
        return json_error(error)
    except DatabaseError as error:
        logger.warning("a hint of Odoo could not be noted: %s", type(error).__name__)
        return json_error(DatabaseBusy("The hub's database does not answer just now."))
    return HttpResponse(status=204)


def _connection(connection_id: int) -> OdooConnection | None:
    try:
        return OdooConnection.objects.filter(pk=connection_id).first()
    except WrongKey:
        return None  # nobody can tell what its token was


def _nothing_there(request: HttpRequest) -> HttpResponse:
    """What every other address answers; counted like all calls of strangers."""
    about = record.About(trace_id=trace.current.get(), address=client_address(request), operation="hint")
    failure = NotFound("A hint without the token of an Odoo connection.")
    strangers.note(about, request.method or "", request.path, request.headers.items(), failure.status, failure)
    return errors.not_found(request)


def _hint(request: HttpRequest) -> tuple[str, int]:
    """The model and the record's id; raises BodyTooLarge, InvalidInput."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST:
        raise BodyTooLarge("A hint of more than 1 MB is not read. Send no fields with it: the hub asks Odoo for them.")
    try:
        told: Any = json.loads(request.body)
    except RequestDataTooBig:
        raise BodyTooLarge("A hint of more than 1 MB is not read.") from None
    except (ValueError, RecursionError, UnreadablePostError):
        raise InvalidInput("A hint is JSON, as Odoo's action Send Webhook Notification makes it.") from None
    model, record_id = (told.get("_model"), told.get("_id")) if isinstance(told, dict) else (None, None)
    if not isinstance(model, str) or not 0 < len(model) <= 100 or "\x00" in model:
        raise InvalidInput("A hint says in _model which model it is about, such as res.partner.", field="_model")
    if isinstance(record_id, bool) or not isinstance(record_id, int) or not 0 < record_id < 2**31:
        raise InvalidInput("A hint says in _id which record it is about, as a whole number.", field="_id")
    return model, record_id


urlpatterns = [
    path("<int:connection_id>", take),
    path("<int:connection_id>/deleted", take, {"deleted": True}),
]
