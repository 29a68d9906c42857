"""The same Idempotency-Key by many callers at once: one order, one effect; everybody hears of that one or is to wait."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from capture import recognition, references
from capture.services import Attempt, place_order, place_orders
from core.actors import SYSTEM
from core.db import run
from core.idempotency import Answer
from core.invariants import disagreements
from core.problems import Problem
from customers.models import Customer
from orders.models import Order
from sourcing.network import forget
from tests.concurrency.lined_up import all_at_once
from tests.factories.world import MUG, VASE, order_body, small_world

CALLERS = 20


@pytest.fixture(autouse=True)
def world(fresh_database: str) -> None:
    small_world(stock=CALLERS * 2, store_stock=0)


def at_once(call: Callable[[int], Any], callers: int = CALLERS) -> list[Any]:
    """What each caller got: the number of its order, or the type of the problem."""
    references.forget()
    forget()
    together = Barrier(callers)

    def run(caller: int) -> Any:
        together.wait()
        try:
            return call(caller)
        except Problem as refusal:
            return refusal.type
        finally:
            connection.close()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(run, range(callers)))


def place(*, key: str, quantity: int = 1, client: str = "shop", **more: Any) -> str:
    body = order_body(quantity=quantity, **more)
    answer = place_order(body, client=client, key=key, digest=f"{quantity}{more}", actor=SYSTEM)
    return str(answer.body["number"])


def test_twenty_calls_with_one_key_place_one_order() -> None:
    said = at_once(lambda _: place(key="once"))
    (order,) = Order.objects.all()
    assert set(said) <= {order.number, "idempotency-in-flight"}
    assert order.number in said
    assert place(key="once") == order.number
    assert disagreements() == []


UNASKED = recognition.BY_KEY_TOO.replace(
    "pg_try_advisory_xact_lock(hashtextextended(%(client)s || chr(31) || w.key, 0))", "true"
)
"""What is left when nobody asks whether the same call is going on."""


def place_twenty_in_line() -> set[str]:
    """All have looked for the key and found nothing before the first may go on."""
    place(key="warm")
    said = all_at_once([partial(place, key="once")] * CALLERS, "SELECT FROM inventory_stock")
    return {each.type if isinstance(each, Problem) else str(each) for each in said}


def test_without_the_question_for_the_key_its_row_still_lets_one_order_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recognition, "BY_KEY_TOO", UNASKED)
    said = place_twenty_in_line()
    assert Order.objects.count() == 2
    assert place(key="once") in said <= {place(key="once"), "idempotency-in-flight"}
    assert disagreements() == []


def test_with_neither_question_nor_row_the_same_key_places_many_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "BY_KEY_TOO", UNASKED)
    run("ALTER TABLE core_idempotencykey DROP CONSTRAINT idempotency_once")
    place_twenty_in_line()
    assert Order.objects.count() > 2


def test_the_same_key_with_other_bodies_places_one_of_them() -> None:
    said = Counter(at_once(lambda caller: place(key="once", quantity=1 + caller % 2)))
    assert Order.objects.count() == 1
    assert set(said) <= {Order.objects.get().number, "idempotency-in-flight", "idempotency-mismatch"}
    assert disagreements() == []


def test_the_same_key_of_other_clients_is_another_key() -> None:
    said = at_once(lambda caller: place(key="once", client=f"shop-{caller}"))
    assert len(set(said)) == Order.objects.count() == CALLERS
    assert disagreements() == []


def test_the_channels_own_number_is_taken_once_under_any_keys() -> None:
    said = Counter(at_once(lambda caller: place(key=f"k{caller}", external_id="SHOP-1")))
    assert said == {Order.objects.get().number: 1, "conflict": CALLERS - 1}
    assert disagreements() == []


def test_batches_that_share_a_key_place_its_order_once_and_all_others() -> None:
    def batch(caller: int) -> list[str]:
        attempts = [Attempt(order_body(quantity=1), key, key) for key in (f"own-{caller}", "shared")]
        outcomes = place_orders(attempts, client="shop", actor=SYSTEM)
        return [str(o.body["number"]) if isinstance(o, Answer) else o.type for o in outcomes]

    said = at_once(batch)
    assert Order.objects.count() == CALLERS + 1
    assert len({own for own, _ in said}) == CALLERS
    assert {shared for _, shared in said} - {"idempotency-in-flight"} <= set(
        Order.objects.values_list("number", flat=True)
    )
    assert disagreements() == []


def test_a_repeated_batch_with_a_doubled_key_gets_the_same_answers() -> None:
    attempts = [Attempt(order_body(), "k", "a"), Attempt(order_body(quantity=2), "k", "b")]
    first, again = (place_orders(attempts, client="shop", actor=SYSTEM) for _ in range(2))
    assert isinstance(first[0], Answer) and isinstance(again[0], Answer)
    assert again[0].body == first[0].body
    assert [outcomes[1].status for outcomes in (first, again)] == [422, 422]


def test_new_customers_in_batches_of_any_order_never_wait_in_a_circle() -> None:
    """The last units: every batch goes back and tries its orders one by one, under locks in one order."""

    def batch(caller: int) -> list[str]:
        people = [{"email": f"{name}@example.com"} for name in "ab"][:: 1 if caller % 2 else -1]
        skus = (MUG, VASE) if caller % 2 else (VASE, MUG)
        attempts = [
            Attempt(order_body(sku=sku, quantity=7, customer=who), f"{caller}-{sku}", "")
            for sku, who in zip(skus, people, strict=True)
        ]
        return [o.type if isinstance(o, Problem) else "sold" for o in place_orders(attempts, client="s", actor=SYSTEM)]

    said = Counter(outcome for outcomes in at_once(batch, 8) for outcome in outcomes)
    assert said == {"sold": 10, "out-of-stock": 6}
    assert Customer.objects.count() == 2
    assert disagreements() == []
