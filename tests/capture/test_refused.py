"""What customers wanted and could not have is kept, once an order, however it came in; a sale made later is none lost."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from capture import refused
from capture.models import RefusedDemand
from capture.services import Attempt, place_order, place_orders
from core.actors import SYSTEM
from core.idempotency import Answer
from core.ids import new_id
from core.invariants import disagreements
from core.problems import OutOfStock
from orders.models import Order
from tests.api.client import Caller, problem, told
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, World, open_stock, order_body, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=3, store_stock=2)


@pytest.fixture
def api(world: World) -> Caller:
    return Caller(world.api_key)


def kept() -> list[tuple[str, int, int, int]]:
    """SKU, wanted, had and lost of every row."""
    found = RefusedDemand.objects.order_by("variant__sku", "id")
    return list(found.values_list("variant__sku", "wanted", "had", "lost"))


def refuse(units: int = 8, *, key: str = "", **more: Any) -> None:
    with pytest.raises(OutOfStock):
        place_order(order_body(MUG, units, **more), client="shop", key=key or str(new_id()), digest="d", actor=SYSTEM)


def take(units: int, *, key: str = "", **more: Any) -> Any:
    body = order_body(MUG, units, **more)
    return place_order(body, client="shop", key=key or str(new_id()), digest="d", actor=SYSTEM)


def more_mugs(world: World, units: int = 10) -> None:
    open_stock(world.store, {world.variants[MUG]: units})


def test_units_and_value_that_were_not_there_are_kept(world: World, api: Caller) -> None:
    lines = [{"sku": MUG, "quantity": 8}, {"sku": CANDLE, "quantity": 1}]

    problem(api.post("/orders", order_body(lines=lines, external_id="S1")), 409, "out-of-stock")

    assert kept() == [(MUG, 8, 5, 3)]
    row = RefusedDemand.objects.get()
    assert (row.channel, row.door, row.external_id, row.client, row.key) == (world.channel, "api", "S1", "", "")
    assert (row.unit_value, row.lost_value) == (Decimal("10.0000"), Decimal("30.0000"))  # 12.00 with 20 % tax
    assert not Order.objects.exists()


def test_lines_of_one_product_are_wanted_together(world: World) -> None:
    with pytest.raises(OutOfStock):
        placed(lines=[{"sku": MUG, "quantity": 3}, {"sku": MUG, "quantity": 4}])
    assert kept() == [(MUG, 7, 5, 2)]


def test_an_order_that_comes_again_counts_once_with_what_it_wants_now(world: World) -> None:
    for units in (8, 8, 9):
        refuse(units, external_id="S1")
    for _again in range(2):
        refuse(6, key="k1")
    assert sorted(kept()) == [(MUG, 6, 5, 1), (MUG, 9, 5, 4)]


@pytest.mark.parametrize("known_by", ["its own number", "its key"])
def test_a_sale_made_later_is_not_lost(world: World, known_by: str) -> None:
    name: dict[str, Any] = {"external_id": "S1"} if known_by == "its own number" else {"key": "k1"}
    refuse(8, **name)
    refuse(7, external_id="another")
    more_mugs(world)
    answer = take(8, **name)

    assert refused.settle() == 1

    row = RefusedDemand.objects.get(order__isnull=False)
    assert (row.order.number if row.order else "", row.sold, row.lost) == (answer.body["number"], 8, 0)
    assert refused.settle() == 0
    assert disagreements() == []


def test_of_an_order_that_was_taken_for_less_the_rest_is_lost(world: World) -> None:
    refuse(8, external_id="S1")
    take(5, external_id="S1")
    refused.settle()
    assert kept() == [(MUG, 8, 5, 3)]


def test_orders_of_a_batch_are_kept_each_for_itself(world: World) -> None:
    attempts = [Attempt(order_body(MUG, units), str(new_id()), str(units)) for units in (4, 4, 9)]
    outcomes = place_orders(attempts, client="shop", actor=SYSTEM)
    assert [isinstance(outcome, Answer) for outcome in outcomes] == [True, False, False]
    assert sorted(kept()) == [(MUG, 4, 1, 3), (MUG, 9, 1, 8)]
    assert set(RefusedDemand.objects.values_list("door", flat=True)) == {"batch"}


def test_a_quote_that_is_short_counts_once_a_day_and_basket(world: World, api: Caller) -> None:
    for units in (8, 8, 9):
        assert told(api.post("/orders/quote", order_body(MUG, units), key=""))["problem"]
    assert sorted(kept()) == [(MUG, 8, 5, 3), (MUG, 9, 5, 4)]
    more_mugs(world)
    assert told(api.post("/orders/quote", order_body(MUG, 8), key=""))["problem"] is None
    assert kept() == [(MUG, 9, 5, 4)]


def form(units: int, **more: str) -> dict[str, str]:
    return {
        "key": "form-1", "channel": "web", "last_name": "Bertin", "line1": "1 rue X", "postal_code": "69001",
        "city": "Lyon", "country": "FR", "tender": "on_account", "line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "0",
        "line-0-sku": MUG, "line-0-quantity": str(units),
    } | more  # fmt: skip


def test_what_a_clerk_asks_for_last_is_what_counts(world: World) -> None:
    clerk = signed_in("clerk")
    for units in (800, 8):
        clerk.post("/orders/new/quote/", form(units))
    assert kept() == [(MUG, 8, 5, 3)]
    clerk.post("/orders/new/", form(8, place="1"))
    assert kept() == [(MUG, 8, 5, 3)]
    clerk.post("/orders/new/quote/", form(4))
    assert kept() == []


def test_opening_a_form_again_keeps_nothing(world: World) -> None:
    order = placed({MUG: 4})
    assert "Only 1 available" in signed_in("clerk").get("/orders/new/", {"again": order.number}).content.decode()
    assert kept() == []


def test_orders_of_the_past_want_nothing(world: World) -> None:
    type(world.channel).objects.update(is_history=True)
    with pytest.raises(OutOfStock):
        placed({MUG: 9})
    assert kept() == []


def test_what_cannot_be_kept_changes_no_refusal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused, "KEEP", "SELECT 1 / 0")
    refuse(8)
    assert take(5)
    assert kept() == []


def test_an_accepted_order_takes_no_statement_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    take(1)
    counts = []
    for keeps in (True, False):
        if not keeps:
            monkeypatch.setattr(refused, "keep", lambda refusals, *, door: None)
        with CaptureQueriesContext(connection) as asked:
            take(1)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_it_is_forgotten_after_its_time(world: World) -> None:
    refuse(8)
    refuse(9)
    old = RefusedDemand.objects.order_by("id").first()
    assert old
    fields = {f: getattr(old, f) for f in ("channel_id", "variant_id", "door", "wanted", "had", "unit_value")}
    RefusedDemand.objects.create(**fields, client="c", key="k", at=timezone.now() - refused.KEPT * 1.01)

    assert refused.forget_old() == 1
    assert len(kept()) == 2


@pytest.mark.parametrize("change", [{"at": timezone.now()}, {"external_id": "other"}, {"had": 8}, {"sold": 1}])
def test_the_database_refuses_what_cannot_be(world: World, change: dict[str, Any]) -> None:
    refuse(8, external_id="S1")
    with pytest.raises(IntegrityError), transaction.atomic():
        RefusedDemand.objects.update(**change)


def test_what_is_settled_stays_so(world: World) -> None:
    refuse(8, external_id="S1")
    more_mugs(world)
    take(8, external_id="S1")
    refused.settle()
    with pytest.raises(IntegrityError), transaction.atomic():
        RefusedDemand.objects.update(wanted=9)
