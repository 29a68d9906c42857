"""Who gets which units: of supply that is to come, and of what lies free. Pure, for one variant at a time.

Who ordered first is served first. What is promised is never taken away for somebody else: only room that nobody has is
given out, to those without any first come, and to those who would wait longer.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

Legal = Mapping[UUID, Collection[UUID]]
"""The places of each pool that ship."""
Pins = dict[UUID | None, int]
"""Units by the supply that they are waited for of."""
Rank = tuple[date, bool]
"""The day of a supply, and whether it is still to be ordered."""
NEVER = date.max


@dataclass(frozen=True, slots=True)
class Waiting:
    """A demand that waits, through a channel."""

    demand_key: UUID
    variant_id: UUID
    pool_id: UUID
    channel_id: UUID | None
    ordered_at: datetime
    pins: Pins

    @property
    def units(self) -> int:
        """All that it waits for."""
        return sum(self.pins.values())


@dataclass(frozen=True, slots=True)
class Coming:
    """A supply, and the units of it that can be promised.

    Nothing is offered of what comes to a place that does not ship, and of what nobody has ordered until it would have to
    be. When that is long past it `is_lost`: whatever is ordered is better than to wait for it.
    """

    supply_id: UUID
    location_id: UUID
    due: date
    units: int
    is_ordered: bool = True
    is_offered: bool = True
    is_lost: bool = False

    @property
    def rank(self) -> "Rank":
        """The sooner the better; of one day rather what is ordered."""
        return self.due, not self.is_ordered


@dataclass(slots=True)
class Rooms:
    """The supply of a variant, the soonest first, with the units that are promised to nobody, and what of it a channel
    can be promised.

    A place that is `short` (it owes units, keeps more back than it has, or has set aside what it has not) will have that
    much less of what comes. What it has set aside for a channel (`fences`, by place and channel) is short for the others
    only, as far as promises of that channel (`pinned`, by supply and channel) use it by then: who waits for what comes
    later has not used it yet. What is still to be ordered pays nothing of it and uses nothing set aside, as it may never
    be ordered: what the place is short of is ordered with it.
    """

    coming: list[Coming]
    short: dict[UUID, int] = field(default_factory=dict)
    fences: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    pinned: dict[tuple[UUID, UUID], int] = field(default_factory=dict)

    @property
    def due(self) -> dict[UUID, date]:
        """The day of each supply."""
        return {c.supply_id: c.due for c in self.coming}

    def of(self, channel_id: UUID | None) -> list[Coming]:
        """What can be promised of each supply to orders of a channel; the soonest pays what its place is short of."""
        came: dict[UUID, int] = defaultdict(int)
        used: dict[tuple[UUID, UUID], int] = defaultdict(int)
        found: list[Coming] = []
        for c in self.coming:
            if not c.is_ordered:
                found.append(c)
                continue
            for place, channel in self.fences:
                if place == c.location_id:
                    used[place, channel] += self.pinned.get((c.supply_id, channel), 0)
            came[c.location_id] += c.units
            left = came[c.location_id] - self._owing(c.location_id, channel_id, used)
            found.append(replace(c, units=max(0, min(c.units, left))))
        return found

    def _owing(self, place: UUID, channel_id: UUID | None, used: Mapping[tuple[UUID, UUID], int]) -> int:
        own = [
            units if channel == channel_id else min(units, used[place, channel])
            for (at, channel), units in self.fences.items()
            if at == place
        ]
        return self.short.get(place, 0) - sum(own)

    def open(self) -> "dict[UUID | None, list[Coming]]":
        """Who can be promised anything, and what: any channel (None), and those for which something is set aside."""
        channels = {None, *(channel for _, channel in self.fences)}
        found = {channel: [c for c in self.of(channel) if c.units] for channel in channels}
        return {channel: coming for channel, coming in found.items() if coming}

    def take(self, supply_id: UUID, channel_id: UUID | None, units: int) -> None:
        """Units of a supply are promised to a channel's orders, or (below zero) are no longer."""
        for n, c in enumerate(self.coming):
            if c.supply_id == supply_id and c.is_offered:
                self.coming[n] = replace(c, units=c.units - units)
        if channel_id:
            key = (supply_id, channel_id)
            self.pinned[key] = self.pinned.get(key, 0) + units


@dataclass(slots=True)
class Shelf:
    """What lies free at a place: for every channel (`common`; below zero where more is set aside than there is), and
    what is set aside for some and not used."""

    common: int
    fences: dict[UUID, int] = field(default_factory=dict)

    def of(self, channel_id: UUID | None) -> int:
        """What orders of a channel can have."""
        return max(0, self.common + (self.fences.get(channel_id, 0) if channel_id else 0))

    @property
    def channels(self) -> list[UUID]:
        """For whom something set aside is left that can be given."""
        return [channel for channel in self.fences if self.of(channel)]

    def take(self, channel_id: UUID | None, units: int) -> None:
        """Units go to an order of a channel: those set aside for it first."""
        own = min(units, self.fences.get(channel_id, 0)) if channel_id else 0
        if channel_id and own:
            self.fences[channel_id] -= own
        self.common -= units - own


@dataclass(frozen=True, slots=True)
class Part:
    """Units that lie free at a place and go to a demand."""

    demand_key: UUID
    location_id: UUID
    units: int


def in_line(waits: Iterable[Waiting]) -> list[Waiting]:
    """The first come first."""
    return sorted(waits, key=lambda w: (w.ordered_at, w.demand_key))


def share(waits: Iterable[Waiting], rooms: Rooms, legal: Legal) -> dict[UUID, Pins]:
    """What each demand waits for from now on: nobody later than before, everybody as early as room that is left allows.

    What is given is taken from `rooms`. Who waits for what is ordered is never moved to what is still to be ordered: it
    would be bought twice. Later than before waits only who waits for what is lost, as nobody can order it for its day.
    """
    known: dict[UUID | None, Coming] = {c.supply_id: c for c in rooms.coming}
    return {wait.demand_key: _share(wait, rooms, legal.get(wait.pool_id, ()), known) for wait in in_line(waits)}


def _share(wait: Waiting, rooms: Rooms, places: Collection[UUID], known: Mapping[UUID | None, Coming]) -> Pins:
    pins = dict(wait.pins)
    for held in latest_first(wait.pins, rooms.due):
        for room in rooms.of(wait.channel_id):
            if not pins[held]:
                break
            if room.location_id not in places or not _is_better(room, known.get(held)):
                continue
            if part := min(pins[held], room.units):
                rooms.take(room.supply_id, wait.channel_id, part)
                pins[room.supply_id] = pins.get(room.supply_id, 0) + part
                pins[held] -= part
                if held is not None:
                    rooms.take(held, wait.channel_id, -part)
    return pins


def _is_better(room: Coming, held: Coming | None) -> bool:
    """Whether who waits for this supply, or for none that is known, shall wait for that room."""
    if held is None or (held.is_lost and room.is_ordered):
        return True
    return room.rank < held.rank and (room.is_ordered or not held.is_ordered)


def latest_first(pins: Pins, due: Mapping[UUID, date]) -> list[UUID | None]:
    """What is waited for, that which comes last or never first."""
    return sorted(pins, key=lambda held: (_due(held, due), str(held)), reverse=True)


def _due(held: UUID | None, due: Mapping[UUID, date]) -> date:
    return NEVER if held is None else due.get(held, NEVER)


def hand_out(
    waits: Iterable[Waiting], shelves: Mapping[UUID, Shelf], legal: Legal, most: int | None = None
) -> list[Part]:
    """Free units to those who wait, all of a demand's from one place where one has them; at most so many in all.

    What is given is taken from the shelves.
    """
    parts: list[Part] = []
    for wait in in_line(waits):
        wanted = wait.units if most is None else min(wait.units, most)
        free = {
            p: units for p in legal.get(wait.pool_id, ()) if p in shelves and (units := shelves[p].of(wait.channel_id))
        }
        for place in sorted(free, key=lambda p: (free[p] < wanted, -free[p])):
            if part := min(wanted, free[place]):
                shelves[place].take(wait.channel_id, part)
                wanted -= part
                most = None if most is None else most - part
                parts.append(Part(wait.demand_key, place, part))
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
