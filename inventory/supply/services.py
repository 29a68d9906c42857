"""Every write to supply: what is expected, what changes about it, what arrives, what will not come.

What is bought, moved or sent back is the matter of others, who call these in their own transactions. Locks: stock rows,
then the supply of the variants (locks), as everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.days import company_day
from core.db import require_atomic, rows, run
from core.incidents import resolve_incidents
from core.outbox import publish
from core.problems import Conflict, Invalid, NotFound
from core.timeline import Row, record, record_many
from inventory.models import Location, Supply
from inventory.services import LARGEST
from inventory.services import LOCK as LOCK_STOCK
from inventory.supply import waiting
from inventory.supply.events import SupplyArrived, SupplyChanged, in_parts
from inventory.supply.locks import lock_supply

FARTHEST = timedelta(days=5 * 366)
LONGEST_REFERENCE = 100
LATE = "supply_late"
"""The kind of incident about supply that should have come by now."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Units that are to come. `source` is the document line behind them, `reference` what people call it.

    `promised` of them were promised before they were ordered, of supply with the source `instead_of`.
    """

    variant_id: UUID
    location_id: UUID
    due: date
    quantity: int
    kind: str
    source: UUID
    reference: str
    promised: int = 0
    instead_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Units of a supply that are on hand."""

    supply_id: UUID
    quantity: int


def expect(lines: Sequence[Expected], *, actor: Actor) -> list[UUID]:
    """Supply is on its way; returns its ids, in the order of the lines. Who waits for such units waits for these."""
    _check(lines)
    made = [
        Supply(
            variant_id=line.variant_id, location_id=line.location_id, due=line.due, first_due=line.due,
            quantity=line.quantity, kind=line.kind, source=line.source, reference=line.reference.strip(),
        )
        for line in lines
    ]  # fmt: skip
    variants = {line.variant_id for line in lines}
    with transaction.atomic():
        lock_supply(variants)
        Supply.objects.bulk_create(made)
        told = ({"units": s.quantity, "due": s.due.isoformat(), "reference": s.reference} for s in made)
        record_many((Row(s.pk, "supply.expect", data=t) for s, t in zip(made, told, strict=True)), actor=actor)
        for supply, line in zip(made, lines, strict=True):
            if line.instead_of and line.promised:
                _take_over(supply, line.instead_of, min(line.promised, line.quantity))
        waiting.settle(variants)
    return [supply.pk for supply in made]


def _take_over(supply: Supply, source: UUID, most: int) -> None:
    """Who was promised units before they were ordered waits for those that are ordered now, whoever was promised them the
    soonest first."""
    held = Supply.objects.filter(source=source, state=Supply.State.EXPECTED, order_by__isnull=False, committed__gt=0)
    for promised in held.order_by("due", "pk"):
        if most:
            most -= waiting.hand_over(supply.variant_id, promised.pk, supply.pk, most)


def change(supply_id: UUID, *, due: date | None = None, quantity: int | None = None, actor: Actor) -> Supply:
    """Another day, or another number of units in all (those that have arrived among them).

    When fewer are to come than are promised, who ordered last waits for other supply, or for any that is to come.
    """
    if due is not None:
        _check_due(due, ["due"])
    with transaction.atomic():
        supply = _locked(supply_id)
        before = (supply.due, supply.quantity)
        if quantity is not None:
            _check_new_quantity(supply, quantity)
        _reduce(supply, supply.quantity if quantity is None else quantity)
        supply.due = supply.due if due is None else due
        if (supply.due, supply.quantity) == before:
            return supply
        supply.version += 1
        supply.save(update_fields=["due", "quantity", "version"])
        if supply.due != before[0] and supply.due >= company_day():
            resolve_incidents(LATE, about=supply.pk, actor=actor, resolution="it is expected on another day")
        _tell_changed(supply, before, actor=actor)
        _end_if_complete(supply, actor=actor)
        waiting.settle([supply.variant_id])
    return supply


def close(supply_id: UUID, *, reason: str, actor: Actor) -> Supply:
    """Nothing more of it will come. A second call does nothing."""
    with transaction.atomic():
        supply = _locked(supply_id, is_over_fine=True)
        if supply.state == Supply.State.EXPECTED:
            _reduce(supply, 0)
            _end(supply, reason, actor=actor)
            waiting.settle([supply.variant_id])
    return supply


def arrive(supply_id: UUID, quantity: int, *, actor: Actor) -> Supply:
    """Units of a supply were received: `arrive_many` of one."""
    return arrive_many([Arrival(supply_id, quantity)], actor=actor)[0]


def arrive_many(arrivals: Sequence[Arrival], *, actor: Actor) -> list[Supply]:
    """Units of supply have been received, in the caller's transaction and before this: they are on hand.

    Who waits for them has them reserved, first come first served, before anything of them is free; then who waits for
    any. More than was expected is welcome. A supply of which everything has come is closed.
    """
    require_atomic()
    wanted: dict[UUID, int] = {}
    for index, arrival in enumerate(arrivals):
        _check_quantity(arrival.quantity, ["lines", index, "quantity"])
        wanted[arrival.supply_id] = wanted.get(arrival.supply_id, 0) + arrival.quantity
    found = _lock_all(wanted)
    for supply in found:
        _refuse_closed(supply)
        _refuse_unordered(supply)
        _take_in(supply, wanted[supply.pk], actor=actor)
    waiting.settle({supply.variant_id for supply in found})
    by_id = {supply.pk: supply for supply in found}
    return [by_id[arrival.supply_id] for arrival in arrivals]


def _take_in(supply: Supply, units: int, *, actor: Actor) -> None:
    """The pins that the units cover become reservations; what is still to come holds the rest as long as it can."""
    variant, place = supply.variant_id, supply.location_id
    given = waiting.serve(variant, place, first=supply.pk, most=units)
    waiting.loosen_beyond(variant, supply.pk, max(0, supply.quantity - supply.arrived - units))
    supply.arrived += units
    supply.version += 1
    supply.save(update_fields=["arrived", "version"])
    given += waiting.serve(variant, place)
    told = {"units": units, "of": supply.quantity, "served": given}
    record(supply.pk, "supply.arrive", actor=actor, data=told)
    publish([SupplyArrived(about=supply.pk, units=units)])
    _end_if_complete(supply, actor=actor)


def _end_if_complete(supply: Supply, *, actor: Actor) -> None:
    if supply.arrived >= supply.quantity:
        _end(supply, "", actor=actor)


def _end(supply: Supply, reason: str, *, actor: Actor) -> None:
    supply.state = Supply.State.CLOSED
    supply.version += 1
    supply.save(update_fields=["state", "version"])
    left = max(0, supply.quantity - supply.arrived)
    record(supply.pk, "supply.close", actor=actor, data={"missing": left, "reason": reason})
    resolve_incidents(LATE, about=supply.pk, actor=actor, resolution="nothing more of it is expected")


def _reduce(supply: Supply, quantity: int) -> None:
    """No more than this many in all; `quantity` 0 leaves what was ordered as it was said, for a supply that ends."""
    waiting.loosen_beyond(supply.variant_id, supply.pk, max(0, quantity - supply.arrived))
    supply.quantity = quantity or supply.quantity


def _tell_changed(supply: Supply, before: tuple[date, int], *, actor: Actor) -> None:
    told: dict[str, Any] = {}
    if before[0] != supply.due:
        told["due"] = [before[0].isoformat(), supply.due.isoformat()]
    if before[1] != supply.quantity:
        told["units"] = [before[1], supply.quantity]
    record(supply.pk, "supply.change", actor=actor, data=told)
    demands = [str(row.demand_key) for row in rows(DEMANDS, {"id": supply.pk})]
    publish([SupplyChanged(about=supply.pk, demands=part) for part in in_parts(demands)])


DEMANDS = "SELECT demand_key FROM inventory_supplypin WHERE supply_id = %(id)s ORDER BY ordered_at, demand_key"


def _locked(supply_id: UUID, *, is_over_fine: bool = False) -> Supply:
    """The supply as it is under its variant's lock."""
    variant = Supply.objects.filter(pk=supply_id).values_list("variant_id", flat=True).first()
    if variant is None:
        raise NotFound(_("There is no such supply."))
    lock_supply([variant])
    supply = Supply.objects.select_related("variant").get(pk=supply_id)
    if not is_over_fine:
        _refuse_closed(supply)
    return supply


def _lock_all(wanted: Mapping[UUID, int]) -> list[Supply]:
    """The supplies as they are, with their stock rows and their variants' supply locked in order."""
    found = list(Supply.objects.filter(pk__in=wanted).values_list("variant_id", "location_id"))
    if len(found) < len(wanted):
        raise NotFound(_("There is no such supply."))
    run(LOCK_STOCK, {"variants": [variant for variant, _ in found], "locations": [place for _, place in found]})
    lock_supply({variant for variant, _ in found})
    return list(Supply.objects.filter(pk__in=wanted).select_related("variant").order_by("due", "pk"))


def _refuse_closed(supply: Supply) -> None:
    if supply.state == Supply.State.CLOSED:
        named = {"sku": supply.variant.sku, "reference": supply.reference}
        raise Conflict(_("Nothing more of %(sku)s is expected of %(reference)s: it is closed.") % named)


def _refuse_unordered(supply: Supply) -> None:
    if supply.order_by:
        named = {"sku": supply.variant.sku, "reference": supply.reference}
        raise Conflict(_("%(sku)s is not ordered from %(reference)s yet: receive it on a purchase order.") % named)


def _check(lines: Sequence[Expected]) -> None:
    if not lines:
        raise Invalid.field(["lines"], _("name at least one product that is to come"))
    stocked = set(Variant.objects.filter(pk__in={x.variant_id for x in lines}, is_stocked=True).values_list("pk", flat=True))  # fmt: skip
    places = set(
        Location.objects.filter(pk__in={x.location_id for x in lines}, is_active=True).values_list("pk", flat=True)
    )
    for index, line in enumerate(lines):
        _check_quantity(line.quantity, ["lines", index, "quantity"])
        _check_due(line.due, ["lines", index, "due"])
        if line.variant_id not in stocked:
            raise Invalid.field(["lines", index, "sku"], _("is not kept in stock"))
        if line.location_id not in places:
            raise Invalid.field(["lines", index, "location"], _("is not a location in use"))
        if line.kind not in Supply.Kind.values:
            raise Invalid.field(["lines", index, "kind"], _("must be purchase, transfer, return or vendor"))
        if not 0 < len(line.reference.strip()) <= LONGEST_REFERENCE:
            raise Invalid.field(
                ["lines", index, "reference"],
                _("say what it is called, in at most %(longest)s characters") % {"longest": LONGEST_REFERENCE},
            )


def _check_quantity(quantity: int, loc: list[str | int]) -> None:
    if not 0 < quantity <= LARGEST:
        raise Invalid.field(loc, _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST})


def _check_due(due: date, loc: list[str | int]) -> None:
    today = timezone.now().date()
    if not today - FARTHEST < due < today + FARTHEST:
        raise Invalid.field(loc, _("is not a day within five years"))


def _check_new_quantity(supply: Supply, quantity: int) -> None:
    _check_quantity(quantity, ["quantity"])
    if quantity < supply.arrived:
        raise Invalid.field(["quantity"], _("%(n)s have arrived already") % {"n": supply.arrived})
