"""What the processes of a crew do: place orders through the service, one or a hundred a call."""

from uuid import uuid4

from benchmarks.workers import Turn
from benchmarks.world import HOT, OUT, REGIONS, body, sku, three
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
        bodies = [body(three()) for _ in range(size - REFUSED)]
        bodies.insert(size // 3, body(["NO-SUCH-SKU"]))
        bodies.insert(size // 2, body([sku(1), OUT]))
        attempts = [Attempt(raw, key := uuid4().hex, key) for raw in bodies]
        outcomes = place_orders(attempts, client=CLIENT, actor=SYSTEM)
        accepted = sum(not isinstance(outcome, Problem) for outcome in outcomes)
        if accepted != size - REFUSED:
            raise AssertionError(next(o for o in outcomes if isinstance(o, Problem)))
        return accepted

    return turn


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
        place_order(body(three()[:1], REGIONS[0]), client=CLIENT, key=key, digest=key, actor=SYSTEM)
        return 1

    return turn
