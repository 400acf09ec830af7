"""How the admin looks and what its sidebar offers; the apps' pages are named by string only."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def stylesheet(request: HttpRequest) -> str:
    """The hub's own styles for the pages that Unfold has no widget for."""
    return static("hub/admin.css")


def favicon(request: HttpRequest) -> str:
    """The picture in the browser's tab."""
    return static("hub/favicon.svg")


def item(title: str, icon: str, page: str, *models: str, demo: bool = False) -> dict[str, Any]:
    """A line of the sidebar, for those who may look at one of the ``models``; with ``demo``, while the demo is on."""

    def may_see(request: HttpRequest) -> bool:
        if demo and not settings.HUB_DEMO:
            return False
        verbs = ((*model.split("."), verb) for model in models for verb in ("view", "change"))
        return not models or any(request.user.has_perm(f"{app}.{verb}_{name}") for app, name, verb in verbs)

    return {"title": title, "icon": icon, "link": reverse_lazy(page), "permission": may_see}


NAVIGATION: list[dict[str, Any]] = [
    {"items": [item("Overview", "dashboard", "admin:index")]},
    {
        "title": "Set up",
        "separator": True,
        "items": [
            item("Odoo connections", "hub", "admin:syncconfig_odooconnection_changelist", "syncconfig.odooconnection"),
            item("Configurations", "tune", "admin:syncconfig_configuration_changelist", "syncconfig.configuration"),
            item("API clients", "key", "admin:syncconfig_apiclient_changelist", "syncconfig.apiclient"),
            item("Webhooks", "webhook", "admin:webhooks_subscription_changelist", "syncconfig.configuration"),
        ],
    },
    {
        "title": "See what happened",
        "separator": True,
        "items": [
            item("Incidents", "warning", "admin:syncconfig_incident_changelist", "syncconfig.incident"),
            item("Logs", "receipt_long", "admin:apilog_apilog_changelist", "apilog.apilog"),
            item("Deliveries", "outbox", "admin:syncconfig_delivery_changelist", "syncconfig.delivery"),
            item("Jobs", "pending_actions", "admin:syncconfig_apijob_changelist", "syncconfig.apijob"),
            item("Runs", "play_circle", "admin:syncconfig_run_changelist", "syncconfig.run"),
            item("Failed logins", "lock_clock", "admin:syncconfig_lockout_changelist", "syncconfig.apiclient"),
            item("Odoo", "database", "admin:odoo_browser", "syncconfig.odooconnection"),
        ],
    },
    {
        "title": "Try it",
        "separator": True,
        "items": [
            item("API documentation", "menu_book", "api_docs", "syncconfig.configuration"),
            item(
                "Demo receiver",
                "move_to_inbox",
                "admin:webhooks_receivedmessage_changelist",
                "webhooks.receivedmessage",
                "syncconfig.delivery",
                demo=True,
            ),
        ],
    },
    {
        "title": "Users",
        "separator": True,
        "items": [
            item("Users", "person", "admin:auth_user_changelist", "auth.user"),
            item("Groups", "group", "admin:auth_group_changelist", "auth.group"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Sync Hub",
    "SITE_HEADER": "Sync Hub",
    "SITE_SUBHEADER": "Odoo and everything else",
    "SITE_SYMBOL": "sync_alt",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "syncconfig.login.LoginForm"},
    "DASHBOARD_CALLBACK": "syncconfig.admin.dashboard.dashboard",
    "STYLES": [stylesheet],
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
    "COLORS": {
        "primary": {
            "50": "oklch(97.7% .013 236.62)",
            "100": "oklch(95.1% .026 236.824)",
            "200": "oklch(90.1% .058 230.902)",
            "300": "oklch(82.8% .111 230.318)",
            "400": "oklch(74.6% .16 232.661)",
            "500": "oklch(68.5% .169 237.323)",
            "600": "oklch(50% .134 242.749)",
            "700": "oklch(44.3% .11 240.79)",
            "800": "oklch(39.1% .09 240.876)",
            "900": "oklch(29.3% .066 243.157)",
            "950": "oklch(22% .05 243)",
        }
    },
}
