"""Every write to stock. Promises are moved by one guarded statement; units come and go by movements only.

All functions take sets and lock stock rows in (variant, location) order, so that no two of them can wait in a circle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounting import journal, postings
from accounting.postings import Document, Goods
from core.actors import SYSTEM, Actor
from core.bulk import Table, insert_all
from core.days import company_day
from core.db import require_atomic, rows, run
from core.ids import new_id
from core.money import quantise
from core.problems import Conflict, Invalid
from core.timeline import record
from inventory import shortfalls
from inventory.free import FREE
from inventory.holdings.ledger import Moved, Part, follow, is_detailed
from inventory.limits import caps, fences
from inventory.limits.caps import Sale
from inventory.locks import lock_behind
from inventory.models import Condition, Location, Movement, Stock
from inventory.supply.risen import WANTED, tell_risen, tell_rows

LARGEST = 1_000_000
"""Most units in one movement: beyond it, a quantity is a slip of the finger."""


class Short(Conflict):
    """Some stock rows have too few free units; nothing was changed. `rows` are their (variant, location) ids."""

    def __init__(self, missing: list[tuple[UUID, UUID]]) -> None:
        self.missing = missing
        super().__init__("Somebody else has just taken units that were free a moment ago.")


@dataclass(frozen=True, slots=True)
class Pin:
    """Units to be pinned to one legal location for one demand, out of the fence of its channel first."""

    demand_key: UUID
    variant_id: UUID
    location_id: UUID
    pool_id: UUID
    quantity: int
    channel_id: UUID | None = None
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Target:
    """Units of a demand decided for a location."""

    demand_key: UUID
    variant_id: UUID
    location_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class At:
    """Units of a variant at a location, for a demand."""

    variant_id: UUID
    location_id: UUID
    quantity: int
    demand_key: UUID


@dataclass(frozen=True, slots=True)
class Out:
    """Allocated units of a demand that leave with a shipment (`source`)."""

    variant_id: UUID
    location_id: UUID
    quantity: int
    source: UUID
    demand_key: UUID
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class In:
    """Units that arrive in a condition; `parts` name bins and lots."""

    variant_id: UUID
    location_id: UUID
    quantity: int
    condition: str = Condition.SELLABLE
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of what is promised to a demand at one stock row; `gone` when the units have left."""

    variant_id: UUID
    location_id: UUID
    demand_key: UUID
    reserved: int = 0
    allocated: int = 0
    channel_id: UUID | None = None
    gone: bool = False


SHIFT = f"""
WITH want AS MATERIALIZED (
    SELECT * FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[], %(reserved)s::int[], %(allocated)s::int[],
                         %(own)s::bool[]) AS w(variant_id, location_id, r, a, own)),
locked AS MATERIALIZED (
    SELECT s.id, w.r, w.a, w.own, p.held_units, p.held_share
    FROM inventory_stock s JOIN want w USING (variant_id, location_id) JOIN inventory_location p ON p.id = s.location_id
    ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s)
UPDATE inventory_stock s SET reserved = s.reserved + l.r, allocated = s.allocated + l.a FROM locked l
WHERE s.id = l.id AND (l.r + l.a <= 0 OR {FREE} + CASE WHEN l.own THEN s.fenced ELSE 0 END >= l.r + l.a)
RETURNING s.id, s.variant_id, s.location_id, s.fenced > 0 OR EXISTS (SELECT FROM inventory_fence f WHERE f.stock_id = s.id) AS has_fences,
    s.reserved + s.allocated <= s.on_hand AND s.reserved + s.allocated - l.r - l.a > s.on_hand AS cured,
    l.r + l.a < 0 AND {WANTED} AS risen
"""  # noqa: S608 - constants


def _shift(shifts: Sequence[Shift], sales: Sequence[Sale] = ()) -> list[Any]:
    """Move promises at many stock rows in one statement; returns the rows: `cured` of a shortfall by it, or `risen`, with
    more that is free and wanted by somebody.

    `sales` count against their channels' caps. Raises Short where too few units are free; what it did elsewhere must then
    be given up with the savepoint.
    """
    require_atomic()
    wanted: dict[tuple[UUID, UUID], tuple[int, int, bool]] = {}
    for s in shifts:
        reserved, allocated, own = wanted.get((s.variant_id, s.location_id), (0, 0, False))
        wanted[(s.variant_id, s.location_id)] = (
            reserved + s.reserved,
            allocated + s.allocated,
            own or s.channel_id is not None,
        )
    asked = {
        "variants": [variant for variant, _ in wanted],
        "locations": [location for _, location in wanted],
        "reserved": [reserved for reserved, _, _ in wanted.values()],
        "allocated": [allocated for _, allocated, _ in wanted.values()],
        "own": [own for _, _, own in wanted.values()],
    }
    done = rows(SHIFT, asked) if wanted else []
    if len(done) < len(wanted):
        raise Short(sorted(set(wanted) - {(d.variant_id, d.location_id) for d in done}))
    if over := caps.count(sales):
        raise Short([(s.variant_id, s.location_id) for s in shifts if s.variant_id in over])
    _settle_fences(shifts, {(d.variant_id, d.location_id): d.id for d in done if d.has_fences})
    return done


def _settle_fences(shifts: Sequence[Shift], fenced: Mapping[tuple[UUID, UUID], UUID]) -> None:
    """What the fences of these stock rows give and take back: each demand's change, all its shifts there together."""
    if not fenced:
        return
    changes: dict[tuple[UUID, UUID], fences.Change] = {}
    places = {stock: place for place, stock in fenced.items()}
    for s in shifts:
        if (stock := fenced.get((s.variant_id, s.location_id))) is not None:
            known = changes.get((stock, s.demand_key))
            changes[(stock, s.demand_key)] = fences.Change(
                stock,
                s.demand_key,
                s.reserved + s.allocated + (known.units if known else 0),
                s.channel_id or (known.channel_id if known else None),
                s.gone,
            )
    if over := fences.settle(list(changes.values())):
        raise Short([places[stock] for stock in over])


def give_back(shifts: Sequence[Shift]) -> None:
    """Move promises where some end, which may end a shortfall and serve somebody who waits."""
    done = _shift(shifts)
    shortfalls.resolve_given_back([d.id for d in done if d.cured], actor=SYSTEM)
    tell_rows([d.id for d in done if d.risen])


PINS = Table(
    "inventory_reservation",
    {
        "id": "uuid",
        "demand_key": "uuid",
        "variant_id": "uuid",
        "location_id": "uuid",
        "pool_id": "uuid",
        "quantity": "int",
    },
)


def reserve(pins: Sequence[Pin]) -> None:
    """Pin units; the guarded update comes last, so that hot stock rows are locked as briefly as can be."""
    with transaction.atomic():
        insert_all({PINS: pins})
        promise_pinned(pins)


def promise_pinned(pins: Sequence[Pin], sales: Sequence[Sale] = ()) -> None:
    """The guarded half of `reserve`, for a caller who has written the pins with other rows; `sales` count against caps.

    Raises Short where too few units are free: the transaction, or its savepoint, must then be given up.
    """
    _shift(
        [Shift(p.variant_id, p.location_id, p.demand_key, reserved=p.quantity, channel_id=p.channel_id) for p in pins],
        sales,
    )


GIVE_BACK = """
WITH want AS (SELECT * FROM unnest(%(keys)s::uuid[], %(quantities)s::int[]) AS w(demand_key, q)),
pins AS (
    SELECT r.id, r.demand_key, r.variant_id, r.location_id, r.quantity, w.q,
           sum(r.quantity) OVER (PARTITION BY r.demand_key ORDER BY r.id) AS upto
    FROM inventory_reservation r JOIN want w USING (demand_key)),
parts AS (
    SELECT *, least(quantity, q - (upto - quantity)) AS part FROM pins WHERE upto - quantity < q),
shrunk AS (
    UPDATE inventory_reservation r SET quantity = r.quantity - p.part FROM parts p
    WHERE r.id = p.id AND p.part < r.quantity),
gone AS (DELETE FROM inventory_reservation r USING parts p WHERE r.id = p.id AND p.part = p.quantity)
SELECT demand_key, variant_id, location_id, part FROM parts
"""


def unreserve(demands: Sequence[tuple[UUID, int]]) -> None:
    """Give units back from the demands' pins; the caller holds the lock of whatever the demands belong to."""
    require_atomic()
    if not demands:
        return
    lock_behind([key for key, _ in demands])
    parts = rows(GIVE_BACK, {"keys": [d[0] for d in demands], "quantities": [d[1] for d in demands]})
    if sum(p.part for p in parts) != sum(q for _, q in demands):
        raise Conflict(_("Fewer units are reserved than are to be given back."))
    give_back([Shift(p.variant_id, p.location_id, p.demand_key, reserved=-p.part) for p in parts])


def allocate(targets: Sequence[Target]) -> None:
    """Turn the demands' pins into allocations, wherever these stand, in one move.

    The targets of a demand take no more units than it has pinned; Short when a target has too few free units.
    """
    require_atomic()
    if not targets:
        return
    keys = sorted({t.demand_key for t in targets})
    with transaction.atomic():
        lock_behind(keys, [(t.variant_id, t.location_id) for t in targets])
        gone = rows(
            "DELETE FROM inventory_reservation WHERE demand_key = ANY(%(keys)s)"
            " RETURNING demand_key, variant_id, location_id, pool_id, quantity",
            {"keys": keys},
        )
        if sum(g.quantity for g in gone) != sum(t.quantity for t in targets):
            gone = _put_back(gone, targets)
        give_back(
            [Shift(g.variant_id, g.location_id, g.demand_key, reserved=-g.quantity) for g in gone]
            + [Shift(t.variant_id, t.location_id, t.demand_key, allocated=t.quantity) for t in targets]
        )


def _put_back(gone: Sequence[Any], targets: Sequence[Target]) -> list[Pin]:
    """Units that came for a demand (inventory.supply) after its plan was made stay pinned. Each target takes what stands
    at its place, then what stands elsewhere; returns what they took."""
    pins = [Pin(g.demand_key, g.variant_id, g.location_id, g.pool_id, g.quantity) for g in gone]
    left = {pin.id: pin.quantity for pin in pins}
    for is_elsewhere in (False, True):
        targets = [replace(t, quantity=t.quantity - _take(t, pins, left, is_elsewhere)) for t in targets]
    if any(t.quantity for t in targets):
        raise Conflict(_("What is to be allocated is not what was reserved."))
    insert_all({PINS: [replace(pin, id=new_id(), quantity=left[pin.id]) for pin in pins if left[pin.id]]})
    return [replace(pin, quantity=units) for pin in pins if (units := pin.quantity - left[pin.id])]


def _take(target: Target, pins: Sequence[Pin], left: dict[UUID, int], is_elsewhere: bool) -> int:
    taken = 0
    for pin in pins:
        if pin.demand_key == target.demand_key and (is_elsewhere or pin.location_id == target.location_id):
            part = min(left[pin.id], target.quantity - taken)
            left[pin.id] -= part
            taken += part
    return taken


def deallocate(units: Sequence[At]) -> None:
    """Give allocated units back."""
    give_back([Shift(u.variant_id, u.location_id, u.demand_key, allocated=-u.quantity) for u in units])


def ship_out(units: Sequence[Out], *, actor: Actor, at: datetime | None = None) -> None:
    """Allocated units leave: the allocation ends and a movement takes them off the books of the place."""
    _shift([Shift(u.variant_id, u.location_id, u.demand_key, allocated=-u.quantity, gone=True) for u in units])
    move_units(
        [(In(u.variant_id, u.location_id, -u.quantity, parts=u.parts), u.source) for u in units],
        Movement.Reason.SHIPMENT,
        actor=actor,
        at=at,
    )


LOCK = """
WITH want AS MATERIALIZED (
    SELECT DISTINCT variant_id, location_id FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[])
        AS w(variant_id, location_id))
SELECT s.id, s.is_detailed FROM inventory_stock s JOIN want USING (variant_id, location_id)
ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
"""
INSERT_MOVEMENTS = """
INSERT INTO inventory_movement (id, variant_id, location_id, condition, quantity, reason, source, note, actor, at)
SELECT m.id, m.variant_id, m.location_id, m.condition, m.quantity, %(reason)s, m.source, %(note)s, %(actor)s, %(at)s
FROM unnest(%(ids)s::uuid[], %(variants)s::uuid[], %(locations)s::uuid[], %(conditions)s::text[], %(quantities)s::int[],
            %(sources)s::uuid[]) AS m(id, variant_id, location_id, condition, quantity, source)
"""


def move_units(
    moves: Sequence[tuple[In, UUID]], reason: str, *, actor: Actor, at: datetime | None = None, note: str = ""
) -> None:
    """Write movements (with their sources) under ordered locks; the database keeps the counts."""
    require_atomic()
    if not moves:
        return
    units, ids, at = [unit for unit, _ in moves], [new_id() for _ in moves], at or timezone.now()
    places = {"variants": [u.variant_id for u in units], "locations": [u.location_id for u in units]}
    detailed = is_detailed(rows(LOCK, places), [(u.variant_id, u.location_id) for u in units])
    try:
        with transaction.atomic():
            run(
                INSERT_MOVEMENTS,
                {
                    **places,
                    "reason": reason,
                    "note": note,
                    "actor": actor.label,
                    "at": at,
                    "ids": ids,
                    "conditions": [u.condition for u in units],
                    "quantities": [u.quantity for u in units],
                    "sources": [source for _, source in moves],
                },
            )
    except IntegrityError as error:
        if "stock_not_negative" in str(error):
            raise Conflict(_("There are fewer units on hand than are to leave. Count the place first.")) from error
        raise
    if detailed:
        moved = [
            Moved(key, u.variant_id, u.location_id, str(u.condition), u.quantity, source, u.parts)
            for key, (u, source) in zip(ids, moves, strict=True)
        ]
        follow(moved, leaving=reason == Movement.Reason.SHIPMENT, actor=actor, at=at)
    tell_risen({(u.variant_id, u.location_id) for u in units if u.quantity > 0 and u.condition == Condition.SELLABLE})


COSTS = """
SELECT v.id AS variant_id, l.id AS location_id, v.standard_cost, l.kind
FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS w(variant_id, location_id)
JOIN catalog_variant v ON v.id = w.variant_id JOIN inventory_location l ON l.id = w.location_id
"""


def goods(units: Sequence[In | At | Out]) -> list[Goods]:
    """What units cost at standard cost in EUR, per location; a vendor's own stock is not ours and costs nothing."""
    found = rows(COSTS, {"variants": [u.variant_id for u in units], "locations": [u.location_id for u in units]})
    costs = {(f.variant_id, f.location_id): f.standard_cost for f in found if f.kind != Location.Kind.VENDOR}
    sums: dict[UUID, tuple[int, Decimal]] = {}
    for u in units:
        if (cost := costs.get((u.variant_id, u.location_id))) is not None:
            quantity, value = sums.get(u.location_id, (0, Decimal(0)))
            sums[u.location_id] = (quantity + u.quantity, value + cost * u.quantity)
    return [Goods(place, quantity, quantise(value, "EUR")) for place, (quantity, value) in sums.items()]


def receive(
    units: Sequence[In],
    *,
    source: UUID,
    actor: Actor,
    at: datetime | None = None,
    note: str = "",
    vendor: str = "",
    owed: Decimal | None = None,
    opening: bool = False,
) -> None:
    """Goods arrive: movements in, and their value at standard cost in the ledger (opening stock or a vendor's).

    `owed` is what they were bought for in EUR, where that is known.
    """
    check_quantities(units)
    at = at or timezone.now()
    with transaction.atomic():
        move_units([(u, source) for u in units], Movement.Reason.RECEIPT, actor=actor, at=at, note=note)
        shortfalls.resolve_arrived([(u.variant_id, u.location_id) for u in units], actor=actor)
        valued = goods(units)
        if owed or any(g.cost for g in valued):
            document = Document(id=source, date=company_day(at), label=note or "Receipt")
            entry = (
                postings.opening_stock(document, goods=valued)
                if opening
                else postings.goods_received(document, vendor=vendor, goods=valued, owed=owed)
            )
            journal.post([entry], actor=actor)


def take_in(units: Sequence[tuple[In, UUID]], *, actor: Actor, at: datetime | None = None) -> None:
    """Returned units come back into stock in their condition, each with its return as source. Posts nothing."""
    move_units(units, Movement.Reason.RETURN, actor=actor, at=at)
    shortfalls.resolve_arrived([(u.variant_id, u.location_id) for u, _ in units], actor=actor)


def carry(units: Sequence[tuple[In, UUID]], *, actor: Actor, note: str = "") -> None:
    """Units leave for another place (negative) or arrive from one, each with its transfer as source. Posts nothing."""
    move_units(units, Movement.Reason.TRANSFER, actor=actor, note=note)
    came = [(u.variant_id, u.location_id) for u, _ in units if u.quantity > 0]
    if came:
        shortfalls.resolve_arrived(came, actor=actor)


def adjust(variant_id: UUID, location_id: UUID, quantity: int, *, reason: str, actor: Actor, note: str = "") -> Stock:
    """Correct what is on hand by a signed quantity with a reason. Never refused for what is promised.

    A shortfall that it leaves stops new promises and becomes an incident.
    """
    if not reason.strip():
        raise Invalid.field(["reason"], _("say why the stock is corrected"))
    if not 0 < abs(quantity) <= LARGEST:
        raise Invalid.field(
            ["quantity"], _("must be a whole number from 1 to %(largest)s, or its negative") % {"largest": LARGEST}
        )
    source = new_id()
    with transaction.atomic():
        unit = In(variant_id, location_id, quantity)
        move_units(
            [(unit, source)], Movement.Reason.ADJUSTMENT, actor=actor, note=f"{reason}: {note}" if note else reason
        )
        document = Document(id=source, date=company_day(), label=reason)
        differences = goods([unit])
        if any(d.cost for d in differences):
            journal.post([postings.stock_count(document, differences=differences)], actor=actor)
        stock = Stock.objects.get(variant_id=variant_id, location_id=location_id)
        record(stock.pk, "stock.adjust", actor=actor, data={"quantity": quantity, "reason": reason, "note": note})
        shortfalls.judge(stock, actor=actor)
    return stock


def set_safety(variant_id: UUID, location_id: UUID, units: int, *, actor: Actor) -> Stock:
    """Set the units that a place never promises."""
    if not 0 <= units <= LARGEST:
        raise Invalid.field(["safety"], _("must be a whole number from 0 to %(largest)s") % {"largest": LARGEST})
    with transaction.atomic():
        stock = Stock.objects.select_for_update(no_key=True).get(variant_id=variant_id, location_id=location_id)
        before, stock.safety, stock.safety_from = stock.safety, units, Stock.SafetyFrom.HAND
        stock.save(update_fields=["safety", "safety_from"])
        record(stock.pk, "stock.safety", actor=actor, before=str(before), after=str(units))
        if units < before:
            tell_risen([(variant_id, location_id)])
    return stock


def check_quantities(units: Iterable[In]) -> None:
    """Refuse quantities that cannot be meant."""
    for index, unit in enumerate(units):
        if not 0 < unit.quantity <= LARGEST:
            raise Invalid.field(
                ["lines", index, "quantity"], _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST}
            )
