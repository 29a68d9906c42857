"""Bins of a place, and where one product lies within one place."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import versions
from core.actors import Actor
from core.forms import tell
from core.permissions import allows, locations_of, permission, require
from core.problems import NotFound, Problem
from inventory.counts.selectors import last_counted_at, last_counted_in
from inventory.holdings import bins, selectors
from inventory.holdings.forms import BinForm, BinsForm, ConditionForm
from inventory.holdings.moving import What, change_condition
from inventory.holdings.words import CONDITIONS, KINDS, LOT_STATES, LOT_TONES, TONES
from inventory.models import Bin, Stock
from inventory.selectors import place_choices

MANAGE = "bins.manage"


@require_http_methods(["GET", "HEAD", "POST"])
@permission(MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """Bins of a place are set up, many at once."""
    form = BinsForm(request.POST or None, places=place_choices(locations_of(request.user, MANAGE)))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = bins.make_bins(
                given["location"], given["codes"].splitlines(), kind=given["kind"], actor=Actor.of(request.user)
            )
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, ngettext("%(n)d bin is set up.", "%(n)d bins are set up.", len(made)) % {"n": len(made)})  # fmt: skip
            return redirect("stock-bins")
    return render(request, "inventory/bins_form.html", {"form": form}, status=422 if form.is_bound else 200)


def _find(bin_id: UUID) -> Bin:
    found = Bin.objects.select_related("location").filter(pk=bin_id).first()
    if found is None:
        raise NotFound(_("There is no such bin."))
    return found


@require_safe
@permission("stock.view")
def bin_page(request: HttpRequest, bin_id: UUID) -> HttpResponse:
    """A bin with what lies in it."""
    found = _find(bin_id)
    return _bin_page(request, found)


def _bin_page(request: HttpRequest, found: Bin, form: BinForm | None = None) -> HttpResponse:
    manages = allows(request.user, MANAGE, found.location_id)
    wish = bins.as_it_is(found)
    initial = {name: getattr(wish, name) for name in wish.__slots__}
    context = {
        "bin": found,
        "kind": KINDS[found.kind],  # type: ignore[index]
        "contents": _worded(selectors.contents(found.pk)),
        "form": (form or BinForm(initial=initial)) if manages else None,
        "version": bins.version_of(found),
        "puts_away": allows(request.user, "stock.receive", found.location_id),
        "counted_at": last_counted_in(found.pk),
    }
    return render(request, "inventory/bin.html", context, status=422 if form else 200)


def _worded(found: Any) -> list[dict[str, Any]]:
    return [
        {
            "holding": each,
            "variant": each.stock.variant,
            "condition": CONDITIONS[each.condition],
            "tone": TONES[each.condition],
        }
        for each in found
    ]


@require_POST
@permission(MANAGE)
def change(request: HttpRequest, bin_id: UUID) -> HttpResponse:
    """A bin is changed."""
    found = _find(bin_id)
    require(request.user, MANAGE, found.location_id)
    form = BinForm(request.POST)
    if versions.looks_again(request) or not form.is_valid():
        return _bin_page(request, found, form)
    seen = versions.seen(request)
    try:
        bins.change_bin(found.pk, form.wish(), actor=Actor.of(request.user), version=seen.version if seen else "")
    except versions.Stale as stale:
        stale.labels = {name: str(field.label) for name, field in form.fields.items()}
        raise
    except Problem as problem:
        tell(form, problem)
        return _bin_page(request, found, form)
    messages.success(request, _("%(code)s is changed.") % {"code": found.code})
    return redirect("stock-bin", found.pk)


# A product at a place


@require_safe
@permission("stock.view")
def at_place(request: HttpRequest, sku: str, location_id: UUID) -> HttpResponse:
    """One product at one place: conditions, bins, lots, and what moved."""
    return _at_place(request, _stock(sku, location_id))


def _stock(sku: str, location_id: UUID) -> Stock:
    found = Stock.objects.select_related("variant__product", "location")
    stock = found.filter(variant__sku=sku, location_id=location_id).first()
    if stock is None:
        raise NotFound(_("It has never lain at this place."))
    return stock


def _at_place(request: HttpRequest, stock: Stock, form: ConditionForm | None = None) -> HttpResponse:
    spots = selectors.spots(stock)
    may = allows(request.user, "stock.adjust", stock.location_id) and bool(spots)
    context = {
        "stock": stock,
        "variant": stock.variant,
        "place": stock.location,
        "spots": [
            {
                "spot": spot,
                "condition": CONDITIONS[spot.condition],  # type: ignore[index]
                "tone": TONES[spot.condition],  # type: ignore[index]
                "lot_state": "" if spot.lot_state in ("", "open") else LOT_STATES[spot.lot_state],  # type: ignore[index]
                "lot_tone": LOT_TONES.get(spot.lot_state, ""),  # type: ignore[call-overload]
            }
            for spot in spots
        ],
        "moves": selectors.moves_of(stock.pk),
        "form": (form or ConditionForm(spots=spots, auto_id="condition-%s")) if may else None,
        "puts_away": allows(request.user, "stock.receive", stock.location_id),
        "counted_at": last_counted_at(stock.variant_id, stock.location_id),
    }
    return render(request, "inventory/at_place.html", context, status=422 if form else 200)


@require_POST
@permission("stock.adjust")
def condition(request: HttpRequest, sku: str, location_id: UUID) -> HttpResponse:
    """Units of one spot become sellable, damaged or quarantined."""
    stock = _stock(sku, location_id)
    require(request.user, "stock.adjust", location_id)
    form = ConditionForm(request.POST, spots=selectors.spots(stock), auto_id="condition-%s")
    if not form.is_valid():
        return _at_place(request, stock, form)
    given, spot = form.cleaned_data, form.by_key[form.cleaned_data["spot"]]
    what = What(stock.variant_id, location_id, given["quantity"], spot.condition, spot.bin_id, spot.lot_id)
    reason = ": ".join(text for text in (given["reason"], given["note"]) if text)
    try:
        change_condition(what, given["to"], reason=reason, actor=Actor.of(request.user))
    except Problem as problem:
        tell(form, problem)
        return _at_place(request, stock, form)
    messages.success(request, _("Done: the condition is changed."))
    return redirect("stock-at", sku, location_id)
