"""Translation of what Odoo reports (class name, message, traceback) into the hub's error tree.

JSON-RPC and JSON-2 report the same five things, so that the same cause becomes the same error on both.
What Odoo raises for which cause was seen on 19.0; the other spellings are those of 15 to 18.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.errors import (
    OdooAccess,
    OdooAuthentication,
    OdooDuplicate,
    OdooError,
    OdooInvalidField,
    OdooLocked,
    OdooMissing,
    OdooTooLarge,
    OdooUnavailable,
    OdooValidation,
)

_LONGEST = 2000


@dataclass(frozen=True)
class Call:
    """What was asked of Odoo: ``args`` are named, in the method's own order; ``ids`` None for a call on the model."""

    model: str
    method: str
    ids: Sequence[int] | None = None
    args: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.model}.{self.method}"

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The values that it writes, record by record."""
        values = self.args.get("vals_list", self.args.get("vals", ()))
        return [row for row in ([values] if isinstance(values, Mapping) else values) if isinstance(row, Mapping)]


@dataclass(frozen=True)
class Fault:
    """Odoo's own report. ``debug`` is its traceback: searched for causes, never shown."""

    name: str
    message: str
    debug: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Fault:
        """From the ``data`` of a JSON-RPC error, or the body of a JSON-2 one; unknown shapes are let through."""
        return cls(*(str(data.get(key) or "") for key in ("name", "message", "debug")))

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]


def translate(fault: Fault, call: Call) -> OdooError:
    """The error of the hub's tree for what Odoo reported about ``call``; returned, for the border to raise."""
    for rule in (_missing_target, _invalid_field, _database, _by_name):
        error = rule(fault, call)
        if error is not None:
            error.odoo_name = fault.name
            return error
    message = f"Odoo failed in {call} with {fault.short or 'an unnamed error'}: {clean(fault.message)}"
    return OdooError(message + " Its log tells more.", fault.name)


def clean(message: str) -> str:
    """Odoo's message as people should read it: no traceback, no row of its database, no code, no hint at screens."""
    text = _INSIDE.split(message)[0]
    text = text.replace("The operation cannot be completed: ", "", 1)
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _SCREEN_HINT.match(line.strip())]
    return " ".join(lines)[:_LONGEST] or "no reason given"


# What PostgreSQL says in detail is the whole row, with fields that the caller may never see; what Odoo evaluated is the
# code of an automation.
_INSIDE = re.compile(
    r"Traceback \(most recent call last\)|\n\{'type': 'ir\.actions|\s(?:DETAIL|CONTEXT|HINT):\s"
    r"|\swhile evaluating\s+[\"']"
)
_SCREEN_HINT = re.compile(r"- (create/update|delete): ")

_INVALID_FIELD = (
    re.compile(r"Invalid field (?P<model>[\w.]+)\.(?P<field>\w+) in (?:condition|leaf)"),
    re.compile(r"Invalid field '(?P<field>[^']+)' (?:in|on model|on) '(?P<model>[\w.]+)'"),
    re.compile(r"Invalid field '?(?P<model>[\w.]+)\.(?P<field>\w+)'? in leaf"),
    re.compile(r"Unknown field '?(?P<model>[\w.]+)\.(?P<field>\w+)'?"),
)
_FIELD_LOOKUP = re.compile(r"(?:self\.)?_fields\[\w+\][^\n]*(?:\n[ ~^]+)?\nKeyError: ")


def _invalid_field(fault: Fault, call: Call) -> OdooError | None:
    for pattern in _INVALID_FIELD:
        found = pattern.search(fault.message)
        if found:
            return unknown_field(found["model"], found["field"])
    if fault.short == "KeyError" and _FIELD_LOOKUP.search(fault.debug):
        return unknown_field(call.model, fault.message.strip("'"))
    return None


def unknown_field(model: str, name: str, suggestion: str | None = None) -> OdooInvalidField:
    """The error for a field that ``model`` has not, with the one that was probably meant."""
    hint, more = (f" Did you mean `{suggestion}`?", {"suggestion": suggestion}) if suggestion else ("", {})
    return OdooInvalidField(f"Field `{name}` is not on {model}.{hint}", field=name, model=model, **more)


_RECORD = re.compile(r"\(Record: (?P<model>[\w.]+)\((?P<ids>[\d, ]+)\)")


def _missing_target(fault: Fault, call: Call) -> OdooError | None:
    """A value that points to no record is the caller's mistake; Odoo calls it missing, or even "in use"."""
    foreign = re.search(r"violates foreign key[^\n]*\n+DETAIL:\s+Key \((\w+)\)=\(([^)]*)\) is not present", fault.debug)
    if foreign:
        return _no_such_record(call, foreign[1], foreign[2])
    record = _RECORD.search(fault.message)
    if fault.short != "MissingError" or record is None or not call.rows:
        return None
    missing = [int(number) for number in re.findall(r"\d+", record["ids"])]
    if record["model"] == call.model and set(missing) & set(call.ids or ()):
        return None
    names = {name for row in call.rows for name, value in row.items() if set(_numbers(value)) & set(missing)}
    return _no_such_record(call, names.pop() if len(names) == 1 else "", str(missing[0]), record["model"])


def _no_such_record(call: Call, name: str, value: str, model: str = "") -> OdooValidation:
    target = f"{model} record {value}" if model else f"record {value}"
    where = f" that `{name}` of {call.model} names" if name else ""
    known = {"field": name, "constraint": "exists"} if name else {"constraint": "exists"}
    return OdooValidation(
        f"The {target}{where} does not exist.", value=int(value) if value.isdigit() else value, **known
    )


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)


_REQUIRED = re.compile(r'null value in column "(\w+)"')
_REQUIRED_TEXT = re.compile(r"'[^'\n]*' \((\w+)\)\.?\s*\n")
_MODEL = re.compile(r"^[^\n]*'[^'\n]*' \(([\w.]+)\)\s*$", re.MULTILINE)
"""The line after it, ``Model: 'Sales Order Line' (sale.order.line)``, whatever the language."""

_TABLE = re.compile(r'null value in column "\w+" of relation "(\w+)"')
"""PostgreSQL's own words: the model with underscores."""

_UNIQUE = re.compile(r"DETAIL:\s+Key \(([^)]*)\)=\((.*?)\) already exists")
_UNIQUE_RULE = re.compile(r'violates unique constraint "(\w+)"')
_CHECK = re.compile(r'violates check constraint "(\w+)"')
_LOCKED = {
    "LockError",
    "LockNotAvailable",
    "SerializationFailure",
    "DeadlockDetected",
    "ConcurrencyError",
    "QueryCanceled",
}


def _database(fault: Fault, call: Call) -> OdooError | None:
    """What PostgreSQL refused: told by the traceback, for the message is translated."""
    refused = _constraint(fault, call)
    if refused is not None:
        return refused
    if fault.short in _LOCKED:
        return OdooLocked(f"Odoo could not lock the records for {call}: somebody else changes them. Try again.")
    if fault.short == "RuntimeError" and "changed size during iteration" in fault.message:
        # Its processes load their models anew after each automation rule, and calls at that moment stumble over it.
        return OdooUnavailable(f"Odoo was loading its models anew during {call}. Try again.")
    if fault.name.startswith("psycopg2.errors."):
        return OdooValidation(f"A value does not fit its field on {call.model}: {clean(fault.message.splitlines()[0])}")
    if fault.name.startswith("psycopg2."):
        return _no_database(fault)
    return None


def _constraint(fault: Fault, call: Call) -> OdooError | None:
    """A rule of a table. In Odoo's words where it has some; PostgreSQL's own are for programmers."""
    message = clean(fault.message)
    if "UniqueViolation" in fault.name or "errors.UniqueViolation" in fault.debug:
        found, rule = _UNIQUE.search(fault.debug), _UNIQUE_RULE.search(fault.debug)
        more = {"field": found[1], "value": found[2]} if found else {}
        if found and message.startswith("duplicate key"):
            message = f"There is a record of {call.model} with this {found[1]} already: {found[2]}"
        return OdooDuplicate(message, constraint="unique", **more, **({"rule": rule[1]} if rule else {}))
    if "is still referenced from table" in fault.debug:
        return OdooValidation(message, constraint="restrict")
    if "NotNullViolation" in fault.name or "errors.NotNullViolation" in fault.debug:
        found = _REQUIRED.search(fault.debug) or _REQUIRED_TEXT.search(fault.message)
        if found and message.startswith("null value in column"):
            message = f"Field `{found[1]}` is required."
        model = _MODEL.search(fault.message) or _TABLE.search(fault.message) or _TABLE.search(fault.debug)
        more = ({"field": found[1]} if found else {}) | ({"model": model[1]} if model else {})
        return OdooValidation(message, constraint="required", value=None, **more)
    if "CheckViolation" in fault.name or "errors.CheckViolation" in fault.debug:
        found = _CHECK.search(fault.debug) or _CHECK.search(fault.message)
        if found and message.startswith("new row for relation"):
            message = f"The values break the rule {found[1]} of Odoo's database."
        return OdooValidation(message, constraint="check", **({"rule": found[1]} if found else {}))
    return None


def _no_database(fault: Fault) -> OdooError:
    found = re.search(r'database "([^"]*)" does not exist', fault.message)
    if found:
        return OdooAuthentication(
            f"Odoo has no database `{found[1]}`. Check the connection's database name.", field="database"
        )
    return OdooUnavailable("Odoo cannot reach its own database. Try again later.")


_WRONG_VALUE = re.compile(r"Wrong value for ([\w.]+)\.(\w+): (.*)", re.DOTALL)
_NO_MODEL = re.compile(r"(?:Object (\S+) doesn't exist|the model '([^']*)' does not exist)")


def _by_name(fault: Fault, call: Call) -> OdooError | None:
    message = clean(fault.message)
    if _NO_MODEL.search(fault.message) or (fault.short == "KeyError" and fault.message.strip("'") == call.model):
        return OdooMissing(f"Odoo has no model {call.model}. Is its module installed?", model=call.model)
    if fault.short == "RequestEntityTooLarge":
        return OdooTooLarge()
    if fault.short in ("NotFound", "AttributeError") and call.method in message:
        return OdooMissing(f"{call.model} has no method {call.method}.", model=call.model, method=call.method)
    if fault.short == "MissingError":
        which = f" {', '.join(map(str, call.ids))}" if call.ids else ""
        return OdooMissing(f"The record {call.model}{which} does not exist, or not any more.", model=call.model)
    if fault.short in ("AccessDenied", "Unauthorized", "SessionExpiredException"):
        return OdooAuthentication(
            "Odoo refused the login or key of this connection. Check its login, password and API key."
        )
    if fault.short in ("AccessError", "Forbidden"):
        return OdooAccess(message)
    if fault.short == "AttributeError" and call.rows and _STUMBLED.search(message):
        return OdooValidation(f"A value for {call.model} is of another kind than Odoo takes: {message}.")
    if fault.short == "TypeError" or fault.short == "UnprocessableEntity":
        return OdooValidation(f"Wrong arguments for {call}: {message}")
    if fault.short in ("ValidationError", "UserError", "RedirectWarning", "ValueError", "Warning", "except_orm"):
        return _validation(fault, message, call)
    return None


_STUMBLED = re.compile(r"'(?:str|int|float|list)' object has no attribute ")
"""What Odoo's code says of a value that is of another kind than it reckoned with."""

_QUOTED = re.compile(r"'([^']+)'")


def _validation(fault: Fault, message: str, call: Call) -> OdooValidation:
    found = _WRONG_VALUE.search(fault.message)
    if found:
        value = found[3].strip()
        return OdooValidation(
            f"Field `{found[2]}` of {found[1]} does not take the value {value}.",
            field=found[2],
            value=value.strip("'\""),
        )
    quoted = _QUOTED.search(fault.message)
    names = [name for row in call.rows for name, value in row.items() if quoted and value == quoted[1]]
    if fault.short == "ValueError" and quoted and len(set(names)) == 1:
        return OdooValidation(f"Field `{names[0]}` of {call.model}: {message}", field=names[0], value=quoted[1])
    return OdooValidation(message)
