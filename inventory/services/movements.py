"""Movements: units come and go at places by append-only rows, with their value in the ledger.

All functions take sets and lock stock rows in (variant, location) order, so that no two of them can wait in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounting import journal, postings
from accounting.postings import Document, Goods
from core.actors import Actor
from core.days import company_day
from core.db import require_atomic, rows, run
from core.ids import new_id
from core.money import quantise
from core.problems import Conflict, Invalid
from core.timeline import record
from inventory import shortfalls
from inventory.holdings.ledger import Moved, Part, follow, is_detailed
from inventory.models import Condition, Location, Movement, Stock
from inventory.services.promises import At, Shift, shift
from inventory.supply.risen import tell_risen

LARGEST = 1_000_000
"""Most units in one movement: beyond it, a quantity is a slip of the finger."""


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


def ship_out(units: Sequence[Out], *, actor: Actor, at: datetime | None = None) -> None:
    """Allocated units leave: the allocation ends and a movement takes them off the books of the place."""
    shift([Shift(u.variant_id, u.location_id, u.demand_key, allocated=-u.quantity, gone=True) for u in units])
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


STANDARD_COSTS = "SELECT id, standard_cost FROM catalog_variant WHERE id = ANY(%(ids)s)"


def standard_costs(variant_ids: Iterable[UUID]) -> dict[UUID, Decimal]:
    """What a unit of each variant costs, in EUR. Asked after the units were moved it stays true until the transaction
    ends, as a new cost waits for the locks of the stock rows."""
    return {row.id: row.standard_cost for row in rows(STANDARD_COSTS, {"ids": sorted(set(variant_ids))})}


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
        write_down(
            [u for u in units if u.condition == Condition.DAMAGED], source=source, at=at, label=note, actor=actor
        )


def write_down(units: Sequence[In], *, source: UUID, label: str, actor: Actor, at: datetime | None = None) -> None:
    """Units of ours became damaged, or (negative) are no longer: damaged stock is worth nothing in the books."""
    valued = goods(units)
    if any(g.cost for g in valued):
        document = Document(id=source, date=company_day(at), label=label or "Damaged")
        journal.post([postings.goods_written_down(document, goods=valued)], actor=actor)


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
