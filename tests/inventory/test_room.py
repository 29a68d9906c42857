"""Room for a sale among pins that may sit elsewhere: found whenever there is any, and never more than there is."""

from collections import deque
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from inventory.room import Room, find_room

PLACES = [UUID(int=n) for n in range(1, 6)]
POOLS = [UUID(int=n) for n in range(101, 105)]
Legal = dict[UUID, tuple[UUID, ...]]
Pinned = dict[tuple[UUID, UUID], int]

legal_pools = st.fixed_dictionaries(
    {pool: st.lists(st.sampled_from(PLACES), min_size=1, unique=True).map(tuple) for pool in POOLS}
)


@st.composite
def companies(draw: st.DrawFn) -> tuple[Legal, Pinned, dict[UUID, int]]:
    """Pools that overlap in any way, pins that are legal in them, and what is free beside the pins."""
    legal = draw(legal_pools)
    seats = [(place, pool) for pool, places in legal.items() for place in places]
    pins = draw(st.dictionaries(st.sampled_from(seats), st.integers(1, 4), max_size=10))
    free = draw(st.dictionaries(st.sampled_from(PLACES), st.integers(0, 3)))
    return legal, pins, free


def most(legal: Legal, pins: Pinned, free: dict[UUID, int], newcomer: UUID) -> int:
    """How many more units the newcomer's pool can have: by a maximum flow from places to demands, from nothing.

    Source → place (all units there) → pool (all that its demands need), the newcomer's without a bound.
    """
    units = {place: free.get(place, 0) + sum(q for (at, _), q in pins.items() if at == place) for place in PLACES}
    needs = {pool: sum(q for (_, of), q in pins.items() if of == pool) for pool in POOLS}
    room: dict[tuple[object, object], int] = {}
    for place in PLACES:
        room[("source", place)] = units[place]
    for pool, places in legal.items():
        for place in places:
            room[(place, pool)] = 10**6
        room[(pool, "sink")] = needs[pool]
    placed = flow(room)
    assert placed == sum(needs.values()), "the pins themselves are a pinning"
    room[(newcomer, "sink")] = room.get((newcomer, "sink"), 0) + 10**6
    return flow(room)


def flow(room: dict[tuple[object, object], int]) -> int:
    """Push until nothing more goes from the source to the sink; `room` keeps what is left."""
    pushed = 0
    while True:
        came: dict[object, object] = {"source": None}
        waiting: deque[object] = deque(["source"])
        while waiting and "sink" not in came:
            here = waiting.popleft()
            for (start, end), left in room.items():
                if start == here and left > 0 and end not in came:
                    came[end] = here
                    waiting.append(end)
        if "sink" not in came:
            return pushed
        at: object = "sink"
        while at != "source":
            before = came[at]
            room[(before, at)] -= 1
            room[(at, before)] = room.get((at, before), 0) + 1
            at = before
        pushed += 1


def carried_out(room: Room, pins: Pinned, free: dict[UUID, int]) -> tuple[Pinned, dict[UUID, int]]:
    """The pins and the free units once the moves are made."""
    pins, free = dict(pins), dict(free)
    for move in room.moves:
        pins[(move.origin_id, move.pool_id)] -= move.units
        pins[(move.target_id, move.pool_id)] = pins.get((move.target_id, move.pool_id), 0) + move.units
        free[move.origin_id] = free.get(move.origin_id, 0) + move.units
        free[move.target_id] = free.get(move.target_id, 0) - move.units
    return pins, free


@given(companies(), st.sampled_from(POOLS))
def test_as_much_room_is_found_as_any_legal_pinning_could_give(
    company: tuple[Legal, Pinned, dict[UUID, int]], newcomer: UUID
) -> None:
    legal, pins, free = company
    here = sum(free.get(place, 0) for place in legal[newcomer])
    found = find_room(10**6, legal[newcomer], free=free, pins=pins, legal=legal)
    assert here + found.units == most(legal, pins, free, newcomer)


@given(companies(), st.sampled_from(POOLS), st.integers(1, 6))
def test_after_the_moves_the_units_are_free_and_every_pin_is_legal(
    company: tuple[Legal, Pinned, dict[UUID, int]], newcomer: UUID, wanted: int
) -> None:
    legal, pins, free = company
    room = find_room(wanted, legal[newcomer], free=free, pins=pins, legal=legal)
    assert room.units <= wanted
    after, left = carried_out(room, pins, free)
    gained = sum(left.get(place, 0) - free.get(place, 0) for place in legal[newcomer])
    assert gained == room.units
    assert all(units >= 0 for units in (*after.values(), *left.values()))
    assert all(place in legal[pool] for (place, pool), units in after.items() if units)
    for pool in POOLS:
        assert sum(q for (_, of), q in after.items() if of == pool) == sum(
            q for (_, of), q in pins.items() if of == pool
        )


def test_a_chain_of_pins_makes_room_and_nothing_stops_on_the_way() -> None:
    a, b, c = PLACES[:3]
    one, two, three = POOLS[:3]
    legal = {one: (a,), two: (a, b), three: (b, c)}
    room = find_room(1, legal[one], free={c: 1}, pins={(a, two): 1, (b, three): 1}, legal=legal)
    assert {(m.pool_id, m.origin_id, m.target_id, m.units) for m in room.moves} == {(two, a, b, 1), (three, b, c, 1)}


def test_a_pin_passes_through_a_place_without_stopping_there() -> None:
    a, b, c = PLACES[:3]
    one, two = POOLS[:2]
    legal = {one: (a,), two: (a, b, c)}
    room = find_room(2, legal[one], free={c: 2}, pins={(a, two): 2, (b, two): 1}, legal=legal)
    assert [(m.origin_id, m.target_id, m.units) for m in room.moves] == [(a, c, 2)]
