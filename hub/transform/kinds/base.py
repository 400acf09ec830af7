"""What a value type is: one class that turns Odoo's value into the external one and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from hub.errors import InvalidInput, Misconfigured
from hub.odoo.guarded import guard
from hub.transform import path, shapes
from hub.transform.computed import why_not
from hub.transform.services import Incoming, Outgoing, Services
from hub.transform.shapes import Schema

if TYPE_CHECKING:
    from hub.transform.mapping import FieldMap
    from hub.transform.rule import Rule

FieldInfo = Mapping[str, Any]
"""What fields_get says of one field: ``type``, ``string``, ``required``, ``relation``, ..."""

TO_MANY = ("one2many", "many2many")


@dataclass(frozen=True)
class Bound:
    """A mapping row held against one Odoo: all that its kind needs to convert a value."""

    rule: Rule
    kind: Kind
    out: Kind
    """The kind that makes the external value: the same, or Plain where there is no way back."""

    options: Any
    model: str
    info: FieldInfo
    """Of the field of the model itself, which is written."""

    ends: Mapping[str, FieldInfo]
    """Of what is read, by path: the last field of a dotted one; ``json`` behind a list of records."""

    end: FieldInfo
    """Of the first path."""

    paths: tuple[str, ...]
    services: Services
    sub: FieldMap | None = None
    """The mapping of sub-records, for the rows that have one."""

    def serving(self, services: Services) -> Bound:
        """The same row with other services. Each call makes some of these, and dataclasses.replace takes its time."""
        own = object.__new__(Bound)
        vars(own).update(vars(self))
        vars(own)["services"] = services
        if self.sub is not None:
            vars(own)["sub"] = self.sub.serving(services)
        return own

    @property
    def name(self) -> str:
        """The external key."""
        return self.rule.external_key

    @property
    def path(self) -> str:
        """The one path that is read, or "" for none or several."""
        return self.paths[0] if len(self.paths) == 1 else ""

    @property
    def target(self) -> str:
        """The field that is written."""
        return self.rule.root

    @property
    def relation(self) -> str:
        """The model that the field leads to, or ""."""
        return str(self.info.get("relation") or "")

    @property
    def why_not(self) -> str:
        """Why no caller's value goes to the field, as the rest of a sentence, where Odoo is the reason; or ""."""
        return "" if self.kind.makes_own else why_not(self.target, self.info)

    @property
    def writes(self) -> bool:
        """Whether an external value goes in."""
        return self.rule.writes and not self.why_not

    @property
    def offered(self) -> bool:
        """Whether callers are told that they may send one: not for lists of records that no other record leads to."""
        is_list = self.info["type"] in TO_MANY
        return self.writes and (self.kind.makes_own or not is_list or not guard(self.relation))


class Kind(ABC):
    """How a mapping row converts. A subclass with a ``key`` registers itself; the admin shows label and sentence.

    ``detail`` is what a person writes in the row's column of that name; ``parse`` reads it.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    example: ClassVar[str] = ""
    """A detail, to show what one looks like; "" for a kind that takes none."""

    searchable: ClassVar[bool] = True
    """Whether callers may search by the key, in terms of the field."""

    converts_search: ClassVar[bool] = False
    """Whether a value that is searched for is converted as one that is written."""

    makes_own: ClassVar[bool] = False
    """Whether a value comes into Odoo even where the caller sends none."""

    one_way: ClassVar[bool] = False
    """Whether what it does coming in has no way back."""

    registry: ClassVar[dict[str, Kind]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "key" in vars(cls):
            Kind.registry[cls.key] = cls()

    def parse(self, detail: str) -> Any:
        """The options in ``detail``; raises InvalidInput that says what to write."""
        if detail.strip():
            raise InvalidInput(f"The value type {self.label} takes no detail: leave it empty.", field="detail")
        return None

    def paths(self, field: str, options: Any, info: FieldInfo) -> tuple[str, ...]:
        """What is read from Odoo for the way out; ``info`` is of the field itself, the last one of a dotted path."""
        return (field,)

    def keys(self, name: str, options: Any) -> tuple[str, ...]:
        """The external keys that are looked at on the way in."""
        return (name,)

    def hints(self, options: Any) -> frozenset[str]:
        """Words that may be fields which are wanted besides the paths."""
        return frozenset()

    def given(self, row: Bound, data: Mapping[str, Any]) -> Any:
        """What the payload holds for the row, or ABSENT."""
        return path.get(data, row.name)

    def search_field(self, row: Bound) -> str:
        """The field, or path, that a search by the key looks at."""
        return row.path or row.target

    def accepts(self, row: Bound) -> Schema:
        """The JSON Schema of what a caller may send, but for what empties the field."""
        return shapes.accepts(row.info)

    def empty(self, row: Bound) -> tuple[Any, ...]:
        """What a caller may send to empty the field."""
        return shapes.empty(row.info)

    def gives(self, row: Bound) -> Schema:
        """The JSON Schema of what a caller gets."""
        return shapes.gives(row.end)

    def sample(self, row: Bound) -> Any:
        """A believable value, as a caller may send and get it."""
        return shapes.sample(row.rule.odoo_field, row.end, str(row.info.get("relation") or row.model))

    @abstractmethod
    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The external value for one of Odoo, ``None`` for an empty one; raises InvalidInput."""

    @abstractmethod
    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """Odoo's value for an external one; raises InvalidInput that names ``row.name``, the caller's own key."""


def kind_of(key: str) -> Kind:
    """The kind registered under ``key``; raises Misconfigured for an unknown one."""
    try:
        return Kind.registry[key]
    except KeyError:
        raise Misconfigured(
            f"There is no value type `{key}`. Choose one of: {', '.join(sorted(Kind.registry))}."
        ) from None


@lru_cache(maxsize=1024)
def options_of(key: str, detail: str) -> Any:
    """The options that a row's detail holds; raises InvalidInput."""
    return kind_of(key).parse(detail)


def kind_choices() -> list[tuple[str, str]]:
    """Key and label of each kind, for the admin."""
    return [(kind.key, kind.label) for kind in Kind.registry.values()]


def words(detail: str) -> list[str]:
    """A detail's words, whatever commas or semicolons stand between them."""
    return detail.replace(",", " ").replace(";", " ").split()


def bad_detail(message: str) -> InvalidInput:
    """The error for a detail that cannot be read."""
    return InvalidInput(message, field="detail")


def is_field(name: str, *, dotted: bool = False) -> bool:
    """Whether ``name`` looks like a field's technical name, or with ``dotted`` a path of them."""
    return all(part.isidentifier() and part.isascii() for part in (name.split(".") if dotted else [name]))


def joined(names: Sequence[Any]) -> str:
    """For messages."""
    return ", ".join(str(name) for name in names)
