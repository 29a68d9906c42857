"""A worker is killed at each step of its work: the work is resumed, its effects happen once, the books are straight."""

import signal
from collections import Counter

from core import outbox
from core.invariants import disagreements
from core.models import TimelineEntry
from fulfillment import floor, shipping
from fulfillment.models import FulfillmentOrder
from notifications.models import Message
from orders.models import Order
from payments.models import Payment
from tests.factories.mailserver import MailServer
from tests.factories.orders import PICKER, placed
from tests.factories.provider import ProviderProcess
from tests.factories.world import MUG
from tests.faults.workers import Clock, Worker, all_done
from tests.payments.money import intents_of

CARD = [{"tender": "card", "amount": "28.90", "token": "tok_visa"}]
KILLED = -signal.SIGKILL

ROUTE = [
    "after core.outbox:fan_out",  # the facts have their deliveries, which nobody was given
    "before core.tasks:_hand_out",  # claimed, and given to nobody
    "before fulfillment.route",
    "after fulfillment.routing:_allocate",  # everything is written, nothing committed
    "after fulfillment.route",  # committed, and not yet known to be done
    "after core.outbox:deliver of fulfillment.route",  # done, and the broker was not told
]
RELEASE = [
    "before fulfillment.release",
    "after fulfillment.release",  # written, not committed
    "after core.outbox:deliver of fulfillment.release",
]
AUTHORISE = [
    "before payments.authorise",
    "after payments.providers.stripe:Stripe.authorise",  # the provider has promised the money, nobody here knows
    "after payments.authorise",
    "after core.outbox:deliver of payments.authorise",
]
CAPTURE = [
    "before payments.capture",
    "after payments.providers.stripe:Stripe.capture",  # the provider has the money, nobody here knows
    "after payments.services.captures:book_captured",
    "after payments.capture",
    "after core.outbox:deliver of payments.capture",
]
NOTIFY = [
    "before notifications.order_confirmation",
    "after notifications.order_confirmation",  # the letter is written, not committed
    "after core.outbox:deliver of notifications.order_confirmation",
    "before notifications.services:EmailMultiAlternatives.send",
]


def kill_at(point: str, worker: Worker, clock: Clock, **life: str) -> None:
    """A life that ends at the point; that it ended by the signal shows that the point was reached."""
    worker.start(point=point, **life)
    ends: list[int] = []
    assert clock.wait_for(lambda: ends.append(end) if (end := worker.died()) is not None else ends), point
    assert ends == [KILLED]


def live_on(worker: Worker, clock: Clock) -> None:
    """Another worker finds everything that was begun, and finishes it."""
    worker.start()
    assert clock.wait_for(all_done)
    worker.kill()


def each_once(orders: list[Order]) -> None:
    """Every order is in work, once, and its customer was told once."""
    ids = [order.id for order in orders]
    assert list(Order.objects.filter(id__in=ids).values_list("status", flat=True)) == ["processing"] * len(ids)
    work = FulfillmentOrder.objects.values_list("order_id", "status")
    assert sorted(work) == sorted((i, "released") for i in ids)
    told = TimelineEntry.objects.filter(action__in=("order.routed", "message.order_confirmation"))
    assert set(Counter(told.values_list("about", "action")).values()) == {1}
    assert Message.objects.filter(kind="order_confirmation").count() == len(ids)
    assert disagreements() == []


def test_an_order_is_routed_and_released_once_wherever_its_worker_is_killed(worker: Worker, clock: Clock) -> None:
    orders = []
    for point in [*ROUTE, *RELEASE]:
        orders.append(placed({MUG: 1}))
        kill_at(point, worker, clock)
    live_on(worker, clock)
    each_once(orders)


def test_a_killed_process_of_a_pool_loses_nothing_either(worker: Worker, clock: Clock) -> None:
    """The worker lives on and gives the message back, which by then is nobody's: the lease decides."""
    orders = [placed({MUG: 1}) for _ in range(3)]
    worker.start(point="after fulfillment.route", pool="prefork")
    routed = FulfillmentOrder.objects.filter(order__in=orders)
    assert clock.wait_for(lambda: routed.count() == 3)
    worker.kill()
    live_on(worker, clock)
    each_once(orders)


def test_the_money_of_an_order_is_promised_and_taken_once_wherever_the_worker_is_killed(
    worker: Worker, clock: Clock, provider: ProviderProcess
) -> None:
    orders = []
    for point in AUTHORISE:
        orders.append(placed({MUG: 2}, payments=CARD))
        kill_at(point, worker, clock)
    live_on(worker, clock)
    for order, point in zip([*orders, placed({MUG: 2}, payments=CARD)], CAPTURE, strict=True):
        ship(order)
        kill_at(point, worker, clock)
    live_on(worker, clock)
    for payment in Payment.objects.all():
        assert (payment.status, payment.captured) == ("captured", payment.amount)
        (intent,) = intents_of(provider.client(), payment)
        assert intent.amount_received == payment.amount * 100
    assert disagreements() == []


def ship(order: Order) -> None:
    """Everything of it leaves."""
    outbox.drain()
    work = list(FulfillmentOrder.objects.filter(order=order).values_list("id", flat=True))
    floor.pick_all(work, actor=PICKER)
    floor.pack(work, actor=PICKER)
    shipping.ship(work, actor=PICKER)


def test_a_customer_is_told_once_wherever_the_worker_is_killed(
    worker: Worker, clock: Clock, mail_server: MailServer
) -> None:
    orders = []
    for point in NOTIFY:
        orders.append(placed({MUG: 1}))
        kill_at(point, worker, clock)
    live_on(worker, clock)
    worker.start()
    assert clock.wait_for(lambda: not Message.objects.filter(sent_at=None).exists())
    assert len(mail_server.letters) == len(orders)
    each_once(orders)


def test_a_letter_that_was_sent_when_its_worker_was_killed_comes_again_under_the_same_name(
    worker: Worker, clock: Clock, mail_server: MailServer
) -> None:
    """No mail server can be asked whether it has a letter; readers fold those of one Message-ID together."""
    order = placed({MUG: 1})
    kill_at("after notifications.services:EmailMultiAlternatives.send", worker, clock)
    live_on(worker, clock)
    worker.start()
    assert clock.wait_for(lambda: not Message.objects.filter(sent_at=None).exists())
    assert len(mail_server.letters) == 2
    assert len({letter["Message-ID"] for letter in mail_server.letters}) == 1
    each_once([order])


def test_work_that_is_done_before_its_effect_is_lost_with_its_worker(worker: Worker, clock: Clock) -> None:
    order = placed({MUG: 1})
    kill_at("before fulfillment.route", worker, clock, protection="done after the effect")
    live_on(worker, clock)
    assert Order.objects.get(id=order.id).status == "placed"
    assert not FulfillmentOrder.objects.exists()


def test_work_whose_lease_never_ends_is_stuck_with_its_worker(worker: Worker, clock: Clock) -> None:
    order = placed({MUG: 1})
    kill_at("before fulfillment.route", worker, clock, protection="found again by a query")
    worker.start()
    assert clock.wait_for(lambda: Message.objects.filter(about=order.id).exists())
    assert not clock.wait_for(all_done, seconds=3)
    assert Order.objects.get(id=order.id).status == "placed"


def test_money_that_is_asked_for_under_a_new_key_is_promised_twice(
    worker: Worker, clock: Clock, provider: ProviderProcess
) -> None:
    placed({MUG: 2}, payments=CARD)
    kill_at("after payments.providers.stripe:Stripe.authorise", worker, clock, protection="the same key")
    worker.start(protection="the same key")
    assert clock.wait_for(all_done)
    assert len(intents_of(provider.client(), Payment.objects.get())) == 2
