"""What changed a product's stock, and why: every movement and promise with its reason, and what stood before and after."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from backoffice.stock.changes import CHANGES, STOOD
from core.actors import Actor
from core.models import Grant
from fulfillment.amend import cancel
from inventory.feeds import silence
from inventory.limits.setting import set_fence, withhold
from inventory.models import Movement, Stock, StockFeed
from inventory.services import adjust, set_safety
from returns.services import Back, ReturnInput, receive_and_credit
from tests.factories.feeds import feed_at, level, say
from tests.factories.orders import line_ids, placed, shipped
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
WHO = Actor("user", "Paula Planner")


@pytest.fixture
def world() -> World:
    return small_world(stock=100, store_stock=10)


def address(world: World, **query: str) -> str:
    found = {"product": str(world.variants[MUG].pk)} | query
    return f"/stock-changes/?{'&'.join(f'{name}={value}' for name, value in found.items())}"


def listed(world: World, reader: Client | None = None, **query: str) -> list[Any]:
    shown = (reader or signed_in("planner")).get(address(world, **query))
    found: list[Any] = shown.context["page"].items
    return found


def cells(rows: list[Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(CHANGES.column(name).value(row) for name in names) for row in rows]


def test_what_came_and_went_has_its_reason_and_what_stood_before_and_after(world: World) -> None:
    adjust(world.variants[MUG].pk, world.warehouse.pk, -3, reason="damaged", note="fell", actor=WHO)
    adjust(world.variants[MUG].pk, world.warehouse.pk, 1, reason="found", actor=WHO)
    rows = listed(world, location="DC-LYON", kind="on_hand")
    assert cells(rows, "on_hand", "stands", "why", "who") == [
        (1, "97 → 98", "Correction · Found", "Paula Planner"),
        (-3, "100 → 97", "Correction · Damaged: fell", "Paula Planner"),
        (100, "0 → 100", "Receipt · Opening stock", "System"),
    ]


def test_the_life_of_an_order_is_told_by_its_documents(world: World) -> None:
    order, (parcel,) = shipped({MUG: 2, CANDLE: 1})
    receive_and_credit([ReturnInput(order.pk, [Back(line_ids(order)[MUG], 1)])], actor=WHO)
    rows = [row for row in listed(world) if row.what != "receipt"]
    told = [(row.kind, row.on_hand, row.reserved, row.allocated) for row in rows]
    assert told == [
        ("on_hand", 1, None, None), ("on_hand", -2, None, -2), ("allocated", None, None, 2), ("reserved", None, 2, None)
    ]  # fmt: skip
    documents = cells(rows, "document")
    assert documents[2:] == [(order.number,), (order.number,)]
    assert documents[0][0].startswith("RMA-")
    assert f"/work/parcels/{parcel}/" in signed_in("planner").get(address(world)).content.decode()


def test_what_a_cancelled_order_gives_back_is_told_without_a_number(world: World) -> None:
    order = placed({MUG: 2, CANDLE: 1})
    cancel(order.pk, actor=WHO, reason="not wanted")
    (row,) = listed(world, kind="given_back")
    assert cells([row], "why", "document", "who") == [
        ("Order cancelled: what it held of it is given back · not wanted", order.number, "Paula Planner")
    ]
    assert (row.reserved, row.location) == (None, None)


def test_safety_and_silence_are_told_where_they_were(world: World) -> None:
    set_safety(world.variants[MUG].pk, world.store.pk, 4, actor=WHO)
    feed = feed_at(world.warehouse, expected_minutes=1, when_silent="hold_units", hold_units=2)
    StockFeed.objects.update(watched_since=timezone.now() - timedelta(days=1))
    silence.watch()
    say(feed, level(MUG, 100))
    assert cells(listed(world, kind="safety"), "place", "stands") == [("Paris shop", "0 → 4")]
    assert cells(listed(world, kind="held"), "place", "why") == [
        ("Lyon warehouse", "Its feed is heard again"),
        ("Lyon warehouse", "Its feed is silent: units may be held back"),
    ]


def test_the_count_of_a_feed_leads_to_its_message(world: World) -> None:
    feed = feed_at(world.store)
    say(feed, level(MUG, 7))
    (row,) = [row for row in listed(world, location="SHOP-PARIS") if row.what == "count"]
    assert cells([row], "on_hand", "stands", "document") == [(-3, "10 → 7", "Message")]


def test_the_sum_of_what_changed_is_what_is_there(world: World) -> None:
    shipped({MUG: 2})
    adjust(world.variants[MUG].pk, world.store.pk, -4, reason="lost", actor=WHO)
    rows = listed(world)
    on_hand = sum(row.on_hand or 0 for row in rows)
    assert on_hand == sum(Stock.objects.filter(variant=world.variants[MUG]).values_list("on_hand", flat=True))
    assert sum(row.allocated or 0 for row in rows) == 0


def test_a_store_sees_its_own_changes_only(world: World) -> None:
    placed({MUG: 2})
    store = signed_in("store", location_id=world.store.pk)
    assert {row.location_id for row in listed(world, store)} == {world.store.pk}


@pytest.mark.parametrize("query", ["", "?product=nonsense", "?product=01a20a0b-102a-77fa-a119-f18d7cc9f0a0"])
def test_without_a_product_there_is_nothing_to_list(world: World, query: str) -> None:
    assert signed_in("planner").get(f"/stock-changes/{query}").headers["Location"] == "/stock/"


def made_old(world: World, days: int = 90) -> None:
    """What has happened until now was long ago."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for trigger in ("DISABLE", "ENABLE"):
            cursor.execute(f"ALTER TABLE inventory_movement {trigger} TRIGGER USER")
            if trigger == "DISABLE":
                cursor.execute("UPDATE inventory_movement SET at = at - %s * interval '1 day'", [days])


def test_only_the_last_month_is_read_unless_more_is_asked_for(world: World) -> None:
    adjust(world.variants[MUG].pk, world.warehouse.pk, -3, reason="damaged", actor=WHO)
    made_old(world)
    adjust(world.variants[MUG].pk, world.warehouse.pk, 1, reason="found", actor=WHO)
    assert cells(listed(world), "on_hand", "stands") == [(1, "97 → 98")]
    since = f"{timezone.now() - timedelta(days=100):%Y-%m-%d}"
    asked = [row for row in listed(world, since=since) if row.location_id == world.warehouse.pk]
    assert cells(asked, "stands") == [("97 → 98",), ("100 → 97",), ("0 → 100",)]


def test_a_file_is_of_one_product_and_of_the_month_too(world: World) -> None:
    made_old(world)
    adjust(world.variants[MUG].pk, world.warehouse.pk, 1, reason="found", actor=WHO)
    planner = get_user_model().objects.create_user("pia")
    Grant.objects.create(user=planner, role="planner")
    assert CHANGES.queryset(planner, QueryDict("")).count() == 0
    assert CHANGES.queryset(planner, QueryDict(f"product={world.variants[MUG].pk}")).count() == 1
    assert CHANGES.queryset(planner, QueryDict(f"product={world.variants[MUG].pk}&since=2020-01-01")).count() == 3


def test_what_stood_is_told_without_reading_what_is_older(world: World) -> None:
    """Of forty movements the last five are shown: no more than these are read, whatever lies before them."""
    for n in range(40):
        adjust(world.variants[MUG].pk, world.warehouse.pk, 1 + n % 2, reason="found", actor=WHO)
    last = list(Movement.objects.filter(variant=world.variants[MUG]).order_by("-at", "-id")[:5])
    given: dict[str, Any] = {
        "variants": [world.variants[MUG].pk], "places": [world.warehouse.pk],
        "ids": [each.pk for each in last], "since": min(each.at for each in last),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {STOOD}", given)
        (plan,) = cursor.fetchone()
    scans = [node for node in _nodes(plan[0]["Plan"]) if node.get("Relation Name") == "inventory_movement"]
    assert [node["Actual Rows"] * node["Actual Loops"] for node in scans] == [5]
    assert "at" in scans[0]["Index Cond"]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for under in plan.get("Plans", ()):
        yield from _nodes(under)


def test_pages_of_it_follow_each_other_without_gaps(world: World) -> None:
    for n in range(30):
        adjust(world.variants[MUG].pk, world.warehouse.pk, 1 + n % 2, reason="found", actor=WHO)
    planner, seen, link = signed_in("planner"), list[Any](), address(world, size="25")
    while link:
        page = planner.get(link).context["page"]
        seen += [row.pk for row in page.items]
        link = address(world, size="25", cursor=page.next) if page.next else ""
    assert len(seen) == len(set(seen)) == 32


def test_the_page_asks_a_bounded_number_of_times(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _order in range(3):
        shipped({MUG: 2})
    planner = signed_in("planner")
    planner.get(address(world))
    with django_assert_max_num_queries(15):
        planner.get(address(world))


def test_limits_are_told_with_what_they_were(world: World) -> None:
    mug, store = world.variants[MUG].pk, world.store.pk
    set_fence(mug, store, world.channel.pk, 3, actor=WHO)
    withhold(mug, store, withheld=True, actor=WHO)
    assert cells(listed(world, kind="limits"), "place", "why", "stands") == [
        ("Paris shop", "Not promised from this place any more", ""),
        ("Paris shop", "Units set aside for a channel", "0 → 3"),
    ]


def test_what_holds_in_any_case_is_no_filter_to_take_away_and_show_all_stays_with_the_product(world: World) -> None:
    client = signed_in("planner")
    shown: Any = client.get(address(world, location="SHOP-PARIS")).context["list"]
    assert [(chip["label"], bool(chip["url"])) for chip in shown.chips] == [
        (f"Product: {MUG}", False), ("Place: Paris shop", True), ("When: last 30 days", False),
    ]  # fmt: skip
    assert shown.clear_url == address(world)
    nothing = client.get(address(world, since="2020-01-01", until="2020-01-02")).content.decode()
    assert "Nothing changed here in this time" in nothing
    link = nothing.partition("The last 12 months")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "since=" in link and client.get(link).context["page"].items
