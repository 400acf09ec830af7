"""Triggering Out configurations from outside: start a run, and see how far it is."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.envelope import success
from hub.errors import InvalidInput, NotFound
from hub.flow.inbound import as_object
from hub.moments import iso
from syncconfig import runs
from syncconfig.api import later, runnable
from syncconfig.api.base import ApiView
from syncconfig.models import Configuration, Delivery, Run


class StartView(ApiView):
    """``/api/sync/v1/configs/{code}/run``: send the configuration's records, or some of them; or pull its list."""

    operation = "run"

    def post(self, request: Request, code: str) -> Response:
        """202 with the run; ``ids`` or ``domain`` in the body narrow the configuration's own domain.

        With ``from_start`` a pull fetches everything, whatever was fetched before.
        """
        assert self.caller is not None
        configuration = self.asked_of(request)
        assert self.log is not None
        self.log.configuration_id, self.log.configuration_code = configuration.pk, configuration.code
        self.log.model = configuration.model
        body: dict[str, Any] = as_object(request.data, "The body") if request._request.body else {}
        for key in body:
            if key not in ("ids", "domain", "from_start"):
                raise InvalidInput(
                    f"The body holds `ids`, `domain` or `from_start`, not `{key}`.",
                    field=key,
                    constraint="unknown_field",
                )
        from_start = body.get("from_start", False)
        if not isinstance(from_start, bool):
            raise InvalidInput("`from_start` is true or false.", field="from_start", constraint="type")
        runs.check_ready(configuration)
        within = runs.narrowed(configuration, body.get("ids"), body.get("domain"))
        if from_start and not configuration.pulls:
            raise InvalidInput(
                f"“{configuration.name}” sends Odoo's records: `from_start` is for configurations that pull.",
                field="from_start",
                constraint="unsupported",
            )
        asked = runs.Asked(Delivery.Event.API, self.caller.client, within, from_start)
        run = runs.start(configuration, asked)
        return later.named(Response(success(run=told(run)), status=later.ACCEPTED))

    def asked_of(self, request: Request) -> Configuration:
        """The Out configuration with that code; raises NotPermitted and NotFound."""
        assert self.caller is not None
        return runnable.by_code(self.caller, str(self.kwargs["code"]))


class RunView(ApiView):
    """``/api/sync/v1/runs/{id}``: one run of a configuration that the caller may run, whoever started it."""

    operation = "run status"

    def get(self, request: Request, run_id: int) -> Response:
        """How far it is."""
        assert self.caller is not None
        mine = [one.pk for one in runnable.of(self.caller)]
        run = Run.objects.select_related("configuration").filter(pk=run_id, configuration__in=mine).first()
        if run is None:
            raise NotFound(f"There is no run {run_id} of a configuration that you may run.")
        content = told(run)
        over = content["finished_at"] is not None and not content["waiting"]
        return Response(success(run=content), headers={} if over else {"Retry-After": str(later.ASK_AGAIN)})


def told(run: Run) -> dict[str, Any]:
    """What the API tells of a run: ``status`` is done when all its records are queued and no message waits.

    Of a pull: when all is in Odoo, with what became of the items.
    """
    found = runs.counts(run)
    return {
        "id": run.pk,
        "configuration": run.configuration.code,
        "status": _status(run, found["waiting"]),
        "url": _address(run),
        "records": run.records,
        **found,
        **({"pages": run.pages, "failures": run.failures, "notes": run.notes} if run.pulls else {}),
        "error": run.error or None,
        "trace_id": run.trace_id,
        "created_at": iso(run.created_at),
        "finished_at": iso(run.finished_at),
    }


def _status(run: Run, waiting: int) -> str:
    if run.state == Run.State.PENDING:
        return "running" if run.pages else "queued"
    if run.state == Run.State.FAILED:
        return "failed"
    return "running" if run.state == Run.State.RUNNING or waiting else "done"


def _address(run: Run) -> str:
    return f"/api/sync/v1/runs/{run.pk}"
