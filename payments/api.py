"""The calls about payments."""

from typing import Any

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from core.calls import Calls, PageQuery, Strict, page
from core.lists import KeysetList
from core.problems import NotFound
from orders.models import Order
from payments import selectors
from payments.models import Payment

calls = Calls(tags=["payments"])


class PaymentQuery(PageQuery):
    """Which payments."""

    order: str = Field("", max_length=60, description="an order's number")


class PaymentOut(Strict):
    """One way an order is paid, and how far it has come. `action_url`: where the customer authenticates."""

    id: str
    order: str
    tender: str
    amount: str
    currency: str
    status: str
    captured: str
    refunded: str
    action_url: str = ""
    error: str = ""


class PaymentPage(Strict):
    """A page of payments."""

    items: list[PaymentOut]
    next: str | None


def payment_answer(payment: Payment) -> dict[str, Any]:
    """One payment with its order's number."""
    return {**selectors.as_document(payment), "order": payment.order.number}


@calls.reads("/payments", scope="payments.view", gives=PaymentPage)
def list_payments(request: HttpRequest, query: Query[PaymentQuery]) -> dict[str, Any]:
    """Payments of one order, or all of them, the newest first."""
    if query.order and not Order.objects.filter(number=query.order).exists():
        raise NotFound(f"There is no order {query.order}.")
    part = KeysetList(selectors.payments(query.order)).page(query.cursor, query.limit)
    return page(map(payment_answer, part.items), part.next)
