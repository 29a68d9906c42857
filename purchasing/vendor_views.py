"""The pages of vendors: setting one up, seeing and changing it."""

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import versions
from core.actors import Actor
from core.forms import tell
from core.models import TimelineEntry
from core.permissions import allows, locations_of, permission
from core.problems import Problem
from core.typed import plain
from purchasing.forms import VendorForm
from purchasing.selectors import VIEW, find_vendor, terms_of, visible
from purchasing.vendors import as_it_is, change_vendor, make_vendor
from purchasing.views import MANAGE

FORM = require_http_methods(["GET", "HEAD", "POST"])
managed = permission(MANAGE, everywhere=True)
COSTS = (MANAGE, "ledger.view")
"""Who may one of these may see what things cost."""
SHOWN, TOLD, MOST_TERMS = 20, 20, 100


@require_safe
@permission(VIEW)
def vendor(request: HttpRequest, code: str) -> HttpResponse:
    """One vendor: how it delivers, and what was ordered from it lately."""
    found = find_vendor(code)
    told = TimelineEntry.objects.filter(about=found.pk).order_by("-at", "-id")[:TOLD]
    typed = plain(request.GET.get("sku", ""), 100)
    terms = terms_of(found, typed, MOST_TERMS, request.user)
    costs = any(allows(request.user, needed) for needed in COSTS)
    town = " ".join(part for part in (found.postal_code, found.city) if part)
    context = {
        "vendor": found,
        "manages": allows(request.user, MANAGE) and locations_of(request.user, MANAGE) is None,
        "terms": [
            {
                "terms": each,
                "may": allows(request.user, MANAGE, each.location_id),
                "costs": any(allows(request.user, needed, each.location_id) for needed in COSTS),
            }
            for each in terms[:MOST_TERMS]
        ],
        "more_terms": len(terms) > MOST_TERMS,
        "typed": typed,
        "costs": costs,
        "may_add": allows(request.user, MANAGE),
        "orders": visible(request.user).filter(vendor=found).order_by("-created_at", "-id")[:SHOWN],
        "timeline": [versions.said(entry if costs else _without_price(entry), found.currency) for entry in told],
        "facts": [
            {"label": _("Code"), "value": found.code},
            {"label": _("E-mail"), "value": found.email or "—"},
            {"label": _("Address"), "value": ", ".join(p for p in (found.line1, town, found.country) if p)},
            {"label": _("Currency"), "value": found.currency},
            {"label": _("Days until goods come"), "value": found.lead_days},
            {"label": _("More than ordered, per cent"), "value": found.over_percent},
        ],
    }
    return render(request, "purchasing/vendor.html", context)


def _without_price(entry: TimelineEntry) -> TimelineEntry:
    """A change of terms for somebody who is not to know what things cost."""
    if changes := entry.data.get("changes"):
        entry.data = entry.data | {"changes": {name: sides for name, sides in changes.items() if name != "price"}}
    return entry


@FORM
@managed
def new(request: HttpRequest) -> HttpResponse:
    """A vendor is set up."""
    form = VendorForm(request.POST or None, is_new=True)
    if request.method == "POST" and form.is_valid():
        try:
            made = make_vendor(form.cleaned_data["code"], form.wish(), actor=Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("%(name)s is set up.") % {"name": made.name})
            return redirect("vendor", made.code)
    return render(request, "purchasing/vendor_form.html", {"form": form}, status=422 if form.is_bound else 200)


@FORM
@managed
def change(request: HttpRequest, code: str) -> HttpResponse:
    """A vendor is changed; whoever has it open meanwhile is told."""
    found = find_vendor(code)
    form = VendorForm(request.POST or None, initial=asdict(as_it_is(found)), is_new=False)
    if request.method == "POST" and not versions.looks_again(request) and form.is_valid():
        try:
            change_vendor(found.pk, form.wish(), actor=Actor.of(request.user), version=versions.shown(request))
        except versions.Stale as stale:
            stale.labels = {name: str(field.label) for name, field in form.fields.items()}
            raise
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("%(name)s is changed.") % {"name": form.cleaned_data["name"]})
            return redirect("vendor", code)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "purchasing/vendor_form.html", {"form": form, "vendor": found}, status=status)
