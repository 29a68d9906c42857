"""What each business event books: one pure function per event, from money and a document to an `Entry`.

Sales amounts are in the document's currency; costs are in euros. Quantities are units, always given positive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from accounting.journal import FUNCTIONAL_CURRENCY, ONE, ZERO, Entry, Line, credit, debit
from accounting.roles import Happening, Role


@dataclass(frozen=True, slots=True)
class Document:
    """The source of an entry: its id (with the event it makes the entry unique), day, name and money.

    `about` is what the entry is shown with (usually the order's id); `fx_rate` is euros for one unit of `currency`.
    """

    id: UUID
    date: date
    label: str = ""
    about: UUID | None = None
    currency: str = FUNCTIONAL_CURRENCY
    fx_rate: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Sale:
    """The money of the units that a shipment or a return covers, in the document's currency."""

    net: Decimal
    tax: Decimal
    freight_net: Decimal = ZERO
    freight_tax: Decimal = ZERO
    quantity: int = 0

    @property
    def total(self) -> Decimal:
        """All that the customer owes or gets back."""
        return self.net + self.tax + self.freight_net + self.freight_tax


@dataclass(frozen=True, slots=True)
class Goods:
    """Units at a place and what they cost together, in euros. In a stock count both may be negative."""

    location_id: UUID | None
    quantity: int
    cost: Decimal


def order_party(number: str) -> str:
    """The customer sub-ledger of an order."""
    return f"order:{number}"


def vendor_party(code: str) -> str:
    """The sub-ledger of a vendor."""
    return f"vendor:{code}"


def carrier_party(code: str) -> str:
    """The sub-ledger of a carrier."""
    return f"carrier:{code}"


def provider_party(code: str) -> str:
    """The sub-ledger of a payment provider."""
    return f"provider:{code}"


def goods_shipped(document: Document, *, party: str, sale: Sale) -> Entry:
    """The customer owes what was shipped: receivable against revenue, shipping revenue and tax."""
    return _entry(
        Happening.GOODS_SHIPPED,
        document,
        debit(Role.ACCOUNTS_RECEIVABLE, sale.total, party=party),
        credit(Role.REVENUE, sale.net, quantity=-sale.quantity),
        credit(Role.SHIPPING_REVENUE, sale.freight_net),
        credit(Role.TAX_PAYABLE, sale.tax + sale.freight_tax),
    )


def payment_captured(document: Document, *, party: str, provider: str, amount: Decimal) -> Entry:
    """The provider owes us what the customer paid for shipped goods."""
    return _entry(
        Happening.PAYMENT_CAPTURED,
        document,
        debit(Role.PAYMENT_CLEARING, amount, party=provider_party(provider)),
        credit(Role.ACCOUNTS_RECEIVABLE, amount, party=party),
    )


def deposit_received(document: Document, *, party: str, provider: str, amount: Decimal) -> Entry:
    """Paid before anything was shipped: owed to the customer as a deposit."""
    return _entry(
        Happening.DEPOSIT_RECEIVED,
        document,
        debit(Role.PAYMENT_CLEARING, amount, party=provider_party(provider)),
        credit(Role.CUSTOMER_DEPOSITS, amount, party=party),
    )


def deposit_applied(document: Document, *, party: str, amount: Decimal) -> Entry:
    """A deposit pays for what has now been shipped."""
    return _entry(
        Happening.DEPOSIT_APPLIED,
        document,
        debit(Role.CUSTOMER_DEPOSITS, amount, party=party),
        credit(Role.ACCOUNTS_RECEIVABLE, amount, party=party),
    )


def cost_of_goods(document: Document, *, goods: Iterable[Goods]) -> Entry:
    """What the shipped units cost leaves the inventory of their locations."""
    lines = [
        side
        for item in goods
        for side in (
            debit(Role.COST_OF_GOODS_SOLD, item.cost, quantity=item.quantity),
            credit(Role.INVENTORY, item.cost, quantity=-item.quantity, location_id=item.location_id),
        )
    ]
    return _in_euros(Happening.COST_OF_GOODS, document, *lines)


def carrier_cost(document: Document, *, carrier: str, cost: Decimal) -> Entry:
    """What the carrier will bill for a package."""
    return _in_euros(
        Happening.CARRIER_COST,
        document,
        debit(Role.FREIGHT_OUT, cost),
        credit(Role.FREIGHT_PAYABLE, cost, party=carrier_party(carrier)),
    )


def drop_ship_cost(document: Document, *, vendor: str, goods: Iterable[Goods]) -> Entry:
    """What a vendor will bill for goods that it shipped to our customer; they never were our stock."""
    lines = [
        side
        for item in goods
        for side in (
            debit(Role.COST_OF_GOODS_SOLD, item.cost, quantity=item.quantity),
            credit(Role.VENDOR_ACCRUAL, item.cost, quantity=-item.quantity, party=vendor_party(vendor)),
        )
    ]
    return _in_euros(Happening.DROP_SHIP_COST, document, *lines)


def opening_stock(document: Document, *, goods: Iterable[Goods]) -> Entry:
    """Stock that was there when the books began."""
    return _in_euros(Happening.OPENING_STOCK, document, *_received(goods, Role.OPENING_EQUITY, ""))


def goods_received(document: Document, *, vendor: str, goods: Iterable[Goods], owed: Decimal | None = None) -> Entry:
    """Goods from a supplier whose bill has not come yet. `owed` is what they were bought for, where that is known; the
    stock stands at standard cost, and the difference is price variance."""
    party = vendor_party(vendor)
    lines = _received(goods, Role.GOODS_RECEIVED_NOT_INVOICED, party)
    if owed is not None:
        more = owed + sum((line.amount for line in lines if line.party), ZERO)
        lines += [
            credit(Role.GOODS_RECEIVED_NOT_INVOICED, more, party=party),
            debit(Role.PRICE_VARIANCE, more, party=party),
        ]
    return _in_euros(Happening.GOODS_RECEIVED, document, *lines)


def return_accepted(document: Document, *, party: str, sale: Sale) -> Entry:
    """The customer is owed a refund for what came back, with its tax and the freight that policy gives back."""
    return _entry(
        Happening.RETURN_ACCEPTED,
        document,
        debit(Role.RETURNS_AND_ALLOWANCES, sale.net, quantity=sale.quantity),
        debit(Role.FREIGHT_REFUNDED, sale.freight_net),
        debit(Role.TAX_PAYABLE, sale.tax + sale.freight_tax),
        credit(Role.REFUND_PAYABLE, sale.total, party=party),
    )


def goods_back(document: Document, *, restocked: Iterable[Goods] = (), damaged: Iterable[Goods] = ()) -> Entry:
    """Returned units are no longer a cost of sales: good ones are stock again, damaged ones are written down."""
    lines: list[Line] = []
    for item in restocked:
        lines.append(debit(Role.INVENTORY, item.cost, quantity=item.quantity, location_id=item.location_id))
        lines.append(credit(Role.COST_OF_GOODS_SOLD, item.cost, quantity=-item.quantity))
    for item in damaged:
        lines.append(debit(Role.WRITE_DOWN, item.cost, quantity=item.quantity, location_id=item.location_id))
        lines.append(credit(Role.COST_OF_GOODS_SOLD, item.cost, quantity=-item.quantity))
    return _in_euros(Happening.GOODS_BACK, document, *lines)


def refund_paid(document: Document, *, party: str, provider: str, amount: Decimal) -> Entry:
    """The refund went out through the payment provider."""
    return _entry(
        Happening.REFUND_PAID,
        document,
        debit(Role.REFUND_PAYABLE, amount, party=party),
        credit(Role.PAYMENT_CLEARING, amount, party=provider_party(provider)),
    )


def refund_offset(document: Document, *, party: str, amount: Decimal) -> Entry:
    """The refund lowers what the customer still owes on account."""
    return _entry(
        Happening.REFUND_OFFSET,
        document,
        debit(Role.REFUND_PAYABLE, amount, party=party),
        credit(Role.ACCOUNTS_RECEIVABLE, amount, party=party),
    )


def stock_count(document: Document, *, differences: Iterable[Goods]) -> Entry:
    """Units found (positive) or missing (negative) at their standard cost."""
    lines: list[Line] = []
    for item in differences:
        other = Role.SHRINKAGE if item.quantity < 0 else Role.COUNT_GAIN
        lines.append(debit(Role.INVENTORY, item.cost, quantity=item.quantity, location_id=item.location_id))
        lines.append(credit(other, item.cost, quantity=-item.quantity, location_id=item.location_id))
    return _in_euros(Happening.STOCK_COUNT, document, *lines)


def goods_written_down(document: Document, *, goods: Iterable[Goods]) -> Entry:
    """Units of ours became damaged and are worth nothing until they are good again (negative)."""
    lines: list[Line] = []
    for item in goods:
        lines.append(debit(Role.WRITE_DOWN, item.cost, quantity=item.quantity, location_id=item.location_id))
        lines.append(credit(Role.INVENTORY, item.cost, quantity=-item.quantity, location_id=item.location_id))
    return _in_euros(Happening.GOODS_WRITTEN_DOWN, document, *lines)


def goods_revalued(document: Document, *, goods: Iterable[Goods]) -> Entry:
    """What lies at places is worth more (negative: less) than the books say, as its standard cost changed."""
    lines: list[Line] = []
    for item in goods:
        lines.append(debit(Role.INVENTORY, item.cost, location_id=item.location_id))
        lines.append(credit(Role.PRICE_VARIANCE, item.cost))
    return _in_euros(Happening.GOODS_REVALUED, document, *lines)


def transfer_sent(document: Document, *, goods: Iterable[Goods]) -> Entry:
    """Units left a place for another: their value is in transit."""
    return _in_euros(Happening.TRANSFER_SENT, document, *_carried(goods, out=True))


def transfer_received(document: Document, *, goods: Iterable[Goods], worth: Iterable[Goods] = ()) -> Entry:
    """Units in transit arrived at a place, with the value that they left with. `worth` is what these units cost now where
    that is known: the stock stands at that, and the difference is price variance."""
    lines = _carried(goods, out=False)
    for item in worth:
        more = item.cost - sum((line.amount for line in lines if line.location_id == item.location_id), ZERO)
        lines.append(debit(Role.INVENTORY, more, location_id=item.location_id))
        lines.append(credit(Role.PRICE_VARIANCE, more))
    return _in_euros(Happening.TRANSFER_RECEIVED, document, *lines)


def transfer_lost(document: Document, *, goods: Iterable[Goods]) -> Entry:
    """Units in transit will not arrive anywhere: their value is written off."""
    lines = [
        side
        for item in goods
        for side in (
            debit(Role.SHRINKAGE, item.cost, quantity=item.quantity, location_id=item.location_id),
            credit(Role.INVENTORY_IN_TRANSIT, item.cost, quantity=-item.quantity),
        )
    ]
    return _in_euros(Happening.TRANSFER_LOST, document, *lines)


def _carried(goods: Iterable[Goods], *, out: bool) -> list[Line]:
    sign = -1 if out else 1
    return [
        side
        for item in goods
        for side in (
            debit(Role.INVENTORY, sign * item.cost, quantity=sign * item.quantity, location_id=item.location_id),
            credit(Role.INVENTORY_IN_TRANSIT, sign * item.cost, quantity=-sign * item.quantity),
        )
    ]


def _received(goods: Iterable[Goods], against: Role, party: str) -> list[Line]:
    return [
        side
        for item in goods
        for side in (
            debit(Role.INVENTORY, item.cost, quantity=item.quantity, location_id=item.location_id),
            credit(against, item.cost, party=party),
        )
    ]


def _entry(event: Happening, document: Document, *lines: Line) -> Entry:
    return Entry(
        event,
        document.id,
        document.date,
        lines,
        currency=document.currency,
        fx_rate=document.fx_rate,
        label=document.label,
        about=document.about,
    )


def _in_euros(event: Happening, document: Document, *lines: Line) -> Entry:
    return Entry(event, document.id, document.date, lines, label=document.label, about=document.about)
