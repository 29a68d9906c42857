"""What a vendor brings in time is sold before it is ordered, ordered in time, and sent when it comes."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from catalog.models import Variant
from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Event, Incident
from core.outbox import drain
from core.problems import Conflict, Invalid, OutOfStock
from core.versions import Stale
from fulfillment import backorders
from fulfillment.amend import cancel
from fulfillment.routing import route
from inventory.limits.setting import set_fence
from inventory.models import Location, Stock, Supply, SupplyPin
from inventory.supply.selectors import atp_by_date
from inventory.supply.services import arrive
from inventory.supply.services import change as change_supply
from notifications.models import Message
from orders.models import Order
from purchasing import needs, ordering, standing
from purchasing.models import PurchaseLine, PurchaseOrder, Vendor, VendorTerms
from purchasing.ordering import Wish
from purchasing.terms import Terms, as_it_is, change_terms, remove_terms
from purchasing.vendors import Particulars, change_vendor
from tests.factories.orders import buckets, line_ids, placed
from tests.factories.purchases import BUYER, bought, received, terms, vendor
from tests.factories.supply import coming, day, line, waits
from tests.factories.sweeps import time_to_try_again
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Nothing is there; mugs and candles may be sold before they are."""
    made = small_world(stock=0, store_stock=0)
    Variant.objects.filter(sku__in=[MUG, CANDLE]).update(pre_order=True)
    return made


def rows(of: VendorTerms) -> list[tuple[date, int, int]]:
    """What stands on the strength of terms: day, units, promised."""
    found = Supply.objects.filter(source=of.pk, state="expected").order_by("due", "order_by")
    return [(row.due, row.quantity, row.committed) for row in found]


def due(of: VendorTerms, now: datetime | None = None) -> date:
    return standing.next_order(of, now)[1]


def night(of: VendorTerms, after: datetime | None = None) -> datetime:
    """A moment after the last one on which an order counts as of the next day."""
    return standing.next_order(of, after)[0] + timedelta(minutes=1)


def order_all(world: World, *, send: bool = True) -> PurchaseOrder:
    """What is to be ordered from the one vendor is drafted, and sent."""
    (need, *_more) = needs.needed()
    (order,) = needs.order_needed(need.terms.vendor_id, world.warehouse.pk, actor=BUYER)
    return ordering.send(order.pk, actor=BUYER) if send else order


# The day


def test_goods_are_there_so_many_working_days_after_the_day_on_which_they_are_ordered(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, lead_days=5, order_until=time(14))
    thursday = datetime(2026, 11, 26, 9, tzinfo=UTC)  # ten in Lyon
    order_by, on = standing.next_order(of, thursday)
    assert order_by == datetime(2026, 11, 26, 13, tzinfo=UTC)
    assert on == date(2026, 12, 3)
    assert due(of, thursday + timedelta(hours=4)) == date(2026, 12, 4), "after two it counts as Friday's"
    assert due(of, thursday + timedelta(days=1, hours=4)) == date(2026, 12, 7), "and on Friday as Monday's"
    assert due(of, thursday + timedelta(days=2)) == date(2026, 12, 7), "nobody orders on a Saturday"


def test_without_a_last_hour_the_day_ends_at_midnight_of_the_place(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, lead_days=0)
    assert due(of, datetime(2026, 11, 26, 22, 59, tzinfo=UTC)) == date(2026, 11, 26)
    assert due(of, datetime(2026, 11, 26, 23, tzinfo=UTC)) == date(2026, 11, 27)


# Selling


def test_what_a_vendor_brings_is_sold_and_promised_for_its_day(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    order = placed({MUG: 3})
    assert order.status == "backordered"
    assert order.promise_earliest and order.promise_earliest > due(of)
    assert rows(of) == [(due(of), 5, 3)]
    with pytest.raises(OutOfStock) as refusal:
        placed({MUG: 3})
    assert refusal.value.extra["available"] == {MUG: 2}
    assert disagreements() == []


def test_terms_that_promise_nothing_are_information_only(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 0)
    assert rows(of) == []
    with pytest.raises(OutOfStock):
        placed({MUG: 1})


def test_only_what_may_be_sold_before_it_is_here_is_sold_so(world: World) -> None:
    terms(vendor(), VASE, world.warehouse)
    with pytest.raises(OutOfStock):
        placed({VASE: 1})


def test_of_one_day_what_is_ordered_already_is_sold_first(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse)
    coming(world, 2, due=(due(of) - day(0)).days)
    order = placed({MUG: 3})
    assert line(line_ids(order)[MUG]) == {"PO-1": 2, "Acme": 1}


def test_the_dated_promise_counts_it_and_names_its_ground(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    coming(world, 2, due=1)
    steps = atp_by_date([world.variants[MUG].pk], world.pool.pk, world.channel.pk)[world.variants[MUG].pk]
    told = [(step.day, step.units, step.grounds) for step in steps]
    assert told == [(day(0), 0, ()), (day(1), 2, ("on_its_way",)), (due(of), 7, ("to_order",))]
    answer = Client().get("/api/v1/availability", {"sku": MUG, "channel": "web"}, headers=world.headers("")).json()
    assert answer["items"][0]["inbound"][1] == {"date": due(of).isoformat(), "quantity": 5, "grounds": ["to_order"]}


def test_orders_that_wait_for_nothing_known_wait_for_the_vendor_as_soon_as_there_are_terms(world: World) -> None:
    key = waits(world, 3)
    terms(vendor(), MUG, world.warehouse, 2)
    assert line(key) == {"Acme": 2, "": 1}
    assert disagreements() == []


def test_who_waits_for_what_is_ordered_is_not_moved_to_what_would_have_to_be_bought_again(world: World) -> None:
    coming(world, 3, due=60)
    key = waits(world, 3)
    terms(vendor(), MUG, world.warehouse, 5)
    assert line(key) == {"PO-1": 3}
    waits(world, 1, minutes=1)
    assert line(key) == {"PO-1": 3}


def test_what_comes_sooner_than_the_vendor_is_no_longer_to_be_ordered(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    key = waits(world, 3)
    coming(world, 2, due=1)
    assert line(key) == {"PO-1": 2, "Acme": 1}
    assert [need.sold for need in needs.needed()] == [1]


# Night after night


def test_by_night_what_is_promised_keeps_its_day_and_the_rest_moves_on(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    order = placed({MUG: 2})
    promised, first = (order.promise_earliest, order.promise_latest), due(of)
    now = timezone.now()
    for _night in range(4):
        now = night(of, now)
        standing.roll(now, actor=SYSTEM)
        assert rows(of) == [(first, 2, 2), (due(of, now), 3, 0)]
    drain()
    order.refresh_from_db()
    assert (order.promise_earliest, order.promise_latest) == promised
    assert not Message.objects.filter(kind="delayed").exists()
    assert disagreements() == []


def test_a_night_in_which_nothing_was_sold_leaves_one_row_and_no_trace(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    before = Event.objects.count()
    now = timezone.now()
    for _night in range(3):
        now = night(of, now)
        assert standing.roll(now, actor=SYSTEM) == 1
        assert standing.roll(now, actor=SYSTEM) == 0, "once a night"
    assert rows(of) == [(due(of, now), 5, 0)]
    assert Event.objects.count() == before


def test_all_nights_together_promise_no_more_than_the_terms_allow(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    waits(world, 2)
    now = night(of)
    standing.roll(now, actor=SYSTEM)
    waits(world, 4, minutes=1)
    assert sum(committed for _, _, committed in rows(of)) == 5
    standing.roll(night(of, now), actor=SYSTEM)
    assert [(units, committed) for _, units, committed in rows(of)] == [(2, 2), (3, 3)]
    assert disagreements() == []


def test_after_its_last_hour_nothing_more_of_a_day_is_promised_though_nobody_has_moved_it(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    Supply.objects.update(order_by=timezone.now() - timedelta(minutes=1))
    with pytest.raises(OutOfStock):
        placed({MUG: 1})
    key = waits(world, 1)
    assert line(key) == {"": 1}
    standing.roll(actor=SYSTEM)
    assert line(key) == {"Acme": 1}
    assert rows(of) == [(due(of), 5, 1)]


def test_what_is_cancelled_after_its_last_hour_is_not_promised_again_for_that_day(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 2)
    order = placed({MUG: 2})
    Supply.objects.update(order_by=timezone.now() - timedelta(minutes=1))
    cancel(order.pk, actor=SYSTEM, reason="not wanted")
    with pytest.raises(OutOfStock):
        placed({MUG: 1})
    standing.roll(actor=SYSTEM)
    assert rows(of) == [(due(of), 2, 0)]
    assert disagreements() == []


# To be ordered


def test_what_was_sold_so_is_ordered_received_and_sent(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    order = placed({MUG: 3})
    drain()
    promised = Order.objects.get().promise_latest
    (need,) = needs.needed()
    assert (need.sold, need.left, need.units, need.due, need.is_late) == (3, 3, 3, due(of), False)
    purchase = order_all(world)
    drain()
    assert (purchase.expected_on, purchase.lines.get().unit_cost) == (due(of), Decimal("2.1"))
    assert line(line_ids(order)[MUG]) == {purchase.number: 3}
    assert rows(of) == [(due(of), 5, 0)], "as many more may be promised"
    assert needs.needed() == []
    order.refresh_from_db()
    assert order.promise_latest == promised
    received(purchase, {MUG: 3})
    drain()
    assert buckets(order)[MUG] == {"released": 3}
    assert not Message.objects.filter(kind="delayed").exists()
    assert disagreements() == []


def test_a_vendor_is_ordered_whole_packs_and_no_less_than_it_takes(world: World) -> None:
    of = vendor()
    terms(of, MUG, world.warehouse, 9, minimum=10, pack=6)
    terms(of, CANDLE, world.warehouse, 9, pack=4)
    placed({MUG: 3})
    placed({CANDLE: 5})
    order = order_all(world, send=False)
    told = order.lines.order_by("variant__sku").values_list("variant__sku", "ordered", "promised")
    assert list(told) == [(CANDLE, 8, 5), (MUG, 12, 3)]
    assert disagreements() == []


def test_what_a_place_is_short_of_is_ordered_too_so_that_the_promise_holds(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    Stock.objects.create(variant=world.variants[MUG], location=world.warehouse, safety=4)
    order = placed({MUG: 3})
    (need,) = needs.needed()
    assert (need.short, need.units) == (4, 7)
    purchase = order_all(world)
    received(purchase, {MUG: 7})
    drain()
    assert buckets(order)[MUG] == {"released": 3}
    assert rows(of) == [(due(of), 5, 0)]
    assert disagreements() == []


def test_what_comes_for_the_place_after_the_promised_day_does_not_spare_it_what_it_is_short_of(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    Stock.objects.create(variant=world.variants[MUG], location=world.warehouse, safety=5)
    coming(world, 10, due=30)
    placed({MUG: 4})
    (need,) = needs.needed()
    assert (need.short, need.units) == (5, 9)
    coming(world, 3, due=2)
    assert needs.needed()[0].short == 2


def test_what_a_place_is_short_of_is_ordered_once_whatever_drafts_there_are(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 9)
    Stock.objects.create(variant=world.variants[MUG], location=world.warehouse, safety=4)
    placed({MUG: 3})
    draft = order_all(world, send=False)
    ordering.change(draft.pk, Wish(ordering.as_it_is(draft).items, day(90)), actor=BUYER)
    placed({MUG: 2})
    assert order_all(world, send=False).lines.values_list("ordered", "promised").get() == (2, 2)
    assert draft.lines.values_list("ordered", "promised").get() == (7, 3)


def test_the_next_need_in_the_same_draft_leaves_what_the_place_is_short_of(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 9)
    Stock.objects.create(variant=world.variants[MUG], location=world.warehouse, safety=4)
    placed({MUG: 3})
    order_all(world, send=False)
    placed({MUG: 2})
    assert order_all(world, send=False).lines.values_list("ordered", "promised").get() == (9, 5)


def test_of_two_vendors_one_is_ordered_what_a_place_is_short_of(world: World) -> None:
    first = terms(vendor(), MUG, world.warehouse, 3)
    other = terms(vendor("OTHER"), MUG, world.warehouse, 3, lead_days=9)
    Stock.objects.create(variant=world.variants[MUG], location=world.warehouse, safety=4)
    placed({MUG: 5})
    assert {need.terms.pk: (need.sold, need.short) for need in needs.needed()} == {first.pk: (3, 4), other.pk: (2, 0)}
    (draft,) = needs.order_needed(other.vendor_id, world.warehouse.pk, actor=BUYER)
    assert draft.lines.get().ordered == 2
    (draft,) = needs.order_needed(first.vendor_id, world.warehouse.pk, actor=BUYER)
    assert draft.lines.get().ordered == 7


def test_what_is_set_aside_for_a_channel_is_not_bought_again_for_its_own_customers(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 9)
    Stock.objects.create(variant=world.variants[MUG], location=world.warehouse)
    set_fence(world.variants[MUG].pk, world.warehouse.pk, world.channel.pk, 5, actor=SYSTEM)
    waits(world, 3)
    (need,) = needs.needed()
    assert (need.short, need.units) == (2, 5)


def test_drafts_of_many_articles_hide_none_that_is_still_to_be_ordered(world: World) -> None:
    of = vendor()
    terms(of, MUG, world.warehouse)
    terms(of, CANDLE, world.warehouse)
    placed({CANDLE: 1})
    order_all(world, send=False)
    placed({MUG: 1})
    (need,) = needs.needed(is_left=True, most=1)
    assert need.terms.variant.sku == MUG


def test_what_is_in_a_draft_is_not_ordered_again_and_the_next_need_goes_into_the_same(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 9, pack=6)
    placed({MUG: 3})
    draft = order_all(world, send=False)
    (need,) = needs.needed()
    assert (need.drafted, need.left, need.units, need.draft) == (3, 0, 0, draft.number)
    with pytest.raises(Conflict, match="drafts have it all"):
        needs.order_needed(need.terms.vendor_id, world.warehouse.pk, actor=BUYER)
    placed({MUG: 2})
    assert order_all(world, send=False).pk == draft.pk
    assert draft.lines.values_list("ordered", "promised").get() == (6, 5), "what the pack has beyond is enough"
    placed({MUG: 2})
    order_all(world, send=False)
    assert draft.lines.values_list("ordered", "promised").get() == (12, 7)
    ordering.send(draft.pk, actor=BUYER)
    assert needs.needed() == []
    assert disagreements() == []


def test_a_draft_for_another_day_is_left_alone(world: World) -> None:
    of = vendor()
    terms(of, MUG, world.warehouse, lead_days=2)
    terms(of, CANDLE, world.warehouse, lead_days=9)
    placed({MUG: 1})
    placed({CANDLE: 1})
    soon, later = needs.order_needed(of.pk, world.warehouse.pk, actor=BUYER)
    assert soon.expected_on and later.expected_on and soon.expected_on < later.expected_on
    assert [line.variant.sku for line in soon.lines.all()] == [MUG]


def test_a_line_taken_out_of_the_draft_is_to_be_ordered_again(world: World) -> None:
    of = vendor()
    terms(of, MUG, world.warehouse)
    terms(of, CANDLE, world.warehouse)
    placed({MUG: 1})
    placed({CANDLE: 1})
    draft = order_all(world, send=False)
    kept = [item for item in ordering.as_it_is(draft).items if item.variant_id == world.variants[MUG].pk]
    ordering.change(draft.pk, Wish(kept, draft.expected_on), actor=BUYER)
    assert {need.terms.variant.sku: need.left for need in needs.needed()} == {MUG: 0, CANDLE: 1}


def test_what_the_vendor_says_comes_later_is_promised_later(world: World) -> None:
    terms(vendor(), MUG, world.warehouse)
    order = placed({MUG: 2})
    drain()
    first = Order.objects.get().promise_latest
    draft = order_all(world, send=False)
    later = ordering.as_it_is(draft)
    assert later.expected_on
    ordering.change(draft.pk, Wish(later.items, later.expected_on + timedelta(days=14)), actor=BUYER)
    ordering.send(draft.pk, actor=BUYER)
    drain()
    order.refresh_from_db()
    assert first and order.promise_latest and order.promise_latest > first
    assert line(line_ids(order)[MUG]) == {draft.number: 2}
    assert needs.needed() == []


def test_an_order_for_stock_that_comes_later_takes_nobody_along(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse)
    order = placed({MUG: 2})
    draft = ordering.draft(of.vendor_id, world.warehouse.pk, Wish(
        [ordering.Item(of.variant_id, 50, Decimal(2))], day(90)), actor=BUYER)  # fmt: skip
    ordering.send(draft.pk, actor=BUYER)
    assert line(line_ids(order)[MUG]) == {"Acme": 2}
    assert [need.sold for need in needs.needed()] == [2]


def test_an_order_that_is_given_up_puts_the_need_back(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    order = placed({MUG: 3})
    purchase = order_all(world)
    ordering.give_up(purchase.pk, actor=BUYER, reason="no answer")
    assert line(line_ids(order)[MUG]) == {"Acme": 3}
    assert [need.sold for need in needs.needed()] == [3]
    assert rows(of) == [(due(of), 5, 3)]
    drain()
    assert not Message.objects.filter(kind="delayed").exists()
    assert disagreements() == []


def test_a_line_that_is_wanted_again_takes_over_nobody_who_was_promised_a_better_day(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 9)
    terms(Vendor.objects.get(), CANDLE, world.warehouse, 9)
    placed({MUG: 2})
    placed({CANDLE: 1})
    purchase = order_all(world)
    wanted = ordering.as_it_is(purchase)
    without = [item for item in wanted.items if item.variant_id != of.variant_id]
    ordering.change(purchase.pk, Wish(without, wanted.expected_on), actor=BUYER)
    ordering.change(purchase.pk, Wish(wanted.items, day(90)), actor=BUYER)
    assert [(need.terms.variant.sku, need.sold) for need in needs.needed()] == [(MUG, 2)]
    assert disagreements() == []


def test_a_draft_that_is_thrown_away_puts_the_need_back(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    placed({MUG: 3})
    draft = order_all(world, send=False)
    ordering.give_up(draft.pk, actor=BUYER, reason="mistake")
    assert [need.left for need in needs.needed()] == [3]


def test_less_than_was_promised_is_ordered_for_who_was_promised_the_soonest(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 9)
    late, soon = waits(world, 2, minutes=5), waits(world, 2)
    draft = order_all(world, send=False)
    ordering.change(draft.pk, Wish([ordering.Item(of.variant_id, 3, Decimal(2))], draft.expected_on), actor=BUYER)
    ordering.send(draft.pk, actor=BUYER)
    assert line(soon) == {draft.number: 2}
    assert line(late) == {draft.number: 1, "Acme": 1}
    assert disagreements() == []


def test_what_should_have_been_ordered_is_an_exception_until_it_is(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    placed({MUG: 3})
    standing.roll(night(of), actor=SYSTEM)
    assert Incident.objects.get(kind="order_late").data["units"] == 3
    standing.roll(night(of), actor=SYSTEM)
    assert Incident.objects.filter(kind="order_late").count() == 1
    order_all(world)
    standing.roll(actor=SYSTEM)
    assert Incident.objects.get(kind="order_late").resolved_at is not None
    assert disagreements() == []


def test_what_was_not_ordered_in_time_is_given_what_is_ordered_for_a_later_day(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 3)
    key = waits(world, 3)
    ordered = coming(world, 2, due=60)
    assert line(key) == {"Acme": 3}, "it can still be ordered for a better day"
    Supply.objects.filter(source=of.pk).update(order_by=timezone.now() - timedelta(hours=20), due=day(1))
    standing.roll(actor=SYSTEM)
    assert line(key) == {"Acme": 3}, "ordered a little late it still comes sooner"
    Supply.objects.filter(source=of.pk, committed=3).update(order_by=timezone.now() - timedelta(hours=25))
    standing.roll(actor=SYSTEM)
    assert line(key) == {"PO-1": 2, "Acme": 1}
    waits(world, 1, minutes=1)
    change_supply(ordered.pk, quantity=5, actor=SYSTEM)
    assert line(key) == {"PO-1": 3}
    standing.roll(actor=SYSTEM)
    assert needs.needed() == []
    assert disagreements() == []


def test_what_was_sold_on_the_terms_of_a_vendor_that_we_buy_from_no_more_is_ordered_elsewhere(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    key = waits(world, 3)
    change_vendor(of.vendor_id, Particulars("Acme", is_active=False), actor=BUYER)
    drain()
    standing.roll(actor=SYSTEM)
    assert Incident.objects.get(kind="order_late", resolved_at=None).data["units"] == 3
    coming(world, 2, due=60)
    assert line(key) == {"PO-1": 2, "Acme": 1}
    change_vendor(of.vendor_id, Particulars("Acme"), actor=BUYER)
    drain()
    standing.roll(actor=SYSTEM)
    assert [(need.sold, need.is_late) for need in needs.needed()] == [(1, False)]
    assert not Incident.objects.filter(kind="order_late", resolved_at=None).exists()
    assert disagreements() == []


def test_one_article_that_fails_by_night_stops_no_other_and_no_exception(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = vendor()
    bad, good = terms(of, MUG, world.warehouse), terms(of, CANDLE, world.warehouse)
    waits(world, 2)
    waits(world, 2, sku=CANDLE)
    keep = standing.keep

    def fails(wanted: standing.Standing, **more: Any) -> int:
        if wanted.source == bad.pk:
            raise ValueError("poisoned")
        return keep(wanted, **more)

    monkeypatch.setattr(standing, "keep", fails)
    assert standing.roll(night(good), actor=SYSTEM) == 1
    assert Incident.objects.filter(kind="order_late").count() == 2
    assert Incident.objects.get(kind="stuck").about == bad.variant_id
    change_vendor(of.pk, Particulars("Acme", is_active=False), actor=BUYER)
    drain()
    assert rows(good)[-1][1:] == (2, 2)
    monkeypatch.undo()
    time_to_try_again()
    standing.roll(actor=SYSTEM)
    assert not Incident.objects.filter(kind="stuck", resolved_at=None).exists()


def test_what_is_not_ordered_is_not_received(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    with pytest.raises(Conflict, match="is not ordered from Acme yet"), transaction.atomic():
        arrive(Supply.objects.get().pk, 1, actor=SYSTEM)


# The terms


def test_terms_that_are_lowered_leave_what_was_promised(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    placed({MUG: 4})
    change_terms(of.pk, Terms(5, Decimal(2), promised_units=2), actor=BUYER)
    assert rows(of) == [(due(of), 4, 4)]
    with pytest.raises(OutOfStock):
        placed({MUG: 1})
    change_terms(of.pk, Terms(5, Decimal(2), promised_units=6), actor=BUYER)
    assert rows(of) == [(due(of), 6, 4)]
    assert disagreements() == []


def test_a_vendor_that_takes_longer_now_keeps_nobody_waiting_longer(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    placed({MUG: 4})
    first = due(of)
    of = change_terms(of.pk, Terms(12, Decimal(2), promised_units=5), actor=BUYER)
    assert rows(of) == [(first, 4, 4), (due(of), 1, 0)]
    assert needs.needed()[0].ready == due(of)


def test_a_vendor_that_we_buy_from_no_more_brings_nothing_new(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    placed({MUG: 1})
    change_vendor(of.vendor_id, Particulars("Acme", is_active=False), actor=BUYER)
    drain()
    assert rows(of) == [(due(of), 1, 1)]
    with pytest.raises(Conflict, match="We do not buy from Acme any more"):
        needs.order_needed(of.vendor_id, world.warehouse.pk, actor=BUYER)
    change_vendor(of.vendor_id, Particulars("Acme & Sons"), actor=BUYER)
    drain()
    assert rows(of) == [(due(of), 5, 1)]
    assert disagreements() == []


def test_terms_are_taken_away_when_nothing_of_them_is_owed(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    order = placed({MUG: 2})
    with pytest.raises(Conflict, match="2 of MUG-BLUE are sold and not ordered yet"):
        remove_terms(of.pk, actor=BUYER)
    cancel(order.pk, actor=SYSTEM, reason="not wanted")
    remove_terms(of.pk, actor=BUYER)
    assert not VendorTerms.objects.exists()
    assert not Supply.objects.filter(state="expected").exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"lead_days": 400}, "lead_days"), ({"price": Decimal(-1)}, "price"), ({"minimum": 0}, "minimum"),
     ({"pack": 0}, "pack"), ({"promised": -1}, "promised_units")],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_its_field(world: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        terms(vendor(), MUG, world.warehouse, **wrong)
    assert refusal.value.errors[0]["loc"] == [field]
    assert not VendorTerms.objects.exists()


def test_an_article_has_terms_of_a_vendor_for_a_place_once(world: World) -> None:
    of = vendor()
    terms(of, MUG, world.warehouse)
    with pytest.raises(Invalid, match="has terms for Lyon warehouse already"):
        terms(of, MUG, world.warehouse)
    terms(of, MUG, world.store)


def test_of_two_who_change_the_same_terms_the_second_is_told(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse)
    change_terms(of.pk, Terms(6, Decimal(2)), actor=BUYER, version="1")
    with pytest.raises(Stale):
        change_terms(of.pk, Terms(7, Decimal(2)), actor=BUYER, version="1")
    again = change_terms(of.pk, as_it_is(VendorTerms.objects.get()), actor=BUYER, version="1")
    assert again.version == 2


def test_when_stock_comes_otherwise_nothing_is_to_be_ordered(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    order = placed({MUG: 2})
    Location.objects.filter(pk=world.store.pk).update(can=[])
    purchase = bought(world.warehouse, {MUG: 2}, code="OTHER")
    received(purchase, {MUG: 2})
    backorders.sweep(actor=SYSTEM)
    route([order.pk], actor=SYSTEM)
    assert needs.needed() == []
    assert not SupplyPin.objects.exists()
    assert rows(of) == [(due(of), 5, 0)]
    assert disagreements() == []


# What the database keeps true


@pytest.mark.parametrize(
    ("change", "name"),
    [({"arrived": 1}, "supply_unordered_does_not_come"), ({"kind": "purchase"}, "supply_unordered_does_not_come"),
     ({"quantity": 1}, "supply_committed_is_to_come")],
)  # fmt: skip
def test_the_database_refuses_what_cannot_be_of_supply_that_is_not_ordered(
    world: World, change: dict[str, Any], name: str
) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    waits(world, 2)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Supply.objects.update(**change)


def test_the_database_knows_one_row_of_terms_for_a_day(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    row = Supply.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError, match="supply_unordered_once"), transaction.atomic():
        Supply.objects.create(**{f.attname: getattr(row, f.attname) for f in Supply._meta.fields if f.name != "id"})


@pytest.mark.parametrize(
    ("change", "name"),
    [({"promised_units": 6}, "vendorterms_promised"), ({"promised_units": -1}, "vendorterms_promised"),
     ({"pack": 0}, "vendorterms_bounds"), ({"lead_days": -1}, "vendorterms_bounds")],
)  # fmt: skip
def test_the_database_refuses_terms_that_cannot_be(world: World, change: dict[str, Any], name: str) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        VendorTerms.objects.update(**change)


def test_the_database_refuses_a_line_that_promises_more_than_it_orders(world: World) -> None:
    bought(world.warehouse, {MUG: 2})
    with pytest.raises(IntegrityError, match="purchaseline_promised"), transaction.atomic():
        PurchaseLine.objects.update(promised=3)


def test_what_stands_beyond_the_terms_is_found(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    Supply.objects.update(quantity=7)
    assert any("7 stand, 5 are allowed" in each for each in disagreements())


def test_what_should_have_been_ordered_two_days_ago_without_an_exception_is_found(world: World) -> None:
    terms(vendor(), MUG, world.warehouse, 5)
    waits(world, 2)
    Supply.objects.update(order_by=timezone.now() - timedelta(days=2))
    assert any("no exception says so" in each for each in disagreements())
    standing.roll(actor=SYSTEM)
    assert disagreements() == []
