"""Where a configuration's scripts hook in, and what their results mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub import jsontext
from hub.errors import InvalidInput
from hub.flow.plan import Scripts
from hub.http.message import Response
from hub.odoo.connection import Record
from hub.transform.kinds.scripted import as_json, as_values
from hub.transform.script import Records, ScriptError
from hub.transform.script.compiled import compiled
from hub.transform.services import Services

COMMON = ("env", "self", "model", "records", "record", "request_data", "data", "event")
NAMES: Mapping[str, tuple[str, ...]] = {
    "condition": (*COMMON, "request"),
    "before": (*COMMON, "request"),
    "after": (*COMMON, "values", "request"),
    "response": (*COMMON, "response", "request"),
}
"""What each script finds, besides what all scripts find."""

REFUSAL = "UserError"
"""The kind of error by which a script says no: what it says is meant for the caller."""


class Refused(InvalidInput):
    """A script said no: by its condition, or by ``raise UserError(...)``."""


def hints(scripts: Scripts) -> frozenset[str]:
    """Words of the scripts that may be fields: they are read for all records at once."""
    found: set[str] = set()
    for name in ("condition", "before", "after"):
        source = getattr(scripts, name)
        if source:
            try:
                found |= compiled(source, frozenset(NAMES[name])).hints
            except ScriptError:
                continue  # what it is told when it runs
    return frozenset(found)


def record_set(model: str, found: Sequence[Record]) -> Records:
    """Records that were read, as scripts see them."""
    return Records(model, [record["id"] for record in found], list(found))


# Out ----------------------------------------------------------------------------------------------


def meeting(scripts: Scripts, services: Services, model: str, found: Sequence[Record]) -> list[Record]:
    """Those records for which the condition's result is true."""
    if not scripts.condition:
        return list(found)
    return [one for one in found if truth(services.script(scripts.condition, out(model, [one], None)))]


def prepared(scripts: Scripts, services: Services, model: str, found: Sequence[Record]) -> list[Record]:
    """What the script before the mapping leaves: fewer records, or other values in them.

    Its result: nothing, all go on; records, only those; ``False``, none; a dictionary, values that replace
    those of the record, or for several records such dictionaries by id.
    """
    if not scripts.before or not found:
        return list(found)
    result = services.script(scripts.before, out(model, found, None))
    if result is None or result is True:
        return list(found)
    if result is False:
        return []
    if isinstance(result, Records):
        return [record for record in found if result.model == model and record["id"] in result.ids]
    if isinstance(result, list) and all(isinstance(one, int) for one in result):
        return [record for record in found if record["id"] in result]
    if isinstance(result, dict):
        return _overlaid(result, found)
    raise ScriptError(
        "The script before the mapping gives the records that go on, False for none, or a dictionary with values that "
        f"replace theirs; this one gave {type(result).__name__}."
    )


def _overlaid(result: Mapping[Any, Any], found: Sequence[Record]) -> list[Record]:
    by_id = all(isinstance(key, int) for key in result)
    if not by_id and len(found) > 1:
        raise ScriptError(
            "For several records the script before the mapping gives a dictionary by id: "
            "result = {r.id: {'phone': ...} for r in records}"
        )
    return [record | _row(result.get(record["id"], {}) if by_id else result) for record in found]


def _row(values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise ScriptError("The values for a record must be a dictionary, such as {'phone': '+1555'}.")
    return {str(name): False if value is None else as_values(value) for name, value in values.items()}


def mapped(scripts: Scripts, services: Services, model: str, found: Sequence[Record], body: Any) -> Any:
    """What is sent: the result of the script after the mapping, or what the mapping made."""
    if not scripts.after:
        return body
    result = services.script(scripts.after, out(model, found, body))
    return body if result is None else as_json(result)


def answered(
    scripts: Scripts, services: Services, model: str, found: Sequence[Record], body: Any, response: Response
) -> None:
    """Run the script on the response; raises Refused when it says that the answer is no success."""
    if not scripts.response:
        return
    try:
        result = seeing(scripts.response, services, model, found, body, response)
    except ScriptError as error:
        raise _refusal(error) from None
    if result is False:
        raise Refused("The script on the response gave False: the answer is no success.")


def seeing(source: str, services: Services, model: str, found: Sequence[Record], body: Any, response: Response) -> Any:
    """What a script gives that sees the answer; where it stumbles over None, the error says what the answer lacks."""
    seen = of_response(response)
    try:
        return services.script(source, out(model, found, body) | {"response": seen})
    except ScriptError as error:
        hint = _hint(str(error.details.get("said") or ""), seen)
        if not hint:
            raise
        told = error.twin()
        told.message = f"{error.message}. {hint}"
        raise told from None


def _hint(said: str, seen: Mapping[str, Any]) -> str:
    """What to do where a script took something of None, or of a list as if it were an object."""
    parsed, text = seen["json"], seen["text"].strip()
    if not said.startswith(("'NoneType' object ", "'list' object has no attribute ")):
        return ""
    if isinstance(parsed, list) and said.startswith("'list'"):
        return "The answer is a list, and no object: look into one of its items, as in response['json'][0]."
    if parsed is not None:
        return "What is looked for is not in the answer: write (... or {}) around what may be missing."
    what = "is null" if text == "null" else "is no JSON" if text else "is empty"
    return (
        f"The answer {what}, so response['json'] is None. Where that may be, write (response['json'] or {{}}), as in "
        "(response['json'] or {}).get('ok') == True."
    )


def of_response(response: Response) -> dict[str, Any]:
    """A response as scripts see it."""
    text = response.body.decode(errors="replace")
    try:
        parsed = jsontext.loads(text) if text.strip() else None
    except ValueError:
        parsed = None
    return {
        "status": response.status,
        "ok": response.ok,
        "headers": {name.lower(): value for name, value in response.headers},
        "text": text,
        "json": parsed,
    }


def out(model: str, found: Sequence[Record], body: Any) -> dict[str, Any]:
    """What scripts of an Out configuration find."""
    held = record_set(model, found)
    return {"model": model, "records": held, "record": held, "request_data": body, "data": body, "request": {}}


# In -----------------------------------------------------------------------------------------------


class Incomings:
    """The scripts of an In configuration around one request."""

    def __init__(self, scripts: Scripts, services: Services, model: str, request: Mapping[str, Any]) -> None:
        self._scripts, self._services, self._model, self._request = scripts, services, model, request

    def data(self, data: Mapping[str, Any], ids: Iterable[int]) -> Mapping[str, Any]:
        """The payload as the script before the mapping leaves it; raises Refused when the condition is not met."""
        if self._scripts.condition and not truth(self._run("condition", data, ids)):
            raise Refused("The configuration's condition does not let this request through.", constraint="condition")
        if not self._scripts.before:
            return data
        result = self._run("before", data, ids)
        return data if result is None else self._object(result, "before the mapping", "the data")

    def values(self, values: Mapping[str, Any], data: Mapping[str, Any], ids: Iterable[int]) -> dict[str, Any]:
        """Odoo's values as the script after the mapping leaves them."""
        if not self._scripts.after:
            return dict(values)
        result = self._run("after", data, ids, values=dict(values))
        return dict(values) if result is None else self._object(result, "after the mapping", "Odoo's values")

    def answer(self, answer: dict[str, Any], data: Mapping[str, Any], ids: Iterable[int]) -> dict[str, Any]:
        """The answer as the script on the response leaves it: its result is the answer's ``data``."""
        if not self._scripts.response:
            return answer
        result = self._run("response", data, ids, response=answer)
        return answer if result is None else answer | {"data": as_json(result)}

    def _run(self, name: str, data: Mapping[str, Any], ids: Iterable[int], **more: Any) -> Any:
        held = Records(self._model, list(ids))
        names = {"model": self._model, "records": held, "record": held, "request_data": dict(data), "data": dict(data)}
        names |= {"request": dict(self._request), **more}
        try:
            return self._services.script(getattr(self._scripts, name), names)
        except ScriptError as error:
            raise _refusal(error) from None

    @staticmethod
    def _object(result: Any, when: str, what: str) -> dict[str, Any]:
        if not isinstance(result, Mapping):
            raise ScriptError(
                f"The script {when} gives {what} as a dictionary, or nothing; this one gave {type(result).__name__}."
            )
        made = as_values(result)
        assert isinstance(made, dict)
        return made


def truth(result: Any) -> bool:
    """Whether a script's result is true."""
    return bool(result.ids) if isinstance(result, Records) else bool(result)


def _refusal(error: ScriptError) -> Exception:
    """A script's own no as the caller's error; everything else stays the script's."""
    if error.details.get("kind") != REFUSAL:
        return error
    told = Refused(str(error.details.get("said") or error.message), constraint="script")
    told.logs = getattr(error, "logs", [])  # type: ignore[attr-defined]
    return told
