"""Room for a sale: when the units that a pool may sell are pinned by others, who could as well be served from elsewhere.

Reservations are flows: units at places on one side, demands that may legally sit at some of these places on the other.
Room for one more is an augmenting path (Ford and Fulkerson 1956; the shortest first, Edmonds and Karp 1972): a pin at
*a* goes to *b* where it may sit too, one at *b* to *c*, until a place has a free unit. When no path is left, no legal
pinning of all demands exists, so a refusal is right.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

Pins = Mapping[tuple[UUID, UUID], int]
"""Units pinned by location and pool."""


@dataclass(frozen=True, slots=True)
class Move:
    """Units of a pool's pins that go from one location to another."""

    pool_id: UUID
    origin_id: UUID
    target_id: UUID
    units: int


@dataclass(frozen=True, slots=True)
class Room:
    """How many more units the wanted locations can give, and the moves that make room for them."""

    units: int
    moves: tuple[Move, ...]


def find_room(
    wanted: int,
    places: Collection[UUID],
    *,
    free: Mapping[UUID, int],
    pins: Pins,
    legal: Mapping[UUID, Collection[UUID]],
) -> Room:
    """Room for up to `wanted` more units of one variant at any of `places`, by the fewest changes of place.

    `free` holds the free units of every other location that ships; those at `places` are not drawn from. `legal` gives
    the locations of each pool.
    """
    left = {place: units for place, units in free.items() if units > 0 and place not in places}
    now = dict(pins)
    found = 0
    while found < wanted and (path := _shortest(places, left, now, legal)):
        units = min(wanted - found, left[path[-1].target_id], *(now[(step.origin_id, step.pool_id)] for step in path))
        for step in path:
            now[(step.origin_id, step.pool_id)] -= units
            now[(step.target_id, step.pool_id)] = now.get((step.target_id, step.pool_id), 0) + units
        left[path[-1].target_id] -= units
        found += units
    return Room(found, tuple(_between(pins, now)))


@dataclass(frozen=True, slots=True)
class _Step:
    pool_id: UUID
    origin_id: UUID
    target_id: UUID


def _shortest(
    places: Collection[UUID], free: Mapping[UUID, int], pins: Pins, legal: Mapping[UUID, Collection[UUID]]
) -> list[_Step]:
    """The shortest chain of pins that can each move on, from one of `places` to a location with free units."""
    came: dict[UUID, _Step | None] = dict.fromkeys(places)
    waiting = deque(places)
    at: dict[UUID, list[UUID]] = {}
    for (place, pool), units in pins.items():
        if units > 0:
            at.setdefault(place, []).append(pool)
    while waiting:
        place = waiting.popleft()
        for pool in at.get(place, ()):
            for target in legal.get(pool, ()):
                if target in came:
                    continue
                came[target] = _Step(pool, place, target)
                if free.get(target, 0) > 0:
                    return _back(came, target)
                waiting.append(target)
    return []


def _back(came: Mapping[UUID, _Step | None], target: UUID) -> list[_Step]:
    path: list[_Step] = []
    step = came[target]
    while step is not None:
        path.insert(0, step)
        step = came[step.origin_id]
    return path


def _between(before: Pins, after: Pins) -> Iterator[Move]:
    """The moves that turn one pinning into the other, pool by pool: what only passes through a place does not stop there."""
    for pool in sorted({pool for _, pool in after}):
        changes = {place: units - before.get((place, pool), 0) for (place, of), units in after.items() if of == pool}
        givers = deque((place, -units) for place, units in changes.items() if units < 0)
        takers = deque((place, units) for place, units in changes.items() if units > 0)
        while givers:
            (origin, gives), (target, takes) = givers.popleft(), takers.popleft()
            units = min(gives, takes)
            yield Move(pool, origin, target, units)
            if gives > units:
                givers.appendleft((origin, gives - units))
            if takes > units:
                takers.appendleft((target, takes - units))
