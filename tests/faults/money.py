"""A shop with a bank that misbehaves: what the drills about the payment provider do again and again."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test.utils import override_settings

from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Incident
from core.outbox import drain
from fulfillment import floor, shipping
from fulfillment.models import FulfillmentOrder
from orders.models import Order, OrderLine
from payments import services
from payments.models import Payment, Transaction
from returns.services import Back, ReturnInput, receive_and_credit
from simulator.webhooks import signature
from tests.factories.orders import placed
from tests.factories.provider import KEY, ProviderProcess, served, soon
from tests.factories.world import MUG, small_world

SECRET = "whsec_drills"
HOOK = "/api/v1/webhooks/payments/stripe"
VISA, ASKING, DECLINED = "tok_visa", "tok_threeDSecure2Required", "tok_chargeDeclined"
TIMEOUT = 0.6
"""Seconds the application waits for an answer; the bank's silences are longer."""


@contextmanager
def shop_and_bank(folder: Path) -> Iterator[ProviderProcess]:
    """A small shop whose bank sends webhooks. Two mugs lie here and two there, so that an order of four is split."""
    small_world(stock=2, store_stock=2)
    with served() as address:
        bank = ProviderProcess(folder / "bank.sqlite3", webhook_url=address + HOOK, webhook_secret=SECRET)
        named = {"PROVIDER_URL": bank.url, "PROVIDER_KEY": KEY, "PROVIDER_WEBHOOK_SECRET": SECRET, "WEB_URL": address}
        with override_settings(**named, PROVIDER_TIMEOUT=TIMEOUT):
            yield bank
        bank.stop()


def ordered(units: int = 1, token: str = VISA) -> tuple[Order, Payment]:
    """An order paid by card that nobody has asked the bank about yet."""
    total = f"{units * 12 + 4.90:.2f}"
    payment = {"tender": "card", "amount": total, "token": token}
    order = placed({MUG: units}, payments=[payment])
    return order, Payment.objects.get(order=order)


def work_of(order: Order) -> list[FulfillmentOrder]:
    """What the locations have to send, the oldest first."""
    return list(FulfillmentOrder.objects.filter(order=order).exclude(status="cancelled").order_by("id"))


def send(work: FulfillmentOrder) -> None:
    """One location picks, packs and ships."""
    floor.pick_all([work.id], actor=SYSTEM)
    floor.pack([work.id], actor=SYSTEM)
    shipping.ship([work.id], actor=SYSTEM)


def bring_back(order: Order, units: int = 1) -> None:
    """The customer returns some."""
    line = OrderLine.objects.get(order=order, sku=MUG)
    receive_and_credit([ReturnInput(order.pk, [Back(line.pk, units, "sellable", "does not please")])], actor=SYSTEM)


def calm(bank: ProviderProcess) -> None:
    """No more faults: the relay, the workers and the watch over what is open come round until nothing is."""
    bank.faults()
    soon(_comes_to_rest)


def work_all() -> None:
    """The relay, the workers and the watch over what is open come round once."""
    drain()
    services.settle_unknown(actor=SYSTEM)
    drain()


def _comes_to_rest() -> bool:
    work_all()
    unsettled = Transaction.objects.filter(status__in=("pending", "unknown"))
    lost = Payment.objects.filter(status__in=("pending", "unknown"))
    return not unsettled.exists() and not lost.exists()


def later(**time: float) -> None:
    """Time passes for all that waits for it."""
    gone = timedelta(**time)
    for payment in Payment.objects.all():
        payment.created_at -= gone
        payment.asked_at = payment.asked_at and payment.asked_at - gone
        payment.attempted_at = payment.attempted_at and payment.attempted_at - gone
        payment.save(update_fields=["created_at", "asked_at", "attempted_at"])
    for moved in Transaction.objects.all():
        moved.created_at -= gone
        moved.asked_at = moved.asked_at and moved.asked_at - gone
        moved.save(update_fields=["created_at", "asked_at"])
    for order in Order.objects.all():
        for hold in order.holds.all():
            hold.opened_at -= gone
            hold.save(update_fields=["opened_at"])


def status_of(order: Order) -> tuple[str, str]:
    """The order's state, and that of its payment."""
    order.refresh_from_db()
    return order.status, Payment.objects.get(order=order).status


def assert_all_is_well() -> None:
    """The books agree with each other and with the bank, and nobody has to look after anything."""
    assert disagreements() == []
    assert not Incident.objects.filter(kind="payment_failed", resolved_at=None).exists()


def web() -> str:
    """The shop's own address."""
    return str(settings.WEB_URL)


def signed(event: dict[str, Any]) -> tuple[bytes, str]:
    """A message and its signature, as the bank sends them."""
    body = json.dumps(event)
    return body.encode(), signature(SECRET, body, at=int(time.time()))
