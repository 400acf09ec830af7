"""What every view of the API does: authenticate, log the exchange, answer in the envelope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apilog import record, strangers
from apilog.models import ApiLog
from hub.api import errors, forms, prefer, query, trace
from hub.api.body import check_body, check_encoding
from hub.errors import HubError, InvalidInput, Misconfigured, OdooUnavailable
from hub.flow.batching import Batch
from hub.flow.inbound import Inbound
from hub.flow.repeating import NAMELESS, Once
from hub.odoo.connection import Odoo
from hub.proxies import client_address
from hub.transform.script import ScriptError
from syncconfig import echo, jobs, plans
from syncconfig.api import access, credentials, idempotency, later, limits
from syncconfig.api.access import CHOOSER, Caller, Offer
from syncconfig.models import ApiJob, Configuration, Scheme


class Replayed(Exception):
    """The request was answered before."""

    def __init__(self, found: idempotency.Replay) -> None:
        super().__init__()
        self.found = found


class Accepted(Exception):
    """The request is carried out later."""

    def __init__(self, job: ApiJob) -> None:
        super().__init__()
        self.job = job


class ApiView(APIView):
    """One exchange, one log row: opened before anything is done, closed with the answer."""

    checks_body = True  # hub.api.body leaves it to the view, so that the refusal gets into the log
    repeatable: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE")
    """The methods for which the header Idempotency-Key counts."""

    deferrable: tuple[str, ...] = ()
    """The methods that are carried out later for a client that prefers not to wait (RFC 7240, 4.1)."""

    asks: tuple[str, ...] = ()
    """What a configuration must offer one of, where that is not the request's own method."""
    parameters: Mapping[str, Sequence[str]] = {}
    """By method, what may stand in the address behind the question mark; nothing for a method that is not here."""

    any_parameters = False
    """Whether anything may stand there: only where third parties post, who add what they like."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    operation = ""
    caller: Caller | None = None
    log: ApiLog | None = None
    failure: HubError | None = None
    flow: Inbound | None = None
    claim: idempotency.Claim | None = None
    standing: limits.Standing | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who calls, open the log row, and see whether the request was answered before."""
        self.caller = self.who(request._request)
        self.log = record.incoming(
            self._about(request._request),
            request.method or "",
            request.get_full_path(),
            request.headers.items(),
            self.body_of(request._request),
        )
        credentials.check_network(self.caller)
        job = jobs.current.get()
        if job is not None:  # counted, and found to be no repetition, when it was accepted
            jobs.check_standing(job)
            super().initial(request, *args, **kwargs)
            return
        self.standing = self._counted(self.caller)
        super().initial(request, *args, **kwargs)
        check_body(request._request)
        check_encoding(request._request)
        method = "GET" if request.method == "HEAD" else request.method or ""
        if not self.any_parameters and hasattr(self, method.lower()):  # else the method is what is refused
            try:
                query.check(request.query_params, self.parameters.get(method, ()))
            except InvalidInput:
                self.asked_of(request)  # what the caller may not do here at all is told first
                raise
        self._once(request, self.caller)
        may_wait = self.caller.client is not None and request.method in self.deferrable
        may_wait = may_wait and not forms.is_form(request._request)  # files are worked on while they are here
        if may_wait and prefer.wants_async(request.headers.get(prefer.HEADER, "")):
            raise Accepted(self._deferred(request, self.caller))

    def _once(self, request: Request, caller: Caller) -> None:
        """Claim the request's key, if it has one; raises Replayed when it was answered before."""
        key = request.headers.get(idempotency.HEADER)
        if key is None or request.method not in self.repeatable:
            return
        asked = idempotency.Asked(
            caller.client,
            caller.name,
            request.method,
            request._request.get_full_path(),
            self._database(request),
            self.body_of(request._request) + request.headers.get(CHOOSER, "").encode(),
        )
        found = idempotency.begin(asked, key)
        if isinstance(found, idempotency.Replay):
            raise Replayed(found)
        self.claim = found

    def _deferred(self, request: Request, caller: Caller) -> ApiJob:
        """The job for this request; refused at once is what cannot be read, and what the caller may not do."""
        assert self.log is not None
        request.data  # noqa: B018 - reads the body; raises what says why it cannot be read
        configuration = self.asked_of(request)
        if configuration is not None:
            self.log.configuration_id, self.log.configuration_code = configuration.pk, configuration.code
        database = _database_of(configuration)
        return later.accept(request, caller, configuration, database, self.log.trace_id, self.once.name)

    def asked_of(self, request: Request) -> Configuration | None:
        """The configuration that the request is for, None for what concerns none; raises as access does."""
        assert self.caller is not None
        if "code" in self.kwargs:
            return access.by_code(self.caller, self.kwargs["code"], "POST").configuration
        if "model" not in self.kwargs:
            return None
        methods = self.asks or (str(request.method),)
        code = request.headers.get(CHOOSER, "")
        return access.configuration_for(self.caller, self.kwargs["model"], methods, code).configuration

    def _database(self, request: Request) -> str:
        """The Odoo that the request is for, as Odoo.identity has it; empty where that cannot be told."""
        with suppress(HubError):
            return _database_of(self.asked_of(request))
        return ""

    def body_of(self, request: HttpRequest) -> bytes:
        """What the log keeps of the body, and what tells it from another one under the same Idempotency-Key."""
        try:
            return forms.shown(request) if forms.is_form(request) else request.body
        except (RawPostDataException, RequestDataTooBig):
            return b""  # whoever needs the body meets the same exception, and answers it

    def who(self, request: HttpRequest) -> Caller:
        """Who calls; raises NotAuthenticated or TooManyFailures."""
        job = jobs.current.get()
        if job is not None:
            return Caller(Scheme(job.scheme), job.address, job.client, job.token)
        return credentials.authenticate(request, str(self.kwargs.get("model", "")), str(self.kwargs.get("code", "")))

    def _counted(self, caller: Caller) -> limits.Standing | None:
        if caller.client is not None:
            return limits.count(caller.client)
        return limits.count_place(caller.address, caller.open)

    def handle_exception(self, exc: Exception) -> Response:
        """Keep what went wrong for the log."""
        if isinstance(exc, jobs.Lost):
            raise exc  # no answer at all: another worker's counts
        if isinstance(exc, Replayed):
            again = Response(exc.found.content, status=exc.found.status, headers={idempotency.REPLAYED: "true"})
            return later.named(again) if exc.found.status == later.ACCEPTED else self.located(again)
        if isinstance(exc, Accepted):
            return later.accepted(exc.job)
        if isinstance(exc, limits.TooMany):
            self.standing = exc.standing
        return self.failed(errors.as_hub_error(exc))

    def failed(self, failure: HubError, **more: Any) -> Response:
        """The answer that tells of a failure, with what else there is to tell; the log and the job learn of it."""
        self.failure = failure
        if isinstance(failure, OdooUnavailable) and self.request.method in ("GET", "HEAD"):
            failure.public = type(failure).public  # nothing can have been done
        if (job := jobs.current.get()) is not None:
            job.failure = failure
        response = errors.envelope_handler(_for_callers(failure), {})
        response.data |= more
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Render now, so that the log row holds the very bytes that the caller gets."""
        final = super().finalize_response(request, response, *args, **kwargs)
        content = b""
        try:
            content = _rendered(final)
        except (TypeError, ValueError) as error:  # what JSON has not, such as an infinite number that Odoo holds
            final = super().finalize_response(request, self.handle_exception(error), *args, **kwargs)
            content = _rendered(final)
        for name, value in (self.standing.headers() if self.standing else {}).items():
            final.headers[name] = value
        if final.status_code == errors.MethodNotAllowed.status:
            final.headers["Allow"] = ", ".join(self.offered())
        else:
            del final.headers["Allow"]  # what DRF knows of the address holds for no caller in particular
        if self.log is not None:
            if self.flow is not None:
                record.add_script_log(self.log, map(str, self.flow.services.logs))
            if self.claim is not None:
                idempotency.finish(self.claim, final.status_code, final.data)
            record.answer(self.log, final.status_code, final.items(), content, self.failure)
        elif self.failure is not None and not isinstance(self.failure, errors.DatabaseBusy):
            strangers.note(
                self._about(request._request),
                request.method or "",
                request.get_full_path(),
                request.headers.items(),
                final.status_code,
                self.failure,
            )
        return final

    def inbound(self, request: Request, model: str, *methods: str) -> Inbound:
        """The engine's flow for the configuration that offers one of the methods; the log row learns which it is."""
        return self.flow_of(request, self.offer(request, model, *methods))

    def offer(self, request: Request, model: str, *methods: str) -> Offer:
        """The configuration that offers one of the methods to this caller."""
        assert self.caller is not None
        return access.configuration_for(self.caller, model, methods, request.headers.get(CHOOSER, ""))

    def inbound_by_code(self, request: Request, code: str) -> Inbound:
        """The engine's flow for a configuration that lets callers create, by its code."""
        assert self.caller is not None
        return self.flow_of(request, access.by_code(self.caller, code, "POST"))

    def flow_of(self, request: Request, offer: Offer) -> Inbound:
        """The engine's flow for that configuration."""
        assert self.caller is not None
        assert self.log is not None
        configuration, client = offer.configuration, self.caller.client
        self.log.configuration_id, self.log.configuration_code = configuration.pk, configuration.code
        later.check_database(configuration)
        about = {
            "method": request.method,
            "path": request.path,
            "client": self.caller.name,
            "ip": self.caller.address,
        }
        company = client.company_id if client is not None else None
        self.flow = plans.inbound(
            configuration, offer.withheld, company, self.caller.known, about, self._through(configuration)
        )
        return self.flow

    def offered(self) -> list[str]:
        """The methods of this address that the caller may use, for the header Allow (RFC 9110, 15.5.6)."""
        model = str(self.kwargs.get("model", ""))
        offers = self.caller.offers(model) if self.caller is not None and model else []
        given = {method for one in offers for method in one.methods}
        here = [name.upper() for name in self.http_method_names if hasattr(self, name)]
        return [name for name in here if not model or given & set(self.asks or ("GET" if name == "HEAD" else name,))]

    def _through(self, configuration: Configuration) -> Callable[[Odoo], Odoo]:
        """What is written is not told to this caller again, where an Out configuration guards against that."""
        assert self.caller is not None
        caller, connection = self.caller, configuration.connection
        if caller.client is None or self.request.method in ("GET", "HEAD"):
            return lambda odoo: odoo
        source = echo.Source(client=caller.client.pk)
        guards = caller.known.get(("guards", connection.pk, source), lambda: echo.guards(connection, source))
        return lambda odoo: echo.noting(odoo, connection, source, guards)

    @property
    def once(self) -> Once:
        """The name under which this request is carried out once, and whether that was begun before."""
        job = jobs.current.get()
        if job is not None:
            return Once(job.name, again=job.attempts > 1)
        return self.claim.once if self.claim is not None else NAMELESS

    def carried_out(self, batch: Batch) -> dict[str, Any]:
        """The content of a batch's answer; the job, where there is one, tells how far it is meanwhile.

        It is tried again, if there is a job, when Odoo was away half-way.
        """
        job = jobs.current.get()
        tell: Callable[[int], None] = jobs.progress(len(batch.items))
        answer = batch.carry_out(tell)
        if batch.interruption is None:
            tell(batch.done)
        if job is not None:
            job.failure = batch.interruption
        return answer

    def location_of(self, content: Mapping[str, Any]) -> str:
        """The address of what an answer with this content tells of, for the header Location; "" for none."""
        return ""

    def located(self, response: Response) -> Response:
        """The answer with the header Location, where it has one (RFC 9110, 10.2.2)."""
        if response.status_code < 300 and (address := self.location_of(response.data)):
            response.headers["Location"] = address
        return response

    def concern(self, *record_ids: int) -> None:
        """Name the records that the exchange is about, in its log row."""
        if self.log is not None and record_ids:
            self.log.record_ids, self.log.record_id = list(record_ids), record_ids[0]

    def _about(self, request: HttpRequest) -> record.About:
        return record.About(
            trace_id=trace.current.get(),
            client=self.caller.name if self.caller is not None else "",
            address=client_address(request),
            operation=self.operation_of(request.method or ""),
            model=str(self.kwargs.get("model", ""))[:100],
            record_ids=[self.kwargs["record_id"]] if "record_id" in self.kwargs else [],
            attempt=job.attempts if (job := jobs.current.get()) is not None else 1,
        )

    def operation_of(self, method: str) -> str:
        """What the method asks of this address, in a word."""
        return self.operation or method.lower()


def _database_of(configuration: Configuration | None) -> str:
    return plans.database_of(configuration.connection) if configuration is not None else ""


def _for_callers(failure: HubError) -> HubError:
    """A script's text is nobody's business outside; the log has it."""
    if not isinstance(failure, ScriptError):
        return failure
    return Misconfigured("A script of this configuration failed. The hub's log says where; quote the trace_id.")


def _rendered(response: Response) -> bytes:
    """What the log keeps of the answer: the bytes themselves, or of a file what it is."""
    if getattr(response, "streaming", False):
        return str(getattr(response, "note", "")).encode()
    if isinstance(response, Response):
        response.render()
    return bytes(response.content)


@csrf_exempt
def api_not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Any other address below /api/."""
    return errors.not_found(request)
