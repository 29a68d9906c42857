"""Orders as a whole: their lock, and their derived state after something below changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import require_atomic, rows
from core.outbox import publish
from core.problems import NotFound
from core.timeline import Row, record_many
from orders.events import OrderCompleted
from orders.status import LINE_SUMS, STATUS

LOCK = """
SELECT o.*, c.is_history FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id
WHERE o.id = ANY(%(ids)s) ORDER BY o.id FOR NO KEY UPDATE OF o
"""


def lock_orders(order_ids: Iterable[UUID]) -> list[Any]:
    """The orders' rows (with their channel's is_history), locked in key order until the transaction ends."""
    require_atomic()
    return rows(LOCK, {"ids": list(set(order_ids))})


def lock_order(order_id: UUID) -> Any:
    """One order's row, locked; NotFound when there is none."""
    found = lock_orders([order_id])
    if not found:
        raise NotFound(_("There is no such order."))
    return found[0]


REFRESH = f"""
WITH sums AS ({LINE_SUMS}),
fresh AS (
    SELECT o.id, o.status AS before, {STATUS} AS after FROM orders_order o JOIN sums s ON s.order_id = o.id)
UPDATE orders_order o SET status = fresh.after, version = o.version + 1, updated_at = %(now)s
FROM fresh, orders_channel c WHERE o.id = fresh.id AND c.id = o.channel_id
RETURNING o.id, o.number, fresh.before, fresh.after, c.is_history
"""  # noqa: S608 - both parts are constants


def refresh(order_ids: Sequence[UUID], *, actor: Actor, at: datetime | None = None) -> None:
    """Derive the status of orders that the caller holds locked, raise their version, tell the timeline and the world."""
    require_atomic()
    now = timezone.now()
    refreshed = rows(REFRESH, {"ids": list(set(order_ids)), "now": now})
    changed = [r for r in refreshed if r.before != r.after]
    record_many((Row(r.id, f"order.{r.after}", r.before, r.after) for r in sorted(changed)), actor=actor, at=at or now)
    _tell_completed([r for r in changed if r.after == "completed"])


TOLD = "SELECT about FROM core_event WHERE about = ANY(%(ids)s) AND kind = 'order.completed'"


def _tell_completed(completed: Sequence[Any]) -> None:
    """Orders are completed once: a return may open one again, and its second completion is no news."""
    if not completed:
        return
    told = {row.about for row in rows(TOLD, {"ids": [r.id for r in completed]})}
    for history in (False, True):
        news = [r for r in completed if r.is_history is history and r.id not in told]
        publish([OrderCompleted(about=r.id, number=r.number) for r in news], dispatched=history)


def set_settled(order_ids: Sequence[UUID], settled: bool, *, actor: Actor, at: datetime | None = None) -> None:
    """Say whether all money of these orders is settled; those whose answer changed are refreshed."""
    with transaction.atomic():
        changed = rows(
            """
            WITH locked AS MATERIALIZED (
                SELECT id FROM orders_order WHERE id = ANY(%(ids)s) AND is_settled <> %(settled)s
                ORDER BY id FOR NO KEY UPDATE)
            UPDATE orders_order o SET is_settled = %(settled)s FROM locked WHERE o.id = locked.id RETURNING o.id
            """,
            {"ids": list(set(order_ids)), "settled": settled},
        )
        if changed:
            refresh([row.id for row in changed], actor=actor, at=at)
