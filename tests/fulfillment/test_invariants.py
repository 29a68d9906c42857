"""A planted fault in work, parcels or returns is found and named."""

import pytest

from core.actors import SYSTEM
from core.db import run
from core.invariants import disagreements
from fulfillment.tracking_events import deliver
from orders.models import OrderLine
from returns.services import Back, ReturnInput, receive_and_credit
from tests.factories.orders import packed, placed, released, shipped
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db

FAULTS = {
    "UPDATE inventory_stock SET allocated = allocated + 1 WHERE on_hand = 98": "allocated stock is what the open work",
    "UPDATE orders_orderline SET packed = 0, picked = packed WHERE packed > 0": "the buckets of a line are what",
    "UPDATE fulfillment_fulfillmentline SET picked = 0, cancelled = 1 WHERE picked > 0": "the buckets of a line are what",
    "UPDATE fulfillment_shipmentline SET quantity = quantity + 1 WHERE start = 0": "shipped and delivered units are those",
    "UPDATE fulfillment_shipment SET status = 'voided' WHERE status = 'labelled'": "work and its parcel agree",
    "UPDATE fulfillment_shipment SET cost = cost + 1": "every parcel that left is in the ledger",
    "UPDATE orders_orderline SET net = net - 1, tax = tax + 1.03 WHERE delivered > 0": "every parcel that left is in the ledger",
    "UPDATE fulfillment_shipmentline SET start = 1 WHERE start = 0": "the units of a line are numbered once as they leave",
    "UPDATE orders_orderline SET returned = returned + 1 WHERE shipped > returned": "returned units are those of received",
    "UPDATE returns_returnline SET start = 1": "the units of a line are numbered once as they come back",
    "UPDATE returns_returnline SET net = net + 0.01": "every received return is in the ledger",
    "UPDATE returns_returnline SET quantity = quantity + 1": "returned goods are in the stock movements",
    "UPDATE core_event SET dispatched_at = now() WHERE kind = 'order.ready'": "every order that waits for routing",
}


@pytest.mark.parametrize(("fault", "found_by"), FAULTS.items(), ids=FAULTS.values())
def test_a_planted_fault_is_found(fault: str, found_by: str) -> None:
    world = small_world(tender="bank_transfer")
    waiting = placed({MUG: 1})
    run("UPDATE orders_order SET updated_at = now() - interval '1 hour' WHERE id = %(id)s", {"id": waiting.id})
    released({MUG: 1})
    packed({MUG: 1})
    order, parcels = shipped({MUG: 2})
    deliver(parcels, actor=SYSTEM)
    line = OrderLine.objects.get(order=order)
    back = ReturnInput(order.id, [Back(line.id, 1)])
    receive_and_credit([back], actor=SYSTEM, location_id=world.store.id)
    assert disagreements() == []
    assert run(fault).rowcount > 0
    assert any(found_by in sentence for sentence in disagreements())
