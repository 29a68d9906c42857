"""Everything the public page of one order speaks of, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, Sum

from fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment, ShipmentLine, TrackingEvent
from fulfillment.planning import VIRTUAL
from orders.models import KeptOrder, Order, OrderLine
from orders.tracking import is_right, order_id_in, token_of
from payments.models import Payment, Transaction
from returns.models import Return

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Facts:
    """An order with all that belongs to it, as it stands in the books."""

    order: Order
    lines: list[OrderLine]
    work: list[FulfillmentOrder]
    """Living fulfilment orders; each has `parcels`: its living shipment, if any."""
    holds: set[str]
    payments: list[Payment]
    pay_until: datetime | None
    """When the order will be cancelled if it is still unpaid."""
    returns: list[Return]
    refunded: Decimal
    refund_pending: Decimal


def order_behind(token: str) -> Order | None:
    """The order whose page this token opens. Unknown, malformed, outdated and forged tokens are alike: None."""
    order_id = order_id_in(token)
    order = Order.objects.select_related("channel").filter(pk=order_id).first() if order_id else None
    if order is None:
        is_right(token, NOBODY, 0)
        return None
    return order if is_right(token, order.pk, order.tracking_version) else None


def token_for(order: Order) -> str:
    """The token that opens this order's page now."""
    return token_of(order.pk, order.tracking_version)


def facts_about(order: Order) -> Facts:
    """Read all of it: lines, parcels with their events, holds, payments, returns, refunds."""
    refunds = dict(
        Transaction.objects.filter(payment__order=order, kind=Transaction.Kind.REFUND)
        .exclude(status="failed")
        .values_list("status")
        .annotate(total=Sum("amount"))
        .values_list("status", "total")
    )
    held = set(order.holds.filter(status="open").values_list("kind", flat=True))
    return Facts(
        order=order,
        lines=list(order.lines.filter(is_stocked=True).order_by("position")),
        work=_work(order),
        holds=held,
        payments=list(Payment.objects.filter(order=order).order_by("created_at", "id")),
        pay_until=_pay_until(order, held),
        returns=list(Return.objects.filter(order=order).prefetch_related("lines__order_line").order_by("id")),
        refunded=refunds.get("succeeded", Decimal(0)),
        refund_pending=sum((total for status, total in refunds.items() if status != "succeeded"), Decimal(0)),
    )


def unfinished(payments: Iterable[Payment]) -> Payment | None:
    """The payment that the customer can do something about; one that is being asked for needs nobody."""
    return next((p for p in payments if p.status in ("requires_action", "failed", "expired")), None)


def unfinished_payment(order: Order) -> Payment | None:
    """The same, read anew."""
    return unfinished(Payment.objects.filter(order=order).order_by("created_at", "id"))


def _pay_until(order: Order, held: set[str]) -> datetime | None:
    found = KeptOrder.objects.filter(order=order).first() if "payment" in held else None
    return found.pay_until if found else None


def _work(order: Order) -> list[FulfillmentOrder]:
    shipments = (
        Shipment.objects.exclude(status="voided")
        .prefetch_related(
            Prefetch("events", TrackingEvent.objects.order_by("at", "id")),
            Prefetch("lines", ShipmentLine.objects.select_related("order_line").order_by("order_line__position")),
        )
        .order_by("id")
    )
    lines = FulfillmentLine.objects.select_related("order_line").order_by("order_line__position")
    return list(
        FulfillmentOrder.objects.filter(order=order)
        .exclude(status="cancelled")
        .exclude(method=VIRTUAL)
        .select_related("location", "order")
        .prefetch_related(Prefetch("shipments", shipments, to_attr="parcels"), Prefetch("lines", lines))
        .order_by("id")
    )
