"""What people and programs can do, sensible or not: one deed for each public service, told in a sentence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backoffice.cancel_preview import preview
from capture.services import Attempt, place_order, place_orders, quote
from core import notes
from core.actors import Actor
from core.idempotency import Answer
from core.ids import new_id
from core.problems import Problem
from customers.editing import Particulars, edit_customer
from customers.models import Customer
from fulfillment import amend, floor, release, routing, shipping, tracking_events
from fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from inventory import services as stock
from inventory.feeds import silence
from inventory.limits import setting
from inventory.models import Stock, StockFeed
from inventory.services import In
from orders import holds
from orders.contact import edit_contact
from orders.models import Hold, Order, OrderLine
from payments.models import Payment
from payments.services import pay_again
from returns import services as returns
from returns.models import Return
from tests.factories.feeds import level, say
from tests.factories.world import CANDLE, MUG, VASE, World, order_body
from tests.scenarios.books import Books, Line, Sale
from tests.scenarios.countings import Counters
from tests.scenarios.dealings import Dealers
from tests.scenarios.deed import Deed, nothing, nth, unforeseen
from tests.scenarios.keepers import Keepers
from tests.scenarios.shelves import Shelves
from tests.scenarios.supplies import Buyers
from tests.scenarios.units import Numberers, out

CLERK = Actor("user", "Clara Clerk", "1")
PICKER = Actor("user", "Paul Picker", "2")
SKUS = (MUG, CANDLE, VASE)
TENDERS = ("card", "card", "bank_transfer", "on_account", "declined card", "threatened card")
TOKENS = {
    "card": "tok_visa", "declined card": "tok_chargeDeclined", "threatened card": "tok_threeDSecure2Required"
}  # fmt: skip
NOT_OPEN = UUID(int=1)
"""A channel of which nobody orders."""
STATUSES = ("InTransit", "OutForDelivery", "AttemptFail", "Exception", "Delivered", "Expired")


@dataclass
class People(Shelves, Numberers, Buyers, Dealers, Keepers, Counters):
    """Everybody at work in one company. Each method names a deed about the n-th thing there is, or nothing."""

    world: World
    books: Books
    spoken: int = 1
    """Messages of the feed."""
    kept: dict[str, str] = field(default_factory=dict)
    """The order that was placed under each key."""

    def name(self, order_id: UUID) -> str:
        """What the story calls an order."""
        return self.books.sales[order_id].name

    # Selling

    def place(self, n: int, units: int) -> Deed | None:
        """Any SKU, two of them when n is odd, by any tender, sometimes at an odd price."""
        wanted = {SKUS[n % 3]: units} | ({SKUS[(n + 1) % 3]: 1} if n % 2 else {})
        body = order_body(lines=[{"sku": sku, "quantity": quantity} for sku, quantity in wanted.items()])
        if n % 5 == 4:
            body["lines"][0]["unit_price"] = "11.11"
        body["lines"][0]["discount"] = "0.13"
        return self.sell(body, wanted, TENDERS[n % len(TENDERS)])

    def take_the_rest(self, n: int, units: int) -> Deed | None:
        """All that is free of a SKU: of two who want that, one gets it."""
        sku = SKUS[n % 3]
        rest = self.books.free(sku)
        return self.sell(order_body(sku, rest), {sku: rest}, "on_account") if 0 < rest < 50 else None

    def place_once(self, n: int, units: int) -> Deed | None:
        """Under a key that names the order: whoever asks again gets the same one."""
        sku = SKUS[n % 3]
        return self.sell(order_body(sku, units), {sku: units}, "bank_transfer", key=f"{units} of {sku}")

    def place_another_under_the_same_key(self, n: int, units: int) -> Deed | None:
        """A key that was used for something else is refused."""
        if not self.kept:
            return None
        key = sorted(self.kept)[n % len(self.kept)]
        return Deed(
            f"the shop uses the key of “{key}” for something else",
            lambda: self._ask(order_body(), key, "other"),
            may=never,
        )

    def sell(self, body: dict[str, Any], wanted: dict[str, int], tender: str, key: str = "") -> Deed | None:
        """An order paid in full by one tender; None when nobody can say what it costs."""
        try:
            total = quote(body, actor=CLERK)["totals"]["total"]
        except Problem:
            return None
        means = "card" if tender in TOKENS else tender
        body["payments"] = [{"tender": means, "amount": total, "token": TOKENS.get(tender, "")}]
        goods = ", ".join(f"{quantity} {sku}" for sku, quantity in wanted.items())
        return Deed(
            f"a customer orders {goods}, by {tender.replace('_', ' ')}" + (" (under a key)" if key else ""),
            lambda: self._ask(body, key or str(new_id()), "same"),
            lambda books, answer: self._sold(books, answer, wanted, means, key),
            unforeseen if key else lambda books: enough(books, wanted),
        )

    def _ask(self, body: dict[str, Any], key: str, digest: str) -> Answer:
        return place_order(body, client="shop", key=key, digest=digest, actor=CLERK)

    def _sold(self, books: Books, answer: Any, wanted: dict[str, int], tender: str, key: str = "") -> None:
        number = answer.body["number"]
        if key:
            assert self.kept.setdefault(key, number) == number, f"two orders under the key of {key}"
        order = Order.objects.get(number=number)
        if order.id in books.sales:
            return
        lines = {line.id: _line(line, wanted[line.sku]) for line in order.lines.all()}
        assert sum(line.goods + line.freight for line in lines.values()) == order.total
        books.sales[order.id] = Sale(f"O{len(books.sales) + 1}", tender, lines)

    def place_a_batch(self, n: int, units: int) -> Deed | None:
        """Several at once, each for itself."""
        sku = SKUS[n % 3]
        attempts = [Attempt(order_body(sku, q), str(new_id()), "d") for q in (units, 1, units)]

        def book(books: Books, outcomes: Sequence[Any]) -> None:
            for outcome, quantity in zip(outcomes, (units, 1, units), strict=True):
                if isinstance(outcome, Answer):
                    self._sold(books, outcome, {sku: quantity}, "on_account")

        return Deed(
            f"a batch of {units}, 1 and {units} {sku} comes in",
            lambda: place_orders(attempts, client="batch", actor=CLERK),
            book,
        )

    def send_a_cart(self, n: int, units: int) -> Deed | None:
        """Under a number of the shop's: too much of something, and later perhaps less of it."""
        sku, quantity, cart = SKUS[n % 3], units + 60 * (n % 2), f"cart-{n // 2 % 4}"
        body = order_body(sku, quantity, external_id=cart)
        return Deed(
            f"the shop sends {cart} with {quantity} {sku}",
            lambda: self._ask(body, str(new_id()), "same"),
            lambda books, answer: self._sold(books, answer, {sku: quantity}, "on_account"),
        )

    def hold(self, n: int, units: int) -> Deed | None:
        kind, order = ("manual", "address", "fraud_review")[units % 3], self._order(n)
        if order is None:
            return None
        return Deed(
            f"{kind} hold on {self.name(order)}",
            lambda: holds.open_hold([order], kind, actor=CLERK),
            lambda books, _: books.sales[order].holds.add(kind),
            lambda books: None if books.sales[order].is_open else False,
        )

    def release_hold(self, n: int, units: int) -> Deed | None:
        hold = nth(list(Hold.objects.exclude(kind="payment").order_by("id")), n)
        if hold is None:
            return None
        return Deed(
            f"the {hold.kind} hold on {self.name(hold.order_id)} is released",
            lambda: holds.release_hold(hold.pk, actor=CLERK),
            lambda books, _: books.sales[hold.order_id].holds.discard(hold.kind),
        )

    def cancel(self, n: int, units: int) -> Deed | None:
        order = self._order(n)
        return (
            None
            if order is None
            else Deed(
                f"the clerk cancels {self.name(order)}",
                lambda: amend.cancel(order, actor=CLERK, reason="not wanted"),
                lambda books, _: books.cancel(order, None),
                lambda books: books.sales[order].is_open,
            )
        )

    def cancel_some(self, n: int, units: int) -> Deed | None:
        line = self._line(n)
        if line is None:
            return None
        order, wanted = line.order_id, {line.id: units}
        return Deed(
            f"the clerk cancels {units} {line.sku} of {self.name(order)}",
            lambda: amend.cancel(order, actor=CLERK, reason="fewer", lines=list(wanted.items())),
            lambda books, _: books.cancel(order, wanted),
            lambda books: books.sales[order].lines[line.id].open >= units,
        )

    def look_at_a_cancellation(self, n: int, units: int) -> Deed | None:
        order = self._order(n)
        if order is None:
            return None
        return Deed(
            f"the clerk looks at what cancelling {self.name(order)} would change",
            lambda: preview(order, None, actor=CLERK),
            may=lambda books: books.sales[order].is_open,
        )

    def write_a_note(self, n: int, units: int) -> Deed | None:
        order = self._order(n)
        return (
            None
            if order is None
            else Deed(
                f"a note on {self.name(order)}",
                lambda: notes.add(order, "Ring twice", actor=CLERK),
                may=lambda books: True,
            )
        )

    def put_the_contact_right(self, n: int, units: int) -> Deed | None:
        order, email = self._order(n), ("anne@example.org", "", "nonsense")[units % 3]
        return (
            None
            if order is None
            else Deed(
                f"the e-mail address of {self.name(order)} becomes “{email}”",
                lambda: edit_contact(order, email=email, phone="", actor=CLERK),
                may=lambda books: email != "nonsense",
            )
        )

    def rename_a_customer(self, n: int, units: int) -> Deed | None:
        customer = nth(list(Customer.objects.order_by("id")), n)
        given = Particulars("Anne", f"Martin {units}", customer.email if customer else "", "", "fr")
        return (
            None
            if customer is None
            else Deed(
                f"{customer.name} becomes {given.last_name}",
                lambda: edit_customer(customer.pk, given, actor=CLERK, version=str(customer.version)),
            )
        )

    def pay_again(self, n: int, units: int) -> Deed | None:
        payment = nth(list(Payment.objects.filter(tender="card").order_by("id")), n)
        token = ("tok_visa", "tok_chargeDeclined", "tok_threeDSecure2Required")[units % 3]
        return (
            None
            if payment is None
            else Deed(
                f"{self.name(payment.order_id)} is to be paid by another card ({token})",
                lambda: pay_again(payment.pk, token, actor=CLERK),
            )
        )

    # The floor

    def route(self, n: int, units: int) -> Deed | None:
        order = self._order(n)
        return (
            None
            if order is None
            else Deed(f"{self.name(order)} is routed", lambda: routing.route([order], actor=CLERK))
        )

    def release(self, n: int, units: int) -> Deed | None:
        return self._work(n, "is released", lambda work: release.release([work], actor=CLERK))

    def accept(self, n: int, units: int) -> Deed | None:
        return self._work(n, "is accepted", lambda work: floor.accept([work], actor=PICKER))

    def pick(self, n: int, units: int) -> Deed | None:
        def do(work: UUID) -> None:
            lines = FulfillmentLine.objects.filter(fulfillment_order=work).order_by("id")
            floor.pick(work, dict.fromkeys(lines.values_list("order_line_id", flat=True), units), actor=PICKER)

        return self._work(n, f"is picked, {units} of each", do)

    def scan(self, n: int, units: int) -> Deed | None:
        code = (*SKUS, "NOT-A-CODE")[units % 4]
        return self._work(n, f"has a {code} scanned", lambda work: floor.scan(work, code, actor=PICKER))

    def pick_all(self, n: int, units: int) -> Deed | None:
        return self._work(n, "is picked", lambda work: floor.pick_all([work], actor=PICKER))

    def pack(self, n: int, units: int) -> Deed | None:
        return self._work(n, "is packed", lambda work: floor.pack([work], actor=PICKER))

    def ship(self, n: int, units: int) -> Deed | None:
        return self._work(n, "is shipped", lambda work: shipping.ship([work], actor=PICKER), left)

    # On the road and back

    def carrier_says(self, n: int, units: int) -> Deed | None:
        parcel = self._parcel(n)
        status, minutes = STATUSES[n % len(STATUSES)], 10 * (units - 4)
        return (
            None
            if parcel is None
            else Deed(
                f"the carrier says {status} of a parcel of {self.name(parcel.order_id)}, {-minutes} minutes ago",
                lambda: tracking_events.record_event(
                    parcel.pk, status, timezone.now() + timedelta(minutes=minutes), actor=CLERK
                ),
                lambda books, seen: books.arrive([parcel.pk] if seen.status == "delivered" else []),
            )
        )

    def deliver(self, n: int, units: int) -> Deed | None:
        parcel = self._parcel(n)
        return (
            None
            if parcel is None
            else Deed(
                f"a parcel of {self.name(parcel.order_id)} is delivered",
                lambda: tracking_events.deliver([parcel.pk], actor=CLERK),
                lambda books, moved: books.arrive(moved),
            )
        )

    def ask_for_a_return(self, n: int, units: int) -> Deed | None:
        line = self._line(n)
        return (
            None
            if line is None
            else Deed(
                f"{units} {line.sku} of {self.name(line.order_id)} are to come back",
                lambda: returns.request_return(
                    line.order_id, [returns.Asked(line.pk, units, "too large")], actor=CLERK
                ),
            )
        )

    def receive_a_return(self, n: int, units: int) -> Deed | None:
        found = nth(list(Return.objects.order_by("id")), n)
        if found is None:
            return None
        condition, freight = ("sellable", "damaged")[units % 2], units > 2
        conditions = dict.fromkeys(found.lines.values_list("order_line_id", flat=True), condition)
        named = {each.order_line_id: out(each.order_line_id, each.quantity) for each in found.lines.all()}
        numbers = {line: codes for line, codes in named.items() if codes}
        return Deed(
            f"{found.rma} of {self.name(found.order_id)} arrives, {condition}",
            lambda: returns.receive_and_credit(
                [found.pk], actor=PICKER, conditions=conditions, numbers=numbers, refund_freight=freight
            ),
            lambda books, ids: books.come_back(ids, freight=freight),
        )

    def bring_back(self, n: int, units: int) -> Deed | None:
        line = self._line(n)
        if line is None:
            return None
        numbers = out(line.pk, units)
        back = returns.ReturnInput(line.order_id, [returns.Back(line.pk, units, serials=numbers)])

        def may(books: Books) -> bool | None:
            """Which units these are is not in the story: two may bring the same one."""
            known = books.sales[line.order_id].lines[line.pk]
            is_out = known.shipped - known.returned >= units
            return None if is_out and numbers else is_out

        return Deed(
            f"{units} {line.sku} of {self.name(line.order_id)} come back unasked",
            lambda: returns.receive_and_credit([back], actor=PICKER, location_id=self.world.store.pk),
            lambda books, ids: books.come_back(ids, freight=False),
            may,
        )

    def give_a_return_up(self, n: int, units: int) -> Deed | None:
        found = nth(list(Return.objects.order_by("id")), n)
        return (
            None
            if found is None
            else Deed(
                f"{found.rma} of {self.name(found.order_id)} will not come",
                lambda: returns.cancel_return(found.pk, actor=CLERK, reason="kept it"),
            )
        )

    # Stock

    def goods_arrive(self, n: int, units: int) -> Deed | None:
        sku, place = SKUS[n % 3], self.world.warehouse
        goods = [In(self.world.variants[sku].pk, place.pk, units)]

        def book(books: Books, _: Any) -> None:
            books.stock[sku, place.code, "sellable"] += units

        return Deed(
            f"{units} {sku} arrive",
            lambda: stock.receive(goods, source=new_id(), actor=PICKER, vendor="ACME"),
            book,
        )

    def correct_stock(self, n: int, units: int) -> Deed | None:
        row, change = self._stock(n), (-3, -1, 1, 2)[units % 4]

        def book(books: Books, _: Any) -> None:
            books.is_plain = False
            books.stock[row.variant.sku, row.location.code, "sellable"] += change

        return Deed(
            f"{row.variant.sku} at {row.location.code} is corrected by {change:+}",
            lambda: stock.adjust(row.variant_id, row.location_id, change, reason="count", actor=PICKER),
            book,
        )

    def a_feed_speaks(self, n: int, units: int) -> Deed | None:
        """It says what it counted just now; one time in four it is a message from long ago."""
        row, counted = self._stock(n), (0, 2, 5, 9)[units % 4]
        self.spoken += 1
        sequence = 1 if n % 4 == 3 else self.spoken
        feed, sku, place = StockFeed.objects.get(), row.variant.sku, row.location.code

        def do() -> list[str]:
            with transaction.atomic():
                return say(feed, level(sku, counted, location=place, sequence=sequence))

        def book(books: Books, told: list[str]) -> None:
            """Of what lots are not sold the feed may know nothing: these units stay in quarantine."""
            units = counted
            if sku == CANDLE and told != ["stale"]:
                there = Stock.objects.get(pk=row.pk)
                units = there.on_hand
                assert counted - there.quarantine <= units <= counted
            books.hear(sku, place, units, sequence, told)

        return Deed(f"the feed says {counted} {sku} at {place}, in message {sequence}", do, book)

    def the_feed_falls_silent(self, n: int, units: int) -> Deed | None:
        def book(books: Books, _: Any) -> None:
            books.is_plain = False

        return Deed(
            "a day goes by without a word of the feed", lambda: silence.watch(timezone.now() + timedelta(days=1)), book
        )

    def keep_some_back(self, n: int, units: int) -> Deed | None:
        row = self._stock(n)

        def book(books: Books, _: Any) -> None:
            books.is_plain = False

        return Deed(
            f"{units} {row.variant.sku} at {row.location.code} are kept back",
            lambda: stock.set_safety(row.variant_id, row.location_id, units, actor=PICKER),
            book,
        )

    def set_some_aside(self, n: int, units: int) -> Deed | None:
        """For the shop that sells, or for one that has not opened yet."""
        row, channel = self._stock(n), (self.world.channel.pk, NOT_OPEN)[n % 2]

        def book(books: Books, _: Any) -> None:
            books.is_plain = False

        return Deed(
            f"{units - 1} {row.variant.sku} at {row.location.code} are set aside for {'the shop' if n % 2 == 0 else 'another'}",
            lambda: setting.set_fence(row.variant_id, row.location_id, channel, units - 1, actor=PICKER),
            book,
        )

    def cap_the_shop(self, n: int, units: int) -> Deed | None:
        """A few units of a SKU at most, or as many as there are."""
        sku, most = SKUS[n % 3], None if units == 1 else 4 * units

        def book(books: Books, _: Any) -> None:
            books.is_plain = False

        return Deed(
            f"the shop may sell {'any number of' if most is None else most} {sku}",
            lambda: setting.set_cap(self.world.variants[sku].pk, self.world.channel.pk, most, actor=PICKER),
            book,
        )

    def withhold_a_place(self, n: int, units: int) -> Deed | None:
        row = self._stock(n)

        def book(books: Books, _: Any) -> None:
            books.is_plain = False

        return Deed(
            f"{row.variant.sku} at {row.location.code} is {'withheld' if units % 2 else 'sold again'}",
            lambda: setting.withhold(row.variant_id, row.location_id, withheld=bool(units % 2), actor=PICKER),
            book,
        )

    # What there is

    def _order(self, n: int) -> UUID | None:
        return nth(list(Order.objects.order_by("id").values_list("id", flat=True)), n)

    def _line(self, n: int) -> OrderLine | None:
        return nth(list(OrderLine.objects.order_by("order_id", "position")), n)

    def _parcel(self, n: int) -> Shipment | None:
        return nth(list(Shipment.objects.order_by("id")), n)

    def _stock(self, n: int) -> Stock:
        rows = Stock.objects.select_related("variant", "location").order_by("variant__sku", "location__code")
        return rows[n % rows.count()]

    def _work(
        self, n: int, words: str, do: Callable[[UUID], Any], effect: Callable[[Books, Any], None] = nothing
    ) -> Deed | None:
        found = nth(list(FulfillmentOrder.objects.order_by("id")), n)
        return (
            None
            if found is None
            else Deed(f"work on {self.name(found.order_id)} {words}", lambda: do(found.pk), effect)
        )


def left(books: Books, parcels: Sequence[UUID]) -> None:
    """Parcels have left."""
    books.leave(parcels)


def never(books: Books) -> bool:
    """It must be refused."""
    return False


def enough(books: Books, wanted: dict[str, int]) -> bool | None:
    """Whether there is stock for an order, as long as nobody has corrected any."""
    return all(books.free(sku) >= quantity for sku, quantity in wanted.items()) if books.is_plain else None


def _line(line: OrderLine, quantity: int) -> Line:
    return Line(line.sku, quantity, Decimal(line.net + line.tax), Decimal(line.freight_net + line.freight_tax))
