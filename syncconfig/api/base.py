"""What every view of the API does: authenticate, log the exchange, answer in the envelope."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apilog import record
from apilog.models import ApiLog
from hub.api import errors, trace
from hub.errors import HubError
from hub.flow.inbound import Inbound
from syncconfig import plans
from syncconfig.api.access import CHOOSER, Caller, authenticate, configuration_for


class ApiView(APIView):
    """One exchange, one log row: opened before anything is looked at, closed with the answer."""

    operation = ""
    caller: Caller | None = None
    log: ApiLog | None = None
    failure: HubError | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Open the log row, then find out who calls."""
        self.log = self._opened(request._request, kwargs)
        super().initial(request, *args, **kwargs)
        self.caller = authenticate(request)
        self.log.client = self.caller.client.name

    def handle_exception(self, exc: Exception) -> Response:
        """Keep what went wrong for the log."""
        self.failure = errors.as_hub_error(exc)
        return errors.envelope_handler(self.failure, {})

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Render now, so that the log row holds the very bytes that the caller gets."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.log is not None:
            final.render()
            record.answer(self.log, final.status_code, final.items(), final.content, self.failure)
        return final

    def inbound(self, request: Request, model: str, method: str) -> Inbound:
        """The engine's flow for the configuration that answers; the log row learns which one it is."""
        assert self.caller is not None
        assert self.log is not None
        configuration = configuration_for(self.caller, model, method, request.headers.get(CHOOSER, ""))
        self.log.configuration_id, self.log.configuration_code = configuration.pk, configuration.code
        odoo = plans.odoo_of(configuration.connection)
        return Inbound(plans.inbound_plan(configuration), odoo, plans.describer(odoo))

    def concerns(self, record_id: int) -> None:
        """Name the record that the exchange is about, in its log row."""
        if self.log is not None:
            self.log.record_ids, self.log.record_id = [record_id], record_id

    def _opened(self, request: HttpRequest, kwargs: dict[str, Any]) -> ApiLog:
        about = record.About(
            trace_id=trace.current.get(),
            operation=self.operation_of(request.method or ""),
            model=str(kwargs.get("model", ""))[:100],
            record_ids=[kwargs["record_id"]] if "record_id" in kwargs else [],
        )
        return record.incoming(
            about, request.method or "", request.get_full_path(), request.headers.items(), _body(request)
        )

    def operation_of(self, method: str) -> str:
        """What the method asks of this address, in a word."""
        return self.operation or method.lower()


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except (RawPostDataException, RequestDataTooBig):
        return b""  # whoever needs the body meets the same exception, and answers it


def api_not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Any other address below /api/."""
    return errors.not_found(request)
