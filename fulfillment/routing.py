"""Route: sourcing's decision becomes allocations and fulfilment orders, whole sets of orders in one transaction.

Deciding happens before any lock is taken. What changed meanwhile shows under the lock: a plan that no longer fits, or
stock that somebody else took. Those orders are routed again one by one, at the last from where their units are pinned,
which always works.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import rows
from core.incidents import Found, open_many
from core.timeline import Row, record_many
from fulfillment.backorders import line_up
from fulfillment.events import FulfillmentOrderPlanned, publish_of
from fulfillment.expected import BACKORDER
from fulfillment.locks import Orders, history
from fulfillment.planning import Work, insert_work, virtual_work, work_of
from inventory.locks import lock_behind
from inventory.services import Short, Target, allocate, unreserve
from orders.quantities import Units, move
from orders.services import lock_orders, refresh
from sourcing.plans import Plan, PlannedLine
from sourcing.services import decide, record

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Routed:
    """What came of it: the new fulfilment orders, and the orders of which units are backordered."""

    fulfillment_order_ids: list[UUID] = field(default_factory=list)
    backordered: list[UUID] = field(default_factory=list)

    def __add__(self, other: "Routed") -> "Routed":
        return Routed(self.fulfillment_order_ids + other.fulfillment_order_ids, self.backordered + other.backordered)


def route(order_ids: Sequence[UUID], *, actor: Actor, at: datetime | None = None) -> Routed:
    """Give the reserved units of orders without open holds to locations. A second call finds nothing and does nothing."""
    at, order_ids = at or timezone.now(), list(dict.fromkeys(order_ids))
    plans = decide(order_ids, at=at)
    try:
        routed, again = _carry_out(order_ids, plans, actor=actor, at=at)
    except Short:
        logger.info("units were taken while a set of %s was routed; each order is tried alone", len(order_ids))
        routed, again = Routed(), sorted(set(order_ids))
    for order_id in again:
        routed += _route_alone(order_id, actor=actor, at=at)
    return routed


def _route_alone(order_id: UUID, *, actor: Actor, at: datetime) -> Routed:
    """One order, decided under its own lock so that it cannot change; when others are quicker again, from its pins,
    which then stay where they are."""
    with transaction.atomic():
        lock_orders([order_id])
        try:
            return _carry_out([order_id], decide([order_id], at=at), actor=actor, at=at)[0]
        except Short:
            lock_behind([row.id for row in rows(_LINES, {"id": order_id})])
            return _carry_out([order_id], decide([order_id], at=at, pins_only=True), actor=actor, at=at)[0]


_LINES = "SELECT id FROM orders_orderline WHERE order_id = %(id)s"


def _carry_out(
    order_ids: Sequence[UUID], plans: Sequence[Plan], *, actor: Actor, at: datetime
) -> tuple[Routed, list[UUID]]:
    """The plans' effects in one transaction, or Short with nothing changed. Also returns orders whose plan is stale."""
    with transaction.atomic():
        orders = {order.id: order for order in lock_orders(order_ids)}
        waiting = _waiting(orders)
        good = [plan for plan in plans if _fits(plan, waiting.get(plan.order_id, []))]
        stocked = {order_id for order_id, lines in waiting.items() if any(line.is_stocked for line in lines)}
        alone = [line for lines in waiting.values() for line in lines if line.alone]
        work = [*work_of(good), *virtual_work(alone, orders)]
        if work or good:
            _write(work, good, orders, actor=actor, at=at)
        backordered = [plan.order_id for plan in good if plan.unfilled]
        return Routed([w.id for w in work], backordered), sorted(stocked - {plan.order_id for plan in good})


_WAITING = """
SELECT l.order_id, l.id AS line_id, l.is_stocked, l.reserved, NOT EXISTS (
    SELECT FROM orders_orderline s WHERE s.order_id = l.order_id AND s.is_stocked AND s.quantity > s.cancelled) AS alone
FROM orders_orderline l
WHERE l.order_id = ANY(%(ids)s) AND l.reserved > 0
  AND NOT EXISTS (SELECT FROM orders_hold h WHERE h.order_id = l.order_id AND h.status = 'open')
ORDER BY l.order_id, l.position
"""


def _waiting(orders: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """Reserved lines of orders that nothing holds; `alone` when the order has no goods to travel with."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows(_WAITING, {"ids": list(orders)}):
        found[row.order_id].append(row)
    return found


def _fits(plan: Plan, lines: Sequence[Any]) -> bool:
    """Whether a plan made without a lock still covers exactly what is reserved."""
    planned: dict[UUID, int] = defaultdict(int)
    for line in _all_lines(plan):
        planned[line.line_id] += line.quantity
    return dict(planned) == {line.line_id: line.reserved for line in lines if line.is_stocked}


def _all_lines(plan: Plan) -> list[PlannedLine]:
    return [*(line for parcel in plan.parcels for line in parcel.lines), *plan.unfilled]


def _write(work: Sequence[Work], plans: Sequence[Plan], orders: Orders, *, actor: Actor, at: datetime) -> None:
    """Everything a set of plans changes. Stock comes last: its rows are shared with unrelated orders."""
    unfilled = [line for plan in plans for line in plan.unfilled]
    move([Units(line.line_id, line.quantity) for line in unfilled], "reserved", "backordered")
    move([Units(line_id, quantity) for w in work for line_id, quantity in w.lines], "reserved", "allocated")
    insert_work(work, at=at)
    record(plans, actor=actor)
    past = history(orders)
    record_many((_told(plan) for plan in plans), actor=actor, at=at)
    publish_of((_planned(w, orders[w.order_id].number) for w in work), past)
    short = (plan for plan in plans if plan.unfilled and plan.order_id not in past)
    open_many(BACKORDER, (Found(p.order_id, data={"units": _units(p)}) for p in short), actor=actor)
    touched = {w.order_id for w in work} | {plan.order_id for plan in plans}
    refresh(sorted(touched), actor=actor, at=at)
    _allocate(plans, unfilled, orders)


def _allocate(plans: Sequence[Plan], unfilled: Sequence[PlannedLine], orders: Orders) -> None:
    targets = [
        Target(line.line_id, line.variant_id, parcel.location_id, line.quantity, orders[plan.order_id].channel_id)
        for plan in plans
        for parcel in plan.parcels
        for line in parcel.lines
    ]
    if unfilled:
        keys = [line.line_id for line in unfilled] + [t.demand_key for t in targets]
        lock_behind(keys, [(t.variant_id, t.location_id) for t in targets])
        unreserve([(line.line_id, line.quantity) for line in unfilled])
    allocate(targets)
    line_up(unfilled)


def _told(plan: Plan) -> Row:
    data = {
        "parcels": len(plan.parcels),
        "cost": str(plan.cost),
        "unfilled": _units(plan),
    }
    return Row(plan.order_id, "order.routed", data=data)


def _units(plan: Plan) -> int:
    """Units that no place has."""
    return sum(line.quantity for line in plan.unfilled)


def _planned(work: Work, number: str) -> FulfillmentOrderPlanned:
    return FulfillmentOrderPlanned(
        about=work.order_id, number=number, fulfillment_order_id=str(work.id), location_id=str(work.location_id)
    )
