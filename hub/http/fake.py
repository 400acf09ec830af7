"""A client that sends nothing: for tests, with the checks and the interface of the real one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from hub.errors import InvalidInput
from hub.http.failures import HttpFailure, InvalidRequest
from hub.http.guard import EgressPolicy
from hub.http.headers import check_syntax
from hub.http.message import KEEP, Request, Response

Answer = Response | HttpFailure | Callable[[Request], Response]
"""What a request meets: a response, a failure to raise, or a function that makes one."""


class FakeClient:
    """Answers from a list, in order, then with ``default``; ``sent`` holds the requests that got through the checks."""

    def __init__(
        self, answers: Iterable[Answer] = (), *, default: Answer | None = None, policy: EgressPolicy | None = None
    ) -> None:
        self.sent: list[Request] = []
        self.policy = policy or EgressPolicy()
        self._answers = list(answers)
        self._default = default or Response(200, "OK")
        self._lock = threading.Lock()

    def answer(self, *answers: Answer) -> None:
        """Add to the list."""
        with self._lock:
            self._answers += answers

    def send(self, request: Request, *, keep: int = KEEP) -> Response:
        """As Client.send: refuses the same requests, cuts the body at ``keep``."""
        self.policy.check_url(request.url)
        try:
            for name, value in request.headers:
                check_syntax(name, value)
        except InvalidInput as error:
            raise InvalidRequest(error.message, **error.details) from None
        with self._lock:
            self.sent.append(request)
            answer = self._answers.pop(0) if self._answers else self._default
        response = answer(request) if callable(answer) else answer
        if isinstance(response, HttpFailure):
            raise response
        body = response.body[:keep]
        cut = response.truncated or len(body) < len(response.body)
        return Response(response.status, response.reason, response.headers, body, cut, response.elapsed)

    def close(self) -> None:
        """Nothing to close."""
