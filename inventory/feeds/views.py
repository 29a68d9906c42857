"""The pages of feeds: one feed with its messages, setting it up, sending its file, one message with its refusals."""

from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from core import versions
from core.actors import Actor
from core.forms import tell
from core.people.sessions import unattended
from core.permissions import allows, locations_of, permission
from core.problems import NotFound, Problem
from inventory.feeds import files, intake, selectors, words
from inventory.feeds.forms import FeedForm, FileForm
from inventory.feeds.setting_up import as_it_is, change_feed, make_feed
from inventory.models import FeedMessage, Location, StockFeed

MANAGE = "feeds.manage"
managed = permission(MANAGE, everywhere=True)
FORM = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@permission("stock.view")
def feed(request: HttpRequest, code: str) -> HttpResponse:
    """One feed: whether it is heard, what it said, and a file for it."""
    return _feed_page(request, _find(code))


def _find(code: str) -> StockFeed:
    found = selectors.find(code)
    if found is None:
        raise NotFound(_("There is no feed with the code %(code)s.") % {"code": code})
    return found


def may_manage(user: Any) -> bool:
    """Whether somebody may set feeds up: everywhere, as a feed may speak for any place."""
    return allows(user, MANAGE) and locations_of(user, MANAGE) is None


def _feed_page(request: HttpRequest, found: StockFeed, form: FileForm | None = None) -> HttpResponse:
    tone, said = words.state(found)
    manages = may_manage(request.user)
    context = {
        "feed": found,
        "tone": tone,
        "state": said,
        "rule": words.rule(found),
        "facts": _facts(found),
        "messages_of_feed": selectors.messages_of(found.pk),
        "manages": manages,
        "form": (form or FileForm()) if manages and found.is_active else None,
    }
    return render(request, "inventory/feed.html", context, status=422 if form else 200)


def _facts(found: StockFeed) -> list[dict[str, Any]]:
    return [
        {"label": _("Code"), "value": found.code},
        {"label": _("Kind"), "value": words.KINDS[found.kind]},
        {"label": _("Places"), "value": ", ".join(place.name for place in found.places.all())},
        {"label": _("Expected"), "value": words.expected(found)},
        {"label": _("While it is silent"), "value": words.rule(found)},
        {"label": _("Last sequence"), "value": "—" if found.last_sequence is None else found.last_sequence},
    ]


@FORM
@managed
def new(request: HttpRequest) -> HttpResponse:
    """A feed is set up."""
    form = FeedForm(request.POST or None, places=_free_places(None), is_new=True)
    if request.method == "POST" and form.is_valid():
        try:
            made = make_feed(form.cleaned_data["code"], form.wish(), actor=Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The feed %(name)s is set up.") % {"name": made.name})
            return redirect("stock-feed", made.code)
    return render(request, "inventory/feed_form.html", {"form": form}, status=422 if form.is_bound else 200)


@FORM
@managed
def change(request: HttpRequest, code: str) -> HttpResponse:
    """A feed is changed; whoever has it open meanwhile is told."""
    found = _find(code)
    form = _change_form(request, found)
    if request.method == "POST" and not versions.looks_again(request) and form.is_valid():
        known = versions.seen(request)
        try:
            change_feed(found.pk, form.wish(), actor=Actor.of(request.user), version=known.version if known else "")
        except versions.Stale as stale:
            stale.labels = {name: str(field.label) for name, field in form.fields.items()}
            raise
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The feed %(name)s is changed.") % {"name": form.cleaned_data["name"]})
            return redirect("stock-feed", code)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "inventory/feed_form.html", {"form": form, "feed": found}, status=status)


def _change_form(request: HttpRequest, found: StockFeed) -> FeedForm:
    initial = FeedForm.initial_of(as_it_is(found))
    return FeedForm(request.POST or None, initial=initial, places=_free_places(found), is_new=False)


def _free_places(found: StockFeed | None) -> list[Location]:
    """Places that have no voice yet, or this one."""
    own = set(found.places.values_list("pk", flat=True)) if found else set()
    free = Location.objects.filter(feed_place=None, is_active=True) | Location.objects.filter(pk__in=own)
    return list(free.order_by("name"))


@require_POST
@managed
def send_file(request: HttpRequest, code: str) -> HttpResponse:
    """A file of levels is kept; a worker applies it."""
    found = _find(code)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        try:
            levels = files.read(given["file"].read(files.LARGEST_FILE + 1), given["counted_at"])
            kept = intake.take(
                found, levels, origin="file", actor=Actor.of(request.user), name=given["file"].name[:200]
            )
        except Problem as problem:
            tell(form, problem)
        else:
            return redirect("stock-message", kept.pk)
    return _feed_page(request, found, form)


@require_safe
@permission("stock.view")
def message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """A message: how far it is, and which of its levels were refused."""
    return render(request, "inventory/feed_message.html", _shown(_message(message_id)))


@unattended
@require_safe
@permission("stock.view")
def progress(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The moving part of a message's page; when all is applied, the whole page again."""
    found = _message(message_id)
    if found.finished_at:
        return HttpResponseClientRefresh()
    return render(request, "inventory/feed_message.html#progress", _shown(found))


def _shown(found: FeedMessage) -> dict[str, Any]:
    refused = selectors.refusals(found.pk) if found.finished_at else ()
    return {
        "message": found,
        "feed": found.feed,
        "done": selectors.done_so_far(found),
        "refusals": list(islice(refused, selectors.MOST_REFUSALS)),
        "origin": words.ORIGINS[found.origin],
        "most": selectors.MOST_REFUSALS,
    }


def _message(message_id: UUID) -> FeedMessage:
    found = FeedMessage.objects.select_related("feed").filter(pk=message_id).first()
    if found is None:
        raise NotFound(_("There is no such message; after a month they are forgotten."))
    return found


@require_safe
@permission("stock.view")
def refused(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The refused levels as a file."""
    found = _message(message_id)
    response = HttpResponse(files.rejects(selectors.refusals(found.pk)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{found.pk.hex[-8:]}.csv"'
    return response
