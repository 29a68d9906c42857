"""The screen to put away and move by scan, for one hand and a phone."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from core.actors import Actor
from core.ids import new_id
from core.permissions import locations_of, permission, require
from core.problems import NotFound
from inventory.holdings.putting import Hand, Wrong, bin_code, lying, scan
from inventory.holdings.words import CONDITIONS
from inventory.models import Location, Lot
from inventory.selectors import places

NEEDS = "stock.receive"


@never_cache
@require_safe
@permission(NEEDS)
def put_away(request: HttpRequest) -> HttpResponse:
    """Put away at one's place; somebody with several chooses first."""
    mine = places(locations_of(request.user, NEEDS))
    chosen = mine if len(mine) == 1 else [place for place in mine if place.code == request.GET.get("at", "")]
    if not chosen:
        found = [(place, f"{reverse('put-away')}?{urlencode({'at': place.code})}") for place in mine]
        return render(request, "inventory/put_places.html", {"places": found})
    return _screen(request, chosen[0], Hand(new_id()))


@require_POST
@permission(NEEDS)
def put_scan(request: HttpRequest, location_id: UUID) -> HttpResponse:
    """One scan. The script gets the changed part of the screen, a plain form the whole page."""
    require(request.user, NEEDS, location_id)
    place = Location.objects.filter(pk=location_id).first()
    if place is None:
        raise NotFound(_("There is no such place."))
    hand = Hand.read(request.POST)
    if "again" in request.POST:
        return _screen(request, place, Hand(new_id()))
    try:
        hand, text = scan(place, hand, request.POST.get("code", ""), actor=Actor.of(request.user))
    except Wrong as wrong:
        return _screen(request, place, hand, {"tone": "red", "text": str(wrong)}, 422)
    return _screen(request, place, hand, {"tone": "green", "text": text})


def _screen(
    request: HttpRequest, place: Location, hand: Hand, said: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    fragment = bool(request.headers.get("HX-Request"))
    there = lying(place.pk, hand)
    context: dict[str, Any] = {
        "place": place,
        "hand": hand,
        "said": said,
        "origin": bin_code(hand.origin_id),
        "variant": Variant.objects.select_related("product").filter(pk__in=[hand.variant_id]).first(),
        "lot": Lot.objects.filter(pk=hand.lot_id).first() if hand.lot_id else None,
        "condition": CONDITIONS.get(hand.condition, ""),  # type: ignore[call-overload]
        "there": sum(
            row.units for row in there if row.condition == hand.condition and hand.lot_id in (None, row.lot_id)
        ),
    }
    template = "inventory/put_part.html" if fragment else "inventory/put.html"
    return render(request, template, context, status=status)
