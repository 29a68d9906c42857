"""Pages of jobs: a preview, how far it is, what has become of each row, and the doors to all that."""

import json
from collections.abc import Callable, Iterator
from datetime import tzinfo
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from core import wording
from core.actors import Actor
from core.jobs import bulk, cells, exporting, preparing, selectors
from core.jobs.models import Job, JobRow
from core.jobs.states import JOB
from core.lists import KeysetList, registry
from core.lists.addresses import came_from
from core.people.sessions import unattended
from core.permissions import require
from core.problems import Conflict, Invalid, NotFound, Problem

MOST_IDS = 1_000
STARTED = "jobs"
"""In the session of somebody who has started a job: only then the shell asks for them."""
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
View = Callable[..., HttpResponseBase]


# Starting


@login_required
@require_POST
def bulk_new(request: HttpRequest) -> HttpResponse:
    """Freeze the rows that were chosen, or all that match, and show what would happen."""
    asked = request.POST
    ids = None if asked.get("all") else [i for each in asked.getlist("ids")[:MOST_IDS] for i in each.split(",") if i]
    list_name, query = asked.get("list", ""), asked.get("query", "").lstrip("?")
    try:
        job = preparing.prepare(
            list_name, asked.get("action", ""), owner=request.user, actor=_actor(request), ids=ids, query=query
        )
    except Invalid as problem:
        return _back(request, list_name, problem)
    return redirect("job", job.pk)


@login_required
@require_POST
def export_new(request: HttpRequest) -> HttpResponse:
    """Begin to write a list into a file."""
    asked = request.POST
    list_name, query = asked.get("list", ""), asked.get("query", "").lstrip("?")
    try:
        job = preparing.start_export(
            list_name,
            asked.get("format", ""),
            owner=request.user,
            actor=_actor(request),
            query=query,
            key=asked.get("key", ""),
        )
    except (Invalid, Conflict) as problem:
        return _back(request, list_name, problem)
    request.session[STARTED] = True
    return redirect("job", job.pk)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(request.user)


def _back(request: HttpRequest, list_name: str, problem: Problem) -> HttpResponse:
    """To the list that the person comes from, with the words of what is wrong; without such a page, these alone."""
    address = came_from(request) or _address(list_name)
    if not address:
        raise problem
    messages.error(request, problem.detail)
    return redirect(address)


def _address(list_name: str, query: str = "") -> str:
    address = registry.get(list_name).address if list_name in registry.names() else ""
    return f"{address}?{query}" if address and query else address


# The pages


@login_required
@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """All that this person has started, the newest first."""
    page = KeysetList[Job](selectors.of_owner(request.user), "-id").page(request.GET.get("cursor", ""), 25)
    told = [selectors.told(job) for job in page.items]
    return render(request, "jobs/list.html", {"page": page, "jobs": told})


@login_required
@require_GET
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """A job that is prepared: its preview. One that was started: how far it is, and its results."""
    found = selectors.find(job_id, request.user)
    if found.state == "draft":
        return _preview(request, found)
    if found.kind == Job.Kind.EXPORT:
        return _page(request, "jobs/export.html", found, {"has_file": exporting.has_file(found)})
    return _results(request, found)


@unattended
@login_required
@require_GET
def progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The moving part of a job's page; when it has ended, the whole page again."""
    found = selectors.find(job_id, request.user)
    return render(request, "jobs/progress.html", _shown(found)) if found.is_open else HttpResponseClientRefresh()


def _preview(request: HttpRequest, found: Job, form: Form | None = None) -> HttpResponse:
    action = bulk.get(found.action)
    require(request.user, action.permission)
    judged = bulk.preview(action, found)
    values = {
        "job": found,
        "action": action,
        "preview": judged,
        "form": form or action.form(found),
        "confirm": action.confirm % {"n": judged.applies},
        "list_title": registry.get(found.list).title,
        "list_url": _address(found.list, found.query),
        "missing": found.parameters.get("missing", 0),
    }
    return render(request, "jobs/preview.html", values, status=422 if form else 200)


def _results(request: HttpRequest, found: Job) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in dict(_filters(found)) else ""
    page = KeysetList[JobRow](selectors.rows_of(found, state), "position").page(request.GET.get("cursor", ""))
    action = bulk.ACTIONS.get(found.action)
    link = action.link if action else None
    values = {
        "page": page,
        "rows": [(row, link(row) if link else "") for row in page.items],
        "tabs": _tabs(found, state),
        "state": state,
    }
    return _page(request, "jobs/bulk.html", found, values)


def _page(request: HttpRequest, template: str, found: Job, values: dict[str, Any]) -> HttpResponse:
    more = {
        "allowed": JOB.allowed(found.state),
        "list_title": registry.get(found.list).title if found.list in registry.names() else found.title,
        "list_url": _address(found.list, found.query),
    }
    return render(request, template, _shown(found) | values | more)


def _shown(found: Job) -> dict[str, Any]:
    """What the moving part tells."""
    return {"job": found, "told": selectors.told(found), "left": found.total - found.settled}


def _filters(found: Job) -> list[tuple[str, str]]:
    return [
        ("", _("All")),
        ("refused", pgettext("rows", "Refused")),
        ("failed", pgettext("rows", "Failed")),
        ("done", pgettext("rows", "Done")),
        ("waiting", pgettext("rows", "Not done")),
    ]


def _tabs(found: Job, chosen: str) -> list[dict[str, Any]]:
    counts = {
        "": found.total,
        "refused": found.refused,
        "failed": found.failed,
        "done": found.done,
        "waiting": found.total - found.settled,
    }
    return [
        {"label": label, "url": f"?state={state}" if state else "?", "on": state == chosen, "count": counts[state]}
        for state, label in _filters(found)
        if not state or counts[state] or state == chosen
    ]


# Acts


def on_job(act: Callable[[HttpRequest, UUID], str]) -> View:
    """A POST about a job: afterwards its page, with what was done or why it could not be."""

    @wraps(act)
    def wrapped(request: HttpRequest, job_id: UUID) -> HttpResponse:
        try:
            if said := act(request, job_id):
                messages.success(request, said)
        except (Conflict, Invalid) as problem:
            messages.error(request, problem.detail)
        request.session[STARTED] = True
        return redirect("job", job_id)

    guarded: View = login_required(require_POST(wrapped))
    return guarded


@login_required
@require_POST
def start(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Confirmed: from now on workers do it. Sent twice, it starts once."""
    found = selectors.find(job_id, request.user)
    try:
        preparing.start(job_id, request.POST, owner=request.user, actor=_actor(request))
    except Invalid:
        form = bulk.get(found.action).form(found, request.POST)
        form.is_valid()
        return _preview(request, found, form)
    except Conflict as problem:
        messages.error(request, problem.detail)
    request.session[STARTED] = True
    return redirect("job", job_id)


@on_job
def stop(request: HttpRequest, job_id: UUID) -> str:
    """What is left stays as it is."""
    preparing.stop(job_id, owner=request.user, actor=_actor(request))
    return _("Stopped. What was done stays done, what is left stays as it was.")


@on_job
def resume(request: HttpRequest, job_id: UUID) -> str:
    """Go on with what is left."""
    preparing.resume(job_id, owner=request.user, actor=_actor(request))
    return ""


@on_job
def again(request: HttpRequest, job_id: UUID) -> str:
    """The rows that were refused or failed, once more."""
    preparing.try_again(job_id, owner=request.user, actor=_actor(request))
    return ""


# What can be fetched


@login_required
@require_GET
def file(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The file, in pieces. CSV begins with a byte-order mark for spreadsheets unless `bom=no`."""
    found = selectors.find(job_id, request.user)
    preparing.may_read(found, request.user)
    if not exporting.has_file(found):
        raise NotFound(_("There is no such file, or not any more: files are kept for seven days."))
    kind = found.parameters.get("format", "csv")
    mark = cells.BOM if kind == "csv" and request.GET.get("bom") != "no" else b""
    return _download(_with(mark, exporting.pieces(found)), TYPES[kind], exporting.file_name(found))


def _with(mark: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if mark:
        yield mark
    yield from pieces


def _download(content: Iterator[bytes], kind: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_GET
def result(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """What has become of each row, as CSV."""
    found = selectors.find(job_id, request.user)
    preparing.may_read(found, request.user)
    if found.kind != Job.Kind.BULK:
        raise NotFound(_("There is no such file."))
    header = [registry.get(found.list).title, _("Result"), _("Reason"), _("When")]
    lines = cells.as_csv([[str(words) for words in header]])
    reader = timezone.get_current_timezone(), get_language() or "en"
    content = _with(cells.BOM + lines, _result_lines(found, *reader))
    return _download(content, TYPES["csv"], f"result-{found.pk.hex[-8:]}.csv")


def _result_lines(found: Job, clock: tzinfo, language: str) -> Iterator[bytes]:
    """In the reader's words and by their clock, which the request has no longer when its answer is sent."""
    last = 0
    while rows := list(found.rows.filter(position__gt=last).order_by("position")[:500]):
        with timezone.override(clock), translation.override(language):
            lines = cells.as_csv([[cells.plain(value) for value in _result_line(row)] for row in rows])
        yield lines
        last = rows[-1].position


def _result_line(row: JobRow) -> list[Any]:
    return [row.label, str(wording.word(row.state, "job_row").text), row.words, row.ended_at]


# In the shell


@unattended
@login_required
@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """The sign in the shell, and a short message for each of those that were `running` and have ended meanwhile."""
    jobs = selectors.under_way(request.user)
    response = render(request, "jobs/indicator.html", {"jobs_now": indicator(jobs), "alone": True})
    before = set(request.GET.get("running", "").split(",")[: selectors.MOST_TOLD])
    ended = [selectors.told(each) for each in jobs if str(each.pk) in before and not each.is_open]
    if ended:
        response.headers["HX-Trigger"] = _toast(ended[0])
    return response


def indicator(jobs: list[Job]) -> dict[str, Any]:
    """What the sign in the shell tells: how many run, which, and how the last one ended."""
    running = [each for each in jobs if each.is_open]
    return {
        "running": len(running),
        "ids": ",".join(str(each.pk) for each in running),
        "one": running[0] if len(running) == 1 else None,
        "last": selectors.told(jobs[0]) if jobs and not running else None,
    }


def in_shell(request: HttpRequest) -> dict[str, Any] | None:
    """For the shell of every page: None, without asking the database, for who has started nothing in this session."""
    if not getattr(request, "session", None) or not request.session.get(STARTED) or not request.user.is_authenticated:
        return None
    return indicator(selectors.under_way(request.user))


def _toast(ended: selectors.Told) -> str:
    job = ended.job
    tone = {"green": "green", "amber": "amber", "red": "red"}.get(ended.tone, "blue")
    if job.state == "done" and not job.refused + job.failed:
        said = _("%(title)s: done.") % {"title": ended.title}
    elif job.state == "done":
        numbers = {"title": ended.title, "done": job.done, "not": job.refused + job.failed}
        said = _("%(title)s: %(done)d done, %(not)d not.") % numbers
    else:
        said = _("%(title)s: stopped before the end.") % {"title": ended.title}
    return json.dumps({"toast": {"text": said, "tone": tone}})
