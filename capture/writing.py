"""A set of drafts into the database: a constant number of statements, whatever the number of orders and lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from capture.answers import QUANTITIES
from capture.drafts import DraftOrder
from core import idempotency, timeline
from core.actors import Actor
from core.bulk import Table
from core.db import rows, run
from core.outbox import publish
from customers.services import known_or_new
from inventory.services import reserve
from orders.events import OrderPlaced, OrderReady

ORDER = Table(
    "orders_order",
    {
        "id": "uuid",
        "number": "text",
        "channel_id": "uuid",
        "external_id": "text",
        "status": "text",
        "currency": "text",
        "tax_included": "bool",
        "fx_rate": "numeric",
        "language": "text",
        "customer_id": "uuid",
        "email": "text",
        "customer_name": "text",
        "shipping_address": "jsonb",
        "billing_address": "jsonb",
        "method": "text",
        "service": "text",
        "subtotal": "numeric",
        "discount": "numeric",
        "shipping": "numeric",
        "shipping_tax_rate": "numeric",
        "tax": "numeric",
        "total": "numeric",
        "units": "int",
        "seller": "text",
        "campaign": "text",
        "promise_earliest": "date",
        "promise_latest": "date",
        "first_promise_earliest": "date",
        "first_promise_latest": "date",
        "is_settled": "bool",
        "tracking_version": "int",
        "version": "int",
        "placed_at": "timestamptz",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
)
LINE = Table(
    "orders_orderline",
    {
        "id": "uuid",
        "order_id": "uuid",
        "position": "int",
        "variant_id": "uuid",
        "sku": "text",
        "name": "text",
        "is_stocked": "bool",
        "quantity": "int",
        "unit_price": "numeric",
        "discount": "numeric",
        "tax_rate": "numeric",
        "net": "numeric",
        "tax": "numeric",
        "freight_net": "numeric",
        "freight_tax": "numeric",
        "promise_earliest": "date",
        "promise_latest": "date",
        "first_promise_earliest": "date",
        "first_promise_latest": "date",
        **dict.fromkeys(QUANTITIES, "int"),
    },
)
PAYMENT = Table(
    "payments_payment",
    {
        "id": "uuid",
        "order_id": "uuid",
        "tender": "text",
        "status": "text",
        "amount": "numeric",
        "currency": "text",
        "token": "text",
        "provider_reference": "text",
        "captured": "numeric",
        "refunded": "numeric",
        "error": "text",
        "created_at": "timestamptz",
    },
)
HOLD = Table(
    "orders_hold",
    {
        "id": "uuid",
        "order_id": "uuid",
        "kind": "text",
        "status": "text",
        "note": "text",
        "opened_by": "text",
        "opened_at": "timestamptz",
        "resolved_by": "text",
    },
)
DOCUMENTS = f"""
WITH o AS ({ORDER.insert()}), l AS ({LINE.insert()}), p AS ({PAYMENT.insert()}), h AS ({HOLD.insert()}) SELECT 1
"""


@dataclass(frozen=True, slots=True)
class _OrderRow:
    """A draft with its addresses as JSON text."""

    draft: DraftOrder

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.draft, name)
        return timeline.dump(value) if isinstance(value, dict) else value


def number(drafts: Sequence[DraftOrder]) -> None:
    """Give each draft its number: the channel's prefix and the next of one sequence."""
    taken = rows("SELECT nextval('orders_number') AS n FROM generate_series(1, %(count)s)", {"count": len(drafts)})
    for draft, row in zip(drafts, taken, strict=True):
        draft.number = f"{draft.channel.number_prefix}{row.n}"


def name_customers(drafts: Sequence[DraftOrder]) -> None:
    """Give each draft its customer, known or new, in the caller's transaction."""
    for draft, customer_id in zip(drafts, known_or_new([d.customer for d in drafts]), strict=True):
        draft.customer_id = customer_id


def write(drafts: Sequence[DraftOrder], answers: Sequence[idempotency.Stored], *, actor: Actor) -> None:
    """Everything about these orders, in the caller's transaction; the guarded stock update comes last.

    Raises inventory.services.Short when somebody took the stock meanwhile: the caller goes back to its savepoint.
    """
    name_customers(drafts)
    run(
        DOCUMENTS,
        {
            **ORDER.params(_OrderRow(d) for d in drafts),
            **LINE.params(line for d in drafts for line in d.lines),
            **PAYMENT.params(p for d in drafts for p in d.payments),
            **HOLD.params(h for d in drafts for h in d.holds),
        },
    )
    _tell(drafts, actor=actor)
    if answers:
        idempotency.store(answers)
    reserve([pin for d in drafts for pin in d.pins])


def _tell(drafts: Sequence[DraftOrder], *, actor: Actor) -> None:
    timeline.record_many(
        (
            timeline.Row(
                d.id,
                "order.placed",
                "",
                d.status,
                {"total": str(d.total), "currency": d.currency},
                d.placed_at if d.channel.is_history else None,
            )
            for d in drafts
        ),
        actor=actor,
    )
    for history in (False, True):
        some = [d for d in drafts if d.channel.is_history is history]
        facts = [OrderPlaced(about=d.id, number=d.number) for d in some]
        ready = [OrderReady(about=d.id, number=d.number) for d in some if not d.holds]
        publish([*facts, *ready], dispatched=history)
