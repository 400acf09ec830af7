"""Authentication schemes, and the headers that a configuration may set."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.http.auth import register
from hub.http.headers import check_header, check_headers
from hub.http.schemes import AuthScheme, Credentials, choices, scheme
from hub.redact import redact_text

CANARY = Credentials("joe", "canary-password", "canary-token", "canary-key", token_url="https://x.example/token")


def test_the_choices_come_from_the_registry() -> None:
    assert choices()[:4] == [
        ("none", "None"),
        ("basic", "Basic"),
        ("bearer", "Bearer token"),
        ("api_key", "API key in a header"),
    ]
    assert all(scheme(key).description.endswith(".") for key, _ in choices())


def test_an_unknown_scheme_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="Choose one of: none, basic"):
        scheme("digest")


def test_a_scheme_cannot_be_registered_twice() -> None:
    class Again(AuthScheme):
        key = "basic"

    with pytest.raises(ValueError, match="basic"):
        register(Again)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("none", ()),
        ("basic", (("Authorization", "Basic am9lOmNhbmFyeS1wYXNzd29yZA=="),)),
        ("bearer", (("Authorization", "Bearer canary-token"),)),
        ("api_key", (("X-API-Key", "canary-key"),)),
    ],
)
def test_each_scheme_makes_its_header(key: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert scheme(key).headers(CANARY) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.example/a", "https://x.example/a?api_key=a%20%26b"),
        ("https://x.example/a?b=c", "https://x.example/a?b=c&api_key=a%20%26b"),
        ("https://x.example/a#top", "https://x.example/a?api_key=a%20%26b#top"),
    ],
)
def test_a_key_in_the_address_is_added_to_its_parameters(url: str, expected: str) -> None:
    credentials = Credentials(api_key="a &b", api_key_header="api_key")
    assert scheme("api_key_query").address(url, credentials) == expected
    assert scheme("api_key_query").headers(credentials) == ()
    assert scheme("api_key").address(url, credentials) == url


def test_basic_is_utf_8() -> None:
    ((_, value),) = scheme("basic").headers(Credentials("Zoë", "pässwörd:x"))
    assert b64decode(value.removeprefix("Basic ")).decode() == "Zoë:pässwörd:x"


@pytest.mark.parametrize(
    ("key", "credentials", "field"),
    [
        ("basic", Credentials(password="p"), "username"),
        ("basic", Credentials("joe"), "password"),
        ("basic", Credentials("jo:e", "p"), "username"),
        ("basic", Credentials("joe", "p\r\nX: y"), "password"),
        ("bearer", Credentials(), "token"),
        ("bearer", Credentials(token="Bearer abc"), "token"),
        ("bearer", Credentials(token="abc\r\nX: y"), "token"),
        ("bearer", Credentials(token="abç"), "token"),
        ("api_key", Credentials(), "api_key"),
        ("api_key", Credentials(api_key="k", api_key_header=""), "api_key_header"),
        ("api_key", Credentials(api_key="k\n"), "api_key"),
        ("api_key", Credentials(api_key="k", api_key_header="Host"), "api_key_header"),
        ("api_key", Credentials(api_key="k", api_key_header="X Key"), "api_key_header"),
    ],
)
def test_unusable_credentials_name_the_field(key: str, credentials: Credentials, field: str) -> None:
    with pytest.raises(InvalidInput) as failure:
        scheme(key).headers(credentials)
    assert failure.value.details["field"] == field


def test_credentials_do_not_show_themselves() -> None:
    assert "canary" not in repr(CANARY)


@pytest.mark.parametrize("key", [key for key, _ in choices()])
def test_a_scheme_knows_what_to_hide(key: str) -> None:
    sent = " ".join(value for _, value in scheme(key).headers(CANARY))
    shown = redact_text(sent, scheme(key).secrets(CANARY))
    assert "canary" not in shown
    assert "am9lOmNh" not in shown


@pytest.mark.parametrize("name", ["Host", "CONTENT-LENGTH", "Transfer-Encoding", "connection", "Proxy-Authorization"])
def test_a_header_that_frames_the_message_cannot_be_set(name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        check_header(name, "x")


@pytest.mark.parametrize("name", ["webhook-id", "Webhook-Signature", "WEBHOOK-anything"])
def test_the_signature_cannot_be_set_by_hand(name: str) -> None:
    with pytest.raises(InvalidInput, match="signature"):
        check_header(name, "x")


@pytest.mark.parametrize("name", ["", " ", "X A", "X:", "X\r\nY", "X\x00", "Ü", "X\n", "(x)", "x" * 500 + " "])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="not a header name"):
        check_header(name, "x")


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("a\rb", "carriage return"),
        ("a\nb", "line break"),
        ("a\x00b", "NUL"),
        ("a\x7f", "character"),
        ("€", "character"),
    ],
)
def test_a_value_with_a_forbidden_character_names_the_header_and_not_the_value(value: str, what: str) -> None:
    with pytest.raises(InvalidInput, match=what) as failure:
        check_header("X-Note", f"canary{value}")
    assert failure.value.details["field"] == "X-Note"
    assert "canary" not in str(failure.value)


def test_a_long_value_is_refused() -> None:
    with pytest.raises(InvalidInput, match="8193 characters"):
        check_header("X-Note", "x" * 8193)


def test_usual_headers_pass() -> None:
    check_headers([("Content-Type", "application/json"), ("X-Source", "a\tb ~"), ("User-Agent", "me"), ("X-Empty", "")])


@given(st.text(), st.text())
def test_what_passes_stays_on_one_line(name: str, value: str) -> None:
    try:
        check_header(name, value)
    except InvalidInput:
        return
    line = f"{name}: {value}"
    assert line.isascii()
    assert not {"\r", "\n", "\0"} & {*line}
