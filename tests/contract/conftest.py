"""One suite for every transport: the embedded Odoo, and a real one by JSON-RPC and by JSON-2.

The real one is named by ``HUB_TEST_ODOO``, the JSON that ``scripts/odoo19 up`` prints. Without it its
tests are skipped, or fail when ``HUB_TEST_ODOO_REQUIRED=1``. Any database will do, a used one too: each
run makes records under a name of its own and takes them away again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from hub.errors import OdooError
from hub.odoo.connect import open_new
from hub.odoo.connection import Odoo, Target
from tests import real_odoo

TRANSPORTS = [
    "embedded",
    pytest.param("jsonrpc", marks=pytest.mark.odoo),
    pytest.param("json2", marks=pytest.mark.odoo),
]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "odoo: needs a real Odoo (HUB_TEST_ODOO); `make test-odoo`")


@dataclass
class Maker:
    """Makes records and takes them away again, the newest first."""

    odoo: Odoo
    made: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, model: str, /, **values: Any) -> int:
        return self.many(model, [values])[0]

    def many(self, model: str, rows: list[dict[str, Any]]) -> list[int]:
        ids = self.odoo.create(model, rows)
        self.made += [(model, number) for number in ids]
        return ids

    def keep_track(self, model: str, ids: list[int]) -> list[int]:
        self.made += [(model, number) for number in ids]
        return ids

    def remove_all(self) -> None:
        for model, number in reversed(self.made):
            with suppress(OdooError):  # what a test deleted itself, or what Odoo no longer lets go
                self._remove(model, number)

    def _remove(self, model: str, number: int) -> None:
        if model == "sale.order":
            self.odoo.call(model, "action_cancel", [number])
        partners = []
        if model == "res.users":  # Odoo made a partner for it, and leaves that behind
            partners = [record["partner_id"][0] for record in self.odoo.read(model, [number], ["partner_id"])]
        self.odoo.unlink(model, [number])
        self.odoo.unlink("res.partner", partners)


@pytest.fixture(scope="session", params=TRANSPORTS)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    if request.param == "embedded":
        return Target(str(tmp_path_factory.mktemp("odoo") / "odoo.sqlite3"), login="admin", transport="embedded")
    place = real_odoo.place()
    key = place["api_key"] if request.param == "json2" else ""
    return Target(place["url"], place["database"], place["login"], place["password"], key, transport=request.param)


@pytest.fixture(scope="session")
def odoo(target: Target) -> Iterator[Odoo]:
    with open_new(target) as connection:
        yield connection


@pytest.fixture
def make(odoo: Odoo) -> Iterator[Maker]:
    maker = Maker(odoo)
    yield maker
    maker.remove_all()


@pytest.fixture
def unique() -> str:
    """A name that nothing else in the database has."""
    return f"Hub {uuid.uuid4().hex[:12]}"


@dataclass(frozen=True)
class People:
    """Partners of known values; ``ids`` by letter, all under the reference ``tag``."""

    tag: str
    ids: dict[str, int]
    tags: dict[str, int]
    countries: dict[str, int]

    def letters(self, ids: list[int]) -> str:
        by_id = {number: letter for letter, number in self.ids.items()}
        return "".join(by_id[number] for number in ids)


@pytest.fixture(scope="session")
def people(odoo: Odoo) -> Iterator[People]:
    """a Alpha Été (company, BE) · b beta 100% (company, FR) · c gamma_x under a · d Delta under c · e archived."""
    maker = Maker(odoo)
    tag = f"HUB{uuid.uuid4().hex[:10]}"
    countries = {code: odoo.search("res.country", [("code", "=", code)])[0] for code in ("BE", "FR")}
    gold = maker("res.partner.category", name=f"{tag} Gold")
    tags = {"gold": gold, "sub": maker("res.partner.category", name=f"{tag} Sub", parent_id=gold)}
    common = {"ref": tag, "type": "other"}
    ids = {
        "a": maker(
            "res.partner",
            name=f"{tag} Alpha Été",
            is_company=True,
            country_id=countries["BE"],
            city="Brussels",
            color=1,
            email="alpha@example.com",
            category_id=[(6, 0, [gold])],
            **common,
        ),
        "b": maker(
            "res.partner",
            name=f"{tag} beta 100%",
            is_company=True,
            country_id=countries["FR"],
            city="Paris",
            color=5,
            **common,
        ),
    }
    ids["c"] = maker(
        "res.partner",
        name=f"{tag} gamma_x",
        parent_id=ids["a"],
        function="Buyer",
        color=3,
        category_id=[(6, 0, list(tags.values()))],
        **common,
    )
    ids["d"] = maker("res.partner", name=f"{tag} Delta", parent_id=ids["c"], email="Delta@example.com", **common)
    ids["e"] = maker("res.partner", name=f"{tag} Epsilon", active=False, color=7, **common)
    yield People(tag, ids, tags, countries)
    maker.remove_all()


@dataclass(frozen=True)
class Colleague:
    """A user with the least rights, and a connection as that user."""

    id: int
    login: str
    odoo: Odoo


@pytest.fixture(scope="session")
def colleague(odoo: Odoo, target: Target) -> Iterator[Colleague]:
    maker = Maker(odoo)
    login = f"hub{uuid.uuid4().hex[:10]}@example.com"
    password = uuid.uuid4().hex
    user = maker("res.users", name=f"Colleague {login}", login=login, password=password)
    key = make_api_key(odoo, maker, user) if target.transport == "json2" else ""
    with open_new(replace(target, login=login, password=password, api_key=key)) as connection:
        yield Colleague(user, login, connection)
    odoo.write("res.users", [user], {"active": False})
    maker.remove_all()


def make_api_key(odoo: Odoo, maker: Maker, user: int) -> str:
    """A key for another user: no method on offer makes one, code of a server action does."""
    code = (
        f"key = env['res.users.apikeys'].with_user({user}).sudo()._generate('rpc', 'hub contract', "
        "datetime.datetime.now() + datetime.timedelta(days=1))\naction = {'type': 'hub', 'key': key}"
    )
    model = odoo.search("ir.model", [("model", "=", "res.users")])[0]
    made = maker("ir.actions.server", name="Hub contract key", model_id=model, state="code", code=code)
    return str(odoo.call("ir.actions.server", "run", [made])["key"])


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], OdooError]:
    """The error that a call raises, and must raise."""

    def raised(call: Callable[[], object]) -> OdooError:
        with pytest.raises(OdooError) as caught:
            call()
        return caught.value

    return raised


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of one transport together, so that each session fixture is made once."""
    here = Path(__file__).parent
    order = {"embedded": 0, "jsonrpc": 1, "json2": 2}

    def transport(item: pytest.Item) -> int:
        spec = getattr(item, "callspec", None)
        return order.get(spec.params.get("target", ""), 0) if spec and here in item.path.parents else -1

    items.sort(key=transport)
