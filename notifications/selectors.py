"""What letters speak of and what the mail box shows, read in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q, QuerySet

from core.db import rows
from fulfillment.deadlines import UNPAID_REASON
from notifications import letters
from notifications.letters import Facts
from notifications.models import Message
from orders.tracking import tracking_url

ORDERS = """
SELECT o.id, o.number, o.email, o.customer_name, o.language, o.currency, o.total, o.tax, o.shipping, o.subtotal, o.discount,
       o.tax_included, o.shipping_address, o.promise_earliest, o.promise_latest, o.first_promise_latest, o.tracking_version,
       o.method, c.time_zone
FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id
WHERE o.id = ANY(%(ids)s) AND o.email <> '' AND NOT c.is_history
"""
ORDER_LINES = """
SELECT l.order_id AS owner, l.name, l.sku, l.quantity, l.unit_price * l.quantity AS amount
FROM orders_orderline l WHERE l.order_id = ANY(%(ids)s) ORDER BY l.order_id, l.position
"""
WAITING_LINES = """
SELECT l.order_id AS owner, l.name, l.sku, l.backordered AS quantity
FROM orders_orderline l WHERE l.order_id = ANY(%(ids)s) AND l.backordered > 0 ORDER BY l.order_id, l.position
"""
SHIPMENTS = """
SELECT s.id, s.carrier, s.service, s.tracking_number, s.expected_on, s.delivered_at
FROM fulfillment_shipment s JOIN fulfillment_fulfillmentorder f ON f.id = s.fulfillment_order_id
WHERE s.id = ANY(%(ids)s) AND f.method <> 'virtual'
"""
SHIPMENT_LINES = """
SELECT sl.shipment_id AS owner, l.name, l.sku, sl.quantity
FROM fulfillment_shipmentline sl JOIN orders_orderline l ON l.id = sl.order_line_id
WHERE sl.shipment_id = ANY(%(ids)s) ORDER BY sl.shipment_id, l.position
"""
RETURNS = """
SELECT r.id, r.rma, coalesce(sum(rl.net + rl.tax + rl.freight_net + rl.freight_tax), 0) AS credit
FROM returns_return r LEFT JOIN returns_returnline rl ON rl.parent_id = r.id
WHERE r.id = ANY(%(ids)s) GROUP BY r.id
"""
RETURN_LINES = """
SELECT rl.parent_id AS owner, l.name, l.sku, rl.quantity
FROM returns_returnline rl JOIN orders_orderline l ON l.id = rl.order_line_id
WHERE rl.parent_id = ANY(%(ids)s) ORDER BY rl.parent_id, l.position
"""


class Told(Protocol):
    """The part of a fact that finds what it is about."""

    @property
    def order_id(self) -> UUID: ...
    @property
    def subject(self) -> UUID | None: ...


def facts_of(kind: str, told: Sequence[Any]) -> Iterator[tuple[Any, Facts | None]]:
    """Each fact with what its letter needs, or None where nobody is to be told. Three queries however many there are."""
    orders = {row.id: row for row in rows(ORDERS, {"ids": list({fact.order_id for fact in told})})}
    subjects, lines = _particulars(kind, [fact for fact in told if fact.order_id in orders])
    for fact in told:
        order, subject = orders.get(fact.order_id), subjects.get(fact.subject)
        if order is None or (fact.subject and subject is None):
            yield fact, None
            continue
        yield (
            fact,
            Facts(
                order,
                tracking_url(order),
                lines.get(fact.subject or fact.order_id, []),
                shipment=subject if kind in (letters.SHIPPED, letters.DELIVERED) else None,
                returned=subject if kind == letters.RETURN_RECEIVED else None,
                time_zone=order.time_zone,
                **_said(fact.said),
            ),
        )


def _said(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The amount, the time limit, the day and the reason that an event tells, as letters speak of them."""
    amount, until, expected = (payload.get(name) for name in ("amount", "until", "expected"))
    return {
        "amount": Decimal(amount) if amount else None,
        "until": datetime.fromisoformat(until) if until else None,
        "expected": date.fromisoformat(expected) if expected else None,
        "is_unpaid": payload.get("reason") == UNPAID_REASON,
    }


def _particulars(kind: str, told: Iterable[Told]) -> tuple[dict[Any, Any], dict[Any, list[Any]]]:
    """The shipments or returns by id, and the items by what they belong to."""
    if kind in (letters.SHIPPED, letters.DELIVERED):
        queries, ids = (SHIPMENTS, SHIPMENT_LINES), [fact.subject for fact in told if fact.subject]
    elif kind == letters.RETURN_RECEIVED:
        queries, ids = (RETURNS, RETURN_LINES), [fact.subject for fact in told if fact.subject]
    else:
        lines = WAITING_LINES if kind in (letters.DELAYED, letters.STOCK_LET_GO) else ORDER_LINES
        return {}, _by_owner(rows(lines, {"ids": [fact.order_id for fact in told]}))
    subjects = {row.id: row for row in rows(queries[0], {"ids": ids})}
    return subjects, _by_owner(rows(queries[1], {"ids": ids}))


def _by_owner(found: Iterable[Any]) -> dict[Any, list[Any]]:
    grouped: dict[Any, list[Any]] = defaultdict(list)
    for row in found:
        grouped[row.owner].append(row)
    return grouped


def mail_box() -> QuerySet[Message]:
    """Messages without their long texts."""
    return Message.objects.defer("text", "html")


def mentions(words: str) -> Q:
    """Messages to an address (`words` with an @), or about the order with this number."""
    return Q(to__iexact=words) if "@" in words else Q(about__in=_order_ids(words))


def _order_ids(number: str) -> list[UUID]:
    """The order with this number, if there is one."""
    return [row.id for row in rows("SELECT id FROM orders_order WHERE number = %(number)s", {"number": number.upper()})]


def numbers_of(messages: Iterable[Message]) -> dict[UUID, str]:
    """The order number behind each message, by the order's id."""
    ids = list({message.about for message in messages})
    return {
        row.id: row.number for row in rows("SELECT id, number FROM orders_order WHERE id = ANY(%(ids)s)", {"ids": ids})
    }
