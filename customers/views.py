"""The list of customers."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.lists.views import show
from core.permissions import permission


@permission("customers.view")
def customer_list(request: HttpRequest) -> HttpResponse:
    """Customers, newest first, or those that a text finds."""
    return show(
        request,
        "customers",
        subtitle=_("Everybody who has ordered, and how to reach them"),
        none_fits=_("Nobody is found by this"),
        nothing_yet=_("Customers stand here by themselves when they order for the first time."),
    )
