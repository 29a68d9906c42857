"""Two workers who both believe that a job is theirs: each row is done once. And what it would be without the guards."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import IntegrityError, connection

from core.invariants import disagreements
from core.jobs import bulk, running, working
from core.jobs.claims import LostError, Turn
from core.models import Incident
from tests.core.jobs.world import ACTION, incidents, known, person, started

WORKERS = 2
ROWS = 4


@pytest.fixture(autouse=True)
def tiny_list(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its act waits a moment for the other worker, so that both are at the same row if they can be."""
    together = Barrier(WORKERS)

    def settle_together(key: Any, run: bulk.Run) -> str | None:
        with suppress(BrokenBarrierError):
            together.wait(0.2)
        together.reset()
        return ACTION.act(key, run)

    with known():
        bulk.register(type(ACTION)(**{**vars(ACTION), "act": settle_together}))
        yield


def both(turn: Turn) -> list[str]:
    """Two workers with one claim, as if the lease had not kept them apart; the names of what stopped them."""

    def work() -> str:
        try:
            working.do_rows(turn)
        except (LostError, IntegrityError) as error:
            return type(error).__name__
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(WORKERS) as pool:
        return [future.result(60) for future in [pool.submit(work) for _ in range(WORKERS)]]


def resolutions() -> set[str]:
    return set(Incident.objects.values_list("resolution", flat=True))


def test_each_row_is_done_once() -> None:
    job = started(person(), incidents(*"abcd"))
    turn = running.take()
    assert turn and running.take() is None  # nobody else gets it
    both(turn)
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", ROWS)
    assert resolutions() == {"x"}
    assert disagreements() == []


def test_without_the_locks_of_rows_and_their_states_they_are_done_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "LOCK", working.LOCK.replace("FOR NO KEY UPDATE", ""))
    monkeypatch.setattr(working, "SETTLE", working.SETTLE.replace("AND state = 'waiting'", ""))
    started(person(), incidents(*"abcd"))
    turn = running.take()
    assert turn
    both(turn)
    assert resolutions() != {"x"} or disagreements()
