"""The quantities of a line, the derived states of an order and the life of a hold, as data."""

from core.states import Machine

BUCKETS = ("draft", "reserved", "backordered", "allocated", "released", "picked", "packed", "shipped", "cancelled")
"""Every ordered unit is in exactly one of these."""

CANCELLABLE = ("draft", "reserved", "backordered", "allocated", "released", "picked", "packed")
"""Buckets a unit may be cancelled from: it has not left yet."""

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

HOLD = Machine("hold", {"resolve": (("open",), "resolved")})
