"""Recall: from a lot to every place, open work, parcel, order and customer, by index; and set apart by one button."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from benchmarks import recall as benchmark
from benchmarks.big_company import fill
from core.actors import SYSTEM
from core.db import rows, run
from core.invariants import disagreements
from fulfillment import floor
from fulfillment.recall import REACHED, picked, reached
from inventory.models import Lot
from inventory.services import adjust
from tests import database
from tests.factories.holdings import bins_at, lot_of, receive_lot
from tests.factories.orders import PICKER, packed, released, shipped
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, World, small_world

ORDERS = 4_000


@pytest.fixture
def world(db: None) -> World:
    """Ten candles of a lot at Lyon and three at Paris; of another lot, which nobody has, two."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    lot = lot_of(candle, "L1", vendor_lot="ACME-7")
    receive_lot(lot, world.warehouse, 10, bin_id=bins_at(world.warehouse, "A-01")[0].pk)
    receive_lot(lot, world.store, 3)
    receive_lot(lot_of(candle, "L2", vendor_lot="ACME-7"), world.store, 2)
    return world


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def lot() -> Lot:
    return Lot.objects.get(code="L1")


def test_a_lot_leads_to_all_that_have_it(world: World) -> None:
    sent, _parcel = shipped({CANDLE: 2})
    boxed, _work = packed({CANDLE: 3})
    _waiting, _planned = released({CANDLE: 1})
    found = reached([lot().pk])
    assert (found.orders, found.customers, found.parcels, found.units_gone) == (2, 1, 1, 2)
    assert (found.work, found.units_in_hand) == (1, 3)
    page = text(signed_in("manager").get(f"/stock-lots/{lot().pk}/"))
    for word in ("Lyon warehouse", "Paris shop", "A-01", "L2", "1 open piece of work has 3 of it in hand."):
        assert word in page
    listed = text(signed_in("manager", name="m2").get(f"/recall/?lot_id={lot().pk}"))
    assert sent.number in listed
    assert boxed.number in listed
    assert sent.number not in text(signed_in("manager", name="m3").get(f"/recall/?lot_id={lot().pk}&where=here"))
    assert sent.number in text(signed_in("manager", name="m4").get("/recall/?vendor_lot=ACME-7"))
    assert sent.number in text(signed_in("manager", name="m5").get("/recall/?q=l1"))


def test_a_lot_is_set_apart_and_released_by_a_button(world: World) -> None:
    client, page = signed_in("planner"), f"/stock-lots/{lot().pk}/"
    assert "Say why." in text(client.post(f"{page}set-apart/", {"reason": ""}))
    assert "13 units are in quarantine now" in text(
        client.post(f"{page}set-apart/", {"reason": "A smell"}, follow=True)
    )
    assert "0 units are in quarantine now" in text(client.post(f"{page}set-apart/", {"reason": "A smell"}, follow=True))
    assert "13 units are sellable again" in text(client.post(f"{page}release/", {"reason": "Clean"}, follow=True))
    assert disagreements() == []


def test_whoever_only_sees_stock_neither_sets_lots_apart_nor_reads_customers(world: World) -> None:
    client = signed_in("warehouse")
    page = text(client.get(f"/stock-lots/{lot().pk}/"))
    assert "Set apart" not in page
    assert "/recall/" not in page
    assert client.get(f"/recall/?lot_id={lot().pk}").status_code == 403


def test_a_page_takes_as_many_statements_however_many_have_the_lot(world: World) -> None:
    client = signed_in("manager")
    shipped({CANDLE: 1})
    counts: list[list[int]] = []
    for _ in range(2):
        counts.append([])
        for path in (f"/stock-lots/{lot().pk}/", f"/recall/?lot_id={lot().pk}", "/stock-lots/"):
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            counts[-1].append(len(asked))
        for _n in range(3):
            shipped({CANDLE: 1})
    assert counts[0] == counts[1]


def test_what_is_in_hand_no_longer_is_no_longer_found(world: World) -> None:
    _order, (work,) = released({CANDLE: 2})
    floor.pick_all([work], actor=PICKER)
    assert reached([lot().pk]).units_in_hand == 2


# Many


@pytest.fixture(scope="module")
def full(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Thousands of orders, all of what has left by lots."""
    with django_db_blocker.unblock(), database.clone():
        small_world()
        fill(ORDERS)
        run(benchmark.LOTS)
        run("SET session_replication_role = replica")
        run(benchmark.PICKED)
        run("RESET session_replication_role")
        run("VACUUM ANALYZE")
        yield


def test_a_lot_is_found_by_index_however_much_has_left(full: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        smallest = rows("SELECT lot_id FROM fulfillment_pickedlot GROUP BY 1 ORDER BY count(*) LIMIT 1")[0].lot_id
        listed, params = picked().filter(lot=smallest).order_by("-id")[:31].query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {listed}", params)
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "pickedlot_of_lot" in plan, plan
        assert "Seq Scan on fulfillment_pickedlot" not in plan, plan
        asked = rows(f"EXPLAIN {REACHED}", {"lots": [smallest]})
        told = "\n".join(row[0] for row in asked)
        assert "Seq Scan on fulfillment_pickedlot" not in told, told
        assert "Seq Scan on fulfillment_fulfillmentline" not in told, told
