"""Creates at the same moment through different configurations."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.flow.inbound import Inbound
from hub.odoo.connection import Odoo
from syncconfig import plans
from tests.conftest import Make
from tests.contract.conftest import Maker

pytestmark = pytest.mark.django_db
MODEL = "res.partner"


@pytest.fixture
def mark() -> str:
    """A reference that no other record has."""
    return f"HUB{uuid.uuid4().hex[:10]}"


def test_configurations_whose_match_keys_overlap_make_one_record(
    make: Make, odoo: Odoo, made: Maker, mark: str
) -> None:
    rows = [("name", "name"), ("ref", "code"), ("email", "email")]
    keys = ("code", "code", "email code", "code name")
    chosen = [
        make(f"in-{index}", rows, request_type="in", methods=["POST"], match_keys=key) for index, key in enumerate(keys)
    ]
    describe = plans.describer(odoo)
    flows = [Inbound(plans.inbound_plan(one), odoo, describe) for one in chosen]
    body = {"data": {"name": mark, "code": mark, "email": f"{mark}@example.com"}}
    with ThreadPoolExecutor(len(flows)) as pool:
        asked = [pool.submit(flow.create, body) for flow in flows * 3]
    found = made.keep_track(MODEL, odoo.search(MODEL, [("ref", "=", mark)]))
    answers = [one.result() for one in asked]
    assert len(found) == 1
    assert {one["id"] for one in answers} == set(found)
    assert [one.get("updated", False) for one in answers].count(False) == 1
