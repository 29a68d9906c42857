"""The order's page while something about its payment is left to do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from core.outbox import drain
from fulfillment.amend import cancel
from notifications.models import Message
from orders.models import Channel, Order
from orders.tracking import token_of
from payments.models import Payment
from tests.factories.orders import PICKER, placed
from tests.factories.provider import KEY, ProviderProcess
from tests.factories.world import MUG, small_world
from tracking import views

pytestmark = pytest.mark.django_db
ASKING, DECLINED, VISA = "tok_threeDSecure2Required", "tok_chargeDeclined", "tok_visa"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderProcess]:
    process = ProviderProcess(Path(tmp_path_factory.mktemp("bank")) / "bank.sqlite3")
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def connected(bank: ProviderProcess, settings: Settings) -> Iterator[None]:
    settings.PROVIDER_URL, settings.PROVIDER_KEY = bank.url, KEY
    cache.clear()
    yield
    cache.clear()
    bank.faults()


def ordered(token: str) -> Order:
    small_world()
    order = placed({MUG: 1}, payments=[{"tender": "card", "amount": "16.90", "token": token}])
    drain()
    return order


def path(order: Order) -> str:
    return f"/t/{token_of(order.pk, order.tracking_version)}/"


def page_of(order: Order) -> str:
    return str(Client().get(path(order)).content.decode())


def pay(order: Order) -> Any:
    return Client().post(f"{path(order)}pay/")


def test_whose_bank_asks_is_led_there_or_takes_another_card() -> None:
    order = ordered(ASKING)
    page = page_of(order)
    assert "Your payment waits for you." in page and "We keep your order until " in page
    assert f'href="{Payment.objects.get().action_url}"' in page and "Confirm with your bank" in page
    assert "Pay with another card" in page
    assert "16.90" not in page  # nothing that the link alone should not tell


def test_whose_card_is_declined_takes_another_one() -> None:
    order = ordered(DECLINED)
    page = page_of(order)
    assert "Your payment did not go through." in page and "Pay with another card" in page
    answer = pay(order)
    payment = Payment.objects.get()
    assert (answer.status_code, payment.status, payment.attempt) == (200, "requires_action", 2)
    assert f'<meta http-equiv="refresh" content="0;url={payment.action_url}">' in answer.content.decode()
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert "Go to the payment page" in page_of(order)


def test_a_channel_that_waits_for_ever_names_no_limit() -> None:
    order = ordered(DECLINED)
    Channel.objects.update(payment_hours=None)
    assert "We keep your order until " not in page_of(order)


@pytest.mark.parametrize("token", [VISA, DECLINED])
def test_who_has_paid_or_cancelled_has_nothing_left_to_pay(token: str) -> None:
    order = ordered(token)
    if token == DECLINED:
        cancel(order.pk, actor=PICKER, reason="no longer wanted")
    assert "Finish your payment" not in page_of(order)
    answer = pay(order)
    assert (answer.status_code, answer.headers["location"]) == (303, path(order))
    assert Payment.objects.get().attempt == 1


def test_who_has_named_no_card_chooses_one_by_the_link_in_the_letter() -> None:
    small_world()
    order = placed({MUG: 1}, payments=[{"tender": "card", "amount": "16.90", "token": VISA}])
    Payment.objects.update(token="")
    drain()
    assert Payment.objects.get().status == "requires_action"
    assert f"/t/{token_of(order.pk, order.tracking_version)}/" in Message.objects.get(kind="payment_link").text
    page = page_of(order)
    assert "Go to the payment page" in page and "Pay with another card" not in page


def test_while_the_provider_is_away_the_customer_is_told(bank: ProviderProcess) -> None:
    order = ordered(DECLINED)
    bank.faults({"on": "*", "fault": "500"})
    answer = pay(order)
    assert answer.status_code == 503
    assert "The payment page cannot be opened just now." in answer.content.decode()
    assert "Your payment is being confirmed." in page_of(order)


def test_the_door_to_pay_opens_to_the_link_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    order = ordered(DECLINED)
    assert Client().get(f"{path(order)}pay/").status_code == 405
    assert Client().post("/t/nonsense/pay/").status_code == 404
    monkeypatch.setattr(views, "PAYS_PER_ORDER", 2)
    assert [pay(order).status_code for _ in range(3)] == [200, 200, 429]
    assert Payment.objects.get().attempt == 3
