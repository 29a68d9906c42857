"""The calls about a location's work and its parcels."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import AwareDatetime, Field

from core.calls import Calls, Empty, PageQuery, Strict, caller_of, page
from core.lists import KeysetList
from core.problems import Conflict, Invalid, NotFound
from fulfillment import floor, labelling, serials, shipping, tracking_events
from fulfillment.models import FulfillmentLine, FulfillmentOrder, PickedSerial, Shipment, ShipmentLine
from fulfillment.states import FULFILLMENT_ORDER
from inventory.models import Location

calls = Calls(tags=["fulfillment"])

STATES = sorted({target for _, target in FULFILLMENT_ORDER.table.values()} | {"planned"})
Serial = Annotated[str, Field(max_length=200)]
Short = Annotated[str, Field(max_length=40)]


class WorkQuery(PageQuery):
    """Which work."""

    location: str = Field("", max_length=200, description="a location's code")
    status: str = Field("", max_length=40)
    order: str = Field("", max_length=60, description="an order's number")


class WorkLineOut(Strict):
    """Units of an order line that a location is to send; `id` is the order line's."""

    id: str
    sku: str
    quantity: int
    picked: int
    cancelled: int


class WorkOut(Strict):
    """What one location does for one order."""

    id: str
    order: str
    location: str
    method: str
    carrier: str
    service: str
    status: str
    promise: dict[str, str] | None
    lines: list[WorkLineOut]


class WorkPage(Strict):
    """A page of fulfilment orders."""

    items: list[WorkOut]
    next: str | None


class ParcelLineOut(Strict):
    """Units in a parcel; `id` is the order line's."""

    id: str
    sku: str
    quantity: int
    serials: list[str]


class ParcelOut(Strict):
    """What a carrier takes."""

    id: str
    order: str
    fulfillment_order: str
    carrier: str
    service: str
    tracking_number: str
    status: str
    expected_on: str | None
    shipped_at: str | None
    delivered_at: str | None
    lines: list[ParcelLineOut]


class WorkDoneOut(WorkOut):
    """The work after a step, with its parcels."""

    shipments: list[ParcelOut]


class PickedLineIn(Strict):
    """Units taken from the shelf; `id` is the order line's."""

    id: UUID
    quantity: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    serials: Annotated[
        list[Serial], Field(max_length=1_000, description="the numbers of these units, where the article asks for them")
    ] = []


class PickIn(Strict):
    """What was picked; without lines, everything that was left."""

    lines: Annotated[list[PickedLineIn], Field(min_length=1, max_length=500)] | None = None


class NumberedLineIn(Strict):
    """Numbers of units that were picked without; `id` is the order line's."""

    id: UUID
    serials: Annotated[list[Serial], Field(min_length=1, max_length=1_000)]


class NumbersIn(Strict):
    """Which units have which numbers."""

    lines: Annotated[list[NumberedLineIn], Field(min_length=1, max_length=500)]


class ShipIn(Strict):
    """How the parcel really travels, when it is not as it was labelled."""

    carrier: Short = ""
    service: Short = ""
    tracking_number: Short = ""


class CarrierEventIn(Strict):
    """What a carrier says of a parcel."""

    status: Annotated[str, Field(max_length=40, description=", ".join(tracking_events.STATUSES))]
    at: AwareDatetime
    location: Annotated[str, Field(max_length=200)] = ""
    detail: Annotated[str, Field(max_length=500)] = ""


def work_answer(work: FulfillmentOrder) -> dict[str, Any]:
    """A fulfilment order; its location, order and lines (with order line) are loaded."""
    return {
        "id": str(work.pk),
        "order": work.order.number,
        "location": work.location.code,
        "method": work.method,
        "carrier": work.carrier,
        "service": work.service,
        "status": work.status,
        "promise": {"earliest": work.promise_earliest.isoformat(), "latest": work.promise_latest.isoformat()}
        if work.promise_earliest and work.promise_latest
        else None,
        "lines": [
            {
                "id": str(line.order_line_id),
                "sku": line.order_line.sku,
                "quantity": line.quantity,
                "picked": line.picked,
                "cancelled": line.cancelled,
            }
            for line in work.lines.all()
        ],
    }


def parcel_answer(parcel: Shipment, order_number: str) -> dict[str, Any]:
    """A shipment; its lines (with order line and serial numbers) are loaded."""
    return {
        "id": str(parcel.pk),
        "order": order_number,
        "fulfillment_order": str(parcel.fulfillment_order_id),
        "carrier": parcel.carrier,
        "service": parcel.service,
        "tracking_number": parcel.tracking_number or "",
        "status": parcel.status,
        "expected_on": parcel.expected_on and parcel.expected_on.isoformat(),
        "shipped_at": parcel.shipped_at and parcel.shipped_at.isoformat(),
        "delivered_at": parcel.delivered_at and parcel.delivered_at.isoformat(),
        "lines": [
            {
                "id": str(line.order_line_id),
                "sku": line.order_line.sku,
                "quantity": line.quantity,
                "serials": line.numbers,  # type: ignore[attr-defined]
            }
            for line in parcel.lines.all()
        ],
    }


def _whole() -> QuerySet[FulfillmentOrder]:
    lines = FulfillmentLine.objects.select_related("order_line").order_by("order_line__position")
    return FulfillmentOrder.objects.select_related("location", "order").prefetch_related(Prefetch("lines", lines))


def _parcels() -> QuerySet[Shipment]:
    units = PickedSerial.objects.filter(
        fulfillment_line__fulfillment_order=OuterRef("shipment__fulfillment_order"),
        fulfillment_line__order_line=OuterRef("order_line"),
    )
    lines = ShipmentLine.objects.select_related("order_line").order_by("order_line__position")
    lines = lines.annotate(numbers=ArraySubquery(units.order_by("id").values("serial__code")))
    return Shipment.objects.select_related("order").prefetch_related(Prefetch("lines", lines)).order_by("id")


def _done(work_id: UUID) -> dict[str, Any]:
    parcels = _parcels().filter(fulfillment_order=work_id).exclude(status="voided")
    return {
        **work_answer(_whole().get(pk=work_id)),
        "shipments": [parcel_answer(parcel, parcel.order.number) for parcel in parcels],
    }


@calls.reads("/fulfillment-orders", scope="fulfillment.view", gives=WorkPage)
def list_work(request: HttpRequest, query: Query[WorkQuery]) -> dict[str, Any]:
    """Fulfilment orders, the oldest first."""
    found = _whole()
    if query.location:
        location = Location.objects.filter(code=query.location).first()
        if location is None:
            raise Invalid.field(
                ["query", "location"],
                _("“%(location)s” is not a location of this company") % {"location": query.location},
            )
        found = found.filter(location=location)
    if query.status:
        if query.status not in STATES:
            raise Invalid.field(["query", "status"], _("must be one of: %(choices)s") % {"choices": ", ".join(STATES)})
        found = found.filter(status=query.status)
    if query.order:
        found = found.filter(order__number=query.order)
    part = KeysetList(found, order="id").page(query.cursor, query.limit)
    return page(map(work_answer, part.items), part.next)


@calls.reads("/fulfillment-orders/{uuid:work_id}", scope="fulfillment.view", gives=WorkDoneOut)
def read_work(request: HttpRequest, work_id: UUID) -> dict[str, Any]:
    """One fulfilment order with its parcels."""
    if not FulfillmentOrder.objects.filter(pk=work_id).exists():
        raise NotFound(_("There is no such fulfilment order."))
    return _done(work_id)


@calls.writes("/fulfillment-orders/{uuid:work_id}/accept", scope="fulfillment.work", takes=Empty, gives=WorkDoneOut)
def accept_work(request: HttpRequest, body: Empty, work_id: UUID) -> dict[str, Any]:
    """The location takes the work on."""
    floor.accept([work_id], actor=caller_of(request).actor)
    return _done(work_id)


@calls.writes("/fulfillment-orders/{uuid:work_id}/pick", scope="fulfillment.work", takes=PickIn, gives=WorkDoneOut)
def pick_work(request: HttpRequest, body: PickIn, work_id: UUID) -> dict[str, Any]:
    """Units are taken from the shelf: those named, or all that is left."""
    actor = caller_of(request).actor
    if body.lines is None:
        floor.pick_all([work_id], actor=actor)
        return _done(work_id)
    _refuse_twice(body.lines)
    quantities = {line.id: line.quantity for line in body.lines}
    numbers = {line.id: line.serials for line in body.lines}
    floor.pick(work_id, quantities, actor=actor, numbers=numbers)
    return _done(work_id)


def _refuse_twice(lines: Sequence[PickedLineIn | NumberedLineIn]) -> None:
    seen = set()
    for index, line in enumerate(lines):
        if line.id in seen:
            raise Invalid.field(["lines", index, "id"], _("is named twice"))
        seen.add(line.id)


@calls.writes(
    "/fulfillment-orders/{uuid:work_id}/serials", scope="fulfillment.work", takes=NumbersIn, gives=WorkDoneOut
)
def number_work(request: HttpRequest, body: NumbersIn, work_id: UUID) -> dict[str, Any]:
    """The serial numbers of units that were picked without, before the box is closed."""
    _refuse_twice(body.lines)
    serials.add(work_id, {line.id: line.serials for line in body.lines}, actor=caller_of(request).actor)
    return _done(work_id)


@calls.writes("/fulfillment-orders/{uuid:work_id}/pack", scope="fulfillment.work", takes=Empty, gives=WorkDoneOut)
def pack_work(request: HttpRequest, body: Empty, work_id: UUID) -> dict[str, Any]:
    """Close the box: it becomes a parcel with a label."""
    floor.pack([work_id], actor=caller_of(request).actor)
    return _done(work_id)


@calls.writes("/fulfillment-orders/{uuid:work_id}/ship", scope="fulfillment.work", takes=ShipIn, gives=WorkDoneOut)
def ship_work(request: HttpRequest, body: ShipIn, work_id: UUID) -> dict[str, Any]:
    """Hand the parcel to its carrier."""
    given = shipping.Tracking(body.carrier.strip(), body.service.strip(), body.tracking_number.strip())
    tracking = given if given != shipping.Tracking() else None
    labelling.by_hand_if_missing(work_id, given, actor=caller_of(request).actor)
    shipping.ship([work_id], actor=caller_of(request).actor, tracking=tracking)
    return _done(work_id)


@calls.writes("/shipments/{uuid:shipment_id}/label", scope="fulfillment.work", takes=ShipIn, gives=ParcelOut)
def label_parcel(request: HttpRequest, body: ShipIn, shipment_id: UUID) -> dict[str, Any]:
    """Give a parcel the number of a label made by hand; without a number, have its carrier asked again."""
    parcel = _parcels().filter(pk=shipment_id).first()
    if parcel is None:
        raise NotFound(_("There is no such parcel."))
    actor, given = caller_of(request).actor, shipping.Tracking(body.carrier, body.service, body.tracking_number.strip())
    if given.number:
        labelling.by_hand(shipment_id, given, actor=actor)
    elif not labelling.ask([shipment_id], actor=actor):
        raise Conflict(_("This parcel has its label already."))
    return parcel_answer(_parcels().get(pk=shipment_id), parcel.order.number)


@calls.writes(
    "/shipments/{uuid:shipment_id}/events", scope="fulfillment.work", takes=CarrierEventIn, gives=ParcelOut, status=201
)
def add_carrier_event(request: HttpRequest, body: CarrierEventIn, shipment_id: UUID) -> dict[str, Any]:
    """Keep what a carrier says of a parcel; it moves when this is news."""
    tracking_events.record_event(
        shipment_id, body.status, body.at, place=body.location, detail=body.detail, actor=caller_of(request).actor
    )
    parcel = _parcels().get(pk=shipment_id)
    return parcel_answer(parcel, parcel.order.number)
