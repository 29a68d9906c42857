"""What a location has to do, read for its people: lists by stage, one piece of work with its lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateField, Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from core.days import day_at, midnight, zone
from core.lists import capped_count
from core.permissions import locations_of
from core.problems import NotFound
from core.templatetags.ui import age, place_time
from fulfillment import serials
from fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment, ShipmentLine, TrackingEvent
from fulfillment.planning import VIRTUAL
from fulfillment.states import PICKABLE
from inventory.models import Location
from orders.models import Hold

TABS = ("pick", "pack", "ship", "done")
WAITING = (*PICKABLE, "packed")
DUE = Coalesce("order__promise_latest", "promise_latest", Value(date.max), output_field=DateField())
"""The day that work is ordered by, which the customer was promised; what has no promise comes last."""


def my_locations(user: Any) -> list[Location]:
    """The locations whose work this person does, by name; one that was switched off stays until its work is done."""
    reach = locations_of(user, "fulfillment.work")
    open_work = Exists(_open_work().filter(location=OuterRef("pk")))
    if reach is None:
        found = Location.objects.filter(Q(is_active=True, can__contains=[Location.Can.SHIP]) | open_work)
    else:
        found = Location.objects.filter(Q(is_active=True) | open_work, pk__in=reach)
    return list(found.order_by("name"))


def waiting_at(places: Iterable[Location]) -> dict[UUID, int]:
    """Open pieces of work by location."""
    waiting = _open_work().filter(location__in=places)
    return dict(waiting.order_by().values("location").annotate(n=Count("id")).values_list("location", "n"))


def _open_work() -> QuerySet[FulfillmentOrder]:
    return FulfillmentOrder.objects.filter(status__in=WAITING).exclude(method=VIRTUAL)


def work_at(location: Location, tab: str) -> QuerySet[FulfillmentOrder]:
    """The work of a location in one stage: to pick, to pack, to ship, or done today."""
    unpicked = Exists(
        FulfillmentLine.objects.filter(fulfillment_order=OuterRef("pk"), quantity__gt=F("picked") + F("cancelled"))
    )
    work = FulfillmentOrder.objects.filter(location=location).exclude(method=VIRTUAL)
    if tab == "done":
        today = Exists(
            Shipment.objects.filter(fulfillment_order=OuterRef("pk"), shipped_at__gte=start_of_day(location))
        )
        return work.filter(today, status__in=("shipped", "delivered"))
    if tab == "ship":
        return work.filter(status="packed")
    if tab == "pack":
        return work.filter(~unpicked, status="picking")
    return work.filter(unpicked, status__in=PICKABLE)


def counts(location: Location) -> dict[str, int]:
    """How much there is in each stage, counted no further than the cap of lists."""
    return {tab: capped_count(work_at(location, tab)) for tab in TABS}


def start_of_day(location: Location) -> datetime:
    """Midnight at the place."""
    return midnight(day_at(location.time_zone), name=location.time_zone)


def cards(work: QuerySet[FulfillmentOrder]) -> QuerySet[FulfillmentOrder]:
    """With what a card shows: units, picked units, whether the order is held, when it is `due`, and its lines."""
    lines = FulfillmentLine.objects.select_related("order_line").order_by("order_line__position")
    return (
        work.select_related("order")
        .annotate(
            units=Sum(F("lines__quantity") - F("lines__cancelled")),
            picked=Sum("lines__picked"),
            due=DUE,
            is_held=Exists(Hold.objects.filter(order=OuterRef("order"), status="open")),
        )
        .prefetch_related(Prefetch("lines", lines))
    )


def carrier_leaves(place: Location, now: datetime | None = None) -> str:
    """When the carrier comes today at the place: `leaves at 16:30, in 2 h 10`; "" when it has none."""
    if place.cut_off is None:
        return ""
    here = (now or timezone.now()).astimezone(zone(place.time_zone))
    cut_off = datetime.combine(here.date(), place.cut_off, zone(place.time_zone))
    at = place_time(place.cut_off, place.time_zone)
    left = cut_off - here
    if left > timedelta(0):
        return _("the carrier leaves at %(time)s, in %(left)s") % {"time": at, "left": age(left)}
    return _("the carrier left at %(time)s") % {"time": at}


@dataclass(frozen=True)
class Piece:
    """One location's work for one order, with all that its screen shows."""

    work: FulfillmentOrder
    lines: list[FulfillmentLine]
    shipment: Shipment | None
    hold: Hold | None
    numbers: dict[UUID, list[Any]] = field(default_factory=dict)
    """The serial numbers in hand, by order line."""

    def missing(self, line: FulfillmentLine) -> int:
        """Units of a line that were picked without the serial number that they ask for."""
        asks = line.order_line.variant.tracks_serials and self.work.status in PICKABLE
        return line.picked - len(self.numbers.get(line.order_line_id, ())) if asks else 0

    def wants_number(self, order_line_id: str) -> bool:
        """Whether more units of a line are to be scanned by their serial numbers."""
        line = next((each for each in self.lines if str(each.order_line_id) == order_line_id), None)
        if line is None or not line.order_line.variant.tracks_serials:
            return False
        return line.picked < line.quantity - line.cancelled or self.missing(line) > 0

    @property
    def all_missing(self) -> int:
        """Of all lines."""
        return sum(self.missing(line) for line in self.lines)

    @property
    def units(self) -> int:
        """Units to send."""
        return sum(line.quantity - line.cancelled for line in self.lines)

    @property
    def picked(self) -> int:
        """Units taken from the shelf so far."""
        return sum(line.picked for line in self.lines)

    @property
    def stage(self) -> str:
        """`pick`, `pack`, `ship`, `done`, or `off` when it is not (or no longer) to be done."""
        if self.work.status in PICKABLE:
            return "pick" if self.picked < self.units else "pack"
        return {"packed": "ship", "shipped": "done", "delivered": "done"}.get(self.work.status, "off")


def piece(fulfillment_order_id: UUID, user: Any) -> Piece:
    """One piece of work; NotFound when there is none at a location whose work this person does."""
    reach = locations_of(user, "fulfillment.work")
    found = FulfillmentOrder.objects.select_related("order", "location").filter(pk=fulfillment_order_id)
    work = (found if reach is None else found.filter(location_id__in=reach)).first()
    if work is None:
        raise NotFound(_("There is no such work at your locations."))
    found_lines = work.lines.select_related("order_line__variant").order_by("order_line__position")
    lines = list(found_lines.filter(quantity__gt=F("cancelled")))
    numbered = any(line.picked and line.order_line.variant.tracks_serials for line in lines)
    return Piece(
        work,
        lines,
        work.shipments.exclude(status="voided").order_by("-id").first(),
        work.order.holds.filter(status="open").order_by("opened_at").first(),
        serials.by_line(work.pk) if numbered else {},
    )


def next_piece(work: FulfillmentOrder) -> FulfillmentOrder | None:
    """What to pick next at the same location: the one promised soonest."""
    return work_at(work.location, "pick").exclude(pk=work.pk).order_by(DUE, "id").first()


def parcel(shipment_id: UUID, user: Any) -> Shipment:
    """A parcel with its contents and events; NotFound unless it left one of this person's locations."""
    reach = locations_of(user, "fulfillment.work")
    events = TrackingEvent.objects.order_by("-at", "-id")
    lines = ShipmentLine.objects.select_related("order_line").order_by("order_line__position")
    found = (
        Shipment.objects.filter(pk=shipment_id)
        .select_related("order__channel", "fulfillment_order__location")
        .prefetch_related(Prefetch("events", events), Prefetch("lines", lines))
    )
    shipment = (found if reach is None else found.filter(fulfillment_order__location_id__in=reach)).first()
    if shipment is None:
        raise NotFound(_("There is no such parcel at your locations."))
    return shipment
