"""Figure 1: single orders through the whole service, against the same rows written by one SQL statement."""

from typing import Any

from benchmarks import pgbench, reference
from benchmarks.figure import Figure
from benchmarks.rounds import in_turn
from benchmarks.straight import straight
from benchmarks.workers import CORES, Crew
from benchmarks.world import big_world

PROOF = 50
"""Orders written by each side to compare what they write."""


def measure() -> list[Figure]:
    """As many processes as cores on both sides."""
    return against_raw("1", "single-order capture, of what one SQL statement does", 20, "benchmarks.orders:single")


def against_raw(number: str, what: str, goal: float, maker: str, orders: int = 1, **options: Any) -> list[Figure]:
    """A crew of `maker`, whose members capture `orders` a call, against one SQL statement for as many."""
    big_world()
    sql = reference.statement(reference.take_sample(), orders)
    with Crew(maker, **options) as crew:
        alike = written_alike(crew, sql, orders, number)
        pairs = in_turn(crew.rate, lambda seconds: orders * pgbench.repeat(sql, clients=CORES, seconds=seconds).rate)
    low, high = pairs.spread
    return [
        Figure(
            number, what, 100 * pairs.median, goal, "%",
            spread=(100 * low, 100 * high), beside=pairs.beside(), detail=pairs.detail(),
        ),
        alike,
        straight(number),
    ]  # fmt: skip


def written_alike(crew: Crew, sql: str, orders: int, number: str) -> Figure:
    """How many tables got other numbers of rows per order from the one side than from the other."""
    start = reference.count_rows()
    by_us, _ = crew.run(turns=max(1, PROOF // orders))
    middle = reference.count_rows()
    by_pgbench = orders * pgbench.repeat(sql, clients=CORES, times=max(1, PROOF // orders)).statements
    end = reference.count_rows()
    ours = reference.rows_per_order(start, middle, by_us)
    theirs = reference.rows_per_order(middle, end, by_pgbench)
    differing = {t: (ours.get(t), theirs.get(t)) for t in ours.keys() | theirs.keys() if ours.get(t) != theirs.get(t)}
    return Figure(
        number, "… tables in which both wrote differing numbers of rows per order", len(differing), 0, "tables",
        higher=False, detail={"rows per order": ours, "differing": differing},
        beside=f"{sum(ours.values()):g} rows in {len(ours)} tables an order",
    )  # fmt: skip
