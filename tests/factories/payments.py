"""Orders with money to move, made by the models alone: what payments need to know of an order and no more."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounting import journal, postings
from accounting.postings import Document, Sale, order_party
from catalog.models import Product, TaxClass, Variant
from core.actors import SYSTEM
from core.ids import new_id
from core.outbox import publish
from inventory.models import Pool
from orders.events import OrderPlaced
from orders.holds import open_hold
from orders.models import Channel, Order, OrderLine
from payments.models import Payment
from payments.services import request_captures, request_refunds, request_void

_numbers = count(1)
PLACED_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Paid = tuple[str, str]
"""A tender (or a card's token) and an amount."""


def make_order(*paid: Paid, units: int = 10, currency: str = "EUR", fx_rate: str = "1") -> Order:
    """An order held for its payment; its one line costs the sum of what is paid, without tax or freight."""
    total = sum((Decimal(amount) for _, amount in paid), Decimal(0))
    order = Order.objects.create(
        number=f"PAY-{next(_numbers)}-{new_id().hex[-6:]}", channel=_channel(currency), currency=currency,
        tax_included=True, fx_rate=Decimal(fx_rate), subtotal=total, discount=0, shipping=0, shipping_tax_rate=0,
        tax=0, total=total, units=units, placed_at=PLACED_AT,
    )  # fmt: skip
    OrderLine.objects.create(
        order=order, position=1, variant=_variant(), sku="SET", name="A set", quantity=units, reserved=units,
        unit_price=total / units, tax_rate=0, net=total, tax=0,
    )  # fmt: skip
    for means, amount in paid:
        make_payment(order, means, amount)
    with transaction.atomic():
        open_hold([order.id], "payment", actor=SYSTEM)
        publish([OrderPlaced(about=order.id, number=order.number)])
    return order


def make_payment(order: Order, means: str, amount: str) -> Payment:
    """A payment by tender, or by card when `means` is a token."""
    is_card = means.startswith(("tok_", "pm_"))
    return Payment.objects.create(
        order=order,
        tender="card" if is_card else means,
        token=means if is_card else "",
        status="pending" if is_card else "authorised",
        amount=Decimal(amount),
        currency=order.currency,
    )


def ship_units(order: Order, units: int, *, source: UUID | None = None) -> UUID:
    """What a shipment of `units` does to the line, the ledger and the payments; returns the shipment's id."""
    shipment = source or new_id()
    amount = order.total * units / order.units
    with transaction.atomic():
        OrderLine.objects.filter(order=order).update(reserved=F("reserved") - units, shipped=F("shipped") + units)
        document = Document(shipment, PLACED_AT.date(), about=order.id, currency=order.currency, fx_rate=order.fx_rate)
        sale = Sale(net=amount, tax=Decimal(0), quantity=units)
        journal.post([postings.goods_shipped(document, party=order_party(order.number), sale=sale)], actor=SYSTEM)
        request_captures([(order.id, shipment, amount)], actor=SYSTEM)
    return shipment


def cancel_units(order: Order, units: int) -> None:
    """What a cancellation of `units` does to the line and the payments."""
    with transaction.atomic():
        OrderLine.objects.filter(order=order).update(reserved=F("reserved") - units, cancelled=F("cancelled") + units)
        request_void([order.id], actor=SYSTEM)


def take_back(order: Order, amount: str, *, source: UUID | None = None) -> UUID:
    """What an accepted return does to the ledger and the payments; returns the return's id."""
    returned = source or new_id()
    with transaction.atomic():
        document = Document(returned, PLACED_AT.date(), about=order.id, currency=order.currency, fx_rate=order.fx_rate)
        sale = Sale(net=Decimal(amount), tax=Decimal(0), quantity=1)
        entry = postings.return_accepted(document, party=order_party(order.number), sale=sale)
        journal.post([entry], actor=SYSTEM)
        request_refunds([(order.id, returned, Decimal(amount))], actor=SYSTEM)
    return returned


def _channel(currency: str) -> Channel:
    pool, _ = Pool.objects.get_or_create(code="payments", defaults={"name": "Payments"})
    channel, _ = Channel.objects.get_or_create(
        code=f"pay-{currency.lower()}",
        defaults={
            "name": "Payments", "kind": "web", "currency": currency, "tax_included": True, "country": "FR",
            "pool": pool,
        },
    )  # fmt: skip
    return channel


def _variant() -> Variant:
    tax_class, _ = TaxClass.objects.get_or_create(code="standard", defaults={"name": "Standard"})
    product, _ = Product.objects.get_or_create(code="SET", defaults={"names": {"en": "A set"}})
    variant, _ = Variant.objects.get_or_create(
        sku="SET", defaults={"product": product, "tax_class": tax_class, "standard_cost": Decimal(1)}
    )
    return variant
