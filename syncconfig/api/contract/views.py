"""The contract's addresses: for callers what they may use, for the hub's own users, who may look at it, everything."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.envelope import success
from hub.proxies import client_address
from hub.transform import contract
from syncconfig.api import limits, runnable
from syncconfig.api.access import Caller
from syncconfig.api.base import ApiView
from syncconfig.api.contract import document, postman
from syncconfig.api.contract.components import NEEDS, about_options
from syncconfig.api.contract.resources import Resource, of_caller, of_everybody
from syncconfig.models import Configuration, Scheme

EVERY = ("GET", "POST", "PUT", "PATCH", "DELETE")


class SchemaView(ApiView):
    """``/api/sync/v1/{model}/schema``: the fields, methods and options of a model, for this caller."""

    operation = "schema"
    asks = EVERY

    def get(self, request: Request, model: str) -> Response:
        """Those of the configuration that X-Sync-Config names, or of the first by code."""
        offer = self.offer(request, model, *EVERY)
        one = Resource(offer.configuration, offer.methods, self.flow_of(request, offer))
        return Response(success(**about(one)))


def about(one: Resource) -> dict[str, Any]:
    """What a configuration offers to its caller."""
    configuration, plan = one.configuration, one.flow.plan if one.flow is not None else None
    match = list(plan.match) if plan is not None else []
    example = contract.sample(one.parts)
    return {
        "configuration": configuration.code,
        "name": configuration.name,
        "model": configuration.model,
        "url": f"/api/sync/v1/{configuration.model}",
        "methods": list(one.methods),
        "match_keys": match,
        **({"on_match": configuration.on_match} if match else {}),
        "unmapped": configuration.unmapped,
        "fields": contract.fields(one.parts),
        "options": {name: about_options(name) for name, needed in NEEDS.items() if needed & set(one.methods)},
        "example": example,
    }


class ContractView(ApiView):
    """A document about all that somebody may use: a caller, or a user of the admin who may see configurations."""

    def who(self, request: HttpRequest) -> Caller:
        """The caller by its token; without one, the user who is logged in."""
        name = user_of(request)
        if name and not request.headers.get("Authorization"):
            return Caller(Scheme.NONE, client_address(request), user=name)
        return super().who(request)

    def _counted(self, caller: Caller) -> limits.Standing | None:
        return None if caller.user else super()._counted(caller)

    def resources(self) -> list[Resource]:
        """What the document is about."""
        assert self.caller is not None
        return of_everybody() if self.caller.user else of_caller(self.caller)

    def runs(self) -> list[str]:
        """The codes of the Out configurations that may be run."""
        assert self.caller is not None
        if self.caller.user:
            found = Configuration.objects.filter(active=True, request_type=Configuration.RequestType.OUT)
            return list(found.order_by("code").values_list("code", flat=True))
        return [one.code for one in runnable.of(self.caller)]


class DocumentView(ContractView):
    """``/api/sync/v1/openapi.json``."""

    operation = "openapi"

    def get(self, request: Request) -> Response:
        """The OpenAPI document."""
        return Response(document.openapi(self.resources(), server_of(request._request), self.runs()))


class PostmanView(ContractView):
    """``/postman`` and ``/api/sync/v1/postman``."""

    operation = "postman"

    def get(self, request: Request) -> Response:
        """The collection, as a file."""
        found = postman.collection(self.resources(), server_of(request._request))
        name = 'attachment; filename="sync-hub.postman_collection.json"'
        return Response(found, headers={"Content-Disposition": name})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI. The page says nothing by itself: the document behind it asks who wants to see it."""
    return render(request, "hub/api_docs.html", {"known": bool(user_of(request))})


def user_of(request: HttpRequest) -> str:
    """The name of the user of the admin who is logged in and may see configurations, or ""."""
    user = request.user
    may = user.is_active and getattr(user, "is_staff", False) and user.has_perm("syncconfig.view_configuration")
    return user.get_username() if may else ""


def server_of(request: HttpRequest) -> str:
    """The hub's address, as whoever asks knows it."""
    return request.build_absolute_uri("/").rstrip("/")
