"""The log as a Django app."""

from django.apps import AppConfig


class ApilogConfig(AppConfig):
    """One model, one writer, one admin page."""

    name = "apilog"
    verbose_name = "Log"
