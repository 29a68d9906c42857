"""On the floor of a location: accept, pick, pack."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.days import company_day
from core.db import rows, run
from core.ids import new_id
from core.problems import Conflict, Invalid, NotFound
from core.states import apply_many
from core.timeline import record
from fulfillment import labelling, serials
from fulfillment import lots as lots_of_work
from fulfillment.carriers import Booking, Parcel, carrier
from fulfillment.locks import insist, last_doer, lock_orders_of, open_units, refusal
from fulfillment.lots import Picked, WrongLot, assign
from fulfillment.models import FulfillmentOrder
from fulfillment.states import FULFILLMENT_ORDER, PICKABLE
from orders.quantities import Units, move
from orders.services import refresh

PACKAGING_G = 120
"""What a box weighs by itself, in grams."""


def accept(fulfillment_order_ids: Sequence[UUID], *, actor: Actor, at: datetime | None = None) -> list[UUID]:
    """The location takes the work on. Returns the ids that moved."""
    with transaction.atomic():
        orders = lock_orders_of(fulfillment_order_ids)
        moved = apply_many(
            FULFILLMENT_ORDER, FulfillmentOrder, fulfillment_order_ids, "accept", actor=actor, about="order_id", at=at
        )
        insist(FULFILLMENT_ORDER, fulfillment_order_ids, moved, "accept")
        if moved:
            refresh(list(orders), actor=actor, at=at)
    return moved


def pick(
    fulfillment_order_id: UUID,
    quantities: Mapping[UUID, int],
    *,
    actor: Actor,
    at: datetime | None = None,
    lots: Mapping[UUID, UUID] | None = None,
    numbers: Mapping[UUID, Sequence[str]] | None = None,
) -> None:
    """Units (by order line) are taken from the shelf. Counting above what is asked for is refused, in words.

    `lots` are those that were scanned, by order line; of others what expires first is taken. `numbers` are the serial
    numbers that were scanned; units may be picked without, and packed only with them.
    """
    _check_quantities(quantities)
    with transaction.atomic():
        orders = lock_orders_of([fulfillment_order_id])
        _begin([fulfillment_order_id], actor=actor, at=at)
        work = _count(fulfillment_order_id, quantities, lots or {})
        _number(work, quantities, numbers or {}, actor)
        move([Units(line, quantity) for line, quantity in quantities.items()], "released", "picked")
        (order_id,) = orders
        data = {"id": str(fulfillment_order_id), "units": sum(quantities.values())}
        record(order_id, "fulfillment_order.pick", actor=actor, data=data, at=at)
        refresh([order_id], actor=actor, at=at)


def scan(
    fulfillment_order_id: UUID,
    code: str,
    *,
    actor: Actor,
    at: datetime | None = None,
    line_id: UUID | None = None,
) -> UUID:
    """One unit, by the barcode, SKU, lot or serial number that was scanned. Returns the order line it counted for.

    `line_id` is the order line whose article was scanned just before: a number that nobody knows is taken for its unit
    only.
    """
    code = code.strip()[:64]
    found = rows(_SCANNED, {"id": fulfillment_order_id, "code": code})
    if not found or any(row.is_number for row in found):
        return _scan_number(fulfillment_order_id, found, code, line_id, actor, at)
    wanted = next((row for row in found if row.left > 0), found[0])
    if wanted.tracks_serials:
        if wanted.left > 0 or wanted.missing > 0:
            raise serials.ask_for(wanted.sku, wanted.order_line_id)
    elif wanted.tracks_lots and wanted.lot_id is None and wanted.left > 0:
        _ask_for_lot(wanted)
    named = {wanted.order_line_id: wanted.lot_id} if wanted.lot_id else None
    pick(fulfillment_order_id, {wanted.order_line_id: 1}, actor=actor, at=at, lots=named)
    counted: UUID = wanted.order_line_id
    return counted


def _scan_number(
    work_id: UUID, found: Sequence[Any], code: str, line_id: UUID | None, actor: Actor, at: datetime | None
) -> UUID:
    """One unit, or that of one picked before without its number, by its number."""
    numbered = [row for row in found if row.is_number]
    open_ones = [row for row in numbered if row.left > 0] or [row for row in numbered if row.missing > 0]
    wanted = (open_ones or numbered or [serials.line_of(work_id, code, line_id)])[0]
    counted: UUID = wanted.order_line_id
    if wanted.left > 0 or wanted.missing <= 0:
        pick(work_id, {counted: 1}, actor=actor, at=at, numbers={counted: [code]})
    else:
        serials.add(work_id, {counted: [code]}, actor=actor)
    return counted


_SCANNED = """
SELECT l.order_line_id, l.quantity - l.cancelled - l.picked AS left, v.tracks_lots, v.tracks_serials, ol.variant_id,
       ol.sku, f.location_id, o.id AS lot_id, n.id IS NOT NULL AS is_number,
       l.picked - CASE WHEN v.tracks_serials THEN (
           SELECT count(*) FROM fulfillment_pickedserial k WHERE k.fulfillment_line_id = l.id)::int ELSE 0 END AS missing
FROM fulfillment_fulfillmentline l JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_order_id
JOIN orders_orderline ol ON ol.id = l.order_line_id JOIN catalog_variant v ON v.id = ol.variant_id
LEFT JOIN inventory_lot o ON v.tracks_lots AND o.variant_id = v.id AND upper(o.code) = upper(%(code)s)
LEFT JOIN inventory_serialnumber n ON v.tracks_serials AND n.variant_id = v.id AND n.code = upper(%(code)s)
WHERE l.fulfillment_order_id = %(id)s AND %(code)s <> ''
  AND (v.barcode = %(code)s OR upper(v.sku) = upper(%(code)s) OR o.id IS NOT NULL OR n.id IS NOT NULL)
ORDER BY ol.position
"""


def _ask_for_lot(wanted: Any) -> None:
    """An article that asks for lots is scanned by its lot, unless only one lies there."""
    key = (wanted.variant_id, wanted.location_id)
    found = lots_of_work.there([key]).get(key, [])
    if len(found) > 1:
        said = _("Scan its lot: %(lot)s ends first.") if found[0].expires_on else _("Scan its lot, such as %(lot)s.")
        raise WrongLot(said % {"lot": found[0].code}, lot=found[0].code)


def pick_all(fulfillment_order_ids: Sequence[UUID], *, actor: Actor, at: datetime | None = None) -> list[UUID]:
    """Take everything that is left to pick. Returns the ids that had something left."""
    with transaction.atomic():
        lock_orders_of(fulfillment_order_ids)
        _begin(fulfillment_order_ids, actor=actor, at=at)
        taken = rows(_TAKE_ALL, {"ids": list(fulfillment_order_ids)})
        if not taken:
            return []
        if of_lots := [t for t in taken if t.tracks_lots]:
            assign([Picked(t.id, t.location_id, t.variant_id, t.sku, t.q) for t in of_lots])
        move([Units(t.order_line_id, t.q) for t in taken], "released", "picked")
        refresh(list({t.order_id for t in taken}), actor=actor, at=at)
    return sorted({t.fulfillment_order_id for t in taken})


_TAKE_ALL = """
WITH rest AS (
    SELECT l.id, f.order_id, l.quantity - l.cancelled - l.picked AS q, f.location_id, ol.variant_id, ol.sku, v.tracks_lots
    FROM fulfillment_fulfillmentline l JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_order_id
    JOIN orders_orderline ol ON ol.id = l.order_line_id JOIN catalog_variant v ON v.id = ol.variant_id
    WHERE f.id = ANY(%(ids)s) AND f.status = 'picking' AND l.quantity > l.cancelled + l.picked)
UPDATE fulfillment_fulfillmentline l SET picked = l.picked + rest.q FROM rest WHERE l.id = rest.id
RETURNING l.fulfillment_order_id, l.order_line_id, rest.*
"""


def _begin(ids: Sequence[UUID], *, actor: Actor, at: datetime | None) -> None:
    moved = apply_many(FULFILLMENT_ORDER, FulfillmentOrder, ids, "begin_picking", actor=actor, about="order_id", at=at)
    insist(FULFILLMENT_ORDER, ids, moved, "begin_picking")


def _check_quantities(quantities: Mapping[UUID, int]) -> None:
    if not quantities:
        raise Invalid.field(["lines"], _("name at least one line that was picked"))
    for index, quantity in enumerate(quantities.values()):
        if quantity <= 0:
            raise Invalid.field(["lines", index, "quantity"], _("must be at least 1"))


_WORK = """
SELECT f.id AS work_id, f.order_id, f.status, o.number, p.name AS location, l.order_line_id, ol.sku, l.quantity - l.cancelled AS wanted,
       l.quantity - l.cancelled - l.picked AS left, l.id AS work_line_id, f.location_id, ol.variant_id, v.tracks_lots,
       v.tracks_serials
FROM fulfillment_fulfillmentline l JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_order_id
JOIN orders_order o ON o.id = f.order_id JOIN inventory_location p ON p.id = f.location_id
JOIN orders_orderline ol ON ol.id = l.order_line_id JOIN catalog_variant v ON v.id = ol.variant_id WHERE f.id = %(id)s
"""


def _count(fulfillment_order_id: UUID, quantities: Mapping[UUID, int], lots: Mapping[UUID, UUID]) -> dict[UUID, Any]:
    work = {row.order_line_id: row for row in rows(_WORK, {"id": fulfillment_order_id})}
    for index, (line_id, quantity) in enumerate(quantities.items()):
        if line_id not in work:
            raise Invalid.field(["lines", index, "id"], _("this line is not part of the fulfilment order"))
        _check_left(work[line_id], quantity)
    run(
        """
        UPDATE fulfillment_fulfillmentline l SET picked = l.picked + w.q
        FROM unnest(%(lines)s::uuid[], %(quantities)s::int[]) AS w(line, q)
        WHERE l.fulfillment_order_id = %(id)s AND l.order_line_id = w.line
        """,
        {"id": fulfillment_order_id, "lines": list(quantities), "quantities": list(quantities.values())},
    )
    of_lots = [work[line_id] for line_id in quantities if work[line_id].tracks_lots]
    if of_lots:
        assign(
            [Picked(r.work_line_id, r.location_id, r.variant_id, r.sku, quantities[r.order_line_id]) for r in of_lots],
            {r.work_line_id: lots[r.order_line_id] for r in of_lots if r.order_line_id in lots},
        )
    return work


def _number(
    work: Mapping[UUID, Any], quantities: Mapping[UUID, int], numbers: Mapping[UUID, Sequence[str]], actor: Actor
) -> None:
    """The numbers of what was picked, as far as they were scanned."""
    scanned = []
    for index, (line_id, quantity) in enumerate(quantities.items()):
        codes, row, loc = numbers.get(line_id, ()), work[line_id], ("lines", index, "serials")
        if codes and not row.tracks_serials:
            raise Invalid.field(loc, _("%(sku)s does not ask for serial numbers: leave them out") % {"sku": row.sku})
        if len(codes) > quantity:
            said = _("%(n)s numbers are too many: one for each unit at most")
            raise Invalid.field(loc, said % {"n": len(codes)})
        if codes:
            picked = serials.Picked(row.work_line_id, row.work_id, row.number, row.variant_id, row.location_id, codes, loc)  # fmt: skip
            scanned.append(picked)
    if scanned:
        serials.keep(scanned, actor=actor)


def _check_left(row: Any, quantity: int) -> None:
    if row.status not in PICKABLE:
        raise Conflict(refusal(row, "pick"), state=row.status)
    if not row.left:
        who = last_doer(row.order_id, "pick")
        by = f", the last by {who}" if who else ""
        raise Conflict(
            _("All %(wanted)s of %(sku)s are picked already%(by)s.") % {"wanted": row.wanted, "sku": row.sku, "by": by},
            left=0,
            by=who,
        )
    if quantity > row.left:
        raise Conflict(
            _("Only %(left)s of %(sku)s are left to pick.") % {"left": row.left, "sku": row.sku}, left=row.left
        )


def pack(fulfillment_order_ids: Sequence[UUID], *, actor: Actor, at: datetime | None = None) -> list[UUID]:
    """Close the boxes of work that is picked completely; each becomes a shipment, labelled or waiting for its label.

    Work packed before is left alone. Returns the ids of the new shipments.
    """
    at = at or timezone.now()
    with transaction.atomic():
        lock_orders_of(fulfillment_order_ids)
        _refuse_unpicked(fulfillment_order_ids)
        moved = apply_many(
            FULFILLMENT_ORDER, FulfillmentOrder, fulfillment_order_ids, "pack", actor=actor, about="order_id", at=at
        )
        insist(FULFILLMENT_ORDER, fulfillment_order_ids, moved, "pack")
        if not moved:
            return []
        boxes = rows(_BOXES, {"ids": moved})
        shipments = _label(boxes, at, actor=actor)
        move(open_units(moved), "picked", "packed")
        refresh(list({box.order_id for box in boxes}), actor=actor, at=at)
    return shipments


def _refuse_unpicked(ids: Sequence[UUID]) -> None:
    unpicked = rows(_UNPICKED, {"ids": list(ids)})
    if unpicked:
        row = unpicked[0]
        if not row.left:
            raise Conflict(serials.missing_words(row.sku, row.missing), missing=row.missing)
        raise Conflict(
            _("%(number)s is not picked completely: %(left)s of %(wanted)s of %(sku)s are missing.")
            % {"number": row.number, "left": row.left, "wanted": row.wanted, "sku": row.sku},
            left=row.left,
        )


_UNPICKED = """
SELECT o.number, ol.sku, l.quantity - l.cancelled AS wanted, l.quantity - l.cancelled - l.picked AS left, n.missing
FROM fulfillment_fulfillmentline l JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_order_id
JOIN orders_orderline ol ON ol.id = l.order_line_id JOIN orders_order o ON o.id = f.order_id
JOIN catalog_variant v ON v.id = ol.variant_id JOIN orders_channel c ON c.id = o.channel_id
LEFT JOIN LATERAL (
    SELECT l.picked - count(*)::int AS missing FROM fulfillment_pickedserial k
    WHERE k.fulfillment_line_id = l.id) n ON v.tracks_serials AND NOT c.is_history
WHERE f.id = ANY(%(ids)s) AND f.status = 'picking' AND (l.quantity > l.cancelled + l.picked OR n.missing > 0)
ORDER BY l.quantity > l.cancelled + l.picked DESC, o.number, ol.position LIMIT 1
"""
_BOXES = """
SELECT f.id, f.order_id, f.carrier, f.service, f.freight_cost, f.promise_latest,
       o.shipping_address ->> 'country' AS country,
       (SELECT sum((l.quantity - l.cancelled) * v.weight_g)::int
        FROM fulfillment_fulfillmentline l JOIN orders_orderline ol ON ol.id = l.order_line_id
        JOIN catalog_variant v ON v.id = ol.variant_id WHERE l.fulfillment_order_id = f.id) AS weight_g
FROM fulfillment_fulfillmentorder f JOIN orders_order o ON o.id = f.order_id
WHERE f.id = ANY(%(ids)s) ORDER BY f.id
"""
_INSERT_SHIPMENTS = """
INSERT INTO fulfillment_shipment (id, order_id, fulfillment_order_id, carrier, service, tracking_number, status,
                                  weight_g, cost, expected_on, created_at)
SELECT s.id, f.order_id, f.id, f.carrier, f.service, nullif(s.tracking_number, ''),
       CASE s.tracking_number WHEN '' THEN 'draft' ELSE 'labelled' END, s.weight_g, s.cost, s.expected_on, %(at)s
FROM unnest(%(ids)s::uuid[], %(work)s::uuid[], %(numbers)s::text[], %(weights)s::int[], %(costs)s::numeric[],
            %(expected)s::date[]) AS s(id, work, tracking_number, weight_g, cost, expected_on)
JOIN fulfillment_fulfillmentorder f ON f.id = s.work
"""
_INSERT_LINES = """
INSERT INTO fulfillment_shipmentline (id, shipment_id, order_line_id, quantity)
SELECT gen_random_uuid(), s.id, l.order_line_id, l.quantity - l.cancelled
FROM fulfillment_shipment s JOIN fulfillment_fulfillmentline l ON l.fulfillment_order_id = s.fulfillment_order_id
WHERE s.id = ANY(%(ids)s) AND l.quantity > l.cancelled
"""


def _label(boxes: Sequence[Any], at: datetime, *, actor: Actor) -> list[UUID]:
    """Shipments with their numbers for closed boxes; carriers outside are asked for theirs."""
    bookings = _book(boxes, at)
    weights = {box.id: (box.weight_g or 0) + PACKAGING_G for box in boxes}
    ids = [new_id() for _ in bookings]
    run(
        _INSERT_SHIPMENTS,
        {
            "at": at,
            "ids": ids,
            "work": [b.key for b in bookings],
            "numbers": [b.tracking_number for b in bookings],
            "weights": [weights[b.key] for b in bookings],
            "costs": [b.cost for b in bookings],
            "expected": [b.expected_on for b in bookings],
        },
    )
    run(_INSERT_LINES, {"ids": ids})
    if waiting := [i for i, b in zip(ids, bookings, strict=True) if not b.tracking_number]:
        labelling.ask(waiting, actor=actor)
    return ids


def _book(boxes: Sequence[Any], at: datetime) -> list[Booking]:
    """Ask each carrier once for all its boxes."""
    by_carrier: dict[str, list[Parcel]] = {}
    for box in boxes:
        by_carrier.setdefault(box.carrier, []).append(
            Parcel(
                key=box.id,
                service=box.service,
                weight_g=(box.weight_g or 0) + PACKAGING_G,
                country=box.country or "",
                price=box.freight_cost,
                expected_on=box.promise_latest,
                sent_on=company_day(at),
            )
        )
    return [booking for code in sorted(by_carrier) for booking in _numbered(code, by_carrier[code])]


def _numbered(code: str, parcels: Sequence[Parcel]) -> list[Booking]:
    """A carrier that is asked over a network is asked afterwards: its parcels have no number yet."""
    if carrier(code).outside:
        return [Booking(p.key, "", p.price, p.expected_on) for p in parcels]
    return carrier(code).book(parcels)


def shipments_of(fulfillment_order_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The living shipment of each fulfilment order; NotFound when one has none."""
    found = rows(
        "SELECT id, fulfillment_order_id FROM fulfillment_shipment"
        " WHERE fulfillment_order_id = ANY(%(ids)s) AND status <> 'voided'",
        {"ids": list(fulfillment_order_ids)},
    )
    if len(found) < len(set(fulfillment_order_ids)):
        raise NotFound(_("Nothing is packed yet: there is no parcel."))
    return {row.fulfillment_order_id: row.id for row in found}
