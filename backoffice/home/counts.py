"""How much waits for somebody: capped counts over what is open, the very ones of the lists that they lead to."""

from typing import Any

from backoffice.home import behind
from core.cache import kept
from core.lists import capped_count
from core.outbox import parked_count
from core.permissions import allows, locations_of
from fulfillment.models import FulfillmentOrder
from fulfillment.planning import VIRTUAL
from fulfillment.work import WAITING


def need_someone(user: Any) -> int:
    """Orders that are held, without stock, or late."""
    return behind.NEEDS_SOMEONE.count(user)


def open_exceptions(user: Any) -> int:
    """What endangers a promise at this person's places."""
    return behind.EXCEPTIONS.count(user)


def work_waiting(user: Any) -> int:
    """Pieces of work that are open at this person's places; nothing for those who could work anywhere."""
    places = locations_of(user, "fulfillment.work")
    if places is None:
        return 0
    return capped_count(
        FulfillmentOrder.objects.filter(location_id__in=places, status__in=WAITING).exclude(method=VIRTUAL)
    )


def differences(user: Any) -> int:
    """Differences of counts that wait for this person's decision; nothing for those who do not decide."""
    return behind.DIFFERENCES.count(user) if allows(user, "counts.approve") else 0


def known_differences(user: Any) -> int:
    """The same as the menu shows it, without asking again."""
    return kept("nav", lambda: differences(user), user.pk, "stock-counts")


def stopped_work(user: Any) -> int:
    """Work that follows orders by itself and stopped."""
    return parked_count()
