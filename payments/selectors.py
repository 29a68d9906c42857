"""Reads of payments for screens and API, in bulk."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from payments.models import Payment, Transaction


def payments(order_number: str = "") -> QuerySet[Payment]:
    """All payments, or those of one order, with their order; meant for a KeysetList."""
    found = Payment.objects.select_related("order")
    return found.filter(order__number=order_number) if order_number else found


def payments_of(order_ids: Iterable[UUID]) -> dict[UUID, list[Payment]]:
    """The payments of each order, oldest first, with their transactions: two statements for any number of orders."""
    transactions = Prefetch("transactions", Transaction.objects.order_by("created_at", "id"))
    ids = list(order_ids)
    found: dict[UUID, list[Payment]] = {order_id: [] for order_id in ids}
    for payment in Payment.objects.filter(order__in=ids).prefetch_related(transactions).order_by("created_at", "id"):
        found[payment.order_id].append(payment)
    return found


def as_document(payment: Payment) -> dict[str, Any]:
    """A payment as the API and the order's answer show it. The token and the provider's reference stay inside."""
    document = {
        "id": str(payment.id),
        "tender": payment.tender,
        "amount": str(payment.amount),
        "currency": payment.currency,
        "status": payment.status,
        "captured": str(payment.captured),
        "refunded": str(payment.refunded),
    }
    if payment.status == "requires_action":
        document["action_url"] = payment.action_url
    if payment.error:
        document["error"] = payment.error
    return document


def open_amount(payment: Payment) -> Decimal:
    """What may still be captured of a payment."""
    return payment.amount - payment.captured if payment.status in ("authorised", "partially_captured") else Decimal(0)
