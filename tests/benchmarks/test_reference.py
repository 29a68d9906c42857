"""The raw statement of figures 1 and 2 writes what the service writes; when it does not, the benchmark sees it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks import reference
from benchmarks.orders import bodies_of, capture
from benchmarks.reference import Sample, count_rows, rows_per_order
from benchmarks.world import big_world
from core.db import rows, run
from core.invariants import disagreements

SKUS = 30
ORDERS = 4


@pytest.fixture
def sample(fresh_database: None, monkeypatch: pytest.MonkeyPatch) -> Sample:
    """A small world with its sample order."""
    monkeypatch.setattr(reference, "SKUS", SKUS)
    big_world(skus=SKUS)
    return reference.take_sample()


def written_by(work: Callable[[], object], orders: int = ORDERS) -> dict[str, float]:
    """Rows per order, by table."""
    before = count_rows()
    work()
    return rows_per_order(before, count_rows(), orders)


def by_service() -> dict[str, float]:
    return written_by(lambda: capture(bodies_of(ORDERS, SKUS)))


def by_statement(sql: str) -> dict[str, float]:
    return written_by(lambda: run(sql))


def test_the_statement_writes_the_same_rows_as_the_service(sample: Sample) -> None:
    ours = by_service()
    assert ours["orders_orderline"] == ours["inventory_reservation"] == 3
    assert by_statement(reference.statement(sample, ORDERS, skus=(0, SKUS - 1))) == ours
    assert disagreements() == []


def test_every_order_of_the_statement_is_another_one(sample: Sample) -> None:
    run(reference.statement(sample, ORDERS, skus=(0, SKUS - 1)))
    (found,) = rows(
        "SELECT count(*) AS orders, count(DISTINCT number) AS numbers, count(DISTINCT email) AS emails,"
        " count(DISTINCT customer_id) AS customers FROM orders_order"
    )
    assert found == (ORDERS + 1,) * 4
    assert rows("SELECT sum(reserved) AS units FROM inventory_stock")[0].units == 3 * (ORDERS + 1)


def test_a_statement_that_leaves_rows_out_is_seen(sample: Sample) -> None:
    less = replace(sample, written=[written for written in sample.written if written.table != "orders_hold"])
    ours, theirs = by_service(), by_statement(reference.statement(less, ORDERS, skus=(0, SKUS - 1)))
    assert {table for table in ours if ours[table] != theirs.get(table)} == {"orders_hold"}
