"""The money of a parcel: each unit takes its own share of the line, by its number, so that the last one ends at zero."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from accounting.postings import Sale
from core.money import ZERO, share


class LineMoney(Protocol):
    """An order line's stored amounts, for all `ordered` units."""

    net: Decimal
    tax: Decimal
    freight_net: Decimal
    freight_tax: Decimal
    ordered: int


def part(line: LineMoney, start: int, quantity: int, currency: str) -> Sale:
    """What units (start, start + quantity] of the line are worth."""
    stop, units = start + quantity, line.ordered
    return Sale(
        net=share(line.net, start, stop, units, currency),
        tax=share(line.tax, start, stop, units, currency),
        freight_net=share(line.freight_net, start, stop, units, currency),
        freight_tax=share(line.freight_tax, start, stop, units, currency),
        quantity=quantity,
    )


def added(parts: Iterable[Sale]) -> Sale:
    """Several lines' parts together."""
    net = tax = freight_net = freight_tax = ZERO
    quantity = 0
    for p in parts:
        net += p.net
        tax += p.tax
        freight_net += p.freight_net
        freight_tax += p.freight_tax
        quantity += p.quantity
    return Sale(net, tax, freight_net, freight_tax, quantity)
