"""What feeds say that there is: late, repeated, out of order and mistaken messages do no harm."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounting.models import JournalEntry
from catalog.models import Variant
from core.actors import SYSTEM
from core.db import rows, run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Incident
from core.problems import Conflict, Invalid
from inventory import services
from inventory.feeds import applying
from inventory.feeds.levels import REFUSALS, why
from inventory.models import FeedChunk, FeedMessage, LastLevel, Location, Movement, Stock
from inventory.services import In, Pin, Target
from tests.factories.books import besides_value
from tests.factories.feeds import feed_at, kept, level, outcomes_of, say
from tests.factories.world import CANDLE, MUG, VASE, World, make_location, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Five of each in the shop, since an hour ago."""
    found = small_world(stock=10, store_stock=0)
    units = [In(variant.pk, found.store.pk, 5) for variant in found.variants.values()]
    services.receive(units, source=new_id(), actor=SYSTEM, at=timezone.now() - timedelta(hours=1), opening=True)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    return found


def stock(world: World, sku: str = MUG, place: Location | None = None) -> Stock:
    return Stock.objects.select_related("location").get(variant=world.variants[sku], location=place or world.store)


def send_away(world: World, units: int, sku: str = MUG) -> None:
    """So many units leave the shop, as they do when an order is shipped."""
    variant, place, key = world.variants[sku].pk, world.store.pk, new_id()
    with transaction.atomic():
        services.reserve([Pin(key, variant, place, world.pool.pk, units)])
        services.allocate([Target(key, variant, place, units)])
        services.ship_out([services.Out(variant, place, units, key, key)], actor=SYSTEM)


def test_a_level_sets_what_is_on_hand_by_a_movement_at_the_moment_of_the_count(world: World) -> None:
    feed, counted_at = feed_at(world.store), timezone.now() - timedelta(minutes=3)
    assert say(feed, level(MUG, 3, at=counted_at, sequence=1, damaged=2)) == ["applied"]
    row = stock(world)
    assert (row.on_hand, row.damaged, row.quarantine) == (3, 2, 0)
    moves = Movement.objects.filter(reason="count").order_by("quantity")
    assert [(m.quantity, m.condition, m.at, m.actor, m.note) for m in moves] == [
        (-2, "sellable", counted_at, "Till", "The till"),
        (2, "damaged", counted_at, "Till", "The till"),
    ]
    assert {m.source for m in moves} == set(FeedChunk.objects.values_list("id", flat=True))
    assert disagreements() == []


def test_the_difference_of_a_chunk_is_one_entry_of_the_journal_at_standard_cost(world: World) -> None:
    say(feed_at(world.store), level(MUG, 3), level(VASE, 6), level(CANDLE, 4, damaged=1))
    entry = JournalEntry.objects.get(event="stock_count")
    lines = {(line.role, line.amount) for line in entry.lines.all()}
    assert lines == {("inventory", 3), ("shrinkage", 8), ("count_gain", -11)}  # 2 mugs at 4 missing, a vase at 11 found
    assert disagreements() == []


def test_the_stock_of_a_vendor_is_not_ours_and_posts_nothing(world: World) -> None:
    vendor = make_location("ACME", "Acme", Location.Kind.VENDOR, "69001", "Lyon")
    assert say(feed_at(vendor, kind="vendor"), level(MUG, 40)) == ["applied"]
    assert stock(world, place=vendor).on_hand == 40
    assert not JournalEntry.objects.filter(event="stock_count").exists()
    assert disagreements() == []


def test_a_repeated_level_is_stale_and_the_same_count_again_is_unchanged(world: World) -> None:
    feed, at = feed_at(world.store), timezone.now()
    assert say(feed, level(MUG, 3, at=at, sequence=7)) == ["applied"]
    assert say(feed, level(MUG, 3, at=at, sequence=7)) == ["stale"]
    assert say(feed, level(MUG, 3, sequence=8)) == ["unchanged"]
    assert LastLevel.objects.get().sequence == 8
    assert Movement.objects.filter(reason="count").count() == 1


def test_a_level_that_comes_late_is_stale(world: World) -> None:
    feed = feed_at(world.store)
    assert say(feed, level(MUG, 3, sequence=2, minutes_ago=1)) == ["applied"]
    assert say(feed, level(MUG, 9, sequence=1, minutes_ago=2)) == ["stale"]
    assert say(feed, level(MUG, 9, sequence=3, minutes_ago=2)) == ["stale"], "newer by its number, older by its clock"
    assert stock(world).on_hand == 3


def test_without_a_sequence_the_moment_of_the_count_decides(world: World) -> None:
    feed, at = feed_at(world.store), timezone.now() - timedelta(minutes=1)
    assert say(feed, level(MUG, 3, at=at)) == ["applied"]
    assert say(feed, level(MUG, 4, at=at)) == ["stale"]
    assert say(feed, level(MUG, 4, at=at + timedelta(seconds=1))) == ["applied"]


def test_of_two_levels_of_one_row_in_a_message_the_newer_one_stands(world: World) -> None:
    feed = feed_at(world.store)
    assert say(feed, level(MUG, 3, sequence=2), level(MUG, 8, sequence=1)) == ["applied", "stale"]
    assert stock(world).on_hand == 3


def test_what_was_sent_away_since_the_count_is_not_counted_again(world: World) -> None:
    feed, before = feed_at(world.store), timezone.now()
    send_away(world, 2)
    assert say(feed, level(MUG, 5, at=before, sequence=1)) == ["unchanged"]
    assert stock(world).on_hand == 3
    assert say(feed, level(MUG, 3, sequence=2)) == ["unchanged"]


def test_what_arrived_since_the_count_is_not_lost(world: World) -> None:
    feed, before = feed_at(world.store), timezone.now()
    units = [In(world.variants[MUG].pk, world.store.pk, 4)]
    services.receive(units, source=new_id(), actor=SYSTEM)
    assert say(feed, level(MUG, 4, at=before)) == ["applied"]
    assert stock(world).on_hand == 8
    assert disagreements() == []


def test_more_left_since_the_count_than_was_counted_leaves_nothing(world: World) -> None:
    feed, before = feed_at(world.store), timezone.now()
    send_away(world, 4)
    assert say(feed, level(MUG, 2, at=before)) == ["applied"]
    assert stock(world).on_hand == 0
    assert besides_value() == []


def test_what_somebody_else_has_counted_since_is_not_found_a_second_time(world: World) -> None:
    """Two of five are gone; a person who counts finds it first, and what the feed saw before says the same."""
    feed, before = feed_at(world.store), timezone.now()
    unit = services.In(world.variants[MUG].pk, world.store.pk, -2)
    with transaction.atomic():
        services.move_units([(unit, new_id())], Movement.Reason.COUNT, actor=SYSTEM)
    assert say(feed, level(MUG, 3, at=before, sequence=1)) == ["stale"]
    assert stock(world).on_hand == 3
    assert say(feed, level(MUG, 3, sequence=2)) == ["unchanged"]
    assert besides_value() == []


def test_what_broke_since_the_count_is_missing_still(world: World) -> None:
    feed, before = feed_at(world.store), timezone.now()
    services.adjust(world.variants[MUG].pk, world.store.pk, -1, reason="damaged", actor=SYSTEM)
    assert say(feed, level(MUG, 4, at=before)) == ["applied"]
    assert stock(world).on_hand == 3
    assert disagreements() == []


def test_an_earlier_count_is_no_movement_since(world: World) -> None:
    """The first message came in after the second one was counted: its difference is of its own moment."""
    feed = feed_at(world.store)
    assert say(feed, level(MUG, 1, sequence=1, minutes_ago=10)) == ["applied"]
    assert say(feed, level(MUG, 2, sequence=2, minutes_ago=5)) == ["applied"]
    assert stock(world).on_hand == 2


def test_a_level_below_what_is_promised_opens_an_incident_and_the_next_one_settles_it(world: World) -> None:
    feed, row = feed_at(world.store), stock(world)
    services.reserve([Pin(new_id(), row.variant_id, world.store.pk, world.pool.pk, 4)])
    assert say(feed, level(MUG, 1, sequence=1), level(VASE, 1, sequence=1)) == ["applied", "applied"]
    incident = Incident.objects.get(kind="shortfall")
    assert (incident.about, incident.data, incident.resolved_at) == (row.pk, {"units": 3}, None)
    assert disagreements() == []
    assert say(feed, level(MUG, 6, sequence=2)) == ["applied"]
    assert not Incident.objects.filter(resolved_at=None).exists()
    assert disagreements() == []


def test_a_row_that_is_not_there_yet_is_made(world: World) -> None:
    place = make_location("NEW", "New place", Location.Kind.STORE, "69001", "Lyon")
    assert say(feed_at(place), level(MUG, 2), level(VASE, 0)) == ["applied", "unchanged"]
    assert stock(world, place=place).on_hand == 2
    assert stock(world, VASE, place).on_hand == 0


def test_what_cannot_be_meant_is_refused_line_by_line(world: World) -> None:
    Variant.objects.filter(sku=CANDLE).update(is_stocked=False)
    feed = feed_at(world.store, world.warehouse)
    here: dict[str, Any] = {"location": world.store.code}
    sent = [
        level("NO-SUCH", 1, **here), level(CANDLE, 1, **here), level(MUG, 1, location="MOON"), level(MUG, 1),
        level(MUG, -1, **here), level(MUG, 10**9, **here), level(MUG, "4", **here), level(MUG, 1, damaged=-1, **here),
        level(MUG, 1, quarantine=2**70, **here), level(MUG, 1, sequence=-1, **here), {**level(MUG, 1, **here), "as_of": "x"},
        level(MUG, 1, minutes_ago=-5, **here), level(MUG, 1, sequence=1, **here),
    ]  # fmt: skip
    assert say(feed, *sent) == [
        "refused:sku", "refused:not_stocked", "refused:location", "refused:which", "refused:on_hand", "refused:on_hand",
        "refused:on_hand", "refused:damaged", "refused:quarantine", "refused:sequence", "refused:as_of",
        "refused:future", "applied",
    ]  # fmt: skip
    assert all(why(f"refused:{code}", level(MUG, 1)) for code in REFUSALS)
    message = FeedMessage.objects.get()
    assert (message.total, message.applied, message.refused) == (13, 1, 12)
    assert disagreements() == []


def test_a_clock_that_is_a_little_ahead_means_now(world: World) -> None:
    assert say(feed_at(world.store), level(MUG, 1, minutes_ago=-0.5)) == ["applied"]
    assert LastLevel.objects.get().as_of <= timezone.now()


def test_a_message_is_applied_once_however_often_it_is_worked_on(world: World) -> None:
    message = kept(feed_at(world.store), [level(MUG, 3)])
    places = {world.store.code: world.store.pk}
    (chunk,) = rows(applying.NEXT, {"message": message.pk})
    for _ in range(2):
        applying.apply_chunk(message, chunk, places)
    assert applying.work(message.pk) and applying.work(message.pk)
    assert Movement.objects.filter(reason="count").count() == 1
    assert outcomes_of(message) == ["applied"]


def test_many_levels_take_as_many_statements_as_a_few(world: World) -> None:
    feed = feed_at(world.store)
    counts = []
    for skus in ([MUG], [MUG, VASE, CANDLE]):
        message = kept(feed, [level(sku, n + 1) for n, sku in enumerate(skus)])
        with CaptureQueriesContext(connection) as seen:
            applying.work(message.pk)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_feed_that_is_switched_off_is_not_listened_to(world: World) -> None:
    with pytest.raises(Conflict, match="switched off"):
        kept(feed_at(world.store, is_active=False), [level(MUG, 1)])


def test_a_place_has_one_voice(world: World) -> None:
    feed_at(world.store)
    with pytest.raises(Invalid, match="speaks for Paris shop already"):
        feed_at(world.store, code="OTHER")


# By the database itself


@pytest.mark.parametrize(
    "change",
    ["sequence = 4", "sequence = 5", "as_of = as_of - interval '1 second', sequence = 6", "sequence = NULL"],
)
def test_the_database_refuses_a_level_that_is_not_newer(world: World, change: str) -> None:
    say(feed_at(world.store), level(MUG, 3, sequence=5))
    with pytest.raises(IntegrityError, match="never followed by an older one"), transaction.atomic():
        run(f"UPDATE inventory_lastlevel SET {change}")


def test_the_database_refuses_a_level_that_loses_units(world: World) -> None:
    say(feed_at(world.store), level(MUG, 3, sequence=5))
    with pytest.raises(IntegrityError, match="lastlevel_loses_nothing"), transaction.atomic():
        run("UPDATE inventory_lastlevel SET stands = stands + 1, sequence = 6")


def test_the_database_refuses_a_chunk_that_says_less_than_it_did(world: World) -> None:
    kept(feed_at(world.store), [level(MUG, 3)])
    with pytest.raises(IntegrityError, match="feedchunk_done_is_whole"), transaction.atomic():
        run("UPDATE inventory_feedchunk SET done_at = now(), outcomes = '[]'")


def test_a_level_whose_movement_is_another_is_found(world: World) -> None:
    say(feed_at(world.store), level(MUG, 3, sequence=5))
    run("UPDATE inventory_lastlevel SET counted = 4, stands = 4, sequence = 6")
    assert disagreements() == [
        "inventory: the last level of each row stands in its movements: "
        f"{MUG} at {world.store.code}, sellable: a level changed the books by -1, its movements by -2"
    ]


def test_a_finished_message_with_work_left_is_found(world: World) -> None:
    say(feed_at(world.store), level(MUG, 3))
    run("UPDATE inventory_feedchunk SET done_at = NULL, outcomes = NULL")
    (told,) = disagreements()
    assert "a finished message is applied to its end" in told and "1 still to do" in told
