"""Random lives of orders: every public service as a rule, the books checked after every step.

A rule does what a person or a program could do at that moment, sensible or not. A refusal (a typed Problem) is a fine
answer; anything else that goes wrong, and any invariant that disagrees, ends the story and Hypothesis tells the
shortest one that ends so. A new service is done when it is a rule here.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from capture import references
from capture.services import Attempt, place_order, place_orders, quote
from core import outbox
from core.actors import Actor
from core.ids import new_id
from core.invariants import disagreements
from core.problems import Problem
from fulfillment import amend, floor, release, routing, shipping, tracking_events
from fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from inventory import services as stock
from inventory.models import Stock
from inventory.services import In
from orders import holds
from orders.models import Hold, Order, OrderLine
from payments.services import settle_unknown
from returns import services as returns
from returns.models import Return
from sourcing.network import forget
from tests.factories.world import CANDLE, MUG, VASE, order_body, small_world

T = TypeVar("T")
CLERK = Actor("user", "Clara Clerk", "1")
PICKER = Actor("user", "Paul Picker", "2")
SKUS = (MUG, CANDLE, VASE)

which = st.integers(0, 40)
"""Which of the things there are: taken modulo their number, so that stories shrink to the first."""
few = st.integers(1, 4)


def nth(things: Sequence[T], n: int) -> T | None:
    """One of the things, or None when there are none."""
    return things[n % len(things)] if things else None


class OrderLives(RuleBasedStateMachine):
    """A small company with scarce stock, and everybody at work in it at random."""

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        setattr(self.outer, "_from_testcase", True)  # noqa: B010 - not in the stubs: durable blocks inside count as outermost, as in Django's own test cases
        self.outer.__enter__()
        references.forget()
        forget()
        self.world = small_world(stock=12, store_stock=4)

    def teardown(self) -> None:
        for status in Order.objects.values_list("status", flat=True).distinct():
            event(f"an order ended {status}")
        for status in Return.objects.values_list("status", flat=True).distinct():
            event(f"a return ended {status}")
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)
        references.forget()
        forget()

    def attempt(self, work: Callable[[], Any]) -> Any:
        """Do it; a typed refusal is an answer."""
        with suppress(Problem), transaction.atomic():
            return work()
        return None

    @initialize(depths=st.lists(st.integers(0, 6), min_size=2, max_size=4), sku=st.sampled_from(SKUS))
    def a_company_at_work(self, depths: list[int], sku: str) -> None:
        """Some orders have come some way already: Hypothesis leaves rules out of stories, so not all begin with a sale."""
        for depth in depths:
            self.live(sku, 2, "bank_transfer", depth)

    # Selling

    @rule(sku=st.sampled_from(SKUS), units=few, tender=st.sampled_from(["on_account", "card"]), depth=st.integers(0, 6))
    def live(self, sku: str, units: int, tender: str, depth: int) -> None:
        """An order goes `depth` steps of the straight way: routed, picked, packed, shipped, delivered, sent back."""
        token = "tok_visa" if tender == "card" else ""
        order = self.attempt(lambda: self.sell([{"sku": sku, "quantity": units}], tender, token))
        if order is None:
            return
        outbox.drain()
        work = list(FulfillmentOrder.objects.filter(order=order).order_by("id").values_list("id", flat=True))
        steps: list[Callable[[], Any]] = [
            lambda: floor.pick_all(work, actor=PICKER),
            lambda: floor.pack(work, actor=PICKER),
            lambda: shipping.ship(work, actor=PICKER),
            lambda: tracking_events.deliver(
                list(Shipment.objects.filter(order=order).values_list("id", flat=True)), actor=PICKER
            ),
            lambda: returns.request_return(
                order.pk, [returns.Asked(order.lines.get().pk, 1, "does not fit")], actor=CLERK
            ),
            lambda: returns.receive_and_credit(
                list(Return.objects.filter(order=order).values_list("id", flat=True)), actor=PICKER
            ),
        ]
        for step in steps[:depth]:
            self.attempt(step)

    def sell(self, lines: list[dict[str, Any]], tender: str, token: str, **more: Any) -> Order:
        """An order paid in full by one tender."""
        body = order_body(lines=lines, **more)
        total = quote(body, actor=CLERK)["totals"]["total"]
        body["payments"] = [{"tender": tender, "amount": total, "token": token}]
        key = str(new_id())
        answer = place_order(body, client="web", key=key, digest=key, actor=CLERK)
        return Order.objects.get(number=answer.body["number"])

    @rule(
        lines=st.lists(st.tuples(st.sampled_from(SKUS), few), min_size=1, max_size=4),
        tender=st.sampled_from(["on_account", "bank_transfer", "card", "declined", "threatened"]),
        price=st.sampled_from([None, None, None, "1.11"]),
        shipping=st.sampled_from(["0.00", "4.90"]),
    )
    def place(self, lines: list[tuple[str, int]], tender: str, price: str | None, shipping: str) -> None:
        asked: list[dict[str, Any]] = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        if price:
            asked[0]["unit_price"] = price
        asked[0]["discount"] = "0.13"
        token = {"card": "tok_visa", "declined": "tok_chargeDeclined", "threatened": "tok_threeDSecure"}.get(tender, "")
        self.attempt(lambda: self.sell(asked, "card" if token else tender, token, shipping_price=shipping))

    @rule(quantities=st.lists(few, min_size=2, max_size=5), sku=st.sampled_from(SKUS))
    def place_a_batch(self, quantities: list[int], sku: str) -> None:
        attempts = [Attempt(order_body(sku, q), str(new_id()), "d") for q in quantities]
        self.attempt(lambda: place_orders(attempts, client="batch", actor=CLERK))

    @rule(n=which, kind=st.sampled_from(["manual", "address", "fraud_review"]))
    def hold(self, n: int, kind: str) -> None:
        if order := nth(self.orders(), n):
            self.attempt(lambda: holds.open_hold([order.pk], kind, actor=CLERK))

    @rule(n=which)
    def release_hold(self, n: int) -> None:
        if hold := nth(list(Hold.objects.exclude(kind="payment").order_by("id")), n):
            self.attempt(lambda: holds.release_hold(hold.pk, actor=CLERK))

    @rule(n=which, whole=st.booleans(), units=few)
    def cancel(self, n: int, whole: bool, units: int) -> None:
        if order := nth(self.orders(), n):
            line = nth(list(OrderLine.objects.filter(order=order).order_by("position")), units)
            lines = None if whole or line is None else [(line.pk, units)]
            self.attempt(lambda: amend.cancel(order.pk, actor=CLERK, reason="not wanted", lines=lines))

    # The machinery behind

    @rule()
    def workers_catch_up(self) -> None:
        outbox.drain()

    @rule(n=which)
    def route_again(self, n: int) -> None:
        if order := nth(self.orders(), n):
            self.attempt(lambda: routing.route([order.pk], actor=CLERK))

    @rule()
    def release_everything(self) -> None:
        self.attempt(lambda: release.release(self.work(), actor=CLERK))

    @rule()
    def ask_about_lost_answers(self) -> None:
        settle_unknown(actor=CLERK)

    # The floor

    @rule(n=which)
    def accept(self, n: int) -> None:
        if work := nth(self.work(), n):
            self.attempt(lambda: floor.accept([work], actor=PICKER))

    @rule(n=which, units=few)
    def pick(self, n: int, units: int) -> None:
        if work := nth(self.work(), n):
            lines = FulfillmentLine.objects.filter(fulfillment_order=work).order_by("id")
            wanted = {line.order_line_id: units for line in lines}
            self.attempt(lambda: floor.pick(work, wanted, actor=PICKER))

    @rule(n=which, sku=st.sampled_from([*SKUS, "NOT-A-CODE"]))
    def scan(self, n: int, sku: str) -> None:
        if work := nth(self.work(), n):
            self.attempt(lambda: floor.scan(work, sku, actor=PICKER))

    @rule(n=which)
    def pick_all(self, n: int) -> None:
        if work := nth(self.work(), n):
            self.attempt(lambda: floor.pick_all([work], actor=PICKER))

    @rule(n=which)
    def pack(self, n: int) -> None:
        if work := nth(self.work(), n):
            self.attempt(lambda: floor.pack([work], actor=PICKER))

    @rule(n=which)
    def ship(self, n: int) -> None:
        if work := nth(self.work(), n):
            self.attempt(lambda: shipping.ship([work], actor=PICKER))

    @rule(n=which)
    def work_one_order_through(self, n: int) -> None:
        outbox.drain()
        if work := nth(self.work(), n):
            self.attempt(lambda: floor.pick_all([work], actor=PICKER))
            self.attempt(lambda: floor.pack([work], actor=PICKER))
            self.attempt(lambda: shipping.ship([work], actor=PICKER))

    # On the road

    @rule(
        n=which,
        status=st.sampled_from(["InTransit", "OutForDelivery", "AttemptFail", "Exception", "Delivered", "Expired"]),
        minutes=st.integers(-100, 100),
    )
    def carrier_says(self, n: int, status: str, minutes: int) -> None:
        if parcel := nth(self.parcels(), n):
            at = timezone.now() + timedelta(minutes=min(minutes, 0))
            self.attempt(lambda: tracking_events.record_event(parcel, status, at, actor=CLERK))

    @rule(n=which)
    def deliver(self, n: int) -> None:
        if parcel := nth(self.parcels(), n):
            self.attempt(lambda: tracking_events.deliver([parcel], actor=CLERK))

    # Coming back

    @rule(n=which, units=few)
    def ask_for_a_return(self, n: int, units: int) -> None:
        if line := nth(list(OrderLine.objects.filter(shipped__gt=0).order_by("id")), n):
            asked = [returns.Asked(line.pk, units, "too large")]
            self.attempt(lambda: returns.request_return(line.order_id, asked, actor=CLERK))

    @rule(n=which, condition=st.sampled_from(["sellable", "damaged"]), freight=st.booleans())
    def receive_a_return(self, n: int, condition: str, freight: bool) -> None:
        if found := nth(list(Return.objects.order_by("id")), n):
            conditions = dict.fromkeys(found.lines.values_list("order_line_id", flat=True), condition)
            self.attempt(
                lambda: returns.receive_and_credit(
                    [found.pk],
                    actor=PICKER,
                    location_id=self.world.warehouse.pk,
                    conditions=conditions,
                    refund_freight=freight,
                )
            )

    @rule(n=which)
    def give_a_return_up(self, n: int) -> None:
        if found := nth(list(Return.objects.order_by("id")), n):
            self.attempt(lambda: returns.cancel_return(found.pk, actor=CLERK, reason="kept it"))

    # Stock

    @rule(sku=st.sampled_from(SKUS), units=few)
    def goods_arrive(self, sku: str, units: int) -> None:
        goods = [In(self.world.variants[sku].pk, self.world.warehouse.pk, units)]
        self.attempt(lambda: stock.receive(goods, source=new_id(), actor=PICKER, vendor="ACME"))

    @rule(n=which, units=st.sampled_from([-3, -1, 1, 2]))
    def correct_stock(self, n: int, units: int) -> None:
        if row := nth(self.stock_rows(), n):
            self.attempt(lambda: stock.adjust(row.variant_id, row.location_id, units, reason="count", actor=PICKER))

    @rule(n=which, units=st.integers(0, 3))
    def keep_some_back(self, n: int, units: int) -> None:
        if row := nth(self.stock_rows(), n):
            self.attempt(lambda: stock.set_safety(row.variant_id, row.location_id, units, actor=PICKER))

    # What there is

    def orders(self) -> list[Order]:
        return list(Order.objects.order_by("id"))

    def work(self) -> list[UUID]:
        return list(FulfillmentOrder.objects.order_by("id").values_list("id", flat=True))

    def parcels(self) -> list[UUID]:
        return list(Shipment.objects.order_by("id").values_list("id", flat=True))

    def stock_rows(self) -> list[Stock]:
        return list(Stock.objects.order_by("variant__sku", "location__code"))

    @invariant()
    def the_books_are_straight(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert disagreements() == []
