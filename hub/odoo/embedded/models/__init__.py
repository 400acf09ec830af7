"""The models of the embedded Odoo, one file an area; ``ALL`` lists every one."""

from __future__ import annotations

from hub.odoo.embedded.models import (
    account,
    account_line,
    company,
    geography,
    partner,
    product,
    sale,
    sale_line,
    stock,
    technical,
)
from hub.odoo.embedded.schema import Model

ALL: tuple[Model, ...] = (
    *technical.MODELS,
    *geography.MODELS,
    *company.MODELS,
    *partner.MODELS,
    *account.MODELS,
    *account_line.MODELS,
    *product.MODELS,
    *stock.MODELS,
    *sale.MODELS,
    *sale_line.MODELS,
)
