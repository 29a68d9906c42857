"""Room for a sale among pins that may sit elsewhere: found whenever there is any, and never more than there is."""

from collections import deque
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from inventory.room import Room, Seat, Spot, find_room

PLACES = [UUID(int=n) for n in range(1, 6)]
POOLS = [UUID(int=n) for n in range(101, 105)]
Legal = dict[UUID, tuple[UUID, ...]]
Pinned = dict[Seat, int]
Aside = dict[Spot, int]
KIOSK = UUID(int=201)
"""A channel for which something is set aside; the pins of others have none."""

legal_pools = st.fixed_dictionaries(
    {pool: st.lists(st.sampled_from(PLACES), min_size=1, unique=True).map(tuple) for pool in POOLS}
)


@st.composite
def companies(draw: st.DrawFn) -> tuple[Legal, Pinned, dict[UUID, int], Aside]:
    """Pools that overlap in any way, pins of two channels that are legal in them, and what is free beside the pins, for
    all and for one of the channels."""
    legal = draw(legal_pools)
    seats = [(place, pool, channel) for pool, places in legal.items() for place in places for channel in (None, KIOSK)]
    pins = draw(st.dictionaries(st.sampled_from(seats), st.integers(1, 4), max_size=10))
    free = draw(st.dictionaries(st.sampled_from(PLACES), st.integers(0, 3)))
    spots: list[Spot] = [(place, KIOSK) for place in PLACES]
    own = draw(st.dictionaries(st.sampled_from(spots), st.integers(1, 3), max_size=3))
    return legal, pins, free, own


def most(legal: Legal, pins: Pinned, free: dict[UUID, int], own: Aside, newcomer: UUID) -> int:
    """How many more units the newcomer's pool can have: by a maximum flow from places to demands, from nothing.

    Source → place (all common units there) → seat (all that its demands need), the newcomer's without a bound; and
    source → what is set aside at a place → the seats elsewhere of that channel.
    """
    room: dict[tuple[object, object], int] = {}
    for place in PLACES:
        pinned = sum(q for seat, q in pins.items() if seat[0] == place)
        room[("source", place)] = free.get(place, 0) + pinned
        room[("source", (place, KIOSK))] = own.get((place, KIOSK), 0)
    for seat, needed in pins.items():
        origin, pool, channel = seat
        for place in legal[pool]:
            room[(place, seat)] = 10**6
            if channel and place != origin:
                room[((place, channel), seat)] = 10**6
        room[(seat, "sink")] = needed
    before = dict(room)
    for spot in own:
        before[("source", spot)] = 0
    assert flow(before) == sum(pins.values()), "the pins themselves are a pinning"
    assert flow(room) == sum(pins.values())
    for place in legal[newcomer]:
        room[(place, "newcomer")] = 10**6
    room[("newcomer", "sink")] = 10**6
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


def carried_out(
    room: Room, pins: Pinned, free: dict[UUID, int], own: Aside
) -> tuple[dict[tuple[UUID, UUID], int], dict[UUID, int], Aside]:
    """The pins by place and pool, and what is free for all and set aside, once the moves are made."""
    free, own = dict(free), dict(own)
    after: dict[tuple[UUID, UUID], int] = {}
    for (place, pool, _), units in pins.items():
        after[(place, pool)] = after.get((place, pool), 0) + units
    for move in room.moves:
        after[(move.origin_id, move.pool_id)] -= move.units
        after[(move.target_id, move.pool_id)] = after.get((move.target_id, move.pool_id), 0) + move.units
        free[move.origin_id] = free.get(move.origin_id, 0) + move.units
        free[move.target_id] = free.get(move.target_id, 0) - (move.units - move.own)
        if move.own:
            assert move.channel_id
            own[(move.target_id, move.channel_id)] -= move.own
    return after, free, own


Company = tuple[Legal, Pinned, dict[UUID, int], Aside]


@given(companies(), st.sampled_from(POOLS))
def test_as_much_room_is_found_as_any_legal_pinning_could_give(company: Company, newcomer: UUID) -> None:
    legal, pins, free, own = company
    here = sum(free.get(place, 0) for place in legal[newcomer])
    found = find_room(10**6, legal[newcomer], free=free, pins=pins, legal=legal, own=own)
    assert here + found.units == most(legal, pins, free, own, newcomer)


@given(companies(), st.sampled_from(POOLS), st.integers(1, 6))
def test_after_the_moves_the_units_are_free_and_every_pin_is_legal(
    company: Company, newcomer: UUID, wanted: int
) -> None:
    legal, pins, free, own = company
    room = find_room(wanted, legal[newcomer], free=free, pins=pins, legal=legal, own=own)
    assert room.units <= wanted
    after, left, aside = carried_out(room, pins, free, own)
    gained = sum(left.get(place, 0) - free.get(place, 0) for place in legal[newcomer])
    assert gained == room.units
    assert all(units >= 0 for units in (*after.values(), *left.values(), *aside.values()))
    assert all(place in legal[pool] for (place, pool), units in after.items() if units)
    for pool in POOLS:
        assert sum(q for (_, of), q in after.items() if of == pool) == sum(
            q for (_, of, _), q in pins.items() if of == pool
        )
    for move in room.moves:
        assert move.own <= move.units
        assert move.origin_id != move.target_id


@given(companies(), st.sampled_from(POOLS))
def test_what_is_set_aside_for_more_than_there_is_is_given_to_nobody_twice(company: Company, newcomer: UUID) -> None:
    """At a place where free units are below zero, a channel has of its own what is left beyond that."""
    legal, pins, free, own = company
    free |= {place: -2 for place, _ in own}
    giving = [place for place in legal[newcomer] if free.get(place, 0) >= 0]
    room = find_room(10**6, giving, free=free, pins=pins, legal=legal, own=own)
    after, left, _aside = carried_out(room, pins, free, own)
    for spot, units in own.items():
        taken = sum(move.own for move in room.moves if (move.target_id, move.channel_id) == spot)
        assert taken <= max(0, units - 2)
    assert all(left[place] >= min(0, free.get(place, 0)) for place in left)
    assert all(units >= 0 for units in after.values())


def test_a_chain_of_pins_makes_room_and_nothing_stops_on_the_way() -> None:
    a, b, c = PLACES[:3]
    one, two, three = POOLS[:3]
    legal = {one: (a,), two: (a, b), three: (b, c)}
    room = find_room(1, legal[one], free={c: 1}, pins={(a, two, None): 1, (b, three, None): 1}, legal=legal)
    assert {(m.pool_id, m.origin_id, m.target_id, m.units) for m in room.moves} == {(two, a, b, 1), (three, b, c, 1)}


def test_a_pin_passes_through_a_place_without_stopping_there() -> None:
    a, b, c = PLACES[:3]
    one, two = POOLS[:2]
    legal = {one: (a,), two: (a, b, c)}
    room = find_room(2, legal[one], free={c: 2}, pins={(a, two, None): 2, (b, two, None): 1}, legal=legal)
    assert [(m.origin_id, m.target_id, m.units) for m in room.moves] == [(a, c, 2)]


def test_a_pin_goes_to_what_is_set_aside_for_its_own_channel_first() -> None:
    a, b = PLACES[:2]
    one, two = POOLS[:2]
    legal = {one: (a,), two: (a, b)}
    (move,) = find_room(3, legal[one], free={b: 1}, pins={(a, two, KIOSK): 3}, legal=legal, own={(b, KIOSK): 2}).moves
    assert (move.channel_id, move.origin_id, move.target_id, move.units, move.own) == (KIOSK, a, b, 3, 2)
    assert find_room(3, legal[one], free={}, pins={(a, two, None): 3}, legal=legal, own={(b, KIOSK): 2}).units == 0
