"""Bins of the demo company's warehouse, with some of its articles in them; a few units are damaged, or set apart."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from core.actors import SYSTEM
from inventory.holdings.bins import make_bins
from inventory.holdings.lots import LotInput, close_lot, receive_lot, track
from inventory.holdings.moving import What, change_condition, put
from inventory.models import Bin, Location, Lot, Stock

ARTICLES = 24
"""Put away; the others lie in no bin yet."""


def shelve(now: datetime) -> None:
    """Set them up, once."""
    if Bin.objects.exists():
        return
    place = Location.objects.filter(kind=Location.Kind.WAREHOUSE).order_by("code")[0]
    codes = [f"{aisle}-{bay:02}" for aisle in "ABC" for bay in range(1, 9)]
    picks = make_bins(place.pk, codes, actor=SYSTEM)
    make_bins(place.pk, [f"R-{bay:02}" for bay in range(1, 7)], kind=Bin.Kind.RESERVE, actor=SYSTEM)
    make_bins(place.pk, ["IN-1"], kind=Bin.Kind.RECEIVING, actor=SYSTEM)
    make_bins(place.pk, ["Q-1"], kind=Bin.Kind.QUARANTINE, actor=SYSTEM)
    reserves = list(Bin.objects.filter(location=place, kind=Bin.Kind.RESERVE).order_by("walk"))
    rows = Stock.objects.filter(location=place, on_hand__gte=8).select_related("variant").order_by("variant__sku")
    for n, stock in enumerate(rows[:ARTICLES]):
        _put(stock, picks[n % len(picks)], stock.on_hand // 2)
        _put(stock, reserves[n % len(reserves)], stock.on_hand // 4)
    for stock in rows[:2]:
        what = What(stock.variant_id, place.pk, 1, bin_id=picks[0].pk if stock == rows[0] else picks[1].pk)
        change_condition(what, "damaged", reason="damaged: dented", actor=SYSTEM)
    _lots(list(rows[2:4]), now.date())


def _lots(rows: Sequence[Stock], today: date) -> None:
    """Two articles that ask for lots, with one that ends soon and one later; one lot is set apart."""
    for n, stock in enumerate(rows):
        track(stock.variant_id, expiry=True, shelf_days=30, actor=SYSTEM)
        for code, days in (("A", 45), ("B", 200)):
            lot = LotInput(f"L{today:%y}-{n + 1}{code}", today + timedelta(days=days), f"ACME-{today:%y}-{code}")
            receive_lot(stock.variant_id, stock.location_id, 12, lot, vendor="ACME", actor=SYSTEM)
    close_lot(Lot.objects.exclude(code=Lot.UNKNOWN).latest("id").pk, reason="a smell in the store room", actor=SYSTEM)


def _put(stock: Stock, target: Bin, units: int) -> None:
    if units:
        put(What(stock.variant_id, stock.location_id, units), target.pk, actor=SYSTEM)
