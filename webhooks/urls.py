"""The demo receiver's address."""

from django.urls import path

from webhooks.receiver import receive

urlpatterns = [path("<path:path>", receive, name="demo_receiver")]
