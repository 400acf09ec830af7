"""Django's users and groups in the hub's style."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class HubUserAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # Django takes none at run time
    """People who may log in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class HubGroupAdmin(GroupAdmin, ModelAdmin):
    """What people may do, together."""
