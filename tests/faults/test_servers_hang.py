"""A payment provider or a mail server hangs: orders that need neither go on, because each has workers of its own."""

import socket
from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest

from core.models import Delivery
from notifications.models import Message
from orders.models import Order
from tests.factories.mailserver import MailServer
from tests.factories.orders import placed
from tests.factories.world import MUG
from tests.faults.workers import QUEUES, Clock, Worker

CARD = [{"tender": "card", "amount": "28.90", "token": "tok_visa"}]
TOO_LONG = 3
"""Seconds; the time-out of either server is ten."""


class Hanging:
    """It takes every call and never says a word."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.called = Event()
        self.calls: list[socket.socket] = []
        Thread(target=self._take_calls, daemon=True).start()

    def _take_calls(self) -> None:
        while True:
            try:
                self.calls.append(self.server.accept()[0])
            except OSError:
                return
            self.called.set()


@pytest.fixture
def hanging_provider(surroundings: dict[str, str]) -> Iterator[Hanging]:
    hanging = Hanging()
    surroundings["PROVIDER_URL"] = hanging.url
    yield hanging
    hanging.server.close()


def is_routed(order: Order) -> Callable[[], bool]:
    return lambda: Order.objects.get(id=order.id).status == "processing"


@pytest.mark.parametrize("workers", [("relay,work", "providers,mail"), (QUEUES, "")], ids=["apart", "together"])
def test_a_provider_that_hangs_holds_up_others_only_where_all_work_is_in_one_queue(
    workers: tuple[str, str], hanging_provider: Hanging, worker: Worker, second_worker: Worker, clock: Clock
) -> None:
    start(workers, worker, second_worker)
    placed({MUG: 2}, payments=CARD)
    assert clock.wait_for(hanging_provider.called.is_set)
    assert clock.wait_for(is_routed(placed({MUG: 1})), seconds=TOO_LONG) == bool(workers[1])
    assert Delivery.objects.filter(handler="payments.authorise", done_at=None, attempts=1).count() == 1


@pytest.mark.parametrize("workers", [("relay,work", "mail"), (QUEUES, "")], ids=["apart", "together"])
def test_a_mail_server_that_hangs_holds_up_others_only_where_all_work_is_in_one_queue(
    workers: tuple[str, str], mail_server: MailServer, worker: Worker, second_worker: Worker, clock: Clock
) -> None:
    mail_server.answers.clear()
    start(workers, worker, second_worker)
    placed({MUG: 1})
    assert clock.wait_for(lambda: mail_server.callers)
    assert clock.wait_for(is_routed(placed({MUG: 1})), seconds=TOO_LONG) == bool(workers[1])
    assert not Message.objects.exclude(sent_at=None).exists()


def start(workers: tuple[str, str], *lives: Worker) -> None:
    for queues, worker in zip(workers, lives, strict=True):
        if queues:
            worker.start(queues=queues)
