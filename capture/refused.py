"""Demand that was refused for want of stock is kept: what was wanted, what could be had, at what price.

It is written after the refusal, in a transaction of its own, and can never change it: when it cannot be written, the log
says so and the caller hears the refusal all the same.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from capture.drafts import DraftOrder
from capture.pinning import NotEnough
from core.bulk import Table
from core.db import rows, run
from core.ids import new_id

logger = logging.getLogger(__name__)

KEPT = timedelta(days=400)
"""A year can be compared with the one before."""
AWAITED = timedelta(days=30)
"""How long an order that was refused may come again and be taken."""
AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class Name:
    """How an order without a number of its own is known again: its caller and key."""

    client: str
    key: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A row in the making."""

    channel_id: UUID
    variant_id: UUID
    external_id: str
    client: str
    key: str
    door: str
    wanted: int
    had: int
    unit_value: Decimal
    at: datetime
    id: UUID = field(default_factory=new_id)


TABLE = Table(
    "capture_refuseddemand",
    {
        "id": "uuid", "channel_id": "uuid", "variant_id": "uuid", "external_id": "text", "client": "text", "key": "text",
        "door": "text", "wanted": "int", "had": "int", "unit_value": "numeric", "at": "timestamptz",
    },
)  # fmt: skip
KEEP = f"""
{TABLE.insert()}
ON CONFLICT (channel_id, external_id, client, key, variant_id) DO UPDATE
SET door = excluded.door, wanted = excluded.wanted, had = excluded.had, unit_value = excluded.unit_value
WHERE capture_refuseddemand.order_id IS NULL
"""

WITHDRAW = """
DELETE FROM capture_refuseddemand
WHERE channel_id = %(channel)s AND external_id = '' AND client = %(client)s AND key = %(key)s AND order_id IS NULL
"""


def keep(refusals: Iterable[tuple[NotEnough, Name]], *, door: str) -> None:
    """Keep what each of these orders wanted and could not have."""
    if made := [row for refusal, name in refusals for row in _rows(refusal, name, door)]:
        with _harmless():
            _write(made)


def keep_asked(draft: DraftOrder, short: NotEnough | None, name: Name, *, door: str) -> None:
    """What was asked for under a name last is what counts: it takes the place of what was kept before, if it is short."""
    with _harmless():
        if not draft.external_id:
            run(WITHDRAW, {"channel": draft.channel_id, "client": name.client, "key": name.key})
        if short and (made := list(_rows(short, name, door))):
            _write(made)


@contextmanager
def _harmless() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except DatabaseError:
        logger.exception("demand that was refused could not be kept")
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _write(made: list[Refused]) -> None:
    made.sort(key=lambda row: (row.channel_id, row.external_id, row.client, row.key, row.variant_id))
    run(KEEP, TABLE.params(made))


def _rows(refusal: NotEnough, name: Name, door: str) -> Iterator[Refused]:
    """By variant that is short; of past orders there is nothing to learn."""
    draft = refusal.draft
    known = Name("", "") if draft.external_id else name
    for variant, had in refusal.can_be_had.items():
        lines = [line for line in draft.lines if line.variant_id == variant and line.is_stocked]
        wanted = sum(line.quantity for line in lines)
        if wanted > had and not draft.channel.is_history:
            worth = sum((line.net for line in lines), Decimal(0)) * draft.fx_rate / wanted
            yield Refused(
                channel_id=draft.channel_id,
                variant_id=variant,
                external_id=draft.external_id,
                client=known.client,
                key=known.key,
                door=door,
                wanted=wanted,
                had=max(0, had),
                unit_value=worth.quantize(Decimal("0.0001")),
                at=draft.placed_at,
            )


# By the order's own number; else by the answer that is kept under its key for some days.
SETTLE = """
WITH waiting AS MATERIALIZED (
    SELECT id, channel_id, variant_id, external_id, client, key FROM capture_refuseddemand
    WHERE order_id IS NULL AND at > %(since)s),
taken AS (
    SELECT w.id, w.variant_id, o.id AS order_id FROM waiting w
    JOIN orders_order o ON o.channel_id = w.channel_id AND o.external_id = w.external_id AND o.external_id <> ''
    UNION ALL
    SELECT w.id, w.variant_id, o.id FROM waiting w
    JOIN core_idempotencykey k ON k.client = w.client AND k.key = w.key AND k.status = 201
    JOIN orders_order o ON o.number = k.answer ->> 'number' AND o.channel_id = w.channel_id
    WHERE w.external_id = '')
UPDATE capture_refuseddemand r SET order_id = t.order_id, sold = (
    SELECT coalesce(sum(l.quantity), 0) FROM orders_orderline l
    WHERE l.order_id = t.order_id AND l.variant_id = t.variant_id)
FROM taken t WHERE r.id = t.id AND r.order_id IS NULL
RETURNING r.id
"""


def settle() -> int:
    """Orders that were refused and taken later are no lost sales; returns how many rows that settles."""
    return len(rows(SETTLE, {"since": timezone.now() - AWAITED}))


FORGET = """
DELETE FROM capture_refuseddemand WHERE id IN (
    SELECT id FROM capture_refuseddemand WHERE at < %(before)s ORDER BY at LIMIT %(most)s)
"""


def forget_old() -> int:
    """Delete what is older than `KEPT`; returns how many rows went."""
    gone = 0
    while found := run(FORGET, {"before": timezone.now() - KEPT, "most": AT_A_TIME}).rowcount:
        gone += found
    return gone
