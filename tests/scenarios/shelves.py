"""What people do within a place: put units away, move them, change their condition."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

from catalog.models import Variant
from core.actors import Actor
from core.ids import new_id
from fulfillment import floor
from fulfillment.models import FulfillmentOrder
from inventory.holdings import expiry
from inventory.holdings.lots import LotInput, close_lot, receive_lot, release_lot
from inventory.holdings.moving import What, change_condition, put
from inventory.models import Bin, Holding, Lot, Movement, Stock
from inventory.valuation.costs import set_cost
from tests.factories.world import CANDLE
from tests.scenarios.books import Books
from tests.scenarios.company import SOON
from tests.scenarios.deed import Deed, nth

PICKER = Actor("user", "Paul Picker", "2")
COSTS = (Decimal("3"), Decimal("4.5"), Decimal("0.3333"), Decimal("12.10"))
CONDITIONS = ("sellable", "damaged", "quarantine")


class AtWork(Protocol):
    """Who does it."""

    books: Books

    def _stock(self, n: int) -> Stock: ...


class Shelves:
    """Deeds about bins and conditions; nothing of it moves a unit out of the place."""

    def put_away(self: AtWork, n: int, units: int) -> Deed | None:
        """Units that lie in no bin go into one; sometimes into a quarantine, where nothing sellable may lie."""
        row = self._stock(n)
        spot = nth(list(Bin.objects.filter(location=row.location).order_by("walk")), n // 2)
        if spot is None:
            return None
        return Deed(
            f"{units} {row.variant.sku} are put away in {spot.code} of {row.location.code}",
            lambda: put(What(row.variant_id, row.location_id, units), spot.pk, actor=PICKER),
        )

    def move_between_bins(self: AtWork, n: int, units: int) -> Deed | None:
        """Some of a holding goes to another bin, or out of any."""
        held = _holding(n)
        if held is None:
            return None
        spots = [None, *Bin.objects.filter(location=held.stock.location).order_by("walk")]
        to = spots[units % len(spots)]
        return Deed(
            f"{units} {held.condition} {held.stock.variant.sku} go from {held.bin} to {to}",
            lambda: put(_what(held, units), to.pk if to else None, actor=PICKER),
        )

    def change_a_condition(self: AtWork, n: int, units: int) -> Deed | None:
        """Some of a holding, or of what lies in no bin, becomes another condition."""
        held, row = _holding(n) if n % 2 else None, self._stock(n)
        what = _what(held, units) if held else What(row.variant_id, row.location_id, units, CONDITIONS[n // 2 % 3])
        stock, to = held.stock if held else row, CONDITIONS[(units + n) % 3]
        sku, place = stock.variant.sku, stock.location.code

        def book(books: Books, _: Any) -> None:
            books.is_plain = False
            books.stock[sku, place, str(what.condition)] -= units
            books.stock[sku, place, to] += units

        return Deed(
            f"{units} {what.condition} {sku} at {place} become {to}",
            lambda: change_condition(what, to, reason="looked at", actor=PICKER),
            book,
        )

    def a_cost_changes(self: AtWork, n: int, units: int) -> Deed | None:
        """A unit costs something else: what lies about is worth more or less."""
        variant, cost = self._stock(n).variant, COSTS[units % len(COSTS)]
        words = f"a unit of {variant.sku} costs {cost}"
        return Deed(words, lambda: set_cost(variant.pk, cost, reason="a new price list", actor=PICKER))

    def a_lot_arrives(self: AtWork, n: int, units: int) -> Deed | None:
        """Candles of one of two lots; those of one that is set apart go into quarantine."""
        candle, place = Variant.objects.get(sku=CANDLE), Stock.objects.get(pk=self._stock(n).pk).location
        code, day = (("C-1", SOON), ("C-2", SOON + timedelta(days=9)))[n % 2]

        def book(books: Books, lot: Lot) -> None:
            books.stock[CANDLE, place.code, "sellable" if lot.state == "open" else "quarantine"] += units

        return Deed(
            f"{units} candles of lot {code} arrive at {place.code}",
            lambda: receive_lot(candle.pk, place.pk, units, LotInput(code, day), actor=PICKER),
            book,
        )

    def set_a_lot_apart(self: AtWork, n: int, units: int) -> Deed | None:
        """Whole and everywhere, or released again."""
        lot = nth(list(Lot.objects.order_by("code")), n)
        if lot is None:
            return None
        act, words = (close_lot, "is set apart") if units % 2 else (release_lot, "is released")
        reason = f"a smell {new_id()}"

        def do() -> list[tuple[str, str, str, int]]:
            act(lot.pk, reason=reason, actor=PICKER)
            return _reconditioned(note__endswith=reason)

        return Deed(f"lot {lot.code} {words}", do, _set_apart)

    def lots_come_to_their_end(self: AtWork, n: int, units: int) -> Deed | None:
        """Days pass: those that are too old to be sold are set apart."""
        clock = Actor("system", f"clock {new_id()}")

        def do() -> list[tuple[str, str, str, int]]:
            expiry.watch(SOON - timedelta(days=40 - 10 * units), actor=clock)
            return _reconditioned(actor=clock.label)

        words = f"the last days of lots come nearer, {40 - 10 * units} are left to the first"
        return Deed(words, do, _set_apart, in_steps=True)

    def scan_a_lot(self: AtWork, n: int, units: int) -> Deed | None:
        """By its name, for some work."""
        work = nth(list(FulfillmentOrder.objects.order_by("id")), n)
        code = ("C-1", "C-2", "UNKNOWN")[units % 3]
        if work is None:
            return None
        return Deed(f"a unit of lot {code} is scanned for work {n}", lambda: floor.scan(work.pk, code, actor=PICKER))


def _reconditioned(**which: str) -> list[tuple[str, str, str, int]]:
    moved = Movement.objects.filter(reason="condition", **which)
    return list(moved.values_list("variant__sku", "location__code", "condition", "quantity"))


def _set_apart(books: Books, moved: list[tuple[str, str, str, int]]) -> None:
    books.is_plain = False
    for sku, place, condition, quantity in moved:
        books.stock[sku, place, condition] += quantity


def _holding(n: int) -> Holding | None:
    found = Holding.objects.select_related("stock__variant", "stock__location", "bin", "lot")
    return nth(
        list(found.order_by("stock__variant__sku", "stock__location__code", "condition", "bin__code", "lot__code")), n
    )


def _what(held: Holding, units: int) -> What:
    stock = held.stock
    return What(stock.variant_id, stock.location_id, units, held.condition, held.bin_id, held.lot_id)
