"""The words that scripts may use: modules, methods that need no rewriting, and what is refused with its sentence."""

from __future__ import annotations

import ast
import base64
import collections
import csv
import datetime
import decimal
import hashlib
import random
import re

MODULES = frozenset(
    "base64 binascii collections copy csv datetime decimal functools hashlib itertools json logging math random re "
    "time typing unicodedata".split()
)
"""What a script may import. All but ``logging`` are the sandbox's own."""

REFUSALS = frozenset({"UserError", "ValidationError"})
"""Errors by which a script says no, as Odoo's own code does."""

REFUSAL = "\u2063"
"""What the text of such an error begins with inside of the sandbox, which has no error classes of one's own."""

RESERVED = "_hub_"
"""Names that start so belong to the sandbox's prelude."""

PRELUDE_NAMES = frozenset({"date", "datetime", "timedelta", "UserError", "ValidationError", "log"})
"""Names that a script has without importing them."""

RECORD_METHODS = frozenset(
    "browse concat create ensure_one exists fields_get filtered filtered_domain grouped mapped read search "
    "search_count search_read sorted sudo union unlink with_company with_context write".split()
)

LOGGER_METHODS = frozenset("debug info warning error exception critical log setLevel getLogger basicConfig".split())

_PLAIN: tuple[object, ...] = (
    *(str, bytes, int, float, list, tuple, dict, set, frozenset, range),
    *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone, decimal.Decimal),
    *(decimal.Context, re.Pattern, re.Match, random.Random, collections.Counter, collections.deque),
    *(collections.defaultdict, hashlib.sha256(), csv.DictWriter, csv.reader, base64),
)

PLAIN_METHODS = frozenset(name for kind in _PLAIN for name in dir(kind) if not name.startswith("_"))
"""Methods of Python's own values: calls of these stay as they are written."""

NATIVE_METHODS = PLAIN_METHODS | RECORD_METHODS | LOGGER_METHODS | {"ref"}

BUILTIN_TYPES = frozenset("str bytes int float bool list tuple dict set frozenset".split())

ITERATING = frozenset("list tuple set frozenset sum enumerate zip reversed iter".split())
"""Builtins that go through their arguments."""

ITERATING_METHODS = frozenset("join extend".split())

REPLACED = {
    "len": "len",
    "str": "str",
    "repr": "repr",
    "bool": "true",
    "any": "any",
    "all": "all",
    "getattr": "getattr",
    "hasattr": "hasattr",
    "setattr": "set",
    **{name: name for name in "sorted min max map filter".split()},
}
"""Builtins that the prelude does in its own way: they know record sets, and their keys may read fields."""

FORBIDDEN_NAMES = {
    name: f"`{name}` is not available in scripts."
    for name in (
        "eval exec compile open input globals locals vars __import__ delattr dir breakpoint help exit quit memoryview "
        "super __builtins__ __file__"
    ).split()
}

STATEMENTS: dict[type[ast.AST], str] = {
    ast.ClassDef: "Classes are not available in scripts. Use functions and dictionaries.",
    ast.With: "`with` is not available in scripts: there are no files or connections to open.",
    ast.AsyncWith: "`async` is not available in scripts.",
    ast.AsyncFor: "`async` is not available in scripts.",
    ast.AsyncFunctionDef: "`async` is not available in scripts.",
    ast.Await: "`await` is not available in scripts.",
    ast.Yield: "`yield` is not available in scripts. Collect the values in a list and return it.",
    ast.YieldFrom: "`yield` is not available in scripts. Collect the values in a list and return it.",
    ast.Delete: "`del` is not available in scripts. Use `.pop(key)` to take something out of a dictionary or a list.",
    ast.TryStar: "`except*` is not available in scripts. Use `except`.",
}
