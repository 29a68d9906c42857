"""The same write twice has one effect and one answer."""

import threading
from collections import Counter
from typing import Any

from django.db import connections, transaction

from core.actors import SYSTEM
from core.idempotency import look
from core.invariants import disagreements
from integrations.selectors import find_caller
from integrations.services import create_api_key
from orders.models import Order
from tests.api.client import Caller, everything_written, problem, told
from tests.factories.world import CANDLE, MUG, World, order_body, small_world

ADJUSTMENT = {"location": "DC-LYON", "sku": MUG, "quantity": -2, "reason": "damaged"}


def test_the_same_key_and_body_replay_the_first_answer(world: World, api: Caller) -> None:
    first = api.post("/orders", order_body(), key="attempt-1")
    before = everything_written()
    second = api.post("/orders", order_body(), key="attempt-1")

    assert told(second, 201) == told(first, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert everything_written() == before


def test_the_same_key_with_another_body_is_refused(world: World, api: Caller) -> None:
    told(api.post("/orders", order_body(), key="attempt-1"), 201)
    before = everything_written()
    problem(api.post("/orders", order_body(quantity=3), key="attempt-1"), 422, "idempotency-mismatch")
    assert everything_written() == before


def test_a_refused_request_leaves_its_key_free(world: World, api: Caller) -> None:
    problem(api.post("/orders", order_body(quantity=0), key="attempt-1"), 422, "invalid")
    told(api.post("/orders", order_body(), key="attempt-1"), 201)


def test_two_programs_may_use_the_same_key(world: World, api: Caller) -> None:
    from_other = Caller(_other_key())
    first = told(api.post("/orders", order_body(), key="attempt-1"), 201)
    second = told(from_other.post("/orders", order_body(), key="attempt-1"), 201)
    assert first["number"] != second["number"]


def test_a_correction_of_stock_happens_once(world: World, api: Caller) -> None:
    first = api.post("/inventory/adjustments", ADJUSTMENT, key="count-7")
    second = api.post("/inventory/adjustments", ADJUSTMENT, key="count-7")
    assert told(first, 201) == told(second, 201)
    assert told(first, 201)["on_hand"] == 98
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_key_belongs_to_the_call_it_was_used_for(world: World, api: Caller) -> None:
    number = told(api.post("/orders", order_body()), 201)["number"]
    told(api.post(f"/orders/{number}/cancel", {"reason": "mistake"}, key="k"), 200)
    other = told(api.post("/orders", order_body()), 201)["number"]
    problem(api.post(f"/orders/{other}/cancel", {"reason": "mistake"}, key="k"), 422, "idempotency-mismatch")


def test_a_repeat_while_the_first_is_going_on_is_told_to_wait(fresh_database: str) -> None:
    api = Caller(small_world().api_key)
    client = _client_of(api)
    with transaction.atomic():
        look(client, "attempt-1", "any")
        answers = _at_once(api, 1)
    (response,) = answers
    problem(response, 409, "idempotency-in-flight")
    assert int(response.headers["Retry-After"]) >= 1


def test_twenty_at_once_make_one_order(fresh_database: str) -> None:
    api = Caller(small_world().api_key)
    answers = _at_once(api, 20)

    assert set(Counter(a.status_code for a in answers)) <= {201, 409}
    numbers = {told(a, 201)["number"] for a in answers if a.status_code == 201}
    assert len(numbers) == 1
    assert Order.objects.count() == 1
    assert disagreements() == []


def test_a_channel_gives_each_of_its_numbers_once(world: World, api: Caller) -> None:
    told(api.post("/orders", order_body(external_id="SHOP-1")), 201)
    found = problem(api.post("/orders", order_body(external_id="SHOP-1")), 409, "conflict")
    assert found["errors"][0]["loc"] == ["external_id"]


def test_a_batch_is_accepted_and_refused_order_by_order(world: World, api: Caller) -> None:
    orders = [
        {**order_body(), "idempotency_key": "b-1"},
        {**order_body(quantity=0), "idempotency_key": "b-2"},
        {**order_body(CANDLE, 1000), "idempotency_key": "b-3"},
        {**order_body(CANDLE, 3), "idempotency_key": "b-4"},
        {**order_body(), "idempotency_key": "b-1"},
        order_body(),
        7,
    ]
    results = told(api.post("/orders/batch", {"orders": orders}, key=""), 207)["results"]

    assert [r["status"] for r in results] == [201, 422, 409, 201, 422, 422, 422]
    assert results[0]["order"]["status"] == "placed"
    assert results[1]["problem"]["errors"][0]["loc"] == ["lines", 0, "quantity"]
    assert results[2]["problem"]["available"] == {CANDLE: 110}
    assert results[4]["problem"]["errors"][0]["loc"] == ["idempotency_key"]
    assert results[5]["problem"]["errors"][0]["loc"] == ["idempotency_key"]
    assert Order.objects.count() == 2

    again = told(api.post("/orders/batch", {"orders": orders[:4]}, key=""), 207)["results"]
    assert [again[0], again[3]] == [results[0], results[3]]
    assert Order.objects.count() == 2
    assert disagreements() == []


def test_an_order_sent_alone_and_then_in_a_batch_is_one_attempt(world: World, api: Caller) -> None:
    first = told(api.post("/orders", order_body(), key="attempt-1"), 201)
    orders = [{**order_body(), "idempotency_key": "attempt-1"}]
    (result,) = told(api.post("/orders/batch", {"orders": orders}, key=""), 207)["results"]
    assert result["order"] == first
    assert Order.objects.count() == 1


def test_a_batch_has_at_most_five_hundred_orders(world: World, api: Caller) -> None:
    bodies: list[Any] = [{"orders": [{}] * 501}, {"orders": []}, {}, {"orders": {}}, [], {"orders": [{}], "colour": 1}]
    for body in bodies:
        problem(api.post("/orders/batch", body, key=""), 422, "invalid")


def _other_key() -> str:
    from_scratch: str = create_api_key("other", ["all"], actor=SYSTEM)
    return from_scratch


def _client_of(api: Caller) -> str:
    found = find_caller(api.key)
    assert found is not None
    return found.client


def _at_once(api: Caller, many: int) -> list[Any]:
    """The same order from many threads at the same moment."""
    start, answers = threading.Barrier(many), []

    def call() -> None:
        start.wait()
        try:
            answers.append(Caller(api.key).post("/orders", order_body(), key="attempt-1"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
