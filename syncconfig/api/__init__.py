"""The REST API for external systems: /api/sync/v1/."""
