"""The models of the configuration and of what it runs."""

from syncconfig.models.answer import AnswerMapping
from syncconfig.models.apijob import ApiJob
from syncconfig.models.callers import Scheme
from syncconfig.models.client import ApiClient, ApiToken, Grant
from syncconfig.models.configuration import Configuration
from syncconfig.models.connection import OdooConnection
from syncconfig.models.delivery import Delivery
from syncconfig.models.echo import EchoNote, SeenRecord
from syncconfig.models.endpoint import Endpoint
from syncconfig.models.header import Header
from syncconfig.models.hint import DeletionHint
from syncconfig.models.idempotency import IdempotencyKey
from syncconfig.models.incident import Incident, Notice
from syncconfig.models.job import ChangeCursor, Run, Wake
from syncconfig.models.limit import CallCount, Lockout
from syncconfig.models.mapping import FieldMapping
from syncconfig.models.pullcursor import PullCursor
from syncconfig.models.sample import Sample

__all__ = [
    "AnswerMapping",
    "ApiClient",
    "ApiJob",
    "ApiToken",
    "CallCount",
    "ChangeCursor",
    "Configuration",
    "DeletionHint",
    "Delivery",
    "EchoNote",
    "Endpoint",
    "FieldMapping",
    "Grant",
    "Header",
    "IdempotencyKey",
    "Incident",
    "Lockout",
    "Notice",
    "OdooConnection",
    "PullCursor",
    "Run",
    "Sample",
    "Scheme",
    "SeenRecord",
    "Wake",
]
