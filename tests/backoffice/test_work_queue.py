"""What stopped is seen and decided about by managers and administrators."""

import pytest
from django.test import Client
from django.utils import timezone

from core import outbox
from core.invariants import disagreements
from core.models import Delivery, TimelineEntry
from notifications.models import Message
from orders.models import Order
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db
LETTER = "notifications.order_confirmation"


def stop(handler: str, error: str = "OSError: no paper") -> Order:
    """An order whose work for a handler stopped before it was done."""
    order = placed({MUG: 1})
    outbox.fan_out()
    Delivery.objects.filter(handler=handler, event__about=order.id).update(
        parked_at=timezone.now(), attempts=outbox.limits.MOST_ATTEMPTS, error=error
    )
    outbox.drain()
    return order


@pytest.fixture
def world() -> None:
    small_world()


@pytest.fixture
def manager(world: None) -> Client:
    return signed_in("manager")


@pytest.mark.parametrize(("role", "status"), [("clerk", 403), ("finance", 403), ("manager", 200), ("admin", 200)])
def test_managers_and_administrators_see_it(world: None, role: str, status: int) -> None:
    assert signed_in(role).get("/work-queue/").status_code == status


def test_an_empty_queue_says_so(manager: Client) -> None:
    assert "Nothing has stopped" in manager.get("/work-queue/").content.decode()
    assert "waits for a decision" not in manager.get("/").content.decode()


def test_what_stopped_is_shown_with_its_order_its_error_and_what_waits_behind_it(manager: Client) -> None:
    order = stop(LETTER)
    page = manager.get("/work-queue/").content.decode()
    for words in (f"/orders/{order.number}/", "Tell the customer: order received", "OSError: no paper", "10 attempts"):
        assert words in page
    assert "Stopped work" in signed_in("admin").get("/").content.decode()
    assert "Stopped work" not in signed_in("clerk").get("/").content.decode()


def test_one_is_tried_again_and_the_order_tells_who_did_it(manager: Client) -> None:
    order = stop(LETTER)
    other = stop(LETTER)
    (delivery,) = Delivery.objects.filter(handler=LETTER, event__about=order.id)
    answer = manager.post("/work-queue/again/", {"work": delivery.pk}, follow=True)
    assert "1 piece of work is tried again." in answer.content.decode()
    outbox.drain()
    assert Message.objects.get(kind="order_confirmation").about == order.id
    entry = TimelineEntry.objects.get(action="work.retry")
    assert (entry.about, entry.actor_kind) == (order.id, "user")
    assert "tries again: Tell the customer: order received" in manager.get(f"/orders/{order.number}/").content.decode()
    assert Delivery.objects.get(handler=LETTER, event__about=other.id).parked_at


def test_all_of_a_kind_are_tried_again(manager: Client) -> None:
    orders = [stop(LETTER) for _ in range(3)]
    other = stop("fulfillment.route")
    manager.post("/work-queue/again/", {"handler": LETTER})
    outbox.drain()
    assert set(Message.objects.values_list("about", flat=True)) >= {order.id for order in orders}
    assert Order.objects.get(id=other.id).status == "placed"
    manager.post("/work-queue/again/", {"handler": "fulfillment.route"})
    outbox.drain()
    assert disagreements() == []


def test_one_is_given_up_with_a_reason_that_is_kept(manager: Client) -> None:
    order = stop(LETTER)
    delivery = Delivery.objects.get(handler=LETTER)
    answer = manager.post("/work-queue/give-up/", {"work": delivery.pk, "reason": "told by telephone"}, follow=True)
    assert "1 piece of work is given up." in answer.content.decode()
    outbox.drain()
    delivery.refresh_from_db()
    assert (delivery.dropped, delivery.error) == ("told by telephone", "OSError: no paper")
    entry = TimelineEntry.objects.get(action="work.drop")
    assert (entry.about, entry.data["reason"]) == (order.id, "told by telephone")
    assert not Message.objects.exists()
    assert disagreements() == []


def test_nothing_is_given_up_in_silence(manager: Client) -> None:
    stop(LETTER)
    answer = manager.post("/work-queue/give-up/", {"work": Delivery.objects.get(handler=LETTER).pk}, follow=True)
    assert "Say why it is given up" in answer.content.decode()
    assert Delivery.objects.filter(handler=LETTER, done_at=None).exists()


def test_who_comes_second_is_told_so(manager: Client) -> None:
    stop(LETTER)
    work = {"work": Delivery.objects.get(handler=LETTER).pk, "reason": "twice"}
    manager.post("/work-queue/give-up/", work)
    for action in ("again", "give-up"):
        answer = manager.post(f"/work-queue/{action}/", work, follow=True)
        assert "Somebody else has decided about this already." in answer.content.decode()
    assert TimelineEntry.objects.filter(action__startswith="work.").count() == 1


@pytest.mark.parametrize("action", ["again", "give-up"])
def test_others_decide_nothing(world: None, action: str) -> None:
    stop(LETTER)
    work = {"work": Delivery.objects.get(handler=LETTER).pk, "reason": "no"}
    assert signed_in("clerk").post(f"/work-queue/{action}/", work).status_code == 403
    assert signed_in("manager").get(f"/work-queue/{action}/").status_code == 405
    assert Delivery.objects.get(handler=LETTER).parked_at
