"""Records of Odoo for external systems: parse, hand over to the flow, answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import prefetch_related_objects
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api import query
from hub.api.envelope import success
from hub.api.forms import FormParser
from hub.api.pagination import Page
from hub.api.parsers import StrictJSONParser
from hub.flow.batching import Batch, intake
from syncconfig import plans
from syncconfig.api import runnable
from syncconfig.api.base import ApiView
from syncconfig.signals import batch_completed

BATCH_METHODS = ("POST", "PUT", "PATCH", "DELETE")
READS_FORMS = [StrictJSONParser, FormParser]
OPERATIONS = {"POST": "create", "GET": "list", "PUT": "update", "PATCH": "update", "DELETE": "delete"}


class IndexView(ApiView):
    """What this caller may use."""

    operation = "index"
    parameters = {"GET": ()}

    def get(self, request: Request) -> Response:
        """The caller's configurations, with model, methods and field names; and the Out ones that it may run."""
        assert self.caller is not None
        offers = [one for one in self.caller.offers() if self.caller.scheme in one.configuration.accepted]
        prefetch_related_objects([one.configuration for one in offers], "mappings")
        offered = [
            {
                "configuration": one.configuration.code,
                "name": one.configuration.name,
                "model": one.configuration.model,
                "methods": one.methods,
                "fields": plans.offered_keys(one.configuration),
                "url": f"/api/sync/v1/{one.configuration.model}",
            }
            for one in offers
        ]
        runs = [
            {
                "configuration": one.code,
                "name": one.name,
                "model": one.model,
                "url": f"/api/sync/v1/configs/{one.code}/run",
            }
            for one in runnable.of(self.caller)
            if one.active
        ]
        return Response(success(client=self.caller.name, resources=offered, runs=runs))


class CollectionView(ApiView):
    """``/api/sync/v1/{model}``: create one, list them."""

    deferrable = ("POST",)
    parser_classes = READS_FORMS
    parameters = {"GET": query.LIST, "POST": query.CHANGE}

    def operation_of(self, method: str) -> str:
        """Create or list."""
        return OPERATIONS.get(method, method.lower())

    def post(self, request: Request, model: str) -> Response:
        """Create a record: 201 with its id; 200 when one was found by the match keys and updated."""
        inbound = self.inbound(request, model, "POST")
        answer = inbound.create(request.data, self.once, request.query_params.get("expand", ""))
        self.concern(answer["id"])
        return self.located(Response(success(**answer), status=200 if "updated" in answer else 201))

    def location_of(self, content: Mapping[str, Any]) -> str:
        """Of the record that was made, or found by the match keys."""
        return f"/api/sync/v1/{self.kwargs['model']}/{content['id']}"

    def get(self, request: Request, model: str) -> Response:
        """A page of records with the pagination block."""
        inbound = self.inbound(request, model, "GET")
        asked = request.query_params.dict()
        page = Page.of(asked)
        records, total = inbound.page(
            asked, request.query_params.getlist("domain"), limit=page.per_page, offset=page.offset
        )
        block = page.block(total, request.path, {key: value for key, value in asked.items() if key != "page"})
        return Response(success(data=records, pagination=block))


class BatchView(ApiView):
    """``/api/sync/v1/{model}/batch``: many operations in one request."""

    operation = "batch"
    deferrable = ("POST",)
    asks = BATCH_METHODS

    def post(self, request: Request, model: str) -> Response:
        """200 when all went well, 207 when not all did, the error's own status when `transaction` undid all."""
        batch = Batch(self.inbound(request, model, *BATCH_METHODS), request.data, self.once)
        answer = self.carried_out(batch)
        self.concern(*(one["id"] for one in answer["results"] if one["success"]))
        client = self.caller.client if self.caller is not None else None
        batch_completed.send(
            BatchView,
            configuration_id=self.log.configuration_id if self.log else None,
            answer=answer,
            company_id=client.company_id if client is not None else None,
        )
        return Response(answer, status=200 if answer["success"] else 207)


class IntakeView(ApiView):
    """``/api/sync/v1/in/{code}``: what a third party posts in its own form, such as a shop's webhook."""

    operation = "intake"
    deferrable = ("POST",)
    any_parameters = True

    def post(self, request: Request, code: str) -> Response:
        """As a batch that goes on after errors; with an error's status where 207 would be taken for success."""
        batch = intake(self.inbound_by_code(request, code), request.data, self.once)
        if batch is None:
            return Response(success(results=[]))
        answer = self.carried_out(batch)
        self.concern(*(one["id"] for one in answer["results"] if one["success"]))
        failed = batch.failure()
        if failed is not None:
            return self.failed(failed, results=answer["results"], summary=answer["summary"])
        return Response(answer, status=200 if answer["success"] else 207)


class SearchView(ApiView):
    """``/api/sync/v1/{model}/search``: records that match a domain, and how many there are in all."""

    operation = "search"
    parameters = {"GET": query.SEARCH}

    def get(self, request: Request, model: str) -> Response:
        """By ``domain``, ``fields``, ``limit``, ``offset`` and ``order``."""
        inbound = self.inbound(request, model, "GET")
        return Response(success(**inbound.search(request.query_params.dict(), request.query_params.getlist("domain"))))


class RecordView(ApiView):
    """``/api/sync/v1/{model}/{id}``: get, update or delete one."""

    deferrable = ("PUT", "PATCH", "DELETE")
    parser_classes = READS_FORMS
    parameters = {"GET": query.RECORD, "PUT": query.CHANGE, "PATCH": query.CHANGE}

    def operation_of(self, method: str) -> str:
        """Get, update or delete."""
        return "get" if method == "GET" else OPERATIONS.get(method, method.lower())

    def get(self, request: Request, model: str, record_id: int) -> Response:
        """One record."""
        inbound = self.inbound(request, model, "GET")
        return Response(success(**inbound.get(record_id, request.query_params.dict())))

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
        return Response(success(**inbound.delete(record_id, body, self.once)))

    def _update(self, request: Request, model: str, record_id: int, method: str) -> Response:
        inbound = self.inbound(request, model, method)
        return Response(success(**inbound.update(record_id, request.data, request.query_params.get("expand", ""))))
