"""What people do with jobs: prepare, start, stop, go on, try again. Each is the owner's own."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import states
from core.actors import Actor
from core.db import require_atomic, run
from core.jobs import bulk, limits
from core.jobs.bulk import BulkAction
from core.jobs.models import Job
from core.jobs.selectors import find
from core.jobs.states import JOB, OPEN
from core.lists import ListSpec, registry
from core.lists.queries import read_query
from core.locales import number
from core.permissions import bound_to, require
from core.problems import Conflict, Forbidden, Invalid, NotFound

FORMATS = ("csv", "xlsx")


def prepare(
    list_name: str, action_name: str, *, owner: Any, actor: Actor, ids: Sequence[str] | None = None, query: str = ""
) -> Job:
    """Freeze rows of a list for an action: those of `ids`, or without them all that `query` leaves of the list.

    The rows are those that the owner may see at this moment; nothing is done to them until the job is started.
    Invalid when there are none or too many.
    """
    spec, action = registry.get(list_name), bulk.get(action_name)
    _at_a_desk(owner)
    if action.name not in spec.bulk:
        raise NotFound(_("There is no such action on this list."))
    require(owner, spec.permission)
    require(owner, action.permission)
    wanted = _chosen(spec, owner, ids) if ids is not None else _matching(spec, owner, query)
    with transaction.atomic():
        job = Job.objects.create(
            kind=Job.Kind.BULK, list=spec.name, action=action.name, query="" if ids is not None else query,
            title=str(action.title), language=get_language() or "en", owner=owner,
        )  # fmt: skip
        job.total = _freeze(job, action, wanted)
        _refuse_size(job.total)
        asked = len(set(ids)) if ids is not None else job.total
        job.parameters = {"missing": asked - job.total, "zone": timezone.get_current_timezone_name()}
        job.save(update_fields=["total", "parameters"])
    return job


def _chosen(spec: ListSpec, owner: Any, ids: Sequence[str]) -> QuerySet[Any]:
    return spec.queryset(owner, QueryDict()).filter(pk__in=list(_keys(ids))).order_by("pk")


def _keys(ids: Sequence[str]) -> set[UUID]:
    try:
        return {UUID(each) for each in ids}
    except ValueError as error:
        raise Invalid.field(["ids"], _("these are no rows of a list")) from error


def _matching(spec: ListSpec, owner: Any, query: str) -> QuerySet[Any]:
    """All that the filters leave. One that cannot be read is not left out here, as that would take in everything."""
    asked = read_query(query)
    if notes := spec.read(asked).notes:
        raise Invalid.field(["query"], " ".join(notes))
    return spec.queryset(owner, asked).order_by(spec.order(asked), "pk")


FREEZE = """
INSERT INTO core_jobrow (id, job_id, key, label, position, state, words)
SELECT gen_random_uuid(), %s, f.key, coalesce(f.label, ''), row_number() OVER (), 'waiting', '' FROM ({found}) AS f(key, label)
ON CONFLICT (job_id, key) DO NOTHING
"""


def _freeze(job: Job, action: BulkAction, wanted: QuerySet[Any]) -> int:
    """The rows as they are at this moment, written by the statement that finds them; at most one more than may be."""
    require_atomic()
    found = action.keys_and_names(wanted)[: limits.MOST_ROWS + 1]
    try:
        sql, params = found.query.sql_with_params()
    except EmptyResultSet:  # Django sees by itself that nothing can match
        return 0
    with connection.cursor() as cursor:
        cursor.execute(FREEZE.replace("{found}", sql), [job.pk, *params])
        return int(cursor.rowcount)


def _refuse_size(count: int) -> None:
    if not count:
        raise Invalid(_("None of these rows is there for you: nothing can be done with them. Choose others."))
    if count > limits.MOST_ROWS:
        said = _("More than %(most)s rows match. Narrow the list by its filters and do it in parts.")
        raise Invalid(said % {"most": number(limits.MOST_ROWS)})


def start(job_id: UUID, given: Mapping[str, Any], *, owner: Any, actor: Actor) -> Job:
    """Start a prepared job with what its action asks for. A second call finds it started and changes nothing.

    Invalid names each field that cannot be used.
    """
    with transaction.atomic():
        job = find(job_id, owner, lock=True)
        if job.state != "draft":
            return job
        action = bulk.get(job.action)
        require(owner, action.permission)
        form = action.form(job, given)
        if not form.is_valid():
            raise Invalid(errors=[{"loc": [n], "msg": str(m)} for n, said in form.errors.items() for m in said])
        _may_start(owner)
        kept = {name: given.get(name, "") for name in form.fields}
        return _go(job, "start", actor, parameters=job.parameters | {"given": kept})


def start_export(list_name: str, format_: str, *, owner: Any, actor: Actor, query: str = "", key: str = "") -> Job:
    """Start to write what `query` leaves of a list into a file.

    The same `key` twice starts one job. Without a key the same wish is the same job while that is under way.
    """
    spec = registry.get(list_name)
    require(owner, spec.permission)
    if format_ not in FORMATS:
        raise Invalid.field(["format"], _("choose CSV or XLSX"))
    asked = spec.read(read_query(query))
    key = f"form {key[:100]}" if key.isprintable() and key else f"same {_digest(spec.name, format_, query)}"
    with transaction.atomic():
        _take_turns(owner)
        if (same := _same(owner, key)) is not None:
            return same
        _may_start(owner)
        job = Job.objects.create(
            kind=Job.Kind.EXPORT, list=spec.name, query=asked.fixed().full_query, title=str(spec.title), owner=owner, key=key,
            language=get_language() or "en",
            parameters={"format": format_, "zone": timezone.get_current_timezone_name()},
        )  # fmt: skip
        return _go(job, "start", actor)


def _go(job: Job, action: str, actor: Actor, **changes: Any) -> Job:
    """From now on it waits for a worker, behind those that have waited longer: since now, however old the job is."""
    return states.apply(JOB, job, action, actor=actor, heard_at=timezone.now(), **changes)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _same(owner: Any, key: str) -> Job | None:
    """The job of an earlier call: of the same form whenever that was, of the same wish if it is still fresh."""
    found = Job.objects.filter(owner=owner, key=key).order_by("-id").first()
    if found is None or found.is_open or key.startswith("form "):
        return found
    return found if found.created_at > timezone.now() - limits.SAME_FOR else None


def _take_turns(owner: Any) -> None:
    """Two calls of one person at once: the second one sees what the first has done."""
    run("SELECT pg_advisory_xact_lock(hashtextextended('job of ' || %(owner)s, 0))", {"owner": str(owner.pk)})


def _may_start(owner: Any) -> None:
    """Refuse one more job of somebody who is at a shared tablet, or has many under way."""
    _at_a_desk(owner)
    if Job.objects.filter(owner=owner, state__in=OPEN).count() >= limits.MOST_OPEN:
        said = _("%(n)d of your jobs are still under way. Wait until one of them has ended, or stop one.")
        raise Conflict(said % {"n": limits.MOST_OPEN})


def stop(job_id: UUID, *, owner: Any, actor: Actor) -> Job:
    """What is left is not done. The row that is being done at this moment is given up, as if it had not begun."""
    with transaction.atomic():
        job = find(job_id, owner, lock=True)
        return states.apply(JOB, job, "stop", actor=actor, finished_at=timezone.now(), claim=None, lease_until=None)


def resume(job_id: UUID, *, owner: Any, actor: Actor) -> Job:
    """Go on with what a stopped or failed job has left."""
    with transaction.atomic():
        job = find(job_id, owner, lock=True)
        _may_start(owner)
        begun = job.kind == Job.Kind.BULK or job.pieces.exists()
        return _go(job, "resume", actor, **AFRESH, **({} if begun else FROM_THE_START))


AFRESH: dict[str, Any] = {"finished_at": None, "error": "", "strikes": 0, "started_at": None}
FROM_THE_START: dict[str, Any] = {"last_key": "", "upto": "", "done": 0, "size": 0, "total": 0}
"""Of a file of which nothing is kept any more."""
WAIT_AGAIN = """
UPDATE core_jobrow SET state = 'waiting', words = '', ended_at = NULL
WHERE job_id = %(job)s AND state IN ('refused', 'failed')
"""


def try_again(job_id: UUID, *, owner: Any, actor: Actor) -> Job:
    """Do the rows again that were refused or failed; those that are done stay done."""
    with transaction.atomic():
        job = find(job_id, owner, lock=True)
        if not job.refused + job.failed:
            raise Conflict(_("No row of it was refused: there is nothing to try again."))
        _may_start(owner)
        again = _go(job, "try_again", actor, **AFRESH, refused=0, failed=0)
        run(WAIT_AGAIN, {"job": job.pk})
        return again


def _at_a_desk(user: Any) -> None:
    """A job is done and read by all that its owner may; on a shared tablet they have its place alone."""
    if bound_to(user) is not None:
        raise Forbidden(_("Files and acts on many rows are for your own desk, not for a shared tablet."))


def may_read(job: Job, user: Any) -> None:
    """Refuse the file or the results of a list that its owner may no longer see."""
    _at_a_desk(user)
    require(user, registry.get(job.list).permission)
