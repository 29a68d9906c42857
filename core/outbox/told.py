"""What the log and the metrics say of work: a line per set, with the requests and the orders it was for."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from structlog.contextvars import bound_contextvars

from core import metrics
from core.outbox.registry import Subscription

logger = logging.getLogger("work")

SECONDS = metrics.histogram("oms_work_set_seconds", "Time of a handler for a set of deliveries", "handler", "queue")
DELIVERIES = metrics.counter("oms_deliveries_total", "Deliveries worked on, by result", "handler", "queue", "result")


FACTS = metrics.counter("oms_facts_total", "Facts handed on by the relay, by kind: order.placed counts orders", "kind")


def handed_on(kinds: Iterable[str]) -> None:
    """After the facts are dispatched, which happens once to each."""
    for kind, number in Counter(kinds).items():
        metrics.count(FACTS, kind, by=number)


@contextmanager
def working(subscription: Subscription, pending: Sequence[Any]) -> Iterator[None]:
    """Lines written in the block name handler, queue and, for a delivery alone, that one with its request and order.

    An error is written here, where all that is known; a set that fails is tried again one by one.
    """
    with bound_contextvars(handler=subscription.name, queue=subscription.queue, **_in_common(pending)):
        try:
            yield
        except Exception:
            if len(pending) == 1:
                logger.exception("a delivery failed")
                metrics.count(DELIVERIES, subscription.name, subscription.queue, "failed")
            else:
                logger.info("a set failed, each delivery is tried alone", exc_info=True)
            raise


def done(subscription: Subscription, pending: Sequence[Any], started: float) -> None:
    """After the effects are committed; `started` is the reading of `perf_counter` before."""
    if not pending:
        return
    seconds = perf_counter() - started
    metrics.observe(SECONDS, seconds, subscription.name, subscription.queue)
    metrics.count(DELIVERIES, subscription.name, subscription.queue, "done", by=len(pending))
    if logger.isEnabledFor(logging.INFO):
        common = {"handler": subscription.name, "queue": subscription.queue, "set": len(pending)}
        common["duration_ms"] = round(1000 * seconds, 1)
        logger.info("delivered", extra=common | (_of(pending[0]) if len(pending) == 1 else _of_all(pending)))


def _of_all(pending: Sequence[Any]) -> dict[str, Any]:
    """One line for a set: a search for a request or an order finds it as well, and it costs a hundredth of as many lines."""
    each = [_of(one) for one in pending]
    named = {"deliveries": "delivery", "request_ids": "request_id", "orders": "order"}
    found = {many: list(dict.fromkeys(one[name] for one in each if name in one)) for many, name in named.items()}
    return {"attempt": max(one.attempts for one in pending), **found}


def _of(delivery: Any) -> dict[str, Any]:
    known = {"delivery": delivery.delivery, "attempt": delivery.attempts, "request_id": delivery.request_id}
    number = delivery.payload.get("number")
    return {name: value for name, value in {**known, "order": number}.items() if value}


def _in_common(pending: Sequence[Any]) -> dict[str, Any]:
    """What all of them share."""
    each = [{name: str(value) for name, value in _of(one).items()} for one in pending]
    first = each[0] if each else {}
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in each)}
