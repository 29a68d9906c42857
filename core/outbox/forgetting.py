"""Deliveries that were made long ago: forgotten, so that the table stays as large as a month's work. Facts are kept."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from core.db import run

KEPT = timedelta(days=30)
"""How long one can still see when a fact was handed to whom."""

MOST = 10_000
"""Rows at a time, so that nothing is locked for long."""

# Keys of events begin with the time of their making, so the oldest are found by the unique key of deliveries.
FORGET = """
DELETE FROM core_delivery WHERE id IN (
    SELECT id FROM core_delivery WHERE event_id < %(before)s AND done_at IS NOT NULL ORDER BY event_id LIMIT %(most)s)
"""


def forget_done(*, most: int = MOST) -> int:
    """Delete what was delivered of facts older than `KEPT`; returns how many. Parked and unfinished work stays."""
    before, gone = first_key_of(timezone.now() - KEPT), 0
    while (found := run(FORGET, {"before": before, "most": most}).rowcount) > 0:
        gone += found
    return gone


def first_key_of(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: 48 bits of milliseconds first (RFC 9562, 5.7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
