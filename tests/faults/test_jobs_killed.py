"""The worker of a bulk action or an export is killed: another one goes on, each row is done once, the file is whole."""

import csv
import io
import signal
from collections.abc import Iterator
from functools import partial

import pytest
from django.http import QueryDict

from capture import references
from capture.services import Attempt, place_orders
from catalog.models import Variant
from core.actors import SYSTEM, Actor
from core.ids import new_id
from core.invariants import disagreements
from core.jobs import exporting, limits, preparing
from core.jobs.models import Job
from core.models import Incident, TimelineEntry
from inventory.models import Location
from orders.models import Order
from tests.core.jobs.world import LIST, incidents, known, person, started
from tests.factories.world import MUG, open_stock, order_body
from tests.faults.workers import Clock, Worker

BULK = [
    "after core.jobs.running:take",  # it is ours, and nothing is done
    "before core.jobs.working:effect",
    "after core.jobs.working:effect",  # written, not committed
    "after core.jobs.working:settle",  # the result too
    "after core.jobs.working:effect_and_result",  # both committed
    "before core.jobs.claims:Turn.finish",  # every row has its result, nobody says so
]
EXPORT = [
    "after core.jobs.exporting:begin",
    "before core.jobs.exporting:keep",
    "after core.jobs.exporting:keep",  # written, not committed
    "after core.jobs.exporting:write_piece",
    "before core.jobs.claims:Turn.finish",
]
SHEET = [
    "before core.jobs.exporting:make_sheet",
    "after core.jobs.cells:write_sheet",
    "before core.jobs.claims:Turn.finish",  # everything is written, nothing committed
    "after core.jobs.exporting:make_sheet",
]
JOBS = "jobs"
PATIENCE = 900


@pytest.fixture(autouse=True)
def tiny_list() -> Iterator[None]:
    with known():
        yield


def kill_at(point: str, worker: Worker, clock: Clock, **life: str) -> None:
    """A life that ends at the point; that it ended by the signal shows that the point was reached."""
    worker.start(point=point, queues=JOBS, **life)
    ends: list[int] = []
    assert clock.wait_for(lambda: ends.append(end) if (end := worker.died()) is not None else ends), point
    assert ends == [-signal.SIGKILL]


def live_on(worker: Worker, clock: Clock) -> None:
    """Another worker finds what was begun, and finishes it."""
    worker.start(queues=JOBS)
    assert clock.wait_for(lambda: not Job.objects.filter(state__in=("waiting", "running")).exists(), PATIENCE)
    worker.kill()


def each_once(job: Job) -> None:
    """Every row is done, with one effect and one line in its timeline."""
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", job.total)
    assert set(Incident.objects.values_list("resolution", flat=True)) == {"x"}
    assert TimelineEntry.objects.filter(action="incident.test").count() == job.total
    assert disagreements() == []


def test_each_row_is_done_once_wherever_the_worker_is_killed(worker: Worker, clock: Clock) -> None:
    job = started(person(), incidents(*(f"k{n}" for n in range(len(BULK)))))
    for point in BULK:
        kill_at(point, worker, clock)
    live_on(worker, clock)
    each_once(job)


def has_done(job: Job, rows: int) -> bool:
    """Whether so many rows have their result."""
    return Job.objects.get(pk=job.pk).done >= rows


def test_each_row_is_done_once_when_the_worker_is_killed_at_any_moment(worker: Worker, clock: Clock) -> None:
    job = started(person(), incidents(*(f"k{n}" for n in range(150))))
    for upto in (30, 80):
        worker.start(queues=JOBS)
        assert clock.wait_for(partial(has_done, job, upto))
        worker.kill()
    assert Job.objects.get(pk=job.pk).state == "running"
    live_on(worker, clock)
    each_once(job)


def test_an_effect_that_is_committed_without_its_result_comes_twice(worker: Worker, clock: Clock) -> None:
    job = started(person(), incidents("a", "b"))
    kill_at("before core.jobs.working:settle", worker, clock, protection="a row with its effect")
    live_on(worker, clock)
    assert sorted(Incident.objects.values_list("resolution", flat=True)) == ["x", "xx"]
    assert TimelineEntry.objects.filter(action="incident.test").count() == job.total + 1


def test_a_job_whose_lease_never_ends_is_stuck_with_its_worker(worker: Worker, clock: Clock) -> None:
    job = started(person(), incidents("a"))
    kill_at("before core.jobs.working:effect", worker, clock, protection="found again by a query")
    worker.start(queues=JOBS)
    assert not clock.wait_for(lambda: Job.objects.get(pk=job.pk).done, seconds=3)
    worker.kill()


@pytest.mark.parametrize("format_", preparing.FORMATS)
def test_a_file_is_whole_wherever_the_worker_is_killed(format_: str, worker: Worker, clock: Clock) -> None:
    owner, rows = person(), 2 * limits.PIECE + 10
    incidents(*(f"k{n}" for n in range(rows)))
    job = preparing.start_export(LIST, format_, owner=owner, actor=Actor.of(owner), query="columns=kind")
    for point in EXPORT if format_ == "csv" else [*EXPORT[:-1], *SHEET]:
        kill_at(point, worker, clock)
    live_on(worker, clock)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", rows, rows)
    data = b"".join(exporting.pieces(job))
    assert len(data) == job.size
    if format_ == "csv":
        lines = [line[0] for line in csv.reader(io.StringIO(data.decode()))]
        assert lines == ["Kind", *(f"k{n}" for n in range(rows))]
    assert disagreements() == []


@pytest.mark.long
def test_five_thousand_orders_are_held_once_each_though_the_worker_is_killed_half_way(
    worker: Worker, clock: Clock
) -> None:
    many = 5_000
    open_stock(Location.objects.get(code="DC-LYON"), {Variant.objects.get(sku=MUG): many})
    references.forget()
    for _ in range(many // 100):
        batch = [Attempt(order_body(MUG, 1), str(new_id()), "d") for _ in range(100)]
        place_orders(batch, client="drill", actor=SYSTEM)
    owner = person()
    total = Order.objects.count()
    assert total == many
    job = preparing.prepare("orders", "orders.hold", owner=owner, actor=Actor.of(owner))
    preparing.start(job.pk, QueryDict("kind=manual&note="), owner=owner, actor=Actor.of(owner))
    worker.start(queues=JOBS)
    assert clock.wait_for(partial(has_done, job, many // 2), PATIENCE)
    worker.kill()
    assert Job.objects.get(pk=job.pk).state == "running"
    live_on(worker, clock)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", many, many)
    assert Order.objects.filter(status="on_hold").count() == many
    assert TimelineEntry.objects.filter(action="hold.open").count() == many
    assert disagreements() == []
