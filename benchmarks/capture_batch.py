"""Figure 2: a hundred orders a call, two of them refused, against one SQL statement per hundred orders."""

from benchmarks.capture_single import against_raw
from benchmarks.figure import Figure

SIZE = 100


def measure() -> list[Figure]:
    """As many processes as cores on both sides; only accepted orders count."""
    what = "batch capture, of what one SQL statement per 100 orders does"
    return against_raw("2", what, 75, "benchmarks.orders:batch", SIZE, size=SIZE)
