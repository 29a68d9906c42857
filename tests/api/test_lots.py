"""Lots by the API: received, sent and received again between locations, looked up, recalled."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.invariants import disagreements
from fulfillment import floor
from inventory.holdings.lots import close_lot, track
from inventory.models import Lot, Movement
from inventory.services import adjust
from tests.api.client import Caller, problem, told
from tests.factories.holdings import lying
from tests.factories.orders import PICKER, released, shipped
from tests.factories.transfers import drafted
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
DAY, LATER = (date.today() + timedelta(days=days) for days in (90, 120))


@pytest.fixture
def world(db: None) -> World:
    """Candles ask for their lot and its last day; there are none yet."""
    world = small_world(stock=10, store_stock=0)
    adjust(world.variants[CANDLE].pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    track(world.variants[CANDLE].pk, expiry=True, actor=SYSTEM)
    return world


def line(sku: str = CANDLE, quantity: int = 4, code: str = "", day: date | None = None, **more: Any) -> dict[str, Any]:
    lot = {"code": code} | ({"expires_on": day.isoformat()} if day else {})
    return {"sku": sku, "quantity": quantity} | ({"lot": lot} if code else {}) | more


def receive(api: Caller, *lines: dict[str, Any], **more: Any) -> Any:
    return api.post("/inventory/receipts", {"location": "DC-LYON", "lines": list(lines)} | more)


def stocked(api: Caller) -> None:
    told(receive(api, line(code="l-1", day=DAY), line(code="L-2", day=LATER, quantity=6), vendor="ACME"), 201)


def test_goods_are_received_with_their_lots(world: World, api: Caller) -> None:
    found = told(receive(api, line(code="l-1", day=DAY), line(MUG, 2, condition="damaged"), note="DN 1"), 201)
    assert found["items"] == [
        {"sku": CANDLE, "quantity": 4, "condition": "sellable", "lot": "L-1"},
        {"sku": MUG, "quantity": 2, "condition": "damaged", "lot": ""},
    ]
    close_lot(Lot.objects.get().pk, reason="a smell", actor=SYSTEM)
    again = told(receive(api, line(code="L-1", quantity=3)), 201)
    assert again["items"][0]["condition"] == "quarantine", "its last day is known, and it is not sold"
    assert lying(world.warehouse) == {(CANDLE, "quarantine", "", "L-1"): 7}
    assert disagreements() == []


@pytest.mark.parametrize(
    ("wrong", "loc"),
    [
        (line(), ["lines", 1, "lot"]),
        (line(code="L-9"), ["lines", 1, "lot", "expires_on"]),
        (line(code="é", day=DAY), ["lines", 1, "lot", "code"]),
        (line(MUG, 1, code="L-1"), ["lines", 1, "lot", "code"]),
        (line("NO-SUCH"), ["lines", 1, "sku"]),
        (line(MUG, 0), ["lines", 1, "quantity"]),
    ],
)
def test_a_line_that_makes_no_sense_is_named_and_nothing_is_received(
    world: World, api: Caller, wrong: dict[str, Any], loc: list[Any]
) -> None:
    before = Movement.objects.count()
    found = problem(receive(api, line(code="L-1", day=DAY), wrong), 422, "invalid")
    assert found["errors"][0]["loc"] == loc
    assert Movement.objects.count() == before
    assert not Lot.objects.filter(code="L-1").exists()


def test_a_transfer_is_sent_and_received_by_lot(world: World, api: Caller) -> None:
    stocked(api)
    transfer = drafted(world.warehouse, world.store, {CANDLE: 5, MUG: 2})
    lots = [{"lot": "L-2", "quantity": 2}]
    body = {"lines": [{"sku": CANDLE, "quantity": 5, "lots": lots}, {"sku": MUG, "quantity": 2}]}
    first, again = (told(api.post(f"/transfers/{transfer.number}/send", body, key="t1")) for _ in range(2))
    assert first == again
    assert first["lines"][0]["lots_in_transit"] == [
        {"lot": "L-1", "quantity": 3, "expires_on": DAY.isoformat()},
        {"lot": "L-2", "quantity": 2, "expires_on": LATER.isoformat()},
    ]
    came = {"lines": [{"sku": CANDLE, "quantity": 1, "damaged": 1, "lots": [{"lot": "L-2", "damaged": 1}]}]}
    found = told(api.post(f"/transfers/{transfer.number}/receive", came))
    assert (found["status"], found["lines"][0]["in_transit"]) == ("partly_received", 3)
    assert lying(world.store) == {(CANDLE, "sellable", "", "L-1"): 1, (CANDLE, "damaged", "", "L-2"): 1}
    (listed,) = told(api.get("/transfers", target="SHOP-PARIS", status="partly_received"))["items"]
    assert listed == found
    problem(api.post(f"/transfers/{transfer.number}/send", body), 409, "conflict")
    problem(api.post("/transfers/TR-0/send", body), 404, "not-found")
    assert disagreements() == []


@pytest.mark.parametrize(
    ("lines", "loc"),
    [
        ([{"sku": "NO-SUCH", "quantity": 1}], ["lines", 0, "sku"]),
        ([{"sku": CANDLE, "quantity": 1}, {"sku": CANDLE, "quantity": 1}], ["lines", 1, "sku"]),
        ([{"sku": CANDLE, "quantity": 1, "lots": [{"lot": "L-1", "quantity": 2}]}], ["lines", 0, "lots"]),
        ([{"sku": CANDLE, "quantity": 2, "lots": [{"lot": "L-1", "quantity": 1}] * 2}], ["lines", 0, "lots"]),
    ],
)
def test_a_transfer_of_what_makes_no_sense_is_refused_by_its_line(
    world: World, api: Caller, lines: list[Any], loc: list[Any]
) -> None:
    transfer = drafted(world.warehouse, world.store, {CANDLE: 5})
    found = problem(api.post(f"/transfers/{transfer.number}/send", {"lines": lines}), 422, "invalid")
    assert found["errors"][0]["loc"] == loc


def test_lots_tell_where_their_units_are(world: World, api: Caller) -> None:
    stocked(api)
    transfer = drafted(world.warehouse, world.store, {CANDLE: 3})
    told(api.post(f"/transfers/{transfer.number}/send", {"lines": [{"sku": CANDLE, "quantity": 3}]}))
    (found,) = told(api.get("/lots", sku=CANDLE, lot="l-1"))["items"]
    assert (found["lot"], found["state"], found["expires_on"], found["vendor"]) == ("L-1", "open", str(DAY), "ACME")
    assert found["places"] == [{"location": "DC-LYON", "condition": "sellable", "quantity": 1, "bins": []}]
    assert found["in_transit"] == [{"transfer": transfer.number, "to": "SHOP-PARIS", "quantity": 3}]
    assert told(api.get("/lots", state="quarantined"))["items"] == []
    first = told(api.get("/lots", sku=CANDLE, limit=1))
    assert len(told(api.get("/lots", sku=CANDLE, cursor=first["next"]))["items"]) == 1
    problem(api.get("/lots", sku="NO-SUCH"), 422, "invalid")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            api.get("/lots")
        counts.append(len(asked))
        told(receive(api, line(code=f"M-{len(counts)}", day=DAY)), 201)
    assert counts[0] == counts[1]


def test_a_recall_lists_every_order_that_has_units_of_a_lot(world: World, api: Caller) -> None:
    stocked(api)
    gone, _parcel = shipped({CANDLE: 2})
    kept, (work,) = released({CANDLE: 1})
    floor.pick_all([work], actor=PICKER)
    lot = Lot.objects.get(code="L-1")
    found = told(api.get(f"/lots/{lot.pk}/orders"))["items"]
    assert [(row["order"], row["quantity"], row["sent"]) for row in found] == [
        (gone.number, 2, True),
        (kept.number, 1, False),
    ]
    assert found[0]["tracking_number"] and found[0]["email"]
    problem(api.get("/lots/0190a1b2-0000-7000-8000-000000000000/orders"), 404, "not-found")
