"""The life of a payment (domain.md §3) and of one transaction with its provider."""

from core.states import Machine

PAYMENT = Machine(
    "payment",
    {
        "authorise": (("pending", "requires_action", "unknown", "failed"), "authorised"),
        "require_action": (("pending", "unknown"), "requires_action"),
        "fail": (("pending", "requires_action", "unknown"), "failed"),
        "lose": (("pending",), "unknown"),
        "capture_part": (("authorised", "partially_captured"), "partially_captured"),
        "capture": (("authorised", "partially_captured"), "captured"),
        "void": (("pending", "requires_action", "authorised", "failed", "unknown"), "voided"),
        "expire": (("requires_action", "authorised"), "expired"),
    },
)

TRANSACTION = Machine(
    "transaction",
    {
        "succeed": (("pending", "unknown"), "succeeded"),
        "fail": (("pending", "unknown"), "failed"),
        "lose": (("pending",), "unknown"),
    },
)
