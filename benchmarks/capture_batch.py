"""Figure 2: a hundred orders a call, two of them refused, against one SQL statement per hundred orders."""

from benchmarks import pgbench, reference
from benchmarks.capture_single import written_alike
from benchmarks.figure import Figure
from benchmarks.rounds import in_turn
from benchmarks.straight import straight
from benchmarks.workers import CORES, Crew
from benchmarks.world import big_world

SIZE = 100


def measure() -> list[Figure]:
    """As many processes as cores on both sides; only accepted orders count."""
    big_world()
    sql = reference.statement(reference.take_sample(), SIZE)
    with Crew("benchmarks.orders:batch", size=SIZE) as crew:
        alike = written_alike(crew, sql, SIZE, "2")
        pairs = in_turn(crew.rate, lambda seconds: SIZE * pgbench.repeat(sql, clients=CORES, seconds=seconds).rate)
    low, high = pairs.spread
    return [
        Figure(
            "2", "batch capture, of what one SQL statement per 100 orders does", 100 * pairs.median, 75, "%",
            spread=(100 * low, 100 * high), beside=pairs.beside(), detail=pairs.detail(),
        ),
        alike,
        straight("2"),
    ]  # fmt: skip
