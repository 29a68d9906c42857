"""Each parcel of an order for its customer: where it is, when it comes, what happens next."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.wording import word
from fulfillment.models import FulfillmentOrder, Shipment, TrackingEvent
from tracking.selectors import Facts
from tracking.wording import full_day, moment, on_day, the_day

Stage = Literal["waiting", "preparing", "moving", "stuck", "arrived"]
STUCK = ("attempt_failed", "available_for_pickup", "exception", "lost", "returned_to_sender")


@dataclass(frozen=True)
class Step:
    """Something that has happened, or comes next."""

    label: str
    note: str
    done: bool


@dataclass(frozen=True)
class Item:
    """Units of one article."""

    quantity: int
    name: str


@dataclass(frozen=True)
class Parcel:
    """One parcel. `due` is the day it is expected; `place`s, items and numbers are only for who has proved themselves."""

    stage: Stage
    state: str
    tone: str
    when: str
    promise: str
    next: str
    due: date | None
    status: str = ""
    moved: str = ""
    was: str = ""
    """The day that was promised, when another has taken its place."""
    steps: list[Step] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    carrier: str = ""
    number: str = ""


def parcels_of(facts: Facts, *, personal: bool) -> list[Parcel]:
    """The parcels, first those that arrive first; what is not decided yet comes last as one more."""
    found = [_parcel(work, personal, held=bool(facts.holds)) for work in facts.work]
    found.sort(key=lambda parcel: parcel.due or date.max)
    rest = _rest(facts, personal)
    return [*found, rest] if rest else found


def _parcel(work: FulfillmentOrder, personal: bool, *, held: bool) -> Parcel:
    shipment: Shipment | None = next(iter(work.parcels), None)  # type: ignore[attr-defined]  # prefetched
    if shipment is None or shipment.shipped_at is None:
        return _prepared(work, personal, held=held)
    stage: Stage = "arrived" if shipment.status == "delivered" else "stuck" if shipment.status in STUCK else "moving"
    due = timezone.localdate() if shipment.status == "out_for_delivery" else shipment.expected_on or work.promise_latest
    moved = "" if shipment.delivered_at else _moved(work, due)
    name = word(shipment.status, "shipment")
    return Parcel(
        stage=stage,
        state=str(name.text),
        tone=name.tone,
        when=_when(shipment, due),
        promise=_promise(work, shipment, due),
        moved=moved,
        was=full_day(work.promised) if moved and work.promised else "",
        next=_next(shipment.status),
        due=due,
        status=shipment.status,
        steps=_steps(work, shipment, due, personal),
        items=[Item(line.quantity, line.order_line.name) for line in shipment.lines.all()] if personal else [],
        carrier=shipment.carrier,
        number=(shipment.tracking_number or "") if personal else "",
    )


def _prepared(work: FulfillmentOrder, personal: bool, *, held: bool) -> Parcel:
    due = work.promise_latest
    moved = _moved(work, due)
    place = work.location.name if personal else ""
    steps = [
        Step(_("Being prepared at %(place)s") % {"place": place} if place else _("Being prepared"), "", True),
        Step(
            _("Handed to %(carrier)s") % {"carrier": work.carrier} if work.carrier else _("Handed to the carrier"),
            "",
            False,
        ),
        Step(pgettext("parcel", "Delivered"), _expected(due), False),
    ]
    lines = [line for line in work.lines.all() if line.quantity > line.cancelled]
    return Parcel(
        stage="preparing",
        state=_("Being prepared"),
        tone="blue",
        when=the_day(due) if due else _("Day to be told"),
        promise="",
        moved=moved,
        was=full_day(work.promised) if moved and work.promised else "",
        next="" if held else _("We pack it now and write to you when it leaves."),
        due=due,
        steps=steps,
        items=[Item(line.quantity - line.cancelled, line.order_line.name) for line in lines] if personal else [],
    )


def _rest(facts: Facts, personal: bool) -> Parcel | None:
    """Units that no location has been given yet."""
    waiting = [(line, line.draft + line.reserved + line.backordered) for line in facts.lines]
    waiting = [(line, units) for line, units in waiting if units]
    if not waiting:
        return None
    short = any(line.backordered for line, _units in waiting)
    due = max((line.promise_latest for line, _units in waiting if line.promise_latest), default=None)
    return Parcel(
        stage="waiting",
        state=_("Waiting for stock") if short else _("Being planned"),
        tone="amber" if short else "grey",
        when=the_day(due) if due else _("Day to be told"),
        promise="",
        next=_("It is not in stock at the moment. We send it as soon as it is.")
        if short
        else _("We are choosing the place that sends it soonest."),
        due=due,
        items=[Item(units, line.name) for line, units in waiting] if personal else [],
    )


def _when(shipment: Shipment, due: date | None) -> str:
    if shipment.delivered_at:
        return the_day(timezone.localdate(shipment.delivered_at))
    return the_day(due) if due else _("On its way")


def _promise(work: FulfillmentOrder, shipment: Shipment, due: date | None) -> str:
    promised = work.promised
    if not promised:
        return ""
    came = timezone.localdate(shipment.delivered_at) if shipment.delivered_at else due or promised
    today = timezone.localdate()
    late = came > promised or (not shipment.delivered_at and today > promised)
    verdict = _("later than promised") if late else _("on time")
    words = _("Promised for %(day)s") % {"day": full_day(promised)}
    return f"{words} · {verdict}"


def _moved(work: FulfillmentOrder, due: date | None) -> str:
    """Words for a promise that had to be moved to a later day; empty when it is kept."""
    if not due or not work.promised or due <= work.promised:
        return ""
    days = {"before": full_day(work.promised), "after": full_day(due)}
    return _("The delivery had to be moved from %(before)s to %(after)s. We are sorry for the wait.") % days


def _next(status: str) -> str:
    return {
        "shipped": _("The carrier has it and brings it to your address."),
        "in_transit": _("The carrier has it and brings it to your address."),
        "out_for_delivery": _("It is in the van: somebody should be there today."),
        "attempt_failed": _("It could not be handed over. The carrier tries again on the next working day."),
        "available_for_pickup": _("It waits for you. Bring your identity card and the parcel number."),
        "exception": _("Something holds it up on the way. We follow it and write to you."),
        "lost": _("The carrier cannot find it. We settle it with you: a new parcel or your money."),
        "returned_to_sender": _("It is on its way back to us. We write to you when it is here."),
    }.get(status, "")


def _steps(work: FulfillmentOrder, shipment: Shipment, due: date | None, personal: bool) -> list[Step]:
    place = work.location.name if personal else ""
    steps = [
        Step(
            _("Prepared at %(place)s") % {"place": place} if place else _("Prepared"), moment(shipment.created_at), True
        ),
        Step(_("Handed to %(carrier)s") % {"carrier": shipment.carrier}, moment(shipment.shipped_at), True),
    ]
    steps += [step for event in shipment.events.all() if (step := _event_step(event, personal))]
    done = shipment.delivered_at
    steps.append(Step(pgettext("parcel", "Delivered"), moment(done) if done else _expected(due), bool(done)))
    return steps


def _event_step(event: TrackingEvent, personal: bool) -> Step | None:
    place = event.place if personal else ""
    label = _event_words(event.status, place)
    return Step(label, moment(event.at), True) if label else None


def _event_words(status: str, place: str) -> str:
    where = {"place": place}
    if status == "InTransit":
        return _("Passed through %(place)s") % where if place else _("On its way")
    if status == "AvailableForPickup":
        return _("Waiting for you at %(place)s") % where if place else _("Waiting for you at the pickup point")
    return {
        "OutForDelivery": _("Out for delivery"),
        "AttemptFail": _("Delivery was tried"),
        "Exception": _("Held up on the way"),
        "Expired": _("The carrier has not told us anything for long"),
    }.get(status, "")


def _expected(due: date | datetime | None) -> str:
    if not due:
        return ""
    return _("expected %(day)s") % {"day": on_day(due)}
