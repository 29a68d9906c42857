"""Reads of purchase orders, for screens; the caller says which places somebody sees."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core.permissions import Reach, locations_of
from core.problems import NotFound
from purchasing.models import PurchaseLine, PurchaseOrder, Receipt, ReceiptLine, Vendor

VIEW = "purchasing.view"


def visible(user: Any) -> QuerySet[PurchaseOrder]:
    """The orders for places that somebody sees, with vendor and place."""
    reach: Reach = locations_of(user, VIEW)
    found = PurchaseOrder.objects.select_related("vendor", "location")
    return found if reach is None else found.filter(location__in=reach)


def with_sums(found: QuerySet[PurchaseOrder]) -> QuerySet[Any]:
    """With the units of their lines: `ordered`, `came`, `open`."""
    return found.annotate(
        ordered=Coalesce(Sum("lines__ordered"), 0),
        received=Coalesce(Sum("lines__received"), 0),
        damaged=Coalesce(Sum("lines__damaged"), 0),
        open=Coalesce(Sum("lines__open"), 0),
    )


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
