"""The calls about payments."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from core.calls import Calls, PageQuery, Strict, caller_of, page
from core.lists import KeysetList
from core.problems import NotFound
from orders.models import Order
from payments import selectors, services
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


class PayAgainIn(Strict):
    """The provider's token of another card; left out, the customer chooses one on a page of the provider's."""

    token: str = Field("", pattern=r"^(?:[A-Za-z]\w{0,199})?$")


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
        raise NotFound(_("There is no order %(order)s.") % {"order": query.order})
    part = KeysetList(selectors.payments(query.order)).page(query.cursor, query.limit)
    return page(map(payment_answer, part.items), part.next)


@calls.writes("/payments/{uuid:payment_id}/pay-again", scope="payments.collect", takes=PayAgainIn, gives=PaymentOut)
def pay_again(request: HttpRequest, payment_id: UUID, body: PayAgainIn) -> dict[str, Any]:
    """Try another card after a decline, or instead of an authentication that is still waited for.

    What was tried before is given up first. The answer is the payment as it waits to be asked for; read it again for
    its end, or for `action_url`: where the customer chooses a card. 409 while it may still go through.
    """
    services.pay_again(payment_id, body.token, actor=caller_of(request).actor)
    return payment_answer(Payment.objects.select_related("order").get(pk=payment_id))
