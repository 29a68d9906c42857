"""The call about serial numbers: where a unit is, and with which order it left."""

from collections.abc import Sequence
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from core.calls import Calls, PageQuery, Strict, caller_of, page
from core.lists import KeysetList
from fulfillment.models import PickedSerial, Shipment
from inventory.api import location_by_code, variant_by_sku
from inventory.models import SerialNumber

calls = Calls(tags=["stock"])


class SerialOut(Strict):
    """One unit. `location`: where it was seen last, while it is `here`; `order`: the last one that had it in hand, and
    `tracking_number` the parcel that took it, told to keys with the scope `fulfillment.view`; `reason`: why it is `gone`."""

    id: str
    sku: str
    serial: str
    state: str
    location: str | None
    reason: str
    order: str
    tracking_number: str


class SerialPage(Strict):
    """A page of serial numbers."""

    items: list[SerialOut]
    next: str | None


class SerialQuery(PageQuery):
    """Which units."""

    code: str = Field("", max_length=64, description="the serial number as it stands on the unit")
    sku: str = Field("", max_length=200)
    state: Literal["here", "sent", "gone", ""] = ""
    location: str = Field("", max_length=200, description="a location's code")


@calls.reads("/serials", scope="stock.view", gives=SerialPage)
def list_serials(request: HttpRequest, query: Query[SerialQuery]) -> dict[str, Any]:
    """Units by their serial numbers, the oldest first."""
    found = SerialNumber.objects.select_related("variant", "location")
    if query.code:
        found = found.filter(code=query.code.strip().upper())
    if query.sku:
        found = found.filter(variant=variant_by_sku(query.sku, "query", "sku"))
    if query.state:
        found = found.filter(state=query.state)
    if query.location:
        found = found.filter(location=location_by_code(query.location, "query", "location"))
    part = KeysetList(found, order="id").page(query.cursor, query.limit)
    sees_parcels = "fulfillment.view" in caller_of(request).scopes
    return page(_answers(part.items, sees_parcels=sees_parcels), part.next)


def _answers(serials: Sequence[SerialNumber], *, sees_parcels: bool) -> list[dict[str, Any]]:
    picked = PickedSerial.objects.filter(serial__in=serials).select_related(
        "fulfillment_line__fulfillment_order__order"
    )
    last = {each.serial_id: each for each in picked.order_by("id")}
    work = {each.fulfillment_line.fulfillment_order_id for each in last.values() if each.has_left and sees_parcels}
    parcels = Shipment.objects.filter(fulfillment_order__in=work).exclude(status="voided")
    numbers = {parcel.fulfillment_order_id: parcel.tracking_number or "" for parcel in parcels}
    return [_answer(serial, last.get(serial.pk), numbers) for serial in serials]


def _answer(serial: SerialNumber, picked: PickedSerial | None, numbers: dict[Any, str]) -> dict[str, Any]:
    work = picked.fulfillment_line.fulfillment_order if picked else None
    return {
        "id": str(serial.pk),
        "sku": serial.variant.sku,
        "serial": serial.code,
        "state": serial.state,
        "location": serial.location and serial.location.code,
        "reason": serial.reason,
        "order": work.order.number if work else "",
        "tracking_number": numbers.get(work.pk, "") if work else "",
    }
