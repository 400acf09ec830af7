"""Fetching a third party's list: the request for a page, what its answer holds, and where the next one is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from hub.errors import HubError, InvalidInput
from hub.flow import listing, shape
from hub.flow.paging import Circle, How, Page, Place, paging, with_parameters
from hub.flow.plan import InboundPlan, OutboundPlan
from hub.http.guard import origin as address_of
from hub.http.message import Request, Response
from hub.http.origin import origin
from hub.http.schemes import scheme
from hub.transform import path

ACCEPTED = {
    "auto": "application/json, application/xml;q=0.9, text/csv;q=0.8, */*;q=0.5",
    "json": "application/json, */*;q=0.5",
    "xml": "application/xml, text/xml;q=0.9, */*;q=0.5",
    "csv": "text/csv, */*;q=0.5",
}
"""What answers the hub would like best, by the format that is configured."""

NAMES = ("cursor",)
"""What templates in the address and the parameters of a pull may name."""


class Unsafe(HubError):
    """The next page is not where the hub may go."""

    code = "PAGE_REFUSED"
    status = 502


class Endless(HubError):
    """The pages do not come to an end."""

    code = "ENDLESS_PAGES"
    status = 502


@dataclass(frozen=True)
class PullPlan:
    """How a third party's list is fetched (``out``), and what becomes of its items (``inbound``).

    ``since_path`` is the JSONPath, within an item, of the value whose greatest one is the cursor. ``overlap`` is in
    seconds. ``trusted`` are other origins that next pages may lead to: they get no credentials.
    """

    out: OutboundPlan
    inbound: InboundPlan
    paging: str = "none"
    how: How = field(default_factory=How)
    items_path: str = ""
    form: str = "auto"
    most_pages: int = 10_000
    since_path: str = ""
    overlap: int = 0
    trusted: frozenset[tuple[str, int]] = frozenset()

    @property
    def signature(self) -> str:
        """Equal while places of this plan's pages mean the same."""
        told = [self.paging, self.how.parameter, self.how.first, self.how.size, self.out.url, self.out.query]
        return mark(told)


@dataclass(frozen=True)
class Fetched:
    """A page that was read: its items, and where to go on; None behind the last one."""

    items: list[Any]
    following: Place | None
    digest: str


def check(plan: PullPlan) -> None:
    """Raise InvalidInput for templates that name what a pull has not, and for paths that are none."""
    for name in shape.paths(plan.out):
        if name.split(".")[0] not in NAMES:
            where = "url" if f"{name}" in plan.out.url else "query"
            raise InvalidInput(
                f"A pull has no record, so there is no {{{{ {name} }}}}: use {{{{ cursor }}}}, or write the value out.",
                field=where,
            )
    paging(plan.paging)
    for text in (plan.items_path, plan.how.next_path, plan.since_path):
        listing.compiled(text)


def request(plan: PullPlan, since: Any, place: Place) -> Request:
    """The request for the page at that place; raises InvalidInput, and Unsafe where the place is of another origin."""
    out = plan.out
    base = shape.address(out, {"cursor": "" if since is None else str(since)})
    if "url" in place:
        url = _allowed(plan, base, str(place["url"]))
    else:
        url = with_parameters(base, paging(plan.paging).parameters(plan.how, place))
    known = origin(url) == origin(base)
    own = {name.lower() for name, _ in out.headers} if known else set()
    headers = tuple(
        (name, value)
        for name, value in (("Accept", ACCEPTED[plan.form]), ("User-Agent", "SyncHub"))
        if name.lower() not in own
    )
    made = Request(
        "GET",
        url,
        headers,
        connect_timeout=out.connect_timeout,
        read_timeout=out.read_timeout,
        tls=out.tls if known else None,
    )
    if not known:
        return made
    auth = scheme(out.auth_scheme)
    return replace(
        made,
        url=auth.address(url, out.credentials),
        headers=(*headers, *out.headers, *auth.headers(out.credentials)),
    )


def gets_credentials(plan: PullPlan, since: Any, place: Place) -> bool:
    """Whether the page at that place is of the third party's own origin."""
    return "url" not in place or origin(str(place["url"])) == origin(plan.out.url)


def read(plan: PullPlan, asked: Request, place: Place, response: Response) -> Fetched:
    """What the answer holds; raises NoList for one without the list, Unsafe for a next page that may not be called."""
    way = paging(plan.paging)
    if way.is_past_end(plan.how, place, response):
        return Fetched([], None, "")
    data = listing.data_of(response, plan.form)
    found = listing.items(data, plan.items_path, listing.form_of(response, plan.form))
    url = without_secrets(asked.url, plan.out.secrets)
    following = way.following(plan.how, place, Page(url, response, data, len(found)))
    if following is not None and "url" in following:
        following["url"] = without_secrets(_allowed(plan, url, str(following["url"])), plan.out.secrets)
    return Fetched(found, following, mark(found) if found else "")


def is_past_end(plan: PullPlan, place: Place, response: Response) -> bool:
    """Whether an answer that is no success by its status says that the last page was the last one."""
    return paging(plan.paging).is_past_end(plan.how, place, response)


def guard(plan: PullPlan, pages: int, fetched: Fetched, circles: dict[str, Any]) -> None:
    """Raise Endless where the next page would be one too many, or leads back; ``circles`` is what is remembered.

    ``pages`` is how many were read, this one included.
    """
    for name, seen in (("items", fetched.digest), ("places", mark(fetched.following) if fetched.following else "")):
        if not seen:
            continue
        circle = Circle(circles.get(name))
        if circle.closes(seen):
            why = {
                "items": "lists the same items as one before: the external system does not seem to know the parameter "
                "that chooses the page. Look at the paging",
                "places": "leads back to one that was read before. Look at where the next page is told",
            }[name]
            raise Endless(f"Page {pages} {why}; the call is in the log.")
        circles[name] = circle.state
    if fetched.following is not None and pages >= plan.most_pages:
        raise Endless(
            f"There is a page after the {pages:,}, which are the most that the configuration allows. Raise “most "
            "pages”, or narrow what is asked for."
        )


def _allowed(plan: PullPlan, base: str, url: str) -> str:
    """The whole address of a next page, if the hub may go there; by https where the page before it was."""
    try:
        url = urljoin(base, url)
        here, there = urlsplit(base), urlsplit(url)
        same_host = here.hostname == there.hostname and there.port in (None, 80) and here.port in (None, 443)
    except ValueError:
        raise Unsafe("The address of the next page is malformed; the answer is in the log.") from None
    if here.scheme == "https" and there.scheme == "http" and same_host:
        # Said behind a proxy that ends TLS; nothing must go out in clear that went encrypted before.
        url = urlunsplit(there._replace(scheme="https", netloc=there.netloc.removesuffix(":80")))
    if origin(url) in (origin(base), origin(plan.out.url)):
        return url
    try:
        trusted = address_of(url) in plan.trusted
    except (HubError, ValueError):
        trusted = False
    if not trusted:
        raise Unsafe(
            f"The next page would be at another system, {origin(url)[:200]}, and not at {origin(base)}: it is not "
            "fetched. If that is right, make a configuration for that system."
        )
    return url


def without_secrets(url: str, secrets: tuple[str, ...]) -> str:
    """The address without parameters that hold a secret: some repeat the key in the address of the next page."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if value not in secrets]
    return url if len(kept) == len(pairs) else urlunsplit(parts._replace(query=urlencode(kept)))


def mark(value: Any) -> str:
    """A short text that is equal for equal data."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def key_of(item: Any, names: tuple[str, ...]) -> str:
    """What tells an item, for people: the values of the match keys."""
    found = [path.get(item, name) for name in names] if isinstance(item, Mapping) else []
    shown = ", ".join(str(one) for one in found if one is not path.ABSENT)
    return clean(shown)[:100]


def clean(text: str) -> str:
    """A text that every database takes: without NUL and half characters."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
