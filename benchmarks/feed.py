"""Figure F: a hundred thousand levels of a feed, and what orders that come in meanwhile feel of it."""

from __future__ import annotations

import json
import os
import random
import select
import statistics
import subprocess
from collections.abc import Callable
from time import monotonic, perf_counter
from typing import Any

from benchmarks.figure import Figure
from benchmarks.machine import MEANT, machine
from benchmarks.orders import single
from benchmarks.rounds import QUICK, SECONDS
from benchmarks.side import start
from benchmarks.straight import straight
from benchmarks.workers import Turn
from benchmarks.world import big_world

LEVELS = 4_000 if QUICK else 100_000
SKUS = 10_000 if QUICK else 25_000
ROUNDS = 2 if QUICK else 5
FEWEST = 20
"""Orders of a phase, of which one in twenty is the p95."""
GOAL_SECONDS, GOAL_RATIO = 30, 2.0


def measure() -> list[Figure]:
    """One client captures orders without a pause; round by round without the feed and while it speaks."""
    random.seed(7)
    with machine() as reference:
        big_world(skus=SKUS)
        feed = Feed(LEVELS)
        capture = single(0)
        _latencies(capture, lambda: True, 1.0)
        took, alone, together = [], [], []
        for sequence in range(1, ROUNDS + 1):
            reference.rate(SECONDS)
            alone.append(p95(_latencies(capture, lambda: True, SECONDS)))
            feed.speak(sequence)
            together.append(p95(_latencies(capture, feed.is_done, 0)))
            took.append(feed.told())
        feed.end()
        seen = statistics.median(reference.seen)
    ratios = [b / a for a, b in zip(alone, together, strict=True)]
    seconds = [each["seconds"] for each in took]
    scaled = [each * seen / MEANT for each in seconds]
    return [
        Figure(
            "feed", f"{LEVELS:,} levels applied while orders come in, scaled", statistics.median(scaled),
            GOAL_SECONDS * LEVELS / 100_000, "s", higher=False, spread=(min(scaled), max(scaled)),
            beside=f"{LEVELS / statistics.median(seconds):,.0f} levels/s here", detail={"rounds": took},
        ),
        Figure(
            "feed", "… p95 of an order meanwhile, of that without", statistics.median(ratios), GOAL_RATIO, "×",
            higher=False, spread=(min(ratios), max(ratios)), detail={"alone": alone, "together": together},
            beside=f"{1000 * statistics.median(together):,.0f} against {1000 * statistics.median(alone):,.0f} ms",
        ),
        Figure("feed", "… levels refused", sum(each["refused"] for each in took), 0, "levels", higher=False),
        straight("feed"),
    ]  # fmt: skip


def p95(seconds: list[float]) -> float:
    """The time that one order in twenty takes longer than."""
    return statistics.quantiles(seconds, n=20)[-1]


def _latencies(capture: Turn, is_over: Callable[[], bool], at_least: float) -> list[float]:
    """Seconds of each order, until it is over and so many seconds have passed."""
    found: list[float] = []
    ends = monotonic() + at_least
    while len(found) < FEWEST or monotonic() < ends or not is_over():
        started = perf_counter()
        capture()
        found.append(perf_counter() - started)
    return found


class Feed:
    """The process that speaks."""

    def __init__(self, levels: int) -> None:
        self.process = start(
            "benchmarks.feed_side",
            levels,
            url=os.environ["DATABASE_URL"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._hear()

    def speak(self, sequence: int) -> None:
        """Begin a message."""
        assert self.process.stdin
        self.process.stdin.write(f"{sequence}\n")
        self.process.stdin.flush()

    def is_done(self) -> bool:
        """Whether it has been applied, or the process has ended."""
        assert self.process.stdout
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def told(self) -> dict[str, Any]:
        """What came of the message."""
        found: dict[str, Any] = json.loads(self._hear())
        return found

    def end(self) -> None:
        """No more messages."""
        self.process.terminate()
        self.process.wait(30)

    def _hear(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The feed of the benchmark has ended.")
        return line
