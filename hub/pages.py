"""Pages for what went wrong: what happened, and what to do. They need no database and no session to be shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import loader

from hub.api import errors
from hub.api.trace import current
from hub.errors import NotPermitted


@dataclass(frozen=True)
class Trouble:
    """What a page says."""

    status: int
    title: str
    text: str
    advice: str
    back: bool = False
    """Whether the page before is worth going back to."""

    log_out: bool = False
    """Whether to offer to log out, so that somebody else can log in."""


BAD_REQUEST = Trouble(
    400,
    "This request could not be read",
    "The hub did not understand what the browser sent.",
    "Go back and try again. If you typed the hub's address, compare it with the one that you were given: the setting "
    "HUB_ALLOWED_HOSTS lists the names that the hub answers to.",
    back=True,
)
FORBIDDEN = Trouble(
    403,
    "You may not see this page",
    "Your user has no permission for it.",
    "Ask an administrator to put your user into a group that may: API Sync Viewer, Operator or Manager.",
    back=True,
    log_out=True,
)
EXPIRED = Trouble(
    403,
    "This form is out of date",
    "Nothing was saved. The page was open for long, you have logged in again since, or the browser keeps no cookies.",
    "Go back, reload the page, and send the form again.",
    back=True,
)
MISSING = Trouble(
    404,
    "There is nothing at this address",
    "",
    "Check the address, or look for it from the overview.",
    back=True,
)
NOT_BY_LINK = Trouble(
    405,
    "This address acts, and only by its button",
    "A link to it does nothing, so that nothing happens by mistake.",
    "Go back and press the button.",
    back=True,
)
FAILED = Trouble(
    500,
    "Something went wrong in the hub",
    "It was not your fault, and what you were doing was not saved.",
    "Try again in a moment. If it happens again, give the number below to whoever runs the hub: the reason stands "
    "beside it in the server's log.",
    back=True,
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400."""
    return errors.bad_request(request, exception) if _of_api(request) else page(request, BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 403."""
    if _of_api(request):
        return errors.json_error(NotPermitted("You may not do this."))
    return page(request, FORBIDDEN, person=_person(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What Django answers to a form without the right token (settings.CSRF_FAILURE_VIEW)."""
    return page(request, EXPIRED)


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 404; a sentence that the view gave is shown."""
    if _of_api(request):
        return errors.not_found(request, exception)
    told = exception.args[0] if exception is not None and exception.args else ""
    return page(request, MISSING, text=told if isinstance(told, str) else "")


def not_by_link(request: HttpRequest) -> HttpResponse:
    """A GET of what acts."""
    response = page(request, NOT_BY_LINK)
    response.headers["Allow"] = "POST"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500."""
    return errors.server_error(request) if _of_api(request) else page(request, FAILED)


def page(request: HttpRequest, trouble: Trouble, text: str = "", person: str = "") -> HttpResponse:
    """The page: no context processor runs, so that nothing else can fail."""
    context = {
        "trouble": trouble,
        "text": text or trouble.text,
        "person": person,
        "trace_id": current.get() if trouble is FAILED else "",
        "csrf_token": get_token(request) if trouble.log_out else "",
    }
    return HttpResponse(loader.render_to_string("hub/trouble.html", context), status=trouble.status)


def _person(request: HttpRequest) -> str:
    """The name of who is logged in, as far as that can be told."""
    try:
        user = getattr(request, "user", None)
        return user.get_username() if user is not None and user.is_authenticated else ""
    except Error:
        return ""


def _of_api(request: HttpRequest) -> bool:
    return f"{request.path}/".startswith("/api/")
