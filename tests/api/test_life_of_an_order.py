"""An order's whole life through the API alone, with the books straight at its end."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.invariants import disagreements
from core.models import Delivery
from core.outbox import drain
from fulfillment.models import TrackingEvent
from tests.api.client import Caller, problem, told
from tests.factories.world import CANDLE, MUG, VASE, World, order_body


def work_of(api: Caller, number: str) -> list[Any]:
    """The order's fulfilment orders."""
    found: list[Any] = told(api.get("/fulfillment-orders", order=number))["items"]
    return found


def settle() -> None:
    """Everything that is due happens, and nothing of it fails."""
    drain()
    failed = Delivery.objects.exclude(error="").values_list("handler", "error")
    assert list(failed) == []


def placed(api: Caller, **body: Any) -> str:
    """A sound order, routed and released."""
    number: str = told(api.post("/orders", order_body(**body)), 201)["number"]
    settle()
    return number


def shipped(api: Caller, number: str) -> list[Any]:
    """Everything of an order is accepted, picked, packed and shipped; its parcels."""
    parcels = []
    for work in work_of(api, number):
        for step in ("accept", "pick", "pack", "ship"):
            done = told(api.post(f"/fulfillment-orders/{work['id']}/{step}"))
        assert done["status"] == "shipped"
        parcels += done["shipments"]
    settle()
    return parcels


def carrier_says(api: Caller, parcel: dict[str, Any], status: str, minutes: int) -> Any:
    """A carrier's event, so many minutes after the parcel left."""
    at = timezone.now() + timedelta(minutes=minutes)
    body = {"status": status, "at": at.isoformat(), "location": "Lyon"}
    return told(api.post(f"/shipments/{parcel['id']}/events", body), 201)


def test_from_placing_to_delivery(world: World, api: Caller) -> None:
    lines = [{"sku": MUG, "quantity": 2}, {"sku": CANDLE, "quantity": 3, "discount": "1.00"}]
    number = placed(api, lines=lines)

    (work,) = work_of(api, number)
    assert work["status"] == "released"
    assert [(line["sku"], line["quantity"]) for line in work["lines"]] == [(MUG, 2), (CANDLE, 3)]

    (parcel,) = shipped(api, number)
    order = told(api.get(f"/orders/{number}"))
    assert order["status"] == "shipped"
    assert [line["quantities"]["shipped"] for line in order["lines"]] == [2, 3]
    assert order["shipments"][0]["tracking_number"] == parcel["tracking_number"]

    assert carrier_says(api, parcel, "InTransit", 1)["status"] == "in_transit"
    assert carrier_says(api, parcel, "OutForDelivery", 2)["status"] == "out_for_delivery"
    assert carrier_says(api, parcel, "Delivered", 3)["status"] == "delivered"
    settle()
    assert carrier_says(api, parcel, "InTransit", 1)["status"] == "delivered"

    order = told(api.get(f"/orders/{number}"))
    assert order["status"] in ("delivered", "completed")
    assert [line["quantities"]["delivered"] for line in order["lines"]] == [2, 3]
    assert disagreements() == []


def test_a_bank_transfer_order_is_completed_when_it_is_delivered(world: World, api: Caller) -> None:
    number = placed(api, payments=[{"tender": "bank_transfer", "amount": "28.90"}])
    (parcel,) = shipped(api, number)
    carrier_says(api, parcel, "Delivered", 1)
    settle()
    assert told(api.get(f"/orders/{number}"))["status"] == "completed"
    (payment,) = told(api.get("/payments", order=number))["items"]
    assert payment["status"] == "captured"
    assert payment["captured"] == "28.90"
    assert disagreements() == []


def test_the_ledger_tells_the_sale(world: World, api: Caller) -> None:
    number = placed(api)
    shipped(api, number)
    events = {entry["event"] for entry in told(api.get("/ledger/journal"))["entries"]}
    assert len(events) >= 3
    balance = told(api.get("/ledger/trial-balance"))
    assert balance["debit"] == balance["credit"]


def test_units_are_picked_line_by_line_and_never_too_many(world: World, api: Caller) -> None:
    number = placed(api, lines=[{"sku": MUG, "quantity": 2}, {"sku": VASE, "quantity": 1}])
    (work,) = work_of(api, number)
    mug, vase = (line["id"] for line in work["lines"])
    path = f"/fulfillment-orders/{work['id']}"

    done = told(api.post(f"{path}/pick", {"lines": [{"id": mug, "quantity": 1}]}))
    assert [line["picked"] for line in done["lines"]] == [1, 0]
    problem(api.post(f"{path}/pick", {"lines": [{"id": mug, "quantity": 2}]}), 409, "conflict")
    problem(api.post(f"{path}/pack"), 409, "conflict")
    told(api.post(f"{path}/pick", {"lines": [{"id": mug, "quantity": 1}, {"id": vase, "quantity": 1}]}))
    told(api.post(f"{path}/pack"))
    done = told(api.post(f"{path}/ship", {"carrier": "postal", "tracking_number": "TEST-123"}))
    assert done["shipments"][0]["tracking_number"] == "TEST-123"
    assert disagreements() == []


def test_a_tracking_number_belongs_to_one_parcel(world: World, api: Caller) -> None:
    for expected in (200, 409):
        (work,) = work_of(api, placed(api))
        path = f"/fulfillment-orders/{work['id']}"
        told(api.post(f"{path}/pick"))
        told(api.post(f"{path}/pack"))
        response = api.post(f"{path}/ship", {"tracking_number": "TEST-123"})
        assert response.status_code == expected
    problem(response, 409, "conflict")
    assert disagreements() == []


def test_a_line_of_another_order_cannot_be_picked(world: World, api: Caller) -> None:
    (work,) = work_of(api, placed(api))
    (other,) = work_of(api, placed(api))
    body = {"lines": [{"id": other["lines"][0]["id"], "quantity": 1}]}
    found = problem(api.post(f"/fulfillment-orders/{work['id']}/pick", body), 422, "invalid")
    assert found["errors"][0]["loc"] == ["lines", 0, "id"]


SOMETHING = "0190a1b2-0000-7000-8000-000000000000"
NOT_PICKED: list[tuple[Any, list[Any]]] = [
    ({"lines": []}, ["lines"]),
    ({"lines": [{"id": "x", "quantity": 1}]}, ["lines", 0, "id"]),
    ({"lines": [{"id": SOMETHING, "quantity": 0}]}, ["lines", 0, "quantity"]),
    ({"lines": [{"id": SOMETHING, "quantity": True}]}, ["lines", 0, "quantity"]),
    ({"lines": [{"id": SOMETHING, "quantity": 1}]}, ["lines", 0, "id"]),
    ({"lines": 5}, ["lines"]),
    ({"colour": 1}, ["colour"]),
    ([], []),
]


def test_what_cannot_be_picked_is_refused_by_field(world: World, api: Caller) -> None:
    (work,) = work_of(api, placed(api))
    for body, loc in NOT_PICKED:
        found = problem(api.post(f"/fulfillment-orders/{work['id']}/pick", body), 422, "invalid")
        assert loc in [error["loc"] for error in found["errors"]]
    assert work_of(api, work["order"]) == [work]


def test_a_held_order_waits_until_it_is_released(world: World, api: Caller) -> None:
    number = told(api.post("/orders", order_body()), 201)["number"]
    held = told(api.post(f"/orders/{number}/holds", {"kind": "manual", "note": "call back"}), 201)
    (hold,) = held["holds"]
    settle()
    assert work_of(api, number) == []

    assert told(api.post(f"/holds/{hold['id']}/release", {"note": "all right"}))["status"] == "resolved"
    problem(api.post(f"/holds/{hold['id']}/release"), 409, "conflict")
    settle()
    assert len(work_of(api, number)) == 1
    assert disagreements() == []


def test_a_hold_of_a_kind_is_opened_once(world: World, api: Caller) -> None:
    number = told(api.post("/orders", order_body()), 201)["number"]
    told(api.post(f"/orders/{number}/holds", {"kind": "address"}), 201)
    problem(api.post(f"/orders/{number}/holds", {"kind": "address"}), 409, "conflict")


def test_a_card_order_waits_for_its_payment(world: World, api: Caller) -> None:
    payments = [{"tender": "card", "amount": "28.90", "token": "tok_visa"}]
    order = told(api.post("/orders", order_body(payments=payments)), 201)
    assert order["status"] == "on_hold"
    assert [hold["kind"] for hold in order["holds"]] == ["payment"]
    assert [(p["tender"], p["status"]) for p in order["payments"]] == [("card", "pending")]
    assert "tok_visa" not in str(order)


def test_an_unknown_kind_of_hold_is_refused(world: World, api: Caller) -> None:
    number = placed(api)
    found = problem(api.post(f"/orders/{number}/holds", {"kind": "mood"}), 422, "invalid")
    assert found["errors"][0]["loc"] == ["kind"]


def test_a_price_below_the_list_is_taken_under_a_hold(world: World, api: Caller) -> None:
    order = told(api.post("/orders", order_body(lines=[{"sku": MUG, "quantity": 1, "unit_price": "1.00"}])), 201)
    assert order["status"] == "on_hold"
    assert [hold["kind"] for hold in order["holds"]] == ["price"]


def test_a_part_and_then_the_rest_are_cancelled(world: World, api: Caller) -> None:
    number = placed(api, lines=[{"sku": MUG, "quantity": 3}])
    (line,) = told(api.get(f"/orders/{number}"))["lines"]

    body = {"reason": "too many", "lines": [{"id": line["id"], "quantity": 1}]}
    order = told(api.post(f"/orders/{number}/cancel", body))
    assert order["lines"][0]["quantities"]["cancelled"] == 1
    settle()
    order = told(api.post(f"/orders/{number}/cancel", {"reason": "changed their mind"}))
    settle()
    assert order["status"] == "cancelled"
    problem(api.post(f"/orders/{number}/cancel", {"reason": "again"}), 409, "conflict")
    (stock,) = told(api.get("/inventory", location="DC-LYON", sku=MUG))["items"]
    assert stock["available"] == 100
    assert disagreements() == []


def test_a_line_of_another_order_cannot_be_cancelled(world: World, api: Caller) -> None:
    number, other = placed(api), placed(api)
    line = told(api.get(f"/orders/{other}"))["lines"][0]["id"]
    body = {"reason": "mistake", "lines": [{"id": line, "quantity": 1}]}
    found = problem(api.post(f"/orders/{number}/cancel", body), 422, "invalid")
    assert found["errors"][0]["loc"] == ["lines", 0, "id"]


def test_what_has_left_cannot_be_cancelled(world: World, api: Caller) -> None:
    number = placed(api)
    shipped(api, number)
    found = problem(api.post(f"/orders/{number}/cancel", {"reason": "too late"}), 409, "conflict")
    assert "shipped" in found["detail"]


def test_a_parcel_that_has_not_left_hears_nothing_from_its_carrier(world: World, api: Caller) -> None:
    (work,) = work_of(api, placed(api))
    told(api.post(f"/fulfillment-orders/{work['id']}/pick"))
    (parcel,) = told(api.post(f"/fulfillment-orders/{work['id']}/pack"))["shipments"]
    body = {"status": "Delivered", "at": timezone.now().isoformat()}
    problem(api.post(f"/shipments/{parcel['id']}/events", body), 409, "conflict")


ODD_EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"status": "Teleported"}, "status"),
    ({"at": "2026-11-23T10:00:00"}, "at"),
    ({"at": "2999-01-01T00:00:00Z"}, "at"),
    ({"at": [1]}, "at"),
    ({"at": "1e400"}, "at"),
    ({"detail": "x" * 10_000}, "detail"),
    ({"location": "a\x00"}, "location"),
    ({"colour": 1}, "colour"),
]


def test_an_odd_carrier_event_is_refused_by_field(world: World, api: Caller) -> None:
    (parcel,) = shipped(api, placed(api))
    for change, field in ODD_EVENTS:
        body = {"status": "InTransit", "at": timezone.now().isoformat(), **change}
        found = problem(api.post(f"/shipments/{parcel['id']}/events", body), 422, "invalid")
        assert [field] in [error["loc"] for error in found["errors"]]
    assert not TrackingEvent.objects.filter(shipment=parcel["id"]).exists()


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": 10**30}, "quantity"),
        ({"reason": ""}, "reason"),
        ({"reason": " "}, "reason"),
        ({"location": "NOWHERE"}, "location"),
        ({"sku": "NOTHING"}, "sku"),
        ({"note": "x" * 10_000}, "note"),
        ({"on_hand": 5}, "on_hand"),
    ],
)
def test_an_odd_correction_of_stock_is_refused_by_field(
    world: World, api: Caller, change: dict[str, Any], loc: str
) -> None:
    body = {"location": "DC-LYON", "sku": MUG, "quantity": -1, "reason": "damaged", **change}
    found = problem(api.post("/inventory/adjustments", body), 422, "invalid")
    assert [loc] in [error["loc"] for error in found["errors"]]


def test_more_cannot_be_taken_off_than_is_there(world: World, api: Caller) -> None:
    body = {"location": "DC-LYON", "sku": MUG, "quantity": -101, "reason": "damaged"}
    problem(api.post("/inventory/adjustments", body), 409, "conflict")
    assert disagreements() == []


def delivered(api: Caller, **body: Any) -> Any:
    """An order that has arrived."""
    number = placed(api, **body)
    for parcel in shipped(api, number):
        carrier_says(api, parcel, "Delivered", 1)
    settle()
    return told(api.get(f"/orders/{number}"))


def test_goods_come_back_and_are_credited_to_the_cent(world: World, api: Caller) -> None:
    order = delivered(
        api, lines=[{"sku": MUG, "quantity": 3}], payments=[{"tender": "bank_transfer", "amount": "40.90"}]
    )
    line = order["lines"][0]["id"]

    wanted = {"order": order["number"], "lines": [{"id": line, "quantity": 2, "reason": "too blue"}]}
    rma = told(api.post("/returns", wanted), 201)
    assert rma["status"] == "approved"
    problem(api.post("/returns", wanted), 422, "invalid")

    body = {"location": "DC-LYON", "lines": [{"id": line, "quantity": 2, "condition": "sellable"}]}
    back = told(api.post(f"/returns/{rma['rma']}/receive", body))
    settle()
    assert back["status"] == "received"
    assert back["credit"] == "24.00"
    assert back["lines"][0]["disposition"] == "restock"

    order = told(api.get(f"/orders/{order['number']}"))
    assert order["lines"][0]["quantities"]["returned"] == 2
    assert [r["rma"] for r in order["returns"]] == [rma["rma"]]
    assert order["payments"][0]["refunded"] == "24.00"
    (stock,) = told(api.get("/inventory", location="DC-LYON", sku=MUG))["items"]
    assert stock["available"] == 99
    assert disagreements() == []


def test_a_damaged_unit_is_credited_and_kept_from_sale(world: World, api: Caller) -> None:
    order = delivered(api)
    line = order["lines"][0]["id"]
    rma = told(api.post("/returns", {"order": order["number"], "lines": [{"id": line, "quantity": 1}]}), 201)["rma"]
    body = {"lines": [{"id": line, "quantity": 1, "condition": "damaged"}]}
    told(api.post(f"/returns/{rma}/receive", body))
    settle()
    (stock,) = told(api.get("/inventory", location="DC-LYON", sku=MUG))["items"]
    assert (stock["damaged"], stock["available"]) == (1, 98)
    assert told(api.get(f"/returns/{rma}"))["lines"][0]["condition"] == "damaged"
    assert len(told(api.get("/returns", order=order["number"], status="received"))["items"]) == 1
    assert disagreements() == []


NOT_RETURNED: list[tuple[dict[str, Any], str]] = [
    ({"quantity": 3}, "quantity"),
    ({"quantity": 0}, "quantity"),
    ({"quantity": 0.5}, "quantity"),
    ({"id": SOMETHING}, "id"),
    ({"id": "mine"}, "id"),
    ({"credit": "100.00"}, "credit"),
    ({"reason": "x" * 10_000}, "reason"),
]


def test_what_cannot_be_returned_is_refused_by_field(world: World, api: Caller) -> None:
    order = delivered(api)
    for change, field in NOT_RETURNED:
        line = {"id": order["lines"][0]["id"], "quantity": 1, **change}
        found = problem(api.post("/returns", {"order": order["number"], "lines": [line]}), 422, "invalid")
        assert ["lines", 0, field] in [error["loc"] for error in found["errors"]]
    assert told(api.get("/returns"))["items"] == []


def test_nothing_comes_back_that_was_not_authorised(world: World, api: Caller) -> None:
    order, other = delivered(api), delivered(api)
    line = {"id": order["lines"][0]["id"], "quantity": 1}
    rma = told(api.post("/returns", {"order": order["number"], "lines": [line]}), 201)["rma"]
    for wrong, field in (({**line, "quantity": 2}, "quantity"), ({**line, "id": other["lines"][0]["id"]}, "id")):
        found = problem(api.post(f"/returns/{rma}/receive", {"lines": [wrong]}), 422, "invalid")
        assert found["errors"][0]["loc"] == ["lines", 0, field]
    problem(api.post(f"/returns/{rma}/receive", {"location": "NOWHERE"}), 422, "invalid")
    problem(api.post("/returns/RMA-0/receive"), 404, "not-found")


def test_an_unknown_order_cannot_be_returned(world: World, api: Caller) -> None:
    line = {"id": "0190a1b2-0000-7000-8000-000000000000", "quantity": 1}
    found = problem(api.post("/returns", {"order": "WEB-0", "lines": [line]}), 422, "invalid")
    assert found["errors"][0]["loc"] == ["order"]
