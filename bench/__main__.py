"""`python -m bench [transform|outbound|inbound|json2|million ...]`: measure, and print; without a name the first three.

With HUB_TEST_DATABASE_URL the drain is measured on that PostgreSQL, too; with HUB_TEST_ODOO (the JSON that
`scripts/odoo19 up` prints) the API on that Odoo, too: by JSON-RPC, and by JSON-2 when `json2` is named.
"""

from __future__ import annotations

import os
import sys
import time

from bench import inbound, million, outbound, transform

PARTS = ("transform", "outbound", "inbound", "json2", "million")


def main(parts: list[str]) -> None:
    """Run the parts that are named."""
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise SystemExit(f"There is no part {', '.join(unknown)}. Choose among {', '.join(PARTS)}.")
    real = os.environ.get("HUB_TEST_ODOO", "")
    if "json2" in parts and not real:
        raise SystemExit("json2 needs a real Odoo: set HUB_TEST_ODOO to what scripts/odoo19 up prints.")
    began = time.monotonic()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} at the start. Compare ratios: the figures depend on the machine.")
    if "transform" in parts:
        transform.section()
    if "outbound" in parts:
        outbound.run(os.environ.get("HUB_TEST_DATABASE_URL", ""))
    if "inbound" in parts:
        inbound.run(real)
    if "json2" in parts:
        inbound.on_real(real, "json2")
    if "million" in parts:
        million.run()
    print(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:] or ["transform", "outbound", "inbound"])
