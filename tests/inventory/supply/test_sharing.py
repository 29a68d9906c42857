"""Who gets what: whatever supply, stock and demands there are, nothing is given twice and nobody is put back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from inventory.supply.sharing import NEVER, Coming, Pins, Rooms, Shelf, Waiting, hand_out, in_line, share, without

PLACES = [UUID(int=n) for n in range(1, 4)]
POOLS = {UUID(int=11): PLACES, UUID(int=12): PLACES[:1], UUID(int=13): []}
MUG, WEB, SHOP = UUID(int=21), UUID(int=31), UUID(int=32)
DAY = date(2026, 12, 1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
supplies = st.lists(
    st.tuples(st.sampled_from(PLACES), st.integers(0, 5), st.integers(0, 6)), max_size=4
).map(lambda found: [Coming(UUID(int=100 + n), place, DAY + timedelta(d), units) for n, (place, d, units) in enumerate(found)])  # fmt: skip
demands = st.lists(st.tuples(st.sampled_from(sorted(POOLS)), st.integers(0, 9), st.integers(1, 5)), max_size=5).map(
    lambda found: [
        Waiting(UUID(int=200 + n), MUG, pool, WEB, NOON + timedelta(minutes=at), {None: units})
        for n, (pool, at, units) in enumerate(found)
    ]
)


def rooms(coming: list[Coming]) -> Rooms:
    """With nothing kept back for anybody."""
    return Rooms(sorted(coming, key=lambda c: (c.rank, c.supply_id)))


@given(demands, supplies)
def test_everybody_waits_for_as_many_units_as_before_and_no_supply_is_promised_twice(
    waits: list[Waiting], coming: list[Coming]
) -> None:
    shared = share(waits, rooms(coming), POOLS)
    assert all(sum(shared[w.demand_key].values()) == w.units for w in waits)
    for supply in coming:
        assert sum(pins.get(supply.supply_id, 0) for pins in shared.values()) <= supply.units


@given(demands, supplies)
def test_supply_is_waited_for_by_those_only_whose_pool_has_its_place(
    waits: list[Waiting], coming: list[Coming]
) -> None:
    at = {c.supply_id: c.location_id for c in coming}
    shared = share(waits, rooms(coming), POOLS)
    for wait in waits:
        held = [h for h, units in shared[wait.demand_key].items() if h and units]
        assert all(at[h] in POOLS[wait.pool_id] for h in held)


@given(demands, supplies, supplies)
def test_new_supply_puts_nobody_back(waits: list[Waiting], first: list[Coming], second: list[Coming]) -> None:
    before = share(waits, rooms(first), POOLS)
    left = [
        Coming(c.supply_id, c.location_id, c.due, c.units - sum(p.get(c.supply_id, 0) for p in before.values()))
        for c in first
    ]
    more = [Coming(UUID(int=c.supply_id.int + 50), c.location_id, c.due, c.units) for c in second]
    now = [replace(w, pins=before[w.demand_key]) for w in waits]
    after = share(now, rooms([*left, *more]), POOLS)
    due = {c.supply_id: c.due for c in [*first, *more]}
    for wait in waits:
        assert _days(after[wait.demand_key], due) <= _days(before[wait.demand_key], due)


unordered = st.lists(st.booleans(), min_size=4, max_size=4)


@given(demands, supplies, supplies, unordered)
def test_who_waits_for_what_is_ordered_is_never_moved_to_what_would_have_to_be_bought_for_him_again(
    waits: list[Waiting], first: list[Coming], second: list[Coming], ordered: list[bool]
) -> None:
    before = share(waits, rooms(first), POOLS)
    left = [replace(c, units=c.units - sum(p.get(c.supply_id, 0) for p in before.values())) for c in first]
    more = [
        replace(c, supply_id=UUID(int=c.supply_id.int + 50), is_ordered=is_ordered)
        for c, is_ordered in zip(second, ordered, strict=False)
    ]
    now = [replace(w, pins=before[w.demand_key]) for w in waits]
    after = share(now, rooms([*left, *more]), POOLS)
    for wait in waits:
        asked = sum(after[wait.demand_key].get(c.supply_id, 0) for c in more if not c.is_ordered)
        assert asked <= before[wait.demand_key].get(None, 0)
    due = {c.supply_id: c.due for c in [*left, *more]}
    for wait in waits:
        assert _days(after[wait.demand_key], due) <= _days(before[wait.demand_key], due)


def test_of_one_day_what_is_ordered_is_given_first_and_what_is_too_late_to_order_is_not_given_again() -> None:
    ordered, asked, passed = (
        Coming(UUID(int=100), PLACES[0], DAY, 2),
        Coming(UUID(int=101), PLACES[0], DAY, 9, is_ordered=False),
        Coming(UUID(int=102), PLACES[0], DAY + timedelta(1), 0, is_ordered=False, is_offered=False, is_lost=True),
    )
    first = Waiting(UUID(int=200), MUG, UUID(int=11), WEB, NOON, {passed.supply_id: 3})
    last = replace(first, demand_key=UUID(int=201), ordered_at=NOON + timedelta(minutes=1), pins={None: 9})
    shared = share([first, last], Rooms([ordered, asked, passed]), POOLS)
    assert {held: n for held, n in shared[first.demand_key].items() if n} == {ordered.supply_id: 2, asked.supply_id: 1}
    assert {held: n for held, n in shared[last.demand_key].items() if n} == {asked.supply_id: 8, None: 1}


def test_who_waits_for_what_can_no_longer_be_ordered_is_given_what_is_ordered_before_who_ordered_later() -> None:
    lost = Coming(UUID(int=100), PLACES[0], DAY, 0, is_ordered=False, is_offered=False, is_lost=True)
    asked = Coming(UUID(int=101), PLACES[0], DAY + timedelta(1), 9, is_ordered=False)
    ordered = Coming(UUID(int=102), PLACES[0], DAY + timedelta(9), 4)
    first = Waiting(UUID(int=200), MUG, UUID(int=11), WEB, NOON, {lost.supply_id: 3})
    last = replace(first, demand_key=UUID(int=201), ordered_at=NOON + timedelta(minutes=1), pins={asked.supply_id: 3})
    shared = share([last, first], Rooms([lost, asked, ordered]), POOLS)
    assert {held: n for held, n in shared[first.demand_key].items() if n} == {ordered.supply_id: 3}
    assert {held: n for held, n in shared[last.demand_key].items() if n} == {asked.supply_id: 3}


def test_nothing_becomes_free_at_a_place_that_does_not_ship_and_what_was_promised_there_uses_no_fence_any_more() -> (
    None
):
    closed = Coming(UUID(int=100), PLACES[0], DAY + timedelta(9), 0, is_offered=False)
    known = Rooms([closed], fences={(PLACES[0], WEB): 3}, pinned={(closed.supply_id, WEB): 3})
    known.take(closed.supply_id, WEB, -3)
    assert (known.coming[0].units, known.pinned[closed.supply_id, WEB]) == (0, 0)


def _days(pins: dict[UUID | None, int], due: dict[UUID, date]) -> list[date]:
    return sorted(due.get(held, NEVER) if held else NEVER for held, units in pins.items() for _ in range(units))


@given(demands, st.dictionaries(st.sampled_from(PLACES), st.integers(-3, 6)))
def test_free_units_go_to_the_first_in_line_who_may_have_them(waits: list[Waiting], free: dict[UUID, int]) -> None:
    parts = hand_out(waits, {place: Shelf(units) for place, units in free.items()}, POOLS)
    given_to = {w.demand_key: sum(p.units for p in parts if p.demand_key == w.demand_key) for w in waits}
    assert all(given_to[w.demand_key] <= w.units for w in waits)
    left = {place: units - sum(p.units for p in parts if p.location_id == place) for place, units in free.items()}
    assert all(units >= 0 for place, units in left.items() if free[place] >= 0)
    for wait in waits:
        could = sum(left.get(place, 0) for place in POOLS[wait.pool_id] if left.get(place, 0) > 0)
        assert given_to[wait.demand_key] == wait.units or could == 0


@given(st.dictionaries(st.sampled_from([None, *PLACES]), st.integers(1, 5)), st.integers(0, 30))
def test_who_wants_less_gives_up_what_would_come_last(pins: dict[UUID | None, int], units: int) -> None:
    due = {place: DAY + timedelta(n) for n, place in enumerate(PLACES)}
    rest = without(pins, units, due)
    assert sum(rest.values()) == max(0, sum(pins.values()) - units)
    if None in pins and units < pins[None]:
        assert all(rest[held] == pins[held] for held in pins if held)


fences = st.dictionaries(st.tuples(st.sampled_from(PLACES), st.sampled_from([WEB, SHOP])), st.integers(1, 4))
shorts = st.dictionaries(st.sampled_from(PLACES), st.integers(-2, 6))
channels = st.lists(st.sampled_from([WEB, SHOP, None]), min_size=5, max_size=5)


@given(demands, supplies, shorts, fences, channels)
def test_whatever_is_set_aside_and_kept_back_all_that_was_promised_is_there_when_it_comes(
    waits: list[Waiting],
    coming: list[Coming],
    short: dict[UUID, int],
    aside: dict[tuple[UUID, UUID], int],
    through: list[UUID | None],
) -> None:
    waits = [replace(w, channel_id=channel) for w, channel in zip(waits, through, strict=False)]
    for place in PLACES:  # what is set aside is no longer common
        short[place] = short.get(place, 0) + sum(units for (at, _), units in aside.items() if at == place)
    known = rooms(coming)
    known.short, known.fences = short, aside
    shared = share(waits, known, POOLS)
    shelves = {
        place: Shelf(
            sum(c.units for c in coming if c.location_id == place) - short[place],
            {channel: units for (at, channel), units in aside.items() if at == place},
        )
        for place in PLACES
    }
    at = {c.supply_id: c.location_id for c in coming}
    for wait in in_line(waits):
        for held, units in shared[wait.demand_key].items():
            if held:
                assert shelves[at[held]].of(wait.channel_id) >= units
                shelves[at[held]].take(wait.channel_id, units)
    for wait in waits:
        if shared[wait.demand_key].get(None):
            places = {c.location_id for c in coming if c.location_id in POOLS[wait.pool_id]}
            assert not any(c.units for c in known.of(wait.channel_id) if c.location_id in places)


def test_what_is_not_ordered_yet_frees_nothing_of_what_its_channel_has_set_aside() -> None:
    asked = Coming(UUID(int=100), PLACES[0], DAY, 5, is_ordered=False)
    ordered = Coming(UUID(int=101), PLACES[0], DAY + timedelta(1), 5)
    known = Rooms([asked, ordered], {PLACES[0]: 5}, {(PLACES[0], WEB): 5}, {(asked.supply_id, WEB): 5})
    assert [c.units for c in known.of(SHOP)] == [5, 0]
    assert [c.units for c in known.of(WEB)] == [5, 5]


@given(demands, supplies, supplies, unordered, unordered, shorts, fences, channels)
def test_all_that_is_promised_is_there_on_its_own_day_also_when_earlier_supply_is_told_later_and_some_is_never_ordered(
    waits: list[Waiting],
    first: list[Coming],
    second: list[Coming],
    first_ordered: list[bool],
    second_ordered: list[bool],
    short: dict[UUID, int],
    aside: dict[tuple[UUID, UUID], int],
    through: list[UUID | None],
) -> None:
    first = [replace(c, is_ordered=ordered) for c, ordered in zip(first, first_ordered, strict=False)]
    second = [replace(c, is_ordered=ordered) for c, ordered in zip(second, second_ordered, strict=False)]
    waits = [replace(w, channel_id=channel) for w, channel in zip(waits, through, strict=False)]
    for place in PLACES:
        short[place] = short.get(place, 0) + sum(units for (at, _), units in aside.items() if at == place)
    more = [replace(c, supply_id=UUID(int=c.supply_id.int + 50)) for c in second]
    before = share(waits, with_fences(first, {}, waits, short, aside), POOLS)
    now = [replace(w, pins=before[w.demand_key]) for w in waits]
    shared = share(now, with_fences([*first, *more], before, waits, short, aside), POOLS)
    shelves = {
        place: Shelf(-short[place], {channel: units for (at, channel), units in aside.items() if at == place})
        for place in PLACES
    }
    for supply in rooms([*first, *more]).coming:
        if not supply.is_ordered:
            continue  # who waits for it cancels, or nobody orders it: it brings nothing, and uses nothing
        shelf = shelves[supply.location_id]
        shelf.common += supply.units
        for wait in in_line(waits):
            if units := shared[wait.demand_key].get(supply.supply_id, 0):
                assert shelf.of(wait.channel_id) >= units, "an earlier day is promised to nobody whom it cannot serve"
                shelf.take(wait.channel_id, units)


def with_fences(
    coming: list[Coming],
    promised: dict[UUID, Pins],
    waits: list[Waiting],
    short: dict[UUID, int],
    aside: dict[tuple[UUID, UUID], int],
) -> Rooms:
    """What is left of supply that is promised to some already, as it is read under the lock."""
    known = rooms([])
    known.short, known.fences = short, aside
    for wait in waits:
        for held, units in promised.get(wait.demand_key, {}).items():
            if held and wait.channel_id:
                known.pinned[held, wait.channel_id] = known.pinned.get((held, wait.channel_id), 0) + units
    left = [replace(c, units=c.units - sum(pins.get(c.supply_id, 0) for pins in promised.values())) for c in coming]
    known.coming = rooms(left).coming
    return known


@given(demands, st.dictionaries(st.sampled_from(PLACES), st.integers(-3, 6)), fences, channels)
def test_nobody_is_served_from_what_is_set_aside_for_another(
    waits: list[Waiting],
    common: dict[UUID, int],
    aside: dict[tuple[UUID, UUID], int],
    through: list[UUID | None],
) -> None:
    waits = [replace(w, channel_id=channel) for w, channel in zip(waits, through, strict=False)]
    shelves = {
        place: Shelf(units, {channel: own for (at, channel), own in aside.items() if at == place})
        for place, units in common.items()
    }
    parts = hand_out(waits, shelves, POOLS)
    channel = {w.demand_key: w.channel_id for w in waits}
    for place, units in common.items():
        of = {
            key: sum(p.units for p in parts if (p.location_id, channel[p.demand_key]) == (place, key))
            for key in {*through}
        }
        own = sum(min(of.get(c, 0), aside.get((place, c), 0)) for c in (WEB, SHOP))
        assert sum(of.values()) - own <= max(0, units)
