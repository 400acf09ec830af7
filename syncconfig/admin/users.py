"""People and groups in the hub's style: who may log in, and what they may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from hub.modeladmin import HubModelAdmin
from hub.moments import short

apps.get_app_config("auth").verbose_name = "People"
admin.site.unregister(User)
admin.site.unregister(Group)


class PasswordState(forms.Widget):
    """That there is a password, and nothing of its digest."""

    read_only = True

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """A sentence."""
        usable = bool(value) and not str(value).startswith("!")
        return format_html('<div class="readonly">{}</div>', "Set. Nobody can read it." if usable else "Not set.")


class HubUserForm(UserChangeForm):
    """The user's form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = ReadOnlyPasswordHashField(
            label="Password",
            widget=PasswordState,
            help_text=mark_safe('<a class="hub-link" href="../password/">Change the password</a>'),
        )
        told = {
            "is_active": "Off: this user cannot log in. Better than deleting it: its history stays.",
            "is_staff": "May log in to these pages.",
            "is_superuser": "An administrator: may do everything, users included.",
            "groups": "What the user may do: API Sync Viewer looks, Operator also runs and sends again, "
            "Manager also changes things.",
            "user_permissions": "Single permissions besides those of the groups; seldom needed.",
        }
        for name, text in told.items():
            if name in self.fields:
                self.fields[name].help_text = text


@admin.register(User)
class HubUserAdmin(UserAdmin, HubModelAdmin):  # type: ignore[type-arg]  # Django takes none at run time
    """People who may log in."""

    form = HubUserForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "full_name", "email", "shown_groups", "is_active", "shown_login"]
    list_filter = ["is_active", "is_superuser", "groups"]
    search_help_text = "Name or e-mail address"
    fieldsets = [
        (None, {"fields": [("username", "is_active"), "password"]}),
        ("Person", {"fields": [("first_name", "last_name"), "email"]}),
        ("What the user may do", {"fields": [("is_staff", "is_superuser"), "groups", "user_permissions"]}),
        ("When", {"fields": [("last_login", "date_joined")]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the groups that the list shows."""
        return super().get_queryset(request).prefetch_related("groups")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A new user may log in: there are no others in the hub."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    @display(description="Name")
    def full_name(self, obj: User) -> str:
        """First and last name."""
        return obj.get_full_name()

    @display(description="Groups")
    def shown_groups(self, obj: User) -> str:
        """What the user may do."""
        if obj.is_superuser:
            return "Administrator"
        return ", ".join(group.name for group in obj.groups.all()) or "none: sees nothing"

    @display(description="Last login", ordering="last_login")
    def shown_login(self, obj: User) -> str:
        """When."""
        return short(obj.last_login, "never")


@admin.register(Group)
class HubGroupAdmin(GroupAdmin, HubModelAdmin):
    """What people may do, together."""
