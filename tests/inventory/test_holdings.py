"""What lies where within a place: bins, conditions, lots; and what the database refuses about them, whoever asks."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.models import Incident, TimelineEntry
from core.problems import Conflict, Invalid
from inventory.holdings.bins import Wish, as_it_is, change_bin, make_bins
from inventory.holdings.moving import What, change_condition, put
from inventory.models import Bin, Holding, HoldingMove, Lot, Movement, Stock
from inventory.services import In, Out, Pin, Target, adjust, allocate, receive, reserve, ship_out
from tests.factories.books import besides_value
from tests.factories.feeds import feed_at, level, say
from tests.factories.holdings import bins_at, lot_of, lying, put_in, receive_lot
from tests.factories.world import CANDLE, MUG, World, make_location, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=0)


def row(world: World, sku: str = MUG) -> Stock:
    return Stock.objects.get(variant=world.variants[sku], location=world.warehouse)


def mugs(world: World, units: int, **more: object) -> What:
    return What(world.variants[MUG].pk, world.warehouse.pk, units, **more)  # type: ignore[arg-type]


def send(world: World, sku: str, units: int) -> None:
    """Units are promised, decided for and leave."""
    variant, place = world.variants[sku].pk, world.warehouse.pk
    key = new_id()
    with transaction.atomic():
        reserve([Pin(key, variant, place, world.pool.pk, units)])
        allocate([Target(key, variant, place, units)])
        ship_out([Out(variant, place, units, new_id(), key)], actor=SYSTEM)


def is_sound() -> bool:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert besides_value() == []
    run("SET CONSTRAINTS ALL DEFERRED")
    return True


def test_units_are_put_away_and_moved_between_bins(world: World) -> None:
    first, second = bins_at(world.warehouse, "A-01", "A-02")
    put(mugs(world, 6), first.pk, actor=SYSTEM)
    put(mugs(world, 2, bin_id=first.pk), second.pk, actor=SYSTEM)
    put(mugs(world, 1, bin_id=second.pk), None, actor=SYSTEM)
    assert lying(world.warehouse) == {(MUG, "sellable", "A-01", ""): 4, (MUG, "sellable", "A-02", ""): 1}
    assert row(world).on_hand == 10
    told = TimelineEntry.objects.filter(action="stock.put").order_by("id").values_list("data", flat=True)
    assert [(d["units"], d["from"], d["to"]) for d in told] == [(6, "", "A-01"), (2, "A-01", "A-02"), (1, "A-02", "")]
    assert is_sound()


def test_the_same_move_sent_twice_counts_once(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    key = new_id()
    assert [put(mugs(world, 3), spot.pk, actor=SYSTEM, key=key) for _ in range(2)] == [3, 0]
    assert lying(world.warehouse) == {(MUG, "sellable", "A-01", ""): 3}


def test_more_than_lies_there_is_not_moved(world: World) -> None:
    first, second = bins_at(world.warehouse, "A-01", "A-02")
    put_in(world.variants[MUG], first, 6)
    with pytest.raises(Conflict, match="Only 4 units lie in no bin"):
        put(mugs(world, 5), second.pk, actor=SYSTEM)
    with pytest.raises(Conflict, match="Only 6 units lie in A-01"):
        put(mugs(world, 7, bin_id=first.pk), second.pk, actor=SYSTEM)
    with pytest.raises(Invalid, match="scan another bin"):
        put(mugs(world, 1, bin_id=first.pk), first.pk, actor=SYSTEM)


def test_a_bin_of_another_place_is_none(world: World) -> None:
    (spot,) = bins_at(world.store, "B-01")
    with pytest.raises(Invalid, match="this place has no such bin"):
        put(mugs(world, 1), spot.pk, actor=SYSTEM)


def test_what_leaves_leaves_the_bin_that_people_walk_to_first(world: World) -> None:
    far, near = bins_at(world.warehouse, "R-01", kind="reserve"), bins_at(world.warehouse, "A-01", "A-02")
    put_in(world.variants[MUG], far[0], 4)
    put_in(world.variants[MUG], near[0], 3)
    put_in(world.variants[MUG], near[1], 2)
    send(world, MUG, 4)
    assert lying(world.warehouse) == {(MUG, "sellable", "R-01", ""): 4, (MUG, "sellable", "A-02", ""): 1}
    send(world, MUG, 6)
    assert lying(world.warehouse) == {}
    assert is_sound()


def test_a_correction_is_of_units_in_no_bin_as_far_as_it_can_be(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    put_in(world.variants[MUG], spot, 6)
    adjust(world.variants[MUG].pk, world.warehouse.pk, -3, reason="lost", actor=SYSTEM)
    assert lying(world.warehouse) == {(MUG, "sellable", "A-01", ""): 6}
    adjust(world.variants[MUG].pk, world.warehouse.pk, -3, reason="lost", actor=SYSTEM)
    assert lying(world.warehouse) == {(MUG, "sellable", "A-01", ""): 4}
    assert is_sound()


def test_units_change_their_condition_where_they_lie_and_their_value_stays(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    put_in(world.variants[MUG], spot, 6)
    stock = change_condition(mugs(world, 2, bin_id=spot.pk), "damaged", reason="dropped", actor=SYSTEM)
    assert (stock.on_hand, stock.damaged) == (8, 2)
    assert lying(world.warehouse) == {(MUG, "sellable", "A-01", ""): 4, (MUG, "damaged", "A-01", ""): 2}
    change_condition(mugs(world, 1, condition="damaged", bin_id=spot.pk), "sellable", reason="was fine", actor=SYSTEM)
    assert (row(world).on_hand, row(world).damaged) == (9, 1)
    assert is_sound()


def test_a_condition_changes_without_bins_too(world: World) -> None:
    change_condition(mugs(world, 3), "quarantine", reason="a smell", actor=SYSTEM)
    assert (row(world).on_hand, row(world).quarantine) == (7, 3)
    assert not row(world).is_detailed
    assert is_sound()


def test_what_is_promised_does_not_stop_a_condition_from_changing_and_the_shortfall_is_told(world: World) -> None:
    with transaction.atomic():
        reserve([Pin(new_id(), world.variants[MUG].pk, world.warehouse.pk, world.pool.pk, 9)])
    change_condition(mugs(world, 4), "quarantine", reason="a smell", actor=SYSTEM)
    assert Incident.objects.get(resolved_at=None).data["units"] == 3
    change_condition(mugs(world, 3, condition="quarantine"), "sellable", reason="fine", actor=SYSTEM)
    assert not Incident.objects.filter(resolved_at=None).exists()
    assert is_sound()


def test_nothing_sellable_goes_into_a_quarantine(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "Q-01", kind="quarantine")
    with pytest.raises(Invalid, match="not sold"):
        put(mugs(world, 1), spot.pk, actor=SYSTEM)
    change_condition(mugs(world, 2), "quarantine", reason="a smell", actor=SYSTEM)
    put(mugs(world, 2, condition="quarantine"), spot.pk, actor=SYSTEM)
    with pytest.raises(Invalid, match="not sold"):
        change_condition(mugs(world, 1, condition="quarantine", bin_id=spot.pk), "sellable", reason="x", actor=SYSTEM)
    assert is_sound()


def test_a_stock_row_without_bins_and_lots_pays_no_statement_and_has_no_holdings(world: World) -> None:
    variant, place = world.variants[MUG].pk, world.warehouse.pk
    key = new_id()
    with transaction.atomic():
        reserve([Pin(key, variant, place, world.pool.pk, 1)])
        allocate([Target(key, variant, place, 1)])
        with CaptureQueriesContext(connection) as asked:
            ship_out([Out(variant, place, 1, new_id(), key)], actor=SYSTEM)
    told = [q["sql"].split()[0] for q in asked if "SAVEPOINT" not in q["sql"]]
    assert told == ["WITH", "WITH", "INSERT"]  # the promise ends; the row is locked; the movement
    assert not Holding.objects.exists()
    assert not row(world).is_detailed


# Bins


def test_bins_are_made_in_walking_order_once(world: World) -> None:
    make_bins(world.warehouse.pk, ["a-01", "A-02", "", "A-02"], actor=SYSTEM)
    make_bins(world.warehouse.pk, ["A-02", "A-03"], actor=SYSTEM)
    found = Bin.objects.filter(location=world.warehouse).order_by("walk")
    assert [(b.code, b.walk) for b in found] == [("A-01", 10), ("A-02", 20), ("A-03", 30)]


@pytest.mark.parametrize("codes", [[], ["a b"], ["x" * 31], ["é"]])
def test_nonsense_is_no_bin(world: World, codes: list[str]) -> None:
    with pytest.raises(Invalid):
        make_bins(world.warehouse.pk, codes, actor=SYSTEM)


def test_a_bin_that_holds_units_is_neither_closed_nor_a_quarantine(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    put_in(world.variants[MUG], spot, 1)
    for wish in (Wish(is_active=False), Wish(kind="quarantine")):
        with pytest.raises(Conflict, match="A-01"):
            change_bin(spot.pk, wish, actor=SYSTEM)
    changed = change_bin(spot.pk, Wish("reserve", 5, "B-1"), actor=SYSTEM)
    assert as_it_is(changed) == Wish("reserve", 5, "B-1")


# Lots


def test_lots_go_by_their_last_day_and_add_up_to_the_stock_row(world: World) -> None:
    candle, place = world.variants[CANDLE], make_location("NEW", "New", "warehouse", "1", "Lyon")
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    late = lot_of(candle, "LATE", expires_on=date(2099, 2, 1))
    soon = lot_of(candle, "SOON", expires_on=date(2099, 1, 1))
    receive_lot(late, place, 5)
    receive_lot(soon, place, 3)
    adjust(candle.pk, place.pk, -4, reason="lost", actor=SYSTEM)
    assert lying(place) == {(CANDLE, "sellable", "", "LATE"): 4}
    assert is_sound()


def test_what_came_without_a_lot_is_of_the_unknown_one(world: World) -> None:
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    lot_of(candle, "A")
    receive([In(candle.pk, world.warehouse.pk, 2)], source=new_id(), actor=SYSTEM)
    say(feed_at(world.warehouse), level(CANDLE, 7))
    assert lying(world.warehouse) == {(CANDLE, "sellable", "", Lot.UNKNOWN): 7}
    say(feed_at(world.store, code="S"), level(CANDLE, 1))
    assert lying(world.store) == {(CANDLE, "sellable", "", Lot.UNKNOWN): 1}
    assert is_sound()


def test_a_lot_moves_as_a_whole_with_its_name(world: World) -> None:
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    one, other = lot_of(candle, "ONE"), lot_of(candle, "TWO")
    (spot,) = bins_at(world.warehouse, "A-01")
    receive_lot(one, world.warehouse, 3)
    receive_lot(other, world.warehouse, 2)
    what = What(candle.pk, world.warehouse.pk, 2)
    with pytest.raises(Invalid, match="say which lot: ONE, TWO"):
        put(what, spot.pk, actor=SYSTEM)
    put(What(candle.pk, world.warehouse.pk, 2, lot_id=other.pk), spot.pk, actor=SYSTEM)
    assert lying(world.warehouse) == {(CANDLE, "sellable", "", "ONE"): 3, (CANDLE, "sellable", "A-01", "TWO"): 2}
    assert is_sound()


# What the database refuses


def refused(statement: str, match: str, **given: object) -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        run(statement, given)
        run("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE inventory_holding SET units = units + 1", "DELETE FROM inventory_holding", "TRUNCATE inventory_holding"],
)
def test_holdings_change_by_their_moves_only(world: World, statement: str) -> None:
    put_in(world.variants[MUG], bins_at(world.warehouse, "A-01")[0], 2)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    refused(statement, "by their moves only")


@pytest.mark.parametrize(
    "statement", ["UPDATE inventory_holdingmove SET quantity = 9", "DELETE FROM inventory_holdingmove"]
)
def test_moves_are_never_changed_or_removed(world: World, statement: str) -> None:
    put_in(world.variants[MUG], bins_at(world.warehouse, "A-01")[0], 2)
    refused(statement, "append-only")


MOVE = """
INSERT INTO inventory_holdingmove (id, stock_id, condition, bin_id, lot_id, quantity, source, note, actor, at)
VALUES (gen_random_uuid(), %(stock)s, 'sellable', %(bin)s, %(lot)s, %(units)s, gen_random_uuid(), '', '', now())
"""


def test_holdings_never_hold_more_than_there_is(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    refused(MOVE, "11 sellable by its holdings, 10 on the books", stock=row(world).pk, bin=spot.pk, lot=None, units=11)


def test_no_holding_falls_below_nothing(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    refused(MOVE, "holding_units", stock=row(world).pk, bin=spot.pk, lot=None, units=-1)


def test_a_bin_and_a_lot_belong_where_they_are_used(world: World) -> None:
    (spot,) = bins_at(world.store, "A-01")
    refused(MOVE, "of something else", stock=row(world).pk, bin=spot.pk, lot=None, units=1)
    lot = Lot.objects.create(variant=world.variants[CANDLE], code="A")
    refused(MOVE, "of something else", stock=row(world).pk, bin=None, lot=lot.pk, units=1)


def test_a_variant_without_lots_has_none(world: World) -> None:
    lot = Lot.objects.create(variant=world.variants[MUG], code="A")
    refused(MOVE, "on the books", stock=row(world).pk, bin=None, lot=lot.pk, units=1)


def test_a_movement_of_a_variant_with_lots_names_them(world: World) -> None:
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    lot_of(candle, "A")
    refused(
        """
        INSERT INTO inventory_movement (id, variant_id, location_id, condition, quantity, reason, source, note, actor, at)
        VALUES (gen_random_uuid(), %(variant)s, %(place)s, 'sellable', 1, 'receipt', gen_random_uuid(), '', '', now())
        """,
        "0 sellable by its holdings, 1 on the books",
        variant=candle.pk,
        place=world.store.pk,
    )


def test_lots_cannot_begin_while_units_lie_about_that_have_none(world: World) -> None:
    refused("UPDATE catalog_variant SET tracks_lots = true", "on the books")


def test_every_part_of_a_movement_leads_to_it(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    put_in(world.variants[MUG], spot, 5)
    send(world, MUG, 2)
    movement = Movement.objects.get(reason="shipment")
    part = HoldingMove.objects.get(movement=movement)
    assert (part.bin, part.quantity, part.source) == (spot, -2, movement.source)
