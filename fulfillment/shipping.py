"""Ship: the goods leave, exactly once. Quantities, stock, ledger and the capture to be made change in one transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounting import journal, postings
from accounting.postings import Document, Goods, Sale
from core.actors import Actor
from core.days import company_day
from core.db import rows, run
from core.money import ZERO, quantise
from core.problems import Conflict, Invalid
from core.states import apply_many
from fulfillment import serials
from fulfillment.events import ShipmentShipped, publish_of
from fulfillment.locks import Orders, history, insist, lock_orders_of
from fulfillment.lots import leave
from fulfillment.models import FulfillmentOrder
from fulfillment.shares import added, part
from fulfillment.states import FULFILLMENT_ORDER
from inventory import services as inventory
from inventory.models import Location
from inventory.services import Out
from orders.quantities import Units, move
from orders.services import refresh
from payments.services import request_captures

LONGEST_NUMBER = 40
NO_LABEL = "A parcel has no label yet. Ask its carrier again, or give the tracking number of a label made by hand."


@dataclass(frozen=True, slots=True)
class Tracking:
    """How a parcel really travels, when it is not as it was labelled. Empty fields stay as they are."""

    carrier: str = ""
    service: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Units of a line that leave in a parcel. `row` is the order line with its money, `start` the units gone before."""

    row: Any
    quantity: int
    start: int
    is_new: bool = False


@dataclass(slots=True)
class Leaving:
    """A parcel on its way out, with what is in it."""

    row: Any
    order: Any
    contents: list[Content] = field(default_factory=list)

    def sale(self) -> Sale:
        """What the customer owes for it."""
        return added(part(c.row, c.start, c.quantity, self.order.currency) for c in self.contents)

    def goods(self, costs: Mapping[UUID, Decimal]) -> Goods:
        """Its stocked units and what they cost, by variant."""
        stocked = [c for c in self.contents if c.row.is_stocked]
        cost = sum((costs[c.row.variant_id] * c.quantity for c in stocked), ZERO)
        return Goods(self.row.location_id, sum(c.quantity for c in stocked), quantise(cost, "EUR"))


def ship(
    fulfillment_order_ids: Sequence[UUID],
    *,
    actor: Actor,
    at: datetime | None = None,
    tracking: Tracking | None = None,
) -> list[UUID]:
    """Hand packed parcels to their carriers. Those shipped before stay as they are; returns the shipments that left.

    `tracking` says how a single parcel really travels. Conflict for work that is not packed, was cancelled, or whose
    order is held.
    """
    at = at or timezone.now()
    with transaction.atomic():
        orders = lock_orders_of(fulfillment_order_ids)
        if tracking:
            _relabel(fulfillment_order_ids, tracking)
        moved = apply_many(
            FULFILLMENT_ORDER, FulfillmentOrder, fulfillment_order_ids, "ship", actor=actor, about="order_id", at=at
        )
        insist(FULFILLMENT_ORDER, fulfillment_order_ids, moved, "ship")
        if not moved:
            return []
        parcels = _load(moved, orders)
        if len(parcels) < len(moved):
            raise Conflict(NO_LABEL)
        _refuse_held({p.order.id for p in parcels})
        _leave(parcels, actor=actor, at=at)
        publish_of((_event(p) for p in parcels), history(orders))
        refresh(list({p.order.id for p in parcels}), actor=actor, at=at)
    return [p.row.id for p in parcels]


def _leave(parcels: Sequence[Leaving], *, actor: Actor, at: datetime) -> None:
    """All that is true once the goods are gone, in the order of the locks: quantities, stock, ledger and what is now owed."""
    _store(parcels, at)
    contents = [c for p in parcels for c in p.contents]
    move([Units(c.row.line_id, c.quantity) for c in contents if not c.is_new], "packed", "shipped")
    move([Units(c.row.line_id, c.quantity) for c in contents if c.is_new], "reserved", "shipped")
    of_lots = {p.row.work_id for p in parcels if any(c.row.tracks_lots for c in p.contents)}
    lots = leave(sorted(of_lots)) if of_lots else {}
    inventory.ship_out(
        [
            Out(
                c.row.variant_id,
                p.row.location_id,
                c.quantity,
                p.row.id,
                c.row.line_id,
                lots.get((p.row.work_id, c.row.line_id), ()),
            )
            for p in parcels
            for c in p.contents
            if c.row.is_stocked
        ],
        actor=actor,
        at=at,
    )
    if of_serials := {p.row.work_id: (p.order.number, p.row.tracking_number) for p in parcels if p.row.has_serials}:
        serials.leave(of_serials, actor=actor, at=at)
    sales = [(p, p.sale()) for p in parcels]
    costs = inventory.standard_costs(c.row.variant_id for c in contents)
    journal.post([entry for p, sale in sales for entry in _entries(p, sale, costs, at)], actor=actor)
    for is_history in (False, True):
        due = [(p.order.id, p.row.id, sale.total) for p, sale in sales if p.order.is_history is is_history]
        if due:
            request_captures(due, actor=actor, at=at, dispatched=is_history)


def _entries(parcel: Leaving, sale: Sale, costs: Mapping[UUID, Decimal], at: datetime) -> list[journal.Entry]:
    order, row = parcel.order, parcel.row
    document = Document(
        id=row.id,
        date=company_day(at),
        label=f"{order.number} {row.tracking_number}",
        about=order.id,
        currency=order.currency,
        fx_rate=order.fx_rate,
    )
    entries = [postings.goods_shipped(document, party=postings.order_party(order.number), sale=sale)]
    goods = parcel.goods(costs)
    if goods.quantity and row.location_kind == Location.Kind.VENDOR:
        entries.append(postings.drop_ship_cost(document, vendor=row.location_code, goods=[goods]))
    elif goods.quantity:
        entries.append(postings.cost_of_goods(document, goods=[goods]))
    entries.append(postings.carrier_cost(document, carrier=row.carrier, cost=row.cost))
    return entries


_PARCELS = """
SELECT s.id, s.order_id, s.carrier, s.tracking_number, s.cost, s.expected_on, f.location_id, f.id AS work_id,
       p.kind AS location_kind, p.code AS location_code,
       EXISTS (SELECT FROM fulfillment_fulfillmentline w JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id
               WHERE w.fulfillment_order_id = f.id) AS has_serials
FROM fulfillment_shipment s JOIN fulfillment_fulfillmentorder f ON f.id = s.fulfillment_order_id
JOIN inventory_location p ON p.id = f.location_id
WHERE f.id = ANY(%(ids)s) AND s.status = 'labelled' ORDER BY s.id
"""
_MONEY = """
l.id AS line_id, l.variant_id, l.is_stocked, l.quantity AS ordered, l.shipped, l.net, l.tax, l.freight_net,
l.freight_tax, v.tracks_lots
"""
_CONTENTS = f"""
SELECT c.shipment_id, c.quantity AS q, {_MONEY} FROM fulfillment_shipmentline c
JOIN orders_orderline l ON l.id = c.order_line_id JOIN catalog_variant v ON v.id = l.variant_id
WHERE c.shipment_id = ANY(%(ids)s) ORDER BY c.shipment_id, l.position
"""  # noqa: S608 - a constant
_RIDERS = f"""
SELECT l.order_id, l.reserved AS q, {_MONEY} FROM orders_orderline l JOIN catalog_variant v ON v.id = l.variant_id
WHERE l.order_id = ANY(%(orders)s) AND NOT l.is_stocked AND l.reserved > 0 ORDER BY l.order_id, l.position
"""  # noqa: S608 - a constant


def _load(fulfillment_order_ids: Sequence[UUID], orders: Orders) -> list[Leaving]:
    """The parcels with their contents; an order's non-stock lines go with its first one."""
    parcels = [Leaving(row, orders[row.order_id]) for row in rows(_PARCELS, {"ids": list(fulfillment_order_ids)})]
    by_id = {p.row.id: p for p in parcels}
    gone: dict[UUID, int] = defaultdict(int)
    for row in rows(_CONTENTS, {"ids": list(by_id)}):
        by_id[row.shipment_id].contents.append(Content(row, row.q, row.shipped + gone[row.line_id]))
        gone[row.line_id] += row.q
    first = {p.order.id: p for p in reversed(parcels)}
    for row in rows(_RIDERS, {"orders": list(first)}):
        first[row.order_id].contents.append(Content(row, row.q, row.shipped, is_new=True))
    return parcels


_LEFT = "UPDATE fulfillment_shipment SET status = 'shipped', shipped_at = %(at)s WHERE id = ANY(%(ids)s)"
_STARTS = """
UPDATE fulfillment_shipmentline c SET start = w.start
FROM unnest(%(shipments)s::uuid[], %(lines)s::uuid[], %(starts)s::int[]) AS w(shipment, line, start)
WHERE c.shipment_id = w.shipment AND c.order_line_id = w.line
"""
_NEW_LINES = """
INSERT INTO fulfillment_shipmentline (id, shipment_id, order_line_id, quantity, start)
SELECT gen_random_uuid(), w.* FROM unnest(%(shipments)s::uuid[], %(lines)s::uuid[], %(quantities)s::int[],
                                          %(starts)s::int[]) AS w
"""


def _store(parcels: Sequence[Leaving], at: datetime) -> None:
    run(_LEFT, {"at": at, "ids": [p.row.id for p in parcels]})
    pairs = [(p.row.id, c) for p in parcels for c in p.contents]
    for is_new, statement in ((False, _STARTS), (True, _NEW_LINES)):
        chosen = [(shipment_id, c) for shipment_id, c in pairs if c.is_new is is_new]
        if chosen:
            columns = {
                "shipments": [shipment_id for shipment_id, _ in chosen],
                "lines": [c.row.line_id for _, c in chosen],
                "starts": [c.start for _, c in chosen],
            }
            run(statement, columns | ({"quantities": [c.quantity for _, c in chosen]} if is_new else {}))


def _refuse_held(order_ids: set[UUID]) -> None:
    held = rows(
        "SELECT o.number, h.kind, h.opened_by FROM orders_hold h JOIN orders_order o ON o.id = h.order_id"
        " WHERE h.order_id = ANY(%(ids)s) AND h.status = 'open' ORDER BY o.number LIMIT 1",
        {"ids": list(order_ids)},
    )
    if held:
        kind = held[0].kind.replace("_", " ")
        raise Conflict(
            _("%(number)s is on hold (%(kind)s, by %(opened_by)s); it cannot be shipped now.")
            % {"number": held[0].number, "kind": kind, "opened_by": held[0].opened_by}
        )


def check_tracking(tracking: Tracking) -> None:
    """Invalid, naming the field, for what no label could say."""
    for name, text in (
        ("carrier", tracking.carrier),
        ("service", tracking.service),
        ("tracking_number", tracking.number),
    ):
        # A bar code holds nothing but ASCII.
        if len(text) > LONGEST_NUMBER or not (text.isascii() and text.isprintable()):
            raise Invalid.field(
                [name], _("must be at most %(longest_number)s plain characters") % {"longest_number": LONGEST_NUMBER}
            )


def _relabel(fulfillment_order_ids: Sequence[UUID], tracking: Tracking) -> None:
    if len(fulfillment_order_ids) != 1:
        raise Invalid.field(["tracking_number"], _("can be given for one parcel at a time only"))
    check_tracking(tracking)
    try:
        with transaction.atomic():
            run(
                """
                UPDATE fulfillment_shipment SET carrier = coalesce(nullif(%(carrier)s, ''), carrier),
                    service = coalesce(nullif(%(service)s, ''), service),
                    tracking_number = coalesce(nullif(%(number)s, ''), tracking_number)
                WHERE fulfillment_order_id = %(id)s AND status = 'labelled'
                """,
                {
                    "id": fulfillment_order_ids[0],
                    "carrier": tracking.carrier.strip(),
                    "service": tracking.service.strip(),
                    "number": tracking.number.strip(),
                },
            )
    except IntegrityError as error:
        raise Conflict(_("Another parcel has the tracking number %(number)s.") % {"number": tracking.number}) from error


def _event(parcel: Leaving) -> ShipmentShipped:
    row = parcel.row
    return ShipmentShipped(
        about=parcel.order.id,
        number=parcel.order.number,
        shipment_id=str(row.id),
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        expected_on=row.expected_on.isoformat() if row.expected_on else "",
    )
