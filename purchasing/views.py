"""The pages of purchase orders: one order, writing and changing it, what is done with it. Receiving stands in `docks`."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Variant
from core import versions
from core.actors import Actor
from core.ids import new_id
from core.models import TimelineEntry
from core.once import key_in
from core.permissions import allows, locations_of, permission, require
from core.problems import Conflict, Problem
from inventory import lineforms
from inventory.models import Location
from purchasing import ordering
from purchasing.forms import FIELDS, Lines, OrderForm
from purchasing.models import PurchaseOrder, Vendor
from purchasing.ordering import NOT_BOUGHT_FOR
from purchasing.selectors import VIEW, find, last_costs, lines_of, receipts_of, vendors
from purchasing.states import OPEN, RECEIVABLE
from purchasing.words import bar

MANAGE, RECEIVE = "purchasing.manage", "stock.receive"
FORM = require_http_methods(["GET", "HEAD", "POST"])
TOLD = 40


@require_safe
@permission(VIEW)
def order_page(request: HttpRequest, number: str) -> HttpResponse:
    """One order: its lines, what came of them, what may be done."""
    order = find(number, request.user)
    lines = lines_of(order)
    costs = allows(request.user, MANAGE, order.location_id) or allows(request.user, "ledger.view")
    told = TimelineEntry.objects.filter(about=order.pk).order_by("-at", "-id")[:TOLD]
    context = {
        "order": order,
        "lines": [
            {"line": x, "bar": bar(x.received, x.damaged, x.cancelled, x.open), "cost": x.unit_cost * x.ordered}
            for x in lines
        ],
        "totals": _totals(lines),
        "costs": costs,
        "worth": sum(x.unit_cost * x.wanted for x in lines),
        "receipts": receipts_of(order),
        "facts": _facts(order),
        "actions": actions(order, request.user),
        "timeline": [versions.said(entry if costs else _without_costs(entry), order.currency) for entry in told],
    }
    return render(request, "purchasing/order.html", context)


def _without_costs(entry: TimelineEntry) -> TimelineEntry:
    """A change in units only, for somebody who is not to know what they cost."""
    if changes := entry.data.get("changes"):
        units = {
            name: sides if name in ordering.NO_ARTICLES else [ordering.without_cost(str(side)) for side in sides]
            for name, sides in changes.items()
        }
        entry.data = entry.data | {"changes": {name: sides for name, sides in units.items() if sides[0] != sides[1]}}
    return entry


def _totals(lines: list[Any]) -> dict[str, Any]:
    names = ("ordered", "received", "damaged", "cancelled", "open")
    sums = {name: sum(getattr(line, name) for line in lines) for name in names}
    return sums | {"bar": bar(sums["received"], sums["damaged"], sums["cancelled"], sums["open"])}


def _facts(order: PurchaseOrder) -> list[dict[str, Any]]:
    vendor = order.vendor
    town = " ".join(part for part in (vendor.postal_code, vendor.city) if part)
    return [
        {"label": _("Vendor"), "value": vendor.name, "href": reverse("vendor", args=[vendor.code])},
        {"label": _("Address"), "value": ", ".join(p for p in (vendor.line1, town, vendor.country) if p)},
        {"label": _("E-mail"), "value": vendor.email or "—"},
        {"label": _("Place"), "value": order.location.name},
        {"label": _("Currency"), "value": order.currency},
    ]


def actions(order: PurchaseOrder, user: Any) -> dict[str, str]:
    """What this person may do with it: "" when it can be done now, else why not."""
    found = {}
    draft, waits = order.status == "draft", order.status in OPEN
    if allows(user, MANAGE, order.location_id):
        found["send"] = "" if draft else _("The vendor has it already, or it is over.")
        found["change"] = "" if draft or waits else _("Nothing of it is waited for any more.")
        found["give_up"] = "" if draft or waits else _("Nothing of it is waited for any more.")
    if allows(user, RECEIVE, order.location_id):
        found["receive"] = "" if order.status in RECEIVABLE else _("Only what was sent to the vendor can be received.")
    return found


@FORM
@permission(MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """An order is written: add, remove, look again, keep."""
    if request.method == "POST" and "save" not in request.POST:
        return _again(request, None)
    key = key_in(request.POST.get("key", ""))
    form, lines = _form(request, None, request.POST or None), Lines(request.POST or None, prefix=lineforms.PREFIX)
    if request.method == "POST" and (form.is_valid() & lines.is_valid()):
        filled, given = lineforms.filled(lines), form.cleaned_data
        require(request.user, MANAGE, given["location"])
        try:
            made = ordering.draft(
                given["vendor"], given["location"], form.wish(filled), actor=Actor.of(request.user), key=key
            )
        except Problem as problem:
            lineforms.tell(form, filled, problem)
            key = new_id() if isinstance(problem, Conflict) else key
        else:
            messages.success(request, _("%(number)s is written. Send it when it is right.") % {"number": made.number})
            return redirect("purchase-order", made.number)
    return _page(request, form, lines, status=422 if form.is_bound else 200, key=key)


@FORM
@permission(MANAGE)
def change(request: HttpRequest, number: str) -> HttpResponse:
    """An order is changed; whoever has it open meanwhile is told."""
    order = find(number, request.user)
    require(request.user, MANAGE, order.location_id)
    if request.method != "POST":
        return _page(request, _form(request, order), Lines(_standing(order), prefix=lineforms.PREFIX), order)
    if "save" not in request.POST or versions.looks_again(request):
        return _again(request, order)
    form, lines = _form(request, order, request.POST), Lines(request.POST, prefix=lineforms.PREFIX)
    if form.is_valid() & lines.is_valid():
        filled = lineforms.filled(lines)
        try:
            ordering.change(order.pk, form.wish(filled), actor=Actor.of(request.user), version=versions.shown(request))
        except versions.Stale as stale:
            stale.labels = {name: str(field.label) for name, field in form.fields.items()}
            raise
        except Problem as problem:
            lineforms.tell(form, filled, problem)
        else:
            messages.success(request, _("%(number)s is changed.") % {"number": order.number})
            return redirect("purchase-order", order.number)
    return _page(request, form, lines, order, status=422)


def _form(request: HttpRequest, order: PurchaseOrder | None, data: Any = None, **typed: Any) -> OrderForm:
    places = Location.objects.filter(is_active=True).exclude(kind__in=NOT_BOUGHT_FOR).order_by("name")
    reach = locations_of(request.user, MANAGE)
    choices = [(str(p.pk), p.name) for p in places if reach is None or p.pk in reach]
    stands: dict[str, Any] = {"expected_on": order.expected_on, "note": order.note} if order else {}
    return OrderForm(data, initial=stands | typed, vendors=vendors(), places=choices, is_new=order is None)


def _again(request: HttpRequest, order: PurchaseOrder | None) -> HttpResponse:
    """The form with what was typed, a line more or less; nothing is judged yet."""
    data = lineforms.changed(request.POST, FIELDS, lambda variant: {"unit_cost": _cost(request.POST, order, variant)})
    lines = Lines(data, prefix=lineforms.PREFIX)
    lines.is_valid()
    for line in lines.forms:
        line.errors.clear()
    kept = {name: data[name] for name in ("vendor", "location", "expected_on", "note") if name in data}
    typed = data.get("find", "")
    found = lineforms.find(typed) if typed else None
    return _page(request, _form(request, order, **kept), lines, order, find=typed, found=found)


def _cost(data: QueryDict, order: PurchaseOrder | None, variant: Variant) -> Any:
    """What a unit cost the last time at this vendor, else at standard cost where that is in its currency."""
    key = order.vendor_id if order else None
    chosen = Vendor.objects.filter(pk=key) if key else Vendor.objects.filter(pk__in=_ids(data.get("vendor", "")))
    vendor = chosen.first()
    known = last_costs(vendor.pk, [variant.pk]).get(variant.pk) if vendor else None
    if known is None:
        known = variant.standard_cost if vendor is None or vendor.currency == "EUR" else ""
    return known


def _ids(text: str) -> list[str]:
    return [text] if text in dict(vendors()) else []


def _standing(order: PurchaseOrder) -> QueryDict:
    """The lines of an order as they would be typed."""
    return lineforms.given(
        [
            {"sku": line.variant.sku, "quantity": line.wanted, "unit_cost": f"{line.unit_cost.normalize():f}"}
            for line in lines_of(order)
            if line.ordered and line.wanted
        ]
    )


def _page(
    request: HttpRequest,
    form: OrderForm,
    lines: Any,
    order: PurchaseOrder | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    lineforms.name(lines)
    context = {"form": form, "lines": lines, "order": order, "key": key_in(request.POST.get("key", "")), **more}
    return render(request, "purchasing/order_form.html", context, status=status)


@require_POST
@permission(MANAGE)
def send(request: HttpRequest, number: str) -> HttpResponse:
    """The vendor has it."""
    said = gettext_lazy("%(number)s is sent: its units are on their way.")
    return _act(request, number, said, lambda order, actor: ordering.send(order.pk, actor=actor))


@require_POST
@permission(MANAGE)
def give_up(request: HttpRequest, number: str) -> HttpResponse:
    """Nothing more of it is waited for."""
    reason = request.POST.get("reason", "")[:200]
    said = gettext_lazy("Nothing more of %(number)s is waited for.")
    shown = versions.shown(request)
    return _act(
        request, number, said,
        lambda order, actor: ordering.give_up(order.pk, actor=actor, reason=reason, version=shown),
    )  # fmt: skip


def _act(request: HttpRequest, number: str, said: Any, act: Any) -> HttpResponse:
    order = find(number, request.user)
    require(request.user, MANAGE, order.location_id)
    try:
        act(order, Actor.of(request.user))
    except versions.Stale:
        raise
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, str(said) % {"number": order.number})
    return redirect("purchase-order", order.number)
