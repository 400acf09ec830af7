"""Drift: does each mapped field still exist in Odoo, with the type that it had? Told before it breaks a run."""

from __future__ import annotations

import logging
from typing import Any

from django.utils import timezone

from hub.errors import HubError, InvalidInput, Misconfigured, OdooError, OdooMissing
from hub.flow.filters import domain_of
from hub.odoo import domain as domains
from hub.odoo.introspect import nearest
from hub.transform import types
from hub.transform.mapping import FieldMap
from hub.transform.records import Describe, end_of
from hub.transform.rule import Rule
from syncconfig import plans
from syncconfig.models import Configuration, FieldMapping
from syncconfig.models.triggers import listed, words
from syncconfig.plans import Fields

logger = logging.getLogger(__name__)


def check(configuration: Configuration, *, accept: bool = False) -> list[str]:
    """Hold the mapping against Odoo as it is now; answers a sentence for each row that no longer fits, and keeps them.

    ``accept``: take the present types for right, as when a person has just saved the mapping. Raises HubError when Odoo
    cannot be asked: then nothing is known, and nothing is changed.
    """
    odoo = plans.odoo_of(configuration.connection)
    known = plans.introspection(odoo)
    known.forget()
    rows = list(configuration.mappings.all())
    found = [sentence for row in rows if (sentence := _checked(row, configuration.model, known.fields, accept))]
    whole = _whole(configuration, known.fields) if not found else ""
    found += [whole] if whole else []
    FieldMapping.objects.bulk_update(rows, ["odoo_type", "drift"])
    configuration.drift, configuration.drift_checked_at = "\n".join(found), timezone.now()
    Configuration.objects.filter(pk=configuration.pk).update(
        drift=configuration.drift, drift_checked_at=configuration.drift_checked_at
    )
    return found


def check_all() -> dict[str, str]:
    """Check each active configuration; answers what was found, by code. One that cannot be checked stops no other."""
    found: dict[str, str] = {}
    for configuration in Configuration.objects.filter(active=True).select_related("connection"):
        try:
            told = check(configuration)
        except HubError as error:
            logger.warning("the fields of %s could not be checked: %s", configuration.code, error.message)
            continue
        if told:
            found[configuration.code] = "\n".join(told)
    return found


def row_problems(model: str, rules: list[Rule], describe: Describe) -> dict[str, str]:
    """What keeps each rule from working on this Odoo, by external key; what concerns them together under "".

    Raises OdooError when Odoo cannot be asked.
    """
    found: dict[str, str] = {}
    for rule in rules:
        try:
            end_of(model, rule.odoo_field, describe)
        except Misconfigured as error:
            if not rule.optional:
                found[rule.external_key] = error.message
    if found:
        return found
    try:
        mapping = FieldMap.bind(model, rules, describe)
    except Misconfigured as error:
        return {"": error.message}
    for row in mapping.rows:
        if row.rule.has_default and row.rule.writes and row.kind.key == "plain" and "." not in row.rule.odoo_field:
            try:
                types.inward(row.rule.default, row.info, row.name)
            except InvalidInput as error:
                found[row.name] = f"The default does not fit {row.target}: {error.message.partition(': ')[2]}"
    return found


def _checked(row: FieldMapping, model: str, describe: Describe, accept: bool) -> str:
    row.drift = ""
    try:
        now = _type_of(end_of(model, row.odoo_field, describe))
    except Misconfigured as error:
        row.drift = "" if row.optional else error.message[:300]
        return f"{row.external_key}: {row.drift}" if row.drift else ""
    if row.odoo_type and row.odoo_type != now and not accept:
        row.drift = f"{row.odoo_field} was {row.odoo_type} and is now {now}. Look whether the row still fits, and save."
        return f"{row.external_key}: {row.drift}"
    row.odoo_type = now
    return ""


def _type_of(info: Any) -> str:
    relation = info.get("relation")
    return f"{info['type']} to {relation}"[:40] if relation else str(info["type"])


def _whole(configuration: Configuration, describe: Describe) -> str:
    """What is wrong with the mapping as a whole, or with the model itself."""
    try:
        FieldMap.bind(configuration.model, plans.rules_of(configuration), describe)
    except (Misconfigured, OdooError) as error:
        if error.retryable:
            raise
        return error.message
    return ""


def problems_of(configuration: Configuration) -> dict[str, str]:
    """What does not fit this Odoo, by the configuration's own field: an unknown model, a field in the filter domain.

    Raises HubError when Odoo cannot be asked.
    """
    odoo = plans.odoo_of(configuration.connection)
    plans.introspection(odoo).forget_older(0)
    describe = plans.describer(odoo)
    try:
        describe(configuration.model)
    except OdooMissing as error:
        return {"model": error.message}
    if not configuration.is_out:
        return {}
    found = _wrong_triggers(configuration, describe(configuration.model))
    if found or not configuration.domain.strip():
        return found
    try:
        for name, operator, value in domains.leaves(domain_of(configuration.domain)):
            _check_leaf(end_of(configuration.model, name, describe), name, operator, value)
    except (Misconfigured, InvalidInput) as error:
        return {"domain": error.message}
    return {}


def _wrong_triggers(configuration: Configuration, fields: Fields) -> dict[str, str]:
    """Fields that Odoo has not, and values that the watched one never has."""
    named = {"trigger_fields": words(configuration.trigger_fields)}
    if configuration.on_state:
        named["state_field"] = words(configuration.state_field)
    for place, names in named.items():
        for name in names:
            if name not in fields:
                near = nearest(name, fields)
                hint = f" Did you mean `{near}`?" if near else ""
                return {place: f"{configuration.model} has no field `{name}`.{hint}"}
    info = fields[configuration.state_field] if configuration.on_state else {}
    choices = [str(choice[0]) for choice in info.get("selection") or ()]
    for place in ("state_from", "state_to"):
        for value in listed(getattr(configuration, place)) if choices else ():
            if value not in choices:
                told = f"`{configuration.state_field}` is never {value}. It is one of: {', '.join(choices)}."
                return {place: told}
    return {}


def _check_leaf(info: Any, name: str, operator: str, value: Any) -> None:
    """Raise InvalidInput for a value that the field can never have."""
    choices = [choice[0] for choice in info.get("selection") or ()]
    if info.get("type") != "selection" or not choices or operator not in ("=", "!=", "in", "not in"):
        return
    for one in value if isinstance(value, list | tuple) else [value]:
        if one and one not in choices:
            raise InvalidInput(f"`{name}` is never {one!r}. It is one of: {', '.join(map(str, choices))}.")
