"""Counting on a phone: choose a bin or scan it, count article by article, say that it is done. Nothing that the books
say is sent to the screen."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from core.actors import Actor
from core.ids import new_id
from core.permissions import permission
from core.problems import Conflict, NotFound, Problem
from core.wording import CONDITIONS
from inventory.counts import counting, scanning
from inventory.counts.counting import What, called
from inventory.counts.forms import ScanForm
from inventory.counts.scanning import Meant
from inventory.counts.selectors import COUNT, bins_of, find, lines_to_count
from inventory.counts.settling import barred, key_of
from inventory.models import CountBin, CountLine, Lot, StockCount

Said = dict[str, str]
SHOWN = 100
"""Articles of a bin on the screen: it is drawn with every scan."""


@never_cache
@require_safe
@permission(COUNT)
def floor(request: HttpRequest, number: str) -> HttpResponse:
    """The bins of a count, to begin one."""
    return _choose(request, _open(request, number))


def _open(request: HttpRequest, number: str) -> StockCount:
    count = find(number, request.user)
    if count.status != "open":
        raise Conflict(_("%(number)s is not counted now.") % {"number": count.number})
    return count


def _choose(request: HttpRequest, count: StockCount, said: Said | None = None, status: int = 200) -> HttpResponse:
    me = key_of(Actor.of(request.user))
    spots = bins_of(count)
    others = {spot_id for spot_id, keys in barred(spots).items() if me in keys}
    bins = [{"spot": spot, "name": called(spot), "is": _stands(spot, me, others)} for spot in spots]
    first = [each for each in bins if each["is"] in ("mine", "free", "taken")]
    context = {
        "count": count,
        "bins": sorted(bins, key=lambda each: ORDER.index(str(each["is"]))),
        "left": len(first),
        "done": sum(each["is"] == "done" for each in bins),
        "part": 100 * sum(each["is"] == "done" for each in bins) // max(len(bins), 1),
        "said": said,
    }
    part = bool(request.headers.get("HX-Request"))
    template = "inventory/counts/choose_part.html" if part else "inventory/counts/choose.html"
    return render(request, template, context, status=status)


ORDER = ("mine", "free", "taken", "others", "done")


def _stands(spot: CountBin, me: str, others: set[UUID]) -> str:
    """Done, mine, free, taken by somebody, or for others as I have counted it before."""
    if spot.is_done:
        return "done"
    if spot.taken_key == me:
        return "mine"
    if spot.pk in others:
        return "others"
    return "taken" if spot.taken_key else "free"


@require_POST
@permission(COUNT)
def find_bin(request: HttpRequest, number: str) -> HttpResponse:
    """A bin is scanned to begin it."""
    count = _open(request, number)
    code = scanning.cleaned(request.POST.get("code", ""))
    spot_id = _bin_named(request, count, code)
    if spot_id is None:
        return _choose(request, count, _wrong(_("%(code)s is no bin of this count.") % {"code": code or "?"}), 422)
    try:
        counting.take(spot_id, actor=Actor.of(request.user))
    except Problem as problem:
        return _choose(request, count, _wrong(problem.detail), problem.status)
    return redirect("count-bin", number, spot_id)


def _bin_named(request: HttpRequest, count: StockCount, code: str) -> UUID | None:
    """The bin of the count with this code; an article of the count may have been put there lately."""
    found = scanning.bin_of(count.pk, code) if code else None
    if code and found is None and counting.look_again(count.pk, actor=Actor.of(request.user)):
        found = scanning.bin_of(count.pk, code)
    return found


@require_POST
@permission(COUNT)
def take(request: HttpRequest, number: str, spot_id: UUID) -> HttpResponse:
    """A bin is begun, gone on with, or taken over."""
    spot = _spot(request, number, spot_id)
    try:
        counting.take(spot.pk, actor=Actor.of(request.user), is_over="over" in request.POST)
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect("count-floor", number)
    return redirect("count-bin", number, spot_id)


def _spot(request: HttpRequest, number: str, spot_id: UUID) -> CountBin:
    count = find(number, request.user)
    spot = count.bins.select_related("bin").filter(pk=spot_id).first()
    if spot is None:
        raise NotFound(_("There is no such bin in this count."))
    spot.count = count
    return spot


@never_cache
@require_safe
@permission(COUNT)
def bin_screen(request: HttpRequest, number: str, spot_id: UUID) -> HttpResponse:
    """The bin that this person counts."""
    spot = _spot(request, number, spot_id)
    if spot.count.status != "open" or spot.is_done or spot.taken_key != key_of(Actor.of(request.user)):
        return redirect("count-floor" if spot.count.status == "open" else "count", number)
    return _screen(request, spot, now=request.GET.get("line", ""))


def _screen(
    request: HttpRequest,
    spot: CountBin,
    said: Said | None = None,
    status: int = 200,
    *,
    now: str = "",
    asks: Any = None,
) -> HttpResponse:
    lines = lines_to_count(spot)
    left = sum(line.counted is None for line in lines)
    ordered = sorted(lines, key=lambda line: (str(line.pk) != now, line.counted is not None))
    missing = [line for line in lines if line.counted is None]
    context = {
        "count": spot.count,
        "spot": spot,
        "name": called(spot),
        "lines": ordered[:SHOWN],
        "hidden": max(0, len(lines) - SHOWN),
        "left": left,
        "missing": missing[:SHOWN],
        "hidden_missing": max(0, left - SHOWN),
        "most": counting.MOST_LINES if len(lines) >= counting.MOST_LINES else 0,
        "part": 100 * (len(lines) - left) // max(len(lines), 1),
        "is_bare": not any(line.counted for line in lines),
        "units": sum(line.counted or 0 for line in lines),
        "now": now,
        "asks": asks,
        "said": said,
        "key": new_id(),
        "conditions": CONDITIONS,
    }
    part = bool(request.headers.get("HX-Request"))
    return render(request, f"inventory/counts/bin{'_part' if part else ''}.html", context, status=status)


@require_POST
@permission(COUNT)
def scan(request: HttpRequest, number: str, spot_id: UUID) -> HttpResponse:
    """One scan, or a number that was typed. The script gets the changed part of the screen, a plain form the page."""
    spot, form = _spot(request, number, spot_id), ScanForm(request.POST)
    if not form.is_valid():
        return _screen(request, spot, _wrong(_("A quantity is a whole number, and a condition one of the three. Try again.")), 422)  # fmt: skip
    given, actor = form.cleaned_data, Actor.of(request.user)
    code = scanning.cleaned(given["code"])
    try:
        if given["line"]:
            line = _line(spot, given["line"])
            what = What(line.variant_id, line.lot_id, line.condition)
            return _counted(request, counting.count(spot.pk, what, form.entry(), actor=actor))
        other = scanning.bin_of(spot.count_id, code)
        if other is not None:
            return _to_bin(request, spot, other, actor)
        meant = scanning.article(spot, code, given["variant"]) if code else None
        if meant is None:
            return _unknown(request, spot, code, given["variant"], actor)
        if meant.asks_for_lot:
            return _ask_for_lot(request, spot, meant)
        line = counting.count(spot.pk, form.what(meant.variant_id, meant.lot_id), form.entry(), actor=actor)
    except Problem as problem:
        said = str(problem.errors[0]["msg"]) if problem.errors else problem.detail
        return _screen(request, spot, _wrong(said[:1].upper() + said[1:]), problem.status)
    return _counted(request, line)


def _line(spot: CountBin, line_id: UUID) -> CountLine:
    found = spot.lines.filter(pk=line_id).first()
    if found is None:
        raise NotFound(_("There is no such line in this bin."))
    return found


def _counted(request: HttpRequest, line: CountLine) -> HttpResponse:
    spot = counting.find(line.spot_id)
    line = spot.lines.select_related("variant__product").get(pk=line.pk)
    n = line.counted or 0
    text = ngettext("%(name)s: %(n)d counted", "%(name)s: %(n)d counted", n) % {
        "name": line.variant.product.name(), "n": n,
    }  # fmt: skip
    return _screen(request, spot, {"tone": "green", "text": text}, now=str(line.pk))


def _to_bin(request: HttpRequest, spot: CountBin, other: UUID, actor: Actor) -> HttpResponse:
    """Another bin of the count is scanned: this one stays as it is, to be gone on with."""
    if other == spot.pk:
        return _screen(request, spot, {"tone": "green", "text": _("You are counting %(bin)s.") % {"bin": called(spot)}})
    counting.take(other, actor=actor)
    return redirect("count-bin", spot.count.number, other)


def _unknown(request: HttpRequest, spot: CountBin, code: str, variant_id: UUID | None, actor: Actor) -> HttpResponse:
    if variant_id is not None:
        variant = Variant.objects.filter(pk=variant_id).first()
        said = _("%(code)s is no lot of %(sku)s.") % {"code": code or "?", "sku": variant.sku if variant else "?"}
        return _screen(request, spot, _wrong(said), 422)
    if code:
        counting.note_unknown(spot.count, spot, code, actor=actor)
    said = _("%(code)s is no barcode and no SKU of ours. Put it aside: it is noted.") % {"code": code or "?"}
    return _screen(request, spot, _wrong(said), 422)


def _ask_for_lot(request: HttpRequest, spot: CountBin, meant: Meant) -> HttpResponse:
    asks = {"variant": meant.variant_id, "sku": meant.sku, "unknown": Lot.UNKNOWN}
    text = _("%(sku)s. Now its lot.") % {"sku": meant.sku}
    return _screen(request, spot, {"tone": "amber", "text": text}, asks=asks)


def _wrong(text: str) -> Said:
    return {"tone": "red", "text": text}


@require_POST
@permission(COUNT)
def done(request: HttpRequest, number: str, spot_id: UUID) -> HttpResponse:
    """The bin is done."""
    spot = _spot(request, number, spot_id)
    try:
        counting.finish(spot.pk, actor=Actor.of(request.user), rest_is_none="rest" in request.POST)
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect("count-bin", number, spot_id)
    messages.success(request, _("%(bin)s is done.") % {"bin": called(spot)})
    spot.count.refresh_from_db()
    return redirect("count-floor" if spot.count.status == "open" else "count", number)


@require_POST
@permission(COUNT)
def leave(request: HttpRequest, number: str, spot_id: UUID) -> HttpResponse:
    """Somebody stops; what was counted stays."""
    spot = _spot(request, number, spot_id)
    counting.leave(spot.pk, actor=Actor.of(request.user))
    return redirect("count-floor", number)
