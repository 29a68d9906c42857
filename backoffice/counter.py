"""An order brought to the counter: its number and a proof open it to people who see only their own locations' orders."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice import reach
from backoffice.forms import CounterForm
from core.permissions import permission
from core.problems import RateLimited
from core.throttle import allow

TRIES_PER_PERSON, PERSON_WINDOW = 30, 600
TRIES_PER_ORDER, ORDER_WINDOW = 10, 3600


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission(reach.VIEW)
def at_counter(request: HttpRequest) -> HttpResponse:
    """Ask for number and proof; when they fit, open the order. Unknown numbers and wrong proofs get one answer."""
    if request.method != "POST":
        return ask(request, request.GET.get("number", "")[:64])
    form = CounterForm(request.POST)
    _count(request, form.typed_number())
    if not form.is_valid() or form.order is None:
        return render(request, "backoffice/counter.html", {"form": form}, status=422)
    reach.remember(request, form.order)
    return redirect("order", form.order.number)


def ask(request: HttpRequest, number: str, *, missing: bool = False) -> HttpResponse:
    """The empty form; `missing` when the page of an order was asked for that is not (known to be) theirs."""
    context = {"form": CounterForm(initial={"number": number}), "missing": number if missing else ""}
    return render(request, "backoffice/counter.html", context, status=404 if missing else 200)


def _count(request: HttpRequest, number: str) -> None:
    by_person = allow("counter", str(request.user.pk), most=TRIES_PER_PERSON, seconds=PERSON_WINDOW)
    by_order = allow("counter-of", number, most=TRIES_PER_ORDER, seconds=ORDER_WINDOW)
    if not (by_person and by_order):
        minutes = (PERSON_WINDOW if by_order else ORDER_WINDOW) // 60
        raise RateLimited(
            _("Too many attempts. Wait %(minutes)d minutes, or ask customer service.") % {"minutes": minutes}
        )
