"""Counts of the demo company: one that is done, one with a difference to decide, one that people are at, one proposed."""

from core.actors import SYSTEM, Actor
from core.ids import new_id
from inventory.counts import counting, planning, rules
from inventory.counts.counting import Entry, What
from inventory.counts.planning import Wish
from inventory.models import Bin, CountBin, Holding, Location, StockCount

COUNTERS = (Actor("user", "Karim Haddad", "karim"), Actor("user", "Inès Morel", "ines"))


def count_some() -> None:
    """Set them up, once."""
    if StockCount.objects.exists():
        return
    place = Location.objects.filter(kind=Location.Kind.WAREHOUSE).order_by("code").first()
    if place is None or not Bin.objects.filter(location=place).exists():
        return
    rules.set_rule(None, rules.Wish(proposes=True, most=20), actor=SYSTEM)
    done, differing, open_ = (planning.make(place.pk, Wish("bins", [f"{aisle}-*"]), actor=SYSTEM) for aisle in "ABC")
    for spot in _bins(done):
        _count(spot, 0, COUNTERS[:1])
    for n, spot in enumerate(_bins(differing)):
        _count(spot, 7 if n == 1 else 0, COUNTERS)
    for n, spot in enumerate(_bins(open_)[:3]):
        _count(spot, -1 if n == 0 else 0, COUNTERS[:1])
    counting.take(_bins(open_)[4].pk, actor=COUNTERS[1])
    shop = Location.objects.filter(kind=Location.Kind.STORE, is_active=True).order_by("code").first()
    if shop is not None:
        planning.make(shop.pk, Wish("due", most=12), actor=SYSTEM, is_proposal=True)


def _bins(count: StockCount) -> list[CountBin]:
    return list(count.bins.select_related("bin").order_by("bin__walk"))


def _count(spot: CountBin, missing: int, people: tuple[Actor, ...]) -> None:
    """Count what the books say, but for some units of one article that are missing."""
    for who in people:
        spot.refresh_from_db()
        if spot.is_done:
            return
        counting.take(spot.pk, actor=who)
        for n, line in enumerate(spot.lines.filter(status="open").order_by("id")):
            held = Holding.objects.filter(
                stock__variant=line.variant_id, bin=spot.bin_id, lot=line.lot_id, condition=line.condition
            ).values_list("units", flat=True)
            units = max(0, (held.first() or 0) - (missing if n == 0 else 0))
            what = What(line.variant_id, line.lot_id, line.condition)
            counting.count(spot.pk, what, Entry(new_id(), units, is_total=True), actor=who)
        counting.finish(spot.pk, actor=who, rest_is_none=True)
