"""The models of the configuration and of what it runs."""

from syncconfig.models.client import ApiClient, ApiToken
from syncconfig.models.configuration import Configuration
from syncconfig.models.connection import OdooConnection
from syncconfig.models.delivery import Delivery
from syncconfig.models.header import Header
from syncconfig.models.job import ChangeCursor, Run, Wake
from syncconfig.models.mapping import FieldMapping

__all__ = [
    "ApiClient",
    "ApiToken",
    "ChangeCursor",
    "Configuration",
    "Delivery",
    "FieldMapping",
    "Header",
    "OdooConnection",
    "Run",
    "Wake",
]
