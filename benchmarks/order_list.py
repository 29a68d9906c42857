"""Figure 10: the list of orders at a million orders against ten thousand: any depth, any tab, filter and order.

Both sides are processes with a database of their own, which ask for the same pages in turn. A page is the whole answer
of the application: session, rights, list, counts, rendered.
"""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.database import made_database
from benchmarks.figure import Figure
from benchmarks.machine import MEANT, machine
from benchmarks.rounds import QUICK
from benchmarks.side import start

LARGE, SMALL = (20_000, 2_000) if QUICK else (1_000_000, 10_000)
ROUNDS = 3 if QUICK else 9
PAGES = 60 if QUICK else 150
"""Of each side of each round."""
GOAL, GOAL_MS, MOST_QUERIES = 1.3, 100, 8
LOOKS = 3


def measure() -> list[Figure]:
    """The p95 of both sides round by round, the absolute one scaled by the machine, and the most statements of a page."""
    with machine() as reference, side(SMALL) as small, side(LARGE) as large:
        for each in (small, large):
            each.ask(0)
        for _ in range(LOOKS):
            reference.rate(2)
        pairs = [(large.ask(n), small.ask(n)) for n in range(1, ROUNDS + 1)]
        ratios = [p95(ours["seconds"]) / p95(theirs["seconds"]) for ours, theirs in pairs]
        slow = [p95(ours["seconds"]) * 1000 for ours, _ in pairs]
        seen = statistics.median(reference.seen)
    scaled = [ms * seen / MEANT for ms in slow]
    most = max((page for ours, _ in pairs for page in ours["queries"].items()), key=lambda page: page[1])
    slowest = sorted((page for ours, _ in pairs for page in ours["pages"]), reverse=True)[:10]
    return [
        Figure(
            "10", f"order list of {LARGE:,} orders, p95 of that of {SMALL:,}", statistics.median(ratios), GOAL, "×",
            higher=False, spread=(min(ratios), max(ratios)), detail={"ratios": ratios, "slowest": slowest},
        ),
        Figure(
            "10", "… p95, scaled", statistics.median(scaled), GOAL_MS, "ms", higher=False,
            spread=(min(scaled), max(scaled)),
            beside=f"{statistics.median(slow):,.0f} ms here, where the reference gives {seen:,.0f} orders/s;"
            f" slowest {slowest[0][1]}",
        ),
        Figure("10", "… statements of a page, at most", most[1], MOST_QUERIES, "", higher=False, beside=most[0]),
    ]  # fmt: skip


def p95(seconds: Sequence[float]) -> float:
    """The time that one page in twenty takes longer than."""
    return statistics.quantiles(seconds, n=20)[-1]


class Side:
    """A process with its own company, which asks for pages when told to."""

    def __init__(self, orders: int, url: str) -> None:
        self.process = start(
            "benchmarks.order_list_side", orders, PAGES, url=url, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._hear()

    def ask(self, seed: int) -> dict[str, Any]:
        """The pages that the seed chooses: seconds of each, statements by address."""
        assert self.process.stdin
        self.process.stdin.write(f"{seed}\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self._hear())
        return found

    def _hear(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("A side of the benchmark has ended.")
        return line


@contextmanager
def side(orders: int) -> Iterator[Side]:
    """One side, as long as the block lasts."""
    with made_database(f"_{orders}") as url:
        made = Side(orders, url)
        try:
            yield made
        finally:
            made.process.terminate()
            made.process.wait(30)
