"""Reads of transfers, for screens: somebody sees those that leave or reach a place where they may move goods."""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from core.permissions import locations_of
from core.problems import NotFound
from inventory.models import Transfer, TransferLine, TransferStep, TransferStepLine, TransferStepLot

MOVE = "stock.transfer"
UNITS = ("quantity", "sent", "received", "damaged", "in_transit")


def visible(user: Any) -> QuerySet[Transfer]:
    """The transfers that somebody sees, with their places."""
    reach = locations_of(user, MOVE)
    found = Transfer.objects.select_related("origin", "target")
    return found if reach is None else found.filter(Q(origin__in=reach) | Q(target__in=reach))


def with_sums(transfers: list[Any]) -> None:
    """Give each transfer the units of its lines, each named `units_` with its name: asked for, sent, received …"""
    lines = TransferLine.objects.filter(transfer__in=transfers).order_by().values("transfer")
    sums = lines.annotate(**{f"units_{name}": Sum(name) for name in UNITS})
    found = {key: units for key, *units in sums.values_list("transfer", *(f"units_{name}" for name in UNITS))}
    for transfer in transfers:
        for name, units in zip(UNITS, found.get(transfer.pk, [0] * len(UNITS)), strict=True):
            setattr(transfer, f"units_{name}", units)


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
    of_lots = TransferStepLot.objects.select_related("lot").order_by("lot__expires_on", "lot__code")
    moved = TransferStepLine.objects.select_related("line__variant").order_by("line__position")
    moved = moved.prefetch_related(Prefetch("lots", of_lots))
    return list(transfer.steps.prefetch_related(Prefetch("lines", moved)).order_by("-at", "-id"))
