"""Receiving a purchase order by scan: count, compare with what was ordered, book."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Variant
from core import versions
from core.actors import Actor
from core.forms import tell
from core.permissions import allows, permission, require
from core.problems import Conflict, Problem
from inventory.tallies import counting
from inventory.tallies import screen as counted
from inventory.tallies.screen import Sheet
from purchasing import receiving
from purchasing.forms import BookForm
from purchasing.models import PurchaseOrder
from purchasing.ordering import said_no
from purchasing.receiving import Comparison, Delivery
from purchasing.selectors import find
from purchasing.states import RECEIVABLE
from purchasing.views import MANAGE, RECEIVE

ACCEPT = "purchasing.accept"


def _order(request: HttpRequest, number: str) -> PurchaseOrder:
    """An order that this person may receive now."""
    order = find(number, request.user)
    require(request.user, RECEIVE, order.location_id)
    if order.status not in RECEIVABLE:
        raise Conflict(said_no(order, _("nothing can be received for it")))
    return order


def _sheet(request: HttpRequest, order: PurchaseOrder) -> Sheet:
    tally = counting.open_tally(order.pk, counting.RECEIVE)
    wanted = {line.variant_id: line.open for line in order.lines.order_by("position") if line.ordered}
    urls = {name: reverse(f"purchase-order-receive-{name}", args=[order.number]) for name in ("scan", "rest", "drop", "finish")}  # fmt: skip
    urls |= {
        "back": reverse("purchase-order", args=[order.number]),
        "screen": reverse("purchase-order-receive", args=[order.number]),
    }
    return Sheet(
        order.pk,
        counting.RECEIVE,
        f"{order.number} · {order.vendor.name}",
        order.location.name,
        order.expected_on,
        urls,
        [row for row in counted.rows_of(wanted, tally) if row.wanted or row.counted.all],
        tally,
        over_fine=True,
        strangers_fine=allows(request.user, ACCEPT, order.location_id),
    )


@never_cache
@require_safe
@permission(RECEIVE)
def receive(request: HttpRequest, number: str) -> HttpResponse:
    """The screen on which a delivery is counted."""
    return counted.show(request, _sheet(request, _order(request, number)))


@require_POST
@permission(RECEIVE)
def scan(request: HttpRequest, number: str) -> HttpResponse:
    """Count what was scanned."""
    order = _order(request, number)
    return counted.scan(request, lambda: _sheet(request, order))


@require_POST
@permission(RECEIVE)
def rest(request: HttpRequest, number: str) -> HttpResponse:
    """Count all that is missing, without a scan."""
    return counted.count_rest(request, _sheet(request, _order(request, number)))


@require_POST
@permission(RECEIVE)
def drop(request: HttpRequest, number: str) -> HttpResponse:
    """Begin the count anew."""
    return counted.drop(request, _sheet(request, _order(request, number)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission(RECEIVE)
def finish(request: HttpRequest, number: str) -> HttpResponse:
    """What was counted against what was ordered, in numbers, before it is booked."""
    order = find(number, request.user)
    require(request.user, RECEIVE, order.location_id)
    if request.method == "POST" and not versions.looks_again(request):
        return _book(request, order)
    tally = counting.open_tally(order.pk, counting.RECEIVE)
    if tally is None:
        messages.error(request, _("Nothing is counted yet, or it is booked already."))
        return redirect("purchase-order", order.number)
    return _compare(request, order, None)


def _compare(request: HttpRequest, order: PurchaseOrder, form: BookForm | None, status: int = 200) -> HttpResponse:
    tally = counting.open_tally(order.pk, counting.RECEIVE)
    compared = receiving.compare(order, counting.units(tally)) if tally else Comparison()
    may_accept = allows(request.user, ACCEPT, order.location_id)
    blocked = compared.total("needs_leave")
    if form is None:
        form = BookForm(
            initial={"tally": tally.pk if tally else None, "rest": "open"},
            short=bool(compared.total("short")) and _may_give_up(request, order),
            accepts=bool(blocked) and may_accept,
            numbered=_numbered(order),
        )
    context = {
        "order": order,
        "form": form,
        "compared": compared,
        "totals": {name: compared.total(name) for name in ("waited", "short", "over")},
        "blocked": blocked,
        "may_accept": may_accept,
        "version": getattr(tally, "version", 0),
        "first": next((each for each in compared.differences if each.needs_leave), None),
    }
    return render(request, "purchasing/finish.html", context, status=status)


def _may_give_up(request: HttpRequest, order: PurchaseOrder) -> bool:
    """Whoever buys says that the rest will not come; who receives leaves it open."""
    return allows(request.user, MANAGE, order.location_id)


def _numbered(order: PurchaseOrder) -> list[Variant]:
    """What was counted of articles that ask for serial numbers."""
    tally = counting.open_tally(order.pk, counting.RECEIVE)
    counted_ids = [variant for variant, units in counting.units(tally).items() if units.all] if tally else []
    return list(Variant.objects.filter(pk__in=counted_ids, tracks_serials=True).order_by("sku"))


def _book(request: HttpRequest, order: PurchaseOrder) -> HttpResponse:
    form = BookForm(request.POST, short=_may_give_up(request, order), accepts=True, numbered=_numbered(order))
    if not form.is_valid():
        return _compare(request, order, form, status=422)
    given = form.cleaned_data
    takes = bool(given["accepted"]) and allows(request.user, ACCEPT, order.location_id)
    delivery = Delivery({}, given["tally"], given["note"], form.given_up, takes, form.numbers)
    tally_id: UUID = given["tally"]
    try:
        receipt = receiving.book(
            order.pk, tally_id, delivery, actor=Actor.of(request.user), version=versions.shown(request)
        )
    except versions.Stale:
        raise
    except Problem as problem:
        tell(form, problem)
        return _compare(request, order, form, status=problem.status)
    units = sum(line.received + line.damaged for line in receipt.lines.all())
    said = ngettext("%(receipt)s is booked: %(n)d unit came.", "%(receipt)s is booked: %(n)d units came.", units)
    messages.success(request, said % {"receipt": receipt.number, "n": units})
    return redirect("purchase-order", order.number)
