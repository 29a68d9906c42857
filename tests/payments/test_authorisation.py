import httpx
import pytest
import stripe
from django.db import transaction
from pytest_django.fixtures import Settings

from core.actors import SYSTEM
from core.models import Event, Incident
from core.outbox import drain
from orders.models import Hold, Order
from payments import services
from payments.models import Payment
from tests.factories.payments import cancel_units, make_order, make_payment
from tests.factories.provider import LossyLine
from tests.payments.money import assert_books_agree, intents_of, statuses


def events_of(order: Order) -> list[str]:
    return list(Event.objects.filter(about=order.id).order_by("id").values_list("kind", flat=True))


def holds_of(order: Order) -> list[str]:
    return list(Hold.objects.filter(order=order, status="open").values_list("kind", flat=True))


def test_a_placed_order_is_authorised_and_its_hold_released() -> None:
    order = make_order(("tok_visa", "20.20"))
    drain()
    assert (statuses(order), holds_of(order)) == (["authorised"], [])
    assert {"payment.authorised", "order.ready"} <= set(events_of(order))
    assert_books_agree()


def test_the_hold_stays_until_all_payments_are_authorised() -> None:
    order = make_order(("tok_visa", "20.00"), ("tok_threeDSecure2Required", "5.00"))
    drain()
    assert (statuses(order), holds_of(order)) == (["authorised", "requires_action"], ["payment"])


def test_a_decline_leaves_the_order_held_and_opens_an_incident() -> None:
    order = make_order(("tok_chargeDeclined", "20.00"))
    drain()
    assert (statuses(order), holds_of(order)) == (["failed"], ["payment"])
    incident = Incident.objects.get(about=order.id, kind="payment_failed", resolved_at=None)
    assert incident.data["error"] == "Your card was declined."
    assert "order.ready" not in events_of(order)
    assert_books_agree()


def test_another_payment_after_a_decline_frees_the_order() -> None:
    order = make_order(("tok_chargeDeclined", "20.00"))
    drain()
    payment = make_payment(order, "tok_visa", "20.00")
    services.authorise([payment.id], actor=SYSTEM)
    assert holds_of(order) == []
    assert not Incident.objects.filter(about=order.id, resolved_at=None).exists()


def test_an_unknown_card_is_a_decline() -> None:
    order = make_order(("tok_nonsense", "20.00"))
    drain()
    assert statuses(order) == ["failed"]
    assert "No such token" in Payment.objects.get(order=order).error


def test_authorising_twice_does_nothing_the_second_time(client_of_provider: stripe.StripeClient) -> None:
    order = make_order(("tok_visa", "20.00"))
    payment = Payment.objects.get(order=order)
    assert services.authorise([payment.id], actor=SYSTEM) == [payment.id]
    before = events_of(order)
    assert services.authorise([payment.id], actor=SYSTEM) == []
    assert events_of(order) == before
    assert len(intents_of(client_of_provider, payment)) == 1


def test_a_lost_answer_is_unknown_and_settled_with_the_same_key(
    line: LossyLine, client_of_provider: stripe.StripeClient
) -> None:
    order = make_order(("tok_visa", "20.00"))
    payment = Payment.objects.get(order=order)
    line.is_cut = True
    drain()
    assert (statuses(order), holds_of(order)) == (["unknown"], ["payment"])
    assert services.settle_unknown(actor=SYSTEM) == 0
    line.is_cut = False
    assert services.settle_unknown(actor=SYSTEM) == 1
    assert (statuses(order), holds_of(order)) == (["authorised"], [])
    assert len(intents_of(client_of_provider, payment)) == 1
    assert_books_agree()


def test_a_worker_killed_between_call_and_record_is_repaired(
    monkeypatch: pytest.MonkeyPatch, client_of_provider: stripe.StripeClient
) -> None:
    order = make_order(("tok_visa", "20.00"))
    payment = Payment.objects.get(order=order)

    def killed(*args: object, **kwargs: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr("payments.services.authorisations._record", killed)
        services.authorise([payment.id], actor=SYSTEM)
    assert statuses(order) == ["pending"]
    services.authorise([payment.id], actor=SYSTEM)
    assert statuses(order) == ["authorised"]
    assert len(intents_of(client_of_provider, payment)) == 1


def test_an_authentication_is_waited_for_and_then_heard() -> None:
    order = make_order(("tok_threeDSecure2Required", "20.00"))
    drain()
    payment = Payment.objects.get(order=order)
    assert payment.status == "requires_action"
    assert services.settle_unknown(actor=SYSTEM) == 0
    httpx.post(payment.action_url, data={"result": "pass"})
    assert services.settle_unknown(actor=SYSTEM) == 1
    assert (statuses(order), holds_of(order)) == (["authorised"], [])


def test_a_failed_authentication_is_a_decline() -> None:
    order = make_order(("tok_threeDSecure2Required", "20.00"))
    drain()
    payment = Payment.objects.get(order=order)
    httpx.post(payment.action_url, data={"result": "fail"})
    services.settle_unknown(actor=SYSTEM)
    assert statuses(order) == ["failed"]
    assert "authenticate" in Payment.objects.get(pk=payment.pk).error


def test_a_provider_is_never_asked_inside_a_transaction() -> None:
    order = make_order(("tok_visa", "20.00"))
    payment = Payment.objects.get(order=order)
    with pytest.raises(RuntimeError), transaction.atomic():
        services.authorise([payment.id], actor=SYSTEM)


def test_an_authorisation_that_comes_after_the_cancellation_is_released(
    monkeypatch: pytest.MonkeyPatch, client_of_provider: stripe.StripeClient
) -> None:
    order = make_order(("tok_visa", "20.00"))
    payment = Payment.objects.get(order=order)
    asked = services.authorisations._record

    def cancelled_meanwhile(*args: object, **kwargs: object) -> object:
        cancel_units(order, 10)
        return asked(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr("payments.services.authorisations._record", cancelled_meanwhile)
    assert services.authorise([payment.id], actor=SYSTEM) == []
    drain()
    assert statuses(order) == ["voided"]
    assert [intent.status for intent in intents_of(client_of_provider, payment)] == ["canceled"]
    assert_books_agree()


def test_without_a_key_payments_wait(settings: Settings, line: LossyLine) -> None:
    settings.PROVIDER_KEY = ""
    order = make_order(("tok_visa", "20.00"))
    drain()
    assert statuses(order) == ["unknown"]
