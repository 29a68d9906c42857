"""However much waits and however much is done, the relay finds what is due by index."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from core import outbox
from core.db import rows, run
from core.ids import new_id
from core.outbox import limits, overview, registry, relay, work
from tests import database

HISTORY, WAITING = 20_000, 5_000

EVENTS = """
INSERT INTO core_event (id, kind, about, payload, created_at, dispatched_at, request_id)
SELECT gen_random_uuid(), 'order.placed', gen_random_uuid(), '{}', now(), CASE WHEN %(done)s THEN now() END, ''
FROM generate_series(1, %(n)s)
"""
DONE = """
INSERT INTO core_delivery (id, event_id, handler, line, since, due_at, attempts, error, dropped, done_at)
SELECT gen_random_uuid(), id, 'payments.authorise', '', now(), now(), 1, '', '', now() FROM core_event
"""


@pytest.fixture(scope="module")
def crowded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A long history, and a long queue with letters that stand in lines."""
    with django_db_blocker.unblock(), database.clone():
        run(EVENTS, {"n": HISTORY, "done": True})
        run(DONE)
        run(EVENTS, {"n": WAITING, "done": False})
        while outbox.fan_out():
            pass
        run(EVENTS, {"n": WAITING, "done": False})
        run("ANALYZE core_event")
        run("ANALYZE core_delivery")
        yield


ASKED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "facts": (relay.UNDISPATCHED, {"known": registry.known_kinds(), "most": 500}),
    "what is due": (relay.DUE, relay._limits(500, ())),
    "leases": (relay.LEASE, {"claim": new_id(), "for": limits.LEASE, "ids": [new_id()] * 500}),
    "what is begun": (work.BEGIN, {"run": new_id(), "claim": new_id(), "lease": limits.LEASE, "ids": [new_id()] * 100}),
    "what is done": (work.DONE, {"ids": [new_id()] * 100}),
    "what is renewed": (work.RENEW, {"ids": [new_id()] * 100, "mine": new_id(), "lease": limits.LEASE}),
    "what stopped": (overview.STOPPED, {"handler": "payments.authorise", "most": 50}),
    "how much stopped": (overview.PARKED, {}),
}


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize("question", ASKED)
def test_no_question_of_the_relay_reads_a_whole_table(question: str) -> None:
    sql, params = ASKED[question]
    with transaction.atomic():
        (plan,) = rows(f"EXPLAIN (FORMAT JSON) {sql}", params)
    assert "Seq Scan" not in json.dumps(plan[0])


@pytest.mark.usefixtures("crowded")
def test_one_pass_hands_out_some_of_each_handler_however_long_the_queue() -> None:
    claimed = outbox.claim()
    assert {one.handler: sum(len(each.ids) for each in claimed if each.handler == one.handler) for one in claimed} == {
        "payments.authorise": 500,
        "notifications.order_confirmation": 500,
        "search.orders": 500,
    }
