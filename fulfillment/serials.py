"""Which units, by their serial numbers, a piece of work has in hand, and which its parcel took.

A number is in hand from its scan until the parcel leaves, of one piece of work at a time. Whoever takes one has it
locked, so that two pickers never have the same unit.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.actors import Actor
from core.bulk import Table
from core.db import rows, run
from core.ids import new_id
from core.problems import Conflict, Invalid
from core.timeline import Row, record, record_many
from fulfillment.locks import lock_orders_of, refusal
from fulfillment.states import PICKABLE
from inventory.serials import trail
from inventory.serials.meeting import Met, meet, see
from inventory.serials.registering import Loc, Named, not_here, spelt, unreadable
from inventory.serials.trail import Trace, Traces

LAST = """
SELECT DISTINCT ON (k.serial_id) k.serial_id, k.has_left, o.number, f.id AS work_id, w.order_line_id, p.name AS place,
       s.shipped_at
FROM fulfillment_pickedserial k JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id JOIN orders_order o ON o.id = f.order_id
JOIN inventory_location p ON p.id = f.location_id
LEFT JOIN fulfillment_shipment s ON s.fulfillment_order_id = f.id AND s.status <> 'voided'
WHERE k.serial_id = ANY(%(ids)s) ORDER BY k.serial_id, k.id DESC
"""


@trail.source
def last(serial_ids: Sequence[UUID]) -> Traces:
    """The last work that had each of these units."""
    return {
        row.serial_id: Trace(row.number, row.place, row.work_id, row.order_line_id, row.has_left, row.shipped_at)
        for row in rows(LAST, {"ids": list(serial_ids)})
    }


class AskSerial(Conflict):
    """The number of the unit is to be scanned. `line` is the order line that it is for, where that is known."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Units of a line of work that were taken, by the numbers that were scanned. `loc` is the field that named these."""

    line_id: UUID
    work_id: UUID
    order: str
    variant_id: UUID
    location_id: UUID
    codes: Sequence[str]
    loc: Loc = ("code",)


@dataclass(frozen=True, slots=True)
class _New:
    id: UUID
    fulfillment_line_id: UUID
    serial_id: UUID


PICKED = Table(
    "fulfillment_pickedserial",
    {"id": "uuid", "fulfillment_line_id": "uuid", "serial_id": "uuid"},
    computed={"has_left": "false"},
)


def keep(picked: Sequence[Picked], *, actor: Actor) -> None:
    """Write down by which numbers units were picked: unknown ones are made, those that lay elsewhere lie here now.

    Conflict in words for one that is sent, gone, or in other hands; Invalid for what is no number or stands there twice.
    """
    taken: set[tuple[UUID, str]] = set()
    read = [Named(p.variant_id, p.location_id, _spelt(p, taken), loc=p.loc) for p in picked]
    met = {(each.row.variant_id, each.row.code): each for each in meet(read, actor=actor)}
    traces = last([each.row.id for each in met.values() if not each.is_new])
    new: list[_New] = []
    for each, named in zip(picked, read, strict=True):
        for code in named.codes:
            found = met[(each.variant_id, code)]
            _refuse_taken(each, found, traces.get(found.row.id))
            new.append(_New(new_id(), each.line_id, found.row.id))
    for place in {p.location_id for p in picked}:
        codes = {(p.variant_id, code) for p, n in zip(picked, read, strict=True) if p.location_id == place for code in n.codes}  # fmt: skip
        see([met[key].row for key in codes], place, actor=actor)
    run(PICKED.insert(), PICKED.params(new))
    order_of = {p.line_id: p.order for p in picked}
    record_many(
        (Row(n.serial_id, "serial.pick", data={"order": order_of[n.fulfillment_line_id]}) for n in new), actor=actor
    )


def _spelt(picked: Picked, taken: set[tuple[UUID, str]]) -> list[str]:
    codes = []
    for n, text in enumerate(picked.codes):
        code = spelt(text)
        if not code or (picked.variant_id, code) in taken:
            said = _("%(code)s stands here twice") % {"code": code} if code else unreadable(text)
            raise Invalid.field([*picked.loc, n], said)
        taken.add((picked.variant_id, code))
        codes.append(code)
    return codes


def _refuse_taken(picked: Picked, met: Met, trace: Trace | None) -> None:
    row = met.row
    if trace and not trace.has_left:
        if trace.work_id == picked.work_id:
            raise Conflict(_("%(code)s is in this box already.") % {"code": row.code})
        said = _("%(code)s is in hand for order %(order)s at %(place)s.")
        raise Conflict(said % {"code": row.code, "order": trace.order, "place": trace.place}, order=trace.order)
    if row.state != "here":
        raise Conflict(not_here(row.code, row.state, row.reason, trace) + ".")


_LINES = """
SELECT l.id AS work_line_id, l.order_line_id, f.id AS work_id, f.order_id, f.status, o.number, p.name AS location,
       f.location_id, ol.variant_id, ol.sku, v.tracks_serials, l.quantity - l.cancelled - l.picked AS left,
       l.picked - (SELECT count(*) FROM fulfillment_pickedserial k WHERE k.fulfillment_line_id = l.id)::int AS missing
FROM fulfillment_fulfillmentline l JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_order_id
JOIN orders_order o ON o.id = f.order_id JOIN inventory_location p ON p.id = f.location_id
JOIN orders_orderline ol ON ol.id = l.order_line_id JOIN catalog_variant v ON v.id = ol.variant_id
WHERE f.id = %(id)s ORDER BY ol.position
"""
_NAMED = """
SELECT EXISTS (SELECT FROM catalog_variant v WHERE upper(v.sku) = %(code)s
               OR v.barcode IN (%(text)s, %(code)s) AND v.barcode <> '') AS article,
       EXISTS (SELECT FROM inventory_bin b JOIN fulfillment_fulfillmentorder f ON f.location_id = b.location_id
               WHERE f.id = %(id)s AND (upper(b.code) = %(code)s OR upper(b.barcode) = %(code)s)) AS bin,
       EXISTS (SELECT FROM inventory_lot l WHERE upper(l.code) = %(code)s) AS lot,
       EXISTS (SELECT FROM fulfillment_shipment s WHERE s.tracking_number IN (%(text)s, %(code)s)) AS parcel,
       EXISTS (SELECT FROM inventory_serialnumber n WHERE n.code = %(code)s) AS unit
"""


def line_of(work_id: UUID, text: str, line_id: UUID | None) -> Any:
    """The line whose unit has this number, which nobody has told before: that of the article that was scanned before it.

    Invalid when no line asks for numbers, or the code is that of another article or unit; Conflict when it is the code of
    something else than a unit; AskSerial when no article was scanned.
    """
    text, code = text.strip(), spelt(text)
    asking = [row for row in rows(_LINES, {"id": work_id}) if row.tracks_serials and (row.left > 0 or row.missing > 0)]
    nothing = Invalid.field(["code"], _("nothing in this order has that barcode or SKU; put the article back"))
    if not asking or not code:
        raise nothing
    chosen = next((row for row in asking if row.order_line_id == line_id), None)
    (named,) = rows(_NAMED, {"id": work_id, "text": text, "code": code})
    if said := _no_unit(named, is_wanted=chosen is not None):
        raise Conflict(said % {"code": text})
    if chosen:
        return chosen
    if named.article or named.unit:
        raise nothing
    raise AskSerial(_("Nobody has told this number before. Scan the article first, then its number."), line=None)


def _no_unit(named: Any, *, is_wanted: bool) -> str:
    """What else a code names, in words. An article's is told so only where a number `is_wanted`."""
    if named.article and is_wanted:
        return _("%(code)s is the code of an article, not the number of a unit.")
    if named.bin:
        return _("%(code)s is the code of a bin, not the number of a unit.")
    if named.lot:
        return _("%(code)s is the code of a lot, not the number of a unit.")
    if named.parcel:
        return _("%(code)s is the number of a parcel, not that of a unit.")
    return ""


def ask_for(name: str, line_id: UUID) -> AskSerial:
    """The words when the article was scanned and its unit's own number is wanted."""
    return AskSerial(_("%(sku)s: scan the serial number of this unit.") % {"sku": name}, line=str(line_id))


def add(work_id: UUID, numbers: Mapping[UUID, Sequence[str]], *, actor: Actor) -> None:
    """Numbers, by order line, of units that were picked without. Conflict when no unit of a line is without one."""
    with transaction.atomic():
        lock_orders_of([work_id])
        found = {row.order_line_id: row for row in rows(_LINES, {"id": work_id})}
        keep([_missed(found.get(line), codes, n) for n, (line, codes) in enumerate(numbers.items())], actor=actor)


def _missed(row: Any, codes: Sequence[str], n: int) -> Picked:
    loc = ("lines", n, "serials")
    if row is None:
        raise Invalid.field(["lines", n, "id"], _("this line is not part of the fulfilment order"))
    if not row.tracks_serials:
        raise Invalid.field(loc, _("%(sku)s does not ask for serial numbers: leave them out") % {"sku": row.sku})
    if row.status not in PICKABLE:
        raise Conflict(refusal(row, "pick"), state=row.status)
    if row.missing <= 0:
        raise Conflict(_("All numbers of %(sku)s are known already.") % {"sku": row.sku})
    if len(codes) > row.missing:
        said = _("%(n)s numbers are too many: one for each unit at most")
        raise Invalid.field(loc, said % {"n": len(codes)})
    return Picked(row.work_line_id, row.work_id, row.number, row.variant_id, row.location_id, codes, loc)


TAKE_OUT = """
DELETE FROM fulfillment_pickedserial k USING fulfillment_fulfillmentline w, inventory_serialnumber s
WHERE k.serial_id = %(serial)s AND NOT k.has_left AND w.id = k.fulfillment_line_id AND s.id = k.serial_id
  AND w.fulfillment_order_id = %(id)s RETURNING s.code
"""


def take_out(work_id: UUID, serial_id: UUID, *, actor: Actor) -> str:
    """A number was scanned for the wrong unit: it is free again, and the unit is without one. Returns the number.

    Conflict when the box is closed, or does not have it.
    """
    with transaction.atomic():
        lock_orders_of([work_id])
        row = rows(_LINES, {"id": work_id})[0]
        if row.status not in PICKABLE:
            raise Conflict(_("The box is closed: its numbers stay as they are."), state=row.status)
        if not (out := rows(TAKE_OUT, {"id": work_id, "serial": serial_id})):
            raise Conflict(_("This number is not in the box any more."))
        record(serial_id, "serial.put_back", actor=actor, data={"order": row.number})
    code: str = out[0].code
    return code


def missing_words(sku: str, missing: int) -> str:
    """Why a box cannot be closed yet."""
    said = ngettext(
        "%(n)d unit of %(sku)s has no serial number yet: scan it.",
        "%(n)d units of %(sku)s have no serial number yet: scan them.",
        missing,
    )
    return said % {"n": missing, "sku": sku}


LEAVE = """
WITH mine AS MATERIALIZED (
    SELECT k.id, k.serial_id, s.code, w.fulfillment_order_id AS work_id FROM fulfillment_fulfillmentline w
    JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id AND NOT k.has_left
    JOIN inventory_serialnumber s ON s.id = k.serial_id
    WHERE w.fulfillment_order_id = ANY(%(ids)s) ORDER BY s.variant_id, s.code FOR NO KEY UPDATE OF s),
gone AS (UPDATE fulfillment_pickedserial k SET has_left = true FROM mine m WHERE k.id = m.id),
sent AS (UPDATE inventory_serialnumber s SET state = 'sent', location_id = NULL FROM mine m WHERE s.id = m.serial_id)
SELECT serial_id, work_id FROM mine
"""


def leave(parcels: dict[UUID, tuple[str, str]], *, actor: Actor, at: datetime) -> None:
    """The units of work that leaves are sent, by work with (order, tracking number): one statement, one for the history."""
    left = rows(LEAVE, {"ids": sorted(parcels)})
    told = {work: {"order": order, "parcel": parcel} for work, (order, parcel) in parcels.items()}
    record_many(
        (Row(row.serial_id, "serial.send", "here", "sent", told[row.work_id]) for row in left), actor=actor, at=at
    )


OF_WORK = """
SELECT w.fulfillment_order_id AS work_id, w.order_line_id AS line_id, ol.sku, k.serial_id, s.code, k.has_left
FROM fulfillment_fulfillmentline w JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id
JOIN inventory_serialnumber s ON s.id = k.serial_id JOIN orders_orderline ol ON ol.id = w.order_line_id
WHERE w.fulfillment_order_id = ANY(%(ids)s) ORDER BY ol.position, k.id
"""


def of_work(work_ids: Sequence[UUID]) -> list[Any]:
    """The units that work has or had, by their numbers, in the order of the lines."""
    return rows(OF_WORK, {"ids": list(work_ids)})


def by_line(work_id: UUID) -> dict[UUID, list[Any]]:
    """The numbers of one piece of work by order line."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in of_work([work_id]):
        found[row.line_id].append(row)
    return found


OUT = """
SELECT w.order_line_id AS line_id, k.id, k.serial_id, s.variant_id, s.code FROM fulfillment_fulfillmentline w
JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id AND k.has_left
JOIN inventory_serialnumber s ON s.id = k.serial_id WHERE w.order_line_id = ANY(%(lines)s) ORDER BY k.id
"""


def left_with(order_line_ids: Sequence[UUID]) -> list[Any]:
    """The units that left for these order lines, by their numbers, whether they are back or not."""
    return rows(OUT, {"lines": list(order_line_ids)})
