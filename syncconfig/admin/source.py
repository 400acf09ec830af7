"""Which Odoo the browser of records reads, for whom, and what of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse

from hub.errors import HubError, OdooAccess
from hub.odoo.connection import Odoo
from hub.odoo.embedded.install import install
from hub.redact import HIDDEN, is_secret_name
from syncconfig import plans
from syncconfig.models import Configuration, OdooConnection

FIRST = ("res.partner", "product.product", "sale.order", "account.move")
TECHNICAL = (
    "ir.", "base.", "base_", "bus.", "auth.", "auth_", "iap.", "fetchmail.", "res.users.", "payment.provider",
    "payment.token",
)  # fmt: skip
"""Beginnings of models of a real Odoo that are not shown: its machinery, which holds keys and passwords."""

EVERYTHING = {"active_test": False, "bin_size": True}
"""Archived records too; of files their size alone."""


class NothingToShow(Exception):
    """There is no Odoo for this page; the text says what to do."""


@dataclass(frozen=True)
class Source:
    """One connection, for the pages: how to reach it, and whether it was asked for by name."""

    connection: OdooConnection
    named: bool

    @property
    def name(self) -> str:
        """How people call it."""
        return self.connection.name

    @property
    def place(self) -> str:
        """Where it is."""
        if self.connection.is_embedded:
            return "the embedded Odoo, in the hub itself"
        target = self.connection.target()
        return f"{target.url}, database {target.database}"

    @property
    def is_embedded(self) -> bool:
        """Whether it is the hub's own, for trying things out."""
        return self.connection.is_embedded

    def odoo(self) -> Odoo:
        """The way to it; raises HubError."""
        if self.is_embedded:
            install(settings.HUB_EMBEDDED_ODOO, demo=settings.HUB_DEMO)
        return plans.odoo_of(self.connection)

    def url(self, page: str, *path: Any) -> str:
        """A page of the browser that reads the same Odoo."""
        return reverse(f"admin:{page}", args=path) + (f"?{urlencode(self.query)}" if self.named else "")

    @property
    def front(self) -> str:
        """The browser's first page."""
        return self.url("odoo_browser")

    @property
    def query(self) -> dict[str, str]:
        """What a page's address says of the choice."""
        return {"connection": self.connection.code} if self.named else {}

    def shows(self, model: str) -> bool:
        """Whether the model's records are for this page."""
        return self.is_embedded or not model.startswith(TECHNICAL)

    def shown(self, field: str, value: Any) -> Any:
        """The value of a field, unless its name says that it is a secret."""
        return HIDDEN if value and not self.is_embedded and is_secret_name(field) else value

    def models(self, odoo: Odoo) -> dict[str, str]:
        """The models that can be looked at, with their names: the usual and the configured ones first."""
        first = [*FIRST, *sorted(self.exchanged() - set(FIRST))]
        try:
            known = _known(odoo)
        except OdooAccess:  # this user of Odoo may not read the list; the models themselves perhaps
            return {model: "" for model in first if self.shows(model)}
        ordered = [
            *(model for model in first if model in known),
            *(model for model in sorted(known) if model not in first),
        ]
        return {model: known[model] for model in ordered if self.shows(model)}

    def exchanged(self) -> set[str]:
        """The models of the connection's configurations."""
        return set(Configuration.objects.filter(connection=self.connection).values_list("model", flat=True))

    def is_counted(self, model: str) -> bool:
        """Whether to say how many records there are: of all models of a real Odoo that would take minutes."""
        return self.is_embedded or model in FIRST or model in self.exchanged()


def chosen(request: HttpRequest) -> Source:
    """The Odoo that ``?connection=`` names; otherwise the demo's, or the first one.

    Records of a real Odoo are for those who may change configurations, and read everything there anyway. Raises
    PermissionDenied, Http404 for an unknown name, NothingToShow.
    """
    if not request.user.has_perm("syncconfig.view_odooconnection"):
        raise PermissionDenied
    code = request.GET.get("connection", "")
    active = [one for one in offered(request) if not code or one.code == code]
    if active:
        return Source(active[0], named=bool(code))
    if code and not OdooConnection.objects.filter(code=code).exists():
        raise Http404("There is no such Odoo connection.")
    if OdooConnection.objects.filter(active=True).exists():
        raise NothingToShow(
            "The records of a connected Odoo are shown to people who may change configurations. "
            "Ask an administrator to put your user into the group API Sync Manager."
        )
    raise NothingToShow("No Odoo is connected. Add one under Odoo connections, or switch one on there.")


def offered(request: HttpRequest) -> list[OdooConnection]:
    """The connections that this person may look into, the demo's first."""
    may_see_all = request.user.has_perm("syncconfig.change_configuration")
    active = OdooConnection.objects.filter(active=True).order_by("-from_environment", "name")
    return [one for one in active if may_see_all or one.is_embedded]


def _known(odoo: Odoo) -> dict[str, str]:
    fields = odoo.fields_get("ir.model")
    domain = [(name, "=", False) for name in ("transient", "abstract") if name in fields]
    rows = odoo.search_read("ir.model", domain, ["model", "name"], order="model")
    return {row["model"]: row["name"] for row in rows}


def count(odoo: Odoo, model: str) -> int | str:
    """How many records there are, archived ones too."""
    try:
        return odoo.count(model, context=EVERYTHING)
    except HubError:
        return "—"
