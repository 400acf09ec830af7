"""The limits on bodies: no view acts on a request whose body was too large, and was thrown away."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from hub.api.errors import BodyTooLarge, UnsupportedMedia, as_hub_error, json_error

TOO_LARGE = "hub.body_too_large"
"""The mark in the WSGI environment by which the web server says so (hub.web.channel)."""

_FILES = re.compile(r"/api/sync/v1/[^/]+/[0-9]+/[^/]+/content")


def takes_file(method: str, path: str) -> bool:
    """Whether a request's body is the content of a field, which may be larger than others and stays on disk."""
    return method == "PUT" and _FILES.fullmatch(path) is not None


def check_body(request: HttpRequest) -> None:
    """Raise RequestDataTooBig, or BodyTooLarge for a file, when the body was larger than the hub takes."""
    length = int(request.META.get("CONTENT_LENGTH") or "0")
    if takes_file(request.method or "", request.path):
        if request.META.get(TOO_LARGE) or length > settings.HUB_MAX_FILE_BYTES:
            most = settings.HUB_MAX_FILE_BYTES // 1024**2
            raise BodyTooLarge(f"The file is larger than {most} MB, which is the most that this hub takes.")
    elif request.META.get(TOO_LARGE) or length > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        raise RequestDataTooBig


def check_encoding(request: HttpRequest) -> None:
    """Raise UnsupportedMedia for a compressed body (RFC 9110, 8.4): small ones may become large ones."""
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMedia(f"Send the body as it is, without Content-Encoding: {encoding[:40]}.")


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
