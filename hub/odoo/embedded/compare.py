"""One column compared with a value: what each operator means for each type, empty columns included."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.errors import OdooValidation
from hub.odoo.domain import NEGATIVES, Leaf
from hub.odoo.embedded.fields import TEXTS, Field
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import IN_LIST, Session
from hub.odoo.embedded.values import wrong_value

Sql: TypeAlias = tuple[str, list[Any]]

MANY = 50
"""Values of one list that are still passed as parameters of their own."""

_FORMAT = "%Y-%m-%d %H:%M:%S"
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?$")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$")
_RELATIVE = re.compile(r"([+-])(\d+)([dwHMS])$")
_UNITS = {"d": "days", "w": "weeks", "H": "hours", "M": "minutes", "S": "seconds"}


def scalar(session: Session, model: Model, field: Field, column: str, leaf: Leaf) -> Sql:
    """The condition ``column operator value`` for a field that is not a list of records."""
    if leaf.operator in ("in", "not in"):
        return _membership(session, model, field, column, leaf)
    if leaf.operator.endswith("like"):
        return _pattern(field, column, leaf)
    return _inequality(session, model, field, column, leaf)


def _membership(session: Session, model: Model, field: Field, column: str, leaf: Leaf) -> Sql:
    positive = leaf.operator == "in"
    if not leaf.value:
        return ("0", []) if positive else ("1", [])
    if field.type == "boolean":
        return _boolean(column, leaf.value, positive)
    if field.type == "datetime" and any(value not in (False, None) for value in leaf.value):
        leaf = Leaf(leaf.path, leaf.operator, [_moment(session, model, field, value) for value in leaf.value])
    values = [_value(session, model, field, value) for value in leaf.value if value is not False and value is not None]
    empty = len(values) < len(leaf.value)
    if field.falsy is not None:
        if field.falsy in values:
            empty = True
        elif empty:
            values.append(field.falsy)
    listed, values = _listed(column, "IN" if positive else "NOT IN", values)
    if positive == empty:
        null = f"{column} IS NULL"
        return (f"({listed} OR {null})", values) if listed else (null, [])
    if not listed:
        return (f"{column} IS NOT NULL", [])
    return (listed, values)


def _listed(column: str, keyword: str, values: list[Any]) -> Sql:
    """``column IN (...)``; a long list goes as one parameter, as SQLite limits their number."""
    if not values:
        return ("", [])
    if len(values) > MANY:
        return (f"{column} {keyword} {IN_LIST}", [json.dumps(values)])
    return (f"{column} {keyword} ({', '.join('?' * len(values))})", values)


def _boolean(column: str, given: list[Any], positive: bool) -> Sql:
    wanted = {_truth(value) for value in given}
    if len(wanted) == 2:
        return ("1", []) if positive else ("0", [])
    if wanted.pop() == positive:
        return (f"{column} = 1", [])
    return (f"COALESCE({column}, 0) = 0", [])


def _truth(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() in ("y", "yes", "1", "true", "t", "on")
    return bool(value)


def _value(session: Session, model: Model, field: Field, value: Any) -> Any:
    """The value as the column holds it."""
    try:
        if field.type in ("integer", "many2one", "many2one_reference"):
            return int(value)
        if field.type in ("float", "monetary"):
            return float(value)
    except (TypeError, ValueError) as exc:
        raise wrong_value(model, field, value, "expected a number") from exc
    if field.type == "date":
        return str(_moment(session, model, field, value))[:10]
    if isinstance(value, (dict, list)):
        raise wrong_value(model, field, value, "expected a single value")
    return value if isinstance(value, str) else str(value)


def _pattern(field: Field, column: str, leaf: Leaf) -> Sql:
    positive_operator = NEGATIVES.get(leaf.operator, leaf.operator)
    positive = positive_operator == leaf.operator
    exact = "=" in leaf.operator
    if not leaf.value:
        if exact:
            empty = f"({column} IS NULL OR {column} = '')"
            return (empty, []) if positive else (f"NOT {empty}", [])
        return ("1", []) if positive else ("0", [])
    if exact and not isinstance(leaf.value, str):
        raise OdooValidation("The pattern to match must be a string.", "builtins.TypeError", field=leaf.path)
    text = column if field.type in TEXTS or field.type == "selection" else f"CAST({column} AS TEXT)"
    pattern = str(leaf.value) if exact else f"%{leaf.value}%"
    condition, parameter = _like(text, pattern, fold="ilike" in leaf.operator)
    if positive:
        return (condition, [parameter])
    return (f"(NOT ({condition}) OR {column} IS NULL)", [parameter])


def _like(text: str, pattern: str, *, fold: bool) -> tuple[str, str]:
    if not fold:
        return (f"{text} GLOB ?", _glob(pattern))
    if pattern.isascii():
        return (f"{text} LIKE ? ESCAPE '\\'", pattern if not pattern.endswith("\\") else pattern + "\\")
    return (f"fold_like(?, {text})", pattern)


def _glob(pattern: str) -> str:
    """The case-sensitive LIKE pattern as SQLite's GLOB."""
    result: list[str] = []
    escaped = False
    for letter in pattern:
        if letter == "\\" and not escaped:
            escaped = True
            continue
        if letter == "%" and not escaped:
            result.append("*")
        elif letter == "_" and not escaped:
            result.append("?")
        else:
            result.append(f"[{letter}]" if letter in "*?[" else letter)
        escaped = False
    return "".join(result)


def _inequality(session: Session, model: Model, field: Field, column: str, leaf: Leaf) -> Sql:
    operator, value = leaf.operator, leaf.value
    if isinstance(value, (list, dict)):
        raise wrong_value(model, field, value, f"'{operator}' compares with a single value")
    if field.type in ("date", "datetime"):
        return _before_or_after(session, model, field, column, leaf)
    if field.type == "many2one" and isinstance(value, str):
        raise OdooValidation(
            f"Inequality not supported for relational field '{leaf.path}' using a string.",
            "builtins.TypeError",
            field=leaf.path,
        )
    if field.falsy is None:
        return (f"{column} {operator} ?", [_value(session, model, field, value)])
    value = _truth(value) if field.type == "boolean" else _value(session, model, field, value or field.falsy)
    condition = f"{column} {operator} ?"
    if _holds(field.falsy, operator, value):
        condition = f"({condition} OR {column} IS NULL)"
    return (condition, [value])


def _holds(left: Any, operator: str, right: Any) -> bool:
    answer: bool
    if operator == "<":
        answer = left < right
    elif operator == ">":
        answer = left > right
    elif operator == "<=":
        answer = left <= right
    else:
        answer = left >= right
    return answer


def _before_or_after(session: Session, model: Model, field: Field, column: str, leaf: Leaf) -> Sql:
    if leaf.value is False or leaf.value is None:
        return ("0", [])
    moment = _moment(session, model, field, leaf.value)
    return (f"{column} {leaf.operator} ?", [moment[:10] if field.type == "date" else moment])


def _moment(session: Session, model: Model, field: Field, value: Any) -> Any:
    """The date or datetime as ``YYYY-MM-DD HH:MM:SS`` in UTC; nothing stays nothing.

    A day is its first moment, also after ``>``: so Odoo reads one that comes as text.
    """
    if value is False or value is None:
        return value
    text = str(value).strip()
    if _ZONED.match(text):
        raise wrong_value(model, field, value, "expecting only datetimes with no timezone")
    match = _ISO.match(text)
    if match is None:
        return _relative(model, field, value, text)
    day, time = match.groups()
    try:
        if time is None:
            return _day(session, field, datetime.strptime(day, "%Y-%m-%d"))
        moment = datetime.strptime(f"{day} {time if len(time) == 8 else time + ':00'}", _FORMAT)
    except ValueError as exc:
        raise wrong_value(model, field, value, str(exc)) from exc
    return moment.strftime(_FORMAT)


def _day(session: Session, field: Field, day: datetime) -> str:
    """The start of a day: in the user's time zone for a datetime, as in Odoo."""
    zone = session.context.get("tz")
    if field.type == "datetime" and zone:
        try:
            return day.replace(tzinfo=ZoneInfo(str(zone))).astimezone(UTC).strftime(_FORMAT)
        except (ZoneInfoNotFoundError, ValueError):
            pass
    return day.strftime(_FORMAT)


def _relative(model: Model, field: Field, value: Any, text: str) -> str:
    """``now``, ``today`` and terms such as ``-7d``, which Odoo 19 takes in domains."""
    words = text.split()
    moment = datetime.now(UTC)
    start = words.pop(0) if words and words[0] in ("now", "today") else ""
    if start == "today":
        moment = moment.replace(hour=0, minute=0, second=0)
    for word in words or ([] if start else [text]):
        match = _RELATIVE.match(word)
        if match is None:
            raise wrong_value(model, field, value, "expected YYYY-MM-DD or YYYY-MM-DD HH:MM:SS")
        amount = int(match[2]) if match[1] == "+" else -int(match[2])
        moment += timedelta(**{_UNITS[match[3]]: amount})
    return moment.strftime(_FORMAT)
