"""How long stock is kept for orders that are held: by rule, longer by hand, let go, and asked for again."""

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db import transaction
from django.utils import timezone

from backoffice.timeline_words import SAID
from core.actors import SYSTEM, Actor
from core.db import rows, run
from core.invariants import disagreements
from core.models import Event, Incident, TimelineEntry
from core.outbox import drain, publish
from core.problems import Conflict, Invalid
from core.templatetags.ui import long_day
from fulfillment import backorders, deadlines
from fulfillment import keeping as asking
from fulfillment.amend import cancel
from fulfillment.deadlines import cancel_unpaid, remind_unpaid
from inventory.limits.setting import set_fence
from inventory.models import Fence, Reservation, SupplyPin
from notifications.models import Message
from orders import holds
from orders.events import PaymentReminder
from orders.keeping import rules
from orders.keeping.services import extend, kept, lapse, let_go
from orders.models import Channel, Hold, Keeping, KeepingRule, Order
from tests.factories.orders import buckets, placed
from tests.factories.supply import coming, waits
from tests.factories.supply import reserved as in_stock
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db
CLERK = Actor("user", "Clara Clerk")
PAYS_LATER = {"tender": "card", "amount": "16.90", "token": "tok_visa"}


@pytest.fixture
def world() -> World:
    """Three mugs at the warehouse; a clerk's hold keeps stock for a week, a check of the address for three days."""
    return small_world(stock=3, store_stock=0)


def held(units: int = 2, kind: str = "manual") -> Order:
    order = placed({MUG: units})
    holds.open_hold([order.pk], kind, actor=CLERK)
    drain()
    return order


def at(**time: float) -> datetime:
    return timezone.now() + timedelta(**time)


def release(order: Order, kind: str = "manual") -> None:
    holds.resolve([order.pk], kind, actor=CLERK)
    drain()


def status(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def reserved() -> int:
    return int(rows("SELECT sum(reserved) AS units FROM inventory_stock")[0].units)


def actions(order: Order) -> list[str]:
    return list(TimelineEntry.objects.filter(about=order.pk).order_by("at", "id").values_list("action", flat=True))


def test_stock_is_kept_as_long_as_the_rule_of_its_hold_says_and_then_is_free_for_others(world: World) -> None:
    order = held()
    assert (found := kept(order.pk)) and found.until
    assert (found.units, found.until - found.held_since) == (2, timedelta(hours=168))
    assert lapse(at(days=6, hours=23)) == []
    assert lapse(at(days=7, hours=1)) == [order.pk]
    assert (buckets(order)[MUG], status(order), reserved()) == ({"backordered": 2}, "on_hold", 0)
    assert not Reservation.objects.exists() and not SupplyPin.objects.exists()
    assert lapse(at(days=8)) == []
    assert placed({MUG: 3})
    assert disagreements() == []


def test_the_customer_is_told_that_nothing_is_kept_any_more(world: World) -> None:
    order = held()
    lapse(at(days=8))
    drain()
    letter = Message.objects.get(about=order.pk, kind="stock_let_go")
    assert "no longer" in letter.text and "2 ×" in letter.text
    assert "order.let_go" in actions(order)
    assert Event.objects.get(about=order.pk, kind="order.stock_let_go").payload["units"] == 2


def test_when_the_hold_ends_what_is_free_is_taken_again_and_the_order_goes_on(world: World) -> None:
    order = held()
    lapse(at(days=8))
    release(order)
    assert (status(order), buckets(order)[MUG]) == ("processing", {"released": 2})
    assert not Incident.objects.exists()
    assert [a for a in actions(order) if a in ("order.ask_again", "order.taken_up")] == ["order.ask_again", "order.taken_up"]  # fmt: skip
    assert disagreements() == []


def test_what_others_have_bought_meanwhile_is_a_backorder_of_which_somebody_knows(world: World) -> None:
    order = held()
    lapse(at(days=8))
    placed({MUG: 2})
    release(order)
    assert buckets(order)[MUG] == {"backordered": 1, "released": 1}
    assert Incident.objects.get(about=order.pk).kind == "backorder"
    assert SupplyPin.objects.get().quantity == 1
    assert disagreements() == []


def test_whoever_waits_gets_what_is_let_go(world: World) -> None:
    order = held(3)
    other = waits(world, 2)
    lapse(at(days=8))
    drain()
    assert in_stock(other) == {"DC-LYON": 2}
    assert buckets(order)[MUG] == {"backordered": 3}, "it does not stand in line itself"


def test_of_two_holds_the_first_deadline_counts_and_only_the_last_release_asks_again(world: World) -> None:
    order = held()
    holds.open_hold([order.pk], "address", actor=CLERK)
    assert lapse(at(days=3, hours=1)) == [order.pk]
    release(order, "address")
    assert (status(order), buckets(order)[MUG]) == ("on_hold", {"backordered": 2})
    release(order)
    assert buckets(order)[MUG] == {"released": 2}
    assert disagreements() == []


def test_the_rule_of_a_channel_stands_above_that_of_all(world: World) -> None:
    order = held()
    own = rules.set_rule("manual", 2, channel_id=Channel.objects.get(code="web").pk, actor=CLERK)
    assert lapse(at(hours=1)) == []
    assert rules.set_rule("manual", 2, channel_id=own.channel_id, actor=CLERK).pk == own.pk
    assert lapse(at(hours=3)) == [order.pk]
    again = held(1)
    rules.remove_rule(own.pk, actor=CLERK)
    rules.remove_rule(own.pk, actor=CLERK)
    assert lapse(at(hours=3)) == []
    rules.set_rule("manual", None, actor=CLERK)
    assert lapse(at(days=300)) == []
    found = kept(again.pk)
    assert found and found.until is None
    assert [e.action for e in TimelineEntry.objects.filter(about=own.pk).order_by("at", "id")] == ["keeping_rule.set", "keeping_rule.remove"]  # fmt: skip


@pytest.mark.parametrize(("kind", "hours", "field"), [("manual", 0, "hours"), ("manual", 721, "hours"), ("payment", 5, "kind")])  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused(world: World, kind: str, hours: int, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.set_rule(kind, hours, actor=CLERK)
    assert refused.value.errors[0]["loc"] == [field]
    assert KeepingRule.objects.get(kind="manual").hours == 168


def test_a_clerk_keeps_it_longer_with_a_reason_up_to_thirty_days(world: World) -> None:
    order = held()
    until = at(days=20)
    extend(order.pk, until, reason="He is abroad", actor=CLERK)
    extend(order.pk, until, reason="He is abroad", actor=CLERK)
    assert actions(order).count("order.keep_longer") == 1
    assert Event.objects.filter(about=order.pk, kind="order.changed").count() == 1
    assert (lapse(at(days=19)), lapse(at(days=20, hours=1))) == ([], [order.pk])
    assert disagreements() == []


@pytest.mark.parametrize(("days", "said"), [(31, "at most 30 days"), (1, "after the present deadline"), (-1, "after")])
def test_it_is_not_kept_for_ever_nor_shorter_by_keeping_it_longer(world: World, days: int, said: str) -> None:
    order = held()
    with pytest.raises(Invalid, match=said):
        extend(order.pk, at(days=days), reason="Because", actor=CLERK)
    with pytest.raises(Invalid, match="say why"):
        extend(order.pk, at(days=9), reason=" ", actor=CLERK)
    assert "order.keep_longer" not in actions(order)


def test_a_clerk_lets_it_go_at_once(world: World) -> None:
    order = held()
    let_go(order.pk, reason="She does not answer", actor=CLERK)
    entry = TimelineEntry.objects.get(about=order.pk, action="order.let_go")
    assert (entry.actor, entry.data) == (CLERK.label, {"units": 2, "reason": "She does not answer"})
    with pytest.raises(Conflict, match="Nothing is kept"):
        let_go(order.pk, reason="Again", actor=CLERK)
    with pytest.raises(Conflict, match="Nothing is kept"):
        extend(order.pk, at(days=9), reason="Again", actor=CLERK)
    assert disagreements() == []


def test_of_an_order_that_nothing_holds_nothing_is_let_go(world: World) -> None:
    order = placed({MUG: 1})
    for act in (lambda: let_go(order.pk, reason="x", actor=CLERK), lambda: extend(order.pk, at(days=1), reason="x", actor=CLERK)):  # fmt: skip
        with pytest.raises(Conflict, match="Nothing holds"):
            act()


def test_it_can_be_cancelled_while_nothing_is_kept_for_it(world: World) -> None:
    order = held()
    lapse(at(days=8))
    line = order.lines.get()
    cancel(order.pk, actor=CLERK, reason="One is enough", lines=[(line.pk, 1)])
    assert buckets(order)[MUG] == {"backordered": 1, "cancelled": 1}
    release(order)
    assert buckets(order)[MUG] == {"released": 1, "cancelled": 1}
    other = held(1)
    lapse(at(days=8))
    cancel(other.pk, actor=CLERK, reason="Not at all")
    drain()
    asking.sweep(actor=SYSTEM)
    assert (status(other), disagreements()) == ("cancelled", [])


def test_its_place_in_line_for_supply_goes_to_others_as_well(world: World) -> None:
    order = held(3)
    supply = coming(world, 4)
    lapse(at(days=8))
    placed({MUG: 3})
    release(order)
    assert SupplyPin.objects.get(supply=supply).quantity == 3
    holds.open_hold([order.pk], "manual", actor=CLERK)
    assert lapse(at(days=8)) == [order.pk]
    supply.refresh_from_db()
    assert (SupplyPin.objects.count(), supply.committed) == (0, 0)
    assert disagreements() == []
    release(order)
    assert SupplyPin.objects.get(supply=supply).quantity == 3
    assert disagreements() == []


def test_what_was_kept_out_of_a_fence_goes_back_into_it(world: World) -> None:
    web = Channel.objects.get(code="web").pk
    set_fence(world.variants[MUG].pk, world.warehouse.pk, web, 2, actor=CLERK)
    order = held()
    assert Fence.objects.get().unused == 0
    lapse(at(days=8))
    assert Fence.objects.get().unused == 2
    release(order)
    assert disagreements() == []


def test_what_a_place_was_given_stays_there(world: World) -> None:
    order = placed({MUG: 2})
    drain()
    holds.open_hold([order.pk], "manual", actor=CLERK)
    assert lapse(at(days=8)) == []
    assert buckets(order)[MUG] == {"released": 2}


def test_a_release_that_no_event_told_of_is_found_by_the_sweep(world: World) -> None:
    order = held()
    lapse(at(days=8))
    holds.resolve([order.pk], "manual", actor=CLERK)
    Event.objects.filter(kind="order.stock_wanted").delete()
    asking.sweep(actor=SYSTEM)
    drain()
    assert buckets(order)[MUG] == {"released": 2}
    assert disagreements() == []


def test_what_was_let_go_stands_in_no_line_while_the_order_is_held(world: World) -> None:
    order = held(2)
    let_go(order.pk, reason="They want to think about it", actor=CLERK)
    drain()

    backorders.sweep(actor=SYSTEM)

    assert not Reservation.objects.filter(demand_key__in=order.lines.values("pk")).exists()
    assert not SupplyPin.objects.filter(demand_key__in=order.lines.values("pk")).exists()
    assert disagreements() == []


def test_asking_twice_asks_once(world: World) -> None:
    order = held()
    lapse(at(days=8))
    placed({MUG: 3})
    release(order)
    asking.ask_again([order.pk], actor=SYSTEM)
    assert actions(order).count("order.ask_again") == 1
    assert SupplyPin.objects.get().quantity == 2


def dies(*_args: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_a_sweep_that_is_lost_midway_leaves_everything_to_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    orders = {held(1).pk, held(1).pk}
    with monkeypatch.context() as patch:
        patch.setattr("orders.keeping.services.refresh", dies)
        with pytest.raises(KeyboardInterrupt):
            lapse(at(days=8))
    assert reserved() == 2
    assert set(lapse(at(days=8))) == orders
    assert disagreements() == []


def test_a_lost_place_in_line_is_no_letter_and_is_told_in_other_words(world: World) -> None:
    order = held(2)
    lapse(at(days=8))
    placed({MUG: 3})
    release(order)
    holds.open_hold([order.pk], "manual", actor=CLERK)
    drain()
    assert (found := kept(order.pk)) and (found.units, found.waiting) == (0, 2)
    assert lapse(at(days=8)) == [order.pk]
    drain()
    assert Message.objects.filter(about=order.pk, kind="stock_let_go").count() == 1
    last = TimelineEntry.objects.filter(about=order.pk, action="order.let_go").latest("at")
    assert SAID["order.let_go"](last, "EUR").startswith("has no place in line for it any more")


def test_what_is_held_when_the_rules_come_is_kept_for_a_week_even_if_it_is_unpaid_as_well(world: World) -> None:
    unpaid, both = (placed({MUG: 1}, payments=[PAYS_LATER]) for _ in range(2))
    holds.open_hold([both.pk], "fraud_review", actor=CLERK)
    Hold.objects.update(opened_at=at(hours=-80))
    run(import_module("orders.migrations.0010_keeping").GRACE)
    assert lapse() == []
    assert (found := kept(both.pk)) and found.keep_until and found.keep_until > at(days=6)
    assert not Keeping.objects.filter(order=unpaid.pk).exists()


def test_who_was_told_until_when_to_pay_is_told_the_new_day_once(world: World) -> None:
    told, untold = (placed({MUG: 1}, payments=[PAYS_LATER]) for _ in range(2))
    with transaction.atomic():
        publish([PaymentReminder(about=told.pk, number=told.number, until=at(hours=1).isoformat())])
    drain()
    until = at(days=12)
    for order in (told, untold, told):
        extend(order.pk, until, reason="Pays on Friday", actor=CLERK)
    drain()
    letters = Message.objects.filter(kind="payment_reminder").order_by("created_at", "id")
    assert [each.about for each in letters] == [told.pk] * 2
    assert long_day(until) in letters[1].text


def test_who_promises_to_pay_later_is_given_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "ask_about", lambda order_ids, actor: set())
    order = placed({MUG: 1}, payments=[PAYS_LATER])
    assert (found := kept(order.pk)) and found.pay_until and found.keep_until is None
    extend(order.pk, at(days=5), reason="Pays on Friday", actor=CLERK)
    assert (cancel_unpaid(at(days=4)), remind_unpaid(at(days=6))) == ([], [])
    assert lapse(at(days=6)) == []
    assert cancel_unpaid(at(days=5, hours=1)) == [order.pk]
    assert disagreements() == []


def test_who_was_given_time_to_pay_has_it_though_the_stock_is_let_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "ask_about", lambda order_ids, actor: set())
    order = placed({MUG: 1}, payments=[PAYS_LATER])
    extend(order.pk, at(days=5), reason="Pays on Friday", actor=CLERK)
    let_go(order.pk, reason="Somebody else needs it today", actor=CLERK)
    assert cancel_unpaid(at(days=4)) == []
    assert cancel_unpaid(at(days=5, hours=1)) == [order.pk]
    assert disagreements() == []


def test_an_order_that_has_nothing_left_to_ask_for_is_marked_no_more(world: World) -> None:
    order = held(1)
    lapse(at(days=8))
    cancel(order.pk, actor=CLERK, reason="Not that", lines=[(order.lines.get().pk, 1)])
    drain()
    asking.ask_again([order.pk], actor=SYSTEM)
    assert not Keeping.objects.filter(order=order.pk, let_go_at__isnull=False).exists()
    assert disagreements() == []
