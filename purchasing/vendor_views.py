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
from core.problems import NotFound, Problem
from purchasing.forms import VendorForm
from purchasing.models import Vendor
from purchasing.selectors import VIEW, visible
from purchasing.vendors import as_it_is, change_vendor, make_vendor
from purchasing.views import MANAGE

FORM = require_http_methods(["GET", "HEAD", "POST"])
managed = permission(MANAGE, everywhere=True)
SHOWN, TOLD = 20, 20


def _find(code: str) -> Vendor:
    found = Vendor.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no vendor with the code %(code)s.") % {"code": code})
    return found


@require_safe
@permission(VIEW)
def vendor(request: HttpRequest, code: str) -> HttpResponse:
    """One vendor: how it delivers, and what was ordered from it lately."""
    found = _find(code)
    told = TimelineEntry.objects.filter(about=found.pk).order_by("-at", "-id")[:TOLD]
    town = " ".join(part for part in (found.postal_code, found.city) if part)
    context = {
        "vendor": found,
        "manages": allows(request.user, MANAGE) and locations_of(request.user, MANAGE) is None,
        "orders": visible(request.user).filter(vendor=found).order_by("-created_at", "-id")[:SHOWN],
        "timeline": [versions.said(entry) for entry in told],
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
    found = _find(code)
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
