"""The calls about stock: what is where, and correcting it."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from catalog.models import Variant
from core.calls import Calls, PageQuery, Strict, caller_of, page
from core.lists import KeysetList
from core.problems import Invalid
from inventory.models import Location, Stock
from inventory.services import LARGEST, adjust

calls = Calls(tags=["stock"])

Code = Annotated[str, Field(min_length=1, max_length=200)]


class StockQuery(PageQuery):
    """Which stock rows."""

    location: str = Field("", max_length=200, description="a location's code")
    sku: str = Field("", max_length=200)


class StockOut(Strict):
    """The units of a SKU at a location."""

    location: str
    sku: str
    on_hand: int
    reserved: int
    allocated: int
    safety: int
    available: int
    damaged: int
    quarantine: int
    held_back: int = Field(description="not promised while the feed of the location is silent")


class StockPage(Strict):
    """A page of stock rows."""

    items: list[StockOut]
    next: str | None


class AdjustmentIn(Strict):
    """A correction by a signed number of units."""

    location: Code
    sku: Code
    quantity: Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST, description="not zero")]
    reason: Annotated[str, Field(min_length=1, max_length=100)]
    note: Annotated[str, Field(max_length=500)] = ""


def stock_answer(stock: Stock) -> dict[str, Any]:
    """One stock row; its variant and location are loaded."""
    return {
        "location": stock.location.code,
        "sku": stock.variant.sku,
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "allocated": stock.allocated,
        "safety": stock.safety,
        "available": stock.free,
        "damaged": stock.damaged,
        "quarantine": stock.quarantine,
        "held_back": stock.held_back,
    }


@calls.reads("/inventory", scope="stock.view", gives=StockPage)
def list_stock(request: HttpRequest, query: Query[StockQuery]) -> dict[str, Any]:
    """Stock by location and SKU."""
    found = Stock.objects.select_related("variant", "location")
    if query.location:
        found = found.filter(location=location_by_code(query.location, "query", "location"))
    if query.sku:
        found = found.filter(variant=variant_by_sku(query.sku, "query", "sku"))
    part = KeysetList(found, order="id").page(query.cursor, query.limit)
    return page(map(stock_answer, part.items), part.next)


@calls.writes("/inventory/adjustments", scope="stock.adjust", takes=AdjustmentIn, gives=StockOut, status=201)
def adjust_stock(request: HttpRequest, body: AdjustmentIn) -> dict[str, Any]:
    """Correct what is on hand, with a reason."""
    location = location_by_code(body.location, "location")
    variant = variant_by_sku(body.sku, "sku")
    if not variant.is_stocked:
        raise Invalid.field(["sku"], _("%(sku)s is not kept in stock") % {"sku": variant.sku})
    adjust(variant.pk, location.pk, body.quantity, reason=body.reason, note=body.note, actor=caller_of(request).actor)
    return stock_answer(Stock.objects.select_related("variant", "location").get(variant=variant, location=location))


def location_by_code(code: str, *loc: str) -> Location:
    """The location, or Invalid naming the field."""
    found = Location.objects.filter(code=code).first()
    if found is None:
        raise Invalid.field(loc, _("“%(code)s” is not a location of this company") % {"code": code})
    return found


def variant_by_sku(sku: str, *loc: str | int) -> Variant:
    """The variant, or Invalid naming the field."""
    found = Variant.objects.filter(sku=sku).first()
    if found is None:
        raise Invalid.field(loc, _("“%(sku)s” is not something we sell") % {"sku": sku})
    return found
