"""Release: handing planned work to its location so that it starts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import rows
from core.states import apply_many
from fulfillment.events import FulfillmentOrderReleased, publish_of
from fulfillment.locks import history, insist, lock_orders_of, open_units
from fulfillment.models import FulfillmentOrder
from fulfillment.states import FULFILLMENT_ORDER
from orders.quantities import move
from orders.services import refresh


def release(fulfillment_order_ids: Sequence[UUID], *, actor: Actor, at: datetime | None = None) -> list[UUID]:
    """Release planned fulfilment orders; those released before stay as they are. Returns the ids that moved."""
    at = at or timezone.now()
    with transaction.atomic():
        orders = lock_orders_of(fulfillment_order_ids)
        moved = apply_many(
            FULFILLMENT_ORDER, FulfillmentOrder, fulfillment_order_ids, "release", actor=actor, about="order_id", at=at
        )
        insist(FULFILLMENT_ORDER, fulfillment_order_ids, moved, "release")
        if not moved:
            return []
        released = rows(
            "UPDATE fulfillment_fulfillmentorder SET released_at = %(at)s WHERE id = ANY(%(ids)s)"
            " RETURNING id, order_id, location_id",
            {"at": at, "ids": moved},
        )
        move(open_units(moved), "allocated", "released")
        publish_of(
            (
                FulfillmentOrderReleased(
                    about=r.order_id,
                    number=orders[r.order_id].number,
                    fulfillment_order_id=str(r.id),
                    location_id=str(r.location_id),
                )
                for r in sorted(released)
            ),
            history(orders),
        )
        refresh([r.order_id for r in released], actor=actor, at=at)
    return moved
