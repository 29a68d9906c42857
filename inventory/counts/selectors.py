"""Reads of counts, for screens. Who counts is never given what the books say."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext as _

from core.models import Grant, Role
from core.permissions import locations_of, permissions_of
from core.problems import NotFound
from inventory.models import CountBin, CountLine, StockCount

COUNT, MANAGE, APPROVE = "counts.count", "counts.manage", "counts.approve"
TOLD = ("right", "posted", "declined")
"""Lines that say how right the books were."""


def visible(user: Any) -> QuerySet[StockCount]:
    """The counts of places where somebody counts, with their places."""
    reach = locations_of(user, COUNT)
    found = StockCount.objects.select_related("location", "assignee")
    return found if reach is None else found.filter(location__in=reach)


def find(number: str, user: Any) -> StockCount:
    """One count that somebody sees; NotFound otherwise, with or without it."""
    count = visible(user).filter(number=number).first()
    if count is None:
        raise NotFound(_("There is no count %(number)s at your places.") % {"number": number})
    return count


def with_progress(counts: list[Any]) -> None:
    """Give each count its `bins`, those that are `done`, and the differences that `wait`."""
    bins = CountBin.objects.filter(count__in=counts).order_by().values("count")
    sums = bins.annotate(
        all=Count("pk", distinct=True),
        over=Count("pk", filter=Q(is_done=True), distinct=True),
        differ=Count("lines", filter=Q(lines__status="approve", count__status="open"), distinct=True),
    )
    found = {row["count"]: (row["all"], row["over"], row["differ"]) for row in sums}
    for count in counts:
        count.n_bins, count.n_done, count.n_waiting = found.get(count.pk, (0, 0, 0))


def bins_of(count: StockCount) -> list[CountBin]:
    """Its bins as people walk, what lies in none last; each with its lines, counted or not (`n_lines`, `n_counted`)."""
    found = count.bins.select_related("bin").annotate(
        n_lines=Count("lines", filter=Q(lines__round=F("round"))),
        n_counted=Count("lines", filter=Q(lines__round=F("round"), lines__counted__isnull=False)),
    )
    return list(found.order_by(F("bin__walk").asc(nulls_last=True), "bin__code"))


def lines_to_count(spot: CountBin) -> list[CountLine]:
    """What is to be counted in a bin in this round, without what the books say."""
    found = spot.lines.filter(round=spot.round, status="open").select_related("variant__product", "lot")
    return list(found.defer("expected", "difference", "value").order_by("variant__sku", "lot__code", "condition"))


def differences(user: Any) -> QuerySet[CountLine]:
    """Lines that differ from the books, at the places where somebody decides about them."""
    reach = locations_of(user, APPROVE)
    found = CountLine.objects.exclude(status__in=("open", "right")).select_related(
        "variant__product", "lot", "spot__bin", "spot__count__location"
    )
    return found if reach is None else found.filter(spot__count__location__in=reach)


def told_differences(user: Any) -> QuerySet[CountLine]:
    """The same without those of counts that were given up before anybody decided."""
    return differences(user).exclude(Q(status="approve") & ~Q(spot__count__status="open"))


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How right the books were: of what was counted or should have been there, per cent. None without anything."""

    lines: int
    right_lines: int
    units: int | None
    value: int | None
    net: Decimal

    @property
    def units_said(self) -> str:
        """In words: a dash without anything."""
        return "—" if self.units is None else f"{self.units} %"

    @property
    def value_said(self) -> str:
        """The same of the value."""
        return "—" if self.value is None else f"{self.value} %"


def accuracy(lines: QuerySet[CountLine]) -> Accuracy:
    """Of settled lines: the smaller of counted and expected, divided by the larger; in units, and in standard cost."""
    right, there = Least("counted", Greatest("expected", 0)), Greatest("counted", "expected")
    cost = F("variant__standard_cost")
    sums = lines.filter(status__in=TOLD).aggregate(
        lines=Count("pk"), right_lines=Count("pk", filter=Q(status="right")), net=Sum("value", default=Decimal(0)),
        right=Sum(right), there=Sum(there), right_value=Sum(right * cost), value=Sum(there * cost),
    )  # fmt: skip
    units, value = _share(sums["right"], sums["there"]), _share(sums["right_value"], sums["value"])
    return Accuracy(sums["lines"], sums["right_lines"], units, value, sums["net"])


def _share(part: Any, whole: Any) -> int | None:
    return int(100 * (part or 0) / whole) if whole else None


def last_counted_in(bin_id: UUID) -> datetime | None:
    """When a bin was last counted to its end."""
    return CountBin.objects.filter(bin_id=bin_id, is_done=True).aggregate(at=Max("done_at"))["at"]


def last_counted_at(variant_id: UUID, location_id: UUID) -> datetime | None:
    """When an article was last counted at a place."""
    found = CountLine.objects.filter(variant_id=variant_id, spot__count__location_id=location_id, status__in=TOLD)
    return found.aggregate(at=Max("counted_at"))["at"]


def who_may_count(location_ids: set[UUID] | None) -> list[tuple[str, str]]:
    """People who count at these places (None: anywhere): key and name."""
    roles = [role.code for role in Role.objects.all() if COUNT in permissions_of(role.code, role.permissions)]
    grants = Grant.objects.filter(role__in=roles)
    if location_ids is not None:
        grants = grants.filter(Q(location_id=None) | Q(location_id__in=location_ids))
    people = get_user_model().objects.filter(pk__in=grants.values("user"), is_active=True).order_by("username")
    return sorted(((str(each.pk), each.get_full_name() or each.get_username()) for each in people), key=lambda p: p[1])
