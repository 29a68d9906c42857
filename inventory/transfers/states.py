"""What a transfer may be. Where it stands while under way follows from its units (`moving`)."""

from core.states import Machine

TRANSFER = Machine(
    "transfer",
    {
        "send": (("draft",), "in_transit"),
        "cancel": (("draft",), "cancelled"),
        "receive_part": (("in_transit",), "partly_received"),
        "receive": (("in_transit", "partly_received"), "received"),
        "close_short": (("in_transit", "partly_received"), "short"),
    },
)
UNDER_WAY = ("in_transit", "partly_received")
