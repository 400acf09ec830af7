"""A configuration, frozen before anything runs: all that a flow needs to know, and printable."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.http.auth import Credentials
from hub.http.message import Tls
from hub.http.retry import RetryPolicy
from hub.http.schemes import scheme
from hub.transform.rule import Rule


@dataclass(frozen=True)
class Scripts:
    """A configuration's scripts, "" for none; ``may_write``: whether they may change records in Odoo."""

    condition: str = ""
    before: str = ""
    after: str = ""
    response: str = ""
    may_write: bool = False


@dataclass(frozen=True)
class InboundPlan:
    """What callers may do with one model, and how its fields are named for them."""

    code: str
    model: str
    rules: tuple[Rule, ...]
    methods: frozenset[str]
    withheld: frozenset[str] = frozenset()
    """Those of the methods that this caller was not given."""

    reject_unmapped: bool = True
    match: tuple[str, ...] = ()
    """External keys that tell a record: a create that finds one by them makes no second."""

    matched_by: frozenset[frozenset[str]] = frozenset()
    """Odoo's fields behind the match keys of each configuration for this model, as creates through two may meet."""

    records_path: str = ""
    """Where the records stand in what a third party posts in its own form."""

    updates_matches: bool = False
    """Whether it is updated then, or the create refused."""

    scripts: Scripts = field(default_factory=Scripts, repr=False)


@dataclass(frozen=True)
class OutboundPlan:
    """How records of one model are sent to one external system. Timeouts are in seconds."""

    code: str
    model: str
    rules: tuple[Rule, ...]
    method: str
    url: str
    """May hold values of the record, as in ``/partners/{{ id }}``; so may the values of ``query``."""

    url_is_literal: bool = False
    """Whether it is called as it stands: an API client wrote it, and must not read the record by it."""

    query: tuple[tuple[str, str], ...] = ()
    body_type: str = "json"
    body_template: str = ""
    xml_root: str = ""
    tls: Tls | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    auth_scheme: str = "none"
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    domain: str = ""
    state_fields: tuple[str, ...] = ()
    """The fields whose changes are an event of their own, which tells what they were and became."""

    batch_size: int = 1
    is_batch: bool = False
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    scripts: Scripts = field(default_factory=Scripts, repr=False)
    success_if: str = ""
    """An expression on an answer that is done by its status."""

    answers: tuple[tuple[str, str], ...] = ()
    """What is written back: a path in the answer, and the field of the record."""

    stored_secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must not reach a log, wherever they stand: the stored ones, and a token that was fetched."""
        fetched = scheme(self.auth_scheme).fetched(self.credentials)
        return (*self.stored_secrets, *fetched) if fetched else self.stored_secrets
