"""The broker is emptied, stopped, started again or full while work goes through it: nothing is lost with it."""

from core.invariants import disagreements
from fulfillment.models import FulfillmentOrder
from notifications.models import Message
from orders.models import Order
from tests.factories.orders import placed
from tests.factories.world import MUG
from tests.faults.workers import Broker, Clock, Worker, all_done

BURST = 4
HANDS_OUT, WORKS = "relay", "work,providers,mail"


def burst() -> list[Order]:
    return [placed({MUG: 1}) for _ in range(BURST)]


def handed_out(broker: Broker, clock: Clock) -> None:
    """The relay has put work into the broker, which nobody has taken from it."""
    assert clock.wait_for(lambda: broker.length("work") and broker.length("mail") > 1)


def is_looked_after(worker: Worker) -> bool:
    """Celery gives up when its broker refuses; whoever runs it starts it again, as the launcher does."""
    if worker.died() is not None:
        worker.start()
    return True


def each_routed_once(orders: list[Order]) -> None:
    assert list(Order.objects.values_list("status", flat=True)) == ["processing"] * len(orders)
    assert FulfillmentOrder.objects.filter(status="released").count() == len(orders)
    assert Message.objects.filter(kind="order_confirmation").count() == len(orders)
    assert disagreements() == []


def test_an_emptied_stopped_and_restarted_broker_loses_no_order(
    broker: Broker, clock: Clock, worker: Worker, second_worker: Worker
) -> None:
    worker.start(queues=HANDS_OUT)
    orders = burst()
    handed_out(broker, clock)
    broker.flush()
    orders += burst()
    handed_out(broker, clock)
    broker.stop()
    orders += burst()  # taken as if nothing were
    second_worker.start(queues=WORKS)
    broker.start()
    assert clock.wait_for(all_done)
    each_routed_once(orders)


def test_a_broker_that_is_full_refuses_work_and_gets_it_later(broker: Broker, clock: Clock, worker: Worker) -> None:
    worker.start()
    orders = burst()
    assert clock.wait_for(all_done)
    broker.allow("1")
    orders += burst()
    broker.allow("0")
    assert clock.wait_for(lambda: is_looked_after(worker) and all_done())
    each_routed_once(orders)


def test_work_that_is_only_in_the_broker_is_gone_with_it(
    broker: Broker, clock: Clock, worker: Worker, second_worker: Worker
) -> None:
    """The relay hands out once and never looks again, as if the message itself were the work."""
    worker.start(queues=HANDS_OUT, protection="found again by a query")
    orders = burst()
    handed_out(broker, clock)
    broker.flush()
    second_worker.start(queues=WORKS)
    orders += burst()
    later = Order.objects.filter(id__in=[order.id for order in orders[BURST:]])
    assert clock.wait_for(lambda: not later.exclude(status="processing").exists())
    assert not clock.wait_for(all_done, seconds=2)
    assert Order.objects.filter(status="placed").count() == BURST
