"""A client's own jobs: how far they are, what was answered, and how to cancel one."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.envelope import success
from hub.api.pagination import Page
from hub.errors import InvalidInput, NotAuthenticated, NotFound
from syncconfig import jobs
from syncconfig.api import access, later
from syncconfig.api.base import ApiView
from syncconfig.models import ApiJob


class _OwnView(ApiView):
    def own(self) -> QuerySet[ApiJob]:
        """The jobs of the client that calls; raises NotAuthenticated for who is none."""
        assert self.caller is not None
        if self.caller.client is None:
            raise NotAuthenticated("Jobs belong to clients. Say who you are.", access.challenges())
        return self.caller.client.jobs.defer(*jobs.BIG).select_related("configuration")

    def one(self, job_id: uuid.UUID) -> ApiJob:
        """That one; raises NotFound for what is not there, and for what is another client's."""
        found = self.own().filter(uuid=job_id).first()
        if found is None:
            raise NotFound(f"You have no job {job_id}. GET {later.ADDRESS} lists those that you have.")
        return found


class JobsView(_OwnView):
    """``/api/sync/v1/jobs``: the client's own, the newest first."""

    operation = "list jobs"
    parameters = {"GET": ("status", "page", "per_page")}

    def get(self, request: Request) -> Response:
        """A page of them without their answers; ``status`` narrows them."""
        query = request.query_params.dict()
        found, page = self.own().order_by("-id"), Page.of(query)
        state = query.get("status", "")
        if state:
            if state not in ApiJob.State.values:
                raise InvalidInput(
                    f"`status` is one of {', '.join(ApiJob.State.values)}.",
                    field="status",
                    value=state[:40],
                    constraint="choice",
                )
            found = found.filter(state=state)
        rows = found[page.offset : page.offset + page.per_page]
        block = page.block(found.count(), request.path, {key: value for key, value in query.items() if key != "page"})
        return Response(success(data=[later.told(one) for one in rows], pagination=block))


class JobView(_OwnView):
    """``/api/sync/v1/jobs/{id}``: one of them."""

    def operation_of(self, method: str) -> str:
        """Ask or cancel."""
        return "cancel job" if method == "DELETE" else "job"

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """How far it is, and once it is over what the request was answered."""
        job = self.one(job_id)
        headers = {} if job.finished_at is not None else {"Retry-After": str(later.ASK_AGAIN)}
        return Response(success(job=later.told(job) | {"answer": later.answer_of(job)}), headers=headers)

    def delete(self, request: Request, job_id: uuid.UUID) -> Response:
        """Cancel it, as long as it waits."""
        jobs.cancel(self.one(job_id))
        return Response(success(job=later.told(self.one(job_id))))
