from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from backoffice import order_page
from core.actors import SYSTEM
from core.invariants import disagreements
from core.money import display
from core.templatetags.ui import say_day
from fulfillment import floor
from fulfillment.models import Shipment
from fulfillment.tracking_events import deliver
from orders.holds import open_hold
from orders.models import Order
from returns.services import Asked, request_return
from sourcing.models import Decision
from tests.factories.orders import placed, released, routed, shipped
from tests.factories.people import brought_to_counter, signed_in
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def clerk(world: World) -> Client:
    return signed_in("clerk")


def page(client: Client, order: Order) -> str:
    response = client.get(f"/orders/{order.number}/")
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, order: Order, what: str, **data: object) -> Order:
    response = client.post(f"/orders/{order.number}/{what}/", data)
    assert response.status_code in (302, 403, 404, 409, 412, 422)
    order.refresh_from_db()
    return order


def test_it_shows_what_where_and_why(clerk: Client) -> None:
    order, _work = released({MUG: 2, CANDLE: 1})

    text = page(clerk, order)

    assert MUG in text
    assert "2 to pick" in text
    assert "Lyon warehouse" in text
    assert "Chosen" in text
    assert "placed the order" in text


def test_a_store_may_look_but_is_offered_no_cancelling(world: World) -> None:
    order = placed()
    store = signed_in("store", location_id=world.store.pk)
    brought_to_counter(store, order)

    text = page(store, order)

    assert "cancel-dialog" not in text
    assert "hold-dialog" not in text


def test_nobody_sees_it_without_signing_in(world: World, client: Client) -> None:
    response = client.get(f"/orders/{placed().number}/")

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_an_unknown_number_is_told_calmly(clerk: Client) -> None:
    response = clerk.get("/orders/NOPE-1/")

    assert response.status_code == 404
    assert "NOPE-1" in response.content.decode()


def test_a_hold_is_opened_and_released_from_the_page(clerk: Client) -> None:
    order = placed()

    assert act(clerk, order, "hold", kind="address", note="Which floor?").status == "on_hold"
    assert "Which floor?" in page(clerk, order)

    assert act(clerk, order, "release-hold", hold=order.holds.get().pk).status == "placed"


def test_a_hold_of_another_order_is_not_released(clerk: Client) -> None:
    mine, other = placed(), placed()
    open_hold([other.pk], "manual", actor=SYSTEM)

    act(clerk, mine, "release-hold", hold=other.holds.get().pk)

    other.refresh_from_db()
    assert other.status == "on_hold"


def test_some_units_are_cancelled(clerk: Client) -> None:
    order = placed({MUG: 3})
    line = order.lines.get()

    act(clerk, order, "cancel", reason="Ordered twice", **{f"units-{line.pk}": "1"})

    line.refresh_from_db()
    assert (line.cancelled, line.reserved) == (1, 2)


def test_all_units_cancelled_end_the_order(clerk: Client) -> None:
    order = placed({MUG: 3})

    act(clerk, order, "cancel", reason="Ordered twice", **{f"units-{order.lines.get().pk}": "3"})

    assert order.status == "cancelled"


@pytest.mark.parametrize("units", ["-1", "1.5", "x", "99999999", "", "٣x"])
def test_units_that_cannot_be_read_change_nothing(clerk: Client, units: str) -> None:
    order = placed({MUG: 3})

    act(clerk, order, "cancel", reason="Ordered twice", **{f"units-{order.lines.get().pk}": units})

    assert order.lines.get().cancelled == 0


def test_a_page_that_is_out_of_date_changes_nothing(clerk: Client) -> None:
    order = placed({MUG: 3})
    field = f"units-{order.lines.get().pk}"
    seen = order.version
    act(clerk, order, "cancel", reason="Once", version=seen, **{field: "1"})

    act(clerk, order, "cancel", reason="Once", version=seen, **{field: "1"})

    assert order.lines.get().cancelled == 1


def test_finance_may_not_cancel(world: World) -> None:
    order = placed()

    response = signed_in("finance").post(f"/orders/{order.number}/cancel/", {"reason": "x"})

    assert response.status_code == 403
    order.refresh_from_db()
    assert order.status == "placed"


def test_goods_are_taken_back_at_ones_own_place_and_credited(world: World) -> None:
    order, _work = shipped({MUG: 2})
    line = order.lines.get()
    store = signed_in("store", location_id=world.store.pk)
    brought_to_counter(store, order)

    act(store, order, "take-back", location=world.store.pk, condition="sellable", **{f"units-{line.pk}": "1"})

    line.refresh_from_db()
    assert line.returned == 1
    assert order.returns.get().location_id == world.store.pk
    assert order.returns.get().lines.get().net == Decimal("10.00")


def test_goods_are_not_taken_back_at_a_place_of_others(world: World) -> None:
    order, _work = shipped({MUG: 2})
    store = signed_in("store", location_id=world.store.pk)
    brought_to_counter(store, order)
    field = {f"units-{order.lines.get().pk}": "1"}

    act(store, order, "take-back", location=world.warehouse.pk, condition="sellable", **field)

    assert order.lines.get().returned == 0


def test_its_queries_do_not_grow_with_the_lines(
    clerk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    order, _work = released({MUG: 2, CANDLE: 1})

    with django_assert_max_num_queries(24):
        page(clerk, order)


def test_an_announced_return_is_received_whole_and_only_once(world: World) -> None:
    store = signed_in("store", location_id=world.warehouse.pk)
    order, _ = shipped({MUG: 2})
    line = order.lines.get()
    announced = request_return(order.pk, [Asked(line.pk, 2, "too blue")], actor=SYSTEM)
    assert "Receive and credit" in page(store, order)
    form = {"return": announced.pk, "location": world.warehouse.pk, "condition": "sellable"}
    act(store, order, "receive-return", **form | {"condition": "eaten"})
    act(store, order, "receive-return", **form | {"return": order.pk})
    assert order.lines.get().returned == 0
    act(store, order, "receive-return", **form)
    act(store, order, "receive-return", **form)
    announced.refresh_from_db()
    assert announced.status == "received"
    assert order.lines.get().returned == 2
    assert "Receive and credit" not in page(store, order)
    assert disagreements() == []


def promised_days_ago(order: Order, days: int) -> None:
    Order.objects.filter(pk=order.pk).update(promise_latest=timezone.localdate() - timedelta(days=days))


def test_a_parcel_that_comes_after_the_promise_makes_the_order_late(clerk: Client) -> None:
    order, _ = shipped({MUG: 1})
    expected = timezone.localdate() + timedelta(days=1)
    promised_days_ago(order, 20)
    Shipment.objects.update(expected_on=expected)

    answer = clerk.get(f"/orders/{order.number}/")

    assert "21 days late" in answer.content.decode()
    assert answer.context["steps"][-1]["note"] == say_day(expected)


def test_an_order_that_arrived_after_the_promise_stays_late(clerk: Client) -> None:
    order, parcels = shipped({MUG: 1})
    deliver(parcels, actor=SYSTEM)
    promised_days_ago(order, 8)

    answer = clerk.get(f"/orders/{order.number}/")

    assert "8 days late" in answer.content.decode()
    assert answer.context["steps"][-1]["note"] == "Today"


def test_an_order_that_arrived_in_time_stays_on_time(clerk: Client) -> None:
    order, parcels = shipped({MUG: 1})
    deliver(parcels, actor=SYSTEM)
    Shipment.objects.update(delivered_at=timezone.now() - timedelta(days=10))
    promised_days_ago(order, 8)

    assert "on time" in page(clerk, order)


def test_a_hold_of_others_says_who_releases_it(clerk: Client) -> None:
    order = placed({MUG: 1})
    open_hold([order.pk], "fraud_review", actor=SYSTEM)

    answer = clerk.get(f"/orders/{order.number}/")

    text = answer.content.decode()
    assert "Release this hold" not in text
    assert "Only these roles release it: Administrator, Finance, Manager." in text
    assert answer.context["next_act"] is None


def test_the_next_act_is_the_one_filled_button(clerk: Client) -> None:
    order = placed({MUG: 1})
    assert clerk.get(f"/orders/{order.number}/").context["next_act"] is None

    open_hold([order.pk], "address", actor=SYSTEM)

    assert clerk.get(f"/orders/{order.number}/").context["next_act"].name == "release"


def test_a_cancelled_order_says_who_ended_it_and_why(clerk: Client) -> None:
    order = placed({MUG: 3})
    act(clerk, order, "cancel", reason="Ordered twice", **{f"units-{order.lines.get().pk}": "3"})

    text = page(clerk, order)
    head, _, rest = text.partition("Lines")

    assert "Ordered twice" in head
    assert "Promised" not in head
    assert "no place yet" not in rest


def test_a_line_says_what_it_costs(clerk: Client) -> None:
    order = placed({MUG: 3})
    line = order.lines.get()

    text = page(clerk, order)

    assert f"3 × {display(line.unit_price, order.currency)}" in text
    assert display(line.unit_price * 3, order.currency) in text


def test_work_that_is_picked_is_not_being_picked(clerk: Client) -> None:
    order, work = released({MUG: 1})
    floor.pick_all(work, actor=SYSTEM)

    (parcel,) = clerk.get(f"/orders/{order.number}/").context["parcels"]
    assert parcel.status == "picked"


def test_places_that_are_refused_for_the_same_reason_share_a_row(clerk: Client) -> None:
    order, _ = routed({MUG: 1})
    decision = Decision.objects.get(order_id=order.pk)
    decision.alternatives = [
        *decision.alternatives[:1],
        *({"name": f"Shop {n}", "cost": None, "verdict": "short", "params": {"units": 1}} for n in range(6)),
    ]

    reasons = order_page.reasons(decision)

    assert [reason.plan for reason in reasons[1:]] == ["6 places"]
    assert reasons[1].verdict == "Lacks 1 unit."
    assert len(reasons[1].places) == 6
