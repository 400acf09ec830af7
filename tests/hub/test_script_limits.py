"""What a script may take, and the attacks that must fail while the process lives and the next run is clean."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from hub.errors import HubError
from hub.odoo.connection import Target
from hub.transform.script import Limits, Records, ScriptError, ScriptLimit, ScriptUnsupported, run
from tests.hub.scripting import CountingOdoo, outcome

SHORT = Limits(seconds=0.5, calls=10)
LONG = Limits(seconds=10, calls=10)
"""So much time that on a slow machine, too, the limit that is meant comes first."""


@pytest.fixture(scope="module")
def odoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingOdoo]:
    with CountingOdoo(Target(str(tmp_path_factory.mktemp("odoo") / "odoo.sqlite3"))) as connection:
        yield connection


EXCEEDING = [
    ("while True: pass", "time"),
    ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "time"),
    ("for i in range(10**12): pass", "time"),
    ("while True: records.ids", "time"),
    ("while True: env.context.get('x')", "time"),
    ("x = 'a' * 10**9", "memory"),
    ("x = []\nwhile True: x.append('a' * 10000)", "memory"),
    ("x = 'a'\nwhile True: x += x", "memory"),
    ("x = 9**9**9", "memory"),
    ("x = [1]\nfor i in range(30): x = [x, x]\nprint(x)", "memory"),
    ("x = '%1000000000d' % 1", "memory"),
    ("x = [0] * 10**9", "memory"),
    ("def f(): return f()\nf()", "recursion"),
    ("x = []\nfor i in range(100000): x = [x]\nresult = x", "recursion"),
    ("while True: print('x' * 1000)", "log"),
    ("import logging\nwhile True: logging.info('x' * 1000)", "log"),
    ("while True: env['res.partner'].search_count([])", "calls"),
    ("while True:\n    try:\n        env['res.partner'].search_count([])\n    except BaseException: pass", "calls"),
    ("result = ['a' * 10**6] * 10**4", "output"),
    ("x = [1]\nfor i in range(30): x = [x, x]\nresult = x", "output"),
    ("env['res.partner'].search([('name', '=', 'a' * 10**6)] * 1000)", "output"),
]


@pytest.mark.parametrize(("script", "limit"), EXCEEDING, ids=[script for script, _ in EXCEEDING])
def test_too_much_of_anything_ends_the_script_and_names_the_limit(odoo: CountingOdoo, script: str, limit: str) -> None:
    with pytest.raises(ScriptLimit) as caught:
        outcome(odoo, script, [1], limits=SHORT if limit == "time" else LONG)
    assert caught.value.details["limit"] == limit
    assert outcome(odoo, "result = len(records)", [1]).result == 1


def test_the_default_time_is_two_seconds() -> None:
    started = time.monotonic()
    with pytest.raises(ScriptLimit, match="longer than 2 s"):
        run("while True: pass", {})
    assert time.monotonic() - started >= 1.9


REFUSED: list[tuple[str, type[HubError]]] = [
    ("import os", ScriptUnsupported),
    ("from os import path", ScriptUnsupported),
    ("import subprocess, sys", ScriptUnsupported),
    ("__import__('os')", ScriptUnsupported),
    ("open('/etc/passwd').read()", ScriptUnsupported),
    ("eval('1')", ScriptUnsupported),
    ("exec('import os')", ScriptUnsupported),
    ("().__class__.__bases__[0].__subclasses__()", ScriptUnsupported),
    ("(lambda: 0).__globals__", ScriptUnsupported),
    ("records.__init__", ScriptUnsupported),
    ("_hub_host('write', [])", ScriptUnsupported),
    ("getattr((), '__cl' + 'ass__')", ScriptError),
    ("getattr(records, '__dict__')", ScriptError),
    ("getattr(env, '_context')", ScriptError),
    ("'{0.__class__.__mro__}'.format(records)", ScriptError),
    ("import json\njson.dumps = None", ScriptError),
    ("import math\nsetattr(math, 'pi', 3)", ScriptError),
    ("datetime.now = None", ScriptError),
    ("env.user = 1", ScriptError),
    ("import re\nre.match(r'(a*)*\\1$', 'a' * 60 + 'b')", ScriptError),
    ("import decimal\ndecimal.getcontext().prec = 3", ScriptError),
]


@pytest.mark.parametrize(("script", "error"), REFUSED, ids=[script for script, _ in REFUSED])
def test_a_way_out_of_the_sandbox_is_closed(odoo: CountingOdoo, script: str, error: type[HubError]) -> None:
    with pytest.raises(error):
        outcome(odoo, script, [1], limits=SHORT)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(.*)*x", "(?:a{0,40}){0,40}b"])
def test_a_regular_expression_cannot_hang(pattern: str) -> None:
    started = time.monotonic()
    try:
        run(f"import re\nre.match({pattern!r}, 'a' * 50000 + 'b')", {}, limits=SHORT)
    except ScriptError:
        pass
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("method", ["_call", "answer", "__init__", "close", "target", "session"])
def test_the_hubs_own_objects_are_out_of_reach(odoo: CountingOdoo, method: str) -> None:
    with pytest.raises(ScriptError):
        outcome(odoo, f"env.{method}()", [1])


def test_what_is_handed_in_is_a_copy() -> None:
    data = {"a": [1], "b": {"c": 2}}
    script = "request_data['a'].append(2)\nrequest_data['b'].clear()\nresult = request_data"
    assert run(script, {"request_data": data}).result == {"a": [1, 2], "b": {}}
    assert data == {"a": [1], "b": {"c": 2}}


def test_no_variable_of_a_run_is_there_in_the_next() -> None:
    script = "if first:\n    secret = 'A'\n    seen.append(1)\nresult = secret, seen"
    assert run(script, {"first": True, "seen": []}).result == ("A", [1])
    with pytest.raises(ScriptError, match="secret"):
        run(script, {"first": False, "seen": []})


def test_a_default_argument_does_not_remember() -> None:
    script = "def add(x, seen=[]):\n    seen.append(x)\n    return seen\nresult = add(value)"
    assert [run(script, {"value": n}).result for n in (1, 2)] == [[1], [2]]


def test_no_record_of_a_run_is_there_in_the_next(odoo: CountingOdoo) -> None:
    (partner,) = odoo.create("res.partner", [{"name": "Before"}])
    assert outcome(odoo, "result = records.name", [partner]).result == "Before"
    odoo.write("res.partner", [partner], {"name": "After"})
    assert outcome(odoo, "result = records.name", [partner]).result == "After"


@pytest.mark.parametrize(
    "script", ["result = lambda: 1", "result = print", "result = env", "result = [datetime]", "result = 10 ** 5000"]
)
def test_a_result_that_is_no_data_is_refused(script: str) -> None:
    with pytest.raises(ScriptError):
        run(script, {})


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2**70, 2.5, "é\n'\"", b"x", [1, [2]], (1, 2), {"a": {"b": None}}, {1: "x"}, Records("a.b", (1, 2))],
    ids=repr,
)
def test_data_passes_unchanged(value: Any) -> None:
    assert run("result = value", {"value": value}).result == value


def test_sleeping_takes_no_time() -> None:
    started = time.monotonic()
    run("import time\ntime.sleep(60)", {})
    assert time.monotonic() - started < 30


def test_what_was_logged_before_an_error_is_kept() -> None:
    with pytest.raises(ScriptError) as caught:
        run("print('one')\nlog('two', level='warning')\n1 / 0", {})
    assert [(line.level, line.message) for line in caught.value.logs] == [("print", "one"), ("warning", "two")]


def test_an_error_names_the_line_within_a_long_expression() -> None:
    script = "x = 1\n\n# a comment\ny = [\n    1,\n    f'{x}',\n    {'a': 1}['b'],\n]\n"
    with pytest.raises(ScriptError) as caught:
        run(script, {})
    assert caught.value.details["line"] == 7
    assert caught.value.message == "Line 7: KeyError: b (`{'a': 1}['b'],`)"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise UserError('No VAT')", "Line 1: UserError: No VAT (`raise UserError('No VAT')`)"),
        ("raise ValueError('a', 'b')", "Raise errors with one text"),
        ("result = value", "cannot be handed to it"),
        ("import collections\nd = collections.defaultdict(lambda: env.uid)\nd[1]", "Read before."),
    ],
)
def test_an_error_says_what_to_do(script: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        run(script, {"value": object()} if script == "result = value" else {})
    assert message in caught.value.message


def test_an_error_in_a_function_names_the_line_in_it() -> None:
    with pytest.raises(ScriptError, match=r"Line 2: ZeroDivisionError"):
        run("def f(x):\n    return 1 / x\n\nresult = [\n  f(0)]", {})
