"""The kinds of work that can be profiled, each as a function that does so many orders."""

from collections.abc import Callable

from benchmarks import orders
from benchmarks.line import line
from benchmarks.world import big_world

BATCH = 100


def of(kind: str, data: str) -> Callable[[int], None]:
    """Make the world and return the work; `data` is where the provider simulator remembers."""
    big_world()
    return {"single": _single, "batch": _batch, "pipeline": lambda count: _pipeline(count, data)}[kind]


def _single(count: int) -> None:
    turn = orders.single(0)
    for _ in range(count):
        turn()


def _batch(count: int) -> None:
    turn = orders.batch(0, size=BATCH)
    for _ in range(max(1, count // BATCH)):
        turn()


def _pipeline(count: int, data: str) -> None:
    line(0, of=1, share=count, data=data)()
