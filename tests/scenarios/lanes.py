"""Two people at once, the same way each time: the first stops before his n-th statement, the second goes on until she is
done or has to wait for him; then he goes on too. So a race is a story that can be told again, and made shorter."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import psycopg
from django.db import connection

from core.db import rows
from tests.scenarios.statements import Step, seen_by

Deed = Callable[[], Any]
PATIENCE = 60
"""Seconds after which somebody who neither ends nor waits for a lock is stuck."""


class Lane:
    """A thread with a database connection of its own."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    def start(self, deed: Deed, step: Step) -> "Future[Any]":
        """Do it here, each statement seen by `step`."""

        def do() -> Any:
            with seen_by(step):
                return deed()

        return self._pool.submit(do)

    def close(self) -> None:
        """End the thread and its connection."""
        self._pool.submit(lambda: connection.close()).result()
        self._pool.shutdown()


class Gate:
    """A step that stops before the n-th statement until it is opened."""

    def __init__(self, n: int) -> None:
        self._left = n
        self.reached, self.is_open = Event(), Event()

    def __call__(self, used: psycopg.Connection[Any]) -> None:
        self._left -= 1
        if self._left == 0:
            self.reached.set()
            self.is_open.wait(PATIENCE)


class Known:
    """A step that tells which connection is used."""

    pid = 0

    def __call__(self, used: psycopg.Connection[Any]) -> None:
        self.pid = used.info.backend_pid


def at_once(
    lanes: tuple[Lane, Lane], first: Deed, second: Deed, stop_before: int
) -> tuple["Future[Any]", "Future[Any]"]:
    """Do both; their results, both done."""
    gate, known, breath = Gate(stop_before), Known(), Event()
    one = lanes[0].start(first, gate)
    one.add_done_callback(lambda _: gate.reached.set())
    gate.reached.wait(PATIENCE)
    two = lanes[1].start(second, known)
    while not two.done() and not _waits(known.pid):
        breath.wait(0.001)
    gate.is_open.set()
    for done in (one, two):
        done.exception(PATIENCE)
    return one, two


def _waits(pid: int) -> bool:
    return bool(pid) and bool(rows("SELECT cardinality(pg_blocking_pids(%(pid)s)) > 0 AS waits", {"pid": pid})[0].waits)
