"""Which orders somebody may see: all, or those of their own locations and those brought to their counter with a proof."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from core.permissions import locations_of
from core.problems import Forbidden
from fulfillment.models import FulfillmentOrder
from orders.models import Order
from returns.models import Return

VIEW = "orders.view"
PROVEN = "orders_proven"
PROVEN_FOR = timedelta(hours=1)


def is_limited(user: Any) -> bool:
    """Whether this person sees the orders of some locations only."""
    return locations_of(user, VIEW) is not None


def within(user: Any) -> Q | None:
    """The orders with work or a return at this person's locations, as a filter; None when they see all.

    EXISTS, not a set of keys: for a place with very many orders a page then reads only as many as it shows.
    """
    places = locations_of(user, VIEW)
    return None if places is None else at(places)


def at(places: set[UUID]) -> Q:
    """The orders with work or a return at any of these locations, as a filter."""
    here = {"order_id": OuterRef("pk"), "location_id__in": places}
    return Q(Exists(FulfillmentOrder.objects.filter(**here))) | Q(Exists(Return.objects.filter(**here)))


def sees(request: HttpRequest, order: Order) -> bool:
    """Whether this order may be opened and worked on in this session."""
    mine = within(request.user)
    if mine is None or _proven(request).get(str(order.pk)):
        return True
    return Order.objects.filter(mine, pk=order.pk).exists()


def rights(request: HttpRequest, order: Order) -> Callable[[str], bool]:
    """Tells of a permission whether somebody who sees this order may use it there: it holds everywhere, or at a place
    that works on the order or took it back, or the order was brought to their counter. One statement at most."""

    @cache
    def here() -> set[UUID]:
        work = FulfillmentOrder.objects.filter(order=order).values_list("location_id", flat=True)
        return set(work.union(Return.objects.filter(order=order).values_list("location_id", flat=True)))

    def may(name: str) -> bool:
        places = locations_of(request.user, name)
        if not places:
            return places is None
        return bool(_proven(request).get(str(order.pk)) or places & here())

    return may


def require_here(request: HttpRequest, order: Order, name: str) -> None:
    """Forbidden unless this permission may be used on the order."""
    if not rights(request, order)(name):
        raise Forbidden(_("None of your places works on this order, so it is not yours to change."))


def remember(request: HttpRequest, order: Order) -> None:
    """The order was brought to the counter with a proof: it stays open to this session for a while."""
    until = timezone.now() + PROVEN_FOR
    request.session[PROVEN] = _proven(request) | {str(order.pk): until.timestamp()}


def proven(request: HttpRequest) -> list[str]:
    """Ids of the orders that were brought to the counter with a proof, as long as they stay open."""
    return list(_proven(request))


def _proven(request: HttpRequest) -> dict[str, float]:
    now = timezone.now().timestamp()
    return {key: until for key, until in request.session.get(PROVEN, {}).items() if until > now}
