"""What fulfilment does when something below it happened."""

from uuid import UUID

from core.actors import SYSTEM
from core.db import rows
from core.outbox import Delivered, subscribe
from fulfillment import (
    backorders,
    floor,
    keeping,
    labelling,
    lots,
    release,
    shipping,
    shortfalls,
    tracking_events,
    walking,
)
from fulfillment.expected import expect_again
from fulfillment.planning import VIRTUAL
from fulfillment.routing import route
from inventory.counts import hands

hands.add(walking.picked)


# Outside a transaction: sourcing decides before any lock is taken, and `route` owns its transaction. A repeat finds
# nothing reserved and does nothing.
@subscribe("order.ready", "fulfillment.route", outside=True)
def route_ready_orders(events: list[Delivered]) -> None:
    """Orders that nothing holds are routed."""
    route([event.about for event in events], actor=SYSTEM)


@subscribe("fulfillment_order.planned", "fulfillment.release")
def release_planned_work(events: list[Delivered]) -> None:
    """The policy of every location so far: work is released at once. What was cancelled meanwhile is left alone."""
    ids = _in_state(events, "planned")
    if ids:
        release.release(ids, actor=SYSTEM)


@subscribe("stock.short", "fulfillment.cover_shortfall", outside=True)
def cover_shortfalls(events: list[Delivered]) -> None:
    """A place has fewer units than it has promised."""
    for stock_id in sorted({event.about for event in events}):
        shortfalls.cover(stock_id, actor=SYSTEM)


@subscribe("lot.short", "fulfillment.take_missing_out", outside=True)
@subscribe("lot.closed", "fulfillment.take_lot_out", outside=True)
def take_lots_out(events: list[Delivered]) -> None:
    """A lot is not sold any more, or fewer units of it lie there than are picked: these come out of open work."""
    for lot_id in sorted({event.about for event in events}):
        lots.put_back(lot_id, actor=SYSTEM)


_OF_STOCK = "SELECT DISTINCT variant_id FROM inventory_stock WHERE id = ANY(%(ids)s) ORDER BY variant_id"
_OF_SUPPLY = "SELECT DISTINCT variant_id FROM inventory_supply WHERE id = ANY(%(ids)s) ORDER BY variant_id"


@subscribe("stock.risen", "fulfillment.serve_backorders", outside=True)
def serve_backorders(events: list[Delivered]) -> None:
    """More is free of something that somebody waits for."""
    ids = [event.about for event in events]
    backorders.serve([row.variant_id for row in rows(_OF_STOCK, {"ids": ids})], actor=SYSTEM)


@subscribe("supply.arrived", "fulfillment.take_up_backorders", outside=True)
def take_up_backorders(events: list[Delivered]) -> None:
    """Units that were waited for are reserved."""
    ids = [event.about for event in events]
    backorders.take_up([row.variant_id for row in rows(_OF_SUPPLY, {"ids": ids})], actor=SYSTEM)


@subscribe("supply.changed", "fulfillment.expect_again_changed", outside=True)
@subscribe("supply.waits_changed", "fulfillment.expect_again", outside=True)
def expect_backorders_again(events: list[Delivered]) -> None:
    """When units that somebody waits for are expected has changed."""
    expect_again({UUID(demand) for event in events for demand in event.payload["demands"]}, actor=SYSTEM)


@subscribe("order.stock_wanted", "fulfillment.ask_for_stock_again", outside=True)
def ask_for_stock_again(events: list[Delivered]) -> None:
    """Nothing holds these orders any more, and their stock was let go while something did."""
    keeping.ask_again(sorted({event.about for event in events}), actor=SYSTEM)


@subscribe("shipment.label_wanted", "fulfillment.book_labels", outside=True, queue="providers")
def book_wanted_labels(events: list[Delivered]) -> None:
    """Carriers that are asked over a network; one that fails is asked again with the delivery."""
    labelling.book([UUID(event.payload["shipment_id"]) for event in events], actor=SYSTEM)


# Also when a hold has ended: what was held is left alone here, and nobody on the floor would take it up again.
@subscribe("order.ready", "fulfillment.resume_virtual")
@subscribe("fulfillment_order.released", "fulfillment.complete_virtual")
def complete_virtual_work(events: list[Delivered]) -> None:
    """What is not made of goods needs no hands: it is delivered as soon as it is released and nothing holds it."""
    ids = [row.id for row in rows(_VIRTUAL, {"orders": [event.about for event in events], "method": VIRTUAL})]
    if ids:
        floor.pick_all(ids, actor=SYSTEM)
        floor.pack(ids, actor=SYSTEM)
        tracking_events.deliver(shipping.ship(ids, actor=SYSTEM), actor=SYSTEM)


_VIRTUAL = """
SELECT f.id FROM fulfillment_fulfillmentorder f
WHERE f.order_id = ANY(%(orders)s) AND f.status = 'released' AND f.method = %(method)s
  AND NOT EXISTS (SELECT FROM orders_hold h WHERE h.order_id = f.order_id AND h.status = 'open')
ORDER BY f.id
"""


def _in_state(events: list[Delivered], state: str) -> list[UUID]:
    found = rows(
        "SELECT id FROM fulfillment_fulfillmentorder WHERE id = ANY(%(ids)s) AND status = %(state)s ORDER BY id",
        {"ids": [UUID(event.payload["fulfillment_order_id"]) for event in events], "state": state},
    )
    return [row.id for row in found]
