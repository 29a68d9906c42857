"""Paying again: another card, or a page of the provider's to choose one on. Never two authorisations at a time."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.outbox import publish
from core.problems import Conflict, NotFound
from core.states import apply
from orders.models import Order
from orders.states import ORDER_ACTIONS
from payments.events import PaymentDue
from payments.models import Payment
from payments.providers import provider_of
from payments.services.transactions import lock_payments
from payments.states import PAYMENT


def pay_again(payment_id: UUID, token: str = "", *, actor: Actor) -> Payment:
    """Begin another attempt to pay: with the card behind `token`, or on a page where the customer chooses one.

    The attempt before is given up first, by whoever asks for this one. A customer's attempt is asked for by the page
    that they opened, anybody else's by a worker. Raises NotFound; Conflict while the payment may still go through, has
    gone through, or when nothing is left to pay for.
    """
    with transaction.atomic():
        payment = Payment.objects.filter(pk=payment_id).first()
        if payment is None:
            raise NotFound(_("There is no such payment."))
        lock_payments([payment.order_id])
        payment.refresh_from_db()
        _check(payment)
        payment = apply(
            PAYMENT,
            payment,
            "ask_again",
            actor=actor,
            about=payment.order_id,
            data={"attempt": payment.attempt + 1},
            attempt=payment.attempt + 1,
            attempted_at=timezone.now(),
            token=token,
            former_reference=payment.provider_reference or payment.former_reference,
            provider_reference="",
            action_url="",
            error="",
            asked_at=None,
        )
        if actor.kind != "customer":
            publish([_due(payment)])
    return payment


def _check(payment: Payment) -> None:
    order = Order.objects.get(pk=payment.order_id)
    if order.status not in ORDER_ACTIONS["pay"]:
        raise Conflict(
            _("%(number)s is %(status)s; there is nothing left to pay for.")
            % {"number": order.number, "status": order.status},
            state=payment.status,
        )
    if not provider_of(payment.tender).online:
        raise Conflict(_("This way to pay needs no card."), state=payment.status)
    if payment.status not in PAYMENT.table["ask_again"][0]:
        raise Conflict(_WHY_NOT.get(payment.status, "This payment has gone through."), state=payment.status)


_WHY_NOT = {
    "pending": "This payment is being asked for; its answer comes in a moment.",
    "unknown": "Whether this payment went through is being asked; another card could pay twice.",
    "voided": "This payment was given up with its order.",
}


def _due(payment: Payment) -> PaymentDue:
    return PaymentDue(
        about=payment.order_id,
        payment_id=str(payment.pk),
        amount=str(payment.amount),
        currency=payment.currency,
    )
