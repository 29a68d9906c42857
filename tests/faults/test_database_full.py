"""The disk of the database's log is full: what was acknowledged is still there afterwards, the rest was refused in words."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from capture import references
from core import outbox
from core.invariants import disagreements
from orders.models import Order
from sourcing.network import forget
from tests.factories.world import World, order_body, small_world
from tests.faults.own_postgres import OwnPostgres

MOST_ORDERS = 3000
ROOM = 384 * 1024
"""Bytes of the log that are left when the drill begins: some orders."""
ASYNCHRONOUS = {"wal_buffers": "64kB", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
"""How long an unwritten log may stay in memory, when nobody waits for it."""


@pytest.fixture
def world(own_server: OwnPostgres, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """A company that can sell, on a server whose disk can be filled."""
    with django_db_blocker.unblock(), own_server.clone():
        yield small_world(stock=MOST_ORDERS * 2)


def nearly_fill(server: OwnPostgres) -> None:
    """A little room is left in the log's file, and none for another file of its size."""
    server.asked("SELECT pg_switch_wal()")
    server.asked("CHECKPOINT")
    ((used,),) = server.asked("SELECT file_offset FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())")
    server.limit_files(used + ROOM)


def make_room(server: OwnPostgres) -> None:
    """Somebody has cleared the disk and starts the server, which may have given up."""
    if server.inhabitants:
        server.stop_at_once()
    connections.close_all()
    server.start()


def order(world: World, key: str) -> Any:
    client = Client(raise_request_exception=False)
    body = order_body(quantity=1)
    return client.post("/api/v1/orders", body, content_type="application/json", headers=world.headers(key))


def order_until_refused(world: World) -> tuple[list[str], str, Any]:
    """The numbers of the orders that were acknowledged; the first key that was not, and what it was told."""
    references.forget()
    forget()
    numbers: list[str] = []
    for n in range(MOST_ORDERS):
        answer = order(world, key := f"key-{n}")
        if answer.status_code != 201:
            return numbers, key, answer
        numbers.append(answer.json()["number"])
    raise AssertionError("the log never filled up")


def stored() -> set[str]:
    return set(Order.objects.values_list("number", flat=True))


def test_a_full_disk_loses_no_acknowledged_order(own_server: OwnPostgres, world: World) -> None:
    nearly_fill(own_server)
    numbers, key, answer = order_until_refused(world)
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert int(answer["Retry-After"]) > 0
    assert "Send the same request again" in answer.json()["detail"]

    make_room(own_server)
    assert numbers
    assert stored() >= set(numbers)
    assert order(world, key).status_code == 201
    assert len(stored()) == len(numbers) + 1

    outbox.drain()
    assert set(Order.objects.values_list("status", flat=True)) == {"processing"}
    assert disagreements() == []


def test_an_answer_that_does_not_wait_for_the_log_is_a_promise_that_a_full_disk_breaks(
    own_server: OwnPostgres, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_server.configure(**ASYNCHRONOUS)
    make_room(own_server)
    options = connections["default"].settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "options", "-c synchronous_commit=off")
    nearly_fill(own_server)
    numbers, _, _ = order_until_refused(world)

    make_room(own_server)
    assert set(numbers) - stored()
