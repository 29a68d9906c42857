"""Sixty-four processes order at once: one hot product, many others, the same product twice, two products in either order."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connections

from capture import references
from capture.services import place_order
from core.actors import SYSTEM
from core.db import rows
from core.invariants import disagreements
from core.problems import Conflict, OutOfStock
from inventory.selectors import atp
from sourcing.network import forget
from tests.concurrency.test_last_unit import SKUS, last_units
from tests.factories.orders import placed
from tests.factories.world import MUG, World, open_stock, order_body

PROCESSES = 64
ORDERS = 6
HOT = 150
"""Units of the hot product, for some 200 that are wanted."""
SPREAD = 8
"""Units of each of the others."""


def busy_world() -> World:
    """The last units of many products, and a product that everybody wants, at two places."""
    world = last_units(SPREAD)
    open_stock(world.warehouse, {world.variants[MUG]: HOT - HOT // 3})
    open_stock(world.store, {world.variants[MUG]: HOT // 3})
    references.forget()
    forget()
    return world


def bodies(client: int) -> Iterator[list[tuple[str, int]]]:
    """What a client orders, one order after the other: SKUs and units by line."""
    for n in range(ORDERS):
        first, second = SKUS[(client * 7 + n) % len(SKUS)], SKUS[(client * 11 + n + 1) % len(SKUS)]
        yield (
            [(MUG, 1)],
            [(MUG, 1), (MUG, 1)],
            [(first, 1), (MUG, 1)] if client % 2 else [(MUG, 1), (first, 1)],
            [(min(first, second), 1), (max(first, second), 1)]
            if client % 2
            else [(max(first, second), 1), (min(first, second), 1)],
        )[(client + n) % 4]


def buy(client: int) -> list[str]:
    """All orders of a client, in a process of its own; how each ended."""
    said = []
    for n, lines in enumerate(bodies(client)):
        body = order_body(lines=[{"sku": sku, "quantity": units, "unit_price": "1.00"} for sku, units in lines])
        try:
            place_order(body, client="t", key=f"{client}-{n}", digest="", actor=SYSTEM)
        except OutOfStock:
            said.append("out of stock")
        except (Conflict, DatabaseError) as error:
            said.append(f"{type(error).__name__}: {error}")
        else:
            said.append("sold")
    connections.close_all()
    return said


SOLD = "SELECT coalesce(sum(quantity), 0)::int AS units FROM orders_orderline WHERE sku = %(sku)s"
BELOW = "SELECT count(*) AS n FROM inventory_stock WHERE reserved + allocated > on_hand OR reserved < 0"


@pytest.mark.usefixtures("fresh_database")
def test_nothing_is_sold_twice_and_nobody_waits_in_a_circle() -> None:
    world = busy_world()
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        said = Counter(each for ended in pool.map(buy, range(PROCESSES), chunksize=1) for each in ended)

    assert set(said) == {"sold", "out of stock"}
    assert rows(BELOW)[0].n == 0
    assert disagreements() == []
    mug = world.variants[MUG].pk
    left = atp([mug], world.pool.pk, world.channel.pk)[mug]
    assert rows(SOLD, {"sku": MUG})[0].units == HOT - left
    if left:
        placed({MUG: left})
    with pytest.raises(OutOfStock):
        placed({MUG: 1})
