"""Every change to work or parcels begins here: the orders' locks first, then what hangs on them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core.db import rows
from core.problems import Conflict, NotFound
from core.states import Machine, action_words, words
from fulfillment.states import PROGRESS
from orders.quantities import Units
from orders.services import lock_orders

Orders = dict[UUID, Any]


def lock_orders_of(fulfillment_order_ids: Sequence[UUID]) -> Orders:
    """Lock the orders behind some fulfilment orders; NotFound when one of these does not exist."""
    found = rows(
        "SELECT id, order_id FROM fulfillment_fulfillmentorder WHERE id = ANY(%(ids)s)",
        {"ids": list(fulfillment_order_ids)},
    )
    if len(found) < len(set(fulfillment_order_ids)):
        raise NotFound(_("There is no such fulfilment order."))
    return {order.id: order for order in lock_orders(row.order_id for row in found)}


def history(orders: Mapping[UUID, Any]) -> set[UUID]:
    """Those of the past: told to nobody."""
    return {order.id for order in orders.values() if order.is_history}


def open_units(fulfillment_order_ids: Sequence[UUID]) -> list[Units]:
    """What some fulfilment orders still have to send, per order line."""
    found = rows(
        """
        SELECT order_line_id, sum(quantity - cancelled)::int AS quantity FROM fulfillment_fulfillmentline
        WHERE fulfillment_order_id = ANY(%(ids)s) AND quantity > cancelled GROUP BY order_line_id
        """,
        {"ids": list(fulfillment_order_ids)},
    )
    return [Units(row.order_line_id, row.quantity) for row in found]


def insist(machine: Machine, ids: Iterable[UUID], moved: Iterable[UUID], action: str) -> None:
    """Conflict when one that did not move had not got there before: a repeat is fine, a step out of turn is not."""
    left = set(ids) - set(moved)
    if not left:
        return
    target = PROGRESS.index(machine.table[action][1])
    for row in rows(_STATES, {"ids": list(left)}):
        if row.status == "cancelled" or PROGRESS.index(row.status) < target:
            raise Conflict(refusal(row, action), state=row.status)


_STATES = """
SELECT f.order_id, f.status, o.number, l.name AS location FROM fulfillment_fulfillmentorder f
JOIN orders_order o ON o.id = f.order_id JOIN inventory_location l ON l.id = f.location_id
WHERE f.id = ANY(%(ids)s) ORDER BY f.id
"""


def refusal(row: Any, action: str) -> str:
    """Why a location's work cannot take a step, and who took another one first."""
    by = f" by {who}" if row.status == "cancelled" and (who := last_doer(row.order_id, "cancel")) else ""
    return f"{row.number} at {row.location} is {words(row.status)}{by}; it cannot be {action_words(action)} now."


def last_doer(order_id: UUID, action: str) -> str:
    """Who last did something of this kind to the order: `cancel`, `ship`."""
    found = rows(
        """
        SELECT actor FROM core_timelineentry WHERE about = %(order)s AND action = ANY(%(actions)s)
        ORDER BY at DESC, id DESC LIMIT 1
        """,
        {"order": order_id, "actions": [f"fulfillment_order.{action}", f"order.{action}"]},
    )
    return found[0].actor if found else ""
