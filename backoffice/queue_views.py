"""Work that follows orders by itself: what waits, and what stopped and needs a decision."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from backoffice.queue_words import handler_word, queue_word
from core import outbox
from core.actors import Actor
from core.permissions import permission
from orders.models import Order

SHOWN = 50
LONGEST_REASON = 500
LATE = timedelta(minutes=5)
NEEDS = "queue.manage"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What stopped for one handler: its first pieces, and how many there are in all."""

    handler: str
    words: str
    count: int
    rows: list[dict[str, Any]]

    @property
    def hidden(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)


@permission(NEEDS)
def work_queue(request: HttpRequest) -> HttpResponse:
    """Depth and age of every queue; what stopped, with its error and what can be done about it."""
    found = outbox.backlog()
    now = timezone.now()
    stopped = [_stopped(one) for one in found.handlers if one.parked]
    return render(
        request,
        "backoffice/queue.html",
        {
            "figures": _figures(found, now),
            "stopped": stopped,
            "handlers": [_waiting(one, now) for one in found.handlers if one.waiting],
        },
    )


def _figures(found: outbox.Backlog, now: datetime) -> list[dict[str, Any]]:
    figures = [
        {"label": queue_word(queue.queue), "value": queue.waiting, "oldest": _since(queue.oldest_seconds, now)}
        for queue in found.queues
    ]
    oldest = _since(found.oldest_undispatched_seconds, now)
    return [*figures, {"label": _("Not handed on yet"), "value": found.undispatched, "oldest": oldest}]


def _waiting(one: outbox.HandlerBacklog, now: datetime) -> dict[str, Any]:
    oldest = timedelta(seconds=one.oldest_seconds)
    return {
        "words": handler_word(one.handler),
        "queue": queue_word(one.queue),
        "waiting": one.waiting,
        "since": now - oldest,
        "late": oldest > LATE,
    }


def _since(seconds: float, now: datetime) -> datetime | None:
    return now - timedelta(seconds=seconds) if seconds else None


def _stopped(one: outbox.HandlerBacklog) -> Stopped:
    found = outbox.stopped(one.handler, SHOWN)
    numbers = dict(Order.objects.filter(pk__in=[row.about for row in found]).values_list("pk", "number"))
    rows = [row._asdict() | {"order": numbers.get(row.about, ""), "key": str(row.id)} for row in found]
    return Stopped(one.handler, handler_word(one.handler), one.parked, rows)


@permission(NEEDS)
@require_POST
def try_again(request: HttpRequest) -> HttpResponse:
    """One piece of work, or all that stopped for a handler, from its first attempt."""
    done = outbox.retry(_chosen(request), actor=Actor.of(request.user))
    said = ngettext("%(n)d piece of work is tried again.", "%(n)d pieces of work are tried again.", done)
    return _back(request, done, said)


@permission(NEEDS)
@require_POST
def give_up(request: HttpRequest) -> HttpResponse:
    """One piece of work will not be done, for a reason that stays with the order."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, _("Say why it is given up: the reason stays with the order."))
        return redirect("work-queue")
    done = outbox.drop(_chosen(request), reason=reason[:LONGEST_REASON], actor=Actor.of(request.user))
    said = ngettext("%(n)d piece of work is given up.", "%(n)d pieces of work are given up.", done)
    return _back(request, done, said)


def _chosen(request: HttpRequest) -> list[UUID]:
    """Of a whole handler or by id. What is no id is nothing that stopped."""
    if handler := request.POST.get("handler"):
        return outbox.stopped_ids(handler)
    with suppress(ValueError):
        return [UUID(value) for value in request.POST.getlist("work")]
    return []


def _back(request: HttpRequest, done: int, said: str) -> HttpResponse:
    if done:
        messages.success(request, said % {"n": done})
    else:
        messages.warning(request, _("Somebody else has decided about this already."))
    return redirect("work-queue")
