"""Two things measured in turn, A B A B …, so that what else the machine does falls on both alike."""

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from core.db import run

QUICK = os.environ.get("OMS_BENCH_QUICK") == "1"
ROUNDS = 2 if QUICK else 7
SECONDS = 1.0 if QUICK else 4.0
"""Of each side of each round."""


@dataclass(frozen=True)
class Pairs:
    """Rates of both sides, round by round."""

    ours: list[float]
    reference: list[float]

    @property
    def ratios(self) -> list[float]:
        """Ours ÷ reference of each round."""
        return [a / b for a, b in zip(self.ours, self.reference, strict=True)]

    @property
    def median(self) -> float:
        """The median of the paired ratios."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest of the paired ratios."""
        return min(self.ratios), max(self.ratios)

    def beside(self, unit: str = "orders/s") -> str:
        """The absolute rates in words."""
        ours, reference = statistics.median(self.ours), statistics.median(self.reference)
        return f"{ours:,.0f} against {reference:,.0f} {unit}"

    def detail(self) -> dict[str, list[float]]:
        """Every round, for the record."""
        return {"ours": self.ours, "reference": self.reference, "ratios": self.ratios}


def in_turn(
    ours: Callable[[float], float],
    reference: Callable[[float], float],
    *,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
) -> Pairs:
    """Call both with the seconds to run, after one short turn each that warms caches; they return rates."""
    for warm in (ours, reference):
        warm(1.0)
    run("ANALYZE")  # the planner knows how large the tables have become, as it does in a database that lives
    made = Pairs([], [])
    for _ in range(rounds):
        made.ours.append(ours(seconds))
        made.reference.append(reference(seconds))
    return made
