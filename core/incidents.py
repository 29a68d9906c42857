"""Incidents: what will make a promise late or false, seen early and settled by somebody."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import rows
from core.models import Incident
from core.outbox import Event, publish
from core.timeline import Row, record, record_many


class ExceptionOpened(Event):
    kind = "exception.opened"


class ExceptionResolved(Event):
    kind = "exception.resolved"


def open_incident(
    kind: str, *, about: UUID, actor: Actor, location_id: UUID | None = None, data: dict[str, Any] | None = None
) -> Incident:
    """Open an incident, or return the one of this kind that is open for the same thing."""
    with transaction.atomic():
        incident, made = Incident.objects.get_or_create(
            kind=kind, about=about, resolved_at=None, defaults={"location_id": location_id, "data": data or {}}
        )
        if made:
            record(about, f"incident.{kind}", actor=actor, after="open", data=incident.data)
            publish([ExceptionOpened(about=about)])
    return incident


RESOLVE = """
UPDATE core_incident SET resolved_at = %(at)s, resolved_by = %(by)s, resolution = %(resolution)s
WHERE kind = %(kind)s AND about = ANY(%(abouts)s) AND resolved_at IS NULL RETURNING about
"""


def resolve_incidents(kind: str, *, about: UUID, actor: Actor, resolution: str) -> int:
    """Resolve what is open of this kind for `about`; returns how many (a second call: 0)."""
    return resolve_many(kind, [about], actor=actor, resolution=resolution)


def resolve_many(kind: str, abouts: Sequence[UUID], *, actor: Actor, resolution: str) -> int:
    """Resolve what is open of this kind for any of `abouts`, in one statement; returns how many."""
    named = {"at": timezone.now(), "by": actor.label, "resolution": resolution, "kind": kind, "abouts": list(abouts)}
    with transaction.atomic():
        resolved = [row.about for row in rows(RESOLVE, named)]
        said = {"how": resolution}
        record_many((Row(about, f"incident.{kind}", "open", "resolved", said) for about in resolved), actor=actor)
        publish(ExceptionResolved(about=about) for about in resolved)
    return len(resolved)
