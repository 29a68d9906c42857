"""Serial numbers on an article's page: asked for or no longer, and told by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from catalog.services import set_serials
from core.actors import Actor
from core.forms import tell
from core.permissions import locations_of, permission, require
from core.problems import Problem
from inventory import views
from inventory.selectors import place_choices
from inventory.serials.forms import RegisterForm
from inventory.serials.registering import Named, register

RECEIVE = "stock.receive"


@permission("lots.manage", everywhere=True)
@require_POST
def ask(request: HttpRequest, sku: str) -> HttpResponse:
    """The product asks for serial numbers from now on, or no longer."""
    variant, may = views.find_variant(sku), request.POST.get("may") == "on"
    try:
        set_serials(variant.pk, may, actor=Actor.of(request.user))
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        said = _("Each unit is packed by its serial number from now on.") if may else _("Units are packed without serial numbers from now on. Known ones stay.")  # fmt: skip
        messages.success(request, said)
    return redirect("stock-item", sku)


@permission(RECEIVE)
@require_POST
def register_numbers(request: HttpRequest, sku: str) -> HttpResponse:
    """The numbers of units that lie at a place."""
    variant = views.find_variant(sku)
    places = place_choices(locations_of(request.user, RECEIVE))
    form = RegisterForm(request.POST, places=places, auto_id="register-%s")
    if not form.is_valid():
        return views.item_page(request, variant, status=422, register=form)
    place, codes = form.cleaned_data["location"], form.cleaned_data["serials"]
    require(request.user, RECEIVE, place)
    try:
        made = register([Named(variant.pk, place, codes)], actor=Actor.of(request.user))
    except Problem as problem:
        tell(form, problem)
        return views.item_page(request, variant, status=problem.status, register=form)
    said = ngettext("%(n)d serial number is known now.", "%(n)d serial numbers are known now.", made)
    messages.success(request, said % {"n": made})
    return redirect("stock-item", sku)
