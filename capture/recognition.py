"""Orders known before: by the caller's key, and by the channel's own number. One statement for a whole call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core import idempotency
from core.db import require_atomic, rows
from core.idempotency import Answer
from core.problems import Problem

PART = """
SELECT CASE WHEN o.id IS NULL THEN nextval('orders_number') END AS number, o.number AS taken {seen}
FROM unnest(%(keys)s::text[], %(channels)s::uuid[], %(external_ids)s::text[])
    WITH ORDINALITY AS w(key, channel_id, external_id, place)
LEFT JOIN orders_order o
    ON o.channel_id = w.channel_id AND o.external_id = w.external_id AND w.external_id <> '' AND o.external_id <> ''
{join} ORDER BY w.place
"""
BY_NUMBER = PART.format(seen="", join="")
BY_KEY_TOO = PART.format(seen=f", {idempotency.SEEN}", join=idempotency.JOIN)


@dataclass(frozen=True, slots=True)
class Asked:
    """How one order names itself: the caller's key with the fingerprint of the body, and the channel's own number."""

    key: str
    digest: str
    channel_id: UUID | None
    external_id: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of it: the `earlier` answer under its key, the order that has `taken` its own number, or neither,
    and then the `number` to give it."""

    earlier: Answer | Problem | None
    taken: str
    number: int


def recognise(asked: Sequence[Asked], *, client: str) -> list[Known]:
    """For each, in order. Without a `client` nothing is kept under keys, and orders are known by their numbers only.

    A key is held until the end of the caller's transaction.
    """
    require_atomic()
    wanted: dict[str, Any] = {
        "keys": [a.key for a in asked],
        "channels": [a.channel_id for a in asked],
        "external_ids": [a.external_id for a in asked],
    }
    found = rows(BY_KEY_TOO, wanted | {"client": client}) if client else rows(BY_NUMBER, wanted)
    return [
        Known(idempotency.verdict(row, a.digest) if client else None, row.taken or "", row.number or 0)
        for a, row in zip(asked, found, strict=True)
    ]
