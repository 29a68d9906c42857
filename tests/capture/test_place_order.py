"""What a caller gets when an order is placed."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capture import references
from capture.services import Attempt, place_order, place_orders, quote
from core.actors import SYSTEM
from core.idempotency import Answer, digest
from core.invariants import disagreements
from core.models import Event, IdempotencyKey
from core.problems import Conflict, IdempotencyMismatch, Invalid, OutOfStock
from customers.models import Customer
from inventory.models import Reservation, Stock
from orders.models import Order
from payments.models import Payment
from tests.factories.world import CANDLE, MUG, VASE, order_body, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    references.forget()


def place(body: dict[str, Any], key: str = "k1") -> dict[str, Any]:
    return place_order(body, client="t", key=key, digest=digest(repr(body).encode()), actor=SYSTEM).body


def test_an_order_is_priced_pinned_promised_and_told() -> None:
    small_world()
    answer = place(order_body(MUG, 2))
    assert answer["totals"] == {
        "subtotal": "24.00", "discount": "0.00", "shipping": "4.90", "tax": "4.82", "total": "28.90"
    }  # fmt: skip
    assert answer["status"] == "placed"
    assert answer["lines"][0]["quantities"]["reserved"] == 2
    assert answer["lines"][0]["promise"] is not None
    assert Reservation.objects.get().quantity == 2
    assert set(Event.objects.values_list("kind", flat=True)) == {"order.placed", "order.ready"}
    assert disagreements() == []


def test_a_card_order_waits_under_a_payment_hold() -> None:
    small_world()
    answer = place(order_body(payments=[{"tender": "card", "amount": "28.90", "token": "tok_visa"}]))
    assert answer["status"] == "on_hold"
    assert [h["kind"] for h in answer["holds"]] == ["payment"]
    assert Payment.objects.get().status == "pending"
    assert not Event.objects.filter(kind="order.ready").exists()


def test_the_same_key_and_body_gets_the_same_answer_and_one_order() -> None:
    small_world()
    body = order_body()
    first = place(body)
    again = place_order(body, client="t", key="k1", digest=digest(repr(body).encode()), actor=SYSTEM)
    assert again.replayed
    assert again.body == first
    assert Order.objects.count() == 1


def test_the_same_key_with_another_body_is_refused() -> None:
    small_world()
    place(order_body())
    with pytest.raises(IdempotencyMismatch):
        place(order_body(quantity=3))


def test_the_channels_own_number_is_taken_once() -> None:
    small_world()
    first = place(order_body(external_id="SHOP-1"))
    with pytest.raises(Conflict, match=first["number"]):
        place(order_body(external_id="SHOP-1"), key="k2")


def test_two_lines_of_one_sku_are_checked_together() -> None:
    small_world(stock=5, store_stock=0)
    lines = [{"sku": MUG, "quantity": 3}, {"sku": MUG, "quantity": 3}]
    with pytest.raises(OutOfStock) as refused:
        place(order_body(lines=lines))
    assert refused.value.extra["available"] == {MUG: 5}
    assert Order.objects.count() == 0
    assert IdempotencyKey.objects.count() == 0
    assert disagreements() == []


def test_a_sale_is_spread_over_places_when_none_has_all() -> None:
    small_world(stock=3, store_stock=2)
    place(order_body(MUG, 5))
    assert sorted(Reservation.objects.values_list("quantity", flat=True)) == [2, 3]
    assert Stock.objects.get(variant__sku=MUG, location__code="DC-LYON").free == 0
    assert disagreements() == []


def test_every_wrong_field_is_named_at_once() -> None:
    small_world()
    body = order_body(
        currency="GBP", lines=[{"sku": "NOPE", "quantity": 1}, {"sku": MUG, "quantity": 1, "discount": "99"}]
    )
    with pytest.raises(Invalid) as refused:
        place(body)
    assert [tuple(e["loc"]) for e in refused.value.errors] == [
        ("currency",), ("lines", 0, "sku"), ("lines", 1, "discount")
    ]  # fmt: skip


def test_payments_must_add_up_to_the_total() -> None:
    small_world()
    with pytest.raises(Invalid, match=r"order comes to 28\.90"):
        place(order_body(payments=[{"tender": "card", "amount": "20.00", "token": "tok_visa"}]))


def test_a_price_off_the_list_is_taken_under_a_price_hold() -> None:
    small_world()
    answer = place(order_body(lines=[{"sku": MUG, "quantity": 1, "unit_price": "2.00"}]))
    assert [h["kind"] for h in answer["holds"]] == ["price"]
    assert answer["totals"]["subtotal"] == "2.00"


def test_a_customer_is_known_again_by_mail_in_any_case() -> None:
    small_world()
    place(order_body())
    place(order_body(customer={"email": "A@Example.com", "first_name": "Other"}), key="k2")
    assert Customer.objects.count() == 1
    assert Customer.objects.get().first_name == "Anne"


def test_a_batch_takes_what_it_can_and_refuses_the_rest_one_by_one() -> None:
    small_world(stock=4, store_stock=0)
    bodies = [order_body(MUG, 3), order_body("NOPE", 1), order_body(MUG, 3), order_body(VASE, 4)]
    outcomes = place_orders([Attempt(b, f"b{i}", "d") for i, b in enumerate(bodies)], client="t", actor=SYSTEM)
    assert isinstance(outcomes[0], Answer)
    assert isinstance(outcomes[1], Invalid)
    assert isinstance(outcomes[2], OutOfStock)
    assert outcomes[2].extra["available"] == {MUG: 1}
    assert isinstance(outcomes[3], Answer)
    assert disagreements() == []


def test_a_quote_tells_prices_and_stock_and_writes_nothing() -> None:
    small_world(stock=1, store_stock=0)
    told = quote(order_body(lines=[{"sku": MUG, "quantity": 2}, {"sku": CANDLE, "quantity": 1}]), actor=SYSTEM)
    assert told["totals"]["total"] == "34.90"
    assert [line["available"] for line in told["lines"]] == [1, 1]
    assert told["problem"]["type"] == "/problems/out-of-stock"
    assert Order.objects.count() == 0


@pytest.mark.parametrize("lines", [1, 3, 100])
def test_the_number_of_statements_does_not_grow_with_the_lines(lines: int) -> None:
    small_world(stock=1000)
    place(order_body(), key="warm")
    body = order_body(lines=[{"sku": (MUG, CANDLE, VASE)[i % 3], "quantity": 1} for i in range(lines)])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        place(body)
    statements = [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(statements) <= 12, statements


def test_money_of_the_lines_is_the_money_of_the_order_in_odd_splits() -> None:
    small_world()
    lines = [{"sku": MUG, "quantity": 3, "unit_price": "3.33", "discount": "0.10"}, {"sku": CANDLE, "quantity": 7}]
    place(order_body(lines=lines, shipping_price="4.99"))
    order = Order.objects.get()
    assert sum((line.gross for line in order.lines.all()), Decimal(0)) == order.total
    assert disagreements() == []
