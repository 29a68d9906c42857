"""Room for a sale: when the units that a pool may sell are pinned by others, who could as well be served from elsewhere.

Reservations are flows: units at places on one side, demands that may legally sit at some of these places on the other.
Room for one more is an augmenting path (Ford and Fulkerson 1956; the shortest first, Edmonds and Karp 1972): a pin at
*a* goes to *b* where it may sit too, one at *b* to *c*, until a place has a free unit. When no path is left, no legal
pinning of all demands exists, so a refusal is right.

What is set aside for a channel at a place is a spot of its own, which the channel's pins may come to from elsewhere.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

Seat = tuple[UUID, UUID, UUID | None]
"""A place, a pool, and a channel for which something is set aside (None: any other)."""
Pins = Mapping[Seat, int]
"""Units pinned by seat, out of common units."""
Spot = tuple[UUID, UUID | None]
"""Units of a place: the common ones (None), or those that are set aside for a channel."""
Own = Mapping[Spot, int]


@dataclass(frozen=True, slots=True)
class Move:
    """Units of pins of a pool, and of a channel, that go from one location to another; of these so many take from what
    is set aside there for their channel (`own`)."""

    pool_id: UUID
    channel_id: UUID | None
    origin_id: UUID
    target_id: UUID
    units: int
    own: int = 0


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
    own: Own | None = None,
) -> Room:
    """Room for up to `wanted` more units of one variant at any of `places`, by the fewest changes of place.

    `free` holds the free common units of every location that ships, `own` what is set aside there and not used; of the
    common ones those at `places` are not drawn from. `legal` gives the locations of each pool. Below zero, a location
    takes no pin.
    """
    own = own or {}
    left = {(place, None): units for place, units in free.items() if units > 0 and place not in places} | {
        (place, channel): there
        for (place, channel), units in own.items()
        if (there := min(units, units + free.get(place, 0))) > 0
    }
    spots = {seat: tuple(_spots(seat, free, own, legal)) for seat in pins}
    now: dict[tuple[Spot, Seat], int] = {((seat[0], None), seat): units for seat, units in pins.items()}
    found = 0
    while found < wanted and (path := _shortest(places, left, now, spots)):
        units = min(wanted - found, left[path[-1].target], *(now[(step.origin, step.seat)] for step in path))
        for step in path:
            now[(step.origin, step.seat)] -= units
            now[(step.target, step.seat)] = now.get((step.target, step.seat), 0) + units
        left[path[-1].target] -= units
        found += units
    return Room(found, tuple(_moves(now)))


def _spots(seat: Seat, free: Mapping[UUID, int], own: Own, legal: Mapping[UUID, Collection[UUID]]) -> Iterator[Spot]:
    """Where the pins of a seat may go: first to what is set aside for their channel."""
    origin, pool, channel = seat
    for place in legal.get(pool, ()):
        if place != origin and channel and own.get((place, channel), 0) > 0:
            yield place, channel
        if free.get(place, 0) >= 0:
            yield place, None


@dataclass(frozen=True, slots=True)
class _Step:
    seat: Seat
    origin: Spot
    target: Spot


def _shortest(
    places: Collection[UUID],
    free: Mapping[Spot, int],
    pins: Mapping[tuple[Spot, Seat], int],
    spots: Mapping[Seat, Collection[Spot]],
) -> list[_Step]:
    """The shortest chain of pins that can each move on, from one of `places` to a spot with free units."""
    came: dict[Spot, _Step | None] = {(place, None): None for place in places}
    waiting = deque(came)
    at: dict[Spot, list[Seat]] = {}
    for (spot, seat), units in pins.items():
        if units > 0:
            at.setdefault(spot, []).append(seat)
    while waiting:
        spot = waiting.popleft()
        for seat in at.get(spot, ()):
            for target in spots[seat]:
                if target in came:
                    continue
                came[target] = _Step(seat, spot, target)
                if free.get(target, 0) > 0:
                    return _back(came, target)
                waiting.append(target)
    return []


def _back(came: Mapping[Spot, _Step | None], target: Spot) -> list[_Step]:
    path: list[_Step] = []
    step = came[target]
    while step is not None:
        path.insert(0, step)
        step = came[step.origin]
    return path


def _moves(now: Mapping[tuple[Spot, Seat], int]) -> Iterator[Move]:
    """Who sits elsewhere at the end: what only passes through a place does not stop there."""
    moved: dict[tuple[Seat, UUID], tuple[int, int]] = {}
    for ((place, channel), seat), units in now.items():
        if units and (place, channel) != (seat[0], None):
            known, of_own = moved.get((seat, place), (0, 0))
            moved[(seat, place)] = (known + units, of_own + (units if channel else 0))
    for ((origin, pool, channel), target), (units, of_own) in sorted(moved.items(), key=str):
        yield Move(pool, channel, origin, target, units, of_own)
