"""Pulling a third party's list into Odoo: pages, matching, the cursor, what fails, and going on."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from hub.odoo.connection import Odoo
from tests.conftest import Make
from tests.syncconfig.pulling import contact, paged, pull, pulled, run

pytestmark = pytest.mark.django_db


def test_a_list_comes_into_odoo_and_what_is_there_already_is_not_written_again(
    make: Make, httpserver: HTTPServer, odoo: Odoo
) -> None:
    items = [contact(number) for number in range(5)]
    httpserver.expect_request("/contacts").respond_with_handler(paged(lambda: items, 2))
    configuration = pull(make, httpserver, paging="page", items_path="$.data")
    first = run(configuration)
    assert (first.state, first.error, first.tally["created"], first.records) == ("done", "", 5, 5)
    before = pulled(odoo)
    assert [(one["ref"], one["name"], one["email"]) for one in before] == [
        (f"C-{number}", f"Pulled {number}", f"{number}@example.com") for number in range(5)
    ]
    items[3]["city"] = "Bonn"
    again = run(configuration)
    assert again.tally == {"created": 0, "updated": 1, "unchanged": 4, "skipped": 0, "failed": 0}
    after = pulled(odoo)
    assert after[3]["city"] == "Bonn"
    assert [one for one in after if one["ref"] != "C-3"] == [one for one in before if one["ref"] != "C-3"]
