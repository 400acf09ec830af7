"""What an answer lists: its data (JSON, XML, CSV), the items by a JSONPath (RFC 9535), and values beside them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonpath

from hub.errors import InvalidInput
from hub.flow import answers
from hub.http.message import Response

FORMATS = {
    "auto": "As the answer says (Content-Type)",
    "json": "JSON",
    "xml": "XML",
    "csv": "CSV, with the names in the first line",
}

BEGINNING = re.compile(r"\$?(?:\.?[\w-]+(?![\w-]*\()|\[\d+\]|\['[^']*'\]|\[\"[^\"]*\"\])*", re.ASCII)
"""The part of a path that leads to one place: names and indexes, before any wildcard, slice or filter."""

DELIMITERS = ",;\t|"

LONGEST_CELL = 1024 * 1024


class NoList(InvalidInput):
    """The answer holds no list where the configuration says that one is."""


@lru_cache(256)
def compiled(path: str) -> Any:
    """The path, read once; ``$`` may be left out. Raises InvalidInput for what is no JSONPath."""
    try:
        return jsonpath.compile(path.strip() or "$")
    except (jsonpath.JSONPathError, RecursionError) as error:
        said = str(error).split("\n", 1)[0].strip()[:200]
        raise InvalidInput(
            f"`{path[:100]}` is no JSONPath: {said}. Write one such as $.data.orders or $.items[*].", field="items_path"
        ) from None


def one(data: Any, path: str) -> Any:
    """The first value at the path; None when there is none."""
    return next(iter(_found(data, path)), None)


def items(data: Any, path: str, form: str = "json") -> list[Any]:
    """The items at the path: those of the list that is there, or each of the values that the path gives.

    Raises NoList when the place does not exist: an answer of another kind is not an empty list. ``form`` is the
    answer's: in XML an empty list has no element at all.
    """
    found = _found(data, path)
    if len(found) == 1:
        (only,) = found
        if only is None:
            return []
        return only if isinstance(only, list) else [only]
    if not found and not _has_beginning(data, path, form):
        where = path.strip() or "$"
        keys = f" It has: {', '.join(sorted(map(str, data))[:10])}." if isinstance(data, Mapping) and data else ""
        raise NoList(f"The answer has nothing at {where}, where the items should be.{keys}", field="items_path")
    return found


def data_of(response: Response, form: str = "auto") -> Any:
    """The answer as data; rows of CSV as objects. Raises NoList when it is not in that form."""
    if response.truncated:
        size = len(response.body) // (1024 * 1024)
        raise NoList(f"The page has more than {size} MB. Ask for smaller pages: fewer items on each.")
    form = form_of(response, form)
    if form == "csv":
        return _table(response.text)
    if not response.body.strip():
        raise NoList("The answer is empty.")
    if form == "xml":
        found = answers.xml(response.body)
        if found is None:
            raise NoList("The answer is no XML that can be read.")
        return found
    try:
        return response.json()
    except ValueError:
        begins = " It looks like a web page." if response.body.lstrip()[:1] == b"<" else ""
        raise NoList(f"The answer is no JSON.{begins} Check the address, and the format under Pages.") from None


def form_of(response: Response, form: str = "auto") -> str:
    """The form that is configured, or that the answer names: json, xml or csv."""
    if form != "auto":
        return form
    named = (response.header("Content-Type") or "").partition(";")[0].lower()
    return next((form for form in ("xml", "csv") if form in named), "json")


def _table(text: str) -> list[dict[str, str]]:
    """The rows, by the names of the first line; the separator is the one that this line has most of."""
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
        names = [name.strip() for name in reader.fieldnames or ()]
        if len(set(names)) < len(names):
            raise NoList("The first line of the CSV has a name twice.")
        reader.fieldnames = names
        return [{name: value for name, value in row.items() if name is not None} for row in reader]
    except csv.Error as error:
        raise NoList(f"The answer is no CSV that can be read: {error}.") from None


def _found(data: Any, path: str) -> list[Any]:
    if not isinstance(data, Mapping | list):
        return []
    try:
        return list(compiled(path).findall(data))
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise NoList(f"{path} cannot be followed in the answer: {str(error)[:200]}.", field="items_path") from None


def _has_beginning(data: Any, path: str, form: str) -> bool:
    """Whether the way to the list is there, so that nothing behind it means an empty list."""
    text = path.strip()
    matched = BEGINNING.match(text)
    begins = matched[0] if matched else ""
    if len(begins) < len(text) and _found(data, begins or "$"):
        return True
    outer = begins.rpartition(".")[0]
    return form == "xml" and outer not in ("", "$") and bool(_found(data, outer))
