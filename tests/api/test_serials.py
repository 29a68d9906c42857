"""Serial numbers by the API: received, picked, sent, found and brought back."""

from typing import Any

import pytest

from core.actors import SYSTEM
from core.invariants import disagreements
from fulfillment import floor
from fulfillment.models import Shipment
from integrations.services import create_api_key
from inventory.models import Movement, SerialNumber
from inventory.serials.gone import mark_gone
from orders.models import OrderLine
from tests.api.client import Caller, problem, told
from tests.factories.orders import PICKER, released
from tests.factories.serials import asked_of, lying, registered, sent_by_number, serial
from tests.factories.world import MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    """Vases ask for their numbers."""
    world = small_world(stock=10, store_stock=0)
    asked_of(world.variants[VASE])
    return world


def receive(api: Caller, *lines: dict[str, Any]) -> Any:
    return api.post("/inventory/receipts", {"location": "DC-LYON", "lines": list(lines)})


def test_goods_are_received_with_their_numbers(world: World, api: Caller) -> None:
    told(receive(api, {"sku": VASE, "quantity": 3, "serials": ["v-1", "V-2"]}, {"sku": MUG, "quantity": 1}), 201)
    assert lying("V-1") == lying("V-2") == ("here", "DC-LYON")


@pytest.mark.parametrize(
    ("serials", "sku", "loc"),
    [
        (["N-1", "n-1"], VASE, ["lines", 1, "serials", 1]),
        (["N-1", "V-1"], VASE, ["lines", 1, "serials", 1]),
        (["N 1"], VASE, ["lines", 1, "serials", 0]),
        (["N-1", "N-2", "N-3"], VASE, ["lines", 1, "serials"]),
        (["N-1"], MUG, ["lines", 1, "serials"]),
    ],
)
def test_a_number_that_cannot_be_is_named_and_nothing_is_received(
    world: World, api: Caller, serials: list[str], sku: str, loc: list[Any]
) -> None:
    registered(world.variants[VASE], world.warehouse, "V-1")
    before = Movement.objects.count()
    good = {"sku": VASE, "quantity": 1, "serials": ["G-1"]}
    found = problem(receive(api, good, {"sku": sku, "quantity": 2, "serials": serials}), 422, "invalid")
    assert found["errors"][0]["loc"] == loc
    assert Movement.objects.count() == before
    assert SerialNumber.objects.count() == 1


def test_units_are_picked_sent_and_brought_back_by_number(world: World, api: Caller) -> None:
    order, (work,) = released({VASE: 2})
    line = str(OrderLine.objects.get(order=order).pk)
    page = f"/fulfillment-orders/{work}"
    told(api.post(f"{page}/pick", {"lines": [{"id": line, "quantity": 1}]}))
    refused = problem(
        api.post(f"{page}/pick", {"lines": [{"id": line, "quantity": 1, "serials": ["a", "b"]}]}), 422, "invalid"
    )
    assert refused["errors"][0]["loc"] == ["lines", 0, "serials"]
    told(api.post(f"{page}/pick", {"lines": [{"id": line, "quantity": 1, "serials": ["v-1"]}]}))
    assert (
        f"1 unit of {VASE} has no serial number yet" in problem(api.post(f"{page}/pack", {}), 409, "conflict")["detail"]
    )
    floor.scan(work, "V-2", actor=PICKER, line_id=OrderLine.objects.get(order=order).pk)
    told(api.post(f"{page}/pack", {}))
    sent = told(api.post(f"{page}/ship", {}))
    assert sent["shipments"][0]["lines"][0]["serials"] == ["V-1", "V-2"]
    (found,) = told(api.get("/serials", code="v-1"))["items"]
    assert (found["state"], found["location"], found["order"]) == ("sent", None, order.number)
    assert found["tracking_number"] == sent["shipments"][0]["tracking_number"]
    made = told(api.post("/returns", {"order": order.number, "lines": [{"id": line, "quantity": 1}]}), 201)
    address = f"/returns/{made['rma']}/receive"
    body: dict[str, Any] = {"location": "DC-LYON", "lines": [{"id": line, "quantity": 1}]}
    asked = problem(api.post(address, body), 422, "invalid")
    assert asked["errors"][0]["loc"] == ["lines", 0, "serials"]
    assert "V-1, V-2" in asked["errors"][0]["msg"]
    body["lines"][0]["serials"] = ["V-9"]
    assert problem(api.post(address, body), 422, "invalid")["errors"][0]["loc"] == ["lines", 0, "serials", 0]
    body["lines"][0]["serials"] = ["V-2"]
    told(api.post(address, body))
    assert lying("V-2") == ("here", "DC-LYON")
    assert disagreements() == []


def test_work_picked_without_numbers_is_told_them_and_packed(world: World, api: Caller) -> None:
    order, (work,) = released({VASE: 2, MUG: 1})
    vase, mug = (str(order.lines.get(sku=sku).pk) for sku in (VASE, MUG))
    page = f"/fulfillment-orders/{work}"
    told(api.post(f"{page}/pick", {}))

    def refused(*lines: dict[str, Any]) -> list[Any]:
        errors = problem(api.post(f"{page}/serials", {"lines": list(lines)}), 422, "invalid")["errors"]
        loc: list[Any] = errors[0]["loc"]
        return loc

    assert refused({"id": vase, "serials": ["N-1", "N-2", "N-3"]}) == ["lines", 0, "serials"]
    assert refused({"id": vase, "serials": ["N-1"]}, {"id": mug, "serials": ["M-1"]}) == ["lines", 1, "serials"]
    assert refused({"id": vase, "serials": ["N-1"]}, {"id": str(work), "serials": ["N-2"]}) == ["lines", 1, "id"]
    assert refused({"id": vase, "serials": ["N-1"]}, {"id": vase, "serials": ["N-2"]}) == ["lines", 1, "id"]
    assert refused({"id": vase, "serials": ["N-1", "n-1"]}) == ["lines", 0, "serials", 1]
    assert SerialNumber.objects.count() == 0
    told(api.post(f"{page}/serials", {"lines": [{"id": vase, "serials": ["n-1", "N-2"]}]}))
    again = api.post(f"{page}/serials", {"lines": [{"id": vase, "serials": ["N-3"]}]})
    assert "are known already" in problem(again, 409, "conflict")["detail"]
    (parcel,) = told(api.post(f"{page}/pack", {}))["shipments"]
    assert parcel["lines"][0]["serials"] == ["N-1", "N-2"]
    closed = api.post(f"{page}/serials", {"lines": [{"id": vase, "serials": ["N-3"]}]})
    problem(closed, 409, "conflict")
    assert disagreements() == []


def test_the_number_of_the_parcel_is_told_to_keys_that_see_parcels(world: World) -> None:
    sent_by_number(world.variants[VASE], ["V-1"])

    def parcel(*scopes: str) -> str:
        key = create_api_key(" ".join(scopes), scopes, actor=SYSTEM)
        (found,) = told(Caller(key).get("/serials", code="V-1"))["items"]
        number: str = found["tracking_number"]
        return number

    assert parcel("stock.view") == ""
    assert parcel("stock.view", "fulfillment.view") == Shipment.objects.get().tracking_number


def test_units_are_looked_up_and_paged(world: World, api: Caller) -> None:
    registered(world.variants[VASE], world.warehouse, "V-1", "V-2")
    registered(world.variants[VASE], world.store, "V-3")
    mark_gone(serial("V-2").pk, reason="stolen", actor=SYSTEM)

    def codes(**query: str) -> list[str]:
        return [each["serial"] for each in told(api.get("/serials", **query))["items"]]

    assert codes(sku=VASE) == ["V-1", "V-2", "V-3"]
    assert codes(location="SHOP-PARIS") == ["V-3"]
    assert codes(state="gone") == ["V-2"]
    first = told(api.get("/serials", limit="2"))
    assert codes(limit="2", cursor=first["next"]) == ["V-3"]
    for wrong in ({"sku": "NO"}, {"location": "NO"}, {"state": "lost"}):
        problem(api.get("/serials", **wrong), 422, "invalid")
