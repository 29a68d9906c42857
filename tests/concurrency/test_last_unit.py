"""Fifty people buy the last units at once: one gets them, the others hear so, and nothing is left half-done."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import OperationalError, connection

from capture import references
from capture.services import place_order
from core.actors import SYSTEM
from core.db import run
from core.invariants import disagreements
from core.problems import OutOfStock
from inventory.services import promises
from orders.models import Order
from sourcing.network import forget
from tests.concurrency.lined_up import all_at_once, refusals
from tests.factories.world import World, order_body, small_world

CLIENTS = 50
SKUS = [f"LAST-{n:02d}" for n in range(60)]

UNGUARDED = (
    promises.SHIFT.partition(" AND (l.r + l.a <= 0")[0]
    + " RETURNING s.*, false AS cured, false AS risen, false AS has_fences"
)
"""What is left when nobody asks whether the units are still there."""
UNORDERED = promises.SHIFT.replace("ORDER BY s.variant_id, s.location_id", "ORDER BY random()")
"""What is left when nobody asks for an order: the rows are locked in any."""


def last_units(units: int) -> World:
    """A few units each of some SKUs, among many others so that the planner goes by the index as in real life."""
    world = small_world(stock=0, store_stock=0)
    product = next(iter(world.variants.values())).product_id
    tax_class = next(iter(world.variants.values())).tax_class_id
    run(
        """
        INSERT INTO catalog_variant (id, product_id, sku, barcode, weight_g, length_mm, width_mm, height_mm,
                                     standard_cost, tax_class_id, hs_code, origin, is_stocked, is_active)
        SELECT gen_random_uuid(), %(product)s, sku, '', 100, 0, 0, 0, 0, %(tax_class)s, '', 'FR', true, true
        FROM unnest(%(skus)s::text[]) AS sku
        """,
        {"product": product, "tax_class": tax_class, "skus": SKUS + [f"OTHER-{n}" for n in range(4000)]},
    )
    run(
        "INSERT INTO inventory_movement (id, variant_id, location_id, condition, quantity, reason, source, note, actor, at)"
        " SELECT gen_random_uuid(), id, %(place)s, 'sellable', %(units)s, 'receipt', gen_random_uuid(), '', 'test', now()"
        " FROM catalog_variant WHERE sku LIKE 'LAST-%%' OR sku LIKE 'OTHER-%%'",
        {"place": world.warehouse.pk, "units": units},
    )
    run("ANALYZE inventory_stock")
    return world


def sell_to_everybody(clients: int = CLIENTS, name: str = "") -> Counter[str]:
    """Every client orders all the last units, each in an order of their own; how it ended for how many."""
    references.forget()
    forget()
    together = Barrier(clients)

    def buy(client: int) -> str:
        skus = random.Random(f"{name}{client}").sample(SKUS, len(SKUS))
        body = order_body(lines=[{"sku": sku, "quantity": 1, "unit_price": "1.00"} for sku in skus])
        together.wait()
        try:
            place_order(body, client="t", key=f"{name}{client}", digest=str(client), actor=SYSTEM)
        except OutOfStock:
            return "out of stock"
        except OperationalError as error:
            return "deadlock" if "deadlock" in str(error) else str(error)
        finally:
            connection.close()
        return "sold"

    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(buy, range(clients)))


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.parametrize("units", [1, 10])
def test_the_last_units_are_sold_once_each_among_fifty_clients(units: int) -> None:
    last_units(units)
    assert sell_to_everybody() == {"sold": units, "out of stock": CLIENTS - units}
    assert Order.objects.count() == units
    assert disagreements() == []


@pytest.mark.usefixtures("fresh_database")
def test_without_the_ordered_lock_the_same_sale_ends_in_deadlocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "SHIFT", UNORDERED)
    last_units(1000)
    rounds = (sell_to_everybody(8, f"round {n}") for n in range(30))  # a deadlock costs the server a second
    assert any(ended["deadlock"] for ended in rounds)


@pytest.mark.usefixtures("fresh_database")
def test_without_the_guard_the_last_unit_is_sold_to_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "SHIFT", UNGUARDED)
    last_units(1)
    run("ALTER TABLE inventory_stock DISABLE TRIGGER stock_promised_update")
    references.forget()
    forget()
    said = all_at_once([partial(buy_one, client) for client in range(8)], "SELECT FROM inventory_stock")
    assert len(refusals(said)) < 7
    assert disagreements() != []


def buy_one(client: int) -> None:
    body = order_body(lines=[{"sku": SKUS[0], "quantity": 1, "unit_price": "1.00"}])
    place_order(body, client="t", key=str(client), digest="", actor=SYSTEM)
