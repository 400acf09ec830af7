"""The records of a fresh embedded Odoo: those that every Odoo has, and demo data."""
