"""What can be done to many orders, stock rows and pieces of work at once: the same as on their pages, row by row."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import QueryDict

from core.actors import SYSTEM, Actor
from core.incidents import open_incident
from core.invariants import disagreements
from core.jobs import bulk, preparing, running
from core.jobs.models import Job
from core.lists import Column, ListSpec, registry
from core.models import Grant, Incident, TimelineEntry
from core.money import display, quantise, share
from core.permissions import locations_of
from core.problems import Forbidden, Invalid
from fulfillment import amend
from fulfillment.models import FulfillmentOrder
from inventory.models import Cap, Fence, Stock
from orders import holds
from orders.models import Hold, Order, OrderLine
from payments.models import Payment
from tests.factories.orders import packed, placed, released, routed, shipped
from tests.factories.payments import make_order
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world() -> World:
    return small_world()


def person(role: str = "manager", location_id: Any = None) -> Any:
    user = get_user_model().objects.create_user(f"{role}-{get_user_model().objects.count()}", first_name="Mia")
    Grant.objects.create(user=user, role=role, location_id=location_id)
    return user


def prepared(action: str, things: list[Any], owner: Any, list_name: str = "orders") -> Job:
    ids = [str(thing.pk) for thing in things]
    return preparing.prepare(list_name, action, owner=owner, actor=Actor.of(owner), ids=ids)


def done(action: str, things: list[Any], given: str = "", *, owner: Any = None, list_name: str = "orders") -> Job:
    owner = owner or person()
    job = prepared(action, things, owner, list_name)
    preparing.start(job.pk, QueryDict(given), owner=owner, actor=Actor.of(owner))
    running.run_jobs()
    job.refresh_from_db()
    assert job.state == "done"
    return job


def told(job: Job) -> list[tuple[str, str]]:
    return list(job.rows.order_by("key").values_list("state", "words"))


def states_of(orders: list[Order]) -> list[str]:
    return [Order.objects.get(pk=order.pk).status for order in orders]


def seen(action: str, things: list[Any], list_name: str = "orders") -> bulk.Preview:
    owner = person()
    return bulk.preview(bulk.get(action), prepared(action, things, owner, list_name))


def test_orders_are_held_for_a_reason_and_those_that_left_are_not() -> None:
    orders = [placed({MUG: 1}), placed({MUG: 2}), shipped({MUG: 1})[0]]
    preview = seen("orders.hold", orders)
    assert (preview.applies, preview.refused) == (2, 1)
    assert "3 units stay where they are." in preview.consequences
    job = done("orders.hold", orders, "kind=address&note=Which+floor%3F")
    assert [state for state, _words in told(job)] == ["done", "done", "refused"]
    assert states_of(orders)[:2] == ["on_hold"] * 2
    assert set(Hold.objects.values_list("kind", "note", "opened_by")) == {("address", "Which floor?", "Mia")}
    again = done("orders.hold", orders[:2], "kind=address&note=")
    assert {words for _state, words in told(again)} == {"It was already held for this reason."}
    assert disagreements() == []


def test_holds_are_released_by_those_who_may() -> None:
    orders = [placed({MUG: 1}), placed({MUG: 1}), placed({MUG: 1})]
    holds.open_hold([orders[0].pk], "address", actor=Actor.of(person()))
    holds.open_hold([orders[1].pk], "fraud_review", actor=Actor.of(person()))
    assert seen("orders.release_hold", orders).applies == 2
    job = done("orders.release_hold", orders, "kind=", owner=person("clerk"))
    assert [state for state, _words in told(job)] == ["done", "refused", "refused"]
    assert "the right “Let orders go on that wait for their payment”" in told(job)[1][1]
    assert states_of(orders)[1] == "on_hold"
    assert [state for state, _ in told(done("orders.release_hold", orders[1:2], "kind=fraud_review"))] == ["done"]
    assert disagreements() == []


def test_orders_are_cancelled_and_the_preview_says_what_comes_free() -> None:
    orders = [placed({MUG: 2}), packed({MUG: 1})[0], shipped({MUG: 1})[0]]
    preview = seen("orders.cancel", orders)
    assert preview.applies == 2
    money = sum((order.total for order in orders[:2]), Decimal(0))
    assert f"Up to €{money} is not taken, or goes back to the customers." in preview.consequences
    assert "3 units are free for others at once." in preview.consequences
    assert "1 of them is being picked or packed: that work ends." in preview.consequences
    job = done("orders.cancel", orders, "reason=recalled")
    assert [state for state, _words in told(job)] == ["done", "done", "refused"]
    assert states_of(orders)[:2] == ["cancelled"] * 2
    said = TimelineEntry.objects.get(about=orders[0].pk, action="order.cancel")
    assert (said.actor, said.data["reason"]) == ("Mia", "recalled")
    assert seen("orders.cancel", orders).applies == 0
    assert disagreements() == []


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
@pytest.mark.parametrize("net", ["10.00", "9.99", "0.01", "100.00"])
def test_what_is_left_of_lines_is_worth_their_share_to_the_smallest_coin(currency: str, net: str) -> None:
    order, gross = (
        placed({MUG: 3, VASE: 7}),
        Decimal(net).quantize(Decimal(1) if currency == "JPY" else Decimal("0.01")),
    )
    first, second = order.lines.order_by("position")
    amend.cancel(order.pk, actor=SYSTEM, reason="x", lines=[(first.pk, 1), (second.pk, 3)])
    Order.objects.update(currency=currency)
    OrderLine.objects.update(net=gross, tax=0, freight_net=0, freight_tax=0)

    preview = seen("orders.cancel", [order])

    left = share(gross, 1, 3, 3, currency) + share(gross, 3, 7, 7, currency)
    assert f"Up to {display(quantise(left, currency), currency)} is not taken" in preview.consequences[1]


def test_no_line_of_what_would_be_cancelled_is_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    order = placed({MUG: 2, VASE: 1})

    def refuse(*args: Any) -> None:
        raise AssertionError("a line was read")

    monkeypatch.setattr(OrderLine, "from_db", refuse)

    assert "3 units are free for others at once." in seen("orders.cancel", [order]).consequences


def test_a_cancellation_needs_its_reason() -> None:
    owner = person()
    job = prepared("orders.cancel", [placed({MUG: 1})], owner)
    with pytest.raises(Exception, match="reason"):
        preparing.start(job.pk, QueryDict("reason="), owner=owner, actor=Actor.of(owner))


def test_customers_whose_payment_failed_get_another_link() -> None:
    failed, fine = make_order(("tok_visa", "20.00")), placed({MUG: 1})
    Payment.objects.filter(order=failed).update(status="failed")
    preview = seen("orders.pay_again", [failed, fine])
    assert (preview.applies, preview.refused) == (1, 1)
    assert "€20.00 is asked for. What was tried before is given up." in preview.consequences
    job = done("orders.pay_again", [failed, fine])
    assert sorted(state for state, _words in told(job)) == ["done", "refused"]
    assert Payment.objects.get(order=failed).status == "pending"


LISTS = {
    "test.work": (FulfillmentOrder, "fulfillment.view", "location_id", "work.release"),
}


@pytest.fixture(autouse=True)
def lists() -> Any:
    """A list of work, each piece of one's own places."""
    for name, (model, permission, place, action) in LISTS.items():

        def mine(user: Any, model: Any = model, permission: str = permission, place: str = place) -> Any:
            places = locations_of(user, permission)
            return model.objects.all() if places is None else model.objects.filter(**{f"{place}__in": places})

        column = Column(name="id", label="Id", value=lambda row: row.pk, sort="id")
        registry.register(
            ListSpec(
                name=name, model=model, title=name, permission=permission, base=mine, columns=(column,), sort="id",
                bulk=(action,),
            )
        )  # fmt: skip
    yield
    for name in LISTS:
        del registry._known[name]


def test_safety_stock_is_set_at_ones_own_place_only(world: World) -> None:
    products = [world.variants[MUG], world.variants[CANDLE]]
    owner = person("warehouse", world.warehouse.pk)
    assert (
        seen("stock.safety", products, "stock").consequences[0] == "0 units of them are kept back now, over all places."
    )
    job = done("stock.safety", products, f"units=7&location={world.warehouse.pk}", owner=owner, list_name="stock")
    assert {words for _state, words in told(job)} == {"0 before, 7 now."}
    elsewhere = done("stock.safety", products, f"units=7&location={world.store.pk}", owner=owner, list_name="stock")
    assert {state for state, _words in told(elsewhere)} == {"refused"}
    kept = Stock.objects.filter(variant__in=products).values_list("location__code", "safety")
    assert set(kept) == {("DC-LYON", 7), ("SHOP-PARIS", 0)}
    other = prepared("stock.safety", products, person(), "stock")
    with pytest.raises(Invalid, match="units"):
        given = QueryDict(f"units=-1&location={world.store.pk}")
        preparing.start(other.pk, given, owner=other.owner, actor=Actor.of(other.owner))


@pytest.mark.parametrize(
    ("action", "given", "is_done"),
    [
        ("stock.fence", "units=5", lambda: set(Fence.objects.values_list("units", flat=True)) == {5}),
        ("stock.cap", "most=8", lambda: set(Cap.objects.values_list("most", flat=True)) == {8}),
        ("stock.withhold", "withheld=yes", lambda: Stock.objects.filter(withheld=True).count() == 2),
    ],
)
def test_limits_of_many_products_are_set_by_who_may_there(
    world: World, action: str, given: str, is_done: Callable[[], bool]
) -> None:
    products = [world.variants[MUG], world.variants[CANDLE]]
    given += f"&location={world.warehouse.pk}&channel={world.channel.pk}"
    refused = done(action, products, given, owner=person("planner", world.store.pk), list_name="stock")
    assert {state for state, _words in told(refused)} == {"refused"}
    assert seen(action, products, "stock").consequences == ["What is promised already stays promised."]
    job = done(action, products, given, owner=person("planner"), list_name="stock")
    assert {state for state, _words in told(job)} == {"done"}
    assert is_done()
    assert disagreements() == []


def opened(order: Order) -> Incident:
    return open_incident("no_label", about=order.pk, actor=Actor.of(person()))


def test_exceptions_are_given_to_somebody_and_settled() -> None:
    found = [opened(placed({MUG: 1})), opened(placed({MUG: 1}))]
    owner = person("clerk")
    given = done("incidents.assign", found, "to=me", owner=owner, list_name="exceptions")
    assert [state for state, _words in told(given)] == ["done", "done"]
    assert set(Incident.objects.values_list("assignee_id", flat=True)) == {owner.pk}
    assert set(given.rows.values_list("label", flat=True)) == set(Order.objects.values_list("number", flat=True))
    done("incidents.assign", found[:1], f"to={owner.pk}", list_name="exceptions")
    done("incidents.assign", found[1:], "to=nobody", list_name="exceptions")
    assert Incident.objects.filter(assignee=None).count() == 1
    settled = done("incidents.resolve", found, "resolution=label+by+hand", owner=owner, list_name="exceptions")
    assert [state for state, _words in told(settled)] == ["done", "done"]
    assert set(Incident.objects.values_list("resolution", "resolved_by")) == {("label by hand", "Mia")}
    assert seen("incidents.resolve", found, "exceptions").applies == 0
    again = done("incidents.assign", found, "to=me", owner=owner, list_name="exceptions")
    assert {words for _state, words in told(again)} == {"This exception is solved already."}


def test_exceptions_are_given_to_nobody_who_may_not_settle_them() -> None:
    found, packer, owner = [opened(placed({MUG: 1}))], person("warehouse"), person()
    job = prepared("incidents.assign", found, owner, "exceptions")
    for wanted in (packer.pk, "nonsense", 10**30):
        with pytest.raises(Invalid, match="to"):
            preparing.start(job.pk, QueryDict(f"to={wanted}"), owner=owner, actor=Actor.of(owner))
    with pytest.raises(Forbidden):
        prepared("incidents.assign", found, packer, "exceptions")


def test_planned_work_is_released_now() -> None:
    work = [FulfillmentOrder.objects.get(pk=pk) for pk in (*routed({MUG: 2})[1], *released({MUG: 1})[1])]
    preview = seen("work.release", work, "test.work")
    assert (preview.applies, preview.consequences) == (1, ["2 units can be picked at once."])
    job = done("work.release", work, list_name="test.work")
    assert sorted(state for state, _words in told(job)) == ["done", "refused"]
    assert set(FulfillmentOrder.objects.values_list("status", flat=True)) == {"released"}
    assert disagreements() == []


def test_a_clerk_without_the_right_cancels_nothing() -> None:
    order = placed({MUG: 1})
    for role in ("store", "warehouse", "finance"):
        with pytest.raises(Forbidden):
            prepared("orders.cancel", [order], person(role))
    assert states_of([order]) == ["placed"]


def test_people_of_a_place_act_on_its_orders_alone(world: World) -> None:
    """A clerk's right that holds at one shop only reaches the orders that this shop works on."""
    elsewhere = released({MUG: 1})[0]  # at Lyon
    owner = person("clerk", world.store.pk)
    with pytest.raises(Exception, match="None of these rows is there for you"):
        prepared("orders.hold", [elsewhere], owner)
    at_lyon = person("clerk", world.warehouse.pk)
    assert [state for state, _ in told(done("orders.hold", [elsewhere], "kind=manual&note=", owner=at_lyon))] == [
        "done"
    ]


@pytest.mark.parametrize("name", sorted(bulk.ACTIONS))
def test_every_action_says_what_it_does(name: str) -> None:
    action = bulk.ACTIONS[name]
    assert str(action.label) and str(action.title)
    assert action.confirm % {"n": 1} != action.confirm % {"n": 12}
    assert "12" in action.confirm % {"n": 12}
