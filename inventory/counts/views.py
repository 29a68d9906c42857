"""The pages of counts: making one, its progress and differences, what a place tolerates. Counting stands in `floor`."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Case, Q, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import versions
from core.actors import Actor
from core.forms import tell
from core.ids import new_id
from core.models import TimelineEntry
from core.once import key_in
from core.permissions import allows, locations_of, permission, require
from core.problems import Conflict, NotFound, Problem
from inventory.counts import planning, rules, settling, shelves
from inventory.counts.counting import called
from inventory.counts.forms import CountForm, DecideForm, RuleForm
from inventory.counts.selectors import APPROVE, COUNT, MANAGE, accuracy, bins_of, differences, find, who_may_count
from inventory.counts.unbooked import Unbooked
from inventory.counts.words import SCOPES, word_of
from inventory.models import CountLine, CountRule, Location, StockCount
from inventory.selectors import places

FORM = require_http_methods(["GET", "HEAD", "POST"])
SHOWN, TOLD = 200, 40
TELLS_WHAT_DIFFERS = Q(action__in=("stock_count.differs", "stock_count.approve", "stock_count.decline")) | Q(
    action="stock_count.again", data__has_key="reason"
)
"""Not for those who may still count it."""


@require_safe
@permission(COUNT)
def count_page(request: HttpRequest, number: str) -> HttpResponse:
    """One count: how far it is; what differs, for those who look after it."""
    count = find(number, request.user)
    place = count.location_id
    manages, decides = allows(request.user, MANAGE, place), allows(request.user, APPROVE, place)
    bins = bins_of(count)
    lines = CountLine.objects.filter(spot__count=count)
    told = TimelineEntry.objects.filter(about=count.pk).order_by("-at", "-id")
    if not (manages or decides):
        told = told.exclude(TELLS_WHAT_DIFFERS)
    context = {
        "count": count,
        "scope": SCOPES[count.scope],  # type: ignore[index]
        "bins": [{"spot": spot, "name": called(spot)} for spot in bins],
        "done": sum(spot.is_done for spot in bins),
        "may_manage": manages,
        "may_decide": decides,
        "may_count": count.status == "open" and any(not spot.is_done for spot in bins),
        "may_cancel": manages and count.status in ("open", "proposed"),
        "people": who_may_count({place}) if manages else [],
        "accuracy": accuracy(lines) if manages or decides else None,
        "lines": _shown(count, lines) if manages or decides else [],
        "timeline": [versions.said(entry) for entry in told[:TOLD]],
    }
    return render(request, "inventory/counts/count.html", context)


def _shown(count: StockCount, lines: Any) -> list[dict[str, Any]]:
    """What is not as the books said, what waits for somebody first."""
    found = lines.exclude(status__in=("right", "open")).select_related("variant__product", "lot", "spot__bin")
    chosen = found.order_by(Case(When(status="approve", then=0), default=1), "variant__sku", "pk")[:SHOWN]
    return [{"line": line, "word": word_of(line.status, count.status), "bin": called(line.spot)} for line in chosen]


@FORM
@permission(MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """A count is made; people may begin at once."""
    reach = locations_of(request.user, MANAGE)
    form = CountForm(request.POST or None, places=_ours(reach), people=who_may_count(reach), initial=_asked(request))
    key = key_in(request.POST.get("key", ""))
    if request.method == "POST" and form.is_valid():
        require(request.user, MANAGE, form.cleaned_data["location"])
        try:
            made = planning.make(form.cleaned_data["location"], form.wish(), actor=Actor.of(request.user), key=key)
        except Problem as problem:
            tell(form, problem)
            key = new_id() if isinstance(problem, Conflict) else key
        else:
            messages.success(request, _("%(number)s can be counted.") % {"number": made.number})
            return redirect("count", made.number)
    context = {"form": form, "key": key}
    return render(request, "inventory/counts/new.html", context, status=422 if form.is_bound else 200)


def _ours(reach: Any) -> list[tuple[str, str]]:
    """The places where we count ourselves."""
    return [(str(place.pk), place.name) for place in places(reach) if place.kind not in planning.NOT_OURS]


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What a link asked for: a bin, or an article, at a place."""
    found = {name: request.GET[name][:64] for name in ("location", "codes", "scope") if name in request.GET}
    return found if "codes" in found else {name: found[name] for name in found if name == "location"}


def _done(request: HttpRequest, count: StockCount, said: str, act: Any) -> HttpResponse:
    try:
        act()
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, said % {"number": count.number})
    return redirect("count", count.number)


def _managed(request: HttpRequest, number: str) -> StockCount:
    count = find(number, request.user)
    require(request.user, MANAGE, count.location_id)
    return count


@require_POST
@permission(MANAGE)
def start(request: HttpRequest, number: str) -> HttpResponse:
    """A proposal is to be counted."""
    count, actor = _managed(request, number), Actor.of(request.user)
    return _done(request, count, _("%(number)s can be counted."), lambda: planning.start(count.pk, actor=actor))


@require_POST
@permission(MANAGE)
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """A count is given up."""
    count, actor = _managed(request, number), Actor.of(request.user)
    reason = request.POST.get("reason", "")
    said = _("%(number)s is cancelled. What was settled stays.")
    return _done(request, count, said, lambda: planning.cancel(count.pk, actor=actor, reason=reason))


@require_POST
@permission(MANAGE)
def assign(request: HttpRequest, number: str) -> HttpResponse:
    """A count is given to somebody, or to whoever comes by."""
    count, actor = _managed(request, number), Actor.of(request.user)
    person = request.POST.get("assignee", "")[:20]
    return _done(request, count, _("%(number)s is given."), lambda: planning.assign(count.pk, person, actor=actor))


# A difference


@FORM
@permission(APPROVE)
def line_page(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """One difference: who counted what, what the books say for that moment, and the decision."""
    line = differences(request.user).filter(pk=line_id).first()
    if line is None:
        raise NotFound(_("There is no such difference at your places."))
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, line, form)
        except Problem as problem:
            tell(form, problem)
        else:
            return redirect("count", line.spot.count.number)
    return _line_page(request, line, form)


def _decide(request: HttpRequest, line: CountLine, form: DecideForm) -> None:
    given, actor, sku = form.cleaned_data, Actor.of(request.user), line.variant.sku
    if "decline" in request.POST:
        settling.decline(line.pk, reason=given["reason"], actor=actor)
        said = _("%(sku)s: the books stay as they are.")
    elif "again" in request.POST:
        settling.send_back(line.pk, reason=given["reason"], actor=actor)
        said = _("%(sku)s is counted once more, by somebody else.")
    else:
        settling.approve(line.pk, reason=given["reason"], actor=actor, shown=given["shown"])
        said = _("%(sku)s is settled.")
    messages.success(request, said % {"sku": sku})


def _line_page(request: HttpRequest, line: CountLine, form: DecideForm) -> HttpResponse:
    waits = line.status == "approve" and line.spot.count.status == "open"
    if waits:
        settling.compare([line])
    earlier = [each | {"at": parse_datetime(each.get("at") or "")} for each in line.earlier]
    context = {
        "line": line,
        "earlier": earlier,
        "count": line.spot.count,
        "bin": called(line.spot),
        "word": word_of(line.status, line.spot.count.status),
        "waits": waits,
        "come_since": _come_since(line) if waits else [],
        "is_mine": settling.key_of(Actor.of(request.user)) in settling.counters([line]),
        "form": form,
    }
    return render(request, "inventory/counts/line.html", context, status=422 if form.is_bound else 200)


def _come_since(line: CountLine) -> list[Unbooked]:
    """What is being counted in now, where that was not known when it was counted."""
    return [] if line.unbooked else shelves.come_in(line.spot, [line]).get(line.pk, [])


# What places tolerate


@FORM
@permission(MANAGE)
def count_rules(request: HttpRequest) -> HttpResponse:
    """What a place tolerates and when its articles are due; without a place, all that have no rule of their own."""
    reach = locations_of(request.user, MANAGE)
    mine = [place for place in places(reach) if place.kind not in planning.NOT_OURS]
    place = _chosen(request, mine)
    if place is None and reach is not None:
        if not mine:
            raise NotFound(_("There is no such place."))
        place = mine[0]
    rule = CountRule.objects.filter(location=place).first()
    stands = rule or rules.rule_of(place.pk if place else None)
    form = RuleForm(request.POST or None, initial={n: getattr(stands, n) for n in rules.Wish.__slots__})
    if request.method == "POST" and not versions.looks_again(request) and form.is_valid():
        try:
            rules.set_rule(
                place.pk if place else None, form.wish(), actor=Actor.of(request.user), version=versions.shown(request)
            )
        except versions.Stale as stale:
            stale.labels = {name: str(field.label) for name, field in form.fields.items()}
            raise
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The rule is set. Counts that are there keep what they began with."))
            return redirect(request.get_full_path())
    context = {
        "form": form,
        "place": place,
        "places": mine,
        "everywhere": reach is None,
        "own": set(CountRule.objects.values_list("location_id", flat=True)),
        "rule": rule,
        "version": rules.version_of(rule or CountRule(location=place)),
    }
    return render(request, "inventory/counts/rules.html", context, status=422 if form.errors else 200)


def _chosen(request: HttpRequest, mine: list[Location]) -> Location | None:
    code = request.GET.get("place", "")
    found = next((place for place in mine if place.code == code), None)
    if code and found is None:
        raise NotFound(_("There is no such place."))
    return found
