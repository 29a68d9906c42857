"""Stock: the list over all places, one product everywhere, receiving and correcting."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from core import versions
from core.actors import Actor
from core.days import company_day
from core.forms import tell
from core.ids import new_id
from core.once import key_in
from core.permissions import allows, locations_of, permission, require
from core.problems import NotFound, Problem
from inventory import lineforms, panels, receiving, services
from inventory.forms import AdjustForm, ReceiveForm
from inventory.holdings import lots
from inventory.holdings.forms import TrackForm
from inventory.models import Movement, Stock
from inventory.selectors import (
    last_correction,
    movements_of,
    place_choices,
    stock_at_places,
    variant_by_sku,
)
from inventory.serials.forms import RegisterForm
from inventory.supply.calendar import of_variant, waiting_for_none

MANAGE = "supply.manage"


@permission("stock.view")
def stock_item(request: HttpRequest, sku: str) -> HttpResponse:
    """One product: where it lies, what can be promised, what came and went."""
    return render(request, "inventory/item.html", _item(request, find_variant(sku)))


def find_variant(sku: str) -> Variant:
    """The product of this SKU, or NotFound."""
    variant = variant_by_sku(sku)
    if variant is None:
        raise NotFound(_("There is no product with the SKU %(sku)s.") % {"sku": sku})
    return variant


def item_page(request: HttpRequest, variant: Variant, status: int = 200, **forms: Any) -> HttpResponse:
    """The page again, with a form as it was typed."""
    return render(request, "inventory/item.html", _item(request, variant, **forms), status=status)


def _item(request: HttpRequest, variant: Variant, **forms: Any) -> dict[str, Any]:
    stock = stock_at_places(variant.pk)
    totals = {name: sum(getattr(row, name) for row in stock) for name in TOTALS}
    return {
        "variant": variant,
        "stock": stock,
        "totals": totals,
        "movements": movements_of(variant.pk),
        "receive_form": forms.get("receive") or _form(request, ReceiveForm, "stock.receive", variant=variant),
        "adjust_form": forms.get("adjust") or _form(request, AdjustForm, "stock.adjust"),
        "track_form": forms.get("track") or _track_form(request, variant),
        "register_form": forms.get("register") or _register_form(request, variant),
        "correction": last_correction(variant.pk),
        "coming": of_variant(variant.pk),
        "waiting_for_none": waiting_for_none(variant.pk),
        "may_announce": allows(request.user, MANAGE),
        "may_sell_ahead": allows(request.user, MANAGE) and locations_of(request.user, MANAGE) is None,
        "today": company_day(),
        "opened": next(iter(forms), ""),
        "panels": panels.drawn(request, variant),
        "receive_key": _key(request, forms),
    }


def _key(request: HttpRequest, forms: dict[str, Any]) -> UUID:
    """Under which goods are received once. Of a form that was refused because its key is used, a new one."""
    key = key_in(request.POST.get("key", "")) if "receive" in forms else new_id()
    return new_id() if "receive" in forms and Movement.objects.filter(source=key).exists() else key


@require_safe
@permission("stock.view")
def find(request: HttpRequest) -> HttpResponse:
    """Articles by name, SKU or barcode, as a fragment of buttons that add them to a form."""
    return render(request, "inventory/found.html", {"found": lineforms.find(request.GET.get("find", ""))})


TOTALS = ("on_hand", "reserved", "allocated", "safety", "free", "damaged", "quarantine")


def _form(request: HttpRequest, kind: type[Any], needs: str, data: Any = None, **more: Any) -> Any:
    """The form with the places where this person may do it; None where they may nowhere."""
    if not allows(request.user, needs):
        return None
    places = place_choices(locations_of(request.user, needs))
    return kind(data, **{"places": places, "auto_id": f"{kind.__name__.lower()}-%s"} | more)


def _track_form(request: HttpRequest, variant: Variant) -> TrackForm | None:
    if not (variant.is_stocked and allows(request.user, "lots.manage")):
        return None
    return TrackForm(initial={"expiry": variant.tracks_expiry, "shelf_days": variant.shelf_days}, auto_id="track-%s")


def _register_form(request: HttpRequest, variant: Variant) -> RegisterForm | None:
    if not variant.tracks_serials:
        return None
    form: RegisterForm | None = _form(request, RegisterForm, "stock.receive", auto_id="register-%s")
    return form


@permission("lots.manage", everywhere=True)
@require_POST
def track(request: HttpRequest, sku: str) -> HttpResponse:
    """The product asks for lots from now on, and for their last day."""
    variant, form = find_variant(sku), TrackForm(request.POST, auto_id="track-%s")
    if not form.is_valid():
        return render(request, "inventory/item.html", _item(request, variant, track=form), status=422)
    given, actor = form.cleaned_data, Actor.of(request.user)
    said = _("%(sku)s asks for lots. What lay about before is of the lot UNKNOWN.") % {"sku": sku}
    return _done(
        request,
        variant,
        said,
        lambda: lots.track(variant.pk, expiry=given["expiry"], shelf_days=given["shelf_days"], actor=actor),
        track=form,
    )


@permission("stock.receive")
@require_POST
def receive(request: HttpRequest, sku: str) -> HttpResponse:
    """Goods arrive at a place."""
    variant = find_variant(sku)
    form = _form(request, ReceiveForm, "stock.receive", request.POST, variant=variant)
    if not form.is_valid():
        return render(request, "inventory/item.html", _item(request, variant, receive=form), status=422)
    given = form.cleaned_data
    require(request.user, "stock.receive", given["location"])
    said = ngettext("%(n)d unit received.", "%(n)d units received.", given["quantity"]) % {"n": given["quantity"]}
    words = {name: given[name] for name in ("quantity", "condition", "vendor", "note")}
    came = receiving.Came(variant.pk, given["location"], lot=form.named(), **words)
    key, actor = key_in(request.POST.get("key", "")), Actor.of(request.user)
    return _done(request, variant, said, lambda: receiving.take_in(came, key=key, actor=actor), receive=form)


@permission("stock.adjust")
@require_POST
def adjust(request: HttpRequest, sku: str) -> HttpResponse:
    """Correct what is on hand at a place, with a reason."""
    variant = find_variant(sku)
    form = _form(request, AdjustForm, "stock.adjust", request.POST)
    if not form.is_valid():
        return render(request, "inventory/item.html", _item(request, variant, adjust=form), status=422)
    given = form.cleaned_data
    require(request.user, "stock.adjust", given["location"])
    if versions.looks_again(request):
        return render(request, "inventory/item.html", _item(request, variant, adjust=form))
    said = _("The stock is corrected by %(n)+d.") % {"n": given["quantity"]}
    return _done(request, variant, said, lambda: _correct(request, variant, form), adjust=form)


def _correct(request: HttpRequest, variant: Variant, form: Any) -> None:
    """Two people who count the same shelf would both take away what is missing: the second is told first."""
    given = form.cleaned_data
    with transaction.atomic():
        list(Stock.objects.select_for_update(no_key=True).filter(variant=variant).order_by("location_id"))
        shown = versions.seen(request)
        versions.check(
            request,
            variant.pk,
            last_correction(variant.pk),
            changes=_corrections(variant, shown.at if shown else None),
            labels={name: str(field.label) for name, field in form.fields.items() if name != "location"},
        )
        services.adjust(
            variant.pk,
            given["location"],
            given["quantity"],
            reason=given["reason"],
            actor=Actor.of(request.user),
            note=given["note"],
        )


def _corrections(variant: Variant, since: datetime | None) -> list[dict[str, Any]]:
    """Who corrected what since the page was read, for the timeline component."""
    return [
        {
            "icon": "boxes",
            "who": each.actor,
            "text": _("corrected %(place)s by %(n)+d") % {"place": each.location.name, "n": each.quantity},
            "note": each.note,
            "at": each.at,
        }
        for each in movements_of(variant.pk, 20)
        if each.reason in Movement.CORRECTIONS and (since is None or each.at > since)
    ]


def _done(request: HttpRequest, variant: Variant, said: str, act: Any, **forms: Any) -> HttpResponse:
    """What was done; or the page again with what was typed, and why it was refused."""
    try:
        act()
    except versions.Stale:
        raise
    except Problem as problem:
        (form,) = forms.values()
        tell(form, problem)
        return render(request, "inventory/item.html", _item(request, variant, **forms), status=problem.status)
    messages.success(request, said)
    return redirect("stock-item", variant.sku)
