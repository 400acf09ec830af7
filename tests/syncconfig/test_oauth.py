"""OAuth 2.0 client credentials: RFC 6749 to the letter, and tokens that end when they should."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from apilog.models import ApiLog
from syncconfig import retention
from syncconfig.models import ApiClient, ApiToken, Configuration, Lockout
from tests.conftest import Make

pytestmark = pytest.mark.django_db
TOKEN = "/api/sync/v1/oauth/token"
URL = "/api/sync/v1/res.partner"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def shop(customers_in: Configuration) -> ApiClient:
    """A client that may use the customers, by OAuth."""
    customers_in.accepts_oauth, customers_in.accepts_bearer = True, False
    customers_in.save()
    client = ApiClient.objects.create(name="Web shop")
    client.configurations.add(customers_in)
    return client


def ask(login: str = "", secret: str = "", *, body: str = "", basic: bool = False, **headers: str) -> Any:
    """What the token endpoint answers."""
    form = body or "grant_type=client_credentials"
    if basic:
        headers["Authorization"] = "Basic " + b64encode(f"{login}:{secret}".encode()).decode()
    elif login or secret:
        form += f"&client_id={login}&client_secret={secret}"
    return Client().post(TOKEN, form, content_type=FORM, headers=headers)


def call(token: str, url: str = URL, **where: str) -> Any:
    return Client().get(url, headers={"Authorization": f"Bearer {token}"}, **where)


@pytest.mark.parametrize("basic", [True, False])
def test_an_id_and_a_secret_get_a_token_that_opens_the_api_for_an_hour(shop: ApiClient, basic: bool) -> None:
    answer = ask("web-shop", shop.issue_secret(), basic=basic)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    told = answer.json()
    token = told.pop("access_token")
    assert told == {"token_type": "Bearer", "expires_in": 3600}
    assert call(token).status_code == 200
    row = ApiToken.objects.get(kind="access")
    assert timedelta(minutes=59) < row.expires_at - timezone.now() <= timedelta(hours=1)  # type: ignore[operator]
    assert token not in str(ApiToken.objects.values())


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The error of RFC 6749, 5.2, after looking at its form."""
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.content
    assert set(answer.json()) <= {"error", "error_description"}
    assert answer.json()["error_description"].isascii()
    assert answer["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("basic", [True, False])
def test_wrong_credentials_are_one_error_whatever_is_wrong(shop: ApiClient, basic: bool) -> None:
    secret, token = shop.issue_secret(), shop.issue_token()
    expired = shop.issue_secret(timedelta(seconds=-1))
    off = ApiClient.objects.create(name="Off", active=False).issue_secret()
    pairs = [("web-shop", "wrong"), ("nobody", "wrong"), ("nobody", secret), ("web-shop", token),
             ("web-shop", expired), ("off", off)]  # fmt: skip
    Lockout.objects.all().delete()
    told = []
    for login, wrong in pairs:
        answer = ask(login, wrong, basic=basic)
        told.append(refused(answer, 401, "invalid_client"))
        assert answer["WWW-Authenticate"].startswith("Basic ")
    assert all(one == told[0] for one in told)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=authorization_code&code=x", "unsupported_grant_type"),
        ("scope=customers-in", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&scope=products-in", "invalid_scope"),
        ("grant_type=client_credentials&scope=nothing", "invalid_scope"),
        ("grant_type=client_credentials&scope=%22%5C", "invalid_scope"),
    ],
)
def test_a_request_that_is_wrong_is_told_in_the_words_of_the_rfc(
    shop: ApiClient, make: Make, body: str, code: str
) -> None:
    make("products-in", [("name", "name")], model="product.product", request_type="in", methods=["GET"])
    refused(ask("web-shop", shop.issue_secret(), body=body), 400, code)
    assert not ApiToken.objects.filter(kind="access").exists()


def test_a_client_says_in_one_way_who_it_is(shop: ApiClient) -> None:
    secret = shop.issue_secret()
    one = "grant_type=client_credentials"
    refused(ask("web-shop", secret, basic=True, body=f"{one}&client_secret={secret}"), 400, "invalid_request")
    refused(ask("web-shop", secret, basic=True, body=f"{one}&client_id=other"), 400, "invalid_request")
    assert ask("web-shop", secret, basic=True, body=f"{one}&client_id=web-shop").status_code == 200
    refused(ask(), 401, "invalid_client")
    refused(ask(body=f"{one}&client_id=web-shop"), 401, "invalid_client")
    refused(ask(Authorization=f"Bearer {secret}"), 401, "invalid_client")


def test_parameters_come_in_the_body_as_a_form(shop: ApiClient) -> None:
    secret = shop.issue_secret()
    query = f"{TOKEN}?grant_type=client_credentials&client_id=web-shop&client_secret={secret}"
    refused(Client().post(query, "x=1", content_type=FORM), 400, "invalid_request")
    body = {"grant_type": "client_credentials", "client_id": "web-shop", "client_secret": secret}
    refused(Client().post(TOKEN, body, content_type="application/json"), 400, "invalid_request")
    refused(Client().post(TOKEN, body), 400, "invalid_request")
    answer = Client().get(TOKEN)
    refused(answer, 405, "invalid_request")
    assert "POST" in answer["Allow"]


def test_a_scope_narrows_the_token_to_the_configurations_that_it_names(shop: ApiClient, make: Make) -> None:
    other = make("shop-in", [("name", "name")], model="product.product", request_type="in", methods=["GET"],
                 accepts_oauth=True)  # fmt: skip
    shop.configurations.add(other)
    secret = shop.issue_secret()
    told = ask("web-shop", secret, body="grant_type=client_credentials&scope=shop-in").json()
    assert told["scope"] == "shop-in"
    assert call(told["access_token"], "/api/sync/v1/product.product").status_code == 200
    answer = call(told["access_token"])
    assert answer.status_code == 403
    assert "scope: shop-in" in answer.json()["error"]["message"]
    listed = call(told["access_token"], "/api/sync/v1/").json()["resources"]
    assert [one["configuration"] for one in listed] == ["shop-in"]
    both = ask("web-shop", secret, body="grant_type=client_credentials&scope=shop-in+customers-in").json()
    assert both["scope"] == "shop-in customers-in"
    assert call(both["access_token"]).status_code == 200


def access(shop: ApiClient, secret: str) -> str:
    token: str = ask("web-shop", secret).json()["access_token"]
    return token


def test_a_token_stops_with_its_secret_its_client_and_its_hour(shop: ApiClient) -> None:
    first, second = shop.issue_secret(), shop.issue_secret()
    one, other = access(shop, first), access(shop, second)
    secrets = ApiToken.objects.filter(kind="secret").order_by("id")
    ApiToken.objects.filter(pk=secrets[0].pk).update(revoked_at=timezone.now())
    assert (call(one).status_code, call(other).status_code) == (401, 200)
    refused(ask("web-shop", first), 401, "invalid_client")
    ApiClient.objects.update(active=False)
    assert call(other).status_code == 401
    ApiClient.objects.update(active=True)
    ApiToken.objects.filter(kind="access").update(expires_at=timezone.now())
    assert call(other).status_code == 401


def test_a_token_is_valid_no_longer_than_the_secret_that_got_it(shop: ApiClient) -> None:
    told = ask("web-shop", shop.issue_secret(timedelta(minutes=5))).json()
    assert 290 <= told["expires_in"] <= 300


def test_a_grant_that_is_taken_back_counts_at_once(shop: ApiClient) -> None:
    token = access(shop, shop.issue_secret())
    shop.configurations.clear()
    assert call(token).status_code == 403


def test_guessing_secrets_is_answered_429_after_a_while(shop: ApiClient) -> None:
    secret = shop.issue_secret()
    assert [ask("web-shop", "wrong").status_code for _ in range(6)] == [401] * 5 + [429]
    answer = ask("web-shop", secret)
    refused(answer, 429, "temporarily_unavailable")
    assert 0 < int(answer["Retry-After"]) <= 30


def test_getting_tokens_counts_as_calling(shop: ApiClient) -> None:
    ApiClient.objects.update(calls_per_minute=1)
    secret = shop.issue_secret()
    assert ask("web-shop", secret).status_code == 200
    refused(ask("web-shop", secret), 429, "temporarily_unavailable")


def test_a_client_gets_tokens_from_its_networks_alone(shop: ApiClient) -> None:
    ApiClient.objects.update(networks="203.0.113.0/24")
    refused(ask("web-shop", shop.issue_secret()), 400, "unauthorized_client")


def test_neither_secret_nor_token_gets_into_the_log(shop: ApiClient) -> None:
    secret = shop.issue_secret()
    tokens = [ask("web-shop", secret, basic=basic).json()["access_token"] for basic in (True, False)]
    call(tokens[0])
    ask("web-shop", "wrong-but-s3cret")
    assert ApiLog.objects.filter(operation="token", client="Web shop", response_status=200).count() == 2
    for row in ApiLog.objects.all():
        stored = " ".join(str(getattr(row, field.name)) for field in ApiLog._meta.fields)
        assert not [one for one in (secret, *tokens, "s3cret") if one in stored]


def test_old_access_tokens_are_deleted(shop: ApiClient) -> None:
    token = access(shop, shop.issue_secret())
    ApiToken.objects.filter(kind="access").update(expires_at=timezone.now() - timedelta(days=2))
    shop.issue_token(timedelta(days=-2))
    assert retention.clean_up()["tokens"] == 1
    assert call(token).status_code == 401
    assert {one.kind for one in ApiToken.objects.all()} == {"secret", "token"}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_client_library_gets_its_token_and_calls_with_it(
    shop: ApiClient, live_server: LiveServer, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the library, not the hub, insists on TLS
    session = OAuth2Session("web-shop", shop.issue_secret(), token_endpoint_auth_method=method)
    session.trust_env = False
    session.fetch_token(f"{live_server.url}{TOKEN}", grant_type="client_credentials")
    answer = session.get(f"{live_server.url}{URL}")
    assert answer.status_code == 200
    session.close()
