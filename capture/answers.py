"""The order as the API tells it: one writer of its shape, for the answer of a capture and for reads."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from orders.states import BUCKETS
from orders.tracking import tracking_url

QUANTITIES = (*BUCKETS, "delivered", "returned")


def order_answer(
    order: Any,
    lines: Iterable[Any],
    *,
    channel: str,
    payments: Iterable[Any] = (),
    holds: Iterable[Any] = (),
    fulfillment_orders: Iterable[dict[str, Any]] = (),
    shipments: Iterable[dict[str, Any]] = (),
    returns: Iterable[dict[str, Any]] = (),
    exceptions: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """`order`, `lines`, `payments`, `holds` are rows with the models' attributes; the rest is ready-made."""
    return {
        "number": order.number,
        "id": str(order.id),
        "external_id": order.external_id,
        "channel": channel,
        "status": order.status,
        "currency": order.currency,
        "placed_at": order.placed_at.isoformat(),
        "totals": {
            name: f"{getattr(order, name):.2f}" for name in ("subtotal", "discount", "shipping", "tax", "total")
        },
        "lines": [line_answer(line) for line in lines],
        "fulfillment_orders": list(fulfillment_orders),
        "shipments": list(shipments),
        "payments": [payment_answer(p) for p in payments],
        "holds": [hold_answer(h) for h in holds],
        "exceptions": list(exceptions),
        "returns": list(returns),
        "tracking_url": tracking_url(order),
        "version": order.version,
    }


def line_answer(line: Any) -> dict[str, Any]:
    """One line with its buckets and both promises."""
    return {
        "id": str(line.id),
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": money(line.unit_price),
        "discount": money(line.discount),
        "tax_rate": f"{line.tax_rate:.4f}",
        "quantities": {name: getattr(line, name) for name in QUANTITIES},
        "promise": window(line.promise_earliest, line.promise_latest),
        "first_promise": window(line.first_promise_earliest, line.first_promise_latest),
    }


def payment_answer(payment: Any) -> dict[str, Any]:
    """One payment and how far it has come."""
    return {
        "id": str(payment.id),
        "tender": payment.tender,
        "amount": money(payment.amount),
        "currency": payment.currency,
        "status": payment.status,
        "captured": money(payment.captured),
        "refunded": money(payment.refunded),
    }


def hold_answer(hold: Any) -> dict[str, Any]:
    """One hold, open or resolved."""
    return {
        "id": str(hold.id),
        "kind": hold.kind,
        "status": hold.status,
        "note": hold.note,
        "opened_at": hold.opened_at.isoformat(),
        "resolved_by": hold.resolved_by,
    }


def money(amount: Any) -> str:
    """At least two digits after the dot, more where they are meant."""
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount.normalize():f}"


def window(earliest: date | None, latest: date | None) -> dict[str, str] | None:
    """A promise, or None where nothing could be promised."""
    return {"earliest": earliest.isoformat(), "latest": latest.isoformat()} if earliest and latest else None
