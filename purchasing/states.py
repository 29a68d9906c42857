"""What a purchase order may be, and how it comes to that. `ordering.settle` chooses by what is still open."""

from core.states import Machine

PURCHASE_ORDER = Machine(
    "purchase_order",
    {
        "send": (("draft",), "sent"),
        "receive_part": (("sent", "received"), "partly_received"),
        "receive": (("sent", "partly_received"), "received"),
        "close": (("sent", "partly_received", "received"), "closed"),
        "cancel": (("draft", "sent"), "cancelled"),
    },
)
OPEN = ("sent", "partly_received")
"""Something of it is waited for."""
RECEIVABLE = ("sent", "partly_received", "received")
"""Goods may still come against it: of one that is complete, what is more than ordered."""
FINISHED = ("received", "closed", "cancelled")
