"""What an order costs: net, tax and freight per line, fixed here once and only drawn down afterwards.

Tax is rounded per line. In a tax-included basis net = amount − tax with tax = amount·r/(1 + r); otherwise
tax = amount·r. Freight is spread over the lines by their value, so that each unit carries its share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, allocate, quantise


@dataclass(frozen=True, slots=True)
class Asked:
    """A line before it is priced: `amount` is quantity × unit price − discount, in the channel's basis."""

    quantity: int
    unit_price: Decimal
    discount: Decimal
    tax_rate: Decimal


@dataclass(frozen=True, slots=True)
class Priced:
    """A line's money in the order's currency."""

    net: Decimal
    tax: Decimal
    freight_net: Decimal
    freight_tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """An order's money: the first three in the channel's basis, tax and total as they are to be paid."""

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    total: Decimal


def split_tax(amount: Decimal, rate: Decimal, *, tax_included: bool, currency: str) -> tuple[Decimal, Decimal]:
    """(net, tax) of an amount in the given basis."""
    if tax_included:
        tax = quantise(amount * rate / (1 + rate), currency)
        return amount - tax, tax
    return amount, quantise(amount * rate, currency)


def price(
    lines: Sequence[Asked], shipping: Decimal, shipping_tax_rate: Decimal, *, tax_included: bool, currency: str
) -> tuple[list[Priced], Totals]:
    """Every line's money and the order's totals."""
    goods = [quantise(line.unit_price * line.quantity, currency) for line in lines]
    taxed = [
        split_tax(amount - line.discount, line.tax_rate, tax_included=tax_included, currency=currency)
        for amount, line in zip(goods, lines, strict=True)
    ]
    freight, freight_tax = split_tax(shipping, shipping_tax_rate, tax_included=tax_included, currency=currency)
    weights = [net + tax for net, tax in taxed]
    priced = [
        Priced(net, tax, part, part_tax)
        for (net, tax), part, part_tax in zip(
            taxed, allocate(freight, weights, currency), allocate(freight_tax, weights, currency), strict=True
        )
    ]
    tax = sum((p.tax + p.freight_tax for p in priced), ZERO)
    net = sum((p.net + p.freight_net for p in priced), ZERO)
    discount = sum((line.discount for line in lines), ZERO)
    return priced, Totals(sum(goods, ZERO), discount, shipping, tax, net + tax)
