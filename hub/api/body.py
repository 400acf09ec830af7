"""The limit on bodies: no view acts on a request whose body was too large, and was thrown away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from hub.api.errors import as_hub_error, json_error

TOO_LARGE = "hub.body_too_large"
"""The mark in the WSGI environment by which the web server says so (hub.web.channel)."""


def check_body(request: HttpRequest) -> None:
    """Raise RequestDataTooBig when the body was larger than the hub takes."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.META.get(TOO_LARGE) or int(length) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        raise RequestDataTooBig


class WholeBodyMiddleware:
    """Answers 413 in place of every view, but for those that call ``check_body`` themselves, to log it first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Nothing, or the refusal."""
        if not request.META.get(TOO_LARGE) or getattr(getattr(view, "cls", None), "checks_body", False):
            return None
        return json_error(as_hub_error(RequestDataTooBig()))
