"""Configurations that pull, in the admin: their tabs, up to where they have come, and beginning anew."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from hub.dialogs import button, confirm, go_to
from hub.errors import HubError
from hub.flow.paging import sentences
from hub.modeladmin import HubModelAdmin
from hub.moments import short
from syncconfig import runs
from syncconfig.admin.configuration_form import KEYS_JS
from syncconfig.models import Configuration, PullCursor, Run

COUNTED = "['page', 'offset'].includes(paging)"
CONDITIONS = {
    "items_path": "answer_format != 'csv'",
    "page_parameter": "['page', 'offset', 'cursor'].includes(paging)",
    "first_page": "paging == 'page'",
    "size_parameter": "paging != 'none'",
    "page_size": "paging != 'none' && size_parameter != ''",
    "next_path": "['cursor', 'next'].includes(paging)",
    "most_pages": "paging != 'none'",
    "cursor_path": "cursor_by == 'field'",
    "cursor_start": "cursor_by != 'none'",
    "cursor_overlap": "cursor_by != 'none'",
    "shown_cursor": "cursor_by != 'none'",
    **dict.fromkeys(("auth_login", "auth_password"), "['basic', 'oauth2'].includes(auth_scheme)"),
    **dict.fromkeys(("oauth_url", "oauth_scope"), "auth_scheme == 'oauth2'"),
    "auth_token": f"['bearer', {KEYS_JS}].includes(auth_scheme)",
    "auth_header": f"[{KEYS_JS}].includes(auth_scheme)",
}
"""Which fields the page of a pull shows, by the values of others."""

OF_SENDING = ("send_again",)
"""Buttons that a pull has no use for."""


class PullMixin(HubModelAdmin):
    """What the admin of configurations has for those that pull."""

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """A pull's fields depend on each other in ways of their own."""
        if obj is not None and obj.pulls:
            own = copy.copy(self)
            own.conditional_fields = CONDITIONS
            context["adminform"].model_admin = own
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(description="Which paging?")
    def shown_pagings(self, obj: Configuration) -> SafeString:
        """A sentence for each."""
        return format_html_join("", "<p><b>{}</b>: {}</p>", sentences())

    @display(description="How far it has come")
    def shown_cursor(self, obj: Configuration) -> SafeString | str:
        """What the next run begins from, for each Odoo database."""
        rows = [(one.value, one.database, short(one.moved_at)) for one in PullCursor.objects.filter(configuration=obj)]
        if not rows:
            return "No run has come to its end yet: the next one fetches everything."
        return format_html_join("", "<p><b>{}</b> in {} ({})</p>", rows)

    @button(
        "Pull everything",
        "restart_alt",
        "run",
        "pull-everything",
        dialog=confirm(
            "Pull everything?",
            "The whole list is fetched, whatever was fetched before. What is in Odoo as it should be is not written.",
            "Pull",
        ),
    )
    def pull_everything(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """A run from the beginning."""
        try:
            run = runs.start(configuration, runs.Asked(from_start=True))
        except HubError as error:
            self.message_user(request, error.message, level=messages.WARNING)
        else:
            self.log_change(request, configuration, "Pulled everything by hand.")
            link = format_html(
                '<a class="underline" href="{}">{}</a>',
                reverse("admin:syncconfig_run_change", args=[run.pk]),
                "its run",
            )
            self.message_user(
                request, format_html("“{}” is being pulled: see {}.", configuration.name, link), level=messages.SUCCESS
            )
        return go_to(request, reverse("admin:syncconfig_configuration_change", args=[configuration.pk]))


def counts(run: Run) -> str:
    """What became of a run's items, in a line."""
    return run.in_words if run.pulls else ""


def failures(run: Run) -> SafeString | str:
    """The items that failed, with the reason."""
    if not run.items_failed:
        return "None."
    rows = [(one.get("page", ""), one.get("item") or "(no key)", one.get("reason", "")) for one in run.failures]
    table = format_html_join("", '<tr><td>{}</td><td class="hub-any">{}</td><td class="hub-any">{}</td></tr>', rows)
    more = run.items_failed - len(rows)
    rest = format_html("<p>And {} more: each stands in the log, at the call of its page.</p>", more) if more > 0 else ""
    head = "<tr><th>Page</th><th>Item</th><th>Why</th></tr>"
    return format_html(
        '<div class="hub-scroll"><table class="hub-table"><thead>{}</thead><tbody>{}</tbody></table></div>{}',
        SafeString(head),
        table,
        rest,
    )
