"""The page of a customer: who they are, what they are worth, what is open, what they ordered."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from backoffice import reach
from core.lists import KeysetList
from core.permissions import permission
from core.problems import NotFound
from customers.selectors import by_id
from orders.models import Order
from orders.rows import row
from orders.selectors import Filters, listed, totals_of_customer

OPEN_STATES = ("on_hold", "backordered")


@permission("customers.view")
def customer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """One customer with their orders, newest first."""
    found = by_id(customer_id)
    if found is None:
        raise NotFound(_("There is no such customer."))
    orders = listed(Filters(customer=found.pk), reach.within(request.user))
    page = KeysetList[Order](orders, "-placed_at").page(request.GET.get("cursor", ""), limit=25)
    rows = [row(order) for order in page.items]
    return render(
        request,
        "backoffice/customer.html",
        {
            "customer": found,
            "totals": totals_of_customer(found.pk),
            "page": page,
            "rows": rows,
            "open": [each for each in rows if each.late_by or each.order.status in OPEN_STATES],
            "address": rows[0].order.shipping_address if rows else None,
        },
    )
