"""What is offered on the order page, against the tables of transitions and against what the services really do."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from backoffice import order_actions, order_page
from backoffice.order_actions import Facts, offered
from core.actors import SYSTEM
from core.incidents import open_incident
from core.models import Grant
from core.permissions import allows
from core.problems import Problem
from fulfillment import amend
from fulfillment.selectors import of_orders
from orders.holds import open_hold
from orders.models import Order
from orders.selectors import by_number
from orders.states import ORDER_ACTIONS, ORDER_STATES
from payments.models import Payment
from payments.providers import online_tenders
from payments.selectors import payments_of
from payments.services import pay_again
from payments.states import PAYMENT
from returns.selectors import of_orders as returns_of
from returns.services import Asked, Back, ReturnInput, receive_and_credit, request_return
from tests.factories.orders import packed, placed, released, routed, shipped
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
ALL = {
    "note", "hold", "release", "pay_link", "resolve", "resend", "contact", "papers", "take_back", "receive", "again", "cancel",
}  # fmt: skip


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def manager(world: World) -> object:
    user = get_user_model().objects.create_user("manager")
    Grant.objects.create(user=user, role="manager")
    return user


def facts_of(order: Order) -> Facts:
    found = by_number(order.number)
    assert found
    work = of_orders([found.pk]).get(found.pk, [])
    return Facts(
        found,
        order_page.line_rows(found, work),
        payments_of([found.pk])[found.pk],
        order_page.parcels(work),
        returns_of([found.pk]).get(found.pk, []),
    )


def cancelled() -> Order:
    order = placed({MUG: 2})
    amend.cancel(order.pk, actor=SYSTEM, reason="twice")
    return order


def held() -> Order:
    order = placed({MUG: 2})
    open_hold([order.pk], "manual", actor=SYSTEM)
    return order


def came_back(world: World) -> Order:
    order, _ = shipped({MUG: 1})
    back = Back(order.lines.get().pk, 1, "sellable", "")
    receive_and_credit([ReturnInput(order.pk, [back])], actor=SYSTEM, location_id=world.warehouse.pk)
    return order


def shown(facts: Facts, user: Any) -> dict[str, Any]:
    """What is offered to somebody whose rights hold everywhere."""
    return offered(facts, user, partial(allows, user))


SITUATIONS: dict[str, Callable[[World], Order]] = {
    "placed": lambda world: placed({MUG: 2}),
    "held": lambda world: held(),
    "routed": lambda world: routed({MUG: 2})[0],
    "released": lambda world: released({MUG: 2, CANDLE: 1})[0],
    "packed": lambda world: packed({MUG: 2})[0],
    "shipped": lambda world: shipped({MUG: 2})[0],
    "came back": came_back,
    "cancelled": lambda world: cancelled(),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_offered_is_what_the_services_do(name: str, world: World, manager: object) -> None:
    order = SITUATIONS[name](world)
    actions = shown(facts_of(order), manager)
    assert set(actions) == ALL

    assert tried(lambda: open_hold([order.pk], "address", actor=SYSTEM)) == (not actions["hold"].why)
    assert tried(lambda: amend.cancel(order.pk, actor=SYSTEM, reason="x")) == (not actions["cancel"].why)
    line = order.lines.order_by("position")[0]
    back = ReturnInput(order.pk, [Back(line.pk, 1, "sellable", "")])
    received = tried(lambda: receive_and_credit([back], actor=SYSTEM, location_id=world.warehouse.pk))
    assert received == (not actions["take_back"].why)


def tried(act: Callable[[], object]) -> bool:
    """Whether the service does it; nothing of it stays."""
    try:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
    except Problem:
        return False
    return True


@pytest.mark.parametrize("state", ORDER_STATES)
def test_every_state_of_an_order_allows_or_says_why_not(state: str, world: World, manager: object) -> None:
    order = by_number(placed({MUG: 1}).number)
    assert order
    order.status = state
    actions = shown(Facts(order, order_page.line_rows(order, [])), manager)

    assert bool(actions["hold"].why) == (state not in ORDER_ACTIONS["hold"])
    assert all(action.why == action.why.strip() for action in actions.values())
    for name in ("release", "pay_link", "resolve", "resend", "papers", "take_back", "receive"):
        assert actions[name].why, name


@pytest.mark.parametrize("state", sorted({s for sources, end in PAYMENT.table.values() for s in (*sources, end)}))
def test_a_payment_link_is_offered_by_the_table_of_payments(state: str, world: World, manager: object) -> None:
    order = placed({MUG: 1})
    payment = Payment(order=order, tender=online_tenders()[0], status=state, amount=1, currency="EUR")
    facts = Facts(order, [], [payment])

    allowed = not shown(facts, manager)["pay_link"].why

    assert allowed == (state in PAYMENT.table["ask_again"][0])
    Payment.objects.filter(order=order).update(tender=payment.tender, status=state)
    real = Payment.objects.filter(order=order).first()
    if real:
        assert tried(lambda: pay_again(real.pk, actor=SYSTEM)) == allowed


def test_an_announced_return_can_be_received_until_it_is(world: World, manager: object) -> None:
    order, _ = shipped({MUG: 2})
    assert shown(facts_of(order), manager)["receive"].why == "No return is announced."
    announced = request_return(order.pk, [Asked(order.lines.get().pk, 1, "blue")], actor=SYSTEM)
    assert not shown(facts_of(order), manager)["receive"].why
    receive_and_credit([announced.pk], actor=SYSTEM, location_id=world.warehouse.pk, conditions={})
    assert shown(facts_of(order), manager)["receive"].why == "What was announced has been received."


def test_an_open_exception_can_be_settled(world: World, manager: object) -> None:
    order = placed({MUG: 1})
    incident = open_incident("backorder", about=order.pk, actor=SYSTEM)

    facts = order_actions.Facts(order, [], incidents=[incident])

    assert not shown(facts, manager)["resolve"].why


def test_who_may_do_nothing_is_offered_nothing(world: World) -> None:
    nobody = get_user_model().objects.create_user("nobody")

    assert shown(facts_of(placed({MUG: 1})), nobody) == {}
