"""How often and how long: counted in each process, added up in the database, told by any web process.

`observe` and `count` touch memory alone. A thread of web and worker processes (`keep_flushing`) adds what has come up
to `core_measure` every few seconds, so that one scrape of any web process tells of all processes on all machines, and
a restart loses nothing but the last few seconds. Commands and tests count too, but write nothing.
"""

import json
import logging
import os
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event, Lock, Thread

from django.db import DatabaseError, connection

from core.db import rows, run

logger = logging.getLogger(__name__)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of durations."""
EVERY = 10.0
"""Seconds between two additions to the database."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A family of series. One with `buckets` is a histogram of seconds, one without a counter."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """A series with its running total: observations per bucket (the last one has no upper bound) and their sum."""

    labels: tuple[str, ...]
    counts: tuple[int, ...]
    sum: float


METRICS: dict[str, Metric] = {}
_waiting: dict[tuple[str, ...], list[float]] = {}
_lock = Lock()


def histogram(name: str, help: str, *labels: str) -> Metric:
    """Declare a histogram of seconds, once, at import."""
    return METRICS.setdefault(name, Metric(name, help, labels, SECONDS))


def counter(name: str, help: str, *labels: str) -> Metric:
    """Declare a counter, once, at import."""
    return METRICS.setdefault(name, Metric(name, help, labels))


def observe(metric: Metric, seconds: float, *labels: str) -> None:
    """One thing that took so long."""
    _add(metric, labels, bisect_left(metric.buckets, seconds), 1, seconds)


def count(metric: Metric, *labels: str, by: int = 1) -> None:
    """So many more of a thing."""
    _add(metric, labels, 0, by, by)


def _add(metric: Metric, labels: tuple[str, ...], bucket: int, by: int, amount: float) -> None:
    series = (metric.name, *labels)
    with _lock:
        held = _waiting.get(series)
        if held is None:
            held = _waiting[series] = [0] * (len(metric.buckets) + 1) + [0.0]
        held[bucket] += by
        held[-1] += amount


ADD = """
INSERT INTO core_measure AS m (series, counts, total, at)
SELECT w.series, w.counts::bigint[], w.total, now()
FROM unnest(%(series)s::text[], %(counts)s::text[], %(totals)s::float8[]) AS w(series, counts, total) ORDER BY 1
ON CONFLICT (series) DO UPDATE SET at = excluded.at, total = m.total + excluded.total, counts = ARRAY(
    SELECT coalesce(a, 0) + coalesce(b, 0)
    FROM unnest(m.counts, excluded.counts) WITH ORDINALITY AS n(a, b, place) ORDER BY place)
"""


def flush() -> int:
    """Add what has come up since the last time to the database; returns the number of series. Keeps it on failure."""
    with _lock:
        taken = dict(_waiting)
        _waiting.clear()
    if not taken:
        return 0
    values = list(taken.values())
    try:
        run(
            ADD,
            {
                "series": [json.dumps(series) for series in taken],
                "counts": ["{" + ",".join(str(int(n)) for n in held[:-1]) + "}" for held in values],
                "totals": [held[-1] for held in values],
            },
        )
    except Exception:
        _give_back(taken)
        raise
    return len(taken)


def _give_back(taken: dict[tuple[str, ...], list[float]]) -> None:
    with _lock:
        for series, held in taken.items():
            newer = _waiting.get(series, [0.0] * len(held))
            _waiting[series] = [a + b for a, b in zip(held, newer, strict=True)]


def totals() -> Iterator[tuple[Metric, list[Total]]]:
    """Every declared metric with its series as the database has them."""
    found: dict[str, list[Total]] = {}
    for row in rows("SELECT series, counts, total FROM core_measure ORDER BY series"):
        name, *labels = json.loads(row.series)
        found.setdefault(name, []).append(Total(tuple(labels), tuple(row.counts), row.total))
    for metric in METRICS.values():
        fitting = [
            t
            for t in found.get(metric.name, [])
            if (len(t.labels), len(t.counts)) == (len(metric.labels), len(metric.buckets) + 1)
        ]
        yield metric, fitting


class Flusher:
    """The thread of a process that adds its counts to the database, over a connection that it opens for it."""

    def __init__(self) -> None:
        self.ended = Event()
        self.thread = Thread(target=self._run, name="metrics", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.ended.wait(EVERY):
            flush_alone()


def flush_alone() -> None:
    """Flush from a thread or at the end of a process; a database that is away is tried again the next time."""
    try:
        flush()
    except DatabaseError as error:
        logger.warning("metrics wait for the database: %s", type(error).__name__)
    finally:
        connection.close()


_flushers: list[Flusher] = []


def keep_flushing() -> None:
    """From now on this process adds its counts to the database every few seconds. A fork has to ask again."""
    if not _flushers:
        _flushers.append(Flusher())


def _born() -> None:
    """A fork counts from zero and has no thread: what its parent counted stays with the parent."""
    _waiting.clear()
    _flushers.clear()
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_born)
