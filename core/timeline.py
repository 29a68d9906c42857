"""One timeline of everything that happened: who, when, what, before and after."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, run
from core.ids import new_id


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened to `about` (usually an order's id), at its own time or that of the call."""

    about: UUID
    action: str
    before: str = ""
    after: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


INSERT = """
INSERT INTO core_timelineentry (id, about, at, actor_kind, actor, actor_id, action, before, after, data)
SELECT r.id, r.about, r.at, %(kind)s, %(label)s, %(actor_id)s, r.action, r.before, r.after, r.data::jsonb
FROM unnest(%(ids)s::uuid[], %(abouts)s::uuid[], %(actions)s::text[], %(befores)s::text[], %(afters)s::text[],
            %(datas)s::text[], %(ats)s::timestamptz[]) AS r(id, about, action, before, after, data, at)
"""


def dump(value: Any) -> str:
    """JSON text with decimals, dates and UUIDs as strings."""
    return json.dumps(value, cls=DjangoJSONEncoder)


def record(
    about: UUID,
    action: str,
    *,
    actor: Actor,
    before: str = "",
    after: str = "",
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Write one row in the caller's transaction."""
    record_many([Row(about, action, before, after, data or {})], actor=actor, at=at)


def record_many(entries: Iterable[Row], *, actor: Actor, at: datetime | None = None) -> None:
    """Write many rows in one statement, in the caller's transaction."""
    require_atomic()
    entries = list(entries)
    if not entries:
        return
    now = at or timezone.now()
    run(
        INSERT,
        {
            "kind": actor.kind,
            "label": actor.label,
            "actor_id": actor.id,
            "ids": [new_id() for _ in entries],
            "abouts": [e.about for e in entries],
            "actions": [e.action for e in entries],
            "befores": [e.before for e in entries],
            "afters": [e.after for e in entries],
            "datas": [dump(e.data) for e in entries],
            "ats": [e.at or now for e in entries],
        },
    )
