"""The kinds of work that can be profiled, each as a function that does so many orders."""

from collections.abc import Callable

from benchmarks import orders, reference
from benchmarks.line import line
from benchmarks.world import big_world
from core.db import run

BATCH = 100
Work = Callable[[int], None]


def of(kind: str, data: str) -> Work:
    """Make the world and return the work; `data` is where the provider simulator remembers."""
    big_world()
    makers: dict[str, Callable[[], Work]] = {
        "single": lambda: _single,
        "batch": lambda: _batch,
        "pipeline": lambda: lambda count: _pipeline(count, data),
        "raw": lambda: _raw(1),
        "raw-batch": lambda: _raw(BATCH),
    }
    return makers[kind]()


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


def _raw(size: int) -> Work:
    """The reference's statement, by our own driver: what the server has to do at least."""
    sql = reference.statement(reference.take_sample(), size)

    def work(count: int) -> None:
        for _ in range(max(1, count // size)):
            run(sql)

    return work
