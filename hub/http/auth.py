"""How the hub proves who it is to a third party: one class for each scheme, and their registry."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar
from urllib.parse import quote, urlsplit, urlunsplit

from hub.errors import InvalidInput
from hub.http.headers import check_header
from hub.http.message import Headers, Request, Sender


@dataclass(frozen=True)
class Credentials:
    """What a scheme may need; a scheme's ``fields`` names those that it uses."""

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    api_key_header: str = "X-API-Key"
    token_url: str = ""
    scope: str = ""


class AuthScheme:
    """One way to authenticate. Subclass, fill in, and decorate with ``register``."""

    key: ClassVar[str]
    """What is stored."""

    label: ClassVar[str]
    """What the admin's choice shows."""

    description: ClassVar[str]
    """One sentence for the admin: when to choose it."""

    fields: ClassVar[tuple[str, ...]] = ()
    """The fields of Credentials that must be filled in."""

    def headers(self, credentials: Credentials) -> Headers:
        """The headers to add to a request; raises InvalidInput, naming the field, when one is missing or unusable."""
        return _headers(self, credentials)

    def make(self, credentials: Credentials) -> Headers:
        """The headers, from credentials that are complete."""
        raise NotImplementedError

    def address(self, url: str, credentials: Credentials) -> str:
        """The URL to call: as it stands, unless the scheme puts something into it."""
        return url

    def prepared(self, request: Request, credentials: Credentials, sender: Sender) -> Request:
        """The request as it goes out: as it stands, unless the scheme has to ask somebody for a token first.

        Raises HttpFailure when it gets none.
        """
        return request

    def renew(self, credentials: Credentials) -> bool:
        """Forget what was asked for; whether there is something new to try, after the request was answered 401."""
        return False

    def secrets(self, credentials: Credentials) -> tuple[str, ...]:
        """The values that must not be shown anywhere, for hub.redact.redact_text."""
        return tuple(value for value in (credentials.password, credentials.token, credentials.api_key) if value)

    def fetched(self, credentials: Credentials) -> tuple[str, ...]:
        """As ``secrets``, of what was asked for and is in use now."""
        return ()


@lru_cache(256)  # each message of a configuration asks for the same ones
def _headers(scheme: AuthScheme, credentials: Credentials) -> Headers:
    for name in scheme.fields:
        if not getattr(credentials, name):
            raise InvalidInput(
                f"{scheme.label} needs the field `{name}`. Fill it in, or choose another authentication.",
                field=name,
                constraint="required",
            )
    return scheme.make(credentials)


_schemes: dict[str, AuthScheme] = {}


def register(scheme: type[AuthScheme]) -> type[AuthScheme]:
    """Class decorator: make the scheme known under its key."""
    if scheme.key in _schemes:
        raise ValueError(f"There is an authentication scheme {scheme.key!r} already.")
    _schemes[scheme.key] = scheme()
    return scheme


def scheme(key: str) -> AuthScheme:
    """The scheme of that key; InvalidInput when there is none."""
    try:
        return _schemes[key]
    except KeyError:
        raise InvalidInput(
            f"There is no authentication `{key}`. Choose one of: {', '.join(_schemes)}.",
            field="auth",
            constraint="choice",
        ) from None


def choices() -> list[tuple[str, str]]:
    """Key and label of each scheme, in the order of registration."""
    return [(each.key, each.label) for each in _schemes.values()]


@register
class NoAuth(AuthScheme):
    """Nothing is added."""

    key = "none"
    label = "None"
    description = "The third party asks for no credentials, or they are among the custom headers."

    def make(self, credentials: Credentials) -> Headers:
        return ()


@register
class BasicAuth(AuthScheme):
    """RFC 7617: user name and password, in UTF-8 (section 2.1); the name holds no colon."""

    key = "basic"
    label = "Basic"
    description = "A user name and a password, sent with each request."
    fields = ("username", "password")

    def make(self, credentials: Credentials) -> Headers:
        if ":" in credentials.username:
            raise InvalidInput(
                "A user name for Basic authentication cannot contain a colon.",
                field="username",
                constraint="characters",
            )
        if any(ord(char) < 32 or ord(char) == 127 for char in credentials.username + credentials.password):
            raise InvalidInput(
                "User name and password for Basic authentication cannot contain control characters.",
                field="password",
                constraint="characters",
            )
        return (("Authorization", f"Basic {_pair(credentials)}"),)

    def secrets(self, credentials: Credentials) -> tuple[str, ...]:
        return (*super().secrets(credentials), _pair(credentials))


def _pair(credentials: Credentials) -> str:
    return b64encode(f"{credentials.username}:{credentials.password}".encode()).decode("ascii")


@register
class BearerAuth(AuthScheme):
    """RFC 6750, section 2.1: a token in the Authorization header."""

    key = "bearer"
    label = "Bearer token"
    description = "A token that the third party handed out, sent as Authorization: Bearer."
    fields = ("token",)

    def make(self, credentials: Credentials) -> Headers:
        if any(char.isspace() for char in credentials.token) or not credentials.token.isascii():
            raise InvalidInput(
                "A Bearer token is one word of plain ASCII. Paste it without `Bearer` and without spaces.",
                field="token",
                constraint="characters",
            )
        return _checked("Authorization", f"Bearer {credentials.token}", "token")


@register
class ApiKeyAuth(AuthScheme):
    """A key in a header of the third party's choice."""

    key = "api_key"
    label = "API key in a header"
    description = "A key that the third party handed out, sent in a header such as X-API-Key."
    fields = ("api_key", "api_key_header")

    def make(self, credentials: Credentials) -> Headers:
        _checked(credentials.api_key_header, "", "api_key_header")
        return _checked(credentials.api_key_header, credentials.api_key, "api_key")


@register
class QueryKeyAuth(AuthScheme):
    """A key as a parameter of the URL, for third parties that take it nowhere else."""

    key = "api_key_query"
    label = "API key in the address"
    description = "A key that the third party handed out, sent as a parameter of the address such as ?api_key=."
    fields = ("api_key", "api_key_header")

    def make(self, credentials: Credentials) -> Headers:
        return ()

    def address(self, url: str, credentials: Credentials) -> str:
        """With the parameter at the end of the query."""
        parts = urlsplit(url)
        pair = f"{quote(credentials.api_key_header, safe='')}={quote(credentials.api_key, safe='')}"
        return urlunsplit(parts._replace(query=f"{parts.query}&{pair}" if parts.query else pair))

    def secrets(self, credentials: Credentials) -> tuple[str, ...]:
        return (credentials.api_key,) if credentials.api_key else ()


def _checked(name: str, value: str, source: str) -> Headers:
    try:
        check_header(name, value)
    except InvalidInput as error:
        raise InvalidInput(f"Authentication: {error}", field=source, constraint="characters") from None
    return ((name, value),)
