"""Incidents: what will make a promise late or false, seen early and settled by somebody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.bulk import Table, dump
from core.db import rows, run
from core.ids import new_id
from core.models import Incident
from core.outbox import Event, publish
from core.problems import Conflict, NotFound
from core.timeline import Row, record, record_many


class ExceptionOpened(Event):
    kind = "exception.opened"


class ExceptionResolved(Event):
    kind = "exception.resolved"


class ExceptionAssigned(Event):
    kind = "exception.assigned"


@dataclass(frozen=True, slots=True)
class Found:
    """Something to be told of: what it is about, where, and its numbers."""

    about: UUID
    location_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Opened:
    id: UUID
    about: UUID
    location_id: UUID | None
    data: dict[str, Any]


OPENED = Table("core_incident", {"id": "uuid", "about": "uuid", "location_id": "uuid", "data": "jsonb"}, computed={
    "kind": "%(kind)s", "opened_at": "%(at)s::timestamptz", "resolved_by": "''", "resolution": "''",
})  # fmt: skip
OPEN = f"{OPENED.insert()} ON CONFLICT (about, kind) WHERE resolved_at IS NULL DO NOTHING RETURNING about"


def open_many(kind: str, found: Iterable[Found], *, actor: Actor) -> int:
    """Open an incident for each thing that has none of this kind open, in one statement; returns how many."""
    wanted = {each.about: _Opened(new_id(), each.about, each.location_id, each.data) for each in found}
    if not wanted:
        return 0
    with transaction.atomic():
        named = {"kind": kind, "at": timezone.now()}
        opened = [row.about for row in rows(OPEN, OPENED.params(wanted.values()) | named)]
        told = (Row(about, f"incident.{kind}", after="open", data=wanted[about].data) for about in opened)
        record_many(told, actor=actor)
        publish([ExceptionOpened(about=about) for about in opened])
    return len(opened)


DESCRIBE = """
UPDATE core_incident i SET data = w.data::jsonb FROM unnest(%(abouts)s::uuid[], %(data)s::text[]) AS w(about, data)
WHERE i.kind = %(kind)s AND i.about = w.about AND i.resolved_at IS NULL AND i.data <> w.data::jsonb
"""


def describe(kind: str, *, about: UUID, data: dict[str, Any]) -> None:
    """What is known of an open incident by now; nothing when it was resolved meanwhile."""
    describe_many(kind, [Found(about, data=data)])


def describe_many(kind: str, found: Sequence[Found]) -> None:
    """The same of many, in one statement."""
    run(DESCRIBE, {"kind": kind, "abouts": [f.about for f in found], "data": [dump(f.data) for f in found]})


def open_incident(
    kind: str, *, about: UUID, actor: Actor, location_id: UUID | None = None, data: dict[str, Any] | None = None
) -> Incident:
    """Open an incident, or return the one of this kind that is open for the same thing."""
    with transaction.atomic():
        open_many(kind, [Found(about, location_id, data or {})], actor=actor)
        return Incident.objects.filter(kind=kind, about=about).latest("opened_at")


def assign(incident_id: UUID, *, actor: Actor, to: Any) -> Incident:
    """Say who looks after an open incident: a person, or nobody (None). The same again changes nothing."""
    with transaction.atomic():
        incident = Incident.objects.select_for_update(of=("self",)).filter(pk=incident_id).first()
        if incident is None:
            raise NotFound(_("There is no such exception."))
        if incident.resolved_at is not None:
            raise Conflict(_("This exception is solved already."))
        if incident.assignee_id == (to.pk if to else None):
            return incident
        before, incident.assignee = _name_of(incident.assignee), to
        incident.save(update_fields=["assignee"])
        said = {"kind": incident.kind}
        record(incident.about, "incident.assign", actor=actor, before=before, after=_name_of(to), data=said)
        publish([ExceptionAssigned(about=incident.about)])
    return incident


def _name_of(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


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
