"""The life of a fulfilment order and of a shipment, as data."""

from core.states import Machine

FULFILLMENT_ORDER = Machine(
    "fulfillment_order",
    {
        "release": (("planned",), "released"),
        "accept": (("released",), "accepted"),
        "begin_picking": (("released", "accepted"), "picking"),
        "pack": (("picking",), "packed"),
        "ship": (("packed",), "shipped"),
        "deliver": (("shipped",), "delivered"),
        "cancel": (("planned", "released", "accepted", "picking", "packed"), "cancelled"),
    },
)

OPEN = ("planned", "released", "accepted", "picking", "packed")
"""A fulfilment order that still has work or units waiting at its location."""

SHIPMENT = Machine(
    "shipment",
    {
        "ship": (("labelled",), "shipped"),
        "void": (("draft", "labelled"), "voided"),
        "move": (
            ("shipped", "in_transit", "out_for_delivery", "attempt_failed", "available_for_pickup", "exception"),
            "in_transit",
        ),
        "go_out": (("shipped", "in_transit", "attempt_failed", "exception"), "out_for_delivery"),
        "miss": (("shipped", "in_transit", "out_for_delivery"), "attempt_failed"),
        "wait_for_pickup": (
            ("shipped", "in_transit", "out_for_delivery", "attempt_failed"),
            "available_for_pickup",
        ),
        "trouble": (("shipped", "in_transit", "out_for_delivery", "attempt_failed"), "exception"),
        "deliver": (
            (
                "shipped",
                "in_transit",
                "out_for_delivery",
                "attempt_failed",
                "available_for_pickup",
                "exception",
            ),
            "delivered",
        ),
    },
)
