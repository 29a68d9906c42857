"""What can be promised from which day on: available to promise by date, as the minimum cumulative. Pure.

On each day the running sum of what is free and what comes, less what is promised, is what there would be. As what is
promised for a day is there until then, an earlier promise may take no more than the least of all sums from its day on:
so a later promise is never stolen from.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Step:
    """From this day on so many units can be promised in all. `grounds` say on the strength of what those that are more."""

    day: date
    units: int
    grounds: tuple[str, ...] = ()


def by_date(opening: int, changes: Iterable[tuple[date, int]], today: date) -> list[Step]:
    """What can be promised from today on and from each day on which that is more.

    `opening` units are free now (below zero: owed), `changes` come (or are owed, below zero) on days; what should have
    come before today counts from today.
    """
    net: dict[date, int] = {today: opening}
    for day, units in changes:
        at = max(day, today)
        net[at] = net.get(at, 0) + units
    days = sorted(net)
    sums = list(accumulate(net[day] for day in days))
    least = list(accumulate(reversed(sums), min))[::-1]
    steps: list[Step] = []
    for day, units in zip(days, (max(0, n) for n in least), strict=True):
        if not steps or units > steps[-1].units:
            steps.append(Step(day, units))
    return steps


def within(steps: Iterable[Step], most: int | None) -> list[Step]:
    """The steps as far as they promise no more than `most` in all (None: any number)."""
    found: list[Step] = []
    for step in steps:
        units = step.units if most is None else min(step.units, most)
        if not found or units > found[-1].units:
            found.append(replace(step, units=units))
    return found


def on(steps: Iterable[Step], day: date) -> int:
    """What can be promised for a day."""
    return max((step.units for step in steps if step.day <= day), default=0)
