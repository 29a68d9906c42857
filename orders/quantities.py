"""The only writer of a line's buckets. Callers hold the orders' locks, which makes it the arbiter of every race."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.db import require_atomic, rows
from core.problems import Conflict
from orders.states import BUCKETS


@dataclass(frozen=True, slots=True)
class Units:
    """Some units of one order line."""

    line_id: UUID
    quantity: int


def move(units: Sequence[Units], source: str, target: str) -> None:
    """Move units of many lines from one bucket to another in one statement; Conflict when a line has too few."""
    if source not in BUCKETS or target not in BUCKETS:
        raise ValueError(f"no such bucket: {source} → {target}")
    _change(units, f"{source} = l.{source} - w.q, {target} = l.{target} + w.q", f"l.{source} >= w.q", source)


def deliver(units: Sequence[Units]) -> None:
    """Count shipped units as delivered; never more than were shipped."""
    _change(units, "delivered = l.delivered + w.q", "l.delivered + w.q <= l.shipped", "shipped, not yet delivered")


def take_back(units: Sequence[Units]) -> None:
    """Count shipped units as returned; never more than were shipped."""
    _change(units, "returned = l.returned + w.q", "l.returned + w.q <= l.shipped", "shipped, not yet returned")


def _change(units: Sequence[Units], assignment: str, guard: str, what: str) -> None:
    require_atomic()
    if not units:
        return
    wanted: dict[UUID, int] = {}
    for u in units:
        if u.quantity <= 0:
            raise ValueError("a quantity to move is positive")
        wanted[u.line_id] = wanted.get(u.line_id, 0) + u.quantity
    changed = rows(
        f"""
        UPDATE orders_orderline l SET {assignment}
        FROM unnest(%(ids)s::uuid[], %(quantities)s::int[]) AS w(id, q) WHERE l.id = w.id AND {guard}
        RETURNING l.id
        """,  # noqa: S608 - bucket names are checked above
        {"ids": list(wanted), "quantities": list(wanted.values())},
    )
    if len(changed) < len(wanted):
        missed = set(wanted) - {row.id for row in changed}
        raise Conflict(_short_words(missed, what))


def _short_words(missed: set[UUID], what: str) -> str:
    found = rows(
        "SELECT o.number, l.sku FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id WHERE l.id = ANY(%(ids)s)",
        {"ids": list(missed)},
    )
    names = ", ".join(f"{row.number} {row.sku}" for row in found[:5]) or "an unknown line"
    return f"Somebody was quicker: {names} no longer has that many units {what.replace('_', ' ')}."
