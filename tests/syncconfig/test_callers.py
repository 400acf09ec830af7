"""Who may call: bearer tokens, Basic, nobody at all from trusted networks; each as the configuration accepts it."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig.models import ApiClient, ApiToken, Configuration, Lockout, Scheme
from syncconfig.models.client import digest
from tests.conftest import Make

pytestmark = pytest.mark.django_db
INDEX = "/api/sync/v1/"
URL = f"{INDEX}res.partner"
INSIDE, OUTSIDE = "10.1.2.3", "203.0.113.7"


def basic(login: str, password: str) -> str:
    return "Basic " + b64encode(f"{login}:{password}".encode()).decode()


def get(header: str = "", url: str = URL, address: str = OUTSIDE, **more: Any) -> Any:
    headers = {"Authorization": header} if header else {}
    return APIClient().get(url, headers=headers | more, REMOTE_ADDR=address)


@pytest.fixture
def shop(customers_in: Configuration) -> ApiClient:
    """A client that may use the customers."""
    client = ApiClient.objects.create(name="Web shop")
    client.configurations.add(customers_in)
    return client


def accept(configuration: Configuration, *schemes: str, networks: str = "10.0.0.0/8") -> None:
    """Let the configuration accept those schemes, and no others."""
    for scheme in ("bearer", "basic", "oauth", "anybody"):
        setattr(configuration, f"accepts_{scheme}", scheme in schemes)
    configuration.trusted_networks = networks if "anybody" in schemes else ""
    configuration.save()


# Basic ------------------------------------------------------------------------------------------------


def test_basic_takes_the_clients_id_and_one_of_its_tokens(shop: ApiClient, customers_in: Configuration) -> None:
    accept(customers_in, "basic")
    first, second = shop.issue_token(), shop.issue_token()
    assert shop.login == "web-shop"
    assert get(basic("web-shop", first)).status_code == 200
    assert get(basic("web-shop", second)).status_code == 200
    assert get(basic("web-shop", first), INDEX).json()["resources"][0]["configuration"] == "customers-in"
    row = ApiLog.objects.latest("id")
    assert (row.client, row.address) == ("Web shop", OUTSIDE)


def test_basic_is_refused_alike_for_every_reason(shop: ApiClient, customers_in: Configuration) -> None:
    accept(customers_in, "basic", "bearer")
    token = shop.issue_token()
    expired = shop.issue_token(timedelta(seconds=-1))
    ApiClient.objects.create(name="Other").issue_token()
    off = ApiClient.objects.create(name="Off", active=False).issue_token()
    wrong = [
        basic("web-shop", "wrong"), basic("nobody", "wrong"), basic("other", token), basic("web-shop", expired),
        basic("off", off), basic("", token), basic("web-shop", ""), "Basic " + b64encode(b"web-shop").decode(),
        "Basic !!!", "Basic", basic("WEB-SHOP", token), basic("web\0shop", token),
        "Basic " + b64encode(b"\xff:x").decode(),
    ]  # fmt: skip
    answers = [get(header, address=f"203.0.113.{number}") for number, header in enumerate(wrong)]
    assert {answer.status_code for answer in answers} == {401}
    told = {answer.json()["error"]["message"] for answer in answers}
    assert len(told) == 1, "nothing tells apart what is wrong"
    challenges = {answer["WWW-Authenticate"] for answer in answers}
    assert challenges == {'Bearer realm="Sync Hub", Basic realm="Sync Hub", charset="UTF-8"'}


def test_an_oauth_secret_is_no_password(shop: ApiClient, customers_in: Configuration) -> None:
    accept(customers_in, "basic", "bearer")
    secret = shop.issue_secret()
    assert get(basic("web-shop", secret)).status_code == 401
    assert get(f"Bearer {secret}").status_code == 401


def test_a_wrong_password_costs_as_many_queries_for_a_client_as_for_nobody(
    shop: ApiClient, customers_in: Configuration
) -> None:
    accept(customers_in, "basic")
    counts = []
    for login in ("web-shop", "nobody"):
        with CaptureQueriesContext(connection) as queries:
            assert get(basic(login, "wrong"), address=f"203.0.113.{len(login)}").status_code == 401
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_login_is_kept_out_after_five_wrong_passwords_from_there_alone(
    shop: ApiClient, customers_in: Configuration
) -> None:
    accept(customers_in, "basic")
    token = shop.issue_token()
    assert [get(basic("web-shop", "wrong")).status_code for _ in range(6)] == [401] * 5 + [429]
    refused = get(basic("web-shop", token))
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert 0 < int(refused["Retry-After"]) <= 30
    assert get(basic("web-shop", token), address="198.51.100.1").status_code == 200
    other = ApiClient.objects.create(name="Other", all_configurations=True)
    assert get(basic("other", other.issue_token())).status_code == 200
    Lockout.objects.update(locked_until=timezone.now())
    assert get(basic("web-shop", token)).status_code == 200


def test_a_login_that_does_not_exist_is_kept_out_alike(customers_in: Configuration) -> None:
    accept(customers_in, "basic")
    assert [get(basic("nobody", "wrong")).status_code for _ in range(7)] == [401] * 5 + [429] * 2


def test_a_wrong_token_that_is_sent_again_and_again_is_answered_429_but_never_locks_out_a_right_one(
    shop: ApiClient,
) -> None:
    token = shop.issue_token()
    assert [get("Bearer wrong").status_code for _ in range(7)] == [401] * 5 + [429] * 2
    guesses = [get(f"Bearer guess-{number}").status_code for number in range(30)]
    assert guesses == [401] * 25 + [429] * 5
    assert get(f"Bearer {token}").status_code == 200


def test_who_is_kept_out_is_in_the_log(customers_in: Configuration) -> None:
    for _ in range(6):
        get("Bearer wrong")
    row = ApiLog.objects.filter(response_status=429).get()
    assert (row.error_code, row.address, row.request_body) == ("RATE_LIMIT_EXCEEDED", OUTSIDE, "")


# By configuration -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["bearer", "basic", "oauth"])
def test_each_scheme_opens_only_configurations_that_accept_it(
    shop: ApiClient, customers_in: Configuration, scheme: str
) -> None:
    token, secret = shop.issue_token(), ApiToken.objects.get(digest=digest(shop.issue_secret()))
    access, _ = shop.issue_access(secret, timedelta(hours=1), "")
    headers = {"bearer": f"Bearer {token}", "basic": basic(shop.login, token), "oauth": f"Bearer {access}"}
    accept(customers_in, scheme)
    for name, header in headers.items():
        answer, index = get(header), get(header, INDEX)
        assert index.status_code == 200
        if name == scheme:
            assert answer.status_code == 200
            assert len(index.json()["resources"]) == 1
        else:
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"].startswith("Basic" if scheme == "basic" else "Bearer")
            assert "is not accepted here, but" in answer.json()["error"]["message"]
            assert index.json()["resources"] == []


def test_several_schemes_may_be_accepted_at_once(shop: ApiClient, customers_in: Configuration) -> None:
    accept(customers_in, "bearer", "basic", "anybody")
    token = shop.issue_token()
    for header in (f"Bearer {token}", basic(shop.login, token), ""):
        assert get(header, address=INSIDE).status_code == 200
    assert customers_in.accepted == [Scheme.BEARER, Scheme.BASIC, Scheme.NONE]


def test_a_caller_without_credentials_is_told_the_schemes_that_are_offered(
    customers_in: Configuration, make: Make
) -> None:
    assert get()["WWW-Authenticate"] == 'Bearer realm="Sync Hub"'
    accept(customers_in, "basic")
    assert get()["WWW-Authenticate"] == 'Basic realm="Sync Hub", charset="UTF-8"'
    assert get(url=f"{INDEX}no.such.model")["WWW-Authenticate"] == get()["WWW-Authenticate"]
    make("other", [("name", "name")], request_type="in", methods=["GET"], accepts_oauth=True, accepts_bearer=False)
    assert get()["WWW-Authenticate"] == 'Bearer realm="Sync Hub", Basic realm="Sync Hub", charset="UTF-8"'


# Nobody needs to log in -------------------------------------------------------------------------------


def test_from_a_trusted_network_nothing_need_be_sent(customers_in: Configuration, odoo: Odoo) -> None:
    accept(customers_in, "anybody", networks="10.0.0.0/8, fd00::/8")
    assert get(address=INSIDE).status_code == 200
    assert get(address="fd00::7").status_code == 200
    assert get(url=INDEX, address=INSIDE).json()["client"] == "anonymous from 10.1.2.3"
    answer = APIClient().post(URL, {"data": {"name": "Ada"}}, format="json", REMOTE_ADDR=INSIDE)
    assert answer.status_code == 201
    row = ApiLog.objects.latest("id")
    assert (row.client, row.configuration_code) == ("anonymous from 10.1.2.3", "customers-in")


def test_from_anywhere_else_it_is_a_401(customers_in: Configuration, settings: Settings) -> None:
    accept(customers_in, "anybody", networks="10.0.0.0/8")
    assert get(address=OUTSIDE).status_code == 401
    assert get(address="2002:0a01:0203::1").status_code == 401
    spoofed = {"X-Forwarded-For": INSIDE}
    assert get(address=OUTSIDE, **spoofed).status_code == 401
    settings.HUB_TRUSTED_PROXIES = ["198.51.100.0/24"]
    assert get(address=OUTSIDE, **spoofed).status_code == 401
    assert get(address="198.51.100.1", **{"X-Forwarded-For": f"{INSIDE}, {OUTSIDE}"}).status_code == 401
    assert get(address="198.51.100.1", **spoofed).status_code == 200


def test_no_networks_are_nobodys(customers_in: Configuration) -> None:
    Configuration.objects.update(accepts_anybody=True, trusted_networks="")
    for address in (INSIDE, OUTSIDE, "127.0.0.1", "::1", ""):
        assert get(address=address).status_code == 401


def test_networks_count_only_where_no_authentication_is_switched_on(customers_in: Configuration) -> None:
    Configuration.objects.update(accepts_anybody=False, trusted_networks="10.0.0.0/8")
    assert get(address=INSIDE).status_code == 401
    customers_in.refresh_from_db()
    assert not customers_in.trusts(INSIDE)


@pytest.mark.parametrize(
    "networks", ["", " ,\n", "0.0.0.0/0", "10.0.0.0/8, ::/0", "128.0.0.0/1", "2000::/3", "everywhere"]
)
def test_the_whole_world_cannot_be_trusted(customers_in: Configuration, networks: str) -> None:
    customers_in.accepts_anybody, customers_in.trusted_networks = True, networks
    with pytest.raises(ValidationError) as refused:
        customers_in.full_clean()
    assert set(refused.value.message_dict) == {"trusted_networks"}


def test_an_in_configuration_accepts_somebody(customers_in: Configuration, customers_out: Configuration) -> None:
    customers_in.accepts_bearer = customers_out.accepts_bearer = False
    with pytest.raises(ValidationError, match="at least one way"):
        customers_in.full_clean()
    customers_out.full_clean(exclude=["url"])


def test_wrong_credentials_are_refused_also_where_none_are_needed(customers_in: Configuration) -> None:
    accept(customers_in, "anybody", "bearer")
    assert get("Bearer wrong", address=INSIDE).status_code == 401


def test_a_trusted_network_opens_only_the_configurations_that_trust_it(customers_in: Configuration, make: Make) -> None:
    accept(customers_in, "anybody")
    make("products-in", [("name", "name")], model="product.product", request_type="in", methods=["GET"])
    make("notes-in", [("name", "name")], request_type="in", methods=["GET"])
    assert get(url=f"{INDEX}product.product", address=INSIDE).status_code == 401
    assert get(url=f"{INDEX}no.such.model", address=INSIDE).status_code == 401
    assert get(address=INSIDE, **{"X-Sync-Config": "notes-in"}).status_code == 401
    assert [one["configuration"] for one in get(url=INDEX, address=INSIDE).json()["resources"]] == ["customers-in"]
    assert APIClient().post(f"{INDEX}in/notes-in", {"name": "x"}, format="json", REMOTE_ADDR=INSIDE).status_code == 401
    answer = APIClient().post(f"{INDEX}in/customers-in", {"name": "x"}, format="json", REMOTE_ADDR=INSIDE)
    assert answer.status_code == 200


def test_a_method_that_is_not_offered_is_a_405_without_authentication_too(customers_in: Configuration) -> None:
    accept(customers_in, "anybody")
    Configuration.objects.update(methods=["GET"])
    answer = APIClient().post(URL, {"data": {"name": "x"}}, format="json", REMOTE_ADDR=INSIDE)
    assert answer.status_code == 405


def test_a_method_that_others_may_use_asks_who_is_calling(customers_in: Configuration, make: Make) -> None:
    accept(customers_in, "anybody")
    Configuration.objects.update(methods=["GET"])
    make("shop-in", [("name", "name")], request_type="in", methods=["POST"])
    answer = APIClient().post(URL, {"data": {"name": "x"}}, format="json", REMOTE_ADDR=INSIDE)
    assert answer.status_code == 401


def test_callers_without_a_token_are_limited_by_address(customers_in: Configuration) -> None:
    accept(customers_in, "anybody")
    Configuration.objects.update(anybody_per_hour=0, anybody_per_minute=3)
    answers = [get(address=INSIDE) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0]["X-RateLimit-Remaining"] == "2"
    assert get(address="10.1.2.4").status_code == 200


def test_idempotency_keys_of_callers_without_a_token_belong_to_their_address(
    customers_in: Configuration, odoo: Odoo
) -> None:
    accept(customers_in, "anybody")

    def post(address: str) -> Any:
        body = {"data": {"name": "Ada"}}
        return APIClient().post(URL, body, format="json", REMOTE_ADDR=address, HTTP_IDEMPOTENCY_KEY="one")

    first, again, other = post(INSIDE), post(INSIDE), post("10.1.2.4")
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert other.json()["id"] != first.json()["id"]
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 2


@pytest.mark.parametrize(
    ("header", "told"), [("Digest abc", "Digest"), ("hub_abcdefghijklmnop", ""), ("abcdefghijklmnopqrst uvw", "")]
)
def test_a_token_without_its_scheme_is_not_repeated(customers_in: Configuration, header: str, told: str) -> None:
    message = get(header).json()["error"]["message"]
    assert told in message
    assert told or header[:8] not in message


# Nothing is told ---------------------------------------------------------------------------------------


def test_no_credentials_get_into_the_log(shop: ApiClient, customers_in: Configuration) -> None:
    accept(customers_in, "basic", "bearer")
    token = shop.issue_token()
    for header in (
        f"Bearer {token}",
        basic("web-shop", token),
        basic("web-shop", "wrong-s3cret"),
        "Bearer wrong-s3cret",
    ):
        get(header)
    for row in ApiLog.objects.all():
        stored = " ".join(str(getattr(row, field.name)) for field in ApiLog._meta.fields)
        assert token not in stored
        assert "s3cret" not in stored
        assert b64encode(f"web-shop:{token}".encode()).decode()[:20] not in stored
