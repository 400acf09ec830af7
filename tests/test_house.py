"""The house rules: who may import whom, how long a file may be, and what every module owes its reader."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("hub", "apilog", "syncconfig", "webhooks")
"""From the ground up: each may import those before it."""

ENGINE = ("hub/odoo/", "hub/http/", "hub/transform/", "hub/flow/")
ENGINE_FILES = ("hub/errors.py", "hub/redact.py", "hub/crypto.py", "hub/launch.py", "hub/supervise.py")
NAMES_THE_APPS = ("hub/settings.py", "hub/theme.py", "hub/urls.py")  # the theme is a part of the settings
ONLY_IN = {
    "requests": ("hub/http/client.py",),
    "urllib3": ("hub/http/bodies.py", "hub/http/client.py", "hub/http/connections.py"),
    "xmltodict": ("hub/flow/answers.py", "hub/http/bodies.py"),
    "jsonpath": ("hub/flow/listing.py",),
    "odoorpc": ("hub/odoo/jsonrpc.py",),
    "cryptography": ("hub/crypto.py",),
    "waitress": tuple(f"hub/web/{part}.py" for part in ("channel", "refusals", "request", "server")),
    "hub.http.connections": ("hub/http/client.py",),
}
UNSPEAKING = {"utils", "helpers", "helper", "common", "misc", "tools", "stuff"}
LONGEST = 400
TYPED = 0.98


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


PRODUCT = sources(*FLOORS)
ALL = [*PRODUCT, *sources("tests", "scripts", "bench")]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in PRODUCT}


@cache
def imports(path: Path) -> frozenset[str]:
    """The dotted names of what a file imports, anywhere in it; of ``from a import b`` both a and a.b."""
    found: set[str] = set()
    package = module(path) if path.name == "__init__.py" else module(path).rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            found.update((start, *(f"{start}.{alias.name}" for alias in node.names)))
    return frozenset(found)


def within(dotted: str, package: str) -> bool:
    return dotted == package or dotted.startswith(f"{package}.")


def upper_floors(path: Path) -> tuple[str, ...]:
    return FLOORS[FLOORS.index(path.relative_to(ROOT).parts[0]) + 1 :]


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_a_floor_imports_only_downward(path: Path) -> None:
    upward = {found for found in imports(path) for floor in upper_floors(path) if within(found, floor)}
    assert upward == set()


@pytest.mark.parametrize("path", [path for path in PRODUCT if name(path) not in NAMES_THE_APPS], ids=name)
def test_no_floor_names_an_upper_one_in_a_string(path: Path) -> None:
    pattern = re.compile(rf"\A({'|'.join(upper_floors(path)) or '(?!)'})(\.[A-Za-z_][\w.]*)?\Z")
    strings = [node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)]
    assert [value for value in strings if isinstance(value, str) and pattern.match(value)] == []


@pytest.mark.parametrize(
    "path", [path for path in PRODUCT if name(path).startswith((*ENGINE, *ENGINE_FILES))], ids=name
)
def test_the_engine_knows_no_django(path: Path) -> None:
    foreign = ("django", "rest_framework", "django_q", "unfold", "hub.api", "hub.settings", "hub.env", "hub.fields")
    assert {found for found in imports(path) for package in foreign if within(found, package)} == set()


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_a_foreign_library_enters_at_one_border(path: Path) -> None:
    for library, borders in ONLY_IN.items():
        if name(path) not in borders:
            assert not {found for found in imports(path) if within(found, library)}, f"{library}: see {borders}"


def edges(path: Path) -> Iterator[str]:
    """The modules of ours that a file needs to be imported first; imports for type checkers only don't count."""
    for_types = {
        id(inner)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in tree(path).body:
        for inner in ast.walk(node) if not isinstance(node, ast.FunctionDef | ast.ClassDef) else ():
            if id(inner) in for_types:
                continue
            if isinstance(inner, ast.Import):
                yield from (alias.name for alias in inner.names if alias.name in MODULES)
            elif isinstance(inner, ast.ImportFrom) and inner.module:
                for alias in inner.names:
                    whole = f"{inner.module}.{alias.name}"
                    target = whole if whole in MODULES else inner.module
                    if target in MODULES:
                        yield target


def test_there_is_no_import_cycle() -> None:
    graph = {dotted: set(edges(path)) - {dotted} for dotted, path in MODULES.items()}
    while leaves := [dotted for dotted, needs in graph.items() if not needs & graph.keys()]:
        for leaf in leaves:
            del graph[leaf]
    assert graph == {}, "each of these waits for another of them"


@pytest.mark.parametrize("path", ALL, ids=name)
def test_a_file_stays_readable(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= LONGEST
    if len(lines) > 15:
        assert ast.get_docstring(tree(path)), "open it with one sentence that says what it is"


@pytest.mark.parametrize("path", ALL, ids=name)
def test_a_file_is_named_by_what_it_is(path: Path) -> None:
    assert not {path.stem, *path.relative_to(ROOT).parent.parts} & UNSPEAKING


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_typed(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    unannotated = [a.arg for a in named if a and a.annotation is None and a.arg not in ("self", "cls")]
    return function.returns is not None and not unannotated


def test_functions_are_typed() -> None:
    every = [(path, function) for path in PRODUCT for function in functions(path)]
    untyped = [f"{name(path)}:{function.lineno}" for path, function in every if not is_typed(function)]
    assert 1 - len(untyped) / len(every) >= TYPED, untyped


def test_functions_do_one_step() -> None:
    lengths = sorted((f.end_lineno or f.lineno) - f.lineno + 1 for path in PRODUCT for f in functions(path))
    assert lengths[int(len(lengths) * 0.95)] <= 40
    assert max(lengths) <= 80


def test_files_are_short_on_the_whole() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in PRODUCT if path.name != "__init__.py")
    assert lengths[int(len(lengths) * 0.95)] <= 300
