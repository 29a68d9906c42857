"""What a product costs and what lies about of it is worth; another cost, after its effect was shown in numbers."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.models import Variant
from core.actors import Actor
from core.forms import tell
from core.models import TimelineEntry
from core.money import display, quantise
from core.permissions import allows, locations_of, permission
from core.problems import Forbidden, NotFound, Problem
from core.versions import Stale, seen
from inventory import panels
from inventory.selectors import variant_by_sku
from inventory.valuation.costs import change_of, lying, plain, set_cost, version_of
from inventory.valuation.forms import CostForm

SEE, CHANGE = "ledger.view", "stock.cost"
MOST_TOLD = 50


@require_http_methods(["GET", "HEAD", "POST"])
@permission(SEE)
def cost(request: HttpRequest, sku: str) -> HttpResponse:
    """What a unit costs, what lies where for that, how it was before; another cost is shown in numbers before it counts."""
    variant = variant_by_sku(sku)
    if variant is None:
        raise NotFound(_("There is no product with the SKU %(sku)s.") % {"sku": sku})
    if not variant.is_stocked:
        raise NotFound(_("%(sku)s is not kept in stock and costs nothing.") % {"sku": sku})
    if request.method != "POST":
        return _page(request, variant, CostForm())
    if not _may_change(request):
        raise Forbidden(_("A cost holds for all places: the right to change it must hold everywhere."))
    form = CostForm(request.POST)
    if not form.is_valid():
        return _page(request, variant, form)
    if "agreed" not in request.POST:
        return _asked(request, variant, form)
    return _set(request, variant, form)


def _may_change(request: HttpRequest) -> bool:
    return allows(request.user, CHANGE) and locations_of(request.user, CHANGE) is None


def _set(request: HttpRequest, variant: Variant, form: CostForm) -> HttpResponse:
    given, shown = form.cleaned_data, seen(request)
    try:
        set_cost(
            variant.pk, given["cost"], reason=given["reason"], actor=Actor.of(request.user),
            version=shown.version if shown else "",
        )  # fmt: skip
    except Stale:
        raise
    except Problem as problem:
        tell(form, problem)
        return _page(request, variant, form)
    messages.success(request, _("A unit costs %(cost)s from now on.") % {"cost": said(given["cost"])})
    return redirect("stock-cost", sku=variant.sku)


def _asked(request: HttpRequest, variant: Variant, form: CostForm) -> HttpResponse:
    """What it would do, before anything is done."""
    wanted = form.cleaned_data["cost"]
    if wanted == variant.standard_cost:
        form.add_error("cost", _("it costs that already"))
        return _page(request, variant, form)
    context = {
        "variant": variant,
        "form": form,
        "change": change_of(variant, wanted),
        "old": said(variant.standard_cost),
        "new": said(wanted),
        "version": version_of(variant),
    }
    return render(request, "inventory/cost_confirm.html", context)


def _page(request: HttpRequest, variant: Variant, form: CostForm) -> HttpResponse:
    worth = [
        {"place": row.place, "units": row.units, "worth": quantise(row.units * variant.standard_cost, "EUR")}
        for row in lying(variant.pk)
    ]
    context: dict[str, Any] = {
        "variant": variant,
        "cost": said(variant.standard_cost),
        "worth": worth,
        "units": sum(row["units"] for row in worth),
        "total": quantise(sum((row["worth"] for row in worth), Decimal(0)), "EUR"),
        "history": _history(variant),
        "form": form if _may_change(request) else None,
    }
    return render(request, "inventory/cost.html", context, status=422 if form.errors else 200)


def _history(variant: Variant) -> list[dict[str, Any]]:
    found = TimelineEntry.objects.filter(about=variant.pk, action="variant.cost").order_by("-at", "-id")[:MOST_TOLD]
    return [
        {
            "at": entry.at,
            "who": entry.actor,
            "before": said(Decimal(entry.before)),
            "after": said(Decimal(entry.after)),
            "worth": Decimal(entry.data.get("worth", 0)),
            "reason": entry.data.get("reason", ""),
        }
        for entry in found
    ]


def said(amount: Decimal) -> str:
    """A cost in words: in cents, or as fine as it is."""
    if amount == quantise(amount, "EUR"):
        return display(amount, "EUR")
    return f"{plain(amount)} EUR"


@panels.add
def cost_panel(request: HttpRequest, variant: Variant) -> str:
    """On the product's page, for those who read the ledger."""
    if not (variant.is_stocked and allows(request.user, SEE)):
        return ""
    change = change_of(variant, variant.standard_cost)
    told = {"variant": variant, "cost": said(variant.standard_cost), "units": change.units, "worth": change.before}
    return render_to_string("inventory/cost_panel.html", told, request)
