"""Reception and decision of a return are separate machines: goods may arrive before anybody has judged them."""

from core.states import Machine

RETURN = Machine(
    "return",
    {
        "receive": (("approved",), "received"),
        "cancel": (("approved",), "cancelled"),
    },
)
