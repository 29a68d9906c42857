"""The page of rules about how long stock is kept for orders that are held."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core import wording
from core.actors import Actor
from core.forms import tell
from core.permissions import permission
from core.problems import Problem
from orders.keeping import rules as keeping
from orders.keeping.forms import RuleForm
from orders.models import Channel, KeepingRule

LONGEST_NUMBER = 10
managed = permission("orders.keep_rules", everywhere=True)


@require_http_methods(["GET", "HEAD", "POST"])
@managed
def rules(request: HttpRequest) -> HttpResponse:
    """For how long stock is kept under each kind of hold; another rule."""
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if asked := _asked_first(request, partial(_set, request, form), form):
                return asked
            _set(request, form)
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The rule is set. It counts for the orders that are held now too."))
            return redirect("keeping-rules")
    context = {"rules": _told(), "channels": _channels(), "form": form}
    return render(request, "orders/keeping_rules.html", context, status=422 if form.errors else 200)


def _set(request: HttpRequest, form: RuleForm) -> None:
    given = form.cleaned_data
    keeping.set_rule(given["kind"], given["hours"], channel_id=form.channel_id, actor=Actor.of(request.user))


def _asked_first(
    request: HttpRequest, change: Callable[[], object], form: RuleForm | None = None
) -> HttpResponse | None:
    """A page that asks, in numbers, before stock is let go at once; None when that was answered, or nothing is."""
    found, agreed = keeping.at_once(change), request.POST.get("agreed", "")
    if found.orders <= (int(agreed) if agreed.isdecimal() and len(agreed) < LONGEST_NUMBER else 0):
        return None
    context = {"found": found, "form": form, "action": request.path}
    return render(request, "orders/keeping_confirm.html", context)


def hours_said(hours: int | None) -> str:
    """A number of hours in words: in days where it is full ones."""
    if hours is None:
        return _("as long as it is held")
    if hours % 24:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}


def _told() -> list[dict[str, Any]]:
    found = KeepingRule.objects.select_related("channel").order_by("kind", F("channel__name").asc(nulls_first=True))
    return [
        {
            "rule": rule,
            "kind": wording.hold(rule.kind).capitalize(),
            "channel": rule.channel.name if rule.channel else _("all channels"),
            "hours": hours_said(rule.hours),
        }
        for rule in found
    ]


def _channels() -> list[dict[str, str]]:
    """For how long each channel waits for a payment."""
    found = Channel.objects.filter(is_active=True, is_history=False).order_by("name")
    return [{"name": channel.name, "hours": hours_said(channel.payment_hours)} for channel in found]


@require_POST
@managed
def remove(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """A channel's own rule ends."""
    change = partial(keeping.remove_rule, rule_id, actor=Actor.of(request.user))
    if asked := _asked_first(request, change):
        return asked
    change()
    messages.success(request, _("The rule is removed. The one for all channels counts again."))
    return redirect("keeping-rules")
