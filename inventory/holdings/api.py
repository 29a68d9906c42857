"""The call by which another system says what has come in, by lot where the article asks for lots."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import Field

from catalog.models import Variant
from core.calls import Calls, Strict, caller_of
from core.ids import new_id
from core.problems import Invalid
from inventory.api import Code, location_by_code
from inventory.holdings.lots import LotInput, coming_in, named, still
from inventory.models import Location
from inventory.serials.registering import Named, register
from inventory.services import LARGEST, In, receive

calls = Calls(tags=["stock"])
MOST_LINES = 500


class LotIn(Strict):
    """A lot as its label names it."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    expires_on: date | None = Field(None, description="its last day; once known it may be left out")
    vendor_lot: Annotated[str, Field(max_length=100, description="what the vendor calls it")] = ""


class ReceiptLineIn(Strict):
    """Units of a SKU that have come."""

    sku: Code
    quantity: Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
    condition: Literal["sellable", "damaged", "quarantine"] = "sellable"
    lot: LotIn | None = Field(None, description="where the SKU asks for lots, and only there")
    serials: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(max_length=1_000, description="the numbers of these units, as far as they are known"),
    ] = []


class ReceiptIn(Strict):
    """Goods that have come to a location."""

    location: Code
    lines: Annotated[list[ReceiptLineIn], Field(min_length=1, max_length=MOST_LINES)]
    vendor: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=200, description="such as the delivery note's number")] = ""


class ReceiptLineOut(Strict):
    """Units as they are on the books: sellable ones of a lot that is not sold are in quarantine."""

    sku: str
    quantity: int
    condition: str
    lot: str


class ReceiptOut(Strict):
    """What was received, in the order of the lines."""

    location: str
    items: list[ReceiptLineOut]


@calls.writes("/inventory/receipts", scope="stock.receive", takes=ReceiptIn, gives=ReceiptOut, status=201)
def receive_goods(request: HttpRequest, body: ReceiptIn) -> dict[str, Any]:
    """Goods have come, all lines or none; a lot that is not known yet is made."""
    place = location_by_code(body.location, "location")
    known = _variants(body.lines)
    tracked = still([variant.pk for variant in known.values()])
    fresh = {sku: tracked.get(variant.pk, variant) for sku, variant in known.items()}
    units = [_unit(n, line, fresh[line.sku], place, body.vendor) for n, line in enumerate(body.lines)]
    actor = caller_of(request).actor
    receive(units, source=new_id(), actor=actor, note=body.note, vendor=body.vendor)
    register(_numbers(body.lines, fresh, place), actor=actor, note=body.note)
    items = [
        {"sku": line.sku, "quantity": unit.quantity, "condition": str(unit.condition), "lot": _code(line)}
        for line, unit in zip(body.lines, units, strict=True)
    ]
    return {"location": place.code, "items": items}


def _variants(lines: list[ReceiptLineIn]) -> dict[str, Variant]:
    known = {v.sku: v for v in Variant.objects.filter(sku__in={line.sku for line in lines}, is_stocked=True)}
    errors = [
        {"loc": ["lines", n, "sku"], "msg": _("%(sku)s is not kept in stock") % {"sku": line.sku}}
        for n, line in enumerate(lines)
        if line.sku not in known
    ]
    if errors:
        raise Invalid(errors=errors)
    return known


def _unit(n: int, line: ReceiptLineIn, variant: Variant, place: Location, vendor: str) -> In:
    if line.lot is None:
        if variant.tracks_lots:
            raise Invalid.field(["lines", n, "lot"], _("%(sku)s asks for its lot") % {"sku": variant.sku})
        return In(variant.pk, place.pk, line.quantity, line.condition)
    wanted = LotInput(line.lot.code, line.lot.expires_on, line.lot.vendor_lot)
    try:
        return coming_in(named(variant, wanted, vendor), place.pk, line.quantity, line.condition)
    except Invalid as wrong:
        names = {"lot": ["lot", "code"], "expires_on": ["lot", "expires_on"]}
        errors = [e | {"loc": ["lines", n, *names.get(str(e["loc"][0]), e["loc"])]} for e in wrong.errors]
        raise Invalid(errors=errors) from wrong


def _numbers(lines: list[ReceiptLineIn], known: dict[str, Variant], place: Location) -> list[Named]:
    return [
        Named(known[line.sku].pk, place.pk, line.serials, line.quantity, ("lines", n, "serials"))
        for n, line in enumerate(lines)
        if line.serials
    ]


def _code(line: ReceiptLineIn) -> str:
    return line.lot.code.strip().upper() if line.lot else ""
