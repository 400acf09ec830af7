"""One interface to Odoo, three transports behind it."""
