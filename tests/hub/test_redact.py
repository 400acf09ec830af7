"""What is hidden, what stays readable, and that neither costs much."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.redact import (
    HIDDEN,
    Secret,
    is_secret_name,
    redact_addresses,
    redact_body,
    redact_headers,
    redact_text,
    redact_url,
    secret_in_url,
)


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "passwd", "user_password", "newPassword", "db-passwd", "passphrase", "pwd"),
        *("token", "access_token", "accessToken", "refresh-token", "X-Auth-Token", "csrf_token", "id_token", "tokens"),
        *(
            "api_key",
            "apiKey",
            "APIKEY",
            "apikey",
            "X-API-Key",
            "x_api_key",
            "Ocp-Apim-Subscription-Key",
            "private_key",
        ),
        *("secret", "client_secret", "clientSecret", "SECRET_KEY", "signing-key", "encryptionKey", "access_key"),
        *(
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "Set-Cookie",
            "credentials",
            "bearer",
            "jwt",
            "cvv",
            "auth",
        ),
    ],
)
def test_a_name_for_a_secret_is_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "name",
            "email",
            "key",
            "keys",
            "author",
            "authority",
            "token_type",
            "max_tokens",
            "keyword",
            "monkey",
            "path",
        ),
        *("id", "Content-Type", "webhook-id", "webhook-signature", "secretary", "passenger", "compass", ""),
        "next_page_token",
    ],
)
def test_a_harmless_name_is_not(name: str) -> None:
    assert not is_secret_name(name)


def test_headers_keep_their_names_and_the_scheme() -> None:
    headers = [("Authorization", "Bearer canary"), ("X-API-Key", "canary"), ("Cookie", "a=canary"), ("X-Source", "hub")]
    assert redact_headers(headers) == (
        ("Authorization", f"Bearer {HIDDEN}"),
        ("X-API-Key", HIDDEN),
        ("Cookie", HIDDEN),
        ("X-Source", "hub"),
    )


def test_an_authorization_without_a_scheme_is_hidden_whole() -> None:
    assert redact_headers([("Authorization", "canary"), ("authorization", "ca:nary x")]) == (
        ("Authorization", HIDDEN),
        ("authorization", HIDDEN),
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("https://joe:canary@example.com/", f"https://{HIDDEN}@example.com/"),
        ("https://example.com/?token=canary&x=1", f"https://example.com/?token={HIDDEN}&x=1"),
        ("https://example.com/?x=1&api%5Fkey=canary", f"https://example.com/?x=1&api%5Fkey={HIDDEN}"),
        ("https://example.com/?password=", "https://example.com/?password="),
        ("https://example.com/#access_token=canary&s=1", f"https://example.com/#access_token={HIDDEN}&s=1"),
        ("/in/crm?key=Canary0123456789abcdef&code=DE", f"/in/crm?key={HIDDEN}&code=DE"),
        ("/in/crm?hmac=canary", f"/in/crm?hmac={HIDDEN}"),
        ("/relative?secret=canary;x=2", f"/relative?secret={HIDDEN};x=2"),
        ("https://example.com/users@home?a=b", "https://example.com/users@home?a=b"),
        ("", ""),
    ],
)
def test_a_url_keeps_all_but_its_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_json_without_secrets_stays_as_it_was_written() -> None:
    text = '{ "a":1,\n\t"b" : [1.50, 1e3], "a": 2 }'
    assert redact_body(text.encode(), "application/json") == text


def test_json_keeps_its_shape_when_secrets_are_hidden() -> None:
    body = {"user": {"login": "joe", "password": "canary"}, "tokens": ["canary", "canary"], "n": 1, "token": None}
    assert json.loads(redact_body(json.dumps(body))) == {
        "user": {"login": "joe", "password": HIDDEN},
        "tokens": [HIDDEN, HIDDEN],
        "n": 1,
        "token": None,
    }


def test_everything_below_a_secret_name_is_hidden() -> None:
    shown = redact_body('{"credentials": {"user": "canary", "deep": [{"x": "canary"}], "pin": 4711}}')
    assert "canary" not in shown
    assert "4711" not in shown


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "canary',
        '{"password": "can\\"ary", "x"',
        '{"pass\\u0077ord": "canary", ]',
        '{"a": 1, "token" : "canary", broken',
        '[{"secret":"canary"}',
        '{"token": 12345canary}',
    ],
)
def test_broken_json_is_searched(text: str) -> None:
    shown = redact_body(text, "application/json")
    assert "canary" not in shown.replace("12345canary", "") or HIDDEN in shown
    assert HIDDEN in shown


def test_large_json_is_searched_not_parsed() -> None:
    body = json.dumps({"password": "canary", "rows": ["x" * 100] * 10_000})
    shown = redact_body(body, "application/json", limit=1000)
    assert "canary" not in shown
    assert shown.endswith(f"… ({len(body) - 1000} more)")


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", ""])
def test_a_form_is_searched(content_type: str) -> None:
    body = "grant_type=client_credentials&client_id=hub&client_secret=canary&x=1"
    assert redact_body(body, content_type) == (
        f"grant_type=client_credentials&client_id=hub&client_secret={HIDDEN}&x=1"
    )


def test_xml_is_searched() -> None:
    body = '<login><user a="b">joe</user><ns:Password>canary</ns:Password></login>'
    assert redact_body(body, "text/xml") == f'<login><user a="b">joe</user><ns:Password>{HIDDEN}</ns:Password></login>'


@pytest.mark.parametrize("body", [None, b"", ""])
def test_no_body_is_an_empty_text(body: bytes | str | None) -> None:
    assert redact_body(body) == ""


def test_what_is_no_text_is_told_by_its_size() -> None:
    assert redact_body(bytes(range(256)) * 10) == "(2560 bytes, not text)"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert redact_body("x" * 100, limit=10) == "xxxxxxxxxx\n… (90 more)"
    assert redact_body(b"x" * 100, limit=100) == "x" * 100


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10_000_000,
        b'{"a":' * 2_000_000,
        b'"' * 10_000_000,
        b"\\" * 10_000_000,
        b"<a " * 3_000_000,
        b"a=" * 5_000_000,
        b"a" * 10_000_000,
        b'{"' + b"x" * 10_000_000,
        b'"a" ' * 2_500_000,
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/xml", "application/x-www-form-urlencoded", ""])
def test_a_hostile_body_costs_little(body: bytes, content_type: str) -> None:
    started = time.process_time()
    assert len(redact_body(body, content_type)) < 70_000
    assert time.process_time() - started < 5  # hundredths of a second here; hours if it grew with the square


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_keeps_its_shape(value: object) -> None:
    shown = redact_body(json.dumps({"data": value}))
    assert json.loads(shown).keys() == {"data"}


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=4), st.text(), st.text())
def test_a_known_value_is_found_in_any_text(secret: str, before: str, after: str) -> None:
    text = f"{before}{secret}{after}"
    assert secret not in redact_text(text, [secret]) or secret in HIDDEN


@pytest.mark.parametrize("secret", ["canary/+=&", 'can"ary\\', "Zoë€canary", "can ary"])
def test_a_known_value_is_found_in_each_form_in_which_it_travels(secret: str) -> None:
    import urllib.parse

    forms = [
        secret,
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        b64encode(secret.encode()).decode(),
    ]
    shown = redact_text(" | ".join(forms), [Secret(secret)])
    assert [part.strip('"') for part in shown.split(" | ")] == [HIDDEN] * len(forms)


def test_the_longer_of_two_values_is_hidden_whole() -> None:
    assert redact_text("abcdefgh", ["abcd", "abcdefgh"]) == HIDDEN


@pytest.mark.parametrize("secrets", [[], [""], ["1"], ["abc"]])
def test_nothing_and_very_short_values_are_left_alone(secrets: list[str]) -> None:
    assert redact_text("1 abc", secrets) == "1 abc"


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("canary")
    assert "canary" not in f"{secret} {secret!r} {[secret]}"
    assert secret.value == "canary"
    assert secret
    assert not Secret("")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.example/a?api_key=k", "api_key"),
        ("https://x.example/a?b=1&access%5Ftoken=k", "access_token"),
        ("https://x.example/a;password=k", "password"),
        ("https://x.example/a#token=k", "token"),
        ("https://x.example/a?key=AIzaSyA1234567890abcdef", "key"),
        ("https://x.example/a?sig=abcdEFGH0123456789%3D", "sig"),
        ("https://x.example/a?key=partners&code=DE", ""),
        ("https://x.example/a?api_key=", ""),
        ("https://x.example/token/abc?page=2", ""),
    ],
)
def test_a_secret_among_the_parameters_of_an_address_is_named(url: str, name: str) -> None:
    assert secret_in_url(url) == name


def test_an_address_in_a_body_keeps_its_secrets_to_itself() -> None:
    body = {
        "url": "https://hooks.example.com/x?token=canary",
        "to": ["HTTP://joe:canary@example.com/a?b=1"],
        "n": "a://b",
    }
    assert json.loads(redact_body(json.dumps(body))) == {
        "url": f"https://hooks.example.com/x?token={HIDDEN}",
        "to": [f"HTTP://{HIDDEN}@example.com/a?b=1"],
        "n": "a://b",
    }


@pytest.mark.parametrize(
    "body",
    [
        '{"error": {"details": {"field": "password", "value": "hunter2", "constraint": "unknown_field"}}}',
        '{"details": {"field": "login.api_key", "value": "hunter2"}}',
        '{"parameters": [{"name": "client_secret", "value": "hunter2"}]}',
    ],
)
def test_a_value_beside_a_secrets_name_is_hidden(body: str) -> None:
    assert "hunter2" not in redact_body(body)
    assert redact_body('{"field": "email", "value": "x@example.com"}') == '{"field": "email", "value": "x@example.com"}'


ODD = "pä\"s's w/9Z<7>&"


@pytest.mark.parametrize(
    "said",
    [
        "pä&quot;s&#x27;s w/9Z&lt;7&gt;&amp;",  # Python
        "pä&#34;s&#39;s w/9Z&lt;7&gt;&amp;",  # Go
        "pä&quot;s&#039;s w/9Z&lt;7&gt;&amp;",  # PHP
        "pä\"s's w/9Z&lt;7&gt;&amp;",
        "p%c3%a4%22s%27s%20w%2f9Z%3c7%3e%26",
        "p%C3%A4%22s%27s+w%2F9Z%3C7%3E%26",
        "p\\u00e4\\\"s's w\\/9Z<7>&",
        "pä\\\"s's w/9Z\\u003c7\\u003e\\u0026",
        "pä&quot;s&#x27;s w\\/9Z&lt;7&gt;&amp;",
        b64encode(ODD.encode()).decode(),
        quote_plus(b64encode(ODD.encode())),
    ],
)
def test_a_value_is_found_as_libraries_of_other_systems_write_it(said: str) -> None:
    assert redact_text(f"<p>You sent {said}.</p>", [ODD]) == f"<p>You sent {HIDDEN}.</p>"


def test_base64_is_found_in_json_that_escapes_slashes() -> None:
    encoded = b64encode(b"hub:???").decode()
    assert "/" in encoded
    escaped = encoded.replace("/", "\\/")
    assert redact_text(f'{{"sent":"Basic {escaped}"}}', ["hub:???"]) == f'{{"sent":"Basic {HIDDEN}"}}'


def test_secrets_are_hidden_in_the_addresses_of_a_text() -> None:
    links = '<https://x.example/?o=3&sig=PAGEKEY77PAGEKEY77>; rel="next", </more?token=abc>; rel=last'
    shown = f'<https://x.example/?o=3&sig={HIDDEN}>; rel="next", </more?token={HIDDEN}>; rel=last'
    assert redact_addresses(links) == shown
    for plain in ("text/html; charset=utf-8", 'W/"abc"', "max-age=3, no-cache", "what?"):
        assert redact_addresses(plain) == plain


NAMES = st.sampled_from(
    ["name", "password", "value", "field", ":token", "a b", "tüte", "api_key", "url", "<b>", 'q"', "\\"]
)
LEAVES = st.one_of(
    st.text(max_size=5),
    st.integers(),
    st.none(),
    st.sampled_from(["token", '","password":', "https://u:p@h/?k=1", '":']),
)
JSON_VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@given(JSON_VALUES.filter(lambda one: isinstance(one, dict | list)), st.booleans(), st.sampled_from([None, 1]))
def test_json_that_is_not_parsed_is_the_json_in_which_nothing_would_be_hidden(
    value: object, as_ascii: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=as_ascii, indent=indent)
    padded = f'{{"why": "\\u0041", "whole": {text}}}'  # with a backslash in it, a text is parsed
    hidden = json.loads(redact_body(padded))["whole"]
    assert json.loads(redact_body(text)) == hidden
    if hidden == value:
        assert redact_body(text) == text
