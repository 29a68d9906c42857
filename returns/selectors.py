"""Reads of returns, in bulk."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from core.db import rows
from core.problems import NotFound
from returns.models import Return, ReturnLine
from returns.requests import RETURNABLE


def returnable(order_id: UUID) -> dict[UUID, int]:
    """Units of each line that a new return may name: shipped, not back, under no open RMA."""
    return {row.line_id: row.left for row in rows(RETURNABLE, {"orders": [order_id]}) if row.left > 0}


def of_orders(order_ids: Sequence[UUID]) -> dict[UUID, list[Return]]:
    """The returns of many orders with location and lines (and their order lines), by order, the oldest first."""
    by_order: dict[UUID, list[Return]] = defaultdict(list)
    for found in _with_lines(Return.objects.filter(order_id__in=order_ids)):
        by_order[found.order_id].append(found)
    return by_order


def by_rma(rma: str) -> Return:
    """One return by its number, with order, location and lines."""
    found = _with_lines(Return.objects.filter(rma__iexact=rma.strip()[:40])).first()
    if found is None:
        raise NotFound(_("There is no return with this number."))
    return found


def _with_lines(found: QuerySet[Return]) -> QuerySet[Return]:
    lines = ReturnLine.objects.select_related("order_line").order_by("order_line__position")
    return found.select_related("order", "location").prefetch_related(Prefetch("lines", lines)).order_by("id")
