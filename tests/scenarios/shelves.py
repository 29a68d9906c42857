"""What people do within a place: put units away, move them, change their condition."""

from typing import Any, Protocol

from core.actors import Actor
from inventory.holdings.moving import What, change_condition, put
from inventory.models import Bin, Holding, Stock
from tests.scenarios.books import Books
from tests.scenarios.deed import Deed, nth

PICKER = Actor("user", "Paul Picker", "2")
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


def _holding(n: int) -> Holding | None:
    found = Holding.objects.select_related("stock__variant", "stock__location", "bin", "lot")
    return nth(
        list(found.order_by("stock__variant__sku", "stock__location__code", "condition", "bin__code", "lot__code")), n
    )


def _what(held: Holding, units: int) -> What:
    stock = held.stock
    return What(stock.variant_id, stock.location_id, units, held.condition, held.bin_id, held.lot_id)
