"""The money of a parcel: each unit takes its own share of the line, by its number, so that the last one ends at zero."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from accounting.postings import Sale
from core.money import ZERO, from_minor, share


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
    net, tax = _split(line.net, line.tax, start, stop, units, currency)
    freight_net, freight_tax = _split(line.freight_net, line.freight_tax, start, stop, units, currency)
    return Sale(net, tax, freight_net, freight_tax, quantity)


def _split(net: Decimal, tax: Decimal, start: int, stop: int, units: int, currency: str) -> tuple[Decimal, Decimal]:
    """Net and tax of the units, so that both together are the share of the gross: what the customer reads as the price.

    Below one cent a unit the rounded tax could be more than the rounded gross; there each is shared by itself.
    """
    taxed = share(tax, start, stop, units, currency)
    if net + tax < from_minor(units, currency):
        return share(net, start, stop, units, currency), taxed
    return share(net + tax, start, stop, units, currency) - taxed, taxed


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
