"""From a domain to the SQL of a WHERE clause, with Odoo 19's meaning of every operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.errors import InvalidInput, OdooValidation
from hub.odoo import domain as domains
from hub.odoo.domain import Group, Leaf, Node, Not
from hub.odoo.embedded import compare, hierarchy
from hub.odoo.embedded.compare import Sql
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.rules import company_rule
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list

ALWAYS: Sql = ("1", [])
NEVER: Sql = ("0", [])


def where(session: Session, model: Model, domain: Any) -> Sql:
    """The condition for ``model``'s table under the alias ``t``: domain, archived records, company rules."""
    try:
        node = domains.tree(domain)
    except InvalidInput as exc:
        raise OdooValidation(exc.message, "builtins.ValueError", **exc.details) from exc
    return _Compiler(session).search(model, "t", node, None)


class _Compiler:
    """Walks one domain; aliases are numbered so that sub-queries of one table don't meet."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._aliases = 0

    def search(self, model: Model, alias: str, node: Node, active_test: bool | None) -> Sql:
        """The whole condition of a search: the domain and what Odoo adds to it."""
        parts = [self.node(model, alias, node)]
        if self._hides_archived(model, node, active_test):
            parts.append((f"{alias}.active = 1", []))
        rule = company_rule(self.session, model, alias)
        parts.extend([rule] if rule else [])
        return joined("AND", parts)

    def _hides_archived(self, model: Model, node: Node, active_test: bool | None) -> bool:
        if "active" not in model.fields:
            return False
        wanted = self.session.context.get("active_test", True) if active_test is None else active_test
        return bool(wanted) and not _names_active(node)

    def node(self, model: Model, alias: str, node: Node) -> Sql:
        if isinstance(node, Leaf):
            return self.leaf(model, alias, node)
        if isinstance(node, Not):
            text, parameters = self.node(model, alias, node.child)
            return (f"NOT COALESCE(({text}), 0)", parameters)
        if not node.children:
            return ALWAYS if node.operator == domains.AND else NEVER
        parts = [self.node(model, alias, child) for child in node.children]
        if node.operator == domains.AND:
            return joined("AND", parts)
        bound = _keyset_bound(node)
        either = joined("OR", parts)
        return joined("AND", [self.leaf(model, alias, bound), either]) if bound else either

    def leaf(self, model: Model, alias: str, leaf: Leaf) -> Sql:
        first, _dot, rest = leaf.path.partition(".")
        field = model.field(first)
        if rest:
            if not field.relational:
                raise _wrong(model, leaf, f"'{first}' is not a relation, so nothing can follow its dot")
            return self.any_of(model, alias, field, Leaf(rest, leaf.operator, leaf.value), positive=True)
        leaf = _simplified(leaf)
        if leaf.operator == "=?":
            return self.leaf(model, alias, Leaf(first, "=", leaf.value)) if leaf.value else ALWAYS
        if leaf.operator in ("child_of", "parent_of"):
            return self.hierarchy(model, alias, field, leaf)
        if leaf.operator in ("any", "not any"):
            return self.any_leaf(model, alias, field, leaf)
        if first == "display_name":
            return self.by_name(model, alias, leaf)
        if field.relational:
            return self.relation(model, alias, field, leaf)
        return compare.scalar(self.session, model, field, expression(field, alias), leaf)

    def any_leaf(self, model: Model, alias: str, field: Field, leaf: Leaf) -> Sql:
        positive = leaf.operator == "any"
        if field.name == "id":
            return self.node(model, alias, leaf.value if positive else Not(leaf.value))
        if not field.relational:
            raise _wrong(model, leaf, "'any' works with relations only")
        return self.any_of(model, alias, field, leaf.value, positive=positive)

    def any_of(self, model: Model, alias: str, field: Field, node: Node, *, positive: bool) -> Sql:
        """Records with a linked record that matches ``node`` (or, not positive, without one)."""
        comodel = self.session[field.relation]
        if field.type == "many2one":
            inner = self._select(comodel, "id", node, active_test=False)
            return _member(expression(field, alias), inner, positive)
        active_test = None
        if field.domain:
            node, active_test = Group(domains.AND, (node, domains.tree(field.domain))), False
        inner = self._select(comodel, "id", node, active_test=active_test)
        return self._linked(model, alias, field, inner, positive)

    def _select(self, model: Model, column: str, node: Node, *, active_test: bool | None) -> Sql:
        alias = self._alias()
        text, parameters = self.search(model, alias, node, active_test)
        return (f"SELECT {alias}.{column} FROM {model.table} {alias} WHERE {text}", parameters)

    def _linked(self, model: Model, alias: str, field: Field, inner: Sql, positive: bool) -> Sql:
        """Whether one of an x2many's records is in the sub-query ``inner``."""
        text, parameters = inner
        keyword = "EXISTS" if positive else "NOT EXISTS"
        own = f"{alias}.{field.inherited or 'id'}"
        sub = self._alias()
        if field.type == "many2many":
            table, mine, other = field.relation_table, field.column1, field.column2
        else:
            table, mine, other = self.session[field.relation].table, field.relation_field, "id"
        return (
            f"{keyword} (SELECT 1 FROM {table} {sub} WHERE {sub}.{mine} = {own} AND {sub}.{other} IN ({text}))",
            parameters,
        )

    def relation(self, model: Model, alias: str, field: Field, leaf: Leaf) -> Sql:
        """A relation compared with ids, names or nothing."""
        positive_operator = domains.NEGATIVES.get(leaf.operator, leaf.operator)
        positive = positive_operator == leaf.operator
        if leaf.operator.endswith("like"):
            if not leaf.value:
                # An empty pattern asks whether there is a link at all, the other way round for "=like".
                set_wanted = positive == ("=" not in leaf.operator)
                return self.relation(model, alias, field, Leaf(field.name, "not in" if set_wanted else "in", [False]))
            return self.any_of(
                model, alias, field, Leaf("display_name", positive_operator, leaf.value), positive=positive
            )
        if leaf.operator in ("in", "not in"):
            names = [one for one in leaf.value if isinstance(one, str)]
            if names:
                return self._by_names(model, alias, field, leaf, names, positive)
        if field.type == "many2one":
            return compare.scalar(self.session, model, field, expression(field, alias), leaf)
        return self._by_ids(model, alias, field, leaf, positive)

    def _by_names(self, model: Model, alias: str, field: Field, leaf: Leaf, names: list[str], positive: bool) -> Sql:
        parts = [self.any_of(model, alias, field, Leaf("display_name", "in", names), positive=positive)]
        others = [one for one in leaf.value if not isinstance(one, str)]
        if others:
            parts.append(self.relation(model, alias, field, Leaf(field.name, leaf.operator, others)))
        return joined("OR" if positive else "AND", parts)

    def _by_ids(self, model: Model, alias: str, field: Field, leaf: Leaf, positive: bool) -> Sql:
        if leaf.operator not in ("in", "not in"):
            raise _wrong(model, leaf, "this operator does not work with a list of records")
        ids = [one for one in leaf.value if one]
        parts = []
        if ids:
            parts.append(self._linked(model, alias, field, (IN_LIST[1:-1], [id_list(ids)]), positive))
        if len(ids) < len(leaf.value):
            every: Sql = (f"SELECT id FROM {self.session[field.relation].table}", [])
            parts.append(self._linked(model, alias, field, every, not positive))
        return joined("OR" if positive else "AND", parts)

    def by_name(self, model: Model, alias: str, leaf: Leaf) -> Sql:
        """``display_name``: looked up where the model's ``name_search`` looks."""
        positive_operator = domains.NEGATIVES.get(leaf.operator, leaf.operator)
        if model.names == ("display_name",):
            return compare.scalar(
                self.session, model, model.fields["display_name"], expression(model.fields["display_name"], alias), leaf
            )
        parts = [self.leaf(model, alias, Leaf(name, positive_operator, leaf.value)) for name in model.names]
        text, parameters = joined("OR", parts)
        if positive_operator == leaf.operator:
            return (text, parameters)
        return (f"NOT COALESCE(({text}), 0)", parameters)

    def hierarchy(self, model: Model, alias: str, field: Field, leaf: Leaf) -> Sql:
        """``child_of`` and ``parent_of``, of the record itself or of one that it points to."""
        if leaf.value is False:
            return NEVER
        if not field.relational and field.name != "id":
            raise _wrong(model, leaf, "works only with 'id' and relations")
        comodel = self.session[field.relation] if field.relational else model
        given = leaf.value if isinstance(leaf.value, list) else [leaf.value]
        start = self._start(comodel, given)
        if start is None:
            return NEVER
        own = comodel.name == model.name and field.type in ("many2one", "integer")
        parent = field.name if own and field.name != "id" else comodel.parent
        inner = hierarchy.walk(comodel, parent, start, down=leaf.operator == "child_of")
        if own:
            return _member(f"{alias}.id", inner, True)
        if field.type == "many2one":
            return _member(expression(field, alias), inner, True)
        return self._linked(model, alias, field, inner, True)

    def _start(self, comodel: Model, given: Sequence[Any]) -> list[int] | None:
        ids = [int(one) for one in given if isinstance(one, int) and not isinstance(one, bool)]
        for name in [one for one in given if isinstance(one, str)]:
            text, parameters = self.search(comodel, "t", Leaf("display_name", "ilike", name), False)
            rows = self.session.rows(f"SELECT t.id FROM {comodel.table} t WHERE {text} ORDER BY t.id", parameters)
            ids.extend(row[0] for row in rows)
        return ids or None

    def _alias(self) -> str:
        self._aliases += 1
        return f"s{self._aliases}"


def expression(field: Field, alias: str) -> str:
    """The SQL that gives the field's value for the row under ``alias``."""
    if field.secret:
        return "''"
    return field.sql.replace("{t}", alias) if field.sql else f'{alias}."{field.name}"'


def joined(word: str, parts: Sequence[Sql]) -> Sql:
    """The parts under AND or OR, nested evenly: SQLite limits how deep an expression may be."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        (left, one), (right, two) = parts
        return (f"({left} {word} {right})", one + two)
    half = len(parts) // 2
    return joined(word, [joined(word, parts[:half]), joined(word, parts[half:])])


def _member(value: str, inner: Sql, positive: bool) -> Sql:
    text, parameters = inner
    if positive:
        return (f"{value} IN ({text})", parameters)
    return (f"({value} IS NULL OR {value} NOT IN ({text}))", parameters)


def _simplified(leaf: Leaf) -> Leaf:
    """``=`` and ``!=`` become ``in`` and ``not in``, as Odoo reads them."""
    same: dict[str, str] = {"=": "in", "==": "in", "!=": "not in", "<>": "not in"}
    if leaf.operator in same:
        value = leaf.value if isinstance(leaf.value, list) else [leaf.value]
        return Leaf(leaf.path, same[leaf.operator], value or [False])
    if leaf.operator in ("in", "not in") and not isinstance(leaf.value, list):
        # Odoo takes a single value here too; False stands for the empty list.
        return Leaf(leaf.path, leaf.operator, [leaf.value] if leaf.value else [])
    return leaf


def _keyset_bound(group: Group) -> Leaf | None:
    """``a >= x``, which ``a > x or (a = x and ...)`` implies: with it SQLite walks the index on ``a`` page by page."""
    if len(group.children) != 2:
        return None
    later, same = group.children
    if not isinstance(later, Leaf) or later.operator not in (">", "<") or not isinstance(same, Group):
        return None
    if same.operator == domains.AND and Leaf(later.path, "=", later.value) in same.children:
        return Leaf(later.path, f"{later.operator}=", later.value)
    return None


def _names_active(node: Node) -> bool:
    if isinstance(node, Leaf):
        return node.path == "active"
    if isinstance(node, Not):
        return _names_active(node.child)
    return any(_names_active(child) for child in node.children)


def _wrong(model: Model, leaf: Leaf, why: str) -> OdooValidation:
    return OdooValidation(
        f"The condition on '{leaf.path}' ({leaf.operator}) of {model.name} is wrong: {why}.",
        "builtins.ValueError",
        field=leaf.path,
        constraint="operator",
    )
