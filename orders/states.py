"""The quantities of a line, the derived states of an order and the life of a hold, as data."""

from core.states import Machine

BUCKETS = ("draft", "reserved", "backordered", "allocated", "released", "picked", "packed", "shipped", "cancelled")
"""Every ordered unit is in exactly one of these."""

CANCELLABLE = ("draft", "backordered", "reserved", "allocated", "released", "picked", "packed")
"""Buckets a unit may be cancelled from, as it has not left yet: what is not here goes first."""

ORDER_STATES = (
    "draft",
    "placed",
    "on_hold",
    "backordered",
    "processing",
    "partially_shipped",
    "shipped",
    "delivered",
    "completed",
    "cancelled",
)

FINISHED = ("shipped", "delivered", "completed", "cancelled")
"""Nothing of these orders is still to leave."""

OPEN = ("placed", "on_hold", "backordered", "processing", "partially_shipped")
"""Something of these orders is still to leave. An index holds them by their promise (order_open_promise)."""

LIVING = tuple(state for state in ORDER_STATES if state not in FINISHED)

ORDER_ACTIONS = {"hold": LIVING, "pay": LIVING}
"""What can be done with an order as a whole, and the derived states in which it can."""

HOLD = Machine("hold", {"resolve": (("open",), "resolved")})

_MONEY = "payments.release_hold"
RELEASE_NEEDS = {"payment": _MONEY, "credit": _MONEY, "fraud_review": _MONEY}
"""The permission that releasing a kind of hold needs; the others need `orders.release_hold`."""


def release_needs(kind: str) -> str:
    """The permission to release a hold of this kind."""
    return RELEASE_NEEDS.get(kind, "orders.release_hold")
