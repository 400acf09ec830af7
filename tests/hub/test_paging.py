"""Pages of a list: where the next one is, when the last one was there, and lists that never end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.errors import InvalidInput
from hub.flow import pulling
from hub.flow.listing import NoList, data_of, items, one
from hub.flow.paging import Circle, How, Page, choices, links, paging, sentences, with_parameters
from hub.flow.plan import InboundPlan, OutboundPlan
from hub.flow.pulling import Endless, Fetched, PullPlan, Unsafe, guard, read, request
from hub.http.auth import Credentials
from hub.http.message import Response

URL = "https://api.example.com/orders"


def plan(**columns: Any) -> PullPlan:
    """A pull of orders, with a key in the address or a token."""
    out = {"code": "x", "model": "res.partner", "rules": (), "method": "GET", "url": URL} | columns.pop("out", {})
    return PullPlan(OutboundPlan(**out), InboundPlan("x", "res.partner", (), frozenset()), **columns)


def answer(data: Any, status: int = 200, *headers: tuple[str, str]) -> Response:
    """A JSON answer."""
    return Response(status, headers=(("Content-Type", "application/json"), *headers), body=json.dumps(data).encode())


def walk(chosen: PullPlan, pages: list[Response], most: int = 20) -> list[str]:
    """The addresses that are called while the third party hands out these pages."""
    place: dict[str, Any] = {}
    called = []
    for response in pages[:most]:
        asked = request(chosen, None, place)
        called.append(asked.url.removeprefix(URL))
        fetched = read(chosen, asked, place, response)
        if fetched.following is None:
            return called
        place = json.loads(json.dumps(fetched.following))  # kept in a row between two pages
    return [*called, "..."]


def test_a_list_without_pages_is_asked_for_once() -> None:
    assert walk(plan(), [answer([{"id": 1}])]) == [""]


def test_pages_are_counted_until_one_is_empty() -> None:
    full = [{"id": 1}, {"id": 2}]
    assert walk(plan(paging="page"), [answer(full), answer(full[:1]), answer([])]) == ["?page=1", "?page=2", "?page=3"]
    zero = plan(paging="page", how=How("p", first=0))
    assert walk(zero, [answer(full), answer([])]) == ["?p=0", "?p=1"]


def test_a_shorter_page_is_the_last_one_only_where_full_ones_were_seen() -> None:
    sized = plan(paging="page", how=How("", "per_page", 2))
    full, short = answer([{"id": 1}, {"id": 2}]), answer([{"id": 3}])
    assert walk(sized, [full, short]) == ["?page=1&per_page=2", "?page=2&per_page=2"]
    # The third party gives one at a time, whatever is asked for: nothing of it may be left behind.
    assert len(walk(sized, [short, short, short, answer([])])) == 4


@pytest.mark.parametrize("status", [404, 416])
def test_a_page_behind_the_last_one_may_be_missing(status: int) -> None:
    chosen = plan(paging="page")
    assert read(chosen, request(chosen, None, {"page": 2}), {"page": 2}, answer({}, status)) == Fetched([], None, "")
    assert not pulling.is_past_end(chosen, {}, answer({}, status)), "the first page must be there"


def test_an_offset_grows_by_what_came_and_not_by_what_was_asked_for() -> None:
    chosen = plan(paging="offset", how=How("", "limit", 100))
    some = answer([{"id": 1}] * 30)
    assert walk(chosen, [some, some, answer([])]) == [
        "?offset=0&limit=100",
        "?offset=30&limit=100",
        "?offset=60&limit=100",
    ]


def test_a_cursor_leads_on_until_there_is_none() -> None:
    chosen = plan(paging="cursor", how=How(next_path="$.next"), items_path="$.data")
    pages = [answer({"data": [], "next": "a b/="}), answer({"data": [], "next": 7}), answer({"data": [], "next": None})]
    assert walk(chosen, pages) == ["", "?cursor=a+b%2F%3D", "?cursor=7"]
    last = plan(paging="cursor", how=How("starting_after", "limit", 2, next_path="$.data[-1].id"), items_path="$.data")
    pages = [answer({"data": [{"id": "x"}, {"id": "y"}]}), answer({"data": []})]
    assert walk(last, pages) == ["?limit=2", "?starting_after=y&limit=2"]


def test_an_address_in_the_answer_leads_on() -> None:
    chosen = plan(paging="next", how=How(next_path="$.links.next"), items_path="$.data")
    pages = [
        answer({"data": [], "links": {"next": f"{URL}?after=1"}}),
        answer({"data": [], "links": {"next": "/orders?after=2"}}),
        answer({"data": [], "links": {"next": "?after=3"}}),
        answer({"data": [], "links": {}}),
    ]
    assert walk(chosen, pages) == ["", "?after=1", "?after=2", "?after=3"]


def test_a_link_header_leads_on() -> None:
    chosen = plan(paging="link")
    pages = [
        answer([{"id": 1}], 200, ("Link", f'<{URL}?page=9>; rel="last", <{URL}?page=2>; rel="next"')),
        answer([{"id": 2}], 200, ("Link", f"<{URL}?page=9>; rel=last"), ("link", "<?page=3>; rel=next")),
        answer([{"id": 3}], 200, ("Link", f'<{URL}?page=1>; rel="first"')),
    ]
    assert walk(chosen, pages) == ["", "?page=2", "?page=3"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            '<a>; rel="next prev"; title="x, <y>; rel=next"',
            [("a", [("rel", "next prev"), ("title", "x, <y>; rel=next")])],
        ),
        ("<a>;rel=next,<b>;rel=last", [("a", [("rel", "next")]), ("b", [("rel", "last")])]),
        (r'<a> ; title="a \"b\""', [("a", [("title", 'a "b"')])]),
        (",, <a>; REL=Next ,", [("a", [("rel", "Next")])]),
        ("<a>; crossorigin; rel=next", [("a", [("crossorigin", ""), ("rel", "next")])]),
        ("no link", []),
        ("<a", []),
        ("<a>; rel=next oops <b>; rel=next", [("a", [("rel", "next")])]),
    ],
)
def test_link_headers_are_read_as_rfc_8288_has_them(value: str, told: list[Any]) -> None:
    assert links(value) == told


def test_a_link_of_another_page_is_not_followed() -> None:
    chosen = plan(paging="link")
    other = answer([{"id": 1}], 200, ("Link", '<?page=2>; rel=next; anchor="/elsewhere", <?page=3>; rel=up; rel=next'))
    assert walk(chosen, [other]) == [""]


# Where next pages may be -----------------------------------------------------------------------------------


def following(chosen: PullPlan, url: str) -> dict[str, Any] | None:
    """The place that an answer with this next address leads to."""
    response = answer({"data": [], "next": url})
    return read(chosen, request(chosen, None, {}), {}, response).following


NEXT: dict[str, Any] = {"paging": "next", "how": How(next_path="$.next"), "items_path": "$.data"}


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/orders",
        "https://api.example.com:8443/orders",
        "//evil.example.com/orders",
        "http://api.example.com:8080/orders",
        "https://api.example.com@evil.example.com/",
        "ftp://api.example.com/orders",
        "https://[bad/",
    ],
)
def test_a_page_at_another_origin_is_refused(url: str) -> None:
    with pytest.raises((Unsafe, ValueError)) as refused:
        following(plan(**NEXT), url)
    assert isinstance(refused.value, Unsafe)


def test_an_address_in_clear_of_the_same_host_is_called_encrypted() -> None:
    assert following(plan(**NEXT), "http://api.example.com/orders?page=2") == {"url": f"{URL}?page=2"}


def test_a_trusted_origin_is_followed_and_gets_no_credentials() -> None:
    out = {
        "auth_scheme": "bearer",
        "credentials": Credentials(token="t0ken"),
        "headers": (("X-Tenant", "canary"),),
        "stored_secrets": ("t0ken",),
    }
    chosen = plan(**NEXT, out=out, trusted=frozenset({("other.example.com", 443)}))
    place = following(chosen, "https://other.example.com/2")
    assert place == {"url": "https://other.example.com/2"}
    names = {name for name, _ in request(chosen, None, place).headers}
    assert names == {"Accept", "User-Agent"}
    assert {"Authorization", "X-Tenant"} <= {name for name, _ in request(chosen, None, {}).headers}
    assert not pulling.gets_credentials(chosen, None, place)


def test_a_key_that_is_repeated_in_the_next_address_is_not_kept_and_is_sent_again() -> None:
    key = Credentials(api_key="k3y-0f-1t", api_key_header="api_key")
    out = {"auth_scheme": "api_key_query", "credentials": key, "stored_secrets": ("k3y-0f-1t",)}
    chosen = plan(**NEXT, out=out)
    place = following(chosen, f"{URL}?page=2&api_key=k3y-0f-1t")
    assert place == {"url": f"{URL}?page=2"}
    assert request(chosen, None, place).url == f"{URL}?page=2&api_key=k3y-0f-1t"


# Lists without an end --------------------------------------------------------------------------------------


def pages_until_refused(chosen: PullPlan, found: Any) -> int:
    """How many pages are read until somebody notices."""
    circles: dict[str, Any] = {}
    for number in range(1, 1000):
        circles = json.loads(json.dumps(circles))
        try:
            guard(chosen, number, found(number), circles)
        except Endless:
            return number
    return 0


def test_the_same_page_again_is_noticed_at_once() -> None:
    assert pages_until_refused(plan(), lambda number: Fetched([{}], {"page": number}, "same")) == 2


@pytest.mark.parametrize("length", [2, 3, 5, 8, 17])
def test_a_circle_of_any_length_is_noticed(length: int) -> None:
    noticed = pages_until_refused(plan(), lambda number: Fetched([], {"cursor": str(number % length)}, ""))
    assert length < noticed <= 4 * length + 2


def test_more_pages_than_allowed_are_an_error_and_as_many_are_none() -> None:
    chosen = plan(most_pages=7)
    assert pages_until_refused(chosen, lambda number: Fetched([], {"page": number}, str(number))) == 7
    last = {"page": 8}
    end = pages_until_refused(chosen, lambda number: Fetched([], last if number < 7 else None, str(number)))
    assert end == 2, "the places repeat themselves here"
    guard(chosen, 7, Fetched([], None, "x"), {})


def test_a_circle_remembers_one_thing() -> None:
    circle = Circle()
    assert not any(circle.closes(str(number)) for number in range(10_000))
    assert set(circle.state) == {"known", "power", "steps"}


# The list in an answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", [{"data": {"orders": [{"n": 1}, {"n": 2}]}, "none": None, "empty": []}]),
        ("$.data.orders", [{"n": 1}, {"n": 2}]),
        ("data.orders", [{"n": 1}, {"n": 2}]),
        ("$.data.orders[*]", [{"n": 1}, {"n": 2}]),
        ("$.data.orders[?@.n > 1]", [{"n": 2}]),
        ("$.data.orders[?@.n > 9]", []),
        ("$.none", []),
        ("$.empty", []),
        ("$.empty[*]", []),
        ("$..n", [1, 2]),
    ],
)
def test_items_are_found_by_a_json_path(path: str, found: list[Any]) -> None:
    data = {"data": {"orders": [{"n": 1}, {"n": 2}]}, "none": None, "empty": []}
    assert items(data, path) == found


@pytest.mark.parametrize("path", ["$.orders", "$.data.order", "$.orders[*]", "$.data.order[?@.n]"])
def test_an_answer_without_the_list_is_an_error_and_no_empty_list(path: str) -> None:
    with pytest.raises(NoList, match="nothing at"):
        items({"data": {"orders": []}, "error": "x"}, path)


def test_what_is_no_json_path_is_refused() -> None:
    for path in ("$.[", "$.a[?nothing(@)]", "$..", "a b"):
        with pytest.raises(InvalidInput, match="no JSONPath"):
            one({}, path)


XML = (("Content-Type", "application/xml; charset=utf-8"),)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<orders><order><id>1</id></order><order><id>2</id></order></orders>", [{"id": "1"}, {"id": "2"}]),
        ("<orders><order><id>1</id></order></orders>", [{"id": "1"}]),
        ("<orders/>", []),
        ('<orders count="0"/>', []),
    ],
)
def test_xml_is_a_list_of_elements(body: str, found: list[Any]) -> None:
    assert items(data_of(Response(200, headers=XML, body=body.encode())), "$.orders.order", "xml") == found


def test_xml_of_another_kind_is_no_empty_list() -> None:
    with pytest.raises(NoList):
        items(data_of(Response(200, headers=XML, body=b"<error>no</error>")), "$.orders.order", "xml")


def test_csv_has_its_names_in_the_first_line() -> None:
    headers = (("Content-Type", "text/csv; charset=iso-8859-1"),)
    body = 'id;name\r\n1;"Müller; Söhne"\r\n2;Ada\r\n'.encode("iso-8859-1")
    rows = [{"id": "1", "name": "Müller; Söhne"}, {"id": "2", "name": "Ada"}]
    assert data_of(Response(200, headers=headers, body=body)) == rows
    assert data_of(Response(200, body="\ufeffid,name\n1,\n".encode()), "csv") == [{"id": "1", "name": ""}]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"<html>Please log in</html>", "looks like a web page"),
        (b'{"a": ', "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b'[{"n": NaN}]', "no JSON"),
        (b'[{"n": ' + b"9" * 5000 + b"}]", "no JSON"),
    ],
)
def test_what_cannot_be_read_says_so(body: bytes, told: str) -> None:
    with pytest.raises(NoList, match=told):
        data_of(Response(200, body=body))


def test_a_page_that_was_cut_off_is_not_taken_for_whole() -> None:
    with pytest.raises(NoList, match="smaller pages"):
        data_of(Response(200, body=b"[]", truncated=True))


# Addresses ------------------------------------------------------------------------------------------------


def test_the_cursor_stands_in_the_address_and_is_left_out_at_first() -> None:
    chosen = plan(out={"query": (("updated_since", "{{ cursor }}"), ("sort", "asc"))}, paging="page")
    assert request(chosen, None, {}).url == f"{URL}?sort=asc&page=1"
    since = "2026-01-01T00:00:00Z"
    assert request(chosen, since, {"page": 2}).url == f"{URL}?updated_since=2026-01-01T00%3A00%3A00Z&sort=asc&page=2"


def test_templates_name_nothing_that_a_pull_has_not() -> None:
    with pytest.raises(InvalidInput, match="no {{ name }}"):
        pulling.check(plan(out={"query": (("q", "{{ name }}"),)}))


def test_parameters_replace_those_of_the_same_name() -> None:
    assert with_parameters(f"{URL}?page=1&a=b", [("page", "2")]) == f"{URL}?a=b&page=2"


def test_each_way_is_known_and_explained() -> None:
    assert [key for key, _ in choices()] == ["none", "page", "offset", "cursor", "next", "link"]
    assert all(label and sentence.endswith(".") for label, sentence in sentences())
    with pytest.raises(InvalidInput, match="no paging"):
        paging("scroll")
    assert paging("none").following(How(), {}, Page(URL, answer([]), [], 0)) is None
