"""What is wrong with a script before it runs: each problem with its line and a sentence."""

from __future__ import annotations

import ast
import builtins
import difflib
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hub.transform.script.limits import MAX_SOURCE
from hub.transform.script.vocabulary import FORBIDDEN_NAMES, MODULES, PRELUDE_NAMES, RESERVED, STATEMENTS

RECORD_TARGET = "Assign one field at a time to a record, as in `record.phone = value`."


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend, on a line that counts from 1."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.message}"


def parse(script: str) -> tuple[ast.Module | None, list[Problem]]:
    """The script's tree, or None with what is wrong with its syntax."""
    if len(script) > MAX_SOURCE:
        return None, [Problem(1, f"The script has {len(script):,} characters; {MAX_SOURCE:,} is the most.")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(script)
            compile(tree, "script", "exec", dont_inherit=True)
    except SyntaxError as error:
        return None, [Problem(error.lineno or 1, f"This is not valid Python: {error.msg}.")]
    except (RecursionError, MemoryError):
        return None, [Problem(1, "The script is nested too deeply.")]
    except ValueError as error:  # NUL bytes, lone surrogates
        return None, [Problem(1, f"This is not valid Python: {error}.")]
    return tree, []


def problems(tree: ast.Module, names: Collection[str] | None = None) -> list[Problem]:
    """All problems of a script that parses, by line.

    With ``names``, those that the caller will hand in, a name that nothing defines is a problem too.
    """
    bound = bound_names(tree)
    found = {problem for node in ast.walk(tree) for problem in _of(node, bound)}
    if names is not None:
        found.update(_undefined(tree, {*names, *PRELUDE_NAMES, "env", "self"}))
    return sorted(found)


def _of(node: ast.AST, bound: set[str]) -> Iterator[Problem]:
    line = getattr(node, "lineno", 1)
    message = STATEMENTS.get(type(node))
    if message:
        yield Problem(line, message)
    if isinstance(node, ast.Import):
        yield from (_module(alias.name, line) for alias in node.names if alias.name not in MODULES)
    elif isinstance(node, ast.ImportFrom):
        yield from _import_from(node)
    elif isinstance(node, ast.Name | ast.arg | ast.FunctionDef):
        yield from _name(node, line, bound)
    elif isinstance(node, ast.Attribute):
        if (node.attr.startswith("__") and node.attr != "__name__") or node.attr.startswith(RESERVED):
            yield Problem(line, f"`.{node.attr}` is not available in scripts.")
    elif isinstance(node, ast.Assign | ast.For | ast.comprehension | ast.AugAssign | ast.AnnAssign):
        yield from _targets(node, line)


def _import_from(node: ast.ImportFrom) -> Iterator[Problem]:
    module = "." * node.level + (node.module or "")
    if module == "__future__":
        return
    if module not in MODULES:
        yield _module(module, node.lineno)
    elif any(alias.name == "*" for alias in node.names):
        yield Problem(node.lineno, f"Import what you need by name instead of `from {module} import *`.")


def _module(name: str, line: int) -> Problem:
    hint = " Odoo's records are in `env`." if name.split(".", maxsplit=1)[0] in ("odoo", "openerp") else ""
    return Problem(
        line, f"The module `{name}` is not available in scripts.{hint} Available are: {', '.join(sorted(MODULES))}."
    )


def _name(node: ast.Name | ast.arg | ast.FunctionDef, line: int, bound: set[str]) -> Iterator[Problem]:
    name = node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else node.name
    if name in FORBIDDEN_NAMES and name not in bound:
        yield Problem(line, FORBIDDEN_NAMES[name])
    elif name.startswith(RESERVED):
        yield Problem(line, f"Names that start with `{RESERVED}` belong to the hub. Choose another name.")


def _targets(
    node: ast.Assign | ast.For | ast.comprehension | ast.AugAssign | ast.AnnAssign, line: int
) -> Iterator[Problem]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    alone = len(targets) == 1 and isinstance(node, ast.Assign)
    for target in targets:
        fields = [inner for inner in ast.walk(target) if isinstance(inner, ast.Attribute) and _stores(inner)]
        simple = isinstance(target, ast.Attribute) and (
            alone or (isinstance(node, ast.AugAssign) and isinstance(target.value, ast.Name))
        )
        if fields and not simple:
            yield Problem(getattr(target, "lineno", line), RECORD_TARGET)


def _stores(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store)


def bound_names(tree: ast.AST) -> set[str]:
    """Every name that the script itself binds, anywhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found


def _undefined(tree: ast.Module, given: set[str]) -> Iterator[Problem]:
    known = given | bound_names(tree) | set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in known and not node.id.startswith(RESERVED):
            near = difflib.get_close_matches(node.id, sorted(given | bound_names(tree)), n=1, cutoff=0.6)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            yield Problem(node.lineno, f"`{node.id}` is not defined.{hint}")
