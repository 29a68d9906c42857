"""Figure 5: everybody wants the same thing. Eight clients on one stock row, against the same over 10,000 SKUs."""

from benchmarks.figure import Figure
from benchmarks.rounds import in_turn
from benchmarks.straight import straight
from benchmarks.workers import Crew
from benchmarks.world import big_world

CLIENTS = 8


def measure() -> list[Figure]:
    """Orders of one line at one place on both sides, so that only the SKU differs."""
    big_world()
    with Crew("benchmarks.orders:hot", CLIENTS) as hot, Crew("benchmarks.orders:spread", CLIENTS) as spread:
        pairs = in_turn(hot.rate, spread.rate)
    return [
        Figure(
            "5", "one hot SKU, of the same over 10,000 SKUs", pairs.median, 0.9, "×",
            spread=pairs.spread, beside=pairs.beside(), detail=pairs.detail(),
        ),
        straight("5"),
    ]  # fmt: skip
