"""What tests of payments look at again and again."""

from decimal import Decimal

import stripe

from accounting.roles import Role
from accounting.selectors import party_balances
from core.invariants import disagreements
from orders.models import Order
from payments.models import Payment


def statuses(order: Order) -> list[str]:
    """The states of the order's payments, oldest first."""
    return list(Payment.objects.filter(order=order).order_by("created_at", "id").values_list("status", flat=True))


def amounts(order: Order) -> list[tuple[Decimal, Decimal]]:
    """What is captured and refunded of the order's payments, oldest first."""
    found = Payment.objects.filter(order=order).order_by("created_at", "id")
    return list(found.values_list("captured", "refunded"))


def balance(order: Order, role: Role) -> Decimal:
    """What the ledger has open with the order's customer."""
    return sum((b.amount for b in party_balances(f"order:{order.number}") if b.role == role), Decimal(0))


def intents_of(client: stripe.StripeClient, payment: Payment) -> list[stripe.PaymentIntent]:
    """All intents that the provider has for a payment."""
    return list(client.v1.payment_intents.search({"query": f"metadata['payment']:'{payment.id}'"}).data)


def assert_books_agree() -> None:
    """Every invariant of money holds."""
    assert [d for d in disagreements() if d.startswith(("payments:", "accounting:"))] == []
