"""The call-centre form: live price, stock and promise beside it, and one order however often it is sent."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from capture import forms, references, selectors, services
from capture.offers import Asked, offers
from capture.refused import Name
from core.actors import Actor
from core.bulk import dump
from core.idempotency import digest
from core.ids import new_id
from core.permissions import locations_of, permission
from core.problems import Problem
from core.typed import plain
from customers.models import Customer
from orders.models import Order
from orders.selectors import by_number

PREFIX = "line"
MOST_LINES = 100


@permission("orders.place")
@require_http_methods(["GET", "POST"])
def new_order(request: HttpRequest) -> HttpResponse:
    """An empty form, or one more step of a filled one: add, remove, look again, place."""
    if request.method != "POST":
        if again := _again(request):
            lines = forms.LineForms(again, prefix=PREFIX)
            return _page(
                request, forms.OrderForm(initial=again.dict()), lines, quote=_quote(request, again), data=again
            )
        form = forms.OrderForm(initial=_start(request))
        return _page(request, form, forms.LineForms(prefix=PREFIX))
    if "place" in request.POST:
        return _place(request)
    found = _found(request.POST)
    data = _changed(request, _meant(request.POST, found))
    form, lines = forms.OrderForm(initial=data.dict()), forms.LineForms(data, prefix=PREFIX)
    lines.is_valid()
    for line in lines.forms:
        line.errors.clear()
    return _page(request, form, lines, quote=_quote(request, data), found=found if data.get("find") else None)


@permission("orders.place")
@require_POST
def quote(request: HttpRequest) -> HttpResponse:
    """Price, stock and promise of what is typed so far, as a fragment."""
    return render(request, "capture/quote.html", {"quote": _quote(request, request.POST)})


@permission("orders.place")
def find_products(request: HttpRequest) -> HttpResponse:
    """Products by name, SKU or barcode, as a fragment of buttons that add them."""
    return render(request, "capture/found.html", {"found": _found(request.GET)})


def _start(request: HttpRequest) -> dict[str, Any]:
    start: dict[str, Any] = {"key": str(new_id()), "country": "FR"}
    if wanted := request.GET.get("customer"):
        customer = get_object_or_404(Customer, pk=wanted) if _is_id(wanted) else None
        if customer:
            start |= {n: getattr(customer, n) for n in ("email", "first_name", "last_name", "phone")}
            last = Order.objects.filter(customer=customer).order_by("-placed_at").first()
            if last:
                names = ("line1", "postal_code", "city", "country")
                start |= {n: last.shipping_address.get(n, "") for n in names}
    return start


def _again(request: HttpRequest) -> QueryDict | None:
    """The same things for the same person as in an order that was placed, at today's prices, as if they were typed."""
    number = plain(request.GET.get("again", ""), 64)
    if not number or locations_of(request.user, "orders.view") is not None:
        return None
    order = by_number(number)
    if order is None:
        return None
    data = QueryDict(mutable=True)
    address, customer = order.shipping_address, order.customer
    data.update({n: address.get(n) or "" for n in ("line1", "postal_code", "city", "country", "phone")})
    data.update({"key": str(new_id()), "channel": order.channel.code, "email": order.email})
    first, _space, last = (order.customer_name or address.get("name", "")).rpartition(" ")
    data["first_name"], data["last_name"] = (customer.first_name, customer.last_name) if customer else (first, last)
    goods = [line for line in order.lines.all() if line.is_stocked][:MOST_LINES]
    data[f"{PREFIX}-TOTAL_FORMS"], data[f"{PREFIX}-INITIAL_FORMS"] = str(len(goods)), "0"
    for i, line in enumerate(goods):
        data[f"{PREFIX}-{i}-sku"], data[f"{PREFIX}-{i}-quantity"] = line.sku, str(line.quantity)
    return data


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _meant(data: Any, found: list[dict[str, Any]]) -> str:
    """The SKU to add: the button's, or the one whose SKU or barcode was typed or scanned in full."""
    typed = data.get("find", "").strip().upper()
    exact = [product["sku"] for product in found if typed in (product["sku"].upper(), product["barcode"])]
    return data.get("add", "").strip() or (exact[0] if exact else "")


def _changed(request: HttpRequest, sku: str) -> Any:
    """The posted form with a line more (of `sku`) or a line less."""
    data = request.POST.copy()
    typed = data.get(f"{PREFIX}-TOTAL_FORMS", "")
    total = min(int(typed), MOST_LINES) if typed.isdecimal() else 0
    data[f"{PREFIX}-TOTAL_FORMS"], data[f"{PREFIX}-INITIAL_FORMS"] = str(total), "0"
    if sku:
        data["find"] = ""
        same = next((i for i in range(total) if data.get(f"{PREFIX}-{i}-sku") == sku), None)
        if same is None:
            data[f"{PREFIX}-{total}-sku"], data[f"{PREFIX}-{total}-quantity"] = sku, "1"
            data[f"{PREFIX}-TOTAL_FORMS"] = str(total + 1)
        else:
            known = data.get(f"{PREFIX}-{same}-quantity", "")
            data[f"{PREFIX}-{same}-quantity"] = str(int(known) + 1 if known.isdecimal() else 1)
    if (gone := data.get("remove", "")).isdecimal() and int(gone) < total:
        for i in range(int(gone), total):
            for name in ("sku", "quantity", "unit_price", "discount"):
                data[f"{PREFIX}-{i}-{name}"] = data.get(f"{PREFIX}-{i + 1}-{name}", "")
        data[f"{PREFIX}-TOTAL_FORMS"] = str(total - 1)
    return data


def _place(request: HttpRequest) -> HttpResponse:
    form, lines = forms.OrderForm(request.POST), forms.LineForms(request.POST, prefix=PREFIX)
    if not (form.is_valid() & lines.is_valid()):
        return _page(request, form, lines, quote=_quote(request, request.POST), status=422)
    actor = Actor.of(request.user)
    order = forms.order_of(form.cleaned_data, [line.cleaned_data for line in lines])
    try:
        total = services.quote(order, actor=actor, asked=_asked(request, form.cleaned_data["key"]), door="form")[
            "totals"
        ]["total"]
        payment = {"tender": form.cleaned_data["tender"], "amount": total, "token": form.cleaned_data["token"]}
        order["payments"] = [payment]
        answer = services.place_order(
            order,
            client=_asked(request, form.cleaned_data["key"]).client,
            key=form.cleaned_data["key"],
            digest=digest(dump(order).encode()),
            actor=actor,
            door="form",
        )
    except Problem as problem:
        forms.show(problem, form, lines)
        return _page(request, form, lines, quote=_quote(request, request.POST), status=problem.status)
    return redirect("order", number=answer.body["number"])


def _asked(request: HttpRequest, key: str) -> Name:
    """The order of this form, under the key by which it is placed."""
    return Name(f"form:{request.user.pk}", key)


def _quote(request: HttpRequest, data: Any) -> dict[str, Any]:
    """What the typed lines cost and when they come; problems as words, never as an error."""
    form, lines = forms.OrderForm(data), forms.LineForms(data, prefix=PREFIX)
    form.is_valid()
    lines.is_valid()
    filled = [line.cleaned_data for line in lines.forms if line.is_bound and line.cleaned_data.get("sku")]
    if not filled:
        return {}
    head = form.cleaned_data
    order = forms.order_of(head, filled)
    for name in ("name", "line1", "city", "postal_code"):
        order["shipping_address"][name] = order["shipping_address"][name] or "—"
    asked = _asked(request, head["key"]) if request.method == "POST" and head.get("key") else None
    try:
        told = services.quote(order, actor=Actor("system", "quote"), asked=asked, door="form")
    except Problem as problem:
        return {"words": [e["msg"] for e in problem.errors] or [problem.detail]}
    return told | {"places": _places(order, told)}


def _places(order: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    address, channel = order["shipping_address"], references.channels()[order["channel"]]
    asked = Asked(channel, address["country"], address["postal_code"], "standard", timezone.now())
    found = offers(list(dict.fromkeys(line["sku"] for line in told["lines"])), asked)
    return {sku: offer.places for sku, offer in found.items()}


def _found(data: Any) -> list[dict[str, Any]]:
    """Products for what is typed in the search box, with their names in the clerk's language."""
    channel = references.channels().get(data.get("channel", ""))
    if channel is None:
        return []
    language = (get_language() or "en")[:2]
    return [
        {
            "sku": v.sku,
            "barcode": v.barcode,
            "name": v.names.get(language) or next(iter(v.names.values()), ""),
            "price": v.amount,
            "currency": channel.currency,
        }
        for v in selectors.products(data.get("find", ""), channel)
    ]


def _name_lines(data: Any, lines: Any) -> None:
    """Beside each SKU its name, and in the empty price field what the list says."""
    channel = references.channels().get(data.get("channel", ""))
    skus = {line["sku"].value() or "" for line in lines.forms}
    if channel is None or not skus:
        return
    known = references.catalogue(skus, [channel.price_list_id] if channel.price_list_id else [], timezone.now())
    language = (get_language() or "en")[:2]
    for line in lines.forms:
        if variant := known.variants.get(line["sku"].value() or ""):
            line.product = variant.names.get(language) or next(iter(variant.names.values()), "")
            listed = known.price(channel.price_list_id, variant.id)
            line.fields["unit_price"].widget.attrs["placeholder"] = "" if listed is None else str(listed)


def _page(
    request: HttpRequest,
    form: Any,
    lines: Any,
    *,
    quote: Any = None,
    found: Any = None,
    data: Any = None,
    status: int = 200,
) -> HttpResponse:
    _name_lines(request.POST if data is None else data, lines)
    context = {"form": form, "lines": lines, "quote": quote or {}, "found": found, "find": request.POST.get("find", "")}
    return render(request, "capture/new_order.html", context, status=status)
