"""x2many commands: what each code takes, what it means, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import InvalidInput
from hub.odoo import commands
from hub.odoo.commands import Code, Command


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([[0, 0, {"a": 1}]], [Command(Code.CREATE, values={"a": 1})]),
        ([(0, "virtual_1", {"a": 1})], [Command(Code.CREATE, values={"a": 1})]),
        ([[1, 42, {"a": 1}]], [Command(Code.UPDATE, 42, {"a": 1})]),
        ([[2, 43, False]], [Command(Code.DELETE, 43)]),
        ([[2, 43]], [Command(Code.DELETE, 43)]),
        ([[3, 43]], [Command(Code.UNLINK, 43)]),
        ([[4, 7]], [Command(Code.LINK, 7)]),
        ([[4, 7, 0]], [Command(Code.LINK, 7)]),
        ([[5]], [Command(Code.CLEAR)]),
        ([[5, 0, 0]], [Command(Code.CLEAR)]),
        ([[6, 0, [1, 2, 2]]], [Command(Code.SET, ids=(1, 2))]),
        ([[6, False, ()]], [Command(Code.SET)]),
        ([1, 2, 1], [Command(Code.SET, ids=(1, 2))]),
        ([], []),
        (False, [Command(Code.SET)]),
        (None, [Command(Code.SET)]),
    ],
    ids=repr,
)
def test_commands_are_read(given: Any, expected: list[Command]) -> None:
    assert commands.parse(given, "order_line") == expected


@pytest.mark.parametrize(
    "given",
    [
        "x",
        5,
        True,
        {"a": 1},
        [[7, 0, 0]],
        [[-1]],
        [[True, 0, {}]],
        [["0", 0, {}]],
        [[0]],
        [[0, 0]],
        [[0, 0, "x"]],
        [[1, 0, {}]],
        [[1, "2", {}]],
        [[2, 0]],
        [[4, False]],
        [[4, -5]],
        [[6, 0, 1]],
        [[6, 0, ["1"]]],
        [[6, 0, "12"]],
        [[]],
        [[0, 0, {}, 1]],
        ["ab"],
        [None],
        [1, [4, 2]],
    ],
    ids=repr,
)
def test_wrong_commands_are_refused_by_the_fields_name(given: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        commands.parse(given, "order_line")
    assert caught.value.details["field"] in ("order_line", "order_line[0]", "order_line[1]")
    assert "order_line" in caught.value.message


def test_the_place_of_a_wrong_command_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"order_line\[1\]"):
        commands.parse([[5], [9]], "order_line")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (commands.create({"a": 1}), [0, 0, {"a": 1}]),
        (commands.update(3, {"a": 1}), [1, 3, {"a": 1}]),
        (commands.delete(3), [2, 3, 0]),
        (commands.unlink(3), [3, 3, 0]),
        (commands.link(3), [4, 3, 0]),
        (commands.clear(), [5, 0, 0]),
        (commands.replace([1, 2]), [6, 0, [1, 2]]),
    ],
)
def test_commands_are_written_as_odoo_takes_them(made: list[Any], expected: list[Any]) -> None:
    assert made == expected
    assert commands.parse([made], "f")[0].as_list() == expected


@pytest.mark.parametrize(
    ("given", "ids", "new"),
    [
        ([], [1, 2], 0),
        ([[4, 3]], [1, 2, 3], 0),
        ([[4, 2]], [1, 2], 0),
        ([[3, 1]], [2], 0),
        ([[2, 1], [0, 0, {}]], [2], 1),
        ([[0, 0, {}], [5]], [], 0),
        ([[5], [4, 9]], [9], 0),
        ([[6, 0, [5, 1]]], [5, 1], 0),
        ([[1, 1, {"a": 2}]], [1, 2], 0),
    ],
    ids=repr,
)
def test_the_list_after_commands_is_known(given: list[Any], ids: list[int], new: int) -> None:
    after, made = commands.resulting_ids([1, 2], commands.parse(given, "f"))
    assert (after, len(made)) == (ids, new)
