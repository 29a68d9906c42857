"""Stock that is kept for orders that wait, on the order page, in its list, and the page of its rules."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.actors import SYSTEM
from core.models import TimelineEntry
from orders import holds
from orders.keeping.services import kept, lapse
from orders.models import Channel, Hold, KeepingRule, KeptOrder, Order
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def clerk(world: World) -> Client:
    return signed_in("clerk")


def held(units: int = 2, kind: str = "manual") -> Order:
    order = placed({MUG: units})
    holds.open_hold([order.pk], kind, actor=SYSTEM)
    return Order.objects.get(pk=order.pk)


def page(client: Client, order: Order) -> str:
    return client.get(f"/orders/{order.number}/").content.decode()


def typed(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def later(**time: float) -> datetime:
    return timezone.now() + timedelta(**time)


def test_the_order_page_says_until_when_and_what_happens_then(clerk: Client) -> None:
    order = held()
    text = page(clerk, order)
    assert "2 units are kept until" in text and "then others can buy them" in text
    assert "keep-dialog" in text and "let-go-dialog" in text
    assert "keep-dialog" not in page(signed_in("planner"), order)
    assert "kept until" not in page(clerk, placed({MUG: 1}))


def test_a_clerk_keeps_it_longer_on_the_page(clerk: Client) -> None:
    order = held()
    until = typed(later(days=20))
    sent = {"until": until, "reason": "He is abroad", "version": order.version}
    told = clerk.post(f"/orders/{order.number}/keep/", sent, follow=True).content.decode()
    assert "Its stock is kept until" in told and "keeps its stock until" in told and "He is abroad" in told
    assert "&lt;time" not in told
    assert (found := kept(order.pk)) and found.until and typed(found.until) == until


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("", "choose a day and a time"),
        ("tomorrow", "choose a day and a time"),
        ("9999-12-31T23:59", "at most 30 days"),
        ("0001-01-01T00:00", "after the present deadline"),
    ],
)
def test_what_cannot_be_is_refused_by_the_field_and_stays_typed(clerk: Client, until: str, said: str) -> None:
    order = held()
    told = clerk.post(
        f"/orders/{order.number}/keep/", {"until": until, "reason": "Rings back", "version": order.version}
    )
    assert told.status_code == 422
    assert said in told.content.decode() and "Rings back" in told.content.decode()
    assert not TimelineEntry.objects.filter(action="order.keep_longer").exists()


def test_a_clerk_lets_it_go_on_the_page_and_a_second_press_is_told(clerk: Client) -> None:
    order = held()
    sent = {"reason": "No answer", "version": order.version}
    told = clerk.post(f"/orders/{order.number}/let-go/", sent, follow=True).content.decode()
    assert "Its stock is free for others." in told and "Its stock is no longer kept" in told
    assert "let-go-dialog" not in told
    order.refresh_from_db()
    again = clerk.post(f"/orders/{order.number}/let-go/", sent | {"version": order.version})
    assert again.status_code == 409
    assert "Nothing is kept" in again.content.decode()


def test_the_list_has_what_lapses_soonest_first_and_what_was_let_go(clerk: Client) -> None:
    week, days, gone = held(1), held(2, "address"), held(3, "duplicate")
    lapse(later(days=2, hours=1))
    text = clerk.get("/kept-stock/?state=kept").content.decode()
    assert text.index(days.number) < text.index(week.number)
    assert gone.number not in text and "Its units are free for others" in text
    text = clerk.get("/kept-stock/?state=gone").content.decode()
    assert gone.number in text and week.number not in text


def test_the_list_takes_as_many_statements_for_many_as_for_one(clerk: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert clerk.get("/kept-stock/?state=kept").status_code == 200
        return len(seen)

    held()
    statements()
    one = statements()
    for _ in range(6):
        held(1)
    assert statements() == one


def test_people_of_a_store_find_only_their_orders(world: World) -> None:
    order = held()
    text = signed_in("clerk", location_id=world.store.pk).get("/kept-stock/?state=kept").content.decode()
    assert order.number not in text


def test_a_hold_that_is_not_open_costs_the_order_page_nothing(clerk: Client) -> None:
    order = placed({MUG: 1})
    with CaptureQueriesContext(connection) as seen:
        page(clerk, order)
    assert not [q for q in seen.captured_queries if "orders_keptorder" in q["sql"]]


def test_rules_are_set_and_removed_on_their_page(world: World) -> None:
    manager, web = signed_in("manager"), Channel.objects.get(code="web")
    told = manager.post("/keeping-rules/", {"kind": "manual", "channel": str(web.pk), "hours": "36"}, follow=True)
    assert "36 hours" in told.content.decode() and "7 days" in told.content.decode()
    rule = KeepingRule.objects.get(channel=web)
    order = held()
    found = KeptOrder.objects.get(order=order)
    assert found.until and found.until - found.held_since == timedelta(hours=36)
    manager.post(f"/keeping-rules/{rule.pk}/remove/")
    general = KeepingRule.objects.get(kind="manual")
    manager.post(f"/keeping-rules/{general.pk}/remove/")
    assert KeepingRule.objects.filter(kind="manual").count() == 1, "that of all channels is changed, not removed"
    told = manager.post("/keeping-rules/", {"kind": "manual", "channel": "", "hours": ""}, follow=True)
    assert "as long as it is held" in told.content.decode()
    text = page(manager, order)
    assert "Its units are kept as long as it is held" in text
    assert "let-go-dialog" in text and "keep-dialog" not in text
    manager.post(f"/orders/{order.number}/let-go/", {"reason": "Sold to another", "version": order.version})
    assert "Its stock is no longer kept" in page(manager, order)


def test_a_shorter_rule_asks_in_numbers_before_stock_is_let_go_at_once(world: World) -> None:
    manager = signed_in("manager")
    order = held(2)
    held(1, "fraud_review")
    Hold.objects.update(opened_at=later(hours=-5))
    asked = manager.post("/keeping-rules/", {"kind": "manual", "channel": "", "hours": "1"})
    text = asked.content.decode()
    assert asked.status_code == 200 and "1 order is held longer" in text and "2 units are free" in text
    assert KeepingRule.objects.get(kind="manual").hours == 168
    assert not TimelineEntry.objects.filter(action="keeping_rule.set").exists()
    agreed = {name: re.search(f'name="{name}" value="([^"]*)"', text) for name in ("kind", "hours", "agreed")}
    sent = {name: found[1] for name, found in agreed.items() if found} | {"channel": ""}
    held(1)
    Hold.objects.update(opened_at=later(hours=-5))
    assert "2 orders are held longer" in manager.post("/keeping-rules/", sent).content.decode(), "more than was agreed"
    assert manager.post("/keeping-rules/", sent | {"agreed": "2"}).status_code == 302
    assert KeepingRule.objects.get(kind="manual").hours == 1
    assert order.pk in lapse()


def test_a_removed_rule_asks_too_where_that_of_all_channels_is_shorter(world: World) -> None:
    manager, web = signed_in("manager"), Channel.objects.get(code="web")
    manager.post("/keeping-rules/", {"kind": "manual", "channel": str(web.pk), "hours": "700"})
    rule = KeepingRule.objects.get(channel=web)
    held(2)
    Hold.objects.update(opened_at=later(days=-8))
    away = f"/keeping-rules/{rule.pk}/remove/"
    assert "1 order is held longer" in manager.post(away).content.decode()
    assert KeepingRule.objects.filter(pk=rule.pk).exists()
    assert manager.post(away, {"agreed": "1"}).status_code == 302
    assert not KeepingRule.objects.filter(pk=rule.pk).exists()


def test_in_french_no_article_stands_before_today(clerk: Client) -> None:
    order = held()
    KeepingRule.objects.update(hours=1)
    Hold.objects.update(opened_at=timezone.now())
    french = {"Accept-Language": "fr"}
    until = typed(later(hours=20))
    sent = {"until": until, "reason": "Rappelle", "version": order.version}
    text = clerk.post(f"/orders/{order.number}/keep/", sent, follow=True, headers=french).content.decode()
    text += clerk.get("/kept-stock/?state=kept", headers=french).content.decode()
    assert "chéance" in text
    found = re.search(r"\b(le|au|du) (<time[^>]*>)?(aujourd|demain|hier)", text)
    assert not found, found


@pytest.mark.parametrize(("field", "value"), [("hours", "0"), ("hours", "721"), ("hours", "1.5"), ("kind", "payment"), ("channel", "x")])  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_by_its_field(world: World, field: str, value: str) -> None:
    sent = {"kind": "manual", "channel": "", "hours": "5"} | {field: value}
    told = signed_in("manager").post("/keeping-rules/", sent)
    assert told.status_code == 422
    assert KeepingRule.objects.get(kind="manual").hours == 168
