"""Reads of purchase orders, for screens; the caller says which places somebody sees."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum
from django.utils.translation import gettext as _

from core.permissions import Reach, locations_of
from core.problems import NotFound
from purchasing.models import PurchaseLine, PurchaseOrder, Receipt, ReceiptLine, Vendor, VendorTerms

VIEW = "purchasing.view"
UNITS = ("ordered", "received", "damaged", "open")


def visible(user: Any) -> QuerySet[PurchaseOrder]:
    """The orders for places that somebody sees, with vendor and place."""
    reach: Reach = locations_of(user, VIEW)
    found = PurchaseOrder.objects.select_related("vendor", "location")
    return found if reach is None else found.filter(location__in=reach)


def with_sums(orders: list[Any]) -> None:
    """Give each order the units of its lines: `units_ordered`, `units_received`, `units_damaged`, `units_open`."""
    lines = PurchaseLine.objects.filter(purchase_order__in=orders).order_by().values("purchase_order")
    sums = lines.annotate(**{f"units_{name}": Sum(name) for name in UNITS})
    found = {key: units for key, *units in sums.values_list("purchase_order", *(f"units_{name}" for name in UNITS))}
    for order in orders:
        for name, units in zip(UNITS, found.get(order.pk, [0] * len(UNITS)), strict=True):
            setattr(order, f"units_{name}", units)


def find(number: str, user: Any) -> PurchaseOrder:
    """One order that somebody sees; NotFound otherwise, with or without it."""
    order = visible(user).filter(number=number).first()
    if order is None:
        raise NotFound(_("There is no purchase order %(number)s at your places.") % {"number": number})
    return order


def lines_of(order: PurchaseOrder) -> list[PurchaseLine]:
    """Its lines with their articles."""
    return list(order.lines.select_related("variant__product").order_by("position"))


def receipts_of(order: PurchaseOrder) -> list[Receipt]:
    """Its receipts with what they brought, the newest first."""
    brought = ReceiptLine.objects.select_related("line__variant__product").order_by("line__position")
    return list(order.receipts.prefetch_related(Prefetch("lines", brought)).order_by("-received_at", "-id"))


def vendors() -> list[tuple[str, str]]:
    """Vendors that we buy from, to choose from."""
    return [(str(v.pk), f"{v.name} · {v.currency}") for v in Vendor.objects.filter(is_active=True).order_by("name")]


def last_costs(vendor_id: UUID | None, variant_ids: list[UUID]) -> dict[UUID, Any]:
    """What units of variants cost when they were last ordered from a vendor."""
    found = PurchaseLine.objects.filter(variant__in=variant_ids, purchase_order__vendor=vendor_id, ordered__gt=0)
    return dict(found.order_by("variant", "-id").distinct("variant").values_list("variant", "unit_cost"))


def find_vendor(code: str) -> Vendor:
    """A vendor by its code; NotFound when there is none."""
    found = Vendor.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no vendor with the code %(code)s.") % {"code": code})
    return found


def terms_of(vendor: Vendor, typed: str, most: int, user: Any) -> list[VendorTerms]:
    """The vendor's terms for the places that somebody sees, by SKU, those that begin with what was typed, and one more than
    `most` when there are more."""
    found = vendor.terms.select_related("variant__product", "location").order_by("variant__sku", "location__name")
    reach: Reach = locations_of(user, VIEW)
    found = found if reach is None else found.filter(location__in=reach)
    return list(found.filter(variant__sku__istartswith=typed)[: most + 1])
