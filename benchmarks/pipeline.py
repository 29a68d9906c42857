"""Figure 6: from capture to cash. Capture, authorisation, route, release, pick, pack, ship, capture of payment, journal,
outbox: every order all the way, by as many processes as cores, until nothing is left to do."""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.machine import MEANT, Machine, machine
from benchmarks.provider import KEY
from benchmarks.rounds import QUICK, ROUNDS, SECONDS
from benchmarks.straight import straight
from benchmarks.workers import CORES, Crew
from benchmarks.world import big_world
from core.db import rows, run
from tests.factories.provider import ProviderProcess

SHARE = 100 if QUICK else 500
"""Orders of each process in each round."""
HTTP_SHARE = 100
"""The same for the rounds whose provider answers over HTTP."""

UNFINISHED = """
SELECT count(*) AS n FROM orders_order o
WHERE o.status <> 'shipped' OR EXISTS (SELECT FROM payments_payment p WHERE p.order_id = o.id AND p.captured <> p.amount)
"""
LEFT = """
SELECT (SELECT count(*) FROM core_event WHERE dispatched_at IS NULL)
     + (SELECT count(*) FROM core_delivery WHERE done_at IS NULL) AS n
"""


def measure() -> list[Figure]:
    """Rounds of ours and of the reference in turn; then some with the simulator as a server of its own beside it."""
    big_world()
    with machine() as reference, _crew() as crew:
        raw = _rounds(crew, reference, ROUNDS)
    with _http_crew() as crew:
        http = crew.run(turns=1)[1] if QUICK else statistics.median(crew.run(turns=1)[1] for _ in range(3))
    scaled = [rate * MEANT / seen for rate, seen in zip(raw, reference.seen, strict=True)]
    unfinished, left = rows(UNFINISHED)[0].n, rows(LEFT)[0].n
    return [
        Figure(
            "6", f"the whole pipeline on {CORES} cores, scaled", statistics.median(scaled), 150, "orders/s",
            spread=(min(scaled), max(scaled)), detail={"raw": raw, "reference": reference.seen, "http": http},
            beside=reference.beside(statistics.median(raw)) + f"; {http:,.0f} with the provider over HTTP",
        ),
        Figure("6", "… orders that are not shipped, paid and booked", unfinished, 0, "orders", higher=False),
        Figure("6", "… events and deliveries that are not done", left, 0, "rows", higher=False),
        straight("6"),
    ]  # fmt: skip


def _rounds(crew: Crew, reference: Machine, rounds: int) -> list[float]:
    crew.run(turns=1)
    run("ANALYZE")
    raw = []
    for _ in range(rounds):
        raw.append(crew.run(turns=1)[1])
        reference.rate(SECONDS)
    return raw


@contextmanager
def _crew() -> Iterator[Crew]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Crew("benchmarks.line:line", of=CORES, share=SHARE, data=str(Path(folder) / "provider.sqlite3")) as crew,
    ):
        yield crew


@contextmanager
def _http_crew() -> Iterator[Crew]:
    with tempfile.TemporaryDirectory() as folder:
        provider = ProviderProcess(Path(folder) / "provider.sqlite3")
        try:
            with Crew("benchmarks.line:line", of=CORES, share=HTTP_SHARE, url=provider.url, key=KEY) as crew:
                yield crew
        finally:
            provider.stop()
