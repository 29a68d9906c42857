"""The solver finds the cheapest plan: shown against trying everything."""

import itertools
import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from sourcing.solver import NANO, Demand, Instance, Option, Solution, price, solve


def euros(amount: float) -> int:
    return round(amount * NANO)


def option(
    location: str, fixed: float, *, unit: float = 0.3, kg: float = 0.6, days: int = 1, service: str = "std"
) -> Option:
    return Option(location, service, days, euros(fixed), euros(unit), euros(kg) // 1000)


def used(solution: Solution) -> dict[object, dict[object, int]]:
    return {package.option.location: package.units for package in solution.packages}


def test_one_package_from_the_cheapest_place_that_has_it_all() -> None:
    found = solve(
        Instance(
            [Demand("A", 2, 300), Demand("B", 1, 500)],
            {"LIL": {"A": 5, "B": 5}, "LYO": {"A": 5, "B": 5}, "PAR": {"A": 5}},
            [option("LIL", 6), option("LYO", 5), option("PAR", 1)],
        )
    )
    assert used(found) == {"LYO": {"A": 2, "B": 1}}
    assert (found.status, found.nodes) == ("optimal", 0)


def test_an_order_is_split_when_no_place_has_it_all() -> None:
    found = solve(
        Instance(
            [Demand("A", 2, 300), Demand("B", 1, 500)],
            {"LIL": {"A": 5}, "LYO": {"B": 5}, "PAR": {"A": 1, "B": 1}},
            [option("LIL", 6), option("LYO", 5), option("PAR", 7)],
        )
    )
    assert used(found) == {"LIL": {"A": 2}, "LYO": {"B": 1}}


def test_a_split_is_chosen_when_it_is_cheaper_than_one_dear_package() -> None:
    found = solve(
        Instance(
            [Demand("A", 1, 100), Demand("B", 1, 100)],
            {"FAR": {"A": 1, "B": 1}, "NEAR1": {"A": 1}, "NEAR2": {"B": 1}},
            [option("FAR", 30), option("NEAR1", 4), option("NEAR2", 4)],
        )
    )
    assert set(used(found)) == {"NEAR1", "NEAR2"}


def test_a_faster_service_is_paid_for_only_when_late_days_cost_more() -> None:
    services = [option("LIL", 5, days=4, service="standard"), option("LIL", 9, days=1, service="express")]
    base = {"demands": [Demand("A", 1, 100)], "stock": {"LIL": {"A": 1}}, "options": services, "due_days": 2}
    assert solve(Instance(**base, late_per_day=euros(1))).packages[0].option.service == "standard"  # type: ignore[arg-type]
    assert solve(Instance(**base, late_per_day=euros(3))).packages[0].option.service == "express"  # type: ignore[arg-type]


def test_what_is_nowhere_is_left_and_named() -> None:
    found = solve(Instance([Demand("A", 3, 100)], {"LIL": {"A": 2}}, [option("LIL", 5)]))
    assert used(found) == {"LIL": {"A": 2}}
    assert found.unfilled == {"A": 1}


def test_no_more_packages_than_allowed() -> None:
    stock = {"LIL": {"A": 1}, "LYO": {"A": 1}, "PAR": {"A": 1}}
    options = [option("LIL", 5), option("LYO", 5), option("PAR", 5)]
    found = solve(Instance([Demand("A", 3, 100)], stock, options, max_packages=2))
    assert len(found.packages) == 2
    assert found.unfilled == {"A": 1}


def test_the_bound_of_an_unfinished_search_is_below_its_plan() -> None:
    instance = hard_instance(lines=12, places=10)
    found = solve(instance, most_nodes=5)
    assert found.status == "feasible"
    assert found.bound <= solve(instance, most_nodes=10**6).cost <= found.cost


def test_the_largest_order_is_answered_in_bounded_time() -> None:
    started = time.perf_counter()
    found = solve(hard_instance(lines=50, places=13))
    assert found.nodes <= 2_000
    assert found.bound <= found.cost
    assert time.perf_counter() - started < 10


def hard_instance(lines: int, places: int) -> Instance:
    """Every SKU in about half of the places, never all in one; the places cost about the same."""
    chance = random.Random(5)
    return Instance(
        [Demand(f"S{n}", chance.randint(1, 4), chance.randint(100, 2000)) for n in range(lines)],
        {f"L{p}": {f"S{n}": chance.choice([0, 0, 2, 6]) for n in range(lines)} for p in range(places)},
        [
            option(f"L{p}", chance.uniform(4, 6), unit=chance.uniform(0.2, 0.6), kg=chance.uniform(0.5, 0.9))
            for p in range(places)
        ],
    )


def brute_force(instance: Instance) -> int:
    """The cheapest cost by trying every set of at most one service per place."""
    by_place: dict[object, list[Option | None]] = {}
    for each in instance.options:
        by_place.setdefault(each.location, [None]).append(each)
    return min(
        found.cost
        for chosen in itertools.product(*by_place.values())
        if len((found := price(instance, [o for o in chosen if o])).packages) <= instance.max_packages
    )


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    skus = [f"S{n}" for n in range(draw(st.integers(1, 4)))]
    places = [f"L{n}" for n in range(draw(st.integers(1, 4)))]
    small = st.integers(0, 4)
    return Instance(
        [Demand(sku, draw(st.integers(1, 5)), draw(st.integers(0, 900))) for sku in skus],
        {place: {sku: draw(small) for sku in skus} for place in places},
        [
            Option(place, f"s{n}", draw(st.integers(0, 6)), *(draw(st.integers(0, top)) for top in (9000, 900, 3)))
            for place in places
            for n in range(draw(st.integers(0, 2)))
        ],
        due_days=draw(st.none() | st.integers(0, 4)),
        late_per_day=draw(st.integers(0, 3000)),
        unfilled_per_unit=draw(st.sampled_from([0, 500, 5_000, 10**9])),
        max_packages=draw(st.integers(1, 5)),
    )


@given(instance=instances())
@settings(max_examples=400, deadline=None)
def test_no_plan_is_cheaper(instance: Instance) -> None:
    found = solve(instance)
    assert found.status == "optimal"
    assert found.cost == brute_force(instance)


@given(instance=instances())
@settings(max_examples=200, deadline=None)
def test_a_plan_gives_every_unit_once_and_never_more_than_there_is(instance: Instance) -> None:
    found = solve(instance)
    assert len({package.option.location for package in found.packages}) == len(found.packages)
    for demand in instance.demands:
        sent = [package.units.get(demand.sku, 0) for package in found.packages]
        assert sum(sent) + found.unfilled.get(demand.sku, 0) == demand.quantity
    for package in found.packages:
        for sku, units in package.units.items():
            assert units <= instance.stock[package.option.location][sku]
