"""Deeds of buyers, docks and lorries: purchase orders and their receipts, transfers between places."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.days import company_day
from core.ids import new_id
from inventory.models import Location, Lot, Movement, Supply, Tally, Transfer
from inventory.tallies import counting
from inventory.tallies.counting import Entry, OfLot, Units
from inventory.transfers import drafting, moving
from inventory.transfers.states import UNDER_WAY
from purchasing import ordering, receiving, standing
from purchasing.models import PurchaseOrder, Vendor, VendorTerms
from purchasing.needs import order_needed
from purchasing.ordering import Item, Wish
from purchasing.receiving import Delivery
from purchasing.states import OPEN, RECEIVABLE
from purchasing.terms import Terms, change_terms, make_terms, remove_terms
from purchasing.vendors import Particulars, make_vendor
from tests.factories.world import CANDLE, MUG, VASE, World
from tests.scenarios.books import Books
from tests.scenarios.company import SOON
from tests.scenarios.deed import Deed, nth

BUYER, DOCK = Actor("user", "Bea Buyer", "3"), Actor("user", "Dan Dock", "4")
GOODS = (MUG, CANDLE, VASE)


class Dealers:
    """Who buys and moves goods, and what becomes of it."""

    world: World

    # Buying

    def write_a_purchase_order(self, n: int, units: int) -> Deed | None:
        place, wish = self._place(n), self._bought(n, units)
        return Deed(
            f"a purchase order of {self._said(wish.items)} for {place.code} is written",
            lambda: _draft(place, wish),
        )

    def buy(self, n: int, units: int) -> Deed | None:
        """Written and sent at once."""
        place, wish = self._place(n), self._bought(n, units)

        def do() -> None:
            with transaction.atomic():
                ordering.send(_draft(place, wish).pk, actor=BUYER)

        return Deed(f"{self._said(wish.items)} are bought for {place.code}", do)

    def send_a_purchase_order(self, n: int, units: int) -> Deed | None:
        order = self._purchase(n, "draft")
        return None if order is None else Deed(f"{order.number} is sent", lambda: ordering.send(order.pk, actor=BUYER))

    def change_a_purchase_order(self, n: int, units: int) -> Deed | None:
        order, wish = self._purchase(n, "draft", *OPEN), self._bought(n + units, units + 1)
        return (
            None
            if order is None
            else Deed(
                f"{order.number} is to be {self._said(wish.items)}",
                lambda: ordering.change(order.pk, wish, actor=BUYER),
            )
        )

    # On vendors' terms

    def set_terms(self, n: int, units: int) -> Deed | None:
        """New ones, more or fewer units, another lead time, or none at all."""
        sku, place = GOODS[n % 3], self._place(n)
        wish = Terms(units, Decimal("2.20"), minimum=1 + n % 3, pack=1 + units % 4, promised_units=(units + n) % 6)
        return Deed(
            f"{wish.promised_units} {sku} may be promised for {place.code}, as they come in {wish.lead_days} days",
            lambda: _set_terms(sku, place, wish),
        )

    def take_terms_away(self, n: int, units: int) -> Deed | None:
        found = nth(list(VendorTerms.objects.select_related("variant", "location").order_by("id")), n)
        return (
            None
            if found is None
            else Deed(
                f"the terms of {found.variant.sku} for {found.location.code} are taken away",
                lambda: remove_terms(found.pk, actor=BUYER),
            )
        )

    def let_a_night_fall(self, n: int, units: int) -> Deed | None:
        """What can no longer be ordered for its day moves on, as its last hour has passed."""

        def do() -> None:
            unordered = Supply.objects.filter(state=Supply.State.EXPECTED, order_by__gt=timezone.now())
            passed = list(unordered.order_by("id").values_list("pk", flat=True))[n % 2 :]
            for days, row in enumerate(passed):
                Supply.objects.filter(pk=row).update(order_by=timezone.now() - timedelta(minutes=1 + n + days))
            standing.roll(actor=BUYER)

        return Deed("a night falls over what vendors can be asked for", do)

    def order_what_was_sold(self, n: int, units: int) -> Deed | None:
        """Drafted, and now and then sent at once."""
        place = self._place(n)
        vendor = Vendor.objects.filter(code="ACME").first()
        if vendor is None:
            return None

        def do() -> None:
            with transaction.atomic():
                for draft in order_needed(vendor.pk, place.pk, actor=BUYER):
                    if n % 3:
                        ordering.send(draft.pk, actor=BUYER)

        return Deed(f"what was sold is ordered for {place.code}", do)

    def give_a_purchase_up(self, n: int, units: int) -> Deed | None:
        order = self._purchase(n)
        return (
            None
            if order is None
            else Deed(
                f"nothing more of {order.number} is waited for",
                lambda: ordering.give_up(order.pk, actor=BUYER, reason="sold out"),
            )
        )

    def receive_a_purchase(self, n: int, units: int) -> Deed | None:
        """Whole, short, over, damaged, or with something that nobody ordered; the rest given up now and then."""
        order = self._purchase(n, *RECEIVABLE)
        if order is None:
            return None
        lines = order.lines.order_by("position")[: 1 + units % 2]
        came = {line.variant_id: self._of_lot(line.variant_id, Units(units, n % 2), n) for line in lines}
        if n % 5 == 4:
            came[self.world.variants[VASE].pk] = Units(1)
        delivery = Delivery(came, new_id(), rest_given_up="short" if n % 3 == 2 else "", accepted=units % 2 == 0)
        return Deed(
            f"of {order.number} come {self._counted(came)}{', the last of it' if delivery.rest_given_up else ''}",
            lambda: receiving.receive(order.pk, delivery, actor=DOCK),
            lambda books, _: self._put(books, order.location.code, came),
        )

    def scan_a_purchase(self, n: int, units: int) -> Deed | None:
        """Counted for a while by whoever comes by; booked by another."""
        order = self._purchase(n, *OPEN)
        if order is None:
            return None
        entry = Entry(GOODS[units % 3], new_id(), units - 1 or -1, ("sellable", "damaged")[n % 2])
        if entry.code == CANDLE and n % 7 < 6:
            entry = replace(entry, lot=f"C-{1 + n % 2}", expires_on=SOON + timedelta(days=9 * (n % 2)))
        return Deed(
            f"{entry.quantity} × {entry.code} are counted for {order.number}",
            lambda: counting.count(order.pk, counting.RECEIVE, entry, actor=DOCK),
        )

    def book_a_count(self, n: int, units: int) -> Deed | None:
        """Everything that was counted; a second one who books it gets the same receipt."""
        counted = Tally.objects.filter(closed_at=None, purpose=counting.RECEIVE).values("about")
        order = nth(list(PurchaseOrder.objects.filter(pk__in=counted).select_related("location").order_by("id")), n)
        tally = counting.open_tally(order.pk, counting.RECEIVE) if order else None
        if order is None or tally is None:
            return None
        before = set(order.receipts.values_list("pk", flat=True))

        def book(books: Books, receipt: Any) -> None:
            if receipt.pk not in before and receipt.pk not in books.receipts:
                books.receipts.add(receipt.pk)
                self._put(books, order.location.code, counting.units(tally))

        delivery = Delivery({}, tally.pk, accepted=True)
        return Deed(
            f"what was counted for {order.number} is booked",
            lambda: receiving.book(order.pk, tally.pk, delivery, actor=DOCK),
            book,
        )

    # Moving

    def write_a_transfer(self, n: int, units: int) -> Deed | None:
        wish = drafting.Wish([drafting.Item(self.world.variants[GOODS[n % 3]].pk, units)], company_day())
        here, there = self._place(n), self._place(n + 1)
        return Deed(
            f"a transfer of {units} {GOODS[n % 3]} from {here.code} is written",
            lambda: drafting.draft(here.pk, there.pk, wish, actor=BUYER),
        )

    def send_a_transfer(self, n: int, units: int) -> Deed | None:
        transfer = self._transfer(n, "draft")
        if transfer is None:
            return None
        sent = {x.variant_id: self._left(x.variant_id, min(units, x.quantity), n) for x in transfer.lines.all()}

        def book(books: Books, _: Any) -> None:
            self._put(books, transfer.origin.code, sent, -1)

        return Deed(
            f"{self._counted(sent)} of {transfer.number} leave {transfer.origin.code}",
            lambda: moving.send(transfer.pk, sent, key=new_id(), actor=DOCK),
            book,
        )

    def receive_a_transfer(self, n: int, units: int) -> Deed | None:
        """Whole or short, some of it damaged."""
        transfer = self._transfer(n, *UNDER_WAY)
        if transfer is None:
            return None
        most = {line.variant_id: line.in_transit + (n % 5 == 4) for line in transfer.lines.all()}
        came = {key: Units(max(0, min(units, most[key]) - n % 2), n % 2) for key in most}

        def book(books: Books, step: Any) -> None:
            """Which lots were on the lorry is not in the story, so those set apart on the way are read."""
            self._put(books, transfer.target.code, came)
            for moved in Movement.objects.filter(source=step.pk, condition="quarantine"):
                self._set_apart(books, transfer.target.code, moved.variant_id, moved.quantity)

        return Deed(
            f"{self._counted(came)} of {transfer.number} arrive",
            lambda: moving.receive(transfer.pk, came, key=new_id(), actor=DOCK),
            book,
        )

    def write_a_transfer_off(self, n: int, units: int) -> Deed | None:
        transfer = self._transfer(n)
        return (
            None
            if transfer is None
            else Deed(
                f"the rest of {transfer.number} is written off",
                lambda: moving.write_off(transfer.pk, key=new_id(), reason="lost", actor=DOCK),
            )
        )

    def cancel_a_transfer(self, n: int, units: int) -> Deed | None:
        transfer = self._transfer(n)
        return (
            None
            if transfer is None
            else Deed(
                f"{transfer.number} is cancelled",
                lambda: drafting.cancel(transfer.pk, actor=BUYER, reason="no need"),
            )
        )

    # What there is

    def _bought(self, n: int, units: int) -> Wish:
        skus = [GOODS[n % 3], GOODS[(n + 1) % 3]][: 1 + n % 2]
        items = [Item(self.world.variants[sku].pk, units, Decimal("3.33")) for sku in skus]
        return Wish(items, company_day())

    def _place(self, n: int) -> Location:
        return (self.world.warehouse, self.world.store)[n % 2]

    def _purchase(self, n: int, *states: str) -> PurchaseOrder | None:
        """One in these states, where there is any, and one time in seven whatever it is in."""
        found = PurchaseOrder.objects.select_related("location").order_by("id")
        return nth(list(found.filter(status__in=states) if states and n % 7 < 6 else found), n)

    def _transfer(self, n: int, *states: str) -> Transfer | None:
        found = Transfer.objects.select_related("origin", "target").order_by("id")
        return nth(list(found.filter(status__in=states) if states and n % 7 < 6 else found), n)

    def _sku(self, variant_id: UUID) -> str:
        return next(sku for sku, variant in self.world.variants.items() if variant.pk == variant_id)

    def _said(self, items: Any) -> str:
        return ", ".join(f"{item.quantity} {self._sku(item.variant_id)}" for item in items)

    def _counted(self, units: Mapping[UUID, Units]) -> str:
        return ", ".join(f"{each.sellable} + {each.damaged} damaged {self._sku(key)}" for key, each in units.items())

    def _put(self, books: Books, place: str, units: Mapping[UUID, Units], sign: int = 1) -> None:
        for variant, each in units.items():
            books.stock[self._sku(variant), place, "sellable"] += sign * each.sellable
            books.stock[self._sku(variant), place, "damaged"] += sign * each.damaged
            closed = set(Lot.objects.filter(variant=variant).exclude(state="open").values_list("code", flat=True))
            if apart := sum(x.sellable for x in each.lots if x.code in closed):
                self._set_apart(books, place, variant, apart)

    def _set_apart(self, books: Books, place: str, variant: UUID, units: int) -> None:
        books.stock[self._sku(variant), place, "sellable"] -= units
        books.stock[self._sku(variant), place, "quarantine"] += units

    def _of_lot(self, variant: UUID, units: Units, n: int) -> Units:
        """Candles are of one of two lots; now and then somebody forgets which."""
        if self._sku(variant) != CANDLE or n % 7 == 6:
            return units
        lot = OfLot(f"C-{1 + n % 2}", units.sellable, units.damaged, SOON + timedelta(days=9 * (n % 2)))
        return replace(units, lots=(lot,))

    def _left(self, variant: UUID, units: int, n: int) -> Units:
        """Some of them by the label of a lot."""
        named = (OfLot(f"C-{1 + n % 2}", 1),) if self._sku(variant) == CANDLE and n % 3 == 2 and units else ()
        return Units(units, 0, named)


def _set_terms(sku: str, place: Location, wish: Terms) -> None:
    with transaction.atomic():
        found = Vendor.objects.filter(code="ACME").first()
        vendor = found or make_vendor("ACME", Particulars("Acme", over_percent=25), actor=BUYER)
        known = vendor.terms.filter(variant__sku=sku, location=place).first()
        if known:
            change_terms(known.pk, wish, actor=BUYER)
        else:
            make_terms(vendor.pk, sku, place.pk, wish, actor=BUYER)


def _draft(place: Location, wish: Wish) -> PurchaseOrder:
    """An order from the one vendor there is, who is made when first wanted."""
    with transaction.atomic():
        found = Vendor.objects.filter(code="ACME").first()
        vendor = found or make_vendor("ACME", Particulars("Acme", over_percent=25), actor=BUYER)
        return ordering.draft(vendor.pk, place.pk, wish, actor=BUYER)


DEALING = ("write_a_purchase_order", "buy", "buy", "send_a_purchase_order", "change_a_purchase_order", "give_a_purchase_up",
           "set_terms", "set_terms", "take_terms_away", "let_a_night_fall", "order_what_was_sold", "order_what_was_sold",
           "receive_a_purchase", "receive_a_purchase", "scan_a_purchase", "book_a_count", "write_a_transfer",
           "write_a_transfer", "send_a_transfer", "receive_a_transfer", "write_a_transfer_off", "cancel_a_transfer")  # fmt: skip
