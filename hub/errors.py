"""Every failure that the hub can name, as one tree.

::

    HubError
    ├── InvalidInput            the caller's data is wrong (400)
    ├── NotAuthenticated        who are you? (401)
    ├── NotPermitted            you may not (403)
    ├── NotFound                record, model or endpoint (404)
    ├── Conflict                the state of things forbids it (409)
    ├── LimitExceeded           too many requests (429)
    ├── Misconfigured           a configuration that cannot work: nothing a caller can mend (500)
    ├── OdooError               what Odoo, or the way to it, refused
    │   ├── OdooValidation      Odoo refused the values (400)
    │   │   ├── OdooDuplicate   a unique constraint (409)
    │   │   └── OdooInvalidField  a field that the model has not (400)
    │   ├── OdooMissing         the record, model or method does not exist (404)
    │   ├── OdooAccess          the hub's Odoo user may not (403)
    │   ├── OdooAuthentication  Odoo refused the hub's credentials (502)
    │   ├── OdooUnavailable     no answer, or not now (503, retryable)
    │   │   ├── OdooCertificate  TLS failed: nothing that waiting mends (503)
    │   │   └── OdooAddressRefused  the hub does not call that address (503)
    │   └── OdooProtocol        an answer that is not Odoo's (502)
    └── HttpFailure             a call to a third party failed; see hub.http.failures
        └── ...

Foreign exceptions (requests, odoorpc, sqlite3, ...) are translated at the one border where they
enter; above it only this tree is caught.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from hub.redact import as_sent, redact_text

BEARER = 'Bearer realm="Sync Hub"'
"""How a caller is told that a bearer token would do (RFC 6750, 3)."""


class HubError(Exception):
    """A failure with a code for programs, a message for people, and what a retry would bring.

    ``message`` says what happened and what to do, without secrets. ``details`` is what the API's
    error envelope shows as ``details``: for a wrong field ``field``, ``value``, ``constraint`` and,
    where one is near, ``suggestion``; the ``value`` may be given as it was sent, and is kept short and without what
    its name tells to be secret. ``public``, where a class has one, is what the API's callers are
    told instead: the message names what only the hub's own people should know, such as Odoo's host.
    ``retry_after``: the seconds after which it is surely worth while to try again, where that is known.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    public: str = ""
    retry_after: float | None = None

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        if details.get("value") is not None:
            details["value"] = as_sent(details["value"], str(details.get("field") or ""))
        self.details = details

    def __str__(self) -> str:
        return self.message

    def hide(self, secrets: Iterable[str]) -> None:
        """Take these values out of the message: an external system may have said them back."""
        self.message = redact_text(self.message, secrets)
        self.args = (self.message, *self.args[1:])

    def twin(self) -> Self:
        """Another one that says the same, with details of its own."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__, details=dict(self.details))
        return twin

    def for_callers(self) -> dict[str, Any]:
        """What the API says of it: code, message and details, without what is not for callers."""
        if not self.public:
            return {"code": self.code, "message": self.message, "details": self.details}
        place = {name: value for name, value in self.details.items() if name == "index"}
        return {"code": self.code, "message": self.public, "details": place}


class InvalidInput(HubError):
    """The caller's data is wrong; name the field and what to send instead."""

    code = "VALIDATION_ERROR"
    status = 400


class NotAuthenticated(HubError):
    """No credentials, or none that are (still) valid; ``challenges`` say which would do (RFC 9110, 11.6.1)."""

    code = "AUTHENTICATION_ERROR"
    status = 401

    def __init__(self, message: str, challenges: Sequence[str] = (BEARER,), **details: Any) -> None:
        super().__init__(message, **details)
        self.challenges = challenges


class NotPermitted(HubError):
    """Known caller, but it may not do this."""

    code = "PERMISSION_DENIED"
    status = 403


class NotFound(HubError):
    """The record, model or endpoint does not exist, or is not this caller's to see."""

    code = "NOT_FOUND"
    status = 404


class Conflict(HubError):
    """The present state forbids it: a duplicate, or something already running."""

    code = "DUPLICATE_RECORD"
    status = 409


class LimitExceeded(HubError):
    """Too many requests."""

    code = "RATE_LIMIT_EXCEEDED"
    status = 429
    retryable = True

    def __init__(self, message: str, retry_after: float, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class Misconfigured(HubError):
    """A configuration that cannot work as it stands, such as a mapping to a field that Odoo has not."""

    code = "CONFIGURATION_ERROR"


class OdooError(HubError):
    """Odoo, or the way to it, refused. ``odoo_name`` is the class that Odoo named, if it did."""

    def __init__(self, message: str, odoo_name: str = "", **details: Any) -> None:
        super().__init__(message, **details)
        self.odoo_name = odoo_name


class OdooValidation(OdooError):
    """Odoo refused the values or the operation: ValidationError, UserError, ValueError."""

    code = "VALIDATION_ERROR"
    status = 400


class OdooTooLarge(OdooValidation):
    """Odoo, or a server before it, takes no request of this size."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413

    def __init__(self) -> None:
        super().__init__(
            "Odoo, or the server before it, refuses so large a request (HTTP 413); Odoo itself takes 128 MB, which is "
            "a file of 96 MB. Send less at a time."
        )


class OdooDuplicate(OdooValidation):
    """A unique constraint of Odoo's database refused the values."""

    code = "DUPLICATE_RECORD"
    status = 409


class OdooInvalidField(OdooValidation):
    """A field, in values, a domain or an order, that the model has not."""


class OdooMissing(OdooError):
    """The record, model or method does not exist (any more)."""

    code = "NOT_FOUND"
    status = 404


class OdooAccess(OdooError):
    """The hub's Odoo user lacks the right: AccessError."""

    code = "PERMISSION_DENIED"
    status = 403


class OdooAuthentication(OdooError):
    """Odoo refused the hub's own credentials: nothing a caller can mend, so not a 401."""

    code = "ODOO_AUTHENTICATION"
    status = 502
    public = "Odoo refuses the hub. Tell the hub's administrator, and quote the trace_id."


class OdooUnavailable(OdooError):
    """No connection, no answer in time, a lock, or maintenance: the same call may work later.

    ``sent`` tells whether Odoo may have carried the call out: false when the request surely never
    reached it, true when only the answer is missing. ``repeatable`` tells whether the same call does no harm the second
    time: nothing was sent, or it goes by a name under which Odoo makes no second record.
    """

    code = "ODOO_UNAVAILABLE"
    status = 503
    retryable = True
    public = "Odoo does not answer just now. Try again later; if it lasts, quote the trace_id."

    def __init__(self, message: str, odoo_name: str = "", *, sent: bool = False, **details: Any) -> None:
        super().__init__(message, odoo_name, **details)
        self.sent = sent
        self.repeatable = True
        if sent:
            self.public = (
                "Odoo's answer did not arrive; it may still have done what was asked. Look before trying again."
            )


class OdooLocked(OdooUnavailable):
    """Others change the same records at the same moment. Odoo has undone what this call did, so it may be repeated."""

    public = "Others change the same records in Odoo just now. Try again in a moment."


class OdooCertificate(OdooUnavailable):
    """No TLS connection: an expired, self-signed or foreign certificate. Waiting does not mend it."""

    code = "ODOO_CERTIFICATE"
    retryable = False
    public = "The hub cannot connect to Odoo safely. Tell the hub's administrator, and quote the trace_id."


class OdooAddressRefused(OdooUnavailable):
    """The connection's address is one at which no Odoo can be, such as a cloud's metadata. Waiting does not mend it."""

    code = "ODOO_ADDRESS_REFUSED"
    retryable = False
    public = "The hub cannot connect to Odoo. Tell the hub's administrator, and quote the trace_id."


class OdooProtocol(OdooError):
    """An answer that is not Odoo's: HTML, cut-off JSON, an unknown shape."""

    code = "ODOO_PROTOCOL"
    status = 502
    public = "Odoo's answer could not be understood. Tell the hub's administrator, and quote the trace_id."
