"""From an invoice of the file to an order as the API takes it."""

from decimal import Decimal
from typing import Any

from oms.replay.documents import Document
from oms.replay.matching import customer_key
from oms.replay.rules import Rules

NOT_TOLD = "–"
"""Stands for what the file does not say, where an order needs something."""


def order_of(document: Document, rules: Rules) -> dict[str, Any]:
    """The invoice as an order: its prices as they stand, its tax by the channel's rules, nothing to be asked."""
    channel = rules.channel
    abroad = document.country != channel["country"]
    customer = customer_key(channel["code"], document.customer)
    rate = {"tax_rate": "0"} if abroad else {}
    return {
        "channel": channel["code"],
        "external_id": document.number,
        "currency": channel["currency"],
        "placed_at": document.at,
        "customer": {"external_id": customer, "last_name": document.customer} if customer else None,
        "shipping_address": {
            "name": document.customer or NOT_TOLD,
            "line1": NOT_TOLD,
            "postal_code": NOT_TOLD,
            "city": NOT_TOLD,
            "country": document.country,
        },
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "unit_price": line.price, **rate} for line in document.lines
        ],
        "shipping_price": Decimal(0),
        "shipping_tax_rate": Decimal(0),
    }
