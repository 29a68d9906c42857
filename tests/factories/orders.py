"""Orders by the usual way: captured, and taken as far along the path as a test wants."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from capture import references
from capture.services import place_order
from catalog.models import Product, TaxClass, Variant
from core.actors import SYSTEM, Actor
from core.idempotency import digest
from core.ids import new_id
from fulfillment import floor, release, routing, shipping
from fulfillment.models import FulfillmentOrder
from orders.models import Order, OrderLine
from tests.factories.world import order_body

PICKER = Actor("user", "Paula Picker")


def placed(units: Mapping[str, int] | None = None, **more: Any) -> Order:
    """An order of these SKUs and quantities, stored and pinned."""
    references.forget()
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()] if units else None
    body = order_body(**({"lines": lines} if lines else {}) | more)
    key = str(new_id())
    answer = place_order(body, client="tests", key=key, digest=digest(key.encode()), actor=SYSTEM)
    return Order.objects.get(number=answer.body["number"])


def routed(units: Mapping[str, int] | None = None, **more: Any) -> tuple[Order, list[UUID]]:
    """An order with its planned fulfilment orders."""
    order = placed(units, **more)
    return order, routing.route([order.id], actor=SYSTEM).fulfillment_order_ids


def released(units: Mapping[str, int] | None = None, **more: Any) -> tuple[Order, list[UUID]]:
    """An order whose locations may start."""
    order, work = routed(units, **more)
    release.release(work, actor=SYSTEM)
    return order, work


def packed(units: Mapping[str, int] | None = None, **more: Any) -> tuple[Order, list[UUID]]:
    """An order with its labelled parcels."""
    order, work = released(units, **more)
    floor.pick_all(work, actor=PICKER)
    floor.pack(work, actor=PICKER)
    return order, work


def shipped(units: Mapping[str, int] | None = None, **more: Any) -> tuple[Order, list[UUID]]:
    """An order that has left; the ids are those of its shipments."""
    order, work = packed(units, **more)
    return order, shipping.ship(work, actor=PICKER)


def buckets(order: Order) -> dict[str, dict[str, int]]:
    """By SKU, the buckets that hold units."""
    names = ("reserved", "backordered", "allocated", "released", "picked", "packed", "shipped", "cancelled")
    lines = OrderLine.objects.filter(order=order).order_by("position")
    return {line.sku: {n: q for n in names if (q := getattr(line, n))} for line in lines}


def line_ids(order: Order) -> dict[str, UUID]:
    """The order's lines by SKU."""
    return dict(OrderLine.objects.filter(order=order).values_list("sku", "id"))


def states(work: Sequence[UUID]) -> list[str]:
    """The states of fulfilment orders."""
    return list(FulfillmentOrder.objects.filter(pk__in=work).order_by("id").values_list("status", flat=True))


def make_voucher() -> None:
    """A variant that is no goods."""
    product = Product.objects.create(code="VOUCHER", names={"en": "Voucher"})
    Variant.objects.create(
        product=product, sku="VOUCHER", is_stocked=False, tax_class=TaxClass.objects.get(code="standard")
    )


def voucher(quantity: int = 1) -> dict[str, object]:
    """A line of it."""
    return {"sku": "VOUCHER", "quantity": quantity, "unit_price": "10.00"}
