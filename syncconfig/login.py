"""The admin's login page: who fails too often is kept out for a while, whatever they type."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from unfold.forms import AuthenticationForm

from hub.proxies import client_address
from syncconfig import lockout
from syncconfig.lockout import Attempt, TooManyFailures
from syncconfig.models import Lockout


class LoginForm(AuthenticationForm):
    """Counts the attempt before it looks at the password, so that many at once are no more than one after the other."""

    locked: TooManyFailures | None = None

    def clean(self) -> dict[str, Any]:
        """Who it is; raises ValidationError for wrong passwords, and for all while the name or place is locked."""
        if self.request is None or not {"username", "password"} <= set(self.cleaned_data):
            return dict(super().clean())
        name = str(self.cleaned_data["username"])
        attempt = Attempt(Lockout.Door.ADMIN, client_address(self.request), name)
        try:
            lockout.count(attempt, known=lambda: get_user_model().objects.filter(username=name).exists())
        except TooManyFailures as error:
            self.locked = error
            raise ValidationError(error.message, code="locked") from None
        found: dict[str, Any] = super().clean()
        lockout.clear(attempt, counted=True)
        return found


def login(request: HttpRequest) -> HttpResponse:
    """Django's login page; 429 with Retry-After while somebody is kept out."""
    answer: HttpResponse = admin.site.login(request)
    form = (getattr(answer, "context_data", None) or {}).get("form")
    if isinstance(form, LoginForm) and form.locked is not None:
        answer.status_code = form.locked.status
        answer.headers["Retry-After"] = str(form.locked.retry_after)
    return answer


urlpatterns = [path("", login)]
