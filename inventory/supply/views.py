"""The calendar of what is on its way, and whether a product is sold before it is here."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.services import set_pre_order
from core.actors import Actor
from core.days import company_day
from core.forms import tell
from core.ids import new_id
from core.permissions import allows, locations_of, permission
from core.problems import NotFound, Problem
from core.typed import plain
from inventory.models import Location
from inventory.selectors import place_choices, variant_by_sku
from inventory.supply import announcing, calendar
from inventory.supply.forms import AnnounceForm

MANAGE = "supply.manage"


@require_http_methods(["GET", "HEAD", "POST"])
@permission(MANAGE)
def announce(request: HttpRequest) -> HttpResponse:
    """Goods are announced by hand: a form of a key of its own, so that it counts once however often it is sent."""
    places = place_choices(locations_of(request.user, MANAGE))
    wanted = {"sku": plain(request.GET.get("sku", "")), "location": request.GET.get("place", "")[:64], "key": new_id()}
    form = AnnounceForm(request.POST if request.method == "POST" else None, places=places, initial=wanted)
    if request.method == "POST" and form.is_valid():
        try:
            made = announcing.announce(form.said(), actor=Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("It is announced. Orders that wait for such goods wait for these now."))
            return redirect("supply", made.pk)
    return render(request, "inventory/supply_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@permission("stock.view")
def inbound(request: HttpRequest) -> HttpResponse:
    """By week and place: what comes, what of it is promised, what is late; and the supply behind one of them."""
    today = company_day()
    weeks = calendar.weeks(today)
    asked = request.GET.get("week", "")
    week = next((w for w in weeks if w.key == asked), None)
    place = _place(request.GET.get("place", ""))
    chosen = calendar.supply_in(week.key if week else "", place.pk if place else None, today)
    found = list(chosen[: calendar.MOST_SHOWN + 1])
    late = next((w for w in weeks if w.key == calendar.LATE), None)
    context = {
        "weeks": weeks,
        "week": week,
        "place": place,
        "found": found[: calendar.MOST_SHOWN],
        "more": len(found) > calendar.MOST_SHOWN,
        "today": today,
        "late": late.units if late else 0,
        "units": sum(w.units for w in weeks),
        "promised": sum(w.promised for w in weeks),
        "may_announce": allows(request.user, MANAGE),
        "this_week": next((w.units for w in weeks if w.first == calendar.monday(today)), 0),
    }
    return render(request, "inventory/inbound.html", context)


def _place(text: str) -> Location | None:
    try:
        return Location.objects.filter(pk=UUID(text[:64])).first()
    except ValueError:
        return None


@require_POST
@permission(MANAGE, everywhere=True)
def pre_order(request: HttpRequest, sku: str) -> HttpResponse:
    """The product may be sold before it is here, or no longer."""
    variant = variant_by_sku(sku)
    if variant is None:
        raise NotFound(_("There is no product with the SKU %(sku)s.") % {"sku": sku})
    may = request.POST.get("may") == "on"
    try:
        set_pre_order(variant.pk, may, actor=Actor.of(request.user))
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, said(may))
    return redirect("stock-item", sku)


def said(may: bool) -> Any:
    """What is so from now on."""
    if may:
        return _("It is sold before it is here from now on, as far as supply is on its way.")
    return _("Only what is here is sold from now on. What was promised stays promised.")
