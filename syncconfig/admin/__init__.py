"""The admin: what business users see of connections, configurations, clients and deliveries."""

from syncconfig.admin import client, configuration, connection, delivery, incident, job, lockout, technical, users

__all__ = ["client", "configuration", "connection", "delivery", "incident", "job", "lockout", "technical", "users"]
