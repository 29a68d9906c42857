"""Bins of the demo company's warehouse, with some of its articles in them; a few units are damaged, or set apart."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from catalog.services import set_serials
from core.actors import SYSTEM
from inventory.holdings.bins import make_bins
from inventory.holdings.lots import LotInput, close_lot, receive_lot, track
from inventory.holdings.moving import What, change_condition, put
from inventory.models import Bin, Location, Lot, SerialNumber, Stock
from inventory.serials.gone import mark_gone
from inventory.serials.registering import Named, register

ARTICLES = 24
"""Put away; the others lie in no bin yet."""
NUMBERED = 6
"""Units of an article whose serial numbers are known."""


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
    _serials(place)


def _lots(rows: Sequence[Stock], today: date) -> None:
    """Two articles that ask for lots, with one that ends soon and one later; one lot is set apart."""
    for n, stock in enumerate(rows):
        track(stock.variant_id, expiry=True, shelf_days=30, actor=SYSTEM)
        for code, days in (("A", 45), ("B", 200)):
            lot = LotInput(f"L{today:%y}-{n + 1}{code}", today + timedelta(days=days), f"ACME-{today:%y}-{code}")
            receive_lot(stock.variant_id, stock.location_id, 12, lot, vendor="ACME", actor=SYSTEM)
    close_lot(Lot.objects.exclude(code=Lot.UNKNOWN).latest("id").pk, reason="a smell in the store room", actor=SYSTEM)


def _serials(place: Location) -> None:
    """Two articles that ask for serial numbers: of some of their units they are known, one is stolen."""
    rows = Stock.objects.filter(location=place, on_hand__gte=NUMBERED, variant__tracks_lots=False).select_related(
        "variant"
    )
    dear = rows.filter(variant__product__category="lighting").order_by("-variant__standard_cost", "variant__sku")
    for stock in dear[:2]:
        set_serials(stock.variant_id, True, actor=SYSTEM)
        codes = [f"{stock.variant.sku}-{number:05}" for number in range(1, NUMBERED + 1)]
        register([Named(stock.variant_id, place.pk, codes)], actor=SYSTEM)
    stolen = SerialNumber.objects.order_by("id").last()
    if stolen:
        mark_gone(stolen.pk, reason="stolen from the store room", actor=SYSTEM)


def _put(stock: Stock, target: Bin, units: int) -> None:
    if units:
        put(What(stock.variant_id, stock.location_id, units), target.pk, actor=SYSTEM)
