"""The order page, the parts of it that are asked for alone, and what looks at an order without changing it."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backoffice import counter, order_facts, order_timeline, reach
from core import versions
from core.models import TimelineEntry
from core.people.sessions import unattended
from core.permissions import permission
from core.problems import NotFound, Problem
from core.typed import plain
from orders.models import Order

PAGE = "backoffice/order.html"
TIMELINE = "backoffice/order_timeline.html"


@permission("orders.view")
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about one order: what, who, where it stands, why, and what can be done now.

    People of some locations are asked for a proof where they see no such order, whether or not there is one.
    """
    try:
        found = order_facts.find(request, number)
    except NotFound:
        if reach.is_limited(request.user):
            return counter.ask(request, number, missing=True)
        raise
    if request.headers.get("HX-Target") == "timeline":
        part = order_timeline.read(found.pk, request.GET, found.currency)
        return render(request, TIMELINE, {"order": found, "timeline": part})
    return render(request, PAGE, order_facts.of(request, found))


def refused(request: HttpRequest, found: Order, opened: str, problem: Problem | None) -> HttpResponse:
    """The page again with the form that was sent: what is wrong with it in words, and all that was typed.

    Without a problem: the form on the new state, for somebody who wanted to look again.
    """
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    context = order_facts.of(request, found, opened=opened, typed=typed, problem=problem)
    return render(request, PAGE, context, status=problem.status if problem else 200)


@unattended
@never_cache
@require_safe
@permission("orders.view")
def live(request: HttpRequest, number: str) -> HttpResponse:
    """What others did since the page was read, in a line; 204 while there is nothing. One small query.

    People of some locations cost one more, which looks whether the order is (still) theirs.
    """
    about: Any = Subquery(Order.objects.filter(number=plain(number, 64)).values("pk"))
    if reach.is_limited(request.user):
        about = order_facts.find(request, number).pk
    rows = TimelineEntry.objects.filter(about=about, at__gt=_since(request.GET.get("since", "")))
    newest = list(rows.exclude(actor_kind="user", actor_id=str(request.user.pk)).order_by("-at", "-id")[:2])
    if not newest:
        return HttpResponse(status=204)
    context = {"entry": versions.said(newest[0]), "more": len(newest) > 1, "number": number}
    return render(request, "backoffice/order_live.html", context)


def _since(text: str) -> datetime:
    """Milliseconds since 1970; now for what is no moment, so that there is nothing to tell."""
    if text.isascii() and text.isdecimal() and len(text) < 15:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return timezone.now()
