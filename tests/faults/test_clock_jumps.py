"""A machine's clock jumps: what is leased stays leased, what was answered is remembered, nothing happens twice."""

import json
import time
from datetime import timedelta

import pytest
import stripe
from django.utils import timezone
from pytest_django.fixtures import Settings

from capture.services import place_order
from core import idempotency, outbox
from core.actors import SYSTEM
from core.db import run
from core.invariants import disagreements
from core.models import Delivery, IdempotencyKey
from core.outbox import relay
from core.problems import BadRequest
from fulfillment.models import FulfillmentOrder
from orders.models import Order
from payments.models import WebhookEvent
from payments.services import receive_stripe_webhook
from tests.factories.orders import placed
from tests.factories.world import MUG, order_body, small_world
from tests.faults.clock import off_by

pytestmark = pytest.mark.django_db

JUMPS = [timedelta(days=8), timedelta(days=-8), timedelta(hours=1), timedelta(hours=-1)]


@pytest.fixture(autouse=True)
def world() -> None:
    small_world()


def place() -> str:
    answer = place_order(order_body(), client="shop", key="once", digest="", actor=SYSTEM)
    return str(answer.body["number"])


@pytest.mark.parametrize("jump", JUMPS)
def test_what_is_leased_stays_leased_and_is_done_once(jump: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    placed({MUG: 1})
    outbox.fan_out()
    leased = outbox.claim()
    off_by(monkeypatch, jump)
    assert leased
    assert outbox.claim() == []
    for each in leased:
        outbox.deliver(each.handler, each.ids, each.claim)
    outbox.drain()
    assert not Delivery.objects.filter(done_at=None).exists()
    assert FulfillmentOrder.objects.count() == 1
    assert disagreements() == []


@pytest.mark.parametrize("jump", JUMPS)
def test_work_that_a_wrong_clock_has_noted_is_done_at_once(jump: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as wrong:
        off_by(wrong, jump)
        order = placed({MUG: 1})
    outbox.drain()
    order.refresh_from_db()
    assert order.status == "processing"
    assert disagreements() == []


def test_by_the_machines_own_clock_a_jump_would_lease_the_work_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    placed({MUG: 1})
    outbox.fan_out()
    assert outbox.claim()
    off_by(monkeypatch, timedelta(hours=1))
    own = relay.DUE.replace("statement_timestamp()", f"timestamptz '{timezone.now().isoformat()}'")
    monkeypatch.setattr(relay, "DUE", own)
    assert outbox.claim()


@pytest.mark.parametrize("jump", JUMPS)
def test_a_repeat_is_known_again_after_any_jump(jump: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as wrong:
        off_by(wrong, jump)
        number = place()
    assert idempotency.forget_old() == 0
    off_by(monkeypatch, jump)
    assert idempotency.forget_old() == 0
    assert place() == number
    assert Order.objects.count() == 1
    assert disagreements() == []


def test_an_answer_is_forgotten_after_its_seven_days() -> None:
    place()
    IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.KEPT + timedelta(minutes=1))
    assert idempotency.forget_old() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.KEPT - timedelta(minutes=1))
    assert idempotency.forget_old() == 1


def test_by_the_machines_own_clock_a_jump_would_place_the_order_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    number = place()
    off_by(monkeypatch, timedelta(days=8))
    run("DELETE FROM core_idempotencykey WHERE created_at < %(before)s", {"before": timezone.now() - idempotency.KEPT})
    assert place() != number
    assert Order.objects.count() == 2


def test_what_the_provider_tells_a_machine_with_a_wrong_clock_is_sent_back_and_taken_later(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.PROVIDER_WEBHOOK_SECRET = "whsec_clock"
    about = {"object": "charge", "id": "ch_of_somebody_else"}
    body = json.dumps({"id": "evt_1", "object": "event", "type": "charge.updated", "data": {"object": about}})
    at = int(time.time())
    signed = f"t={at},v1={stripe.WebhookSignature._compute_signature(f'{at}.{body}', 'whsec_clock')}"
    with monkeypatch.context() as wrong, pytest.raises(BadRequest):
        wrong.setattr(time, "time", lambda: at + 3600.0)
        receive_stripe_webhook(body.encode(), signed)
    assert not WebhookEvent.objects.exists()
    assert receive_stripe_webhook(body.encode(), signed)
    assert not receive_stripe_webhook(body.encode(), signed)
