"""Returns of the demo company: which delivered units come back, when, why, and in what condition."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any
from uuid import UUID

from core.db import rows
from inventory.models import Location
from oms.demo.products import categories
from returns.services import Asked, Back, ReturnInput

DAYS = (4, 19)
"""How long after delivery goods come back, in days."""
DAMAGED_SHARE = 0.12
REASONS = (
    "does not suit my interior",
    "colour is not as in the picture",
    "too large",
    "too small",
    "arrived damaged",
    "changed my mind",
)
PLACES = {"GB": "DAV", "CH": "RET", "FR": "RET"}
LINES = """
SELECT l.id, l.order_id, l.shipped - l.returned AS units, p.category, o.shipping_address ->> 'country' AS country
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id JOIN catalog_variant v ON v.id = l.variant_id
JOIN catalog_product p ON p.id = v.product_id
WHERE l.order_id = ANY(%(orders)s) AND l.delivered = l.quantity AND l.returned = 0 ORDER BY l.order_id, l.position
"""


def choose(order_ids: Iterable[UUID], random: Random) -> dict[str, list[ReturnInput]]:
    """Returns of delivered orders by the code of the place that takes them in, at each category's usual rate."""
    rates = {category.code: category.return_rate for category in categories()}
    chosen: dict[UUID, tuple[str, list[Back]]] = {}
    for row in rows(LINES, {"orders": sorted(order_ids)}):
        if random.random() < rates.get(row.category, 0):
            place, backs = chosen.setdefault(row.order_id, (PLACES[row.country], []))
            backs.append(_back(row, random))
    found: dict[str, list[ReturnInput]] = {}
    for order_id, (place, backs) in chosen.items():
        found.setdefault(place, []).append(ReturnInput(order_id, backs))
    return found


def announced(order_ids: Sequence[UUID], random: Random) -> list[tuple[UUID, list[Asked]]]:
    """One line of each delivered order that its customer is about to send back."""
    first: dict[UUID, Any] = {}
    for row in rows(LINES, {"orders": list(order_ids)}):
        first.setdefault(row.order_id, row)
    return [(row.order_id, [Asked(row.id, 1, random.choice(REASONS))]) for row in first.values()]


def place_ids() -> dict[str, UUID]:
    """The places that take returns in, by their codes."""
    return dict(Location.objects.filter(code__in=set(PLACES.values())).values_list("code", "id"))


def _back(row: Any, random: Random) -> Back:
    damaged = random.random() < DAMAGED_SHARE
    reason = "arrived damaged" if damaged else random.choice(REASONS)
    return Back(row.id, random.randint(1, row.units), "damaged" if damaged else "sellable", reason)
