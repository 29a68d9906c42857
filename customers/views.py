"""The list of customers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.lists import KeysetList, capped_count
from core.permissions import permission
from customers.models import Customer
from customers.selectors import listed


@permission("customers.view")
def customer_list(request: HttpRequest) -> HttpResponse:
    """Customers, newest first, or those that a text finds."""
    text = request.GET.get("q", "")[:200]
    found = listed(text)
    page = KeysetList[Customer](found, "-id").page(request.GET.get("cursor", ""))
    return render(request, "customers/list.html", {"page": page, "text": text, "count": capped_count(found)})
