"""Where the time goes: by statement as a process sees it, and by Python function.

`.venv/bin/python -m launcher run -- .venv/bin/python -m benchmarks.profile KIND [--orders N] [--plans N]`

KIND is single, batch, pipeline, or raw and raw-batch for the statement that figures 1 and 2 are measured against. One
process, a database of its own. Statements are timed from the call to the answer, so they hold the server's time and
the way there and back; what is left is Python. `--plans` shows what the server did, with its triggers and foreign keys,
for the statements that took longest.
"""

import argparse
import cProfile
import importlib
import os
import pstats
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import django
import psycopg
from django.core.management import call_command
from django.db import connection, connections

from benchmarks.database import own_database
from benchmarks.usage import processor_seconds

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("single", "batch", "pipeline", "raw", "raw-batch")
NOT_ASKING = ("core/db.py", "core/bulk.py", "benchmarks/profile.py")
"""Files that pass statements on; who asks for one stands above them."""
SHOWN = 30
DURATION = re.compile(r"duration: ([0-9.]+) ms")
PLANS = """
LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on;
SET auto_explain.log_level = notice; SET auto_explain.log_timing = on; SET client_min_messages = notice
"""


@dataclass
class Seen:
    """What is known of one statement: who asks for it, how often, for how long, and the slowest plan."""

    calls: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    plan: str = ""


@dataclass
class Statements:
    """All statements, by who asks and the words they begin with."""

    seen: dict[tuple[str, str], Seen] = field(default_factory=lambda: defaultdict(Seen))
    notices: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Of all of them."""
        return sum(one.seconds for one in self.seen.values())

    def add(self, where: str, sql: str, seconds: float) -> None:
        """One more call."""
        one = self.seen[(where, " ".join(sql.split())[:70])]
        one.calls += 1
        one.seconds += seconds
        if seconds >= one.slowest:
            one.slowest, one.plan = seconds, "\n".join(_alike(self.notices))
        self.notices.clear()


def main() -> None:
    """Profile one kind of work and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description="Says where the time goes.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--plans", type=int, default=0, metavar="N", help="show the plans of the N slowest statements")
    chosen = parser.parse_args()
    with own_database(), tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
        os.environ.setdefault("OMS_LOG_LEVEL", "WARNING")
        django.setup()
        call_command("migrate", verbosity=0)
        work = importlib.import_module("benchmarks.kinds").of(chosen.kind, str(Path(folder) / "provider.sqlite3"))
        work(max(50, chosen.orders // 4))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        _by_statement(work, chosen.orders, chosen.plans)
        _by_function(work, chosen.orders)
        connections.close_all()


def _by_statement(work: Callable[[int], None], orders: int, plans: int) -> None:
    statements = Statements()
    if plans:
        connection.connection.execute(PLANS)
        connection.connection.add_notice_handler(lambda notice: statements.notices.append(notice.message_primary or ""))
    server = connection.connection.info.backend_pid
    started, ours, theirs = time.perf_counter(), time.process_time(), processor_seconds(server)
    with _timed(statements):
        work(orders)
    total = time.perf_counter() - started
    per_order = 1000 / orders
    in_python = total - statements.seconds
    print(
        f"{orders} orders, {total * per_order:.2f} ms each: statements {statements.seconds * per_order:.2f} ms, "
        f"Python {in_python * per_order:.2f} ms\n"
        f"Of a processor, whatever else the machine does: {(time.process_time() - ours) * per_order:.2f} ms here, "
        f"{(processor_seconds(server) - theirs) * per_order:.2f} ms in the server\n\n"
        "   share  ms/order  calls/order  who asks, and what"
    )
    ranked = sorted(statements.seen.items(), key=lambda item: -item[1].seconds)
    for (where, sql), one in ranked[:SHOWN]:
        share = 100 * one.seconds / total
        print(f"{share:6.1f} %{one.seconds * per_order:10.3f}{one.calls / orders:13.2f}  {where}  {sql}")
    for (where, sql), one in ranked[:plans]:
        print(f"\n{where}  {sql}\n{one.plan}")
    if plans:
        connection.connection.execute("SET auto_explain.log_min_duration = -1")


def _alike(notices: Sequence[str]) -> Iterator[str]:
    """Plans of the same statement (foreign keys ask one by one) as the last of them, with their number and time."""
    found: dict[str, list[str]] = defaultdict(list)
    for notice in notices:
        lines = notice.split("\n")
        found["".join(line for line in lines if line.startswith("Query Text"))].append(notice)
    for same in found.values():
        spent = sum(float(duration[1]) for notice in same if (duration := DURATION.match(notice)))
        shown = [line for line in same[-1].split("\n") if not line.startswith(("Query Parameters", "duration"))]
        yield "\n".join([f"{len(same)} × in {spent:.3f} ms", *shown])


def _by_function(work: Callable[[int], None], orders: int) -> None:
    profile = cProfile.Profile(time.thread_time)  # of the processor: waiting for the server is in the table above
    profile.runcall(work, orders)
    print("\nPython, by own time (profiling itself makes short functions look longer):")
    pstats.Stats(profile, stream=sys.stdout).strip_dirs().sort_stats("tottime").print_stats(SHOWN)
    print("Functions of the project, with all that they call, in ms of the processor per order:")
    found: Any = getattr(pstats.Stats(profile), "stats")  # noqa: B009 - which the types of the library leave out
    ours = [(row[3], row[1], where) for where, row in found.items() if _is_ours(where[0])]
    for cumulative, calls, (path, _, function) in sorted(ours, reverse=True)[: 2 * SHOWN]:
        name = str(Path(path).relative_to(ROOT))
        print(f"{1000 * cumulative / orders:10.3f}{calls / orders:13.2f}  {name}:{function}")


def _is_ours(path: str) -> bool:
    return Path(path).is_relative_to(ROOT) and ".venv" not in Path(path).parts


@contextmanager
def _timed(statements: Statements) -> Iterator[None]:
    """Every statement of this process is timed: the services' own and Django's."""
    before, committed = psycopg.Cursor.execute, psycopg.Connection.commit

    def execute(self: psycopg.Cursor[Any], query: Any, *more: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return before(self, query, *more, **named)
        finally:
            sql = query.decode() if isinstance(query, bytes) else str(query)
            statements.add(_asker(sys._getframe(1)), sql, time.perf_counter() - started)

    def commit(self: psycopg.Connection[Any]) -> None:
        started = time.perf_counter()
        committed(self)
        statements.add(_asker(sys._getframe(1)), "COMMIT", time.perf_counter() - started)

    psycopg.Cursor.execute, psycopg.Connection.commit = execute, commit  # type: ignore[method-assign]
    try:
        yield
    finally:
        psycopg.Cursor.execute, psycopg.Connection.commit = before, committed  # type: ignore[method-assign]


def _asker(frame: FrameType | None) -> str:
    """The nearest function of the project that is not a mere passage."""
    while frame is not None:
        if _is_ours(frame.f_code.co_filename):
            name = str(Path(frame.f_code.co_filename).relative_to(ROOT))
            if name not in NOT_ASKING:
                return f"{name}:{frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"


if __name__ == "__main__":
    main()
