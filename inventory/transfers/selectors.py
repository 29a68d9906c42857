"""Reads of transfers, for screens: somebody sees those that leave or reach a place where they may move goods."""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core.permissions import locations_of
from core.problems import NotFound
from inventory.models import Transfer, TransferLine, TransferStep, TransferStepLine

MOVE = "stock.transfer"


def visible(user: Any) -> QuerySet[Transfer]:
    """The transfers that somebody sees, with their places."""
    reach = locations_of(user, MOVE)
    found = Transfer.objects.select_related("origin", "target")
    return found if reach is None else found.filter(Q(origin__in=reach) | Q(target__in=reach))


def with_sums(found: QuerySet[Transfer]) -> QuerySet[Any]:
    """With the units of their lines: `asked`, `sent`, `came`, `moving`."""
    return found.annotate(
        asked=Coalesce(Sum("lines__quantity"), 0),
        sent=Coalesce(Sum("lines__sent"), 0),
        received=Coalesce(Sum("lines__received"), 0),
        damaged=Coalesce(Sum("lines__damaged"), 0),
        moving=Coalesce(Sum("lines__in_transit"), 0),
    )


def find(number: str, user: Any) -> Transfer:
    """One transfer that somebody sees; NotFound otherwise, with or without it."""
    transfer = visible(user).filter(number=number).first()
    if transfer is None:
        raise NotFound(_("There is no transfer %(number)s at your places.") % {"number": number})
    return transfer


def lines_of(transfer: Transfer) -> list[TransferLine]:
    """Its lines with their articles."""
    return list(transfer.lines.select_related("variant__product").order_by("position"))


def steps_of(transfer: Transfer) -> list[TransferStep]:
    """What happened to its units, the newest first."""
    moved = TransferStepLine.objects.select_related("line__variant").order_by("line__position")
    return list(transfer.steps.prefetch_related(Prefetch("lines", moved)).order_by("-at", "-id"))
