"""Cancelling what has not left yet. The order's lock decides every race with shipping: one wins, the other is told."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import rows, run
from core.incidents import resolve_incidents
from core.outbox import publish
from core.problems import Conflict, Invalid
from core.states import apply_many
from core.timeline import record
from fulfillment.backorders import leave_line, places_of
from fulfillment.locks import last_doer
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.states import FULFILLMENT_ORDER, SHIPMENT
from fulfillment.trim import give_back
from inventory.limits import caps
from inventory.locks import lock_behind
from inventory.services import At, deallocate, unreserve
from orders import holds
from orders.events import OrderCancelled, OrderChanged
from orders.quantities import Units, move
from orders.services import lock_order, refresh
from orders.states import CANCELLABLE
from payments.services import request_void

LONGEST_REASON = 500
WORK_BUCKETS = ("allocated", "released", "picked", "packed")
"""Buckets whose units a location works on, in the order they are given up."""

Wanted = Sequence[tuple[UUID, int]]


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of an order line that a location no longer has to send."""

    work_line_id: UUID
    work_id: UUID
    line_id: UUID
    variant_id: UUID
    location_id: UUID
    is_stocked: bool
    bucket: str
    quantity: int


@dataclass(slots=True)
class Cut:
    """What a cancellation takes, and from where: units per bucket, and the locations' work among them."""

    by_bucket: dict[str, list[Units]] = field(default_factory=lambda: defaultdict(list))
    taken: list[Taken] = field(default_factory=list)

    @property
    def units(self) -> int:
        """All units given up."""
        return sum(u.quantity for units in self.by_bucket.values() for u in units)


def cancel(
    order_id: UUID,
    *,
    actor: Actor,
    reason: str,
    lines: Wanted | None = None,
    at: datetime | None = None,
) -> None:
    """Cancel units of an order that have not left: these (line, quantity), or all there are.

    Pins and allocations are freed, the locations' work shrinks or ends, a closed box is opened again, and what nobody
    will capture any more is given up. Conflict, with nothing changed, when some of it has left or is cancelled already.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid.field(
            ["reason"], _("say why, in at most %(longest_reason)s characters") % {"longest_reason": LONGEST_REASON}
        )
    with transaction.atomic():
        order = lock_order(order_id)
        found = rows(_LINES, {"id": order_id})
        cut = _plan(found, _wanted(order, found, lines), order_id)
        _carry_out(order, cut, actor=actor, at=at)
        _tell(order, cut, reason, actor=actor, at=at)


_LINES = """
SELECT l.* FROM orders_orderline l WHERE l.order_id = %(id)s ORDER BY l.position
"""


def _left(line: Any) -> int:
    return sum(getattr(line, bucket) for bucket in CANCELLABLE)


def _wanted(order: Any, found: Sequence[Any], lines: Wanted | None) -> dict[UUID, int]:
    """Units to cancel per line; non-stock lines go with the last goods."""
    known = {line.id: line for line in found}
    if lines is None:
        wanted = {line.id: _left(line) for line in found if _left(line)}
        if not wanted:
            raise Conflict(_too_late(order, found), state=order.status)
        return wanted
    wanted = dict.fromkeys(known, 0)
    for index, (line_id, quantity) in enumerate(lines):
        if line_id not in known:
            raise Invalid.field(["lines", index, "id"], _("this order has no such line"))
        if quantity <= 0:
            raise Invalid.field(["lines", index, "quantity"], _("must be at least 1"))
        wanted[line_id] += quantity
        if wanted[line_id] > _left(known[line_id]):
            raise Conflict(_too_many(order, known[line_id], wanted[line_id]), state=order.status)
    if not lines:
        raise Invalid.field(["lines"], _("name at least one line to cancel"))
    goods = [line for line in found if line.is_stocked]
    if goods and all(line.cancelled + wanted.get(line.id, 0) == line.quantity for line in goods):
        wanted.update({line.id: _left(line) for line in found if _left(line)})
    return wanted


def _too_late(order: Any, found: Sequence[Any]) -> str:
    shipped = any(line.shipped for line in found)
    who = last_doer(order.id, "ship" if shipped else "cancel")
    what = "shipped" if shipped else "cancelled"
    return f"{order.number} has been {what}{f' by {who}' if who else ''}; nothing is left to cancel."


def _too_many(order: Any, line: Any, wanted: int) -> str:
    gone = [f"{line.shipped} shipped"] * (line.shipped > 0) + [f"{line.cancelled} cancelled"] * (line.cancelled > 0)
    who = last_doer(order.id, "ship" if line.shipped else "cancel_part") if gone else ""
    return (
        f"Only {_left(line)} of {line.quantity} of {line.sku} can still be cancelled, not {wanted}:"
        f" {' and '.join(gone) or 'no more were ordered'}{f', by {who}' if who else ''}."
    )


_WORK = """
SELECT w.id AS work_line_id, f.id AS work_id, f.location_id, f.status, w.order_line_id,
       CASE f.status WHEN 'planned' THEN 'allocated' WHEN 'packed' THEN 'packed' ELSE 'released' END AS bucket,
       CASE f.status WHEN 'planned' THEN w.quantity - w.cancelled
                     WHEN 'packed' THEN w.quantity - w.cancelled ELSE w.quantity - w.cancelled - w.picked END AS q,
       CASE WHEN f.status IN ('released', 'accepted', 'picking') THEN w.picked ELSE 0 END AS picked
FROM fulfillment_fulfillmentline w JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
WHERE f.order_id = %(id)s AND f.status IN ('planned', 'released', 'accepted', 'picking', 'packed')
ORDER BY f.id DESC
"""


def _plan(found: Sequence[Any], wanted: dict[UUID, int], order_id: UUID) -> Cut:
    """Take units from the earliest buckets first: what nobody has touched yet goes before what is in a box."""
    work: dict[tuple[UUID, str], list[tuple[Any, int]]] = defaultdict(list)
    for row in rows(_WORK, {"id": order_id}):
        for bucket, units in ((row.bucket, row.q), ("picked", row.picked)):
            if units:
                work[row.order_line_id, bucket].append((row, units))
    cut = Cut()
    for line in found:
        left = wanted.get(line.id, 0)
        for bucket in CANCELLABLE:
            part = min(left, getattr(line, bucket))
            if part:
                cut.by_bucket[bucket].append(Units(line.id, part))
                cut.taken += _take(line, bucket, part, work[line.id, bucket])
                left -= part
    return cut


def _take(line: Any, bucket: str, quantity: int, work: Sequence[tuple[Any, int]]) -> list[Taken]:
    """Units of a bucket as parts of the locations' work, the newest first."""
    taken: list[Taken] = []
    for row, units in work:
        part = min(quantity, units)
        if part:
            place = row.location_id
            taken.append(
                Taken(row.work_line_id, row.work_id, line.id, line.variant_id, place, line.is_stocked, bucket, part)
            )
            quantity -= part
    return taken


def _carry_out(order: Any, cut: Cut, *, actor: Actor, at: datetime | None) -> None:
    """Quantities, work, stock and payments, in the order of the locks."""
    for bucket, units in cut.by_bucket.items():
        move(units, bucket, "cancelled")
    shrink_work(cut, actor=actor, at=at)
    stocked = {line.id for line in rows(_STOCKED, {"id": order.id})}
    pinned = [(u.line_id, u.quantity) for u in cut.by_bucket.get("reserved", []) if u.line_id in stocked]
    given_up = [At(t.variant_id, t.location_id, t.quantity, t.line_id) for t in cut.taken if t.is_stocked]
    waited = [u.line_id for u in cut.by_bucket.get("backordered", []) if u.line_id in stocked]
    if waited or (pinned and given_up):
        places = [(unit.variant_id, unit.location_id) for unit in given_up] + places_of(waited)
        lock_behind([*waited, *(line_id for line_id, _ in pinned)], places)
    unreserve(pinned)
    deallocate(given_up)
    caps.give_back([(u.line_id, u.quantity) for units in cut.by_bucket.values() for u in units])
    leave_line(order, waited, actor=actor)
    refresh([order.id], actor=actor, at=at)
    request_void([order.id], actor=actor)


_STOCKED = "SELECT id FROM orders_orderline WHERE order_id = %(id)s AND is_stocked"
_SHRINK = """
UPDATE fulfillment_fulfillmentline w SET cancelled = w.cancelled + c.q, picked = w.picked - c.picked
FROM (SELECT id, sum(q)::int AS q, sum(picked)::int AS picked
      FROM unnest(%(ids)s::uuid[], %(q)s::int[], %(picked)s::int[]) AS c(id, q, picked) GROUP BY id) c
WHERE w.id = c.id
"""
_EMPTY = """
SELECT fulfillment_order_id AS id FROM fulfillment_fulfillmentline WHERE fulfillment_order_id = ANY(%(ids)s)
GROUP BY 1 HAVING sum(quantity - cancelled) = 0
"""


def shrink_work(cut: Cut, *, actor: Actor, at: datetime | None) -> None:
    """Take units out of the locations' work: an empty one ends, a closed box is opened and its label voided."""
    if not cut.taken:
        return
    run(
        _SHRINK,
        {
            "ids": [t.work_line_id for t in cut.taken],
            "q": [t.quantity for t in cut.taken],
            "picked": [t.quantity if t.bucket in ("picked", "packed") else 0 for t in cut.taken],
        },
    )
    if in_hand := [t.work_line_id for t in cut.taken if t.bucket in ("picked", "packed")]:
        give_back(in_hand, actor=actor)
    touched = sorted({t.work_id for t in cut.taken})
    opened = sorted({t.work_id for t in cut.taken if t.bucket == "packed"})
    empty = [row.id for row in rows(_EMPTY, {"ids": touched})]
    open_boxes(opened, [i for i in opened if i not in empty], actor=actor, at=at)
    apply_many(FULFILLMENT_ORDER, FulfillmentOrder, empty, "cancel", actor=actor, about="order_id", at=at)


def open_boxes(opened: Sequence[UUID], again: Sequence[UUID], *, actor: Actor, at: datetime | None) -> None:
    """Void the labels of closed boxes; those with something left are to be packed again."""
    if not opened:
        return
    labels = rows(
        "SELECT id FROM fulfillment_shipment WHERE fulfillment_order_id = ANY(%(ids)s) AND status IN ('draft', 'labelled')",
        {"ids": list(opened)},
    )
    apply_many(SHIPMENT, Shipment, [row.id for row in labels], "void", actor=actor, about="order_id", at=at)
    apply_many(FULFILLMENT_ORDER, FulfillmentOrder, again, "unpack", actor=actor, about="order_id", at=at)
    rest = rows(
        "SELECT order_line_id, sum(quantity - cancelled)::int AS q FROM fulfillment_fulfillmentline"
        " WHERE fulfillment_order_id = ANY(%(ids)s) AND quantity > cancelled GROUP BY 1",
        {"ids": list(again)},
    )
    move([Units(row.order_line_id, row.q) for row in rest], "packed", "picked")


def _tell(order: Any, cut: Cut, reason: str, *, actor: Actor, at: datetime | None) -> None:
    """Timeline and event: the whole order, or a part of it."""
    left = rows(
        "SELECT sum(quantity - cancelled)::int AS units, sum(backordered)::int AS backordered FROM orders_orderline"
        " WHERE order_id = %(id)s",
        {"id": order.id},
    )[0]
    whole = not left.units
    event = (
        OrderCancelled(about=order.id, number=order.number, reason=reason)
        if whole
        else OrderChanged(about=order.id, number=order.number)
    )
    data = {"reason": reason, "units": cut.units}
    record(order.id, "order.cancel" if whole else "order.cancel_part", actor=actor, data=data, at=at)
    publish([event], dispatched=order.is_history)
    if not left.backordered:
        resolve_incidents("backorder", about=order.id, actor=actor, resolution="cancelled")
    if whole:
        holds.end_all(order.id, actor=actor, note=reason)
        resolve_incidents("payment_failed", about=order.id, actor=actor, resolution="cancelled")
        resolve_incidents("no_label", about=order.id, actor=actor, resolution="cancelled")


def cancellable(order_id: UUID) -> dict[UUID, int]:
    """Units of each line that can still be cancelled, for forms."""
    return {line.id: _left(line) for line in rows(_LINES, {"id": order_id}) if _left(line)}
