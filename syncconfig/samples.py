"""Running a configuration's samples: what comes out beside what was expected, difference by difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from hub.errors import HubError, InvalidInput
from syncconfig import preview, pullpreview
from syncconfig.models import Configuration, Sample

ANY = "*"
"""Stands for any value in what is expected."""

MOST = 50
"""Differences that are told."""


@dataclass(frozen=True)
class Result:
    """How a sample went; ``differences`` are sentences, empty when all is as expected."""

    name: str
    differences: list[str]

    @property
    def ok(self) -> bool:
        """Whether all is as expected."""
        return not self.differences


def run(sample: Sample) -> Result:
    """Run one sample and keep the result; nothing is sent or written to Odoo."""
    try:
        shown = _shown(sample)
        found = Result(sample.name, _judged(sample, shown))
    except HubError as error:
        found = Result(sample.name, [error.message])
    sample.last_ok, sample.last_message, sample.last_run_at = found.ok, "\n".join(found.differences), timezone.now()
    sample.save(update_fields=["last_ok", "last_message", "last_run_at"])
    return found


def _shown(sample: Sample) -> preview.Preview:
    configuration = sample.configuration
    if configuration.pulls:
        return pullpreview.of_item(configuration, sample.data)
    if configuration.is_out:
        return preview.of_snapshot(configuration, sample.data)
    return preview.of_payload(configuration, sample.data)


def run_all(configuration: Configuration) -> list[Result]:
    """Run all samples of a configuration."""
    return [run(sample) for sample in configuration.samples.select_related("configuration__connection")]


def keep(configuration: Configuration, name: str, shown: preview.Preview, data: dict[str, Any]) -> Sample:
    """Keep what a preview showed as a sample, in place of one of the same name; raises InvalidInput without a name."""
    name = name.strip()
    limit = Sample._meta.get_field("name")
    if not name or (isinstance(limit, models.CharField) and len(name) > (limit.max_length or 100)):
        raise InvalidInput("Give the sample a name of up to 100 characters.", field="name")
    columns = {"data": plain(shown.item or shown.record or data), "expected": None, "expected_error": ""}
    if shown.error:
        columns["expected_error"] = shown.error[:300]
    else:
        columns["expected"] = plain(shown.result)
    sample, _ = Sample.objects.update_or_create(configuration=configuration, name=name, defaults=columns)
    return sample


def plain(value: Any) -> Any:
    """As JSON would bring it back."""
    return json.loads(json.dumps(value, default=str))


def _judged(sample: Sample, shown: preview.Preview) -> list[str]:
    if sample.expected_error:
        if not shown.error:
            return [f"It should be refused with “{sample.expected_error}”, but gives a result."]
        same = sample.expected_error in shown.error
        return [] if same else [f"It should be refused with “{sample.expected_error}”, but says: {shown.error}"]
    if shown.error:
        return [f"It is refused: {shown.error}"]
    return list(differences(sample.expected, plain(shown.result)))[:MOST]


def differences(expected: Any, found: Any, where: str = "") -> Iterator[str]:
    """Where two JSON values differ, each as a sentence with the path."""
    place = where or "The result"
    if expected == ANY:
        return
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected:
            path = f"{where}.{key}" if where else key
            if key in found:
                yield from differences(expected[key], found[key], path)
            else:
                yield f"{path}: expected {_text(expected[key])}, but it is not there."
        for key in found:
            if key not in expected:
                yield f"{f'{where}.{key}' if where else key}: {_text(found[key])} is there, and was not expected."
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{where}[{index}]")
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield f"{place}: expected {_text(expected)}, found {_text(found)}."


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:99]}…"
