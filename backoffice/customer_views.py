"""The page of a customer: who they are, what they are worth, what is open, what they ordered, paid and sent back."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from backoffice import order_timeline, reach
from backoffice.timeline_words import INCIDENTS, is_id
from core import notes, versions
from core.actors import Actor
from core.db import rows
from core.ids import new_id
from core.lists import KeysetList
from core.models import Incident
from core.permissions import allows, permission
from core.problems import NotFound, Problem
from customers.editing import edit_customer
from customers.forms import CustomerForm
from customers.models import Customer
from customers.selectors import by_id
from orders.models import Order
from orders.rows import row
from orders.selectors import Filters, listed, totals_of_customer
from returns.models import Return

OPEN_STATES = ("on_hold", "backordered")
PER_PAGE = 25
MOST_OPEN = 10
"""Problems and returns shown at once."""
MOST_ORDERS = 1_000
"""Orders whose problems are looked for, the newest."""


@permission("customers.view")
def customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """One customer with their orders, newest first, and everything that is open with them."""
    found = _find(customer_id)
    if request.headers.get("HX-Target") == "timeline":
        part = order_timeline.read(found.pk, request.GET)
        return render(request, "backoffice/order_timeline.html", {"timeline": part})
    return render(request, "backoffice/customer.html", _context(request, found))


def _find(customer_id: UUID) -> Customer:
    found = by_id(customer_id)
    if found is None:
        raise NotFound(_("There is no such customer."))
    return found


def _context(request: HttpRequest, found: Customer, *, typed_note: str = "", errors: Any = ()) -> dict[str, Any]:
    mine = reach.within(request.user)
    page = KeysetList[Order](listed(Filters(customer=found.pk), mine), "-placed_at").page(
        request.GET.get("cursor", ""), limit=PER_PAGE
    )
    shown = [row(order) for order in page.items]
    theirs = Order.objects.filter(mine or Q(), customer=found.pk)
    limited = mine is not None
    return {
        "customer": found,
        "limited": limited,
        "totals": [] if limited else totals_of_customer(found.pk),
        "figures": None if limited else figures(found.pk),
        "page": page,
        "rows": shown,
        "open": [each for each in shown if each.late_by or each.order.status in OPEN_STATES],
        "incidents": _incidents(request, theirs),
        "returns": _returns(theirs),
        "address": shown[0].order.shipping_address if shown else None,
        "timeline": order_timeline.read(found.pk, request.GET),
        "note_key": new_id(),
        "typed": {"text": typed_note},
        "errors": errors,
    }


@dataclass(frozen=True, slots=True)
class Figures:
    """What a customer means: units bought and sent back, money taken and given back per currency."""

    units: int
    returned: int
    paid: list[tuple[str, Decimal, Decimal]]

    @property
    def return_rate(self) -> int:
        """Units sent back of those delivered, in whole percent."""
        return round(100 * self.returned / self.units) if self.units else 0


UNITS = """
SELECT coalesce(sum(l.shipped), 0)::int AS units, coalesce(sum(l.returned), 0)::int AS returned
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id WHERE o.customer_id = %(id)s AND l.is_stocked
"""
PAID = """
SELECT p.currency, sum(p.captured) AS captured, sum(p.refunded) AS refunded
FROM payments_payment p JOIN orders_order o ON o.id = p.order_id WHERE o.customer_id = %(id)s
GROUP BY p.currency HAVING sum(p.captured) > 0 ORDER BY 2 DESC
"""


def figures(customer_id: UUID) -> Figures:
    """The figures of a customer, in two statements."""
    units = rows(UNITS, {"id": customer_id})[0]
    return Figures(units.units, units.returned, [tuple(paid) for paid in rows(PAID, {"id": customer_id})])


def _incidents(request: HttpRequest, orders: QuerySet[Order]) -> list[dict[str, Any]]:
    """Open exceptions of these orders."""
    if not allows(request.user, "incidents.view"):
        return []
    numbers = dict(orders.order_by("-id").values_list("pk", "number")[:MOST_ORDERS])
    opened = Incident.objects.filter(about__in=list(numbers), resolved_at=None).order_by("opened_at")[:MOST_OPEN]
    return [
        {
            "number": numbers[each.about],
            "what": INCIDENTS[each.kind]() if each.kind in INCIDENTS else each.kind.replace("_", " "),
            "since": each.opened_at,
        }
        for each in opened
    ]


def _returns(orders: QuerySet[Order]) -> list[Return]:
    return list(Return.objects.filter(order__in=orders).select_related("order").order_by("-id")[:MOST_OPEN])


@permission("customers.edit")
@require_POST
def add_note(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """A note about the customer for the colleagues."""
    found = _find(customer_id)
    key, text = request.POST.get("key", ""), request.POST.get("text", "")
    try:
        new = notes.add(found.pk, text, actor=Actor.of(request.user), key=UUID(key) if is_id(key) else None)
    except Problem as problem:
        words = [{"text": error["msg"], "anchor": "note-text"} for error in problem.errors]
        context = _context(request, found, typed_note=text, errors=words)
        return render(request, "backoffice/customer.html", context, status=problem.status)
    messages.success(request, _("The note is kept.") if new else _("This note was kept before."))
    return redirect("customer", found.pk)


@permission("customers.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Put right what is on file. Whoever edits an older state is told what changed, and loses nothing typed."""
    found = _find(customer_id)
    form = CustomerForm(request.POST) if request.method == "POST" else CustomerForm.of(found)
    if request.method == "POST" and not versions.looks_again(request) and form.is_valid():
        try:
            edit_customer(found.pk, form.particulars(), actor=Actor.of(request.user), version=versions.shown(request))
        except versions.Stale as stale:
            stale.labels = form.labels()
            raise
        except Problem as problem:
            _show(problem, form)
        else:
            messages.success(request, _("The customer is changed."))
            return redirect("customer", found.pk)
    context = {"customer": found, "form": form}
    return render(request, "backoffice/customer_edit.html", context, status=422 if form.errors else 200)


def _show(problem: Problem, form: CustomerForm) -> None:
    """The words of a refusal by the field that they name."""
    for error in problem.errors or [{"loc": [], "msg": problem.detail}]:
        name = str(error["loc"][-1]) if error["loc"] else ""
        form.add_error(name if name in form.fields else None, str(error["msg"]))
