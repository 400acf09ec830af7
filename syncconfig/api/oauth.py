"""OAuth 2.0 client credentials (RFC 6749, 4.4): a client's ID and secret against a token that is valid for an hour.

Authlib speaks the protocol; who the client is and where tokens are kept is the hub's own, so that secrets and tokens
are stored as digests and nothing tells a client that does not exist from a wrong secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidScopeError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from django.http import HttpRequest
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response

from hub.errors import HubError, InvalidInput, LimitExceeded, NotAuthenticated, NotPermitted
from hub.proxies import client_address
from syncconfig.api import credentials, runnable
from syncconfig.api.access import BASIC, Caller
from syncconfig.api.base import ApiView
from syncconfig.api.credentials import Shown
from syncconfig.models import ApiToken, Scheme

LIFETIME = timedelta(hours=1)
FORM = "application/x-www-form-urlencoded"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CODES: tuple[tuple[type[HubError], str, int | None], ...] = (
    (NotAuthenticated, "invalid_client", None),
    (NotPermitted, "unauthorized_client", 400),
    (LimitExceeded, "temporarily_unavailable", None),
)
"""The errors of RFC 6749, 5.2; ``None``: with the status that the error has anyhow."""


@dataclass(frozen=True)
class Answer:
    """What Authlib wants to be answered."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Server(AuthorizationServer):
    """Authlib's server for one caller, who has shown its secret already."""

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.caller = caller
        self.register_grant(ClientCredentialsGrant)
        self.register_token_generator("default", make_token)

    def authenticate_client(self, request: Any, methods: Any, endpoint: str = "token") -> OAuthClient:
        """The caller."""
        return OAuthClient(self.caller)

    def create_oauth2_request(self, request: HttpRequest) -> OAuth2Request:
        """The request in Authlib's words."""
        # Whether TLS is needed is for the operator to say, as for every other address of the hub.
        found = OAuth2Request(request.method, f"https://hub{request.path}", headers=request.headers)
        found.payload = BasicOAuth2Payload(request.POST.dict())
        return found

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        """The answer, which the view gives."""
        return Answer(status, body, dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def save_token(self, token: Any, request: Any) -> None:
        """It was kept when it was made."""


@dataclass(frozen=True)
class OAuthClient:
    """A caller as Authlib asks about it."""

    caller: Caller

    def check_grant_type(self, grant_type: str) -> bool:
        """Every client may use the one grant that there is."""
        return grant_type == str(ClientCredentialsGrant.GRANT_TYPE)

    def get_allowed_scope(self, scope: str | None) -> str:
        """The codes that were asked for; raises InvalidScopeError for one that the client may not use by OAuth."""
        wanted = dict.fromkeys((scope or "").split())
        mine = {one.configuration.code for one in self.caller.offers() if one.configuration.accepts_oauth}
        mine |= {one.code for one in runnable.of(self.caller)}
        if not mine.issuperset(wanted):
            raise InvalidScopeError("A scope is the code of a configuration that the client may use by OAuth 2.0.")
        return " ".join(wanted)


def make_token(grant_type: str, client: OAuthClient, scope: str | None = None, **_: Any) -> dict[str, Any]:
    """A new access token, as the answer shows it."""
    owner, secret = client.caller.client, client.caller.token
    assert owner is not None
    assert secret is not None
    allowed = client.get_allowed_scope(scope)
    token, seconds = owner.issue_access(secret, LIFETIME, allowed)
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
    return answer | ({"scope": allowed} if allowed else {})


class TokenView(ApiView):
    """``/api/sync/v1/oauth/token``, which answers in the words of RFC 6749 and not in the API's own."""

    operation = "token"
    repeatable = ()

    def who(self, request: HttpRequest) -> Caller:
        """The client by its ID and secret, in the header (client_secret_basic) or in the body (client_secret_post)."""
        if request.method != "POST":
            raise MethodNotAllowed(str(request.method))
        address = client_address(request)
        secret = credentials.by_login(shown(request), address, ApiToken.Kind.SECRET)
        return Caller(Scheme.OAUTH, address, secret.client, secret)

    def post(self, request: Request) -> Response:
        """A token, or why there is none."""
        assert self.caller is not None
        if not request._request.POST.get("grant_type"):
            raise InvalidInput("Send grant_type=client_credentials.", field="grant_type")
        answer = Server(self.caller).create_token_response(request._request)
        if answer.status >= 400:
            answer.body.setdefault("error_description", "This address knows grant_type=client_credentials only.")
            self.failure = InvalidInput(answer.body["error_description"])
        return Response(answer.body, status=answer.status, headers=answer.headers)

    def handle_exception(self, exc: Exception) -> Response:
        """Every failure in the form of RFC 6749, 5.2."""
        response = super().handle_exception(exc)
        assert self.failure is not None
        other = ("server_error" if self.failure.status >= 500 else "invalid_request", None)
        code, status = next((row[1:] for row in CODES if isinstance(self.failure, row[0])), other)
        response.data = {"error": code, "error_description": plain(self.failure.message)}
        response.status_code = status or response.status_code
        if isinstance(self.failure, NotAuthenticated):
            response.headers["WWW-Authenticate"] = BASIC
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Nothing of it is kept by anybody on the way (RFC 6749, 5.1)."""
        for name, value in NO_STORE.items():
            response.headers[name] = value
        return super().finalize_response(request, response, *args, **kwargs)


def shown(request: HttpRequest) -> Shown:
    """What the client shows; raises InvalidInput where RFC 6749 is not kept, NotAuthenticated for nothing."""
    if request.GET:
        raise InvalidInput("Send the parameters in the body, not in the address.")
    if request.content_type != FORM:
        raise InvalidInput(f"Send the parameters in the body, as {FORM}.")
    form = request.POST
    if any(len(values) > 1 for _, values in form.lists()):
        raise InvalidInput("Send each parameter once.")
    header = request.headers.get("Authorization", "").strip()
    if not header:
        if not (form.get("client_id") and form.get("client_secret")):
            raise NotAuthenticated("Send client_id and client_secret, in the body or as Basic.")
        return Shown("basic", form["client_secret"], form["client_id"])
    found = credentials.read(header)
    if found.scheme != "basic":
        raise NotAuthenticated("Send client_id and client_secret, in the body or as Basic.")
    found = Shown("basic", unquote_plus(found.token), unquote_plus(found.login))
    if "client_secret" in form or form.get("client_id", found.login) != found.login:
        raise InvalidInput("Say who you are in one way: by the header Authorization, or in the body.")
    return found


def plain(text: str) -> str:
    """The text in the characters that an error_description may have."""
    return "".join(
        one if 0x20 <= ord(one) <= 0x7E and one not in '"\\' else "'" if one in '“”"`' else "?" for one in text
    )
