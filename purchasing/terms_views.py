"""The pages of vendors' terms, and what is to be ordered on the strength of them."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from core import versions
from core.actors import Actor
from core.forms import tell
from core.permissions import allows, locations_of, permission, require
from core.problems import NotFound, Problem
from inventory import panels
from inventory.models import Location, Supply
from purchasing.forms import TermsForm
from purchasing.models import VendorTerms
from purchasing.needs import MOST_SHOWN, by_vendor, needed, order_needed
from purchasing.ordering import NOT_BOUGHT_FOR
from purchasing.selectors import VIEW, find_vendor
from purchasing.terms import as_it_is, change_terms, make_terms, remove_terms
from purchasing.vendor_views import FORM
from purchasing.views import MANAGE


@require_safe
@permission(VIEW)
def to_order(request: HttpRequest) -> HttpResponse:
    """What was sold on vendors' terms and is not ordered yet, by vendor and place, the most urgent first."""
    found = needed(locations_of(request.user, VIEW), most=MOST_SHOWN + 1)
    groups = [
        {"group": group, "may": allows(request.user, MANAGE, group.location.pk)}
        for group in by_vendor(found[:MOST_SHOWN])
    ]
    context = {
        "groups": groups,
        "more": len(found) > MOST_SHOWN,
        "sold": sum(need.sold for need in found),
        "left": sum(need.left for need in found),
        "late": sum(need.sold for need in found if need.is_late),
    }
    return render(request, "purchasing/to_order.html", context)


@require_POST
@permission(MANAGE)
def order(request: HttpRequest, code: str, place: str) -> HttpResponse:
    """What is to be ordered from a vendor for a place is written into drafts."""
    vendor, location = find_vendor(code), Location.objects.filter(code=place).first()
    if location is None:
        raise NotFound(_("There is no place with the code %(code)s.") % {"code": place})
    require(request.user, MANAGE, location.pk)
    try:
        drafts = order_needed(vendor.pk, location.pk, actor=Actor.of(request.user))
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect("to-order")
    numbers = ", ".join(draft.number for draft in drafts)
    messages.success(request, _("It stands in %(number)s. Send it when it is right.") % {"number": numbers})
    return redirect("purchase-order", drafts[0].number) if len(drafts) == 1 else redirect("to-order")


@FORM
@permission(MANAGE)
def new(request: HttpRequest, code: str) -> HttpResponse:
    """A vendor brings one more article."""
    vendor = find_vendor(code)
    form = TermsForm(request.POST or None, initial={"lead_days": vendor.lead_days}, places=_places(request.user), currency=vendor.currency)  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        require(request.user, MANAGE, given["location"])
        try:
            made = make_terms(vendor.pk, given["sku"], given["location"], form.wish(), actor=Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("%(sku)s has terms now.") % {"sku": made.variant.sku})
            return redirect("vendor", code)
    context = {"form": form, "vendor": vendor}
    return render(request, "purchasing/terms_form.html", context, status=422 if form.is_bound else 200)


@FORM
@permission(MANAGE)
def change(request: HttpRequest, code: str, terms_id: UUID) -> HttpResponse:
    """Terms are changed; whoever has them open meanwhile is told."""
    terms = _find(code, terms_id)
    require(request.user, MANAGE, terms.location_id)
    form = TermsForm(request.POST or None, initial=_standing(terms), currency=terms.vendor.currency)
    if request.method == "POST" and not versions.looks_again(request) and form.is_valid():
        try:
            change_terms(terms.pk, form.wish(), actor=Actor.of(request.user), version=versions.shown(request))
        except versions.Stale as stale:
            stale.labels = {name: str(field.label) for name, field in form.fields.items()}
            raise
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The terms of %(sku)s are changed.") % {"sku": terms.variant.sku})
            return redirect("vendor", code)
    context = {"form": form, "vendor": terms.vendor, "terms": terms}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "purchasing/terms_form.html", context, status=status)


@require_POST
@permission(MANAGE)
def remove(request: HttpRequest, code: str, terms_id: UUID) -> HttpResponse:
    """The vendor brings it no more."""
    terms = _find(code, terms_id)
    require(request.user, MANAGE, terms.location_id)
    try:
        remove_terms(terms.pk, actor=Actor.of(request.user))
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, _("The terms of %(sku)s are taken away.") % {"sku": terms.variant.sku})
    return redirect("vendor", code)


def _find(code: str, terms_id: UUID) -> VendorTerms:
    found = VendorTerms.objects.select_related("vendor", "variant__product", "location")
    terms = found.filter(pk=terms_id, vendor__code=code).first()
    if terms is None:
        raise NotFound(_("There are no such terms."))
    return terms


def _standing(terms: VendorTerms) -> dict[str, Any]:
    """What stands now, the price without the zeros that it is kept with."""
    return asdict(as_it_is(terms)) | {"price": Decimal(f"{terms.price.normalize():f}")}


def _places(user: Any) -> list[tuple[str, str]]:
    reach = locations_of(user, MANAGE)
    places = Location.objects.filter(is_active=True).exclude(kind__in=NOT_BOUGHT_FOR).order_by("name")
    return [(str(p.pk), p.name) for p in places if reach is None or p.pk in reach]


@panels.add
def vendors_panel(request: HttpRequest, variant: Variant) -> str:
    """Who brings a product, how soon, and how many may be promised so; on the product's page."""
    if not allows(request.user, VIEW):
        return ""
    terms_here = VendorTerms.objects.filter(variant=variant).select_related("vendor", "location")
    reach = locations_of(request.user, VIEW)
    found = list(terms_here if reach is None else terms_here.filter(location__in=reach))
    if not found:
        return ""
    rows = Supply.objects.filter(source__in=[t.pk for t in found], state=Supply.State.EXPECTED, order_by__isnull=False)
    standing: dict[UUID, list[Supply]] = {}
    for row in rows.order_by("due"):
        standing.setdefault(row.source, []).append(row)
    lines = [
        {
            "terms": terms,
            "due": standing[terms.pk][-1].due if terms.pk in standing else None,
            "sold": sum(row.committed for row in standing.get(terms.pk, ())),
            "left": sum(row.left for row in standing.get(terms.pk, ())),
        }
        for terms in sorted(found, key=lambda t: (t.lead_days, t.vendor.name, t.location.name))
    ]
    return render_to_string("purchasing/vendors_panel.html", {"lines": lines, "variant": variant}, request)
