"""One timeline of everything that happened: who, when, what, before and after."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.bulk import Table, dump, insert_all
from core.db import require_atomic
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


@dataclass(frozen=True, slots=True)
class Stored:
    """A row as it is kept."""

    id: UUID
    about: UUID
    at: datetime
    actor_kind: str
    actor: str
    actor_id: str
    action: str
    before: str
    after: str
    data: str


TABLE = Table(
    "core_timelineentry",
    {
        "id": "uuid",
        "about": "uuid",
        "at": "timestamptz",
        "actor_kind": "text",
        "actor": "text",
        "actor_id": "text",
        "action": "text",
        "before": "text",
        "after": "text",
        "data": "jsonb",
    },
)


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
    insert_all({TABLE: stored(entries, actor=actor, at=at)})


def stored(entries: Iterable[Row], *, actor: Actor, at: datetime | None = None) -> list[Stored]:
    """The rows as they are kept, for a caller who writes them together with others."""
    now = at or timezone.now()
    kind, label, actor_id = actor.kind, actor.label, actor.id
    return [
        Stored(
            new_id(),
            e.about,
            e.at or now,
            kind,
            label,
            actor_id,
            e.action,
            e.before,
            e.after,
            dump(e.data) if e.data else "{}",
        )
        for e in entries
    ]
