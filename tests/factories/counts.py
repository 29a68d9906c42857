"""Counts of a place, as short as tests want them."""

from collections.abc import Mapping
from typing import Any

from catalog.models import Variant
from core.actors import Actor
from core.ids import new_id
from inventory.counts import counting, planning, rules
from inventory.counts.counting import Entry, What
from inventory.counts.planning import Wish
from inventory.models import CountBin, CountLine, Location, StockCount

MAY, CARL, DORA = (
    Actor("user", "May Manager", "901"),
    Actor("user", "Carl Counter", "902"),
    Actor("user", "Dora Double", "903"),
)


def of_articles(place: Location, *skus: str) -> StockCount:
    """A count of these articles, wherever they lie there."""
    return planning.make(place.pk, Wish("articles", skus), actor=MAY)


def of_bins(place: Location, *codes: str) -> StockCount:
    """A count of these bins."""
    return planning.make(place.pk, Wish("bins", codes), actor=MAY)


def bin_of(count: StockCount, code: str = "") -> CountBin:
    """One of its bins; "" is what lies in none."""
    return count.bins.get(bin__code=code) if code else count.bins.get(bin=None)


def scan(spot: CountBin, sku: str, units: int, *, actor: Actor = CARL, **more: Any) -> CountLine:
    """Units of an article are typed, all in all."""
    what = What(Variant.objects.get(sku=sku).pk, more.pop("lot_id", None), more.pop("condition", ""))
    return counting.count(spot.pk, what, Entry(new_id(), units, is_total=True), actor=actor)


def counted(spot: CountBin, units: Mapping[str, int], *, actor: Actor = CARL) -> CountBin:
    """A bin is taken, counted and done; what is not named is not there."""
    counting.take(spot.pk, actor=actor)
    for sku, quantity in units.items():
        scan(spot, sku, quantity, actor=actor)
    return counting.finish(spot.pk, actor=actor, rest_is_none=True)


def lines(count: StockCount) -> dict[str, tuple[str, int | None, int]]:
    """By SKU: state, difference and what was posted."""
    found = CountLine.objects.filter(spot__count=count).values_list("variant__sku", "status", "difference", "posted")
    return {sku: (status, difference, posted) for sku, status, difference, posted in found}


def tolerate(place: Location | None, units: int = 2, value: str = "20", **more: Any) -> None:
    """What a place tolerates."""
    rules.set_rule(place.pk if place else None, rules.Wish(units, rules.Decimal(value), **more), actor=MAY)
