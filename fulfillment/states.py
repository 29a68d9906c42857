"""The life of a fulfilment order and of a shipment, as data."""

from core.states import Machine

PROGRESS = ("planned", "released", "accepted", "picking", "packed", "shipped", "delivered")
"""The states of a fulfilment order in the order they are passed."""

FULFILLMENT_ORDER = Machine(
    "fulfillment_order",
    {
        "release": (("planned",), "released"),
        "accept": (("released",), "accepted"),
        "begin_picking": (("released", "accepted"), "picking"),
        "pack": (("picking",), "packed"),
        "unpack": (("packed",), "picking"),
        "ship": (("packed",), "shipped"),
        "deliver": (("shipped",), "delivered"),
        "cancel": (("planned", "released", "accepted", "picking", "packed"), "cancelled"),
    },
)

OPEN = ("planned", "released", "accepted", "picking", "packed")
"""A fulfilment order that still has work or units waiting at its location."""

PICKABLE = ("released", "accepted", "picking")
"""A fulfilment order whose units may be taken from the shelf."""

ON_THE_WAY = ("shipped", "in_transit", "out_for_delivery", "attempt_failed", "available_for_pickup", "exception")
"""A parcel the carrier has: it may say anything next, and time decides what counts."""

MOVING = (
    "draft",
    "labelled",
    "shipped",
    "in_transit",
    "out_for_delivery",
    "attempt_failed",
    "available_for_pickup",
    "exception",
    "lost",
    "returned_to_sender",
)
"""Parcels of which something is still to be said: the part that an index holds by their state."""

SHIPMENT = Machine(
    "shipment",
    {
        "label": (("draft",), "labelled"),
        "ship": (("labelled",), "shipped"),
        "void": (("draft", "labelled"), "voided"),
        "move": (ON_THE_WAY, "in_transit"),
        "go_out": (ON_THE_WAY, "out_for_delivery"),
        "miss": (ON_THE_WAY, "attempt_failed"),
        "wait_for_pickup": (ON_THE_WAY, "available_for_pickup"),
        "trouble": (ON_THE_WAY, "exception"),
        "deliver": (ON_THE_WAY, "delivered"),
    },
)
