"""Bins with many articles, and places that sent much: a count of them takes no more statements than a small one."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Variant
from core.actors import SYSTEM, Actor
from core.ids import new_id
from core.invariants import disagreements
from inventory.counts import counting, due, planning, rules
from inventory.holdings.ledger import Part
from inventory.models import ArticleClasses, CountBin, CountLine, Movement, Stock, StockCount
from inventory.services import In, receive
from tests.factories.counts import CARL, DORA, bin_of, of_bins, tolerate
from tests.factories.holdings import bins_at
from tests.factories.people import signed_in
from tests.factories.world import MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db
MOST_STATEMENTS = 45
"""Of a bin that is done, however many articles are in it and whatever becomes of them."""


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=4)


def of_many(world: World, articles: int) -> CountBin:
    """A bin with three units of so many articles, as it is to be counted."""
    (shelf,) = bins_at(world.warehouse, f"M-{articles}")
    mug = world.variants[MUG]
    made = Variant.objects.bulk_create(
        Variant(product=mug.product, sku=f"M{articles}-{n:04}", tax_class=mug.tax_class, standard_cost=1)
        for n in range(articles)
    )
    Stock.objects.bulk_create(Stock(variant=v, location=world.warehouse, is_detailed=True) for v in made)
    units = [In(v.pk, world.warehouse.pk, 3, parts=(Part(3, shelf.pk),)) for v in made]
    receive(units, source=new_id(), actor=SYSTEM)
    return bin_of(of_bins(world.warehouse, shelf.code), shelf.code)


def statements_of(spot: CountBin) -> int:
    counting.take(spot.pk, actor=CARL)
    with CaptureQueriesContext(connection) as asked:
        counting.finish(spot.pk, actor=CARL, rest_is_none=True)
    return len(asked)


@pytest.mark.parametrize(
    ("units", "recounts", "status"), [(9, True, "posted"), (0, True, "open"), (0, False, "approve")]
)
def test_a_bin_of_many_articles_is_done_in_as_many_statements_as_one_of_few(
    world: World, units: int, recounts: bool, status: str
) -> None:
    tolerate(world.warehouse, units, "99", recounts=recounts)
    few, many = (statements_of(of_many(world, articles)) for articles in (2, 60))
    assert few == many <= MOST_STATEMENTS
    assert set(CountLine.objects.values_list("status", flat=True)) == {status}
    assert Movement.objects.filter(reason="count").count() == (62 if status == "posted" else 0)
    assert disagreements() == []


def test_two_thousand_articles_that_are_not_there_are_posted_within_seconds(world: World) -> None:
    tolerate(world.warehouse, 9, "99")
    spot = of_many(world, counting.MOST_LINES)
    started = time.monotonic()
    assert statements_of(spot) <= MOST_STATEMENTS
    print(f"2,000 lines in {time.monotonic() - started:.2f} s")
    assert CountLine.objects.filter(status="posted", posted=-3).count() == counting.MOST_LINES
    assert disagreements() == []


def test_the_screen_of_a_full_bin_shows_what_is_next_and_says_what_else_is_to_be_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.counts.floor.SHOWN", 3)
    clerk, spot = signed_in("warehouse", location_id=world.warehouse.pk), of_many(world, 7)
    page = f"/counts/{spot.count.number}/bins/{spot.pk}/"
    clerk.post(f"{page}take/")
    told = " ".join(clerk.get(page).content.decode().split())
    assert told.count('class="pick-card') == 3
    assert "4 more articles are in this bin: scan them." in told
    answer = clerk.post(f"{page}scan/", {"code": "M7-0006", "key": str(new_id())}, headers={"HX-Request": "true"})
    assert answer.content.decode().index("M7-0006") < answer.content.decode().index("M7-0000")
    assert "6 articles are not counted yet. They are counted as none:" in " ".join(answer.content.decode().split())
    assert "and 3 more" in " ".join(answer.content.decode().split())


def test_a_bin_with_more_articles_than_are_asked_for_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_LINES", 3)
    spot = of_many(world, 5)
    clerk = signed_in("warehouse", location_id=world.warehouse.pk)
    page = f"/counts/{spot.count.number}/bins/{spot.pk}/"
    clerk.post(f"{page}take/")
    told = " ".join(clerk.get(page).content.decode().split())
    assert "Only 3 articles of this bin are asked for, as it holds more." in told
    counting.finish(spot.pk, actor=_me(spot), rest_is_none=True)
    assert CountLine.objects.count() == 3, "the others are not taken for none"


def _me(spot: CountBin) -> Actor:
    spot.refresh_from_db()
    kind, _colon, key = spot.taken_key.partition(":")
    return Actor(kind, spot.taken_by, key)  # type: ignore[arg-type]


# Classes


def shipped(world: World, sku: str, units: int) -> None:
    """A movement as a parcel makes it."""
    variant, place = world.variants[sku], world.store
    Movement.objects.create(
        variant=variant, location=place, condition="sellable", quantity=-units, reason="shipment", source=new_id(),
        actor="System",
    )  # fmt: skip


def classes_of(world: World) -> dict[str, str]:
    return {each.sku: each.abc for each in due.due(world.store.pk, rules.rule_of(world.store.pk))}


def test_classes_are_read_by_night_and_kept_for_the_day(world: World) -> None:
    assert set(classes_of(world).values()) == {"C"}
    shipped(world, VASE, 1)
    assert classes_of(world)[VASE] == "C", "they are those of the night"
    tolerate(world.store, proposes=True)
    planning.propose(actor=SYSTEM)
    assert ArticleClasses.objects.get(location=world.store).a == [world.variants[VASE].pk]
    StockCount.objects.update(status="cancelled", closed_at="2026-01-01T00:00Z")
    assert classes_of(world)[VASE] == "A"


def test_a_place_whose_nights_were_missed_reads_its_classes_when_it_is_asked(world: World) -> None:
    classes_of(world)
    shipped(world, VASE, 1)
    ArticleClasses.objects.update(at="2026-01-01T00:00Z")
    assert classes_of(world)[VASE] == "A"


def test_what_is_due_reads_no_shipments_by_day(world: World) -> None:
    classes_of(world)
    with CaptureQueriesContext(connection) as asked:
        classes_of(world)
    assert not [each for each in asked.captured_queries if "'shipment'" in each["sql"]]


def test_somebody_else_who_comes_to_a_full_bin_takes_it_up(world: World) -> None:
    spot = of_many(world, 3)
    counting.take(spot.pk, actor=CARL)
    counting.leave(spot.pk, actor=CARL)
    with CaptureQueriesContext(connection) as asked:
        counting.take(spot.pk, actor=DORA)
    assert len(asked) < 20
    assert CountLine.objects.count() == 3
