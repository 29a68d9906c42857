"""Reading what is to be sourced: orders with their reserved units, pins and the free stock around them, in bulk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from core.db import rows
from inventory.free import FREE, OWN
from inventory.selectors import Free

Stock = dict[UUID, dict[UUID, int]]
"""location → variant → units."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Reserved units of one order line, and where they are pinned."""

    line_id: UUID
    variant_id: UUID
    quantity: int
    weight_g: int
    pins: dict[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demanding:
    """An order that waits for its units to be sent from somewhere."""

    order_id: UUID
    pool_id: UUID
    channel_id: UUID
    country: str
    postal_code: str
    service: str
    due: date | None
    at: datetime
    lines: list[Wanted] = field(default_factory=list)

    def pinned(self) -> Stock:
        """The order's own pinned units by location and variant."""
        found: Stock = {}
        for line in self.lines:
            for place, units in line.pins.items():
                here = found.setdefault(place, {})
                here[line.variant_id] = here.get(line.variant_id, 0) + units
        return found


def demanding(order_ids: Sequence[UUID], now: datetime) -> list[Demanding]:
    """Orders that have reserved units, in the order asked for: two statements. History is judged at its own time."""
    orders: dict[UUID, Demanding] = {}
    lines: dict[UUID, Wanted] = {}
    for row in rows(_LINES, [list(order_ids)]):
        order = orders.get(row.order_id)
        if order is None:
            order = orders[row.order_id] = Demanding(
                order_id=row.order_id,
                pool_id=row.pool_id,
                channel_id=row.channel_id,
                country=row.country,
                postal_code=row.postal_code,
                service=row.service,
                due=row.promise_latest,
                at=row.placed_at if row.is_history else now,
            )
        line = lines[row.line_id] = Wanted(row.line_id, row.variant_id, row.reserved, row.weight_g)
        order.lines.append(line)
    for pin in rows(_PINS, [list(lines)]):
        lines[pin.demand_key].pins[pin.location_id] = pin.quantity
    return [orders[order_id] for order_id in dict.fromkeys(order_ids) if order_id in orders]


def free_stock(orders: Iterable[Demanding]) -> Free:
    """Free units of all these orders' variants at their pools' locations that ship, with what is set aside for their
    channels: one statement."""
    pools: set[UUID] = set()
    channels: set[UUID] = set()
    variants: set[UUID] = set()
    for order in orders:
        pools.add(order.pool_id)
        channels.add(order.channel_id)
        variants.update(line.variant_id for line in order.lines)
    found = Free()
    if variants:
        for row in rows(_FREE, {"pools": list(pools), "channels": list(channels), "variants": list(variants)}):
            found.common.setdefault(row.location_id, {})[row.variant_id] = row.free
            if row.own:
                found.own.setdefault((row.channel_id, row.location_id), {})[row.variant_id] = row.own
    return found


_LINES = """
SELECT o.id AS order_id, c.pool_id, o.channel_id, c.is_history, o.placed_at, o.service, o.promise_latest,
       coalesce(o.shipping_address->>'country', c.country) AS country,
       coalesce(o.shipping_address->>'postal_code', '') AS postal_code,
       l.id AS line_id, l.variant_id, l.reserved, v.weight_g
FROM orders_order o
JOIN orders_channel c ON c.id = o.channel_id
JOIN orders_orderline l ON l.order_id = o.id
JOIN catalog_variant v ON v.id = l.variant_id
WHERE o.id = ANY(%s) AND l.is_stocked AND l.reserved > 0
ORDER BY l.order_id, l.position
"""
_PINS = """
SELECT demand_key, location_id, quantity FROM inventory_reservation WHERE demand_key = ANY(%s)
ORDER BY demand_key, location_id
"""
_FREE = f"""
SELECT s.location_id, s.variant_id, {FREE} AS free, f.channel_id, f.unused AS own
FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
LEFT JOIN inventory_fence f
  ON s.fenced > 0 AND f.stock_id = s.id AND f.unused > 0 AND f.channel_id = ANY(%(channels)s)
WHERE s.variant_id = ANY(%(variants)s) AND {OWN} > 0 AND l.is_active AND 'ship' = ANY(l.can)
  AND s.location_id IN (SELECT p.location_id FROM inventory_poollocation p WHERE p.pool_id = ANY(%(pools)s))
"""  # noqa: S608 - constants
