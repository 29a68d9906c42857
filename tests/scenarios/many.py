"""Acts on many orders at once: a worker is lost before any statement of them, and another one goes on."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import Error, connection
from django.http import QueryDict

from core.actors import Actor
from core.db import run
from core.jobs import preparing, running
from core.jobs.models import Job
from core.models import Grant
from tests.scenarios.books import Books
from tests.scenarios.statements import LosesConnection, seen_by

ACTS: Sequence[tuple[str, str]] = (
    ("orders.hold", "kind=manual&note=wait"),
    ("orders.release_hold", "kind=manual&note="),
    ("orders.cancel", "reason=not wanted"),
)
LEASES_END = "UPDATE core_job SET lease_until = statement_timestamp() - interval '1 second' WHERE state = 'running'"


def manager() -> Any:
    """Who may do all of it; made when first wanted."""
    user, is_new = get_user_model().objects.get_or_create(username="many-at-once")
    if is_new:
        Grant.objects.create(user=user, role="manager")
    return user


def do(act: str, given: str, orders: Sequence[UUID], lost_before: int) -> Mapping[UUID, str]:
    """The act on these orders, come to its end; what became of each."""
    owner = manager()
    actor = Actor.of(owner)
    job = preparing.prepare("orders", act, owner=owner, actor=actor, ids=[str(each) for each in orders])
    preparing.start(job.pk, QueryDict(given), owner=owner, actor=actor)
    try:
        with seen_by(LosesConnection(lost_before)):
            running.run_jobs()
    except Error:
        connection.close()
    run(LEASES_END)
    running.run_jobs()
    state = Job.objects.get(pk=job.pk).state
    assert state == "done", f"the job ends as {state}"
    return {row.key: row.state for row in job.rows.all()}


def book(books: Books, act: str, order_id: UUID) -> None:
    """What one row that was done has done."""
    if act == "orders.cancel":
        books.cancel(order_id, None)
    elif act == "orders.hold":
        books.sales[order_id].holds.add("manual")
    else:
        books.sales[order_id].holds.discard("manual")
