"""Deeds of purchasing and of places that open and close: what is on its way, and orders that wait for it."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from catalog.services import set_pre_order
from core.actors import Actor
from core.days import company_day
from core.ids import new_id
from fulfillment import backorders
from inventory import services as stock
from inventory.models import Location, Supply
from inventory.services import In
from inventory.supply import services as supply
from inventory.supply.announcing import Announcement, announce
from inventory.supply.services import Expected
from sourcing.network import forget
from tests.factories.world import CANDLE, MUG, VASE, World
from tests.scenarios.books import Books
from tests.scenarios.deed import Deed, nth

BUYER = Actor("user", "Bea Buyer", "3")
PLACES = ("warehouse", "store")
GOODS = (MUG, CANDLE, VASE)


def _in_days(n: int) -> date:
    return company_day() + timedelta(days=n)


class Buyers:
    """Who orders goods, and what becomes of it."""

    world: World

    def expect_supply(self, n: int, units: int) -> Deed | None:
        sku, place = GOODS[n % 3], getattr(self.world, PLACES[n % 2])
        due = _in_days(units * 3 - 2)
        expected = Expected(self.world.variants[sku].pk, place.pk, due, units, Supply.Kind.VENDOR, new_id(), f"PO-{n}")
        return Deed(
            f"{units} {sku} are ordered for {place.code}, due {due}", lambda: supply.expect([expected], actor=BUYER)
        )

    def announce_supply(self, n: int, units: int) -> Deed | None:
        """By hand, and sent twice."""
        sku, place = GOODS[n % 3], getattr(self.world, PLACES[n % 2])
        said = Announcement(sku.lower(), place.pk, units, _in_days(units), f"Call {n}", new_id(), Supply.Kind.VENDOR)

        def do() -> None:
            assert announce(said, actor=BUYER) == announce(said, actor=BUYER)

        return Deed(f"{units} {sku} are announced for {place.code} by hand", do, in_steps=True)

    def supply_arrives(self, n: int, units: int) -> Deed | None:
        """Whole, short or more than was ordered."""
        found = self._supply(n)
        if found is None:
            return None

        def do() -> None:
            goods = [In(found.variant_id, found.location_id, units)]
            with transaction.atomic():
                stock.receive(goods, source=new_id(), actor=BUYER, vendor="ACME")
                supply.arrive(found.pk, units, actor=BUYER)

        def book(books: Books, _: Any) -> None:
            books.stock[found.variant.sku, found.location.code, "sellable"] += units

        return Deed(f"{units} of {self._named(found)} arrive", do, book)

    def change_supply(self, n: int, units: int) -> Deed | None:
        found = self._supply(n)
        if found is None:
            return None
        due, quantity = (_in_days(n), None) if n % 3 == 2 else (None, units)
        what = f"comes on {due}" if due else f"is {quantity} in all"
        return Deed(
            f"{self._named(found)} {what}",
            lambda: supply.change(found.pk, due=due, quantity=quantity, actor=BUYER),
        )

    def supply_will_not_come(self, n: int, units: int) -> Deed | None:
        found = self._supply(n)
        return (
            None
            if found is None
            else Deed(
                f"nothing more of {self._named(found)} will come",
                lambda: supply.close(found.pk, reason="sold out", actor=BUYER),
            )
        )

    def the_shop_closes_or_opens(self, n: int, units: int) -> Deed | None:
        """While it is closed what only it has is backordered."""
        closes = bool(n % 2)

        def do() -> None:
            can = [Location.Can.RECEIVE_RETURNS] + [Location.Can.SHIP] * (not closes)
            Location.objects.filter(pk=self.world.store.pk).update(can=can)
            forget()

        def book(books: Books, _: Any) -> None:
            books.is_plain = False

        return Deed(f"the shop {'closes' if closes else 'opens'}", do, book)

    def sell_ahead_or_not(self, n: int, units: int) -> Deed | None:
        """What is on its way may be sold, or no longer."""
        sku, may = GOODS[n % 3], bool(units % 3)

        def book(books: Books, _: Any) -> None:
            books.is_plain = False

        return Deed(
            f"{sku} {'may' if may else 'may not'} be sold before it is here",
            lambda: set_pre_order(self.world.variants[sku].pk, may, actor=BUYER),
            book,
        )

    def look_for_who_waits(self, n: int, units: int) -> Deed | None:
        return Deed("whoever waits for stock is looked for", lambda: backorders.sweep(actor=BUYER))

    def _supply(self, n: int) -> Supply | None:
        """Any but those that follow a document of ours, which nobody else changes."""
        found = Supply.objects.select_related("variant", "location").filter(kind=Supply.Kind.VENDOR, order_by=None)
        return nth(list(found.order_by("id")), n)

    def _named(self, found: Supply) -> str:
        return f"the {found.quantity} {found.variant.sku} of {found.reference}"


BUYING = ("expect_supply", "announce_supply", "supply_arrives", "supply_arrives", "change_supply", "supply_will_not_come",
          "the_shop_closes_or_opens", "sell_ahead_or_not", "look_for_who_waits")  # fmt: skip
