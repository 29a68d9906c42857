"""One relay at a time, so that the others of the workers do the work."""

from datetime import timedelta

import pytest

from core import tasks
from core.db import rows, run
from core.outbox import turns
from tests.factories.orders import placed
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db


def test_who_comes_while_another_one_relays_leaves_at_once() -> None:
    assert turns.take()
    assert not turns.take()
    small_world()
    placed({MUG: 1})
    assert tasks.relay() == 0
    turns.end()
    assert turns.take()


def test_a_relay_that_never_came_back_holds_nobody_up_for_long() -> None:
    turns.take()
    run("UPDATE core_heartbeat SET at = at - %(longest)s::interval", {"longest": turns.LONGEST})
    assert turns.take()


def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    turns.take()
    run("UPDATE core_heartbeat SET at = at + interval '1 hour'")
    assert turns.take()


def test_a_pass_with_more_to_do_leaves_time_to_the_workers() -> None:
    turns.take()
    turns.end(timedelta(seconds=2))
    assert not turns.take()
    turns.end()
    assert turns.take()


def test_a_pass_that_failed_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> int:
        raise RuntimeError("something new")

    monkeypatch.setattr(tasks.outbox, "fan_out", failing)
    with pytest.raises(RuntimeError):
        tasks.relay()
    assert rows("SELECT at <= clock_timestamp() + interval '1 second' AS is_soon FROM core_heartbeat")[0].is_soon
