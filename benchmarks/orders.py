"""What the processes of a crew do: place orders through the service, one or a hundred a call."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from benchmarks.workers import Turn
from benchmarks.world import HOT, OUT, REGIONS, SKUS, body, sku, three
from capture.services import Attempt, place_order, place_orders
from core.actors import SYSTEM
from core.problems import Problem

CLIENT = "benchmark"
REFUSED = 2
"""Of the orders of a batch: one of an unknown SKU, one of what is out of stock."""


def single(index: int) -> Turn:
    """One order of three lines a call."""

    def turn() -> int:
        key = uuid4().hex
        place_order(body(three()), client=CLIENT, key=key, digest=key, actor=SYSTEM)
        return 1

    return turn


def batch(index: int, *, size: int = 100) -> Turn:
    """A set of orders a call, of which two are refused; those that were accepted count."""

    def turn() -> int:
        bodies = bodies_of(size - REFUSED)
        bodies.insert(size // 3, body(["NO-SUCH-SKU"]))
        bodies.insert(size // 2, body([sku(1), OUT]))
        return capture(bodies, refused=REFUSED)

    return turn


def bodies_of(count: int, skus: int = SKUS) -> list[dict[str, Any]]:
    """So many orders of three lines."""
    return [body(three(skus)) for _ in range(count)]


def capture(bodies: Sequence[dict[str, Any]], *, refused: int = 0) -> int:
    """One call for all of them; how many were accepted, which must be all but the refused."""
    attempts = [Attempt(raw, key := uuid4().hex, key) for raw in bodies]
    outcomes = place_orders(attempts, client=CLIENT, actor=SYSTEM)
    problems = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
    if len(problems) != refused:
        raise AssertionError(f"{len(problems)} orders were refused: {problems[:3]}")
    return len(bodies) - refused


def hot(index: int) -> Turn:
    """One order a call, all of the same SKU at the same place."""

    def turn() -> int:
        key = uuid4().hex
        place_order(body([HOT], REGIONS[0]), client=CLIENT, key=key, digest=key, actor=SYSTEM)
        return 1

    return turn


def spread(index: int) -> Turn:
    """The same with another SKU each time."""

    def turn() -> int:
        key = uuid4().hex
        place_order(body([sku(random.randrange(SKUS))], REGIONS[0]), client=CLIENT, key=key, digest=key, actor=SYSTEM)
        return 1

    return turn
