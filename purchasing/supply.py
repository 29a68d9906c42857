"""What the lines of a sent purchase order still wait for is supply: it follows them, in the same transaction.

A damaged unit has come, but brings nothing that could be promised: the supply becomes smaller by it.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from core.actors import Actor
from inventory.models import Supply
from inventory.supply.locks import lock_supply
from inventory.supply.services import Arrival, Expected, arrive_many, change, close, expect
from inventory.tallies.counting import Units
from purchasing.models import PurchaseLine, PurchaseOrder


def follow(order: PurchaseOrder, *, actor: Actor) -> None:
    """After lines or the day of a sent order have changed."""
    lines = _locked(order)
    known = _expected(lines)
    due = order.expected_on
    if due is None:
        raise ValueError(f"{order.number} was sent without a day")
    for line in lines:
        supply = known.get(line.pk)
        if supply is None:
            continue
        if line.open:
            change(supply.pk, due=due, quantity=supply.arrived + line.open, actor=actor)
        else:
            close(supply.pk, reason=f"{order.number}: nothing more is waited for", actor=actor)
    new = [_of(order, line, due) for line in lines if line.open and line.pk not in known]
    if new:
        expect(new, actor=actor)


def arrive(order: PurchaseOrder, came: Mapping[UUID, Units], *, actor: Actor) -> None:
    """After units of these lines are on hand, and the rest may have been given up."""
    lines = _locked(order)
    known = _expected(lines)
    arrivals = [
        Arrival(known[key].pk, units.sellable) for key, units in came.items() if key in known and units.sellable
    ]
    if arrivals:
        arrive_many(arrivals, actor=actor)
    follow(order, actor=actor)


def _locked(order: PurchaseOrder) -> list[PurchaseLine]:
    """The lines as they are, with the supply of all their variants locked at once."""
    lines = list(order.lines.order_by("position"))
    lock_supply({line.variant_id for line in lines})
    return lines


def _expected(lines: list[PurchaseLine]) -> dict[UUID, Supply]:
    found = Supply.objects.filter(source__in=[line.pk for line in lines], state=Supply.State.EXPECTED)
    return {supply.source: supply for supply in found}


def _of(order: PurchaseOrder, line: PurchaseLine, due: date) -> Expected:
    return Expected(line.variant_id, order.location_id, due, line.open, Supply.Kind.PURCHASE, line.pk, order.number)
