"""The short address of the Postman collection: /postman."""

from django.urls import path

from syncconfig.api.contract.views import PostmanView

urlpatterns = [path("", PostmanView.as_view(), name="postman")]
