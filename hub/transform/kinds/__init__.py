"""The value types: each is one class that turns Odoo's value into the external one and back.

Importing this package registers them, in the order of the admin's choice.
"""

from __future__ import annotations

from hub.transform.kinds.base import Bound, FieldInfo, Kind, kind_choices, kind_of, options_of
from hub.transform.kinds.simple import Constant, Plain, Table

# isort: split
from hub.transform.kinds.related import Country, Lookup

# isort: split
from hub.transform.kinds.nested import Nested

# isort: split
from hub.transform.kinds.dates import Date

# isort: split
from hub.transform.kinds.phone import Phone

# isort: split
from hub.transform.kinds.money import Currency

# isort: split
from hub.transform.kinds.template import Template

# isort: split
from hub.transform.kinds.scripted import Script

__all__ = [
    "Bound",
    "Constant",
    "Country",
    "Currency",
    "Date",
    "FieldInfo",
    "Kind",
    "Lookup",
    "Nested",
    "Phone",
    "Plain",
    "Script",
    "Table",
    "Template",
    "kind_choices",
    "kind_of",
    "options_of",
]
