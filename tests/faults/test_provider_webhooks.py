"""Webhooks come twice, late, in disorder, forged, never, or before our own commit: they are only a reason to look."""

from typing import Any

import httpx
import pytest

from core.actors import SYSTEM
from core.db import rows
from core.ids import new_id
from core.models import Event
from core.outbox import drain
from orders.models import Order
from payments import services
from payments.models import Payment, WebhookEvent
from payments.services import authorisations, webhooks
from tests.factories.provider import ProviderProcess, soon
from tests.faults import money
from tests.faults.money import (
    ASKING,
    HOOK,
    VISA,
    assert_all_is_well,
    calm,
    ordered,
    send,
    status_of,
    work_of,
)

FAULTS = ("twice", "late", "out_of_order", "forged", "never", "early")


def astray(fault: str) -> dict[str, Any]:
    """All webhooks go so."""
    return {"on": "webhook", "fault": fault, "seconds": 0.2}


def notices(order: Order) -> int:
    return Event.objects.filter(about=order.id, kind="payment.provider_notice").count()


def confirmed(bank: ProviderProcess, fault: str) -> tuple[Order, Payment]:
    """An order whose customer confirms at the bank, while its webhooks go astray."""
    order, payment = ordered(1, ASKING)
    bank.faults(astray(fault))
    drain()
    payment.refresh_from_db()
    httpx.post(payment.action_url, data={"result": "pass"})
    return order, payment


@pytest.mark.parametrize("fault", FAULTS)
def test_webhooks_gone_astray_do_no_harm(bank: ProviderProcess, fault: str) -> None:
    order, payment = confirmed(bank, fault)
    soon(lambda: _is_authorised(order))
    send(work_of(order)[0])
    calm(bank)
    assert bank.ledger(payment.id) == [("authorised", 1690), ("captured", 1690)]
    assert status_of(order)[1] == "captured"
    assert_all_is_well()


def _is_authorised(order: Order) -> bool:
    money.work_all()
    return status_of(order) == ("processing", "authorised")


def heard_twice(bank: ProviderProcess) -> int:
    """How many looks at the bank's account one message sent twice brings about."""
    order, payment = confirmed(bank, "never")
    bank.faults(astray("twice"))
    reference = Payment.objects.get(pk=payment.pk).provider_reference
    bank.client().v1.payment_intents.cancel(reference)
    soon(lambda: WebhookEvent.objects.filter(kind="payment_intent.canceled").exists() and bank.webhooks_are_out())
    drain()
    return notices(order)


def test_the_second_copy_of_a_message_is_dropped(bank: ProviderProcess) -> None:
    assert heard_twice(bank) == 1


def test_without_the_list_of_what_was_heard_each_copy_costs_a_look(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeat = webhooks.SEEN.replace("%(id)s, %(kind)s", "%(id)s || gen_random_uuid(), %(kind)s")
    monkeypatch.setattr(webhooks, "SEEN", repeat)
    assert heard_twice(bank) == 2


def forge(payment: Payment) -> int:
    """Somebody else says that the payment is over; returns what they are answered."""
    about = {"object": "payment_intent", "id": "pi_forged", "metadata": {"payment": str(payment.id)}}
    body = {"id": "evt_forged", "type": "payment_intent.succeeded", "data": {"object": about}}
    headers = {"Stripe-Signature": "t=1,v1=00"}
    return httpx.post(money.web() + HOOK, json=body, headers=headers).status_code


def test_a_forged_message_is_refused(bank: ProviderProcess) -> None:
    order, payment = confirmed(bank, "never")
    assert (forge(payment), notices(order), WebhookEvent.objects.count()) == (400, 0, 0)


def test_without_its_signature_a_forged_message_has_us_work(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.stripe.WebhookSignature, "verify_header", lambda *named: True)
    order, payment = confirmed(bank, "never")
    before = bank.calls("retrieve")
    assert (forge(payment), notices(order), WebhookEvent.objects.count()) == (200, 1, 1)
    drain()
    assert bank.calls("retrieve") == before + 1


def early_and_cut(bank: ProviderProcess) -> tuple[str, str]:
    """The message is here before the answer, which is lost; and the bank's search does not know of it yet."""
    order, _ = ordered(1, VISA)
    bank.faults(
        {"on": "create", "fault": "cut_after"}, {"on": "search", "fault": "500"}, {"on": "webhook", "fault": "early"}
    )
    drain()
    return status_of(order)


def test_a_message_before_the_answer_is_kept_and_used(bank: ProviderProcess) -> None:
    assert early_and_cut(bank) == ("processing", "authorised")
    calm(bank)
    assert bank.ledger() == [("authorised", 1690)]
    assert_all_is_well()


def test_without_what_the_message_names_a_lost_answer_is_waited_for(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_reference_in", lambda about: "")
    assert early_and_cut(bank) == ("on_hold", "unknown")


def before_the_commit(bank: ProviderProcess) -> int:
    """The bank speaks of a payment that is committed only afterwards; returns the notices that come of it."""
    order, payment = ordered(1)
    (wanted,) = rows(authorisations.WANTED, {"ids": [payment.pk], "statuses": ["pending"]})
    Payment.objects.filter(pk=payment.pk).delete()
    authorisations._ask(wanted)
    soon(lambda: bank.webhooks_tried() == 2 or bank.webhooks_are_out())
    payment.save(force_insert=True)
    soon(bank.webhooks_are_out)
    return notices(order)


def test_a_message_before_our_own_commit_comes_again_and_is_used(bank: ProviderProcess) -> None:
    assert before_the_commit(bank) == 2
    drain()
    assert Payment.objects.get().status == "authorised"
    calm(bank)
    assert bank.ledger() == [("authorised", 1690)]
    assert_all_is_well()


def test_a_message_that_is_taken_before_our_own_commit_is_lost(
    bank: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_is_young", lambda event, now: False)
    assert before_the_commit(bank) == 0
    drain()
    assert WebhookEvent.objects.count() == 2


def test_a_message_about_nobody_s_payment_is_not_asked_for_for_ever(bank: ProviderProcess) -> None:
    about = {"object": "payment_intent", "id": "pi_x", "metadata": {"payment": str(new_id())}}
    old = {"id": "evt_old", "type": "t", "created": 1_000_000_000, "data": {"object": about}}
    assert services.receive_stripe_webhook(*money.signed(old)) is True
    assert not Event.objects.filter(kind="payment.provider_notice").exists()


def test_a_payment_is_asked_for_once_however_often_its_order_is_handed_on(bank: ProviderProcess) -> None:
    _, payment = ordered(1)
    for _ in range(3):
        services.authorise([payment.pk], actor=SYSTEM)
    drain()
    assert bank.calls("create") == 1
    calm(bank)
    assert_all_is_well()
