"""A number and the list behind it: both from one declaration, so that they can never tell different things."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import QueryDict

from core.lists import capped_count, registry


@dataclass(frozen=True, slots=True)
class Behind:
    """A registered list with its filters as they stand in an address."""

    name: str
    query: str = ""

    def rows(self, user: Any) -> QuerySet[Any]:
        """What this person finds there."""
        return registry.get(self.name).queryset(user, QueryDict(self.query))

    def count(self, user: Any) -> int:
        """How many, counted no further than lists count."""
        return capped_count(self.rows(user).prefetch_related(None))

    @property
    def href(self) -> str:
        """Where it opens."""
        return f"{registry.get(self.name).address}{'?' if self.query else ''}{self.query}"


NEEDS_SOMEONE = Behind("orders", "status=needs_someone")
HELD = Behind("orders", "status=on_hold")
UNPAID = Behind("orders", "hold=payment")
LATE = Behind("orders", "late=1")
BACKORDERED = Behind("orders", "status=backordered")
ROLELESS = Behind("people", "state=open&roleless=1")
UNROUTED = Behind("orders", "status=placed")
PAYMENT_FAILED = Behind("orders", "payment=failed")
PAYMENT_UNKNOWN = Behind("orders", "payment=unknown")
TODAY = Behind("orders", "day=today")
EXCEPTIONS = Behind("exceptions", "state=open")
LOST_THIS_WEEK = Behind("lost-sales", "state=lost&day=last-7-days")
DIFFERENCES = Behind("count-differences", "status=approve")
SHORT = Behind("stock", "state=short")


def first(found: QuerySet[Model], most: int) -> list[Any]:
    """The first rows; no more is read than is shown."""
    return list(found[:most])
