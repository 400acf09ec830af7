"""Incidents in the admin: what needs a person now, and what needed one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from hub.dialogs import record_of
from hub.modeladmin import HubModelAdmin
from hub.moments import short
from hub.readonly import ReadOnlyMixin
from syncconfig import notices
from syncconfig.models import Incident, Notice


class OverFilter(admin.SimpleListFilter):
    """Open ones, or those that are over."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices."""
        return [("open", "Open"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        """Those that were chosen."""
        if self.value() in ("open", "over"):
            return queryset.filter(over_at__isnull=self.value() == "open")
        return queryset


@admin.register(Incident)
class IncidentAdmin(ReadOnlyMixin, HubModelAdmin):
    """Each line is one thing that was wrong, however many records it concerned."""

    list_display = ["shown_state", "kind", "name", "what", "count", "shown_since", "shown_over", "shown_told"]
    list_display_links = ["kind"]
    list_filter = [OverFilter, "kind"]
    list_filter_submit = False
    search_fields = ["name", "what"]
    search_help_text = "Name or message"
    list_per_page = 50
    empty_text = (
        "Nothing was wrong yet. External systems and an Odoo that do not answer, deliveries that were given up, runs "
        "that failed and fields that changed will stand here, and who is to know is told once each."
    )
    fields = (
        "shown_state", "kind", "name", "what", "advice", "shown_page", "count", "shown_since", "shown_over",
        "shown_notices",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="State", ordering="over_at", label={"open": "danger", "over": "success"})
    def shown_state(self, obj: Incident) -> tuple[str, str]:
        """Open or over."""
        return ("open", "Open") if obj.over_at is None else ("over", "Over")

    @display(description="Since", ordering="began_at")
    def shown_since(self, obj: Incident) -> str:
        """When it began."""
        return short(obj.began_at)

    @display(description="Over", ordering="over_at")
    def shown_over(self, obj: Incident) -> str:
        """When it was over."""
        return short(obj.over_at) if obj.over_at else ""

    @display(description="Where to look")
    def shown_page(self, obj: Incident) -> SafeString | str:
        """A link to the page."""
        return format_html('<a href="{}">{}</a>', obj.page, obj.name) if obj.page else ""

    @display(description="Told")
    def shown_told(self, obj: Incident) -> str:
        """Whether people know, in a few words."""
        found = list(obj.notices.all())
        sent = [one.sent_at for one in found if one.sent_at]
        if any(one.given_up_at for one in found):
            return "given up"
        if sent:
            return short(max(sent))
        return "waits" if found else _nobody()

    @display(description="Told")
    def shown_notices(self, obj: Incident) -> str:
        """What became of the notices."""
        return "; ".join(map(_told, obj.notices.all())) or _nobody()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        """With the notices."""
        return super().get_queryset(request).prefetch_related("notices")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Nobody may, but who looks for one that is not there is told so."""
        if self.has_view_permission(request):
            record_of(self, request, object_id)
        return super().delete_view(request, object_id, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: one that is open would begin again, and tell everybody anew."""
        return False


def _nobody() -> str:
    return "nobody yet" if notices.ways() else "nobody: no way is set up"


def _told(notice: Notice) -> str:
    what = f"{notice.get_way_display()} ({notice.get_occasion_display().lower()})"
    if notice.sent_at:
        return f"{what} {short(notice.sent_at)}"
    if notice.given_up_at:
        return f"{what} given up: {notice.error}"
    return f"{what} waits{f': {notice.error}' if notice.error else ''}"
