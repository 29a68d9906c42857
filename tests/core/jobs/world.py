"""A tiny list, and an act on its rows that may be refused or break: what jobs need to know of an app, and no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import ngettext_lazy

from core.actors import Actor
from core.jobs import bulk, preparing, running
from core.jobs.bulk import BulkAction, Refusal, Run
from core.jobs.models import Job
from core.lists import Column, ListSpec, Period, Text, registry
from core.models import Grant, Incident
from core.permissions import locations_of
from core.problems import Conflict
from core.timeline import record

SETTLE = "test.settle"
LIST = "test.incidents"


class Words(forms.Form):
    """How they were settled."""

    how = forms.CharField(max_length=20)


def settle(incident_id: UUID, run: Run) -> str:
    """The more often it is done, the longer the word: what is done twice can be seen."""
    incident = Incident.objects.get(pk=incident_id)
    if incident.kind == "stubborn":
        raise Conflict("It does not want to.")
    if incident.kind == "broken":
        raise RuntimeError("a screw is loose")
    incident.resolution += run.given["how"]
    incident.save(update_fields=["resolution"])
    record(incident.about, "incident.test", actor=run.actor)
    return f"settled: {incident.resolution}"


ACTION = BulkAction(
    name=SETTLE,
    label="Settle",
    title="Settle incidents",
    confirm=ngettext_lazy("Settle %(n)d", "Settle %(n)d", "n"),
    permission="incidents.view",
    model=Incident,
    act=settle,
    fields=Words,
    refusals=(Refusal("It does not want to.", Q(kind="stubborn")),),
    consequence=lambda found: [f"{found.count()} will be quiet."],
    named_by="kind",
)


def seen_by(user: Any) -> Any:
    """The incidents of one's own places."""
    places = locations_of(user, "incidents.view")
    return Incident.objects.all() if places is None else Incident.objects.filter(location_id__in=places)


SPEC = ListSpec(
    name=LIST,
    model=Incident,
    title="Incidents",
    permission="incidents.view",
    base=seen_by,
    columns=(
        Column(name="opened", label="Opened", value=lambda i: i.opened_at, sort="opened_at"),
        Column(name="kind", label="Kind", value=lambda i: i.kind),
        Column(name="how", label="How", value=lambda i: i.resolution),
    ),
    filters=(
        Text(name="kind", label="Kind", field="kind"),
        Period(name="day", since="since", until="until", label="Opened", field="opened_at"),
    ),
    sort="opened",
    bulk=(SETTLE,),
)


def make_known() -> None:
    """The list and its action are known from now on."""
    registry.register(SPEC)
    bulk.register(ACTION)


@contextmanager
def known() -> Iterator[None]:
    """The list and its action are known for the time of a block."""
    make_known()
    try:
        yield
    finally:
        del registry._known[LIST], bulk.ACTIONS[SETTLE]


def person(role: str = "manager", *, location_id: UUID | None = None) -> Any:
    """Somebody with a role, everywhere or at one place."""
    user = get_user_model().objects.create_user(f"{role}-{get_user_model().objects.count()}")
    Grant.objects.create(user=user, role=role, location_id=location_id)
    return user


def incidents(*kinds: str, location_id: UUID | None = None) -> list[Incident]:
    """One of each kind, in this order."""
    made = [Incident(kind=kind, about=Incident().id, location_id=location_id) for kind in kinds]
    return Incident.objects.bulk_create(made)


def prepared(owner: Any, found: list[Incident]) -> Job:
    """A job over these."""
    ids = [str(each.pk) for each in found]
    return preparing.prepare(LIST, SETTLE, owner=owner, actor=Actor.of(owner), ids=ids)


def started(owner: Any, found: list[Incident], how: str = "x") -> Job:
    """A job over these that waits for a worker."""
    job = prepared(owner, found)
    return preparing.start(job.pk, QueryDict(f"how={how}"), owner=owner, actor=Actor.of(owner))


def done(owner: Any, found: list[Incident], how: str = "x") -> Job:
    """A job over these that has come to its end."""
    job = started(owner, found, how)
    running.run_jobs()
    job.refresh_from_db()
    return job


def results(job: Job) -> list[tuple[str, str]]:
    """What became of each row, in their order."""
    return list(job.rows.order_by("position").values_list("label", "state"))
