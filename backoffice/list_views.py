"""The pages of the lists that need more than one app to be told."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from backoffice import reach
from core.lists.views import show
from core.permissions import permission


@permission("orders.view")
def order_list(request: HttpRequest) -> HttpResponse:
    """The list of orders, of those that this person may see."""
    limited = reach.is_limited(request.user)
    whole = _("Everything from shop, stores, phone, mobile, kiosk and marketplaces")
    subtitle = _("What your locations work on or took back") if limited else whole
    return show(request, "orders", "orders/list.html", subtitle=subtitle, limited=limited)
