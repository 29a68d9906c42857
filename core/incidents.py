"""Incidents: what will make a promise late or false, seen early and settled by somebody."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.models import Incident
from core.outbox import Event, publish
from core.timeline import record


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


def resolve_incidents(kind: str, *, about: UUID, actor: Actor, resolution: str) -> int:
    """Resolve what is open of this kind for `about`; returns how many (a second call: 0)."""
    with transaction.atomic():
        resolved = Incident.objects.filter(kind=kind, about=about, resolved_at=None).update(
            resolved_at=timezone.now(), resolved_by=actor.label, resolution=resolution
        )
        if resolved:
            record(about, f"incident.{kind}", actor=actor, before="open", after="resolved", data={"how": resolution})
            publish([ExceptionResolved(about=about)])
    return resolved
