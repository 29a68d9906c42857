"""The search box of every page: straight to the thing when the text names one, else the list of what it finds."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from backoffice import reach
from catalog.models import Variant
from core.permissions import allows, permission
from fulfillment.selectors import order_number_of_parcel
from orders.models import Order


@permission("orders.view")
def search(request: HttpRequest) -> HttpResponse:
    """An order's number, a tracking number or a SKU opens its page; anything else filters the orders."""
    text = request.GET.get("q", "").strip()[:200]
    number = _order_named(request, text)
    if number:
        return redirect("order", number)
    sku = Variant.objects.filter(sku__iexact=text).values_list("sku", flat=True).first()
    if sku and allows(request.user, "stock.view"):
        return redirect("stock-item", sku)
    return redirect(f"{reverse('orders')}?{urlencode({'q': text})}" if text else reverse("orders"))


def _order_named(request: HttpRequest, text: str) -> str | None:
    """The number of the order that the text is the number or the parcel of, when this person may see it."""
    if not text:
        return None
    found = Order.objects.filter(number__iexact=text).first()
    if found is None and (number := order_number_of_parcel(text)):
        found = Order.objects.filter(number=number).first()
    return found.number if found is not None and reach.sees(request, found) else None
