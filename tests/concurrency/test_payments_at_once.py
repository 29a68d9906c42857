"""The same money asked for by several workers at once moves once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from core.actors import SYSTEM
from core.models import Event
from orders.models import Order
from payments import services
from payments.models import Payment, Transaction
from tests.factories.payments import make_order, ship_units, take_back
from tests.factories.provider import KEY, ProviderProcess
from tests.payments.money import amounts, assert_books_agree, intents_of, statuses

WORKERS = 6


@pytest.fixture
def provider(fresh_database: str, tmp_path: Path, settings: Settings) -> Iterator[ProviderProcess]:
    """A database where commits are real, and a simulator."""
    process = ProviderProcess(tmp_path / "provider.sqlite3")
    settings.PROVIDER_URL, settings.PROVIDER_KEY = process.url, KEY
    yield process
    process.stop()


def at_once(act: Callable[[], list[UUID]]) -> list[UUID]:
    """Do it in several threads, each with a connection of its own; all that they say was newly done."""
    barrier = Barrier(WORKERS)

    def run() -> list[UUID]:
        try:
            barrier.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(run) for _ in range(WORKERS)]
    return [done for future in futures for done in future.result()]


def ids(order: Order, kind: str) -> list[UUID]:
    return list(Transaction.objects.filter(payment__order=order, kind=kind).values_list("id", flat=True))


def test_six_workers_authorise_capture_and_refund_once(provider: ProviderProcess) -> None:
    order = make_order(("tok_visa", "100.00"))
    payment = Payment.objects.get(order=order)
    assert at_once(lambda: services.authorise([payment.id], actor=SYSTEM)) == [payment.id]
    assert statuses(order) == ["authorised"]

    ship_units(order, 10)
    assert at_once(lambda: services.capture(ids(order, "capture"), actor=SYSTEM)) == ids(order, "capture")
    take_back(order, "40.00")
    assert at_once(lambda: services.refund(ids(order, "refund"), actor=SYSTEM)) == ids(order, "refund")

    assert amounts(order) == [(100, 40)]
    (intent,) = intents_of(provider.client(), payment)
    assert intent.amount_received == 10_000
    kinds = list(Event.objects.filter(about=order.id).values_list("kind", flat=True))
    assert [kinds.count(k) for k in ("order.ready", "payment.captured", "payment.refunded")] == [1, 1, 1]
    assert_books_agree()


def test_a_provider_that_dies_under_work_moves_nothing_twice(provider: ProviderProcess) -> None:
    orders = [make_order(("tok_visa", "10.00")) for _ in range(12)]
    payments = [Payment.objects.get(order=order).id for order in orders]
    services.authorise(payments[:6], actor=SYSTEM)
    provider.kill()
    services.authorise(payments[6:], actor=SYSTEM)
    assert {s for order in orders[6:] for s in statuses(order)} == {"unknown"}
    provider.start()
    at_once(lambda: payments[: services.settle_unknown(actor=SYSTEM)])
    assert {s for order in orders for s in statuses(order)} == {"authorised"}
    listed = provider.client().v1.payment_intents.list({"limit": 100}).data
    assert len(listed) == 12
    assert_books_agree()
