"""Who gets what: whatever supply, stock and demands there are, nothing is given twice and nobody is put back."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from inventory.supply.sharing import NEVER, Coming, Waiting, hand_out, share, without

PLACES = [UUID(int=n) for n in range(1, 4)]
POOLS = {UUID(int=11): PLACES, UUID(int=12): PLACES[:1], UUID(int=13): []}
DAY = date(2026, 12, 1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
supplies = st.lists(
    st.tuples(st.sampled_from(PLACES), st.integers(0, 5), st.integers(0, 6)), max_size=4
).map(lambda found: [Coming(UUID(int=100 + n), place, DAY + timedelta(d), units) for n, (place, d, units) in enumerate(found)])  # fmt: skip
demands = st.lists(st.tuples(st.sampled_from(sorted(POOLS)), st.integers(0, 9), st.integers(1, 5)), max_size=5).map(
    lambda found: [
        Waiting(UUID(int=200 + n), pool, NOON + timedelta(minutes=at), {None: units})
        for n, (pool, at, units) in enumerate(found)
    ]
)


@given(demands, supplies)
def test_everybody_waits_for_as_many_units_as_before_and_no_supply_is_promised_twice(
    waits: list[Waiting], coming: list[Coming]
) -> None:
    shared = share(waits, coming, POOLS)
    assert all(sum(shared[w.demand_key].values()) == w.units for w in waits)
    for supply in coming:
        assert sum(pins.get(supply.supply_id, 0) for pins in shared.values()) <= supply.units


@given(demands, supplies)
def test_supply_is_waited_for_by_those_only_whose_pool_has_its_place(
    waits: list[Waiting], coming: list[Coming]
) -> None:
    at = {c.supply_id: c.location_id for c in coming}
    shared = share(waits, coming, POOLS)
    for wait in waits:
        held = [h for h, units in shared[wait.demand_key].items() if h and units]
        assert all(at[h] in POOLS[wait.pool_id] for h in held)


@given(demands, supplies, supplies)
def test_new_supply_puts_nobody_back(waits: list[Waiting], first: list[Coming], second: list[Coming]) -> None:
    before = share(waits, first, POOLS)
    left = [
        Coming(c.supply_id, c.location_id, c.due, c.units - sum(p.get(c.supply_id, 0) for p in before.values()))
        for c in first
    ]
    more = [Coming(UUID(int=c.supply_id.int + 50), c.location_id, c.due, c.units) for c in second]
    now = [Waiting(w.demand_key, w.pool_id, w.ordered_at, before[w.demand_key]) for w in waits]
    after = share(now, [*left, *more], POOLS)
    due = {c.supply_id: c.due for c in [*first, *more]}
    for wait in waits:
        assert _days(after[wait.demand_key], due) <= _days(before[wait.demand_key], due)


def _days(pins: dict[UUID | None, int], due: dict[UUID, date]) -> list[date]:
    return sorted(due.get(held, NEVER) if held else NEVER for held, units in pins.items() for _ in range(units))


@given(demands, st.dictionaries(st.sampled_from(PLACES), st.integers(-3, 6)))
def test_free_units_go_to_the_first_in_line_who_may_have_them(waits: list[Waiting], free: dict[UUID, int]) -> None:
    parts = hand_out(waits, free, POOLS)
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
