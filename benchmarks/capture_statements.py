"""Figure 4: statements per captured order, from 1 line to 100."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.figure import Figure
from capture.services import place_order
from core.actors import SYSTEM
from tests.factories.world import CANDLE, MUG, VASE, order_body, small_world

LINES = (1, 3, 10, 100)
CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def measure() -> list[Figure]:
    """Place orders of growing size and count what reaches the database."""
    small_world(stock=10_000)
    place("warm", 1)
    counts = {lines: place(f"order-{lines}", lines) for lines in LINES}
    spread = max(counts.values()) - min(counts.values())
    return [
        Figure(
            "4", "statements per captured order", max(counts.values()), 12, "statements", higher=False, detail=counts
        ),
        Figure("4", "… and how much they grow from 1 line to 100", spread, 0, "statements", higher=False),
    ]


def place(key: str, lines: int) -> int:
    """One order; how many statements it took, beside BEGIN, COMMIT and savepoints."""
    body = order_body(lines=[{"sku": (MUG, CANDLE, VASE)[i % 3], "quantity": 1} for i in range(lines)])
    with CaptureQueriesContext(connection) as queries:
        place_order(body, client="benchmark", key=key, digest=key, actor=SYSTEM)
    return len([q for q in queries.captured_queries if not q["sql"].startswith(CONTROL)])
