"""What a count may be. It closes by itself once nothing of it waits."""

from core.states import Machine

STOCK_COUNT = Machine(
    "stock_count",
    {
        "start": (("proposed",), "open"),
        "close": (("open",), "closed"),
        "cancel": (("proposed", "open"), "cancelled"),
    },
)
