"""Scripts checked before they run, and Python's own constructs, which mean in scripts what they mean in Python."""

from __future__ import annotations

from typing import Any

import pytest

from hub.transform.script import Problem, ScriptUnsupported, check, evaluate, run

PROBLEMS = [
    ("x = (", 1, "not valid Python"),
    ("x = 1\ny = = 2", 2, "not valid Python"),
    ("x = 1\nreturn x", 2, "not valid Python: 'return' outside function"),
    ("x = '\x00'", 1, "not valid Python"),
    ("class A:\n    pass", 1, "Classes are not available"),
    ("def f():\n    yield 1", 2, "`yield` is not available"),
    ("d = {}\ndel d['a']", 2, "Use `.pop(key)`"),
    ("with a as b:\n    pass", 1, "`with` is not available"),
    ("async def f():\n    pass", 1, "`async` is not available"),
    ("import os", 1, "The module `os` is not available in scripts"),
    ("from odoo import models", 1, "Odoo's records are in `env`"),
    ("from . import x", 1, "not available"),
    ("from json import *", 1, "by name"),
    ("x = 1\nopen('f')", 2, "`open` is not available"),
    ("(1).__class__", 1, "`.__class__` is not available"),
    ("_hub_x = 1", 1, "belong to the hub"),
    ("a.b, c = 1, 2", 1, "one field at a time"),
    ("for a.b in c: pass", 1, "one field at a time"),
    ("x = " + "(" * 300 + ")" * 300, 1, "not valid Python"),
    ("x = " + "-" * 50000 + "1", 1, "nested too deeply"),
    ("x = 1\n" * 60000, 1, "100,000 is the most"),
]


@pytest.mark.parametrize(("script", "line", "message"), PROBLEMS, ids=[script[:40] for script, _, _ in PROBLEMS])
def test_a_problem_is_named_with_its_line(script: str, line: int, message: str) -> None:
    first = check(script)[0]
    assert first.line == line
    assert message in first.message
    with pytest.raises(ScriptUnsupported) as caught:
        run(script, {})
    assert caught.value.details["line"] == line


def test_all_problems_come_at_once() -> None:
    assert [problem.line for problem in check("import os\nx = 1\nclass A: pass")] == [1, 3]


def test_a_name_that_nothing_defines_is_a_problem() -> None:
    names = ["records", "request_data"]
    assert check("total = len(recrods)", names) == [Problem(1, "`recrods` is not defined. Did you mean `records`?")]
    good = "def f(a, *b, **c):\n    return a, b, c\ntry:\n    f(records)\nexcept KeyError as e:\n    log(e)\nenv, self"
    assert check(good, names) == []


def test_an_expression_is_checked_as_one() -> None:
    assert check("[('a', '=', datetime.now())]", [], expression=True) == []
    assert check("[('a', '=',", [], expression=True)[0].line == 1
    with pytest.raises(ScriptUnsupported, match="no expression"):
        evaluate("1) or (x := 2\n)\nimport json\n(3")


def test_checking_does_not_run_the_script() -> None:
    assert check("while True: pass") == []


PLAIN = [
    "result = [x * 2 for x in range(5) if x % 2]",
    "a, *b = [1, 2, 3]\nresult = a, b",
    "d = {}\nd['a'] = 1\nd['a'] += 2\nd.setdefault('b', []).append(3)\nresult = d",
    "x = [1]\ny = x\nx += [2]\nresult = y",
    "s = {1}\nt = s\ns |= {2}\nresult = sorted(t)",
    "s = {1, 2, 3}\nt = s\ns -= {2}\ns &= {1}\nd = {}\ne = d\nd |= {'a': 1}\nresult = sorted(t), e",
    "count = 0\ndef up():\n    global count\n    count += 1\nup()\nup()\nresult = count",
    (
        "def outer():\n    n = 1\n    def inner():\n        nonlocal n\n        n += 1\n    inner()\n"
        "    return n\nresult = outer()"
    ),
    "result = 0 or '' or 'x', 1 and 0 and 2, not [], not 1",
    "result = (m := 3) and m + 1",
    "result = [y for x in [1, 2] if (y := x * 2) > 2]",
    "result = 1 < 2 < 3, 1 == 1 != 2, 'a' in 'abc', 3 not in [1, 2]",
    "result = [1, 2, 3][::-1], 'hello'[1:3], (1, 2)[-1], {'a': 1}['a']",
    "x = 5\nwhile x:\n    x -= 1\n    if x == 2:\n        break\nelse:\n    x = 99\nresult = x",
    "for i in range(3):\n    if i > 5:\n        break\nelse:\n    i = 'done'\nresult = i",
    (
        "try:\n    int('x')\nexcept (ValueError, KeyError) as e:\n"
        "    result = type(e).__name__ if False else 'bad'\nfinally:\n    y = 1"
    ),
    (
        "match {'k': 1, 'v': [1, 2]}:\n    case {'k': 1, 'v': [a, *b]} if a:\n        result = a, b\n"
        "    case _:\n        result = None"
    ),
    'result = f\'{3.14159:.2f}|{"a":>3}|{5!r}|{"x" + "y"}|{{}}|{10:{4}d}\'',
    "result = f\"it's {'a'} and \\\"b\\\"\\n{{'c'}}\"",
    (
        "def f(a: int, b: str = 'x', *c: int, **d: str) -> str:\n    return f'{a}{b}{c}{sorted(d)}'\n"
        "result = f(1, 'y', 2, z='q')"
    ),
    "x: int = 3\ny: str\nresult = x",
    "f = lambda a, b=2: a + b\nresult = f(1), f(*[1, 3]), f(**{'a': 5})",
    (
        "result = list(zip([1, 2], 'ab')), list(enumerate('ab')), list(reversed([1, 2])), "
        "list(map(lambda a, b: a + b, [1], [2]))"
    ),
    (
        "result = sorted({'b': 1, 'a': 2}.items(), key=lambda kv: kv[1], reverse=True), max([3, 1], "
        "default=0), min([], default=7)"
    ),
    "x = [3, 1, 2]\nx.sort(reverse=True)\nresult = x, max(1, 5), min('b', 'a'), max([1, 2, 3], key=lambda v: -v)",
    "result = list(filter(None, [0, 1, ''])), list(filter(lambda v: v > 1, [1, 2])), any([0, 1]), all([]), bool([])",
    "import json\nresult = json.loads(json.dumps({'a': [1, None, True]}))",
    "import re\nresult = re.sub(r'[^0-9+]', '', '+49 (30) 1'), re.match(r'(\\d+)-(\\d+)', '1-2').group(2)",
    "import math\nresult = math.ceil(1.2), math.floor(1.8), round(2.5), abs(-1), divmod(7, 2), 2 ** 10, 7 // 2",
    (
        "from decimal import Decimal, ROUND_HALF_UP\n"
        "result = str(Decimal('2.675').quantize(Decimal('0.01'), rounding=ROUND_HALF_UP))"
    ),
    (
        "from datetime import datetime, timedelta, date\n"
        "result = (datetime(2026, 1, 31) + timedelta(days=1)).strftime('%d.%m.%Y')"
    ),
    "import datetime\nresult = datetime.datetime(2026, 1, 2).isoformat(), (datetime.date(2026, 1, 2)).year",
    "from datetime import datetime as dt\nd = dt(2026, 5, 6, 7)\nresult = d.year, d.date().isoformat(), d.weekday()",
    "result = ' '.join(str(x) for x in [1, 2]), 'a,b'.split(','), 'x'.upper().center(5, '*'), 'ab'.replace('a', 'c')",
    "result = {**{'a': 1}, 'b': 2}, [*range(2), 5], {1, 2} & {2, 3}, {1} | {2}, {1, 2} - {1}",
    "import collections\nc = collections.Counter('aab')\nresult = c['a'], c.most_common(1)",
    "assert 1 == 1, 'no'\nresult = 1 if [] else 2",
    "records = [1, 2]\nlen = 5\nresult = records, len",
    "def f(sum):\n    return sum + 1\nresult = f(1)",
    "result = isinstance(3, int), isinstance('a', (int, str)), type(3) == int, callable(f) if False else None",
    "pass",
]


@pytest.mark.parametrize("script", PLAIN)
def test_python_means_what_it_means(script: str) -> None:
    expected: dict[str, Any] = {"__name__": "__main__"}
    exec(script, expected)
    found = run(script, {}).result
    assert _listed(found) == _listed(expected.get("result"))


def _listed(value: Any) -> Any:
    """Sets leave a script as lists."""
    return (
        sorted(value) if isinstance(value, set) else [_listed(v) for v in value] if isinstance(value, tuple) else value
    )
