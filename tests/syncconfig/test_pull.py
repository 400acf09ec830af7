"""Pulling a third party's list into Odoo: matching, comparing, the cursor, what fails, and what may be saved."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django_q.models import Schedule
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig import pulls, runs, schedules, sending, tasks
from syncconfig.models import Configuration, PullCursor, Run
from tests.conftest import Make
from tests.syncconfig.pulling import ROWS, SINCE, contact, listed, paged, pull, pulled, run

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
    second = run(configuration)
    assert second.tally == {"created": 0, "updated": 1, "unchanged": 4, "skipped": 0, "failed": 0}
    after = pulled(odoo)
    assert after[3]["city"] == "Bonn"
    assert [one for one in after if one["ref"] != "C-3"] == [one for one in before if one["ref"] != "C-3"]


def test_what_odoo_holds_is_not_written_whatever_the_type(make: Make, httpserver: HTTPServer, odoo: Odoo) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    tags = odoo.create("res.partner.category", [{"name": "A"}, {"name": "B"}])
    rows = [
        ("ref", "id"),
        ("name", "name"),
        ("country_id.code", "country"),
        ("credit_limit", "limit"),
        ("customer_rank", "rank"),
        ("is_company", "company"),
        ("category_id", "tags"),
        ("comment", "note"),
        ("email", "email"),
    ]
    item = {
        "id": "C-1", "name": "Ada", "country": "DE", "limit": 10.5, "rank": 3, "company": True, "tags": tags,
        "note": None, "email": "",
    }  # fmt: skip
    listed(httpserver, [item])
    configuration = pull(make, httpserver, rows=rows)
    assert run(configuration).tally["created"] == 1
    (record,) = odoo.search_read("res.partner", [("ref", "=", "C-1")], ["country_id", "credit_limit", "category_id"])
    assert (record["country_id"][0], record["credit_limit"], sorted(record["category_id"])) == (germany, 10.5, tags)
    assert run(configuration).tally["unchanged"] == 1
    httpserver.clear()
    listed(httpserver, [item | {"tags": tags[:1], "country": None}])
    assert run(configuration).tally["updated"] == 1
    (record,) = odoo.search_read("res.partner", [("ref", "=", "C-1")], ["country_id", "category_id"])
    assert (record["country_id"], record["category_id"]) == (False, tags[:1])


def test_ids_that_come_as_numbers_and_numbers_that_come_as_texts_fit(
    make: Make, httpserver: HTTPServer, odoo: Odoo
) -> None:
    rows = [("ref", "id"), ("name", "name"), ("customer_rank", "rank"), ("is_company", "company"), ("color", "colour")]
    csv = "id;name;rank;company;colour\n471;Ada;3;yes;\n472;Bob;0;no;7\n"
    httpserver.expect_request("/contacts").respond_with_data(csv, content_type="text/csv")
    configuration = pull(make, httpserver, rows=rows)
    assert run(configuration).tally["created"] == 2
    found = odoo.search_read("res.partner", [("ref", "in", ["471", "472"])], ["customer_rank", "is_company", "color"])
    assert [(one["customer_rank"], one["is_company"], one["color"]) for one in found] == [(3, True, 0), (0, False, 7)]
    assert run(configuration).tally["unchanged"] == 2


def test_xml_is_pulled_as_json_is(make: Make, httpserver: HTTPServer, odoo: Odoo) -> None:
    body = (
        "<list><contact><id>C-1</id><full_name>Ada</full_name><contact><email>a@b.c</email></contact></contact></list>"
    )
    httpserver.expect_request("/contacts").respond_with_data(body, content_type="application/xml")
    assert run(pull(make, httpserver, items_path="$.list.contact")).tally["created"] == 1
    assert pulled(odoo)[0]["email"] == "a@b.c"


def test_a_bad_item_stops_no_other_and_is_told_of(make: Make, httpserver: HTTPServer, odoo: Odoo) -> None:
    items: list[Any] = [
        contact(1),
        contact(2, full_name=None),
        contact(3) | {"id": ""},
        "C-4",
        contact(5, city={"no": "text"}),
        contact(6),
        contact(7, full_name="NUL\x00"),
        contact(8, id="C-\x00"),
    ]
    odoo.create("res.partner", [{"name": "One", "ref": "C-6"}, {"name": "Two", "ref": "C-6"}])
    listed(httpserver, items)
    done = run(pull(make, httpserver))
    assert done.state == "done"
    told = {one["item"]: one["reason"] for one in done.failures}
    assert "`full_name` is required" in told["C-2"]
    keyless = [one["reason"] for one in done.failures if not one["item"]]
    assert ["no `id`, by which" in keyless[0], "no object" in keyless[1]] == [True, True]
    assert "`city`" in told["C-5"]
    assert "More than one record" in told["C-6"]
    assert done.items_failed == len(done.failures)
    assert done.records == len(items)
    assert "C-1" in [one["ref"] for one in pulled(odoo)]
    (row,) = ApiLog.objects.all()
    assert (row.state, row.operation, row.trace_id) == ("ok", "pull: hand", done.trace_id)
    assert "Item 2 (C-2) failed: `full_name` is required" in row.script_log


def test_one_that_odoo_refuses_stops_no_other(make: Make, httpserver: HTTPServer, odoo: Odoo) -> None:
    rows = [("code", "id"), ("name", "name"), ("phone_code", "phone")]
    taken = odoo.search_read("res.country", [], ["name"], limit=1)[0]["name"]
    items = [{"id": "XA", "name": "Pulled A", "phone": 1}, {"id": "XB", "name": taken, "phone": 2}]
    listed(httpserver, [*items, {"id": "XC", "name": "Pulled C", "phone": 3}])
    done = run(pull(make, httpserver, rows=rows, model="res.country"))
    assert (done.state, done.tally["created"], done.tally["failed"]) == ("done", 2, 1)
    assert done.failures[0]["item"] == "XB"
    assert len(odoo.search("res.country", [("code", "in", ["XA", "XC"])])) == 2


def test_the_same_key_twice_makes_one_record_and_the_last_one_counts(
    make: Make, httpserver: HTTPServer, odoo: Odoo
) -> None:
    listed(httpserver, [contact(1), contact(1, city="Bonn"), contact(2)])
    done = run(pull(make, httpserver))
    assert (done.tally["created"], done.tally["updated"]) == (2, 1)
    assert [(one["ref"], one["city"]) for one in pulled(odoo)] == [("C-1", "Bonn"), ("C-2", False)]


def test_several_match_keys_tell_a_record_together(make: Make, httpserver: HTTPServer, odoo: Odoo) -> None:
    odoo.create("res.partner", [{"name": "Old", "ref": "C-1", "city": "Bonn"}])
    listed(httpserver, [contact(1, city="Bonn"), contact(1, city="Kiel")])
    done = run(pull(make, httpserver, match_keys="id, city"))
    assert (done.tally["created"], done.tally["updated"]) == (1, 1)
    assert [(one["name"], one["city"]) for one in pulled(odoo)] == [("Pulled 1", "Bonn"), ("Pulled 1", "Kiel")]


def test_an_archived_record_is_found_and_no_second_one_made(make: Make, httpserver: HTTPServer, odoo: Odoo) -> None:
    odoo.create("res.partner", [{"name": "Old", "ref": "C-1", "active": False}])
    listed(httpserver, [contact(1)])
    assert run(pull(make, httpserver)).tally["updated"] == 1


def test_scripts_choose_and_change_items(make: Make, httpserver: HTTPServer, odoo: Odoo) -> None:
    listed(httpserver, [contact(1, kind="shop"), contact(2, kind="spam"), contact(3, kind="shop", stop=True)])
    before = (
        "if request_data.get('stop'):\n    raise UserError('stopped')\n"
        "result = dict(request_data, full_name=request_data['full_name'].upper())"
    )
    configuration = pull(
        make,
        httpserver,
        script_condition="request_data['kind'] == 'shop'",
        script_before=before,
        script_after="result = dict(values, city='Ulm')",
    )
    done = run(configuration)
    assert done.tally == {"created": 1, "updated": 0, "unchanged": 0, "skipped": 1, "failed": 1}
    assert done.failures == [{"item": "C-3", "page": 1, "reason": "stopped"}]
    (record,) = pulled(odoo)
    assert (record["name"], record["city"]) == ("PULLED 1", "Ulm")


# The cursor ------------------------------------------------------------------------------------------------


def asked(httpserver: HTTPServer) -> list[str | None]:
    """What was asked for as the cursor."""
    return [request.args.get("updated_since") for request, _ in httpserver.log]


def test_the_next_run_begins_where_the_last_one_ended(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1, at="2026-01-02T00:00:00Z"), contact(2, at="2026-01-01T00:00:00Z")])
    configuration = pull(make, httpserver, **SINCE)
    for _ in range(2):
        assert run(configuration).state == "done"
    assert asked(httpserver) == [None, "2026-01-01T23:59:00Z"]
    assert run(configuration, from_start=True).state == "done"
    assert asked(httpserver)[-1] is None
    assert PullCursor.objects.get().value == "2026-01-02T00:00:00Z"


def test_an_empty_list_leaves_the_cursor_where_it_is(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/contacts").respond_with_json([contact(1, at=17)])
    httpserver.expect_ordered_request("/contacts").respond_with_json([])
    httpserver.expect_ordered_request("/contacts").respond_with_json([])
    configuration = pull(make, httpserver, **SINCE | {"cursor_start": "5"})
    assert [run(configuration).state for _ in range(3)] == ["done"] * 3
    assert asked(httpserver) == ["5", "17", "17"]


def test_the_time_of_the_last_good_run_is_a_cursor_too(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/contacts").respond_with_json([contact(1)])
    httpserver.expect_ordered_request("/contacts").respond_with_data("gone", status=400)
    httpserver.expect_ordered_request("/contacts").respond_with_json([contact(1)])
    configuration = pull(make, httpserver, **SINCE | {"cursor_by": "time", "cursor_overlap": 0})
    first = run(configuration)
    assert run(configuration).state == "failed"
    assert run(configuration).state == "done"
    started = first.created_at.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    assert asked(httpserver) == [None, started, started]


def test_a_run_that_fails_in_the_middle_moves_no_cursor(make: Make, httpserver: HTTPServer, odoo: Odoo) -> None:
    def answer(request: Request) -> Response:
        if request.args["page"] == "2":
            return Response("no", status=400)
        return Response(json.dumps([contact(1, at="2026-01-02T00:00:00Z")]), content_type="application/json")

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    failed = run(pull(make, httpserver, paging="page", **SINCE))
    assert (failed.state, failed.pages, failed.tally["created"]) == ("failed", 1, 1)
    assert failed.error == "Page 2: Answered with 400 BAD REQUEST: the same request would be refused again."
    assert not PullCursor.objects.exists()


def test_another_field_or_address_makes_the_cursor_worthless(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1, at="2026-01-02", other=7)])
    configuration = pull(make, httpserver, **SINCE)
    run(configuration)
    configuration.cursor_path = "other"
    configuration.save()
    run(configuration)
    assert asked(httpserver) == [None, None]
    assert PullCursor.objects.get().value == 7


# What may be saved and started -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "field", "told"),
    [
        ({"match_keys": ""}, "match_keys", "external keys that tell a record"),
        ({"on_create": True}, "on_create", "what happens in Odoo cannot trigger it"),
        ({"on_update": True}, "on_update", "cannot trigger it"),
        ({"on_delete": True}, "on_delete", "cannot trigger it"),
        ({"query": "q = {{ name }}"}, "query", "no {{ name }}"),
        ({"url": "https://example.com/{{ id }}"}, "url", "no {{ id }}"),
        ({"paging": "cursor"}, "next_path", "leads to the next page"),
        ({"cursor_by": "field", "query": "s = {{ cursor }}"}, "cursor_path", "Say which field"),
        ({"cursor_by": "time"}, "cursor_by", "Nothing asks for it"),
        ({"items_path": "$.["}, "items_path", "no JSONPath"),
        ({"paging": "scroll"}, "paging", "not a valid choice"),
        ({"first_page": 2}, "first_page", "less than or equal to 1"),
    ],
)
def test_a_pull_that_cannot_work_is_refused_when_it_is_saved(
    make: Make, httpserver: HTTPServer, columns: dict[str, Any], field: str, told: str
) -> None:
    configuration = pull(make, httpserver)
    configuration.full_clean()
    for name, value in columns.items():
        setattr(configuration, name, value)
    with pytest.raises(ValidationError) as refused:
        configuration.full_clean()
    assert told in str(refused.value.message_dict[field])


def test_a_match_key_that_is_not_mapped_fails_the_run_and_says_so(make: Make, httpserver: HTTPServer) -> None:
    failed = run(pull(make, httpserver, match_keys="number"))
    assert failed.state == "failed"
    assert "`number` is not among the field mappings" in failed.error


def test_a_pull_sends_no_records_and_is_narrowed_by_none(make: Make, httpserver: HTTPServer) -> None:
    configuration = pull(make, httpserver)
    for act in (
        lambda: runs.send_now(configuration, [1]),
        lambda: sending.now(configuration, [1]),
        lambda: runs.narrowed(configuration, ids=[1]),
        lambda: runs.narrowed(configuration, domain=[]),
    ):
        with pytest.raises(Exception, match="pulls"):
            act()
    assert not httpserver.log


def test_a_schedule_starts_a_pull(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1)])
    configuration = pull(make, httpserver, schedule="*/5 * * * *")
    assert Schedule.objects.filter(name=schedules.name_of(configuration.pk)).exists()
    assert tasks.run_scheduled(configuration.pk).startswith("Run ")
    assert tasks.run_pending() == 1
    assert (Run.objects.get().state, Run.objects.get().event) == ("done", "schedule")


def test_rows_of_a_pull_are_held_against_odoo_as_those_of_in_are(make: Make, httpserver: HTTPServer) -> None:
    configuration = pull(make, httpserver, rows=[*ROWS, ("country_id.currency_id.name", "currency")])
    row = configuration.mappings.get(external_key="currency")
    with pytest.raises(ValidationError, match="written to a field of the model itself"):
        row.clean()


def test_the_plan_can_be_looked_at_without_its_secrets(make: Make, httpserver: HTTPServer) -> None:
    configuration = pull(make, httpserver, auth_scheme="bearer", auth_token="canary-token")
    assert "canary" not in repr(pulls.prepared(configuration).plan)
    assert Configuration.objects.get().pulls
