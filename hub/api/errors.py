"""From any exception in a view to the seeds' error envelope."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from hub.api.envelope import failure
from hub.errors import (
    HubError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
)

logger = logging.getLogger(__name__)


class MethodNotAllowed(HubError):
    """The address exists, but not with this HTTP method."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class UnsupportedMedia(HubError):
    """The body is in a form that this address does not read."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class NotAcceptable(HubError):
    """The caller accepts only forms that the API does not write."""

    code = "NOT_ACCEPTABLE"
    status = 406


class BodyTooLarge(HubError):
    """The body is larger than the API reads."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class DatabaseBusy(HubError):
    """The hub's own database does not answer just now."""

    code = "SERVICE_UNAVAILABLE"
    status = 503
    retryable = True


Translation = tuple[tuple[type[Exception], ...], Callable[[Exception], HubError]]

TRANSLATIONS: tuple[Translation, ...] = (
    ((HubError,), lambda error: error if isinstance(error, HubError) else HubError(str(error))),
    (
        (exceptions.MethodNotAllowed,),
        lambda error: MethodNotAllowed(f"{error} See the API reference for what this address offers."),
    ),
    (
        (exceptions.UnsupportedMediaType,),
        lambda error: UnsupportedMedia(
            "Send the body as JSON, with the header Content-Type: application/json. To create or update one record, "
            "multipart/form-data is taken as well."
        ),
    ),
    ((exceptions.NotAcceptable,), lambda error: NotAcceptable("The API answers in JSON: accept application/json.")),
    ((RequestDataTooBig,), lambda error: BodyTooLarge(_too_large())),
    (
        (exceptions.ParseError, SuspiciousOperation),
        lambda error: InvalidInput(str(error) or "The request could not be read."),
    ),
    ((Http404, exceptions.NotFound), lambda error: NotFound("There is nothing at this address.")),
    ((PermissionDenied, exceptions.PermissionDenied), lambda error: NotPermitted("You may not do this.")),
    (
        (exceptions.AuthenticationFailed, exceptions.NotAuthenticated),
        lambda error: NotAuthenticated("Send a valid token in the header Authorization: Bearer TOKEN."),
    ),
    (
        (OperationalError, InterfaceError),
        lambda error: DatabaseBusy("The hub's database does not answer just now. Try again in a moment."),
    ),
)
"""What each foreign exception means to a caller; the first that fits counts."""


def _too_large() -> str:
    most = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 1024**2
    return f"The body is larger than {most} MB. Send it in parts."


def as_hub_error(error: Exception) -> HubError:
    """The hub's error that says what this exception means to the caller; unknown ones become INTERNAL_ERROR."""
    for kinds, translate in TRANSLATIONS:
        if isinstance(error, kinds):
            return translate(error)
    logger.error("unexpected error", exc_info=error)
    return HubError("Something went wrong in the hub. Quote the trace_id when you report it.")


def envelope_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every failure in the seeds' envelope."""
    told = as_hub_error(error)
    response = Response(failure(told), status=told.status)
    for name, value in headers_for(told).items():
        response.headers[name] = value
    return response


def headers_for(error: HubError) -> dict[str, str]:
    """The headers that belong to an error: how to authenticate, when to come back (RFC 9110)."""
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": ", ".join(error.challenges)}
    if error.retry_after is not None:
        return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
    if error.status == DatabaseBusy.status:
        return {"Retry-After": "5"}
    return {}


def json_error(error: HubError) -> JsonResponse:
    """The envelope outside of DRF, for Django's own error pages below /api/."""
    return JsonResponse(failure(error), status=error.status, headers=headers_for(error))


@csrf_exempt
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What an address that does not exist answers below /api/."""
    return json_error(NotFound(f"There is nothing at {request.path}. GET /api/sync/v1/ lists what you may use."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400 below /api/, such as an unknown host name."""
    if isinstance(exception, DisallowedHost):
        return json_error(
            InvalidInput("This host name is not the hub's. The setting HUB_ALLOWED_HOSTS lists those that are.")
        )
    return json_error(InvalidInput("The request could not be read."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500 below /api/: what not even a view's error handling caught."""
    return json_error(HubError("Something went wrong in the hub. Quote the trace_id when you report it."))
