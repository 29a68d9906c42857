"""What stock is worth: another cost revalues what lies at our places, and the ledger of each place stays what lies there."""

import os
from decimal import Decimal
from io import StringIO
from threading import Thread
from uuid import UUID

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from accounting.models import JournalEntry, JournalLine
from catalog.models import Variant
from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from core.models import TimelineEntry
from core.problems import Conflict, Invalid
from core.versions import Stale
from inventory.models import Location
from inventory.services import In, receive
from inventory.tasks import level_stock
from inventory.valuation import costs
from inventory.valuation.costs import set_cost
from launcher.processes import wait_until
from returns.services import Back, ReturnInput, receive_and_credit
from tests.concurrency.lined_up import PATIENCE, WAITING
from tests.factories.orders import line_ids, shipped
from tests.factories.people import signed_in
from tests.factories.transfers import arrived, sent
from tests.factories.world import MUG, World, make_location, small_world


@pytest.fixture
def world(db: None) -> World:
    return small_world(stock=10, store_stock=5)


def booked(role: str, place: UUID | None = None) -> Decimal:
    lines = JournalLine.objects.filter(role=role)
    if place is not None:
        lines = lines.filter(location_id=place)
    return sum((line.debit - line.credit for line in lines), Decimal(0))


def dearer(world: World, cost: str = "4.50") -> Variant:
    return set_cost(world.variants[MUG].pk, Decimal(cost), reason="New price list", actor=SYSTEM)


def test_a_new_cost_revalues_what_lies_at_every_place_of_ours(world: World) -> None:
    dearer(world)
    entry = JournalEntry.objects.get(event="goods_revalued")
    assert {(line.role, line.debit - line.credit) for line in JournalLine.objects.filter(entry=entry)} == {
        ("inventory", Decimal("5.00")),
        ("inventory", Decimal("2.50")),
        ("price_variance", Decimal("-7.50")),
    }
    assert disagreements() == []


def test_the_same_cost_again_books_nothing(world: World) -> None:
    dearer(world, "4.00")
    assert not JournalEntry.objects.filter(event="goods_revalued").exists()
    assert not TimelineEntry.objects.filter(action="variant.cost").exists()


def test_what_leaves_and_comes_back_afterwards_has_the_new_cost(world: World) -> None:
    dearer(world)
    order, _work = shipped({MUG: 2})
    receive_and_credit(
        [ReturnInput(order.pk, [Back(line_ids(order)[MUG], 1)])], actor=SYSTEM, location_id=world.store.pk
    )
    assert booked("cost_of_goods_sold") == Decimal("4.50")
    assert disagreements() == []


def test_what_was_on_its_way_is_brought_to_the_new_cost_when_it_arrives(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {MUG: 4})
    dearer(world)
    assert booked("inventory_in_transit") == 16
    arrived(transfer, {MUG: 3}, damaged={MUG: 1})
    assert booked("inventory_in_transit") == 0
    assert booked("price_variance") == -Decimal("7.50")
    assert booked("write_down") == Decimal("4.50")
    assert disagreements() == []


def test_what_rounding_leaves_between_ledger_and_shelf_is_booked_by_night(world: World) -> None:
    dearer(world, "0.3333")
    for _ in range(4):
        shipped({MUG: 1})
    assert disagreements() == []
    assert level_stock() == 1
    (entry,) = JournalEntry.objects.filter(event="goods_revalued", about=world.warehouse.pk)
    assert abs(sum(line.debit - line.credit for line in entry.lines.filter(role="inventory"))) == Decimal("0.01")
    assert level_stock() == 0


def test_more_than_rounding_is_left_to_people(world: World) -> None:
    Variant.objects.filter(sku=MUG).update(standard_cost=Decimal(5))
    assert level_stock() == 0
    assert len(disagreements()) == 2


def test_many_articles_of_odd_costs_leave_with_their_value_to_the_cent(world: World) -> None:
    for variant, cost in zip(world.variants.values(), ("0.3333", "1.0049", "2.0049"), strict=False):
        set_cost(variant.pk, Decimal(cost), reason="x", actor=SYSTEM)
    level_stock()
    skus = [sku for sku, variant in world.variants.items() if variant.is_stocked][:3]
    sent(world.warehouse, world.store, dict.fromkeys(skus, 1))
    apart = costs.apart()
    assert all(abs(row.worth - row.booked) <= Decimal("0.01") for row in apart), apart


@pytest.mark.parametrize(
    ("cost", "reason", "field"),
    [("-1", "x", "cost"), ("NaN", "x", "cost"), ("1e9", "x", "cost"), ("1.00001", "x", "cost"), ("5", "  ", "reason")],
)
def test_what_cannot_be_meant_is_refused_and_named(world: World, cost: str, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_cost(world.variants[MUG].pk, Decimal(cost), reason=reason, actor=SYSTEM)
    assert refused.value.errors[0]["loc"] == [field]


def test_who_saw_another_cost_is_told(world: World) -> None:
    dearer(world)
    with pytest.raises(Stale):
        set_cost(world.variants[MUG].pk, Decimal(5), reason="x", actor=SYSTEM, version="4.00")


def test_what_is_not_kept_in_stock_costs_nothing(world: World) -> None:
    variant = world.variants[MUG]
    Variant.objects.filter(pk=variant.pk).update(is_stocked=False)
    with pytest.raises(Conflict):
        dearer(world)


def test_a_cost_changed_by_raw_sql_is_found_and_set_right_by_one_command(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_variant SET standard_cost = 6 WHERE sku = %s", [MUG])
    (warehouse, store) = sorted(disagreements())
    assert "190.00 lie there at cost, 170.00 in the ledger" in warehouse
    assert "95.00 lie there at cost, 85.00 in the ledger" in store
    told = StringIO()
    call_command("repair_stock", stdout=told)
    assert "190.00 EUR lie there at cost, 170.00" in told.getvalue()
    call_command("repair_stock", by="Fay", stdout=told)
    assert booked("price_variance") == -30
    assert TimelineEntry.objects.filter(action="location.revalued", actor="Fay").count() == 2
    assert disagreements() == []


# The page


def test_finance_sees_what_it_does_before_it_counts(world: World) -> None:
    client = signed_in("finance")
    page = client.get(f"/stock/{MUG}/cost/").content.decode()
    assert "60.00" in page
    asked = client.post(f"/stock/{MUG}/cost/", {"cost": "4.5", "reason": "New price list"}).content.decode()
    assert "15 units of ours were worth" in asked
    assert not JournalEntry.objects.filter(event="goods_revalued").exists()
    answer = client.post(
        f"/stock/{MUG}/cost/", {"cost": "4.5", "reason": "New price list", "agreed": "yes"}, follow=True
    )
    assert "New price list" in answer.content.decode()
    assert Variant.objects.get(sku=MUG).standard_cost == Decimal("4.5")


def test_nonsense_keeps_what_was_typed(world: World) -> None:
    client = signed_in("finance")
    answer = client.post(f"/stock/{MUG}/cost/", {"cost": "a lot", "reason": "Because"})
    assert answer.status_code == 422
    assert 'value="a lot"' in answer.content.decode()
    assert 'value="Because"' in answer.content.decode()


def test_the_finance_of_one_shop_changes_no_cost_of_all(world: World) -> None:
    client = signed_in("finance", location_id=world.store.pk)
    assert "New standard cost" not in client.get(f"/stock/{MUG}/cost/").content.decode()
    answer = client.post(f"/stock/{MUG}/cost/", {"cost": "5", "reason": "x", "agreed": "yes"})
    assert answer.status_code == 403
    assert Variant.objects.get(sku=MUG).standard_cost == 4


def test_who_may_not_change_it_is_refused(world: World) -> None:
    client = signed_in("warehouse")
    assert client.get(f"/stock/{MUG}/cost/").status_code == 403


# At once


def test_units_that_arrive_while_the_cost_changes_are_worth_the_new_one(fresh_database: str) -> None:
    assert wrong_after_both("SHOP-PARIS") == []


def test_without_the_locks_of_its_stock_rows_they_are_worth_the_old_one(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "lock_stock", lambda *_: None)
    assert len(wrong_after_both("SHOP-PARIS")) == 1


def test_so_are_those_that_arrive_where_none_ever_lay(fresh_database: str) -> None:
    assert wrong_after_both("KIOSK") == []


def wrong_after_both(place: str) -> list[str]:
    """Units come to a place and are not committed yet when their cost changes."""
    world = small_world(stock=10)
    make_location("KIOSK", "Kiosk", Location.Kind.STORE, "75001", "Paris")
    variant, target = world.variants[MUG].pk, Location.objects.get(code=place)
    changing = Thread(target=_change, args=(variant,))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as watcher:
        with transaction.atomic():
            receive([In(variant, target.pk, 5)], source=new_id(), actor=SYSTEM)
            changing.start()
            wait_until(lambda: not changing.is_alive() or watcher.execute(WAITING).fetchone() != (0,), PATIENCE)
        changing.join(PATIENCE)
    assert Variant.objects.get(pk=variant).standard_cost == 5
    return disagreements()


def _change(variant: UUID) -> None:
    try:
        set_cost(variant, Decimal(5), reason="Dearer", actor=SYSTEM)
    finally:
        connections.close_all()
