"""Carries sets of past orders through the services that live orders go through, at the times when it happened."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connections

from core.actors import Actor
from core.db import rows, run
from fulfillment.floor import pack, pick_all
from fulfillment.release import release
from fulfillment.routing import route
from fulfillment.shipping import ship
from fulfillment.tracking_events import deliver
from oms.collector import collected_seldom

WORK = """
SELECT id, status FROM fulfillment_fulfillmentorder WHERE order_id = ANY(%(orders)s) AND status = ANY(%(states)s)
ORDER BY id
"""
ON_THE_WAY = """
SELECT id FROM fulfillment_shipment WHERE order_id = ANY(%(orders)s) AND status = ANY(%(states)s) ORDER BY id
"""


def send(order_ids: Sequence[UUID], *, at: datetime, actor: Actor) -> None:
    """Route, release, pick, pack, and hand the parcels to their carriers.

    Orders may stand anywhere on that way: each step takes those that are ready for it, in a transaction of its own.
    """
    route(order_ids, actor=actor, at=at)
    release(work(order_ids, "planned"), actor=actor, at=at)
    pick_all(work(order_ids, "released", "accepted", "picking"), actor=actor, at=at)
    pack(work(order_ids, "picking"), actor=actor, at=at)
    ship(work(order_ids, "packed"), actor=actor, at=at)


def arrive(order_ids: Sequence[UUID], *, at: datetime, actor: Actor) -> None:
    """The carriers deliver all that is under way."""
    found = rows(ON_THE_WAY, {"orders": list(order_ids), "states": ["shipped", "in_transit", "out_for_delivery"]})
    deliver([row.id for row in found], actor=actor, at=at)


def work(order_ids: Sequence[UUID], *states: str) -> list[UUID]:
    """Fulfilment orders of the orders that are in one of the states."""
    return [row.id for row in rows(WORK, {"orders": list(order_ids), "states": list(states)})]


def refresh_statistics() -> None:
    """Tell the database how its tables stand now: they grow faster than it looks by itself."""
    run("ANALYZE")


Step = Callable[[], None]
AHEAD = 2
"""Steps that may wait for the second thread."""


@contextmanager
def alongside(workers: int) -> Iterator[Callable[[Step], None]]:
    """Gives a function that runs steps one after the other: with two workers in a second thread, on a connection of
    its own, while the caller prepares the next; with one at once. A step's error is raised at a later call or the end.
    """
    with collected_seldom(), ExitStack() as stack:
        if workers == 1:
            yield _do
            return
        pool = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(lambda: pool.submit(connections.close_all).result())
        pending: deque[Future[None]] = deque()

        def hand_over(step: Step) -> None:
            pending.append(pool.submit(step))
            while len(pending) > AHEAD:
                pending.popleft().result()

        yield hand_over
        for future in pending:
            future.result()


def _do(step: Step) -> None:
    step()
