"""Races that are no matter of luck: all stand at the same lock before anybody goes on."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from core.problems import Problem
from launcher import processes
from orders import services

PATIENCE = 30
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""
UNLOCKED = services.LOCK.replace("FOR NO KEY UPDATE OF o", "")
"""What is left of the order's lock, the arbiter of its races: a look."""

Act = Callable[[], Any]


def all_at_once(acts: Sequence[Act], held: str) -> list[Any]:
    """Do all at once, each on a connection of its own, which first stand in line, in the order given, for the rows that
    `held` selects.

    What each returned, or the error that it raised: a refusal in words, or the database's own.
    """
    with ThreadPoolExecutor(len(acts)) as pool:
        with holding(held) as waiting:
            going_on: list[Future[Any]] = []
            for act in acts:
                going_on.append(pool.submit(_told, act))
                assert processes.wait_until(
                    lambda: waiting() + sum(f.done() for f in going_on) >= len(going_on), PATIENCE
                )
            assert waiting(), [f.result() for f in going_on]
        return [future.result(PATIENCE) for future in going_on]


@contextmanager
def holding(rows: str) -> Iterator[Callable[[], int]]:
    """Some rows are locked for the time of the block; gives how many backends wait for a lock."""
    address = os.environ["DATABASE_URL"]
    with psycopg.connect(address) as holder, psycopg.connect(address, autocommit=True) as watcher:
        holder.execute(f"{rows} FOR UPDATE")
        yield lambda: int(watcher.execute(WAITING).fetchone()[0])  # type: ignore[index]
        holder.rollback()


def refusals(said: Sequence[Any]) -> list[str]:
    """The words of those that did not win."""
    return [str(each) for each in said if isinstance(each, Exception)]


def _told(act: Act) -> Any:
    try:
        return act()
    except (Problem, DatabaseError) as error:
        return error
    finally:
        connection.close()
