"""How much waits for somebody: capped counts over what is open, the very ones of the lists that they lead to."""

from typing import Any

from django.db.models import QuerySet

from backoffice import reach
from core.lists import capped_count
from core.models import Incident
from core.outbox import parked_count
from core.permissions import locations_of
from fulfillment.models import FulfillmentOrder
from fulfillment.planning import VIRTUAL
from fulfillment.work import WAITING
from orders.selectors import Filters, listed


def need_someone(user: Any) -> int:
    """Orders that are held, without stock, or late."""
    return capped_count(listed(Filters(status="needs_someone"), reach.within(user)).prefetch_related(None))


def incidents(user: Any) -> QuerySet[Incident]:
    """Open exceptions at this person's places."""
    found, places = Incident.objects.filter(resolved_at=None), locations_of(user, "incidents.view")
    return found if places is None else found.filter(location_id__in=places)


def open_exceptions(user: Any) -> int:
    """How many they are."""
    return capped_count(incidents(user))


def work_waiting(user: Any) -> int:
    """Pieces of work that are open at this person's places; nothing for those who could work anywhere."""
    places = locations_of(user, "fulfillment.work")
    if places is None:
        return 0
    return capped_count(
        FulfillmentOrder.objects.filter(location_id__in=places, status__in=WAITING).exclude(method=VIRTUAL)
    )


def stopped_work(user: Any) -> int:
    """Work that follows orders by itself and stopped."""
    return parked_count()
