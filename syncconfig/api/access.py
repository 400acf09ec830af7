"""Who calls, and which configuration answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from hub.api.errors import MethodNotAllowed
from hub.errors import BEARER, HubError, NotAuthenticated, NotFound, NotPermitted
from syncconfig import remembered
from syncconfig.models import ApiClient, ApiToken, Configuration, Scheme
from syncconfig.remembered import Look

CHOOSER = "X-Sync-Config"
"""Header with a configuration's code, for models that several configurations offer to the same caller."""

BASIC = 'Basic realm="Sync Hub", charset="UTF-8"'


@dataclass(frozen=True)
class Offer:
    """A configuration, and what this caller may do there: what it offers, as far as the caller was given it."""

    configuration: Configuration
    methods: tuple[str, ...]

    @property
    def withheld(self) -> frozenset[str]:
        """What others may do there."""
        return frozenset(self.configuration.methods) - frozenset(self.methods)


@dataclass(frozen=True)
class Caller:
    """Who calls, from where, and how it said so: a client by one of its tokens, or somebody in a trusted network."""

    scheme: Scheme
    address: str
    client: ApiClient | None = None
    token: ApiToken | None = None
    open: tuple[Configuration, ...] = ()
    """For a caller without a token: the configurations that ask for none."""

    known: Look = field(default_factory=remembered.look, repr=False, compare=False)
    """What is remembered of the configuration, as it is at this call."""

    user: str = ""
    """For somebody who is logged in to the admin: the login. They look at the contract, and call nothing."""

    @property
    def name(self) -> str:
        """For logs and answers."""
        if self.user:
            return f"user {self.user}"
        return self.client.name if self.client is not None else f"anonymous from {self.address}"

    def offers(self, model: str = "", code: str = "") -> list[Offer]:
        """What it may use, by any scheme, in order of the codes; of one model, or with one code, only."""
        client, token = self.client, self.token
        if client is None or token is None:
            return [Offer(one, tuple(one.methods)) for one in self.open if _is(one, model, code)]
        key = ("offers", client.pk, token.scope, model, code)
        return self.known.get(key, lambda: _offers(client, token, model, code) or None) or []


def _offers(client: ApiClient, token: ApiToken, model: str, code: str) -> list[Offer]:
    found = _active(model, code).select_related("connection")
    if token.scope:
        found = found.filter(code__in=token.scope.split())
    if client.all_configurations:
        return _in_order(_offer(one, client.methods) for one in found)
    mine = FilteredRelation("grants", condition=Q(grants__client=client))
    granted: Any = found.annotate(mine=mine, granted=F("mine__methods")).filter(mine__isnull=False)
    return _in_order(_offer(one, one.granted) for one in granted)


def _active(model: str = "", code: str = "") -> QuerySet[Configuration]:
    found = Configuration.objects.filter(active=True, request_type="in", connection__active=True).order_by()
    found = found.filter(model=model) if model else found
    return found.filter(code=code) if code else found


def _is(configuration: Configuration, model: str, code: str) -> bool:
    return configuration.model == (model or configuration.model) and configuration.code == (code or configuration.code)


def _in_order(offers: Iterable[Offer]) -> list[Offer]:
    """Sorted here: it costs Django more to tell the database how than to sort the few that there are."""
    return sorted(offers, key=lambda one: (one.configuration.model, one.configuration.code))


def _offer(configuration: Configuration, granted: Sequence[str]) -> Offer:
    return Offer(configuration, tuple(name for name in configuration.methods if name in granted))


def open_configurations(address: str, model: str, code: str, known: Look) -> tuple[Configuration, ...]:
    """The configurations that ask callers from there for no authentication."""
    found = known.get(("open", model, code), lambda: _open(model, code) or None) or []
    return tuple(one for one in found if one.trusts(address))


def _open(model: str, code: str) -> list[Configuration]:
    found = _active(model, code).filter(accepts_anybody=True).select_related("connection")
    return list(found.order_by("model", "code"))


def challenges() -> list[str]:
    """How callers may say who they are, by what the hub's configurations accept; the same for every address."""
    columns = ("accepts_bearer", "accepts_oauth", "accepts_basic")
    kinds = list(_active().values_list(*columns).distinct())
    return _challenges(any(one[0] or one[1] for one in kinds), any(one[2] for one in kinds))


def _challenges(bearer: bool, basic: bool) -> list[str]:
    return [*([BEARER] if bearer or not basic else []), *([BASIC] if basic else [])]


def configuration_for(caller: Caller, model: str, methods: Sequence[str], code: str = "") -> Offer:
    """The configuration that answers one of the ``methods`` on ``model`` for this caller.

    Where several do, ``code`` (the header X-Sync-Config) chooses. Raises NotFound where there is none for the model,
    NotPermitted for what the caller was not given, NotAuthenticated where its scheme is not accepted, MethodNotAllowed
    for what nobody may.
    """
    mine = caller.offers(model)
    if not mine:
        raise _nothing(caller, model)
    if code:
        mine = [one for one in mine if one.configuration.code == code]
        if not mine and caller.client is None:
            raise NotAuthenticated(f"The configuration `{code[:64]}` asks who you are.", challenges())
        if not mine:
            raise NotPermitted(f"You have no configuration `{code[:64]}` for {model}.")
    accepted = [one for one in mine if caller.scheme in one.configuration.accepted]
    if not accepted:
        raise _other_scheme(caller, mine)
    for one in accepted:
        if set(methods) & set(one.methods):
            return one
    raise _no_method(caller, model, methods, accepted)


def by_code(caller: Caller, code: str, method: str) -> Offer:
    """The configuration with that code, where the caller may use the method; raises as configuration_for does."""
    found = caller.offers(code=code)
    if found:
        return configuration_for(caller, found[0].configuration.model, [method], code)
    if _active(code=code).exists():
        raise _not_given(caller, f"the configuration `{code}`")
    raise NotFound(f"There is no active In configuration `{code[:64]}` that you may use.")


def _nothing(caller: Caller, model: str) -> NotFound | NotPermitted:
    if _active(model).exists():
        return _not_given(caller, f"a configuration for {model}")
    return NotFound(
        f"There is no active In configuration for the model `{model[:100]}` that you may use. "
        "GET /api/sync/v1/ lists what you may."
    )


def _not_given(caller: Caller, what: str) -> NotPermitted:
    if caller.token is not None and caller.token.scope:
        return NotPermitted(f"There is {what}, but your token was made for another scope: {caller.token.scope[:200]}.")
    return NotPermitted(f"There is {what}, but you were not given it. Ask the hub's administrator.")


def _no_method(caller: Caller, model: str, methods: Sequence[str], accepted: Sequence[Offer]) -> HubError:
    for one in accepted:
        if one.withheld & set(methods):
            allowed = ", ".join(one.methods) or "nothing"
            return NotPermitted(f"You may not {methods[0]} on {model}: you were given {allowed}.")
    if caller.client is None and any(set(methods) & set(one.methods) for one in _active(model)):
        return NotAuthenticated(f"To {methods[0]} on {model}, say who you are.", challenges())
    offered = sorted({name for one in accepted for name in one.configuration.methods})
    return MethodNotAllowed(f"{methods[0]} is not allowed on {model}: your configuration offers {', '.join(offered)}.")


def _other_scheme(caller: Caller, mine: Sequence[Offer]) -> NotAuthenticated:
    accepted = {scheme for one in mine for scheme in one.configuration.accepted}
    told = ", ".join(scheme.label for scheme in Scheme if scheme in accepted)
    return NotAuthenticated(
        f"{caller.scheme.label} is not accepted here, but: {told}.",
        _challenges(bool(accepted & {Scheme.BEARER, Scheme.OAUTH}), Scheme.BASIC in accepted),
    )
