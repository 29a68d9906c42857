"""The life of a payment and of one transaction with its provider."""

from core.states import Machine

PAYMENT = Machine(
    "payment",
    {
        "authorise": (("pending", "requires_action", "unknown", "failed", "expired"), "authorised"),
        "require_action": (("pending", "unknown"), "requires_action"),
        "fail": (("pending", "requires_action", "unknown"), "failed"),
        "lose": (("pending",), "unknown"),
        # A bank transfer is not authorised by anybody: it may still be pending when it is paid.
        "capture_part": (("pending", "authorised", "partially_captured"), "partially_captured"),
        "capture": (("pending", "authorised", "partially_captured"), "captured"),
        "release_rest": (("partially_captured",), "captured"),
        "void": (("pending", "requires_action", "authorised", "failed", "unknown"), "voided"),
        "expire": (("pending", "requires_action", "unknown", "authorised"), "expired"),
        # Another card, or a new page to choose one on: an attempt with a key of its own.
        "ask_again": (("requires_action", "failed", "expired"), "pending"),
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

AUTHORISED = ("authorised", "partially_captured", "captured")
"""The money is promised or here."""

UNSETTLED = ("pending", "unknown")
"""Asked of the provider, or about to be; the answer is still to come."""

TO_WATCH = ("pending", "requires_action", "unknown", "failed", "expired")
"""Payments that somebody may have to look after: the few that an index holds by their state."""
