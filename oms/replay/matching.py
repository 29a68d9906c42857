"""Finds the sold units that a return speaks of: same customer, same article, same price, newest sale first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.db import rows
from oms.replay.documents import Document, Line

NO_SALE = "no earlier sale of this article to this customer at this price"
TOO_MANY = "more units than this customer bought at this price and still has"
ANONYMOUS = "a return without a customer cannot be matched to a sale"

Key = tuple[str, str, Any]
"""Customer, article and price."""


@dataclass(frozen=True, slots=True)
class Part:
    """Units of an order line that come back."""

    order_id: UUID
    line_id: UUID
    quantity: int


@dataclass(slots=True)
class Match:
    """What was found for a return: the units of each order, and the rows that found none or too few."""

    document: Document
    parts: list[Part] = field(default_factory=list)
    left: list[tuple[Line, str, int]] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Units that were found."""
        return sum(part.quantity for part in self.parts)


SOLD = """
SELECT l.id AS line_id, l.order_id, c.external_id AS customer, l.sku, l.unit_price, o.placed_at,
       l.shipped - l.returned AS left
FROM customers_customer c JOIN orders_order o ON o.customer_id = c.id JOIN orders_orderline l ON l.order_id = o.id
WHERE c.external_id = ANY(%(customers)s) AND o.channel_id = %(channel)s AND l.sku = ANY(%(skus)s)
  AND l.shipped > l.returned
ORDER BY o.placed_at DESC, o.id DESC, l.position DESC
"""
BACK = """
SELECT r.external_id AS number, l.sku, l.unit_price, sum(b.quantity)::int AS units
FROM returns_return r JOIN returns_returnline b ON b.parent_id = r.id
JOIN orders_orderline l ON l.id = b.order_line_id JOIN orders_order o ON o.id = r.order_id
WHERE o.channel_id = %(channel)s AND r.external_id = ANY(%(numbers)s)
GROUP BY r.external_id, l.sku, l.unit_price
"""


def customer_key(channel: str, customer: str) -> str:
    """How a customer of the file is known here: the numbers of two files may be the same and mean two people."""
    return f"{channel}:{customer}" if customer else ""


def match(found: Sequence[Document], channel_id: UUID, channel: str) -> list[Match]:
    """Match returns in order; units found for one are gone for the next."""
    shelves = _shelves(found, channel_id, channel)
    return [_match(document, shelves, channel) for document in found]


def known(found: Sequence[Document], channel_id: UUID) -> list[Match]:
    """What an earlier run left over of returns that it dealt with; nothing is matched anew."""
    units: dict[Key, int] = defaultdict(int)
    for row in rows(BACK, {"channel": channel_id, "numbers": [document.number for document in found]}):
        units[row.number, row.sku, row.unit_price] += row.units
    return [_known(document, units) for document in found]


class _Shelf:
    """Units sold to one customer at one price, newest first."""

    def __init__(self) -> None:
        self.sales: list[list[Any]] = []

    def take(self, line: Line) -> Iterable[Part]:
        """Units of earlier sales, as many as there are and are asked for."""
        missing = line.quantity
        for sale in self.sales:
            row, left = sale
            if missing and left and row.placed_at <= line.at:
                part = min(missing, left)
                sale[1] -= part
                missing -= part
                yield Part(row.order_id, row.line_id, part)


def _shelves(found: Sequence[Document], channel_id: UUID, channel: str) -> dict[Key, _Shelf]:
    wanted = {
        "channel": channel_id,
        "customers": sorted({customer_key(channel, document.customer) for document in found if document.customer}),
        "skus": sorted({line.sku for document in found for line in document.lines}),
    }
    shelves: dict[Key, _Shelf] = defaultdict(_Shelf)
    for row in rows(SOLD, wanted) if wanted["customers"] else ():
        shelves[row.customer, row.sku, row.unit_price].sales.append([row, row.left])
    return shelves


def _match(document: Document, shelves: dict[Key, _Shelf], channel: str) -> Match:
    result = Match(document)
    customer = customer_key(channel, document.customer)
    for line in document.lines:
        parts = list(shelves[customer, line.sku, line.price].take(line)) if customer else []
        result.parts += parts
        _note(result, line, sum(part.quantity for part in parts))
    return result


def _known(document: Document, units: dict[Key, int]) -> Match:
    result = Match(document)
    for line in document.lines:
        key = (document.number, line.sku, line.price)
        taken = min(line.quantity, units[key])
        units[key] -= taken
        _note(result, line, taken)
    return result


def _note(result: Match, line: Line, taken: int) -> None:
    missing = line.quantity - taken
    if missing:
        reason = ANONYMOUS if not line.customer else TOO_MANY if taken else NO_SALE
        result.left.append((line, reason, missing))
