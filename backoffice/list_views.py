"""The pages of the lists that need more than one app to be told."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice import reach
from backoffice.timeline_words import is_id
from core.actors import Actor
from core.incidents import assign
from core.lists import registry
from core.lists.views import show
from core.permissions import permission
from core.problems import NotFound, Problem


@permission("orders.view")
def order_list(request: HttpRequest) -> HttpResponse:
    """The list of orders, of those that this person may see."""
    limited = reach.is_limited(request.user)
    whole = _("Everything from shop, stores, phone, mobile, kiosk and marketplaces")
    subtitle = _("What your locations work on or took back") if limited else whole
    return show(request, "orders", "orders/list.html", subtitle=subtitle, limited=limited)


@permission("payments.view")
def payments(request: HttpRequest) -> HttpResponse:
    """Every payment, newest first."""
    return show(
        request,
        "payments",
        subtitle=_("How orders are paid, and what of it needs somebody"),
        nothing_yet=_("Each order brings its payments with it; they stand here from the moment it is placed."),
    )


@permission("orders.view")
def returns(request: HttpRequest) -> HttpResponse:
    """Every return, newest first."""
    return show(
        request,
        "returns",
        subtitle=_("What comes back, from which order, and where it is"),
        nothing_yet=_("A return stands here when a customer announces it, or when goods are taken back at a counter."),
    )


@permission("fulfillment.view")
def parcels(request: HttpRequest) -> HttpResponse:
    """Every parcel, newest first."""
    return show(
        request,
        "parcels",
        subtitle=_("Where each parcel is, and which of them are in trouble"),
        nothing_yet=_("A parcel stands here as soon as one is packed."),
    )


@permission("incidents.view")
def exceptions(request: HttpRequest) -> HttpResponse:
    """What will make a promise late or false, the oldest first: whose it is, and what to do next."""
    return show(
        request,
        "exceptions",
        "backoffice/exceptions.html",
        subtitle=_("What will make a promise late or false, whose it is, and what to do next"),
        none_fits=_("No exception is like this"),
    )


@permission("incidents.resolve")
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Look after an open exception oneself."""
    wanted, query = request.POST.get("incident", ""), request.POST.get("query", "")[:2_000]
    mine = registry.get("exceptions").base(request.user)
    try:
        if not is_id(wanted) or not mine.filter(pk=wanted).exists():
            raise NotFound(_("There is no such exception."))
        assign(UUID(wanted), actor=Actor.of(request.user), to=request.user)
        messages.success(request, _("It is yours now."))
    except Problem as problem:
        messages.error(request, problem.detail)
    back = QueryDict(query).urlencode()
    return redirect(f"{reverse('exceptions')}?{back}" if back else "exceptions")
