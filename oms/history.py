"""Carries sets of past orders through the services that live orders go through, at the times when it happened."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.db import connection

from core.actors import Actor
from core.db import rows
from fulfillment.floor import pack, pick_all
from fulfillment.release import release
from fulfillment.routing import route
from fulfillment.shipping import ship
from fulfillment.tracking_events import deliver

WORK = """
SELECT id, status FROM fulfillment_fulfillmentorder WHERE order_id = ANY(%(orders)s) AND status = ANY(%(states)s)
ORDER BY id
"""
ON_THE_WAY = """
SELECT id FROM fulfillment_shipment WHERE order_id = ANY(%(orders)s) AND status = ANY(%(states)s) ORDER BY id
"""


def fulfil(order_ids: Sequence[UUID], *, at: datetime, delivered_at: datetime | None, actor: Actor) -> None:
    """Route, release, pick, pack and ship the orders at `at`; deliver them at `delivered_at` unless that is None.

    Orders may stand anywhere on that way: each step takes those that are ready for it.
    """
    send(order_ids, at=at, actor=actor)
    if delivered_at is not None:
        arrive(order_ids, at=delivered_at, actor=actor)


def send(order_ids: Sequence[UUID], *, at: datetime, actor: Actor) -> None:
    """Everything up to handing the parcels to their carriers."""
    route(order_ids, actor=actor, at=at)
    release(work(order_ids, "planned"), actor=actor, at=at)
    pick_all(work(order_ids, "released", "accepted", "picking"), actor=actor, at=at)
    pack(work(order_ids, "picking"), actor=actor, at=at)
    ship(work(order_ids, "packed"), actor=actor, at=at)


def arrive(order_ids: Sequence[UUID], *, at: datetime, actor: Actor) -> None:
    """The carriers deliver all that is under way."""
    found = rows(ON_THE_WAY, {"orders": list(order_ids), "states": ["shipped", "in_transit", "out_for_delivery"]})
    deliver([row.id for row in found], actor=actor, at=at)


def work(order_ids: Sequence[UUID], *states: str) -> list[UUID]:
    """Fulfilment orders of the orders that are in one of the states."""
    return [row.id for row in rows(WORK, {"orders": list(order_ids), "states": list(states)})]


def count_rows_anew(sets_done: int) -> None:
    """Tell the planner how large the tables have grown, after 1, 2, 4, 8, … sets of a long run.

    Statements are prepared while the tables are nearly empty; the planner would go on reading them whole until
    autovacuum looks at them, a minute later.
    """
    if sets_done & (sets_done - 1) == 0:
        tables = [m._meta.db_table for label in GROWING for m in apps.get_app_config(label).get_models()]
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(tables)}")


GROWING = ("orders", "inventory", "fulfillment", "payments", "accounting", "returns", "customers", "sourcing", "core")
