"""What cancelling would change, in numbers: the deed itself is done and undone, so that the two never disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.db import rows
from core.money import ZERO, share
from fulfillment import amend
from orders.services import lock_order

WHY = "preview"


@dataclass(frozen=True, slots=True)
class PaymentChange:
    """What becomes of one payment. `given_up` is released at once, `kept` stays authorised for what still leaves."""

    tender: str
    before: str
    after: str
    given_up: Decimal
    kept: Decimal
    captured: Decimal


@dataclass(frozen=True, slots=True)
class Freed:
    """Units of a product that others may have again."""

    name: str
    place: str
    units: int


@dataclass(frozen=True, slots=True)
class Preview:
    """An order before and after: value and tax in its currency, the last promised day of what still comes."""

    units: int
    status: tuple[str, str]
    value: tuple[Decimal, Decimal]
    tax: tuple[Decimal, Decimal]
    promise: tuple[date | None, date | None]
    payments: list[PaymentChange]
    freed: list[Freed]
    places_stopped: list[str]
    boxes_opened: int

    @property
    def less(self) -> Decimal:
        """What the customer pays less."""
        return self.value[0] - self.value[1]


@dataclass(frozen=True, slots=True)
class _Look:
    """Everything that a cancellation may touch."""

    order: Any
    lines: list[Any]
    payments: dict[UUID, Any]
    stock: dict[tuple[UUID, UUID], Any]
    work: dict[UUID, Any]


def preview(order_id: UUID, lines: Sequence[tuple[UUID, int]] | None, *, actor: Actor) -> Preview:
    """What `amend.cancel` would do, with its refusals; nothing of it stays."""
    with transaction.atomic():
        lock_order(order_id)
        before = _look(order_id)
        amend.cancel(order_id, actor=actor, reason=WHY, lines=lines)
        after = _look(order_id)
        transaction.set_rollback(True)
    return _between(before, after)


LINES = "SELECT * FROM orders_orderline WHERE order_id = %(id)s ORDER BY position"
PAYMENTS = """
SELECT p.*, coalesce((SELECT sum(t.amount) FROM payments_transaction t
    WHERE t.payment_id = p.id AND t.kind = 'void' AND t.status IN ('pending', 'unknown')), 0) AS voiding
FROM payments_payment p WHERE p.order_id = %(id)s ORDER BY p.created_at, p.id
"""
STOCK = """
SELECT s.variant_id, s.location_id, s.reserved + s.allocated AS promised, l.name AS place, w.name
FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
JOIN (SELECT DISTINCT ON (variant_id) variant_id, name FROM orders_orderline WHERE order_id = %(id)s) w USING (variant_id)
"""
WORK = """
SELECT f.id, f.status, l.name AS place FROM fulfillment_fulfillmentorder f
JOIN inventory_location l ON l.id = f.location_id WHERE f.order_id = %(id)s
"""


def _look(order_id: UUID) -> _Look:
    named = {"id": order_id}
    return _Look(
        rows("SELECT * FROM orders_order WHERE id = %(id)s", named)[0],
        rows(LINES, named),
        {row.id: row for row in rows(PAYMENTS, named)},
        {(row.variant_id, row.location_id): row for row in rows(STOCK, named)},
        {row.id: row for row in rows(WORK, named)},
    )


def _between(before: _Look, after: _Look) -> Preview:
    currency = before.order.currency
    return Preview(
        units=sum(line.cancelled for line in after.lines) - sum(line.cancelled for line in before.lines),
        status=(before.order.status, after.order.status),
        value=(_value(before.lines, currency), _value(after.lines, currency)),
        tax=(_tax(before.lines, currency), _tax(after.lines, currency)),
        promise=(_promise(before), _promise(after)),
        payments=[_payment(before.payments[key], payment) for key, payment in after.payments.items()],
        freed=_freed(before, after),
        places_stopped=[w.place for key, w in after.work.items() if w.status == "cancelled" != before.work[key].status],
        boxes_opened=sum(
            w.status == "picking" and before.work[key].status == "packed" for key, w in after.work.items()
        ),
    )


def _value(lines: Sequence[Any], currency: str) -> Decimal:
    gross = [(line, line.net + line.tax + line.freight_net + line.freight_tax) for line in lines]
    return sum((_kept(line, amount, currency) for line, amount in gross), ZERO)


def _tax(lines: Sequence[Any], currency: str) -> Decimal:
    return sum((_kept(line, line.tax + line.freight_tax, currency) for line in lines), ZERO)


def _kept(line: Any, amount: Decimal, currency: str) -> Decimal:
    return share(amount, 0, line.quantity - line.cancelled, line.quantity, currency)


def _promise(look: _Look) -> date | None:
    days = [line.promise_latest for line in look.lines if line.quantity > line.cancelled + line.delivered]
    return max((day for day in days if day), default=None)


def _payment(before: Any, after: Any) -> PaymentChange:
    over = after.status == "voided"
    given_up = max(after.voiding - before.voiding, ZERO) or (before.amount - before.captured if over else ZERO)
    kept = ZERO if over else max(after.amount - after.captured - after.voiding, ZERO)
    return PaymentChange(after.tender, before.status, after.status, given_up, kept, after.captured)


def _freed(before: _Look, after: _Look) -> list[Freed]:
    found = [
        (row, before.stock[key].promised - row.promised) for key, row in after.stock.items() if key in before.stock
    ]
    return [Freed(row.name, row.place, units) for row, units in found if units > 0]
