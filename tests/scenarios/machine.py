"""Random lives of orders: every public service as a rule, alone, two at once, and while the machinery fails.

A rule does what a person or a program could do at that moment, sensible or not. A refusal (a typed Problem) is a fine
answer that has changed nothing; anything else that goes wrong, any invariant that disagrees, and any unit or cent that
is not where the story alone would have it, ends the story. Hypothesis tells the shortest one that ends so, in sentences.
A new service is done when it is a deed here.
"""

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

from django.db import Error, connection
from django.utils import timezone
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from capture import refused
from core import outbox
from core.db import rows, run
from core.invariants import disagreements
from core.outbox import registry
from core.problems import Problem
from fulfillment import deadlines, floor, shipping, tracking_events
from fulfillment.backorders import sweep
from fulfillment.models import FulfillmentOrder, Shipment
from orders.keeping import services as keeping
from orders.models import Order
from payments.models import Payment
from payments.services import receive_stripe_webhook, settle_unknown
from payments.services.settlement import release_strays
from returns import services as returns
from returns.models import Return
from tests.factories.world import order_body
from tests.scenarios import many
from tests.scenarios.bank import signed
from tests.scenarios.books import Books, ImpossibleError
from tests.scenarios.company import Company
from tests.scenarios.countings import COUNTING
from tests.scenarios.dealings import DEALING
from tests.scenarios.deed import Deed
from tests.scenarios.deeds import CLERK, PICKER, SKUS, People, left
from tests.scenarios.keepers import KEEPING
from tests.scenarios.lanes import Lane, at_once
from tests.scenarios.looks import EVENTS, LEFT_OVER, TIME_PASSES, photograph
from tests.scenarios.statements import LosesConnection, seen_by
from tests.scenarios.supplies import BUYING
from tests.scenarios.units import number, out

which = st.integers(0, 40)
"""Which of the things there are: taken modulo their number, so that stories shrink to the first."""
few = st.integers(1, 4)
SHOP = ("place", "take_the_rest", "place_once", "place_another_under_the_same_key", "place_a_batch", "send_a_cart", "cancel",
        "cancel_some", "hold", "release_hold", "pay_again", "look_at_a_cancellation", "write_a_note",
        "put_the_contact_right", "rename_a_customer")  # fmt: skip
FLOOR = ("route", "release", "accept", "pick", "scan", "pick_all", "pack", "ship")
AFTER = ("carrier_says", "deliver", "ask_for_a_return", "receive_a_return", "bring_back", "give_a_return_up",
         "goods_arrive", "correct_stock", "keep_some_back", "a_feed_speaks", "the_feed_falls_silent",
         "set_some_aside", "cap_the_shop", "withhold_a_place",
         "put_away", "move_between_bins", "change_a_condition", "a_cost_changes", "a_lot_arrives", "set_a_lot_apart", "scan_a_lot",
         "lots_come_to_their_end",
         "tell_a_number", "scan_a_number", "take_a_number_out", "number_a_box", "lose_a_unit", "find_a_unit")  # fmt: skip
ALL = (*SHOP, *FLOOR, *AFTER, *BUYING, *DEALING, *KEEPING, *COUNTING)
MACHINERY = ("workers_catch_up", "workers_in_disorder", "the_bank_errs", "a_webhook_comes", "work_one_order_through",
             "a_worker_dies_after_the_effect", "a_worker_dies_midway", "time_passes", "the_customer_authenticates",
             "the_time_to_pay_is_over", "the_time_to_keep_is_over", "many_at_once", "refused_demand_is_settled")  # fmt: skip
CALLS = ("capture", "create", "cancel", "refund", "retrieve", "*")
FAULTS = ("500_after", "cut_after", "timeout_after", "500", "cut")


class OrderLives(RuleBasedStateMachine):
    """A small company with scarce stock, and everybody at work in it at random."""

    company: ClassVar[Company]

    def __init__(self) -> None:
        super().__init__()
        self.day = self.company.opened()
        self.bank = self.day.__enter__()
        self.lanes: tuple[Lane, Lane] | None = None
        self.story: list[str] = []
        self.is_over = False
        self.books = Books()
        self.books.stock |= self.company.stock
        self.people = People(self.company.world, self.books)
        self.photo = photograph()

    def teardown(self) -> None:
        try:
            if not self.is_over:
                with self.telling():
                    self.everything_comes_to_its_end()
            for status in Order.objects.values_list("status", flat=True).distinct():
                event(f"an order ended {status}")
            for status in Return.objects.values_list("status", flat=True).distinct():
                event(f"a return ended {status}")
        finally:
            for lane in self.lanes or ():
                lane.close()
            self.day.__exit__(None, None, None)

    # Telling

    def fail(self, why: object, cause: BaseException | None = None) -> None:
        """End the story: what is wrong, and how it came to that."""
        self.is_over = True
        told = "\n".join(f"  {number}. {sentence}" for number, sentence in enumerate(self.story, 1))
        raise AssertionError(f"{why}\n\nThe story:\n{told}") from cause

    @contextmanager
    def telling(self) -> Iterator[None]:
        """What breaks in the block is told with the story."""
        try:
            yield
        except AssertionError:
            raise
        except Exception as error:
            self.fail(f"{type(error).__name__}: {error}", error)

    def do(self, deed: Deed | None) -> None:
        """One deed; a typed refusal is an answer that has changed nothing."""
        if deed is None:
            return
        self.story.append(deed.words)
        foreseen = deed.may(self.books)
        try:
            result = deed.do()
        except Problem as refusal:
            self.refused(refusal, foreseen)
            return
        except Exception as error:
            self.fail(f"{type(error).__name__}: {error}", error)
        self.succeeded(deed, result, foreseen)

    def refused(self, refusal: Problem, foreseen: bool | None) -> None:
        """It was refused: that must be right, and nothing may have changed."""
        self.story[-1] += f" — refused: {refusal}"
        if foreseen:
            self.fail("It was refused, though nothing stood in its way.")
        if photograph() != self.photo:
            self.fail("It was refused, and yet something changed.")

    def succeeded(self, deed: Deed, result: Any, foreseen: bool | None) -> None:
        """It was done: that must be right, and the books learn of it."""
        if foreseen is False:
            self.fail("It was done, though it had to be refused.")
        try:
            deed.effect(self.books, result)
        except ImpossibleError as error:
            self.fail(error)
        self.photo = photograph()

    # People

    @initialize(depths=st.lists(st.integers(0, 6), min_size=2, max_size=4), sku=st.sampled_from(SKUS))
    def a_company_at_work(self, depths: list[int], sku: str) -> None:
        """Some orders have come some way already: Hypothesis leaves rules out of stories, so not all begin with a sale."""
        for depth in depths:
            self.live(sku, 2, "bank_transfer", depth)

    @rule(sku=st.sampled_from(SKUS), units=few, tender=st.sampled_from(["on_account", "card"]), depth=st.integers(0, 6))
    def live(self, sku: str, units: int, tender: str, depth: int) -> None:
        """An order goes `depth` steps of the straight way: routed, picked, packed, shipped, delivered, sent back."""
        before = set(self.books.sales)
        self.do(self.people.sell(order_body(sku, units), {sku: units}, tender))
        for order_id in set(self.books.sales) - before:
            self.story[-1] += f" ({self.people.name(order_id)}), and it goes {depth} steps"
            outbox.drain()
            for step in self.straight_way(order_id)[:depth]:
                try:
                    step()
                except Problem:
                    return

    def straight_way(self, order_id: Any) -> list[Callable[[], None]]:
        """What is done to an order of which all goes well."""
        work = list(FulfillmentOrder.objects.filter(order=order_id).order_by("id").values_list("id", flat=True))
        (line_id,) = self.books.sales[order_id].lines
        books = self.books

        def parcels() -> list[Any]:
            return list(Shipment.objects.filter(order=order_id).order_by("id").values_list("id", flat=True))

        def pack() -> None:
            for each in work:
                number(each)
            floor.pack(work, actor=PICKER)

        def come_back() -> None:
            back = returns.ReturnInput(order_id, [returns.Back(line_id, 1, serials=out(line_id, 1))])
            books.come_back(returns.receive_and_credit([back], actor=PICKER), freight=False)

        return [
            lambda: void(floor.pick_all(work, actor=PICKER)),
            pack,
            lambda: left(books, shipping.ship(work, actor=PICKER)),
            lambda: books.arrive(tracking_events.deliver(parcels(), actor=PICKER)),
            lambda: void(returns.request_return(order_id, [returns.Asked(line_id, 1, "does not fit")], actor=CLERK)),
            come_back,
        ]

    @rule(name=st.sampled_from(ALL), n=which, units=few)
    def somebody(self, name: str, n: int, units: int) -> None:
        """One deed of anybody."""
        self.do(getattr(self.people, name)(n, units))

    def work_one_order_through(self, n: int, units: int) -> None:
        self.workers_catch_up(n, units)
        self.photo = photograph()
        for name in ("pick_all", "number_a_box", "pack", "ship"):
            self.do(getattr(self.people, name)(n, 1))

    def the_customer_authenticates(self, n: int, times: int) -> None:
        waiting = Payment.objects.filter(status="requires_action").exclude(action_url="").order_by("id")
        if payment := waiting.first():
            self.story.append(f"the customer of {self.people.name(payment.order_id)} authenticates at the bank")
            self.bank.visit(payment.action_url)

    # Two at once

    @rule(
        one=st.sampled_from(ALL),
        other=st.sampled_from(ALL),
        n=which,
        m=st.integers(-1, 3),
        units=few,
        at=st.integers(1, 25),
    )
    def two_at_once(self, one: str, other: str, n: int, m: int, units: int, at: int) -> None:
        """Two deeds about the same thing (or two neighbours): what comes of it must come of one after the other too."""
        first, second = (getattr(self.people, name)(n + shift, units) for name, shift in ((one, 0), (other, max(m, 0))))
        if first is None or second is None:
            return
        self.story.append(f"{first.words} ‖ {second.words} (the first waits before statement {at})")
        self.lanes = self.lanes or (Lane("one"), Lane("other"))
        futures = at_once(self.lanes, first.do, second.do, at)
        for future in futures:
            if (error := future.exception()) and not isinstance(error, Problem):
                self.fail(f"{type(error).__name__}: {error}", error)
        self.story[-1] += "".join(
            f" — {who} refused: {f.exception()}"
            for who, f in zip(("first", "second"), futures, strict=True)
            if f.exception()
        )
        self.adopt_serial_outcome(list(zip((first, second), futures, strict=True)))

    def adopt_serial_outcome(self, done: list[tuple[Deed, "Future[Any]"]]) -> None:
        """The books learn what happened, in an order in which it could have happened one after the other.

        Where both orders could (a count and a correction), what lies on the shelves tells which it was.
        """
        possible = []
        for sequence in (done, done[::-1]):
            books = copy.deepcopy(self.books)
            if all(follows(books, deed, future) for deed, future in sequence):
                possible.append(books)
        if not possible:
            self.fail("Neither could have happened one after the other.")
        self.books = self.people.books = next((b for b in possible if not b.differences()), possible[0])

    # The machinery fails

    @rule(name=st.sampled_from(ALL), n=which, units=few, at=st.integers(1, 30))
    def the_database_is_lost(self, name: str, n: int, units: int, at: int) -> None:
        """The connection breaks before the n-th statement of a service: nothing of it is left."""
        deed = getattr(self.people, name)(n, units)
        if deed is None:
            return
        self.story.append(deed.words)
        foreseen, fault = deed.may(self.books), LosesConnection(at)
        try:
            with seen_by(fault):
                result = deed.do()
        except Problem as refusal:
            self.refused(refusal, foreseen if not fault.has_cut else None)
        except Error as error:
            connection.close()
            if not fault.has_cut:
                self.fail(f"{type(error).__name__}: {error}", error)
            self.story[-1] += f" — and the database is lost before statement {at}"
            if deed.in_steps:
                with self.telling():
                    result = deed.do()
                self.succeeded(deed, result, foreseen)
            elif photograph() != self.photo:
                self.fail("It broke off, and yet something of it is left.")
        except Exception as error:
            self.fail(f"{type(error).__name__}: {error}", error)
        else:
            self.succeeded(deed, result, foreseen)

    @rule(name=st.sampled_from(MACHINERY), n=which, times=st.integers(1, 30))
    def the_machinery(self, name: str, n: int, times: int) -> None:
        """Workers, the bank, time: as they should be, and as they may be."""
        getattr(self, name)(n, times)

    def the_bank_errs(self, n: int, times: int) -> None:
        on, fault, times = CALLS[n % len(CALLS)], FAULTS[times % len(FAULTS)], 1 + times // 8
        self.story.append(f"the bank will answer the next {times} calls ({on}) with {fault}")
        self.bank.err(on, fault, times)

    def a_webhook_comes(self, n: int, times: int) -> None:
        """Any of those that wait: once, twice, or never."""
        if waiting := self.bank.webhooks():
            number, body = waiting[n % len(waiting)]
            self.story.append(f"webhook {n % len(waiting) + 1} of {len(waiting)} comes {times % 3} times")
            with self.telling():
                for _ in range(times % 3):
                    receive_stripe_webhook(body, signed(body, int(timezone.now().timestamp())))
            self.bank.sent(number)

    def refused_demand_is_settled(self, n: int, times: int) -> None:
        self.story.append("somebody looks which refused orders were taken after all")
        with self.telling():
            refused.settle()

    def workers_catch_up(self, n: int, times: int) -> None:
        self.story.append("workers do all there is to do")
        with self.telling():
            outbox.drain()

    def workers_in_disorder(self, n: int, times: int) -> None:
        """What is due is done in another order, some of it twice."""
        backwards, twice = bool(times % 2), times % 4 > 1
        self.story.append(f"workers do what is due from the {n + 1}. on{' backwards' * backwards}{', twice' * twice}")
        with self.telling():
            outbox.fan_out()
            sets = outbox.claim()
            turned = sets[n % len(sets) :] + sets[: n % len(sets)] if sets else []
            for one in turned[::-1] if backwards else turned:
                for _ in range(1 + twice):
                    outbox.deliver(one.handler, one.ids[::-1] if backwards else one.ids, one.claim)

    def a_worker_dies_after_the_effect(self, n: int, times: int) -> None:
        """A handler that reaches outside has done its work, and its worker dies before that is written down."""
        outbox.fan_out()
        sets = [one for one in outbox.claim() if registry.SUBSCRIPTIONS[one.handler].outside]
        if sets:
            one = sets[n % len(sets)]
            self.story.append(f"a worker dies after {one.handler}, before it is written down")
            found = rows(EVENTS, {"ids": list(one.ids)})
            with self.telling():
                registry.SUBSCRIPTIONS[one.handler].handler([outbox.Delivered(*event) for event in found])

    def a_worker_dies_midway(self, n: int, times: int) -> None:
        """It loses its connection at any statement of its work, and does not live to tell."""
        outbox.fan_out()
        if sets := outbox.claim():
            one = sets[n % len(sets)]
            self.story.append(f"a worker of {one.handler} dies before statement {times}")
            with self.telling():
                try:
                    with seen_by(LosesConnection(times)):
                        outbox.deliver(one.handler, one.ids, one.claim)
                except Error:
                    connection.close()

    def time_passes(self, n: int, times: int) -> None:
        """Leases run out, and what was not answered is asked again."""
        self.story.append("time passes, and what was left is taken up again")
        run(TIME_PASSES)
        with self.telling():
            settle_unknown(actor=CLERK)

    def the_time_to_pay_is_over(self, n: int, times: int) -> None:
        """Who has not paid is reminded, and later the order is cancelled."""
        late = timezone.now() + timedelta(days=times)
        with self.telling():
            deadlines.remind_unpaid(late)
            cancelled = deadlines.cancel_unpaid(late, actor=CLERK)
        names = ", ".join(self.people.name(order_id) for order_id in cancelled)
        self.story.append(f"{times} days pass, and for want of payment are cancelled: {names or 'none'}")
        for order_id in cancelled:
            self.books.cancel(order_id, None)

    def the_time_to_keep_is_over(self, n: int, times: int) -> None:
        """What is kept for orders that are held is free for others."""
        with self.telling():
            let_go = keeping.lapse(timezone.now() + timedelta(days=times), actor=CLERK)
        names = ", ".join(self.people.name(order_id) for order_id in let_go)
        self.story.append(f"{times} days pass, and stock is kept no longer for: {names or 'none'}")
        self.books.is_plain = self.books.is_plain and not let_go

    def many_at_once(self, n: int, times: int) -> None:
        """Somebody holds, lets go or cancels several orders in one act; its worker is lost, and another one goes on."""
        act, given = many.ACTS[n % len(many.ACTS)]
        orders = list(Order.objects.order_by("id").values_list("id", flat=True))[n % 2 :: 2]
        if not orders:
            return
        names = ", ".join(self.people.name(order_id) for order_id in orders)
        self.story.append(f"{act} of {names} at once, and the worker is lost before statement {times * 3}")
        with self.telling():
            results = many.do(act, given, orders, times * 3)
        self.story[-1] += f": {', '.join(results.values())}"
        if "failed" in results.values():
            self.fail("A row failed.")
        for order_id, result in results.items():
            if result == "done":
                many.book(self.books, act, order_id)

    # What must be so

    def everything_comes_to_its_end(self) -> None:
        """The faults cease: all work is done, all money is where the story has it."""
        outbox.drain()
        self.bank.recover()
        for _ in range(12):
            run(TIME_PASSES)
            if not outbox.drain() + settle_unknown(actor=CLERK) + release_strays(actor=CLERK) + sweep(actor=CLERK):
                break
        self.story.append("the faults cease, and all work is done")
        if left_over := [row.what for row in rows(LEFT_OVER)]:
            self.fail(f"Some work is never done: {left_over}")
        if wrong := [*disagreements(), *self.books.differences(), *self.books.money_differences(settled=True)]:
            self.fail("\n".join(wrong))

    @invariant()
    def the_books_are_straight(self) -> None:
        wrong = [*disagreements(), *self.books.differences(), *self.books.money_differences(settled=False)]
        if wrong:
            self.fail("\n".join(wrong))
        self.photo = photograph()


def void(result: object) -> None:
    """Its result tells nothing that the books should learn."""


def follows(books: Books, deed: Deed, future: "Future[Any]") -> bool:
    """Whether this outcome can come next by the books; when it can, they learn it."""
    foreseen, is_done = deed.may(books), future.exception() is None
    if foreseen is not None and foreseen is not is_done:
        return False
    try:
        if is_done:
            deed.effect(books, future.result())
    except ImpossibleError:
        return False
    return True
