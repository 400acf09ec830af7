"""The models of the embedded Odoo, one file an area; ``ALL`` lists every one."""

from __future__ import annotations

from hub.odoo.embedded.models import account, company, geography, partner, product, sale, stock, technical
from hub.odoo.embedded.schema import Model

ALL: tuple[Model, ...] = (
    *technical.MODELS,
    *geography.MODELS,
    *company.MODELS,
    *partner.MODELS,
    *account.MODELS,
    *product.MODELS,
    *stock.MODELS,
    *sale.MODELS,
)
