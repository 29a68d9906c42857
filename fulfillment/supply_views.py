"""One supply: what is to come of it and when, which orders wait for it, and what people do about it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from core import versions
from core.actors import Actor
from core.days import company_day
from core.db import rows
from core.forms import tell
from core.ids import new_id
from core.models import TimelineEntry
from core.permissions import allows, locations_of, permission, require
from core.problems import Conflict, NotFound, Problem
from inventory.forms import LotForm
from inventory.holdings import lots
from inventory.models import Supply, TransferLine
from inventory.services import LARGEST, In, receive
from inventory.supply import services
from inventory.supply.locks import lock_supply
from inventory.supply.views import MANAGE
from inventory.supply.words import KINDS, state
from purchasing.models import PurchaseLine, VendorTerms

MOST_WAITING = 200
MOST_TOLD = 40
_WAITING = """
SELECT o.number, o.customer_name, o.placed_at, l.promise_latest, l.first_promise_latest, p.quantity AS units
FROM inventory_supplypin p JOIN orders_orderline l ON l.id = p.demand_key JOIN orders_order o ON o.id = l.order_id
WHERE p.supply_id = %(id)s ORDER BY p.ordered_at, p.demand_key LIMIT %(most)s
"""


class ChangeForm(forms.Form):
    """Another day, another number."""

    due = forms.DateField(label=gettext_lazy("Due"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    quantity = forms.IntegerField(label=gettext_lazy("Units in all"), min_value=1, max_value=LARGEST)


class ArriveForm(LotForm):
    """Units that are there, and their lot where the article asks for it."""

    quantity = forms.IntegerField(label=gettext_lazy("Units that came"), min_value=1, max_value=LARGEST)
    note = forms.CharField(label=gettext_lazy("Delivery note"), required=False, max_length=200)


class CloseForm(forms.Form):
    """Why nothing more comes."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


@require_safe
@permission("stock.view")
def supply(request: HttpRequest, supply_id: UUID) -> HttpResponse:
    """One supply with the orders that wait for it."""
    return _page(request, _find(supply_id))


def _find(supply_id: UUID) -> Supply:
    found = Supply.objects.select_related("variant__product", "location").filter(pk=supply_id).first()
    if found is None:
        raise NotFound(_("There is no such supply."))
    return found


def _document(found: Supply) -> dict[str, str] | None:
    """The purchase order, the transfer or the vendor's terms that it follows, and that alone change it; None when it was
    only announced."""
    bought = PurchaseLine.objects.filter(pk=found.source).values_list("purchase_order__number", flat=True).first()
    if bought is not None:
        return {"number": bought, "url": reverse("purchase-order", args=[bought])}
    asked = VendorTerms.objects.filter(pk=found.source).values_list("vendor__name", "vendor__code").first()
    if asked is not None:
        return {"number": asked[0], "url": reverse("vendor", args=[asked[1]])}
    moved = TransferLine.objects.filter(pk=found.source).values_list("transfer__number", flat=True).first()
    return None if moved is None else {"number": moved, "url": reverse("transfer", args=[moved])}


def _page(request: HttpRequest, found: Supply, **bound: forms.Form) -> HttpResponse:
    document = _document(found)
    is_open = found.state == Supply.State.EXPECTED and document is None
    manages = is_open and allows(request.user, MANAGE, found.location_id)
    receives = is_open and allows(request.user, "stock.receive", found.location_id)
    tone, said = state(found, company_day())
    context = {
        "supply": found,
        "tone": tone,
        "state": said,
        "is_late": tone == "red",
        "facts": _facts(found),
        "document": document,
        "waiting": rows(_WAITING, {"id": found.pk, "most": MOST_WAITING}) if _sees_orders(request.user) else [],
        "promised": found.committed,
        "names": allows(request.user, "customers.view"),
        "change_form": (bound.get("change") or ChangeForm(initial=_now(found), auto_id="change-%s"))
        if manages
        else None,
        "close_form": (bound.get("close") or CloseForm(auto_id="close-%s")) if manages else None,
        "arrive_form": (
            bound.get("arrive")
            or ArriveForm(initial={"quantity": found.to_come}, auto_id="arrive-%s", variant=found.variant)
        )
        if receives
        else None,
        "opened": next(iter(bound.values()), None),
        "timeline": [versions.said(entry) for entry in _told(found)],
    }
    return render(request, "fulfillment/supply.html", context, status=422 if bound else 200)


def _told(found: Supply) -> QuerySet[TimelineEntry]:
    return TimelineEntry.objects.filter(about=found.pk).order_by("-at", "-id")[:MOST_TOLD]


def _sees_orders(user: Any) -> bool:
    """Who waits is shown to those who see every order: an order that waits has no place yet."""
    return allows(user, "orders.view") and locations_of(user, "orders.view") is None


def _now(found: Supply) -> dict[str, Any]:
    return {"due": found.due, "quantity": found.quantity}


def _facts(found: Supply) -> list[dict[str, Any]]:
    return [
        {"label": _("Place"), "value": found.location.name},
        {"label": _("Kind"), "value": _("Can be ordered") if found.order_by else KINDS[found.kind]},
        {"label": _("Units in all"), "value": found.quantity},
        {"label": _("Have come"), "value": found.arrived},
        {"label": _("Still to come"), "value": found.to_come},
        {"label": _("Promised of it"), "value": found.committed},
        {"label": _("Can still be promised"), "value": found.left},
    ]


@require_POST
@permission(MANAGE)
def change(request: HttpRequest, supply_id: UUID) -> HttpResponse:
    """It comes on another day, or in another number."""
    found = _find(supply_id)
    require(request.user, MANAGE, found.location_id)
    form = ChangeForm(request.POST, auto_id="change-%s")

    def act() -> str:
        _check(request, found)
        services.change(found.pk, actor=Actor.of(request.user), **form.cleaned_data)
        return _("It is changed. Orders that wait for it are promised for the new day.")

    return _done(request, found, form, "change", act)


@require_POST
@permission(MANAGE)
def close(request: HttpRequest, supply_id: UUID) -> HttpResponse:
    """Nothing more of it comes."""
    found = _find(supply_id)
    require(request.user, MANAGE, found.location_id)
    form = CloseForm(request.POST, auto_id="close-%s")

    def act() -> str:
        services.close(found.pk, reason=form.cleaned_data["reason"], actor=Actor.of(request.user))
        return _("It is closed. Orders that waited for it wait for other supply, or are exceptions now.")

    return _done(request, found, form, "close", act)


@require_POST
@permission("stock.receive")
def arrive(request: HttpRequest, supply_id: UUID) -> HttpResponse:
    """Units of it are received; a form that is sent twice is received once."""
    found = _find(supply_id)
    require(request.user, "stock.receive", found.location_id)
    form = ArriveForm(request.POST, auto_id="arrive-%s", variant=found.variant)

    def act() -> str:
        given, actor = form.cleaned_data, Actor.of(request.user)
        units = given["quantity"]
        is_sold, note = True, given["note"] or found.reference
        if lot := form.named():
            is_sold = lots.is_sold(
                lots.receive_lot(found.variant_id, found.location_id, units, lot, actor=actor, note=note)
            )
        else:
            receive([In(found.variant_id, found.location_id, units)], source=new_id(), actor=actor, note=note)
        _check(request, found)
        if not is_sold:
            _came_unsold(found.pk, units, actor)
            said = ngettext(
                "%(n)d unit is in quarantine: its lot is not sold.",
                "%(n)d units are in quarantine: their lot is not sold.",
                units,
            )
            return said % {"n": units}
        services.arrive(found.pk, units, actor=actor)
        return ngettext("%(n)d unit received.", "%(n)d units received.", units) % {"n": units}

    return _done(request, found, form, "arrive", act)


def _came_unsold(supply_id: UUID, units: int, actor: Actor) -> None:
    """Units have come that nobody can be promised: so many fewer are still to come."""
    found = Supply.objects.get(pk=supply_id)
    if found.to_come > units:
        services.change(found.pk, quantity=found.quantity - units, actor=actor)
    else:
        services.close(found.pk, reason="all of it has come, some in quarantine", actor=actor)


def _check(request: HttpRequest, found: Supply) -> None:
    """Two who receive the same delivery, or change it at once: the second is told first."""
    lock_supply([found.variant_id])
    versions.check(request, found.pk, Supply.objects.values_list("version", flat=True).get(pk=found.pk))


def _done(request: HttpRequest, found: Supply, form: forms.Form, name: str, act: Any) -> HttpResponse:
    if document := _document(found):
        raise Conflict(_("It follows %(number)s: change or receive that instead.") % document)
    if form.is_valid():
        try:
            with transaction.atomic():
                said = act()
        except versions.Stale:
            raise
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, said)
            return redirect(reverse("supply", args=[found.pk]))
    return _page(request, _find(found.pk), **{name: form})
