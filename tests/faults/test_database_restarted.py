"""The database is restarted in the middle of a transaction: nothing is half-written, and everybody goes on by himself."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import InterfaceError, OperationalError
from psycopg import Cursor
from pytest_django.plugin import DjangoDbBlocker

from capture import references
from capture.services import place_order
from core import db, outbox
from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import TimelineEntry
from fulfillment import routing, shipping
from fulfillment.models import FulfillmentOrder, Shipment
from launcher import processes
from orders.models import Order
from sourcing.network import forget
from tests.factories.orders import PICKER, buckets, packed, placed
from tests.factories.world import MUG, order_body, small_world
from tests.faults.own_postgres import PATIENCE, OwnPostgres

Fault = Callable[[OwnPostgres], None]
AWAY = (OperationalError, InterfaceError)


def stopped(server: OwnPostgres) -> None:
    server.stop_at_once()
    server.start()


def killed(server: OwnPostgres) -> None:
    server.kill()
    server.start()


def backend_killed(server: OwnPostgres) -> None:
    (pid,) = server.is_waiting_for_a_lock()
    server.kill_backend(pid)


FAULTS = [stopped, killed, backend_killed]
ALSO = [killed, *(pytest.param(fault, marks=pytest.mark.long) for fault in (stopped, backend_killed))]


@pytest.fixture
def server(own_server: OwnPostgres, django_db_blocker: DjangoDbBlocker) -> Iterator[OwnPostgres]:
    """A server with a company that can sell, on which Django works."""
    with django_db_blocker.unblock(), own_server.clone():
        small_world()
        yield own_server


class Worker:
    """A thread that goes on with its own connection, as a process of the web or of the workers does."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)

    def start(self, work: Callable[[], Any]) -> Future[Any]:
        return self._pool.submit(self._task, work)

    def do(self, work: Callable[[], Any]) -> Any:
        return self.start(work).result(PATIENCE)

    def close(self) -> None:
        self.do(connections.close_all)
        self._pool.shutdown()

    @staticmethod
    def _task(work: Callable[[], Any]) -> Any:
        close_old_connections()  # what Django does at each request and Celery before each task
        return work()


@pytest.fixture
def worker(server: OwnPostgres) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


@contextmanager
def stock_held(server: OwnPostgres) -> Iterator[None]:
    """Somebody holds the stock, so that whoever needs it stands still in the middle of a transaction."""
    with psycopg.connect(server.url) as holder:
        holder.execute("SELECT FROM inventory_stock FOR UPDATE")
        yield
        holder.close()


def in_the_middle(server: OwnPostgres, worker: Worker, work: Callable[[], Any], fault: Fault) -> BaseException | None:
    """Let the fault happen while the work stands in the middle of its transaction; what the work says of it."""
    with stock_held(server):
        going_on = worker.start(work)
        assert processes.wait_until(lambda: server.is_waiting_for_a_lock() or going_on.done(), PATIENCE)
        assert not going_on.done(), going_on.exception()
        fault(server)
    return going_on.exception(PATIENCE)


def place() -> str:
    references.forget()
    forget()
    answer = place_order(order_body(), client="shop", key="once", digest="", actor=SYSTEM)
    return str(answer.body["number"])


@pytest.mark.parametrize("fault", FAULTS)
def test_an_order_is_placed_once_by_the_repeated_call(fault: Fault, server: OwnPostgres, worker: Worker) -> None:
    assert isinstance(in_the_middle(server, worker, place, fault), AWAY)
    assert Order.objects.count() == TimelineEntry.objects.filter(action="order.place").count() == 0

    number = worker.do(place)
    assert worker.do(place) == number == Order.objects.get().number
    assert disagreements() == []


@pytest.mark.parametrize("fault", ALSO)
def test_routing_stops_without_a_trace_and_is_done_the_next_time(
    fault: Fault, server: OwnPostgres, worker: Worker
) -> None:
    order = placed({MUG: 2})
    assert isinstance(in_the_middle(server, worker, partial(routing.route, [order.id], actor=SYSTEM), fault), AWAY)
    assert buckets(order) == {MUG: {"reserved": 2}}
    assert not FulfillmentOrder.objects.exists()

    worker.do(outbox.drain)
    assert buckets(order) == {MUG: {"released": 2}}
    assert FulfillmentOrder.objects.count() == 1
    assert disagreements() == []


@pytest.mark.parametrize("fault", ALSO)
def test_a_parcel_leaves_once(fault: Fault, server: OwnPostgres, worker: Worker) -> None:
    order, work = packed({MUG: 2})
    ship = partial(shipping.ship, work, actor=PICKER)
    assert isinstance(in_the_middle(server, worker, ship, fault), AWAY)
    assert buckets(order) == {MUG: {"packed": 2}}
    assert Shipment.objects.get().status == "labelled"

    assert worker.do(ship) == [Shipment.objects.get().id]
    assert worker.do(ship) == []
    assert buckets(order) == {MUG: {"shipped": 2}}
    assert disagreements() == []


def test_a_first_question_outside_a_transaction_finds_the_new_server(server: OwnPostgres, worker: Worker) -> None:
    def question() -> int:
        return int(db.rows("SELECT count(*) AS n FROM orders_order")[0].n)

    assert worker.do(question) == 0
    killed(server)
    assert worker.do(question) == 0


def test_without_a_look_at_the_connection_the_first_question_fails(
    server: OwnPostgres, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BaseDatabaseWrapper, "close_if_health_check_failed", lambda connection: None)
    worker.do(lambda: db.rows("SELECT 1"))
    killed(server)
    with pytest.raises(AWAY):
        worker.do(lambda: db.rows("SELECT 1"))


def place_without_a_transaction() -> str:
    """Every statement is committed by itself."""
    execute = Cursor.execute

    def committing(cursor: Any, *args: Any, **options: Any) -> Any:
        execute(cursor, *args, **options)
        cursor.connection.commit()
        return cursor

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Cursor, "execute", committing)
        for step in ("_savepoint", "_savepoint_commit", "_savepoint_rollback"):
            patched.setattr(BaseDatabaseWrapper, step, lambda connection, sid: None)
        return place()


def test_without_a_transaction_the_same_restart_leaves_half_an_order(server: OwnPostgres, worker: Worker) -> None:
    assert isinstance(in_the_middle(server, worker, place_without_a_transaction, backend_killed), AWAY)
    assert Order.objects.count() == 1
    assert disagreements() != []
