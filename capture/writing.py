"""A set of drafts into the database: a constant number of statements, whatever the number of orders and lines."""

from collections.abc import Sequence

from capture.answers import QUANTITIES
from capture.drafts import DraftOrder
from core import idempotency, outbox, timeline
from core.actors import Actor
from core.bulk import Table, insert_all
from customers.services import known_or_new
from inventory.services import PINS, promise_pinned
from inventory.supply.waiting import sell_ahead
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
        "placed_at": "timestamptz",
        "created_at": "timestamptz",
    },
    {
        "first_promise_earliest": "r.promise_earliest",
        "first_promise_latest": "r.promise_latest",
        "is_settled": "false",
        "tracking_version": "1",
        "version": "1",
        "updated_at": "r.created_at",
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
        "backordered": "int",
    },
    {
        "first_promise_earliest": "r.promise_earliest",
        "first_promise_latest": "r.promise_latest",
        **{name: "0" for name in QUANTITIES if name != "backordered"},
        "reserved": "r.quantity - r.backordered",
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
        "created_at": "timestamptz",
    },
    {"provider_reference": "''", "captured": "0", "refunded": "0", "error": "''"},
)
HOLD = Table(
    "orders_hold",
    {"id": "uuid", "order_id": "uuid", "kind": "text", "note": "text", "opened_by": "text", "opened_at": "timestamptz"},
    {"status": "'open'", "resolved_by": "''"},
)


def name_customers(drafts: Sequence[DraftOrder]) -> None:
    """Give each draft its customer, known or new, in the caller's transaction."""
    known = known_or_new([d.customer for d in drafts], [d.placed_at for d in drafts])
    for draft, customer_id in zip(drafts, known, strict=True):
        draft.customer_id = customer_id


def write(drafts: Sequence[DraftOrder], answers: Sequence[idempotency.Stored], *, actor: Actor) -> None:
    """Everything about these orders, in the caller's transaction; the guarded stock update comes last.

    Raises inventory.services.Short when somebody took the stock meanwhile: the caller's transaction must be given up.
    """
    name_customers(drafts)
    pins = [pin for d in drafts for pin in d.pins]
    insert_all(
        {
            ORDER: drafts,
            LINE: [line for d in drafts for line in d.lines],
            PAYMENT: [p for d in drafts for p in d.payments],
            HOLD: [h for d in drafts for h in d.holds],
            PINS: pins,
            timeline.TABLE: timeline.stored((_placed(d) for d in drafts), actor=actor),
            outbox.TABLE: _events(drafts),
            idempotency.TABLE: answers,
        }
    )
    promise_pinned(pins, [sale for d in drafts for sale in d.sales])
    sell_ahead([each for d in drafts for each in d.ahead])


def _placed(draft: DraftOrder) -> timeline.Row:
    told = {"total": str(draft.total), "currency": draft.currency}
    return timeline.Row(
        draft.id, "order.placed", "", draft.status, told, draft.placed_at if draft.channel.is_history else None
    )


def _events(drafts: Sequence[DraftOrder]) -> list[outbox.Stored]:
    """That each is placed, and ready when nothing holds it; those of the past are owed to nobody."""
    events = []
    for history in (False, True):
        some = [d for d in drafts if d.channel.is_history is history]
        facts = [OrderPlaced(about=d.id, number=d.number) for d in some]
        ready = [OrderReady(about=d.id, number=d.number) for d in some if not d.holds]
        events += outbox.stored([*facts, *ready], dispatched=history)
    return events
