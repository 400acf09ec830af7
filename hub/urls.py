"""The hub's addresses; the apps are named by string only."""

from django.contrib import admin
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path, re_path, reverse

from hub.api import errors


def home(request: HttpRequest) -> HttpResponse:
    """People who open the bare address want the admin."""
    return HttpResponseRedirect(reverse("admin:index"))


def search(request: HttpRequest) -> HttpResponse:
    """Unfold's search for pages (Ctrl+K), which takes any page number for one that exists."""
    try:
        found: HttpResponse = admin.site.search(request)  # type: ignore[attr-defined]  # Unfold's site
    except (InvalidPage, ValueError):
        raise Http404("The search has no such page.") from None
    return found


handler400 = "hub.pages.bad_request"
handler403 = "hub.pages.forbidden"
handler404 = "hub.pages.missing"
handler500 = "hub.pages.server_error"

urlpatterns = [
    path("api/sync/v1/", include("webhooks.api_urls")),
    path("api/sync/v1/", include("syncconfig.api.urls")),
    path("api/hints/", include("syncconfig.api.hints")),
    path("", home),
    path("", include("hub.health")),
    path("metrics", include("syncconfig.metrics")),
    path("admin/login/", include("syncconfig.login")),
    path("admin/search/", admin.site.admin_view(search)),
    path("admin/", admin.site.urls),
    path("postman", include("syncconfig.api.contract.download")),
    path("demo/receiver/", include("webhooks.urls")),
    re_path(r"^api(?:/.*)?$", errors.not_found),
]
