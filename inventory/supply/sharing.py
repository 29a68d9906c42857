"""Who gets which units: of supply that is to come, and of what lies free. Pure, for one variant at a time.

Who ordered first is served first. What is promised is never taken away for somebody else: only room that nobody has is
given out, to those without any first come, and to those who would wait longer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

Legal = Mapping[UUID, Collection[UUID]]
"""The places of each pool that ship."""
Pins = dict[UUID | None, int]
"""Units by the supply that they are waited for of."""
NEVER = date.max


@dataclass(frozen=True, slots=True)
class Waiting:
    """A demand that waits."""

    demand_key: UUID
    pool_id: UUID
    ordered_at: datetime
    pins: Pins

    @property
    def units(self) -> int:
        """All that it waits for."""
        return sum(self.pins.values())


@dataclass(frozen=True, slots=True)
class Coming:
    """A supply, and the units of it that are promised to nobody."""

    supply_id: UUID
    location_id: UUID
    due: date
    units: int


@dataclass(frozen=True, slots=True)
class Part:
    """Units that lie free at a place and go to a demand."""

    demand_key: UUID
    pool_id: UUID
    location_id: UUID
    units: int


def in_line(waits: Iterable[Waiting]) -> list[Waiting]:
    """The first come first."""
    return sorted(waits, key=lambda w: (w.ordered_at, w.demand_key))


def share(waits: Iterable[Waiting], coming: Sequence[Coming], legal: Legal) -> dict[UUID, Pins]:
    """What each demand waits for from now on: nobody later than before, everybody as early as room that is left allows."""
    due = {c.supply_id: c.due for c in coming}
    left = {c.supply_id: c.units for c in coming}
    soonest = sorted(coming, key=lambda c: (c.due, c.supply_id))
    shared: dict[UUID, Pins] = {}
    for wait in in_line(waits):
        pins = shared[wait.demand_key] = dict(wait.pins)
        places = legal.get(wait.pool_id, ())
        for held in latest_first(wait.pins, due):
            for room in soonest:
                if room.due >= _due(held, due) or not pins[held]:
                    break
                if part := min(pins[held], left[room.supply_id]) if room.location_id in places else 0:
                    left[room.supply_id] -= part
                    pins[room.supply_id] = pins.get(room.supply_id, 0) + part
                    pins[held] -= part
                    if held in left:
                        left[held] += part
    return shared


def latest_first(pins: Pins, due: Mapping[UUID, date]) -> list[UUID | None]:
    """What is waited for, that which comes last or never first."""
    return sorted(pins, key=lambda held: (_due(held, due), str(held)), reverse=True)


def _due(held: UUID | None, due: Mapping[UUID, date]) -> date:
    return NEVER if held is None else due.get(held, NEVER)


def hand_out(waits: Iterable[Waiting], free: Mapping[UUID, int], legal: Legal) -> list[Part]:
    """Free units to those who wait, all of a demand's from one place where one has them."""
    left = {place: units for place, units in free.items() if units > 0}
    parts: list[Part] = []
    for wait in in_line(waits):
        wanted = wait.units
        places = [place for place in legal.get(wait.pool_id, ()) if left.get(place)]
        for place in sorted(places, key=lambda p: (left[p] < wanted, -left[p])):
            if part := min(wanted, left[place]):
                left[place] -= part
                wanted -= part
                parts.append(Part(wait.demand_key, wait.pool_id, place, part))
    return parts


def without(pins: Pins, units: int, due: Mapping[UUID, date], first: UUID | None = None) -> Pins:
    """The pins after so many units need not be waited for any more: those of `first`, then those that come last."""
    rest = dict(pins)
    begin = [first] if first in rest and first is not None else []
    for held in [*begin, *(h for h in latest_first(pins, due) if h not in begin)]:
        part = min(units, rest[held])
        rest[held] -= part
        units -= part
    return rest
