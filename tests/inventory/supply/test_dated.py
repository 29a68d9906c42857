"""What can be promised from which day on: never at the cost of a later promise, and never less than could be."""

from datetime import date, timedelta
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from inventory.supply.dated import Step, by_date, on, within

TODAY = date(2026, 11, 23)
days = st.integers(-3, 12).map(lambda n: TODAY + timedelta(days=n))
changes = st.lists(st.tuples(days, st.integers(-20, 20)), max_size=8)
openings = st.integers(-10, 30)


def sums(opening: int, changed: list[tuple[date, int]]) -> dict[date, int]:
    """What there would be on each day."""
    every = sorted({TODAY, *(max(day, TODAY) for day, _ in changed)})
    came = [sum(units for day, units in changed if max(day, TODAY) == at) for at in every]
    came[0] += opening
    return dict(zip(every, accumulate(came), strict=True))


def test_what_comes_later_can_be_promised_later() -> None:
    soon, late = TODAY + timedelta(days=3), TODAY + timedelta(days=9)
    assert by_date(2, [(late, 5), (soon, 1)], TODAY) == [Step(TODAY, 2), Step(soon, 3), Step(late, 8)]


def test_what_is_promised_for_a_later_day_is_not_promised_before() -> None:
    soon, late = TODAY + timedelta(days=3), TODAY + timedelta(days=9)
    assert by_date(5, [(late, -4), (soon, 2)], TODAY) == [Step(TODAY, 3)]


def test_nothing_is_promised_of_less_than_nothing() -> None:
    assert by_date(-4, [(TODAY + timedelta(days=1), 3)], TODAY) == [Step(TODAY, 0)]


@given(openings, changes)
def test_a_later_day_promises_no_less(opening: int, changed: list[tuple[date, int]]) -> None:
    steps = by_date(opening, changed, TODAY)
    assert steps[0].day == TODAY
    assert all(a.day < b.day and a.units < b.units for a, b in pairwise(steps))


@given(openings, changes, days)
def test_taking_all_that_is_promised_for_a_day_leaves_every_later_day_whole(
    opening: int, changed: list[tuple[date, int]], day: date
) -> None:
    day = max(day, TODAY)
    promised = on(by_date(opening, changed, TODAY), day)
    later = [units for at, units in sums(opening, changed).items() if at >= day]
    now = [units for at, units in sums(opening, changed).items() if at <= day][-1]
    least = min([now, *later])
    assert promised == max(0, least), "as much as can be, and no more"


@given(openings, changes, days, st.integers(1, 20))
def test_what_was_promised_before_is_promised_still_when_more_comes(
    opening: int, changed: list[tuple[date, int]], day: date, more: int
) -> None:
    before, after = by_date(opening, changed, TODAY), by_date(opening, [*changed, (day, more)], TODAY)
    assert all(on(after, step.day) >= step.units for step in before)


@given(openings, changes, st.integers(0, 20))
def test_no_more_is_promised_in_all_than_may_be_sold(opening: int, changed: list[tuple[date, int]], most: int) -> None:
    every = by_date(opening, changed, TODAY)
    steps = within(every, most)
    assert within(every, None) == every
    assert all(on(steps, each.day) == min(each.units, most) for each in every)
    assert all(a.day < b.day and a.units < b.units for a, b in pairwise(steps))
