"""The stock that is kept for orders that wait: kept longer, or let go, by hand or when its time is over.

What is let go is free for others at once. The order stays held; when its last hold is released its units are asked for
again (fulfillment.keeping), like those of any order that waits for stock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import sweeps
from core.actors import SYSTEM, Actor
from core.db import require_atomic, rows, run
from core.models import Event
from core.outbox import publish
from core.problems import Conflict, Invalid
from core.timeline import Row, record, record_many
from inventory.locks import lock_behind
from inventory.services import unreserve
from inventory.supply import waiting
from orders.events import OrderChanged, PaymentReminder, StockLetGo
from orders.keeping.models import LONGEST_HOURS, KeptOrder
from orders.quantities import Units, move
from orders.services import lock_order, refresh

LONGEST_REASON = 500
SET_SIZE = 50
MOST_SETS = 20
LAPSE = "keeping.lapse"


def kept(order_id: UUID) -> KeptOrder | None:
    """What is kept for an order that is held; None when nothing holds it."""
    return KeptOrder.objects.filter(order=order_id).first()


def latest(found: KeptOrder) -> datetime:
    """Until when its stock can be kept at most."""
    return found.held_since + timedelta(hours=LONGEST_HOURS)


EXTEND = """
INSERT INTO orders_keeping (order_id, extended_until) VALUES (%(id)s, %(until)s)
ON CONFLICT (order_id) DO UPDATE SET extended_until = excluded.extended_until
"""


def extend(order_id: UUID, until: datetime, *, reason: str, actor: Actor) -> datetime:
    """Keep the stock of a held order longer, and wait longer for its payment; returns until when.

    Never longer than 30 days after it was first held. The same moment again changes nothing.
    """
    reason = _said(reason)
    with transaction.atomic():
        order = lock_order(order_id)
        found = _keeps_something(kept(order_id), order)
        if found.until is None:
            raise Conflict(_("Its stock is kept as long as it is held: there is no deadline to move."))
        if until == found.until:
            return until
        _check(until, found)
        run(EXTEND, {"id": order_id, "until": until})
        told = {"from": found.until.isoformat(), "to": until.isoformat(), "reason": reason}
        record(order_id, "order.keep_longer", actor=actor, data=told)
        refresh([order_id], actor=actor)
        publish([OrderChanged(about=order_id, number=order.number)], dispatched=order.is_history)
        _remind_anew(order, found)
    return until


def _remind_anew(order: Any, before: KeptOrder) -> None:
    """Whoever was told until when to pay is told the new day."""
    found = kept(order.id)
    if found is None or found.pay_until is None or found.pay_until == before.pay_until:
        return
    if Event.objects.filter(about=order.id, kind=PaymentReminder.kind).exists():
        publish([PaymentReminder(about=order.id, number=order.number, until=found.pay_until.isoformat())])


def _said(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid.field(
            ["reason"], _("say why, in at most %(longest_reason)s characters") % {"longest_reason": LONGEST_REASON}
        )
    return reason


def _keeps_something(found: KeptOrder | None, order: Any) -> KeptOrder:
    if found is None:
        raise Conflict(_("Nothing holds %(number)s: its stock is not kept aside.") % {"number": order.number})
    if not found.units:
        raise Conflict(_("Nothing is kept for %(number)s: no unit of it is reserved.") % {"number": order.number})
    return found


def _check(until: datetime, found: KeptOrder) -> None:
    if until <= max(timezone.now(), found.until or found.held_since):
        raise Invalid.field(["until"], _("choose a moment after the present deadline"))
    if until > latest(found):
        raise Invalid.field(
            ["until"],
            _("stock is kept for at most %(days)s days after an order is first held") % {"days": LONGEST_HOURS // 24},
        )


def let_go(order_id: UUID, *, reason: str, actor: Actor) -> None:
    """Keep the stock of a held order no longer. Conflict when nothing of it is kept."""
    reason = _said(reason)
    with transaction.atomic():
        order = lock_order(order_id)
        _keeps_something(kept(order_id), order)
        _free([order_id], {order_id: order.number}, actor=actor, reason=reason)


# Of orders that somebody else has locked at this moment the next look decides.
CLAIM = """
SELECT o.id FROM orders_order o WHERE o.id IN (SELECT order_id FROM orders_keptorder k WHERE {due})
  AND (%(only)s::uuid IS NULL OR o.id = %(only)s) AND o.id <> ALL(%(without)s::uuid[])
ORDER BY o.id LIMIT %(most)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
DUE = "k.keep_until <= %(now)s AND (k.units > 0 OR k.let_go_at IS NULL AND k.waiting > 0)"
CLAIM = CLAIM.format(due=DUE)
OVERDUE = f"""
SELECT count(*)::int AS orders, coalesce(sum(k.units), 0)::int AS units FROM orders_keptorder k WHERE {DUE}
"""  # noqa: S608 - a constant
STILL_DUE = f"""
SELECT o.id, o.number FROM orders_keptorder k JOIN orders_order o ON o.id = k.order_id
WHERE k.order_id = ANY(%(ids)s) AND {DUE} ORDER BY o.id
"""  # noqa: S608 - a constant


def overdue() -> tuple[int, int]:
    """How many orders the next sweep lets go, and how many units are kept for them."""
    found = rows(OVERDUE, {"now": timezone.now()})[0]
    return found.orders, found.units


def lapse(now: datetime | None = None, *, actor: Actor = SYSTEM) -> list[UUID]:
    """Let go what is kept for orders whose time is over, in sets of a transaction each; returns the orders.

    Another sweep at the same moment takes others; one that is lost midway leaves its set to the next. An order that
    fails stops no other: it is tried alone, and again by the next sweep.
    """
    now, gone = now or timezone.now(), list[UUID]()
    again = sweeps.stuck(LAPSE)
    tried = list(again)
    for _set in range(MOST_SETS):
        claimed, freed = _lapse_some(now, tried, actor=actor)
        gone += freed
        tried += claimed
        if len(claimed) < SET_SIZE:
            break
    return gone + _lapse_each(again, now, actor=actor)


def _lapse_some(now: datetime, without: Sequence[UUID], *, actor: Actor) -> tuple[list[UUID], list[UUID]]:
    """The orders claimed, and those of them that were let go."""
    claimed: list[UUID] = []
    try:
        with transaction.atomic():
            claimed += _claim(now, without=without)
            return claimed, _lapse(claimed, now, actor=actor)
    except Exception as error:
        sweeps.set_failed(LAPSE, error)
    return claimed, _lapse_each(claimed, now, actor=actor)


def _claim(now: datetime, *, without: Sequence[UUID] = (), only: UUID | None = None) -> list[UUID]:
    asked = {"now": now, "most": SET_SIZE, "without": list(without), "only": only}
    return [row.id for row in rows(CLAIM, asked)]


def _lapse_each(order_ids: Sequence[UUID], now: datetime, *, actor: Actor) -> list[UUID]:
    def alone(order_id: UUID) -> list[UUID]:
        with transaction.atomic():
            return _lapse(_claim(now, only=order_id), now, actor=actor)

    return [key for gone in sweeps.each(LAPSE, order_ids, alone, actor=actor) for key in gone]


def _lapse(claimed: Sequence[UUID], now: datetime, *, actor: Actor) -> list[UUID]:
    """The claim read holds and rules without a lock: under it a release, an extension or another sweep shows."""
    due = {row.id: row.number for row in rows(STILL_DUE, {"ids": claimed, "now": now})} if claimed else {}
    if due:
        _free(list(due), due, actor=actor, reason="")
    return list(due)


LINES = """
SELECT l.id, l.order_id, l.variant_id, l.reserved, l.backordered FROM orders_orderline l
WHERE l.order_id = ANY(%(ids)s) AND l.is_stocked AND l.reserved + l.backordered > 0 ORDER BY l.id
"""
PLACES = "SELECT variant_id, location_id FROM inventory_stock WHERE variant_id = ANY(%(variants)s)"
GONE = """
INSERT INTO orders_keeping (order_id, let_go_at) SELECT id, %(now)s FROM unnest(%(ids)s::uuid[]) AS w(id)
ON CONFLICT (order_id) DO UPDATE SET let_go_at = excluded.let_go_at
"""


def _free(order_ids: Sequence[UUID], numbers: dict[UUID, str], *, actor: Actor, reason: str) -> None:
    """The orders' units that no place has yet been given leave stock and line; the caller has the orders locked."""
    require_atomic()
    found = rows(LINES, {"ids": list(order_ids)})
    _leave(found)
    run(GONE, {"ids": list(order_ids), "now": timezone.now()})
    units = {key: sum(line.reserved for line in found if line.order_id == key) for key in order_ids}
    data = {"reason": reason} if reason else {}
    record_many((Row(key, "order.let_go", data={"units": units[key], **data}) for key in order_ids), actor=actor)
    refresh(order_ids, actor=actor)
    # Of a mere place in line the customer knows nothing: no letter tells of it.
    publish([StockLetGo(about=key, number=numbers[key], units=units[key]) for key in order_ids if units[key]])


def _leave(found: Sequence[Any]) -> None:
    """Stock before supply, as everywhere: whoever stands in line may have units given to him at any place."""
    in_line = [line for line in found if line.backordered]
    variants = {line.variant_id for line in in_line}
    places = rows(PLACES, {"variants": list(variants)}) if variants else []
    lock_behind([line.id for line in found], [(place.variant_id, place.location_id) for place in places])
    move([Units(line.id, line.reserved) for line in found if line.reserved], "reserved", "backordered")
    beyond = waiting.let_go(variants, [(line.id, 0) for line in in_line]) if in_line else []
    unreserve([*((line.id, line.reserved) for line in found if not line.backordered), *beyond])
