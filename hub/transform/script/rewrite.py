"""Rewriting a script's tree so that record sets, which have no operators of their own in Monty, work as in Odoo.

``len(x)``, ``x[i]``, ``x.field``, ``for``, truth, ``in``, ``==`` and ``+`` become calls of the prelude's functions,
which do with plain values what Python does. Nodes keep their positions, so that an error finds its line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, cast

from hub.transform.script.vocabulary import (
    BUILTIN_TYPES,
    ITERATING,
    ITERATING_METHODS,
    NATIVE_METHODS,
    REFUSALS,
    REPLACED,
    RESERVED,
)

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.BitOr: "bitor",
    ast.BitAnd: "bitand",
}
_LITERALS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set)
_BOOLEAN = (ast.Compare, ast.Constant)


def hub(function: str, at: ast.AST, *arguments: ast.expr) -> ast.Call:
    """A call of the prelude's ``function`` that stands where ``at`` stood."""
    name = ast.copy_location(ast.Name(RESERVED + function, ast.Load()), at)
    return ast.copy_location(ast.Call(name, list(arguments), []), at)


def constant(value: Any, at: ast.AST) -> ast.Constant:
    """A literal that stands where ``at`` stood."""
    return ast.copy_location(ast.Constant(value), at)


class Rewriter(ast.NodeTransformer):
    """Rewrites one script; ``bound`` are the names that it binds itself, ``modules`` those bound to modules."""

    def __init__(self, bound: Iterable[str], modules: Iterable[str]) -> None:
        self._bound = frozenset(bound)
        self._native = frozenset(modules) | ((BUILTIN_TYPES | {"datetime", "date", "timedelta"}) - self._bound)

    def _expr(self, node: ast.expr) -> ast.expr:
        return cast(ast.expr, self.visit(node))

    # Truth ----------------------------------------------------------------------------------

    def _truth(self, node: ast.expr) -> ast.expr:
        """``node`` where only its truth counts."""
        if isinstance(node, ast.BoolOp):
            node.values = [self._truth(value) for value in node.values]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._truth(node.operand)
            return node
        plain = isinstance(node, _BOOLEAN)
        new = self._expr(node)
        return new if plain else hub("true", node, new)

    def visit_If(self, node: ast.If) -> ast.AST:
        node.test = self._truth(node.test)
        node.body = self._block(node.body)
        node.orelse = self._block(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        node.test = self._truth(node.test)
        node.body = self._block(node.body)
        node.orelse = self._block(node.orelse)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node.test, node.body, node.orelse = self._truth(node.test), self._expr(node.body), self._expr(node.orelse)
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.test = self._truth(node.test)
        node.msg = node.msg and self._expr(node.msg)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return self._truth(node) if isinstance(node.op, ast.Not) else self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        plain = [isinstance(value, _BOOLEAN) for value in node.values]
        walrus = any(isinstance(inner, ast.NamedExpr) for value in node.values[1:] for inner in ast.walk(value))
        values = [self._expr(value) for value in node.values]
        if isinstance(node.op, ast.Or) or walrus or all(plain[:-1]):
            # An empty record set on the left of `or` is never the value, so that False may stand for it.
            last = len(values) - 1
            node.values = [v if plain[i] or i == last else hub("some", v, v) for i, v in enumerate(values)]
            return node
        made = values[-1]
        for left in reversed(values[:-1]):
            made = hub("and", left, left, _lambda(made))
        return made

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        raised = node.exc
        if (
            isinstance(raised, ast.Call)
            and isinstance(raised.func, ast.Name)
            and raised.func.id in REFUSALS - self._bound
        ):
            raised.args = [hub("refusal", raised, *(self._expr(one) for one in raised.args))]
            return node
        return self.generic_visit(node)

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        node.guard = node.guard and self._truth(node.guard)
        node.body = self._block(node.body)
        return node

    # Going through --------------------------------------------------------------------------

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [cast(ast.stmt, self.visit(statement)) for statement in body]

    def _iter(self, node: ast.expr) -> ast.expr:
        plain = isinstance(node, _LITERALS)
        new = self._expr(node)
        return new if plain else hub("iter", node, new)

    def visit_For(self, node: ast.For) -> ast.AST:
        node.target, node.iter = self._expr(node.target), self._iter(node.iter)
        node.body = self._block(node.body)
        node.orelse = self._block(node.orelse)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.target, node.iter = self._expr(node.target), self._iter(node.iter)
        node.ifs = [self._truth(test) for test in node.ifs]
        return node

    def visit_Starred(self, node: ast.Starred) -> ast.AST:
        node.value = self._iter(node.value) if isinstance(node.ctx, ast.Load) else self._expr(node.value)
        return node

    # Calls, fields, items -------------------------------------------------------------------

    def _is_native(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._native

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id in BUILTIN_TYPES - self._bound:
            return _method_of(node)  # str.upper, which Monty has only on a text
        if not isinstance(node.ctx, ast.Load) or self._is_native(node.value):
            return self.generic_visit(node)
        return hub("get", node, self._expr(node.value), constant(node.attr, node))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        name = node.func.id if isinstance(node.func, ast.Name) and node.func.id not in self._bound else ""
        through = name in ITERATING
        node.args = [self._iter(argument) if through else self._expr(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._expr(keyword.value)
        if name in REPLACED:
            node.func = ast.copy_location(ast.Name(RESERVED + REPLACED[name], ast.Load()), node.func)
        elif name == "print":
            node.args = [a if isinstance(a, ast.Starred) else hub("str", a, a) for a in node.args]
        else:
            node.func = self._expr(node.func)
        return node

    def _method(self, node: ast.Call, function: ast.Attribute) -> ast.AST:
        through = function.attr in ITERATING_METHODS
        owner = self._expr(function.value)
        arguments = [self._iter(argument) if through else self._expr(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._expr(keyword.value)
        if function.attr == "sort":
            made = hub("sort", node, owner, *arguments)
            made.keywords = node.keywords
            return made
        if function.attr in NATIVE_METHODS or self._is_native(function.value):
            function.value, node.args = owner, arguments
            return node
        made = hub("call", node, owner, constant(function.attr, function), *arguments)
        made.keywords = node.keywords
        return made

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)
        value = self._expr(node.value)
        if isinstance(node.slice, ast.Slice):
            parts = (node.slice.lower, node.slice.upper, node.slice.step)
            return hub("slice", node, value, *(self._expr(p) if p else constant(None, node) for p in parts))
        return hub("item", node, value, self._expr(node.slice))

    # Assignments ----------------------------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Attribute):
            field = constant(target.attr, target)
            call = hub("set", node, self._expr(target.value), field, self._expr(node.value))
            return ast.copy_location(ast.Expr(call), node)
        if len(node.targets) == 1 and isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            call = hub("put", node, self._expr(target.value), self._expr(target.slice), self._expr(node.value))
            return ast.copy_location(ast.Expr(call), node)
        unpacks = any(isinstance(one, ast.Tuple | ast.List) for one in node.targets)
        node.value = self._iter(node.value) if unpacks else self._expr(node.value)
        node.targets = [self._expr(one) for one in node.targets]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return cast(ast.AST, self.visit(ast.copy_location(ast.Assign([node.target], node.value), node)))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        operator = _OPERATORS.get(type(node.op))
        target = node.target
        if isinstance(target, ast.Attribute):
            field = ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
            made = ast.copy_location(ast.BinOp(field, node.op, node.value), node)
            return cast(ast.AST, self.visit(ast.copy_location(ast.Assign([target], made), node)))
        if isinstance(target, ast.Name) and operator and not isinstance(node.value, ast.Constant | ast.JoinedStr):
            now = ast.copy_location(ast.Name(target.id, ast.Load()), target)
            value = hub(f"i{operator}", node, now, self._expr(node.value))
            return ast.copy_location(ast.Assign([target], value), node)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
        for argument in every:
            if argument is not None:
                argument.annotation = None
        return self.generic_visit(node)

    # Operators ------------------------------------------------------------------------------

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        operator, right = node.ops[0], node.comparators[0]
        plain = isinstance(right, _LITERALS)
        constants = isinstance(node.left, ast.Constant) or plain
        self.generic_visit(node)
        if len(node.ops) > 1:
            return node
        if isinstance(operator, ast.Eq | ast.NotEq) and not constants:
            return _maybe_not(operator, hub("eq", node, node.left, node.comparators[0]))
        if isinstance(operator, ast.In | ast.NotIn) and not plain:
            return _maybe_not(operator, hub("in", node, node.left, node.comparators[0]))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        operator = _OPERATORS.get(type(node.op))
        plain = isinstance(node.left, _LITERALS) or isinstance(node.right, _LITERALS)
        self.generic_visit(node)
        return hub(operator, node, node.left, node.right) if operator and not plain else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """As ``"".join([...])``: unparsed f-strings cannot hold every quote and backslash before Python 3.12."""
        parts = [self._part(value) for value in node.values]
        join = ast.copy_location(ast.Attribute(constant("", node), "join", ast.Load()), node)
        listed = ast.copy_location(ast.List(parts, ast.Load()), node)
        return ast.copy_location(ast.Call(join, [listed], []), node)

    def _part(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.FormattedValue):
            return node
        value = self._expr(node.value)
        if node.conversion in (ord("r"), ord("a")):
            value = hub("repr", node, value)
        elif node.conversion == ord("s") or node.format_spec is None:
            value = hub("str", node, value)
        return hub("format", node, value, self._expr(node.format_spec)) if node.format_spec else value


def _lambda(body: ast.expr) -> ast.Lambda:
    none = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.copy_location(ast.Lambda(none, body), body)


def _method_of(node: ast.Attribute) -> ast.Lambda:
    """``str.upper`` as ``lambda x: x.upper()``."""
    name = f"{RESERVED}x"
    call = ast.Call(ast.Attribute(ast.Name(name, ast.Load()), node.attr, ast.Load()), [], [])
    made = _lambda(ast.copy_location(call, node))
    made.args.args = [ast.arg(name)]
    return made


def _maybe_not(operator: ast.cmpop, call: ast.Call) -> ast.expr:
    if isinstance(operator, ast.NotEq | ast.NotIn):
        return ast.copy_location(ast.UnaryOp(ast.Not(), call), call)
    return call
