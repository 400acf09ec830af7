"""The hub's addresses; the apps are named by string only."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path, re_path, reverse

from hub.api import errors


def home(request: HttpRequest) -> HttpResponse:
    """People who open the bare address want the admin."""
    return HttpResponseRedirect(reverse("admin:index"))


handler400 = "hub.api.errors.bad_request"
handler404 = "hub.api.errors.missing"
handler500 = "hub.api.errors.server_error"

urlpatterns = [
    path("", home),
    path("", include("hub.health")),
    path("metrics", include("syncconfig.metrics")),
    path("admin/", admin.site.urls),
    path("api/sync/v1/", include("syncconfig.api.urls")),
    path("demo/receiver/", include("webhooks.urls")),
    re_path(r"^api/.*$", errors.not_found),
]
