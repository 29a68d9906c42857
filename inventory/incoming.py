"""Documents whose lines are waited for at a place: what they wait for is supply, and follows them.

A damaged unit has come, but brings nothing that could be promised: the supply becomes smaller by it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.actors import Actor
from inventory.models import Supply
from inventory.supply.locks import lock_supply
from inventory.supply.services import Arrival, Expected, arrive_many, change, close, expect


@dataclass(frozen=True, slots=True)
class Waited:
    """A document's line: `source` is its id, `units` those that are still to come. `promised` of them were promised before
    they were ordered, of supply with the source `instead_of`."""

    source: UUID
    variant_id: UUID
    units: int
    promised: int = 0
    instead_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """What a document waits for, where and until when."""

    kind: str
    reference: str
    location_id: UUID
    due: date
    lines: Collection[Waited]


def follow(coming: Coming, *, actor: Actor) -> None:
    """After lines or the day of a document have changed. The caller has done with stock rows."""
    lock_supply({line.variant_id for line in coming.lines})
    known = _expected(coming)
    for line in coming.lines:
        supply = known.get(line.source)
        if supply is None:
            continue
        if line.units:
            change(supply.pk, due=coming.due, quantity=supply.arrived + line.units, actor=actor)
        else:
            close(supply.pk, reason=f"{coming.reference}: nothing more is waited for", actor=actor)
    new = [_expected_of(coming, line) for line in coming.lines if line.units and line.source not in known]
    if new:
        expect(new, actor=actor)


def _expected_of(coming: Coming, line: Waited) -> Expected:
    return Expected(
        line.variant_id, coming.location_id, coming.due, line.units, coming.kind, line.source, coming.reference,
        line.promised, line.instead_of,
    )  # fmt: skip


def arrive(coming: Coming, came: Mapping[UUID, int], *, actor: Actor) -> None:
    """After so many sellable units of these lines (by source) are on hand; `coming` says what is left to come."""
    lock_supply({line.variant_id for line in coming.lines})
    known = _expected(coming)
    arrivals = [Arrival(known[source].pk, units) for source, units in came.items() if source in known and units]
    if arrivals:
        arrive_many(arrivals, actor=actor)
    follow(coming, actor=actor)


def _expected(coming: Coming) -> dict[UUID, Supply]:
    found = Supply.objects.filter(source__in=[line.source for line in coming.lines], state=Supply.State.EXPECTED)
    return {supply.source: supply for supply in found}
