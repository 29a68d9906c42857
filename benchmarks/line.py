"""A process of the pipeline: it captures its share of orders, then does whatever work there is until none is left."""

import time
from uuid import UUID

from django.conf import settings

from benchmarks.orders import bodies_of, capture
from benchmarks.provider import answer_in_process
from benchmarks.workers import Turn
from core import outbox
from core.actors import Actor
from core.db import rows
from fulfillment import floor, shipping

BATCH = 100
"""Orders a call, and parcels a pass on the floor."""
IDLE = 0.005
"""Seconds to wait when all that is left is in the hands of another process."""
PICKER = Actor("user", "Paula Picker")

RELEASED = """
SELECT id FROM fulfillment_fulfillmentorder
WHERE status = 'released' AND abs(hashtextextended(id::text, 0)) %% %(of)s = %(index)s ORDER BY id LIMIT %(most)s
"""
OVER = """
SELECT NOT EXISTS (SELECT FROM core_event WHERE dispatched_at IS NULL)
   AND NOT EXISTS (SELECT FROM core_delivery WHERE done_at IS NULL AND parked_at IS NULL)
   AND NOT EXISTS (SELECT FROM fulfillment_fulfillmentorder
                   WHERE status IN ('planned', 'released', 'accepted', 'picking', 'packed')) AS it_is
"""


def line(index: int, *, of: int, share: int, data: str = "", url: str = "", key: str = "") -> Turn:
    """One of `of` processes. The provider answers here, remembering in `data`, or over HTTP at `url`."""
    if url:
        settings.PROVIDER_URL, settings.PROVIDER_KEY = url, key
    else:
        answer_in_process(data)

    def turn() -> int:
        left = share
        while left or not rows(OVER)[0].it_is:
            batch = min(left, BATCH)
            if batch:
                capture(bodies_of(batch))
                left -= batch
            if not outbox.drain(most_rounds=1) + work(index, of) + batch:
                time.sleep(IDLE)
        return share

    return turn


def work(index: int, of: int) -> int:
    """Pick, pack and ship what was released to this process; how many parcels."""
    ids: list[UUID] = [row.id for row in rows(RELEASED, {"of": of, "index": index, "most": BATCH})]
    if ids:
        floor.pick_all(ids, actor=PICKER)
        floor.pack(ids, actor=PICKER)
        shipping.ship(ids, actor=PICKER)
    return len(ids)
