"""An Odoo look-alike on one SQLite file, for trying, training and testing without a server."""

from __future__ import annotations

from hub.odoo.embedded.connection import EmbeddedOdoo
from hub.odoo.embedded.install import install

__all__ = ["EmbeddedOdoo", "install"]
