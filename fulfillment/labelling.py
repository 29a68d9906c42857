"""Labels of carriers that are asked over a network: after the box is closed, with no lock held, as often as it takes.

Until its label is there a parcel is a `draft`: packed, waiting, and nobody can ship it. The parcel's id is the key of the
booking, the same at every attempt, so that a carrier whose answer was lost gives the same label again.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.days import company_day
from core.db import rows, run
from core.incidents import open_incident, resolve_incidents
from core.outbox import publish
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from fulfillment.carriers import Booking, Parcel, carrier
from fulfillment.events import LabelWanted
from fulfillment.shipping import Tracking, check_tracking
from orders.services import lock_order

logger = logging.getLogger(__name__)
INCIDENT = "no_label"

_DRAFTS = """
SELECT s.id, s.order_id, s.carrier, s.service, s.weight_g, s.cost, s.expected_on, o.number,
       o.shipping_address ->> 'country' AS country
FROM fulfillment_shipment s JOIN orders_order o ON o.id = s.order_id
WHERE s.id = ANY(%(ids)s) AND s.status = 'draft' ORDER BY s.id
"""


def ask(shipment_ids: Iterable[UUID], *, actor: Actor) -> int:
    """Have the carriers asked for the labels that are still missing; returns how many these are."""
    with transaction.atomic():
        drafts = rows(_DRAFTS, {"ids": list(shipment_ids)})
        publish(LabelWanted(about=d.order_id, number=d.number, shipment_id=str(d.id)) for d in drafts)
        for draft in drafts:
            record(draft.order_id, "shipment.ask_label", actor=actor, data=_named(draft))
    return len(drafts)


def book(shipment_ids: Sequence[UUID], *, actor: Actor) -> list[UUID]:
    """Ask the carriers, outside any transaction; returns the parcels that have their label now.

    A carrier that fails leaves its parcels as they are, under an open incident, and its error is raised after the other
    carriers have been asked.
    """
    by_carrier: dict[str, list[Any]] = {}
    for draft in rows(_DRAFTS, {"ids": list(shipment_ids)}):
        by_carrier.setdefault(draft.carrier, []).append(draft)
    labelled: list[UUID] = []
    failure: Exception | None = None
    for code, drafts in by_carrier.items():
        try:
            bookings = carrier(code).book([_parcel(d) for d in drafts])
        except Exception as error:
            _failed(drafts, error, actor=actor)
            failure = failure or error
            continue
        answered = {booking.key: booking for booking in bookings}
        labelled += [d.id for d in drafts if d.id in answered and _keep(d, answered[d.id], actor=actor)]
    if failure:
        raise failure
    return labelled


def by_hand(shipment_id: UUID, tracking: Tracking, *, actor: Actor, at: datetime | None = None) -> None:
    """The label was made elsewhere, on the carrier's own pages or at its counter: this is its number.

    Conflict when the parcel has a label already, or another parcel has this number.
    """
    check_tracking(tracking)
    if not tracking.number:
        raise Invalid.field(["tracking_number"], _("is missing: type the number on the label"))
    found = rows(
        "SELECT id, order_id, carrier, service FROM fulfillment_shipment WHERE id = %(id)s", {"id": shipment_id}
    )
    if not found:
        raise NotFound(_("There is no such parcel."))
    with transaction.atomic():
        lock_order(found[0].order_id)
        if not _store(found[0], tracking):
            raise Conflict(_("This parcel has its label already."))
        data = {"shipment": str(shipment_id), "tracking_number": tracking.number}
        record(found[0].order_id, "shipment.label_by_hand", actor=actor, data=data, at=at)
        resolve_incidents(INCIDENT, about=found[0].order_id, actor=actor, resolution="labelled by hand")


def by_hand_if_missing(fulfillment_order_id: UUID, tracking: Tracking, *, actor: Actor) -> None:
    """Whoever hands over a parcel without a label and types a number has made its label by hand."""
    drafts = rows(
        "SELECT id FROM fulfillment_shipment WHERE fulfillment_order_id = %(id)s AND status = 'draft'",
        {"id": fulfillment_order_id},
    )
    if drafts and tracking.number:
        by_hand(drafts[0].id, tracking, actor=actor)


def _parcel(draft: Any) -> Parcel:
    return Parcel(
        key=draft.id,
        service=draft.service,
        weight_g=draft.weight_g,
        country=draft.country or "",
        price=draft.cost,
        expected_on=draft.expected_on,
        sent_on=company_day(),
    )


def _keep(draft: Any, booking: Booking, *, actor: Actor) -> bool:
    """Store the carrier's answer, unless the parcel was opened again or labelled by hand while we asked."""
    with transaction.atomic():
        lock_order(draft.order_id)
        kept = _store(draft, Tracking(draft.carrier, draft.service, booking.tracking_number), booking)
        data = _named(draft) | {"tracking_number": booking.tracking_number}
        if kept or not _has(draft.id, booking.tracking_number):  # the same label, asked for twice at once, is no news
            record(draft.order_id, "shipment.label" if kept else "shipment.label_unused", actor=actor, data=data)
        if kept:
            resolve_incidents(INCIDENT, about=draft.order_id, actor=actor, resolution="labelled")
    return kept


def _has(shipment_id: UUID, number: str) -> bool:
    sql = "SELECT FROM fulfillment_shipment WHERE id = %(id)s AND tracking_number = %(number)s"
    return bool(rows(sql, {"id": shipment_id, "number": number}))


def _store(draft: Any, tracking: Tracking, booking: Booking | None = None) -> bool:
    named = {
        "id": draft.id,
        "carrier": tracking.carrier.strip() or draft.carrier,
        "service": tracking.service.strip() or draft.service,
        "number": tracking.number.strip(),
        "cost": booking.cost if booking else None,
        "expected_on": booking.expected_on if booking else None,
    }
    try:
        with transaction.atomic():
            return bool(run(_LABEL, named).rowcount)
    except IntegrityError as error:
        raise Conflict(_("Another parcel has the tracking number %(number)s.") % {"number": tracking.number}) from error


_LABEL = """
UPDATE fulfillment_shipment SET status = 'labelled', tracking_number = %(number)s, carrier = %(carrier)s,
    service = %(service)s, cost = coalesce(%(cost)s::numeric, cost), expected_on = coalesce(%(expected_on)s::date, expected_on)
WHERE id = %(id)s AND status = 'draft'
"""


def _failed(drafts: Sequence[Any], error: Exception, *, actor: Actor) -> None:
    logger.warning("the carrier %s gave no label: %s", drafts[0].carrier, error)
    for draft in drafts:
        data = _named(draft) | {"error": f"{draft.carrier}: {error}"[:500]}
        open_incident(INCIDENT, about=draft.order_id, actor=actor, data=data)


def _named(draft: Any) -> dict[str, Any]:
    return {"shipment": str(draft.id), "carrier": draft.carrier}
