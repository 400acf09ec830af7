"""A script made ready for the sandbox: checked, rewritten, wrapped into one function, with a way back to its lines.

The whole script becomes one function, so that each run starts with no variable of the run before, even where
a warm worker runs it again.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from hub.transform.script.errors import ScriptUnsupported
from hub.transform.script.lint import Problem, bound_names, parse, problems
from hub.transform.script.rewrite import Rewriter
from hub.transform.script.vocabulary import RESERVED

MAIN = f"{RESERVED}main"
_PATH = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")


@dataclass(frozen=True)
class Compiled:
    """What the sandbox is fed. ``hints`` are the words of the script that may be fields, to read them all at once."""

    source: str
    code: str
    names: frozenset[str]
    hints: frozenset[str]
    tree: ast.Module = field(repr=False, compare=False)

    def line(self, line: int, column: int) -> int:
        """The script's line for a place in ``code``, both from 1."""
        best = (0, 0, 1)
        for made, original in _pairs(ast.parse(self.code), self.tree):
            start = (getattr(made, "lineno", 0), getattr(made, "col_offset", 0) + 1)
            if start <= (line, column) and hasattr(original, "lineno"):
                best = max(best, (*start, original.lineno))
        return best[2]

    def text(self, line: int) -> str:
        """The script's own text on that line."""
        lines = self.source.splitlines()
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""


@lru_cache(maxsize=256)
def compiled(source: str, given: frozenset[str], expression: bool = False) -> Compiled:
    """``source`` ready to run with the names ``given``; raises ScriptUnsupported for the first problem."""
    tree, found = parse(f"({source.strip()}\n)" if expression else source)
    if tree is not None:
        found = problems(tree)
        if expression and (len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr)):
            found = [Problem(1, "This is no expression: write one value, such as a domain.")]
    if tree is None or found:
        raise unsupported(found[0])
    try:
        return _wrapped(source, tree, given)
    except RecursionError:
        raise unsupported(Problem(1, "The script is nested too deeply.")) from None


def unsupported(problem: Problem) -> ScriptUnsupported:
    """The error that says so."""
    return ScriptUnsupported(f"The script cannot run. {problem}", line=problem.line)


def _wrapped(source: str, tree: ast.Module, given: frozenset[str]) -> Compiled:
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    names = frozenset(given & read)
    hints = frozenset(_words(tree))
    bound, modules = bound_names(tree), _modules(tree)
    ending = _ending(tree, given)
    tree = _Imports().visit(tree)
    tree.body = [*_start(tree, names), *tree.body, *ending] or [ast.Pass()]
    tree = Rewriter(bound - modules, modules).visit(tree)
    arguments = sorted(names | ({"value"} if _calls_value(ending) else set()))
    main = ast.FunctionDef(MAIN, _arguments(arguments), tree.body, [], None)
    whole = ast.fix_missing_locations(ast.Module([main], []))
    return Compiled(source, ast.unparse(whole), frozenset(arguments), hints, whole)


def _ending(tree: ast.Module, given: Collection[str]) -> list[ast.stmt]:
    """What the script gives: its ``result``, else its last expression, else its one function applied to ``value``."""
    if "result" in _module_names(tree):
        return [ast.Return(ast.Name("result", ast.Load()))]
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
        return [ast.copy_location(ast.Return(last.value), last)]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if "value" in given and len(functions) == 1 and _takes_one(functions[0].args):
        call = ast.Call(ast.Name(functions[0].name, ast.Load()), [ast.Name("value", ast.Load())], [])
        return [ast.Return(call)]
    return []


def _calls_value(ending: list[ast.stmt]) -> bool:
    return any(isinstance(n, ast.Name) and n.id == "value" for statement in ending for n in ast.walk(statement))


def _takes_one(arguments: ast.arguments) -> bool:
    required = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return required == 1 and not any(default is None for default in arguments.kw_defaults)


def _module_names(tree: ast.Module) -> set[str]:
    """The names that the script binds outside of its functions."""
    outside = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    return {name for node in outside for name in bound_names(node)} | _globals(tree)


def _globals(tree: ast.AST) -> set[str]:
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def _start(tree: ast.Module, names: Collection[str]) -> list[ast.stmt]:
    """Bind ``result`` and what functions declare global, so that reading them before is no error."""
    wanted = (_globals(tree) | ({"result"} & _module_names(tree))) - set(names)
    return [ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None), lineno=1) for name in sorted(wanted)]


def _arguments(names: list[str]) -> ast.arguments:
    return ast.arguments(
        posonlyargs=[], args=[ast.arg(name) for name in names], kwonlyargs=[], kw_defaults=[], defaults=[]
    )


def _modules(tree: ast.AST) -> set[str]:
    """The names that imports bind."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.asname or alias.name for alias in node.names)
    return found


def _words(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.fullmatch(node.value):
            yield from node.value.split(".")


class _Imports(ast.NodeTransformer):
    """``logging`` is the prelude's; ``global`` means the script's one function."""

    def __init__(self) -> None:
        self._depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        return ast.copy_location(ast.Nonlocal(node.names) if self._depth else ast.Pass(), node)

    def visit_Import(self, node: ast.Import) -> ast.stmt | list[ast.stmt]:
        logs = [alias for alias in node.names if alias.name == "logging"]
        node.names = [alias for alias in node.names if alias.name != "logging"]
        made: list[ast.stmt] = [node] if node.names else []
        logger = ast.Name(f"{RESERVED}logging", ast.Load())
        for alias in logs:
            target = ast.Name(alias.asname or alias.name, ast.Store())
            made.append(ast.fix_missing_locations(ast.copy_location(ast.Assign([target], logger), node)))
        return made

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        if node.module == "__future__":
            return ast.copy_location(ast.Pass(), node)
        if node.module != "logging":
            return node
        made: list[ast.stmt] = []
        for alias in node.names:
            value = ast.Attribute(ast.Name(f"{RESERVED}logging", ast.Load()), alias.name, ast.Load())
            assign = ast.Assign([ast.Name(alias.asname or alias.name, ast.Store())], value)
            made.append(ast.fix_missing_locations(ast.copy_location(assign, node)))
        return made


def _pairs(made: ast.AST, original: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """The nodes of two trees of one shape side by side, as far as the shapes agree."""
    if type(made) is not type(original):
        return
    yield made, original
    for one, other in zip(ast.iter_child_nodes(made), ast.iter_child_nodes(original), strict=False):
        yield from _pairs(one, other)
