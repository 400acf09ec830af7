"""The addresses of webhooks, below /api/sync/v1/."""

from django.urls import path

from webhooks import api

urlpatterns = [
    path("webhooks", api.WebhooksView.as_view()),
    path("webhooks/<slug:public_id>", api.WebhookView.as_view()),
    path("events/subscribe", api.SubscribeView.as_view()),
]
