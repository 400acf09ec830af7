"""OAuth 2.0 client credentials towards third parties."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from typing import Any

import pytest

from hub.http.auth import Credentials
from hub.http.fake import FakeClient
from hub.http.message import Request, Response
from hub.http.oauth import MARGIN, NoToken, Tokens
from hub.http.schemes import scheme

WHO = Credentials("shop:1", "s3cret/&", token_url="https://login.example/token", scope="orders.write")
ASKED = Request("POST", "https://api.example/orders")


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def token(name: str = "t1", **more: Any) -> Response:
    return Response(200, "OK", body=json.dumps({"access_token": name, "expires_in": 3600, **more}).encode())


def test_a_token_is_asked_for_once_and_used_until_shortly_before_its_end() -> None:
    clock = Clock()
    tokens, client = Tokens(clock), FakeClient([token("t1"), token("t2")])
    assert [tokens.get(WHO, client) for _ in range(3)] == ["t1"] * 3
    clock.now = 3600 - MARGIN
    assert tokens.get(WHO, client) == "t2"
    (first, _) = client.sent
    assert (first.method, first.url, first.body) == (
        "POST", WHO.token_url, b"grant_type=client_credentials&scope=orders.write",
    )  # fmt: skip
    kind, _, pair = dict(first.headers)["Authorization"].partition(" ")
    assert (kind, b64decode(pair)) == ("Basic", b"shop%3A1:s3cret%2F%26")


def test_a_server_that_wants_the_secret_in_the_body_gets_it_there() -> None:
    tokens, client = (
        Tokens(Clock()),
        FakeClient([Response(401, "Unauthorized"), token("t1", expires_in=1), token("t2")]),
    )
    assert tokens.get(WHO, client) == "t1"
    assert b"client_secret=s3cret%2F%26" in (client.sent[1].body or b"")
    assert "Authorization" not in dict(client.sent[1].headers)
    tokens.forget(WHO)
    assert tokens.get(WHO, client) == "t2"
    assert len(client.sent) == 3


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Response(400, "Bad Request", body=b'{"error": "invalid_scope"}'), "400 Bad Request: invalid_scope"),
        (Response(200, "OK", body=b"<html>"), "gave no access_token"),
        (Response(200, "OK", body=b'{"access_token": "a b"}'), "gave no access_token"),
        (Response(200, "OK", body=b'["t"]'), "gave no access_token"),
        (Response(503, "Service Unavailable"), "503"),
    ],
)
def test_a_token_address_that_gives_none_says_why(answer: Response, told: str) -> None:
    with pytest.raises(NoToken, match=told) as failure:
        Tokens(Clock()).get(WHO, FakeClient(default=answer))
    assert failure.value.retryable
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize(("seconds", "until"), [(None, 270.0), ("100", 90.0), ("soon", 270.0), (-5, 0.9)])
def test_how_long_a_token_is_used(seconds: Any, until: float) -> None:
    clock = Clock()
    tokens, client = Tokens(clock), FakeClient([token(expires_in=seconds), token("t2")])
    tokens.get(WHO, client)
    clock.now = until - 0.01
    assert tokens.get(WHO, client) == "t1"
    clock.now = until + 0.01
    assert tokens.get(WHO, client) == "t2"


def test_threads_that_need_the_same_token_ask_once() -> None:
    tokens, client = Tokens(Clock()), FakeClient(default=token())
    threads = [threading.Thread(target=tokens.get, args=(WHO, client)) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(client.sent) == 1


def test_the_request_goes_out_with_the_token_and_another_client_has_another() -> None:
    oauth, client = scheme("oauth2"), FakeClient([token("t1"), token("t2")])
    mine = Credentials("test-a", "x", token_url="https://login.example/token")
    other = Credentials("test-b", "x", token_url="https://login.example/token")
    assert dict(oauth.prepared(ASKED, mine, client).headers)["Authorization"] == "Bearer t1"
    assert dict(oauth.prepared(ASKED, other, client).headers)["Authorization"] == "Bearer t2"
    assert oauth.renew(mine)
    assert not oauth.renew(mine)
    assert not scheme("bearer").renew(mine)
