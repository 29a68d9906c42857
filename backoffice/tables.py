"""The lists that need more than one app to be told: whose rows somebody may see, and filters on what other apps know."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice import reach
from core.lists import Several, registry
from core.wording import PAYMENT
from fulfillment.models import FulfillmentOrder
from fulfillment.states import OPEN as OPEN_WORK
from inventory.selectors import places
from orders.models import Order
from orders.selectors import Filters, listed
from orders.states import OPEN
from orders.tables import ORDERS
from payments.models import Payment

NOT_PAID = ("pending", "requires_action", "unknown", "failed", "expired")
"""Payments that somebody may have to look after: the few that an index holds by their state."""


def _seen_by(user: Any) -> QuerySet[Order]:
    return listed(Filters(), reach.within(user))


def _worked_on_at(code: str) -> Q:
    here = FulfillmentOrder.objects.filter(location__code=code, status__in=OPEN_WORK, order_id=OuterRef("pk"))
    return Q(status__in=OPEN) & Q(Exists(here))


def _paid(status: str) -> Q:
    return Q(pk__in=Payment.objects.filter(status=status).values("order_id"))


orders = registry.register(
    ORDERS.with_more(
        base=_seen_by,
        limited=reach.is_limited,
        filters=(
            Several(
                name="work",
                label=_("Open work at"),
                choices=lambda: [(place.code, place.name) for place in places()],
                effect=_worked_on_at,
            ),
            Several(
                name="payment",
                label=_("Payment"),
                choices=[(status, PAYMENT[status].text) for status in NOT_PAID],
                effect=_paid,
            ),
        ),
    )
)
