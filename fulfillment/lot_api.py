"""The calls about lots: where their units are, and every order that has some."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from core.calls import Calls, PageQuery, Strict, page
from core.lists import KeysetList
from core.problems import NotFound
from fulfillment.models import PickedLot
from fulfillment.recall import CUSTOMERS, in_transit, lying, picked, with_parcels
from inventory.api import variant_by_sku
from inventory.models import Lot

calls = Calls(tags=["stock"])


class LotPlaceOut(Strict):
    """Units of a lot at a location, in a condition; `bins` they lie in, if any."""

    location: str
    condition: str
    quantity: int
    bins: list[str]


class LotTransferOut(Strict):
    """Units of a lot on their way to a location."""

    transfer: str
    to: str
    quantity: int


class LotOut(Strict):
    """A lot: its last day, whether it is sold (`open`), and where its units are."""

    id: str
    sku: str
    lot: str
    state: str
    expires_on: date | None
    received_on: date | None
    vendor: str
    vendor_lot: str
    places: list[LotPlaceOut]
    in_transit: list[LotTransferOut]


class LotPage(Strict):
    """A page of lots."""

    items: list[LotOut]
    next: str | None


class LotQuery(PageQuery):
    """Which lots."""

    sku: str = Field("", max_length=200)
    lot: str = Field("", max_length=40, description="as its label names it")
    vendor_lot: str = Field("", max_length=100)
    state: Literal["open", "quarantined", "expired", ""] = ""


@calls.reads("/lots", scope="stock.view", gives=LotPage)
def list_lots(request: HttpRequest, query: Query[LotQuery]) -> dict[str, Any]:
    """Lots, with the places and transfers that have units of them."""
    found = Lot.objects.select_related("variant")
    if query.sku:
        found = found.filter(variant=variant_by_sku(query.sku, "query", "sku"))
    if query.lot:
        found = found.filter(code__iexact=query.lot)
    for name in ("vendor_lot", "state"):
        if value := getattr(query, name):
            found = found.filter(**{name: value})
    part = KeysetList(found, order="id").page(query.cursor, query.limit)
    return page(_answers(part.items), part.next)


def _answers(lots: Sequence[Lot]) -> list[dict[str, Any]]:
    places: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in lying([lot.pk for lot in lots]):
        bins = row.bins.split(", ") if row.bins else []
        places[row.lot_id].append(
            {"location": row.code, "condition": row.condition, "quantity": row.units, "bins": bins}
        )
    moving: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in in_transit([lot.pk for lot in lots]):
        moving[row.lot_id].append({"transfer": row.number, "to": row.target_code, "quantity": row.units})
    plain = ("state", "expires_on", "received_on", "vendor", "vendor_lot")
    return [
        {"id": str(lot.pk), "sku": lot.variant.sku, "lot": lot.code}
        | {name: getattr(lot, name) for name in plain}
        | {"places": places[lot.pk], "in_transit": moving[lot.pk]}
        for lot in lots
    ]


class RecallOut(Strict):
    """Units of a lot that an order has: `sent` with a parcel, or still here in somebody's hand or box."""

    order: str
    customer: str
    email: str
    location: str
    quantity: int
    sent: bool
    tracking_number: str


class RecallPage(Strict):
    """A page of whom a lot has reached."""

    items: list[RecallOut]
    next: str | None


@calls.reads("/lots/{uuid:lot_id}/orders", scope=CUSTOMERS, gives=RecallPage)
def list_reached(request: HttpRequest, lot_id: UUID, query: Query[PageQuery]) -> dict[str, Any]:
    """Every order that has units of a lot, for a recall."""
    if not Lot.objects.filter(pk=lot_id).exists():
        raise NotFound(_("There is no such lot."))
    part = KeysetList(picked().filter(lot=lot_id), order="id").page(query.cursor, query.limit)
    with_parcels(part.items)
    return page(map(_reached, part.items), part.next)


def _reached(found: PickedLot) -> dict[str, Any]:
    work, parcel = found.fulfillment_line.fulfillment_order, getattr(found, "parcel", None)
    return {
        "order": work.order.number,
        "customer": work.order.customer_name,
        "email": work.order.email,
        "location": work.location.code,
        "quantity": found.quantity,
        "sent": found.has_left,
        "tracking_number": (parcel.tracking_number or "") if parcel else "",
    }
