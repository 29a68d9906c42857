"""A feed that has gone silent: its places promise less, people are told, and all is well when it is heard again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from capture.services import place_order
from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Incident, TimelineEntry
from core.problems import Invalid, OutOfStock
from core.versions import Stale
from inventory import services
from inventory.feeds import applying, silence
from inventory.feeds.setting_up import as_it_is, change_feed
from inventory.models import Location, Stock, StockFeed
from inventory.selectors import free_units, on_offer, stock_of_variants
from inventory.services import Pin, Short, Target
from orders.models import Order
from sourcing.orders import demanding, free_stock
from tests.factories.feeds import feed_at, kept, level, say
from tests.factories.world import MUG, World, order_body, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=0)


def silent(world: World, **wish: Any) -> StockFeed:
    """A feed of the warehouse that was heard an hour ago and should have been within a minute."""
    feed = feed_at(world.warehouse, expected_minutes=1, **wish)
    hour_ago = timezone.now() - timedelta(hours=1)
    StockFeed.objects.update(watched_since=hour_ago - timedelta(days=1), heard_at=hour_ago)
    silence.watch()
    feed.refresh_from_db()
    assert feed.silent_since == hour_ago
    return feed


def row_of_list(sku: str) -> Any:
    """The product as the list of stock shows it."""
    return stock_of_variants().get(sku=sku)


def can_be_promised(world: World) -> int:
    (row,) = on_offer([MUG], world.pool.pk, world.channel.pk, [world.warehouse.pk, world.store.pk])
    return sum(units for _, units in row.sends or ())


RULES = [
    ({"when_silent": "go_on"}, 10),
    ({"when_silent": "hold_units", "hold_units": 3}, 7),
    ({"when_silent": "hold_share", "hold_share": 25}, 7),
    ({"when_silent": "promise_nothing"}, 0),
]


@pytest.mark.parametrize(("wish", "left"), RULES)
def test_a_silent_feed_lowers_what_its_places_promise_wherever_it_is_read(
    world: World, wish: dict[str, Any], left: int
) -> None:
    silent(world, **wish)
    mug, pool = world.variants[MUG].pk, world.pool.pk
    assert can_be_promised(world) == left
    assert free_units([mug], pool, world.channel.pk).common == ({world.warehouse.pk: {mug: left}} if left else {})
    assert row_of_list(MUG).free == left
    assert Stock.objects.select_related("location").get(variant=mug).free == left
    assert disagreements() == []


@pytest.mark.parametrize(("wish", "left"), RULES)
def test_what_is_held_back_is_refused_by_the_guarded_update_too(world: World, wish: dict[str, Any], left: int) -> None:
    """As when somebody has read free units just before the feed went silent."""
    silent(world, **wish)
    mug, place = world.variants[MUG].pk, world.warehouse.pk
    with pytest.raises(Short), transaction.atomic():
        services.reserve([Pin(new_id(), mug, place, world.pool.pk, left + 1)])
    if left:
        services.reserve([Pin(new_id(), mug, place, world.pool.pk, left)])
    assert can_be_promised(world) == 0


def test_an_order_is_refused_while_the_feed_is_silent_and_taken_when_it_is_heard(world: World) -> None:
    feed = silent(world, when_silent="promise_nothing")

    def order() -> object:
        return place_order(order_body(MUG, 1), client="shop", key=str(new_id()), digest="d", actor=SYSTEM)

    with pytest.raises(OutOfStock):
        order()
    assert say(feed, level(MUG, 10)) == ["unchanged"]
    order()
    assert disagreements() == []


def test_what_was_promised_before_stays_promised_and_is_routed(world: World) -> None:
    mug, place, key = world.variants[MUG].pk, world.warehouse.pk, new_id()
    services.reserve([Pin(key, mug, place, world.pool.pk, 4)])
    silent(world, when_silent="promise_nothing")
    with transaction.atomic():
        services.allocate([Target(key, mug, place, 4)])
    assert Stock.objects.get(variant=mug).allocated == 4


def test_sourcing_sees_nothing_free_at_a_silent_place(world: World) -> None:
    answer = place_order(order_body(MUG, 1), client="shop", key="k", digest="d", actor=SYSTEM)
    orders = demanding([Order.objects.get(number=answer.body["number"]).pk], timezone.now())
    assert free_stock(orders).common
    silent(world, when_silent="promise_nothing")
    assert free_stock(orders).common == {}


def test_people_are_told_since_when_and_it_settles_itself(world: World) -> None:
    feed = silent(world)
    incident = Incident.objects.get(kind="feed_silent")
    assert (incident.about, incident.location_id) == (feed.pk, world.warehouse.pk)
    assert feed.silent_since
    assert incident.data == {"feed": "TILL", "since": feed.silent_since.isoformat()}
    assert silence.watch() == 0, "told once"
    say(feed, level(MUG, 9))
    incident.refresh_from_db()
    assert incident.resolution == "it is heard again"
    assert not StockFeed.objects.exclude(silent_since=None).exists()
    assert list(TimelineEntry.objects.filter(about=feed.pk).values_list("action", flat=True).order_by("id")) == [
        "stock_feed.make", "incident.feed_silent", "incident.feed_silent",
    ]  # fmt: skip
    assert disagreements() == []


def test_a_feed_that_is_heard_in_time_or_not_waited_for_is_not_silent(world: World) -> None:
    feed_at(world.warehouse, code="ON-TIME", expected_minutes=60)
    feed_at(world.store, code="AT-WILL")
    assert silence.watch(timezone.now() + timedelta(minutes=59)) == 0
    assert silence.watch(timezone.now() + timedelta(minutes=61)) == 1


def test_a_message_with_nothing_in_it_is_a_sign_of_life(world: World) -> None:
    feed = silent(world)
    assert say(feed) == []
    assert not StockFeed.objects.exclude(silent_since=None).exists()


@pytest.mark.parametrize("said", ["refused", "stale"])
def test_a_feed_that_says_nothing_new_stays_silent(world: World, said: str) -> None:
    feed, at = feed_at(world.warehouse, expected_minutes=1), timezone.now()
    say(feed, level(MUG, 10, at=at))
    hour_ago = timezone.now() - timedelta(hours=1)
    StockFeed.objects.update(watched_since=hour_ago, heard_at=hour_ago)
    silence.watch()
    (outcome,) = say(feed, level(MUG, 10, at=at) if said == "stale" else level("NO-SUCH", 1))
    assert outcome.startswith(said)
    assert StockFeed.objects.exclude(silent_since=None).exists()


def test_a_message_that_waited_long_to_be_applied_does_not_make_its_feed_heard_now(world: World) -> None:
    feed = silent(world, when_silent="promise_nothing")
    message = kept(feed, [level(MUG, 9)])
    message.received_at -= timedelta(minutes=30)
    message.save()
    assert applying.work(message.pk)
    feed.refresh_from_db()
    assert feed.silent_since is not None
    assert can_be_promised(world) == 0
    assert disagreements() == []


def test_another_rule_acts_at_once_on_a_feed_that_is_silent(world: World) -> None:
    feed = silent(world, when_silent="promise_nothing")
    change_feed(feed.pk, replace(as_it_is(feed), when_silent="hold_units", hold_units=2), actor=SYSTEM)
    assert can_be_promised(world) == 8
    feed.refresh_from_db()
    change_feed(feed.pk, replace(as_it_is(feed), expected_minutes=600), actor=SYSTEM)
    assert can_be_promised(world) == 10, "it is not late any more"
    assert disagreements() == []


def test_a_place_that_a_silent_feed_gives_up_promises_again(world: World) -> None:
    feed = silent(world, when_silent="promise_nothing")
    change_feed(feed.pk, replace(as_it_is(feed), places=frozenset({world.store.pk})), actor=SYSTEM)
    assert can_be_promised(world) == 10
    assert Location.objects.get(pk=world.store.pk).held_share == 100
    assert disagreements() == []


def test_a_feed_that_is_switched_off_holds_nothing_back_and_is_waited_for_afresh(world: World) -> None:
    feed = silent(world, when_silent="promise_nothing")
    off = replace(as_it_is(feed), is_active=False)
    change_feed(feed.pk, off, actor=SYSTEM)
    assert can_be_promised(world) == 10
    assert Incident.objects.get().resolution == "nobody waits for it any more"
    change_feed(feed.pk, replace(off, is_active=True), actor=SYSTEM)
    assert silence.watch() == 0
    assert disagreements() == []


def test_two_people_at_one_feed_the_second_is_told(world: World) -> None:
    feed = feed_at(world.warehouse)
    seen = str(feed.version)
    change_feed(feed.pk, replace(as_it_is(feed), name="A"), actor=SYSTEM, version=seen)
    with pytest.raises(Stale):
        change_feed(feed.pk, replace(as_it_is(feed), name="B"), actor=SYSTEM, version=seen)
    change_feed(feed.pk, replace(as_it_is(feed), name="A"), actor=SYSTEM, version=seen)


def test_a_feed_that_cannot_be_meant_is_refused_by_the_field(world: World) -> None:
    feed = feed_at(world.warehouse)
    wrong = replace(
        as_it_is(feed), name=" ", places=frozenset(), expected_minutes=0, when_silent="hold_units", hold_units=0
    )
    with pytest.raises(Invalid) as refusal:
        change_feed(feed.pk, wrong, actor=SYSTEM)
    assert [error["loc"] for error in refusal.value.errors] == [
        ["name"],
        ["places"],
        ["expected_minutes"],
        ["hold_units"],
    ]
    with pytest.raises(Invalid, match="another feed has the code TILL"):
        feed_at(world.store)
    with pytest.raises(Invalid, match="letters, digits"):
        feed_at(world.store, code="a b")


# By the database itself


def test_what_a_place_holds_back_is_held_against_its_feed(world: World) -> None:
    silent(world, when_silent="hold_units", hold_units=3)
    run("UPDATE inventory_location SET held_units = 0")
    assert disagreements() == [
        "inventory: what a place holds back is the rule of its silent feed: "
        "DC-LYON holds back 0 units and 0 per cent; by its feed it is 3 and 0"
    ]


def test_silence_that_nobody_was_told_of_is_found(world: World) -> None:
    silent(world)
    run("UPDATE core_incident SET resolved_at = now()")
    (told,) = disagreements()
    assert "a feed is silent exactly while people are told so" in told


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventory_location SET held_share = 101",
        "UPDATE inventory_location SET held_units = -1",
        "UPDATE inventory_stockfeed SET when_silent = 'hold_units', hold_units = 0",
        "UPDATE inventory_stockfeed SET when_silent = 'never'",
        "UPDATE inventory_stockfeed SET silent_since = now(), is_active = false",
        "INSERT INTO inventory_stockfeedplace (feed_id, location_id) SELECT feed_id, location_id FROM inventory_stockfeedplace",
    ],
)
def test_the_database_refuses_what_cannot_be(world: World, statement: str) -> None:
    silent(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement)
