"""Records of Odoo for external systems: parse, hand over to the flow, answer."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.envelope import success
from hub.api.pagination import Page
from syncconfig.api.base import ApiView

OPERATIONS = {"POST": "create", "GET": "list", "PUT": "update", "PATCH": "update", "DELETE": "delete"}


class IndexView(ApiView):
    """What this caller may use."""

    operation = "index"

    def get(self, request: Request) -> Response:
        """The caller's configurations, with model, methods and field names."""
        assert self.caller is not None
        configurations = self.caller.configurations().prefetch_related("mappings").order_by("model", "code")
        offered = [
            {
                "configuration": one.code,
                "name": one.name,
                "model": one.model,
                "methods": one.methods,
                "fields": [row.external_key for row in one.mappings.all()],
                "url": f"/api/sync/v1/{one.model}",
            }
            for one in configurations
        ]
        return Response(success(client=self.caller.client.name, resources=offered))


class CollectionView(ApiView):
    """``/api/sync/v1/{model}``: create one, list them."""

    def operation_of(self, method: str) -> str:
        """Create or list."""
        return OPERATIONS.get(method, method.lower())

    def post(self, request: Request, model: str) -> Response:
        """Create a record: 201 with its id."""
        inbound = self.inbound(request, model, "POST")
        answer = inbound.create(request.data)
        self.concerns(answer["id"])
        location = {"Location": f"/api/sync/v1/{model}/{answer['id']}"}
        return Response(success(**answer), status=201, headers=location)

    def get(self, request: Request, model: str) -> Response:
        """A page of records with the pagination block."""
        inbound = self.inbound(request, model, "GET")
        query = request.query_params.dict()
        page = Page.of(query)
        records, total = inbound.page(
            query, request.query_params.getlist("domain"), limit=page.per_page, offset=page.offset
        )
        block = page.block(total, request.path, {key: value for key, value in query.items() if key != "page"})
        return Response(success(data=records, pagination=block))


class SearchView(ApiView):
    """``/api/sync/v1/{model}/search``: records that match a domain, and how many there are in all."""

    operation = "search"

    def get(self, request: Request, model: str) -> Response:
        """By ``domain``, ``fields``, ``limit``, ``offset`` and ``order``."""
        inbound = self.inbound(request, model, "GET")
        return Response(success(**inbound.search(request.query_params.dict(), request.query_params.getlist("domain"))))


class RecordView(ApiView):
    """``/api/sync/v1/{model}/{id}``: get, update or delete one."""

    def operation_of(self, method: str) -> str:
        """Get, update or delete."""
        return "get" if method == "GET" else OPERATIONS.get(method, method.lower())

    def get(self, request: Request, model: str, record_id: int) -> Response:
        """One record."""
        inbound = self.inbound(request, model, "GET")
        return Response(success(**inbound.get(record_id, request.query_params.get("fields", ""))))

    def put(self, request: Request, model: str, record_id: int) -> Response:
        """Update a record."""
        return self._update(request, model, record_id, "PUT")

    def patch(self, request: Request, model: str, record_id: int) -> Response:
        """Update a record."""
        return self._update(request, model, record_id, "PATCH")

    def delete(self, request: Request, model: str, record_id: int) -> Response:
        """Delete a record, or archive it."""
        inbound = self.inbound(request, model, "DELETE")
        body: Any = request.data if request.body else {}
        return Response(success(**inbound.delete(record_id, body)))

    def _update(self, request: Request, model: str, record_id: int, method: str) -> Response:
        inbound = self.inbound(request, model, method)
        return Response(success(**inbound.update(record_id, request.data)))
