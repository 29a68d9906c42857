"""Purchase orders and deliveries, as short as tests want them."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from catalog.models import Variant
from core.actors import Actor
from core.days import company_day
from core.ids import new_id
from inventory.models import Location
from inventory.tallies.counting import Units
from purchasing import ordering
from purchasing.models import PurchaseOrder, Receipt, Vendor, VendorTerms
from purchasing.ordering import Item, Wish
from purchasing.receiving import Delivery, receive
from purchasing.terms import Terms, make_terms
from purchasing.vendors import Particulars, make_vendor

BUYER = Actor("user", "Bea Buyer")
DOCK = Actor("user", "Dan Dock")


def vendor(code: str = "ACME", **more: Any) -> Vendor:
    """A vendor in France that takes a week."""
    return make_vendor(code, Particulars(**{"name": code.title(), **more}), actor=BUYER)


def wish(units: Mapping[str, int], *, cost: str = "3.50", days: int = 7, **more: Any) -> Wish:
    """So many units of each SKU."""
    ids = dict(Variant.objects.filter(sku__in=units).values_list("sku", "pk"))
    items = tuple(Item(ids[sku], quantity, Decimal(cost)) for sku, quantity in units.items())
    return Wish(items, company_day() + timedelta(days=days), **more)


def bought(place: Location, units: Mapping[str, int], *, cost: str = "3.50", **more: Any) -> PurchaseOrder:
    """An order that the vendor has."""
    of = Vendor.objects.filter(code=more.get("code", "ACME")).first() or vendor(**more)
    order = ordering.draft(of.pk, place.pk, wish(units, cost=cost), actor=BUYER)
    return ordering.send(order.pk, actor=BUYER)


def terms(of: Vendor, sku: str, place: Location, promised: int = 5, **more: Any) -> VendorTerms:
    """The vendor brings it in five working days, for 2.10 a unit, and some may be promised so."""
    given: dict[str, Any] = {"lead_days": 5, "price": Decimal("2.10"), "promised_units": promised} | more
    return make_terms(of.pk, sku, place.pk, Terms(**given), actor=BUYER)


def came(units: Mapping[str, int], damaged: Mapping[str, int] | None = None, **more: Any) -> Delivery:
    """What came, by SKU."""
    broken = damaged or {}
    ids = dict(Variant.objects.filter(sku__in=[*units, *broken]).values_list("sku", "pk"))
    counted = {variant: Units(units.get(sku, 0), broken.get(sku, 0)) for sku, variant in ids.items()}
    return Delivery(counted, more.pop("key", None) or new_id(), **more)


def received(order: PurchaseOrder, units: Mapping[str, int], **more: Any) -> Receipt:
    """It came."""
    return receive(order.pk, came(units, **more), actor=DOCK)


def line_of(order: PurchaseOrder, sku: str) -> tuple[int, int, int, int, int]:
    """Ordered, received, damaged, cancelled, open."""
    line = order.lines.get(variant__sku=sku)
    return line.ordered, line.received, line.damaged, line.cancelled, line.open


def status(order_id: UUID) -> str:
    """What it is now."""
    return PurchaseOrder.objects.get(pk=order_id).status
