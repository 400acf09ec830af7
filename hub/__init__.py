"""Sync Hub's engine: Odoo, HTTP, transformation and flow, as a library; the apps on top store and show."""
