"""Figure 10: the list of orders at a million orders against ten thousand: any depth, any tab, filter and order.

Both sides are processes with a database of their own, which ask for the same pages in turn. A page is the whole answer
of the application: session, rights, list, counts, rendered.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import django

from benchmarks.database import made_database
from benchmarks.figure import Figure
from benchmarks.machine import MEANT, machine
from benchmarks.rounds import QUICK

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
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.order_list", str(orders)],
            env=os.environ | {"DATABASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
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


def main(orders: int) -> None:
    """Be one side: fill the database, then answer a line of JSON to each line with a seed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
    django.setup()
    # Only now can the applications be imported.
    from benchmarks.big_company import big_company  # noqa: PLC0415
    from benchmarks.reader import listening, manager, timed  # noqa: PLC0415
    from oms.collector import spare_the_collector  # noqa: PLC0415

    big_company(orders)
    client = manager()
    spare_the_collector()
    print("ready", flush=True)
    for line in sys.stdin:
        pages = []
        queries: dict[str, int] = {}
        for path in addresses(random.Random(int(line)), PAGES):
            with listening() as asked:
                pages.append((timed(client, path), path))
            queries[path] = len(asked.statements)
        print(json.dumps({"seconds": [s for s, _ in pages], "pages": pages, "queries": queries}), flush=True)


def addresses(chance: random.Random, count: int) -> list[str]:
    """Pages of the list: every tab and value of a filter comes up, in every order allowed, at any depth."""
    from django.http import QueryDict  # noqa: PLC0415 - as in main

    from core.lists import KeysetList, registry  # noqa: PLC0415

    spec = registry.get("orders")
    offered = [tab.query for tab in spec.tabs] + [urlencode(pair) for each in spec.filters for pair in values(each)]
    orders = ["", *(sort.by for sort in spec.sorts)]
    found: list[str] = []
    while len(found) < count:
        chosen = "&".join(part for part in (chance.choice(offered), ordered(chance.choice(orders))) if part)
        reading = spec.read(QueryDict(chosen))
        if reading.notes:
            continue
        row = somewhere(chance.random())
        keyset = KeysetList(spec.model._default_manager.all(), reading.order)
        cursor = keyset._encode(row, chance.random() < 0.2) if row and chance.random() < 0.8 else ""
        found.append(f"/orders/?{chosen}&cursor={cursor}")
    return found


def ordered(by: str) -> str:
    """The order in the address."""
    return f"sort={by}" if by else ""


def values(each: Any) -> list[list[tuple[str, str]]]:
    """What can be asked of a filter, as parameters."""
    from django.utils import timezone  # noqa: PLC0415 - as in main

    today = timezone.localdate()
    if hasattr(each, "options"):
        return [[(each.name, value)] for value, _ in each.options()]
    if each.kind == "flag":
        return [[(each.name, "1")]]
    if each.kind == "period":
        return [[(each.names[1], str(today - timedelta(days=days)))] for days in (1, 30, 400)]
    if each.kind == "range":
        return [[(name, amount)] for name, amount in zip(each.names, ("20", "40"), strict=False)]
    return []


def somewhere(depth: float) -> Any:
    """An order at some depth of the list: 0 is the oldest."""
    from orders.models import Order  # noqa: PLC0415 - as in main

    first, last = Order.objects.order_by("placed_at").first(), Order.objects.order_by("-placed_at").first()
    if first is None or last is None:
        return None
    at = first.placed_at + (last.placed_at - first.placed_at) * depth
    return Order.objects.filter(placed_at__gte=at).order_by("placed_at", "id").first()


if __name__ == "__main__":
    main(int(sys.argv[1]))
