"""Lists, filters and queries: strict in what they take, steady in what they cost."""

import base64
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from orders.models import Order
from tests.api.client import Caller, problem, told
from tests.factories.supply import coming, day, waits
from tests.factories.world import CANDLE, MUG, World, order_body


def place(api: Caller, many: int = 1, **body: Any) -> list[Any]:
    """Orders of one unit each."""
    return [told(api.post("/orders", order_body(quantity=1, **body)), 201) for _ in range(many)]


def test_an_order_reads_as_it_was_answered(world: World, api: Caller) -> None:
    (placed,) = place(api)
    assert told(api.get(f"/orders/{placed['number']}")) == placed


def test_a_list_is_paged_to_its_end(world: World, api: Caller) -> None:
    numbers = [order["number"] for order in place(api, 5)]
    seen, cursor = [], ""
    while True:
        page = told(api.get("/orders", limit=2, cursor=cursor))
        seen += [order["number"] for order in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == numbers[::-1]


def test_changes_since_a_moment_are_listed_in_their_order(world: World, api: Caller) -> None:
    first, second = place(api, 2)
    moment = Order.objects.get(number=second["number"]).updated_at.isoformat()
    told(api.post(f"/orders/{first['number']}/holds", {"kind": "manual"}), 201)
    page = told(api.get("/orders", updated_since=moment, limit=1))
    assert [o["number"] for o in page["items"]] == [second["number"]]
    rest = told(api.get("/orders", updated_since=moment, limit=1, cursor=page["next"]))
    assert [o["number"] for o in rest["items"]] == [first["number"]]


def test_orders_are_found_by_status_channel_and_customer(world: World, api: Caller) -> None:
    (held,) = place(api)
    place(api, customer={"email": "other@example.com"})
    told(api.post(f"/orders/{held['number']}/holds", {"kind": "manual", "note": "asks a lot"}), 201)
    anne = Customer.objects.get(email="a@example.com")

    assert [o["number"] for o in told(api.get("/orders", status="on_hold"))["items"]] == [held["number"]]
    assert [o["number"] for o in told(api.get("/orders", customer=anne.pk))["items"]] == [held["number"]]
    assert len(told(api.get("/orders", channel="web"))["items"]) == 2


def test_a_page_of_two_hundred_costs_as_many_queries_as_one_of_one(world: World, api: Caller) -> None:
    place(api, 12)
    with CaptureQueriesContext(
        connection,
    ) as few:
        told(api.get("/orders", limit=1))
    with CaptureQueriesContext(connection) as many:
        assert len(told(api.get("/orders", limit=200))["items"]) == 12
    assert len(many) <= len(few) + 3
    assert len(many) <= 20


def odd_cursor(value: Any) -> str:
    """A cursor of the right wrapping with something else inside."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


QUERIES: list[tuple[str, dict[str, Any], str]] = [
    ("/orders", {"limit": 10**9}, "limit"),
    ("/orders", {"limit": 0}, "limit"),
    ("/orders", {"limit": -1}, "limit"),
    ("/orders", {"limit": "many"}, "limit"),
    ("/orders", {"limit": "1e3"}, "limit"),
    ("/orders", {"cursor": "nonsense"}, "cursor"),
    ("/orders", {"cursor": "é"}, "cursor"),
    ("/orders", {"cursor": odd_cursor([0, "x", 5])}, "cursor"),
    ("/orders", {"cursor": odd_cursor({"a": 1})}, "cursor"),
    ("/orders", {"cursor": odd_cursor([0, "2026-99-99T00:00:00", "x"])}, "cursor"),
    ("/orders", {"cursor": base64.urlsafe_b64encode(b"[" * 300).decode()}, "cursor"),
    ("/orders", {"cursor": "A" * 5000}, "cursor"),
    (
        "/orders",
        {"updated_since": "2026-01-01T00:00:00Z", "cursor": odd_cursor([0, "text", "0190a1b2-0000-7000-8000-000000000000"])},
        "cursor",
    ),
    ("/orders", {"status": "lost"}, "status"),
    ("/orders", {"channel": "moon"}, "channel"),
    ("/orders", {"customer": "7"}, "customer"),
    ("/orders", {"updated_since": "yesterday"}, "updated_since"),
    ("/orders", {"updated_since": "2026-01-01T00:00:00"}, "updated_since"),
    ("/orders", {"colour": "red"}, "colour"),
    ("/orders", {"limit": [1, 2]}, "limit"),
    ("/orders/WEB-1", {"limit": 1}, "limit"),
    ("/orders", {"status": "placed\x00"}, "status"),
    ("/inventory", {"location": "NOWHERE"}, "location"),
    ("/inventory", {"sku": "NOTHING"}, "sku"),
    ("/inventory", {"sku": "A\x00"}, "sku"),
    ("/fulfillment-orders", {"status": "odd"}, "status"),
    ("/fulfillment-orders", {"location": "NOWHERE"}, "location"),
    ("/ledger/journal", {"from": "2026-13-01"}, "from"),
    ("/ledger/trial-balance", {"at": "tomorrow"}, "at"),
    ("/availability", {"sku": MUG}, "channel"),
    ("/availability", {"channel": "web"}, "sku"),
    ("/availability", {"sku": MUG, "channel": "web", "country": "France"}, "country"),
    ("/availability", {"sku": "NOTHING", "channel": "web"}, "sku"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "query", "name"), QUERIES)
def test_a_query_that_cannot_be_used_is_refused_by_name(
    world: World, api: Caller, path: str, query: dict[str, Any], name: str
) -> None:
    found = problem(api.get(path, **query), 422, "invalid")
    assert ["query", name] in [error["loc"][:2] for error in found["errors"]], found


def test_availability_tells_units_and_the_promise_of_each_sku(world: World, api: Caller) -> None:
    items = told(
        api.get("/availability", sku=[CANDLE, MUG], channel="web", country="FR", postal_code="69001", method="ship")
    )["items"]
    assert [item["sku"] for item in items] == [CANDLE, MUG]
    assert [item["available"] for item in items] == [110, 110]
    assert all(item["promise"]["earliest"] <= item["promise"]["latest"] for item in items)
    place(api)
    assert told(api.get("/availability", sku=MUG, channel="web"))["items"][0]["available"] == 109


def test_availability_tells_what_more_can_be_had_on_which_day(world: World, api: Caller) -> None:
    coming(world, 30, due=9)
    coming(world, 5, due=4, sku=CANDLE)
    waits(world, 12)
    items = told(api.get("/availability", sku=[MUG, CANDLE], channel="web"))["items"]
    assert items[0]["inbound"] == [{"date": day(9).isoformat(), "quantity": 18, "grounds": ["on_its_way"]}]
    assert items[1]["inbound"] == [{"date": day(4).isoformat(), "quantity": 5, "grounds": ["on_its_way"]}]


def test_a_quote_tells_price_and_promise_and_writes_nothing(world: World, api: Caller) -> None:
    found = told(api.post("/orders/quote", order_body(quantity=3), key=""))
    assert found["totals"]["total"] == "40.90"
    assert found["lines"][0]["available"] == 110
    assert found["problem"] is None
    assert not Order.objects.exists()


def test_a_quote_of_too_much_says_so(world: World, api: Caller) -> None:
    assert told(api.post("/orders/quote", order_body(quantity=999), key=""))["problem"]["available"] == {MUG: 110}


def test_stock_is_listed_by_place_and_sku(world: World, api: Caller) -> None:
    assert len(told(api.get("/inventory"))["items"]) == 6
    (item,) = told(api.get("/inventory", location="SHOP-PARIS", sku=MUG))["items"]
    assert item["on_hand"] == 10
    assert item["available"] == 10


def test_customers_are_found_by_email_in_any_case(world: World, api: Caller) -> None:
    place(api)
    (found,) = told(api.get("/customers", email="A@Example.com"))["items"]
    assert found["last_name"] == "Bertin"
    assert told(api.get(f"/customers/{found['id']}")) == found


def test_payments_of_an_order_are_listed(world: World, api: Caller) -> None:
    (placed,) = place(api)
    (found,) = told(api.get("/payments", order=placed["number"]))["items"]
    assert found["amount"] == placed["totals"]["total"]
    assert found["order"] == placed["number"]
    problem(api.get("/payments", order="WEB-0"), 404, "not-found")


def test_the_ledger_shows_the_opening_and_balances(world: World, api: Caller) -> None:
    entries = told(api.get("/ledger/journal"))["entries"]
    assert {entry["event"] for entry in entries} == {"opening_stock"}
    balance = told(api.get("/ledger/trial-balance"))
    assert balance["debit"] == balance["credit"] != "0.00"


def test_the_journal_is_paged_to_its_end(world: World, api: Caller) -> None:
    whole = [entry["id"] for entry in told(api.get("/ledger/journal"))["entries"]]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = told(api.get("/ledger/journal", limit=1, cursor=cursor))
        seen += [entry["id"] for entry in page["entries"]]
        cursor = page["next"]
    assert seen == whole
    assert len(whole) == 2
