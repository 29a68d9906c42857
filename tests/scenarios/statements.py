"""A hand on every statement: count them, stop before one, or lose the connection there."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

Step = Callable[[psycopg.Connection[Any]], None]
_thread = threading.local()


def install(patch: pytest.MonkeyPatch) -> None:
    """Let the thread's step see each statement before it is executed, and each commit."""
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def watched_execute(cursor: psycopg.Cursor[Any], *given: Any, **more: Any) -> psycopg.Cursor[Any]:
        _see(cursor.connection)
        return execute(cursor, *given, **more)

    def watched_commit(connection: psycopg.Connection[Any]) -> None:
        _see(connection)
        commit(connection)

    patch.setattr(psycopg.Cursor, "execute", watched_execute)
    patch.setattr(psycopg.Connection, "commit", watched_commit)


def _see(connection: psycopg.Connection[Any]) -> None:
    step: Step | None = getattr(_thread, "step", None)
    if step:
        step(connection)


@contextmanager
def seen_by(step: Step) -> Iterator[None]:
    """In this thread and block, `step` sees every statement first."""
    _thread.step = step
    try:
        yield
    finally:
        _thread.step = None


class LosesConnection:
    """A step that cuts the connection before the n-th statement, once."""

    def __init__(self, n: int) -> None:
        self._left = n
        self.has_cut = False

    def __call__(self, connection: psycopg.Connection[Any]) -> None:
        self._left -= 1
        if self._left == 0:
            self.has_cut = True
            connection.close()
