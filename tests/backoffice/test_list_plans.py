"""However many rows a list has, what is typed into its search box and what is overdue is found by index."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from benchmarks.big_company import fill
from core.db import run
from core.lists import registry
from orders.models import Order
from tests import database
from tests.factories.world import small_world

ORDERS, PRODUCTS, ENTRIES = 4_000, 4_000, 40_000

CATALOGUE = """
WITH made AS (
    INSERT INTO catalog_product (id, code, names, category)
    SELECT gen_random_uuid(), 'P-' || n, jsonb_build_object('en', 'Thing number ' || n), '' FROM generate_series(1, %(n)s::int) n
    RETURNING id, code)
INSERT INTO catalog_variant (id, product_id, sku, barcode, tax_class_id, weight_g, length_mm, width_mm, height_mm, standard_cost, hs_code,
    origin, is_stocked, is_active)
SELECT gen_random_uuid(), id, 'Thing-' || code, right(code, -2), (SELECT id FROM catalog_taxclass LIMIT 1), 0, 0, 0, 0, 0, '', '', true, true
FROM made
"""
RETURNS = """
INSERT INTO returns_return (id, rma, order_id, status, external_id, created_at)
SELECT gen_random_uuid(), 'R-' || number, id, 'received', '', placed_at FROM orders_order
"""
BOOKS = """
INSERT INTO accounting_journalentry (id, date, event, source, label, about, posted_by)
SELECT gen_random_uuid(), current_date - n %% 500, 'receipt', gen_random_uuid(), 'Delivery note ' || n,
       CASE WHEN n %% 2 = 0 THEN gen_random_uuid() END, ''
FROM generate_series(1, %(n)s::int) n
"""


@pytest.fixture(scope="module")
def full(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Thousands of orders with parcels and returns, of products, and of entries half of which are about orders."""
    with django_db_blocker.unblock(), database.clone():
        small_world()
        run(CATALOGUE, {"n": PRODUCTS})
        fill(ORDERS)
        run("SET session_replication_role = replica")
        run(RETURNS)
        run(BOOKS, {"n": ENTRIES})
        run("RESET session_replication_role")
        run("VACUUM ANALYZE")
        yield


ASKED = [
    ("parcels", "q={number}", "fulfillment_shipment"),
    ("parcels", "overdue=1", "fulfillment_shipment"),
    ("parcels", "expected=tomorrow", "fulfillment_shipment"),
    ("returns", "q={number}", "returns_return"),
    ("journal", "q={number}", "accounting_journalentry"),
    ("journal", "q=te 777", "accounting_journalentry"),
    ("stock", "q=thing-p-77", "catalog_variant"),
    ("stock", "q=number 399", "catalog_product"),
]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(("name", "query", "table"), ASKED, ids=[f"{name} {query}" for name, query, _table in ASKED])
def test_no_list_reads_its_whole_table_for_a_few_rows(name: str, query: str, table: str) -> None:
    number = Order.objects.order_by("id")[ORDERS // 2].number
    spec, reader = registry.get(name), get_user_model()(is_superuser=True)
    asked = spec.read(QueryDict(query.format(number=number)))
    assert asked.is_narrowed
    with CaptureQueriesContext(connection) as statements:
        asked.listing(spec.base(reader)).page()
    plans = [node for each in statements if f'FROM "{table}"' in each["sql"] for node in plan(each["sql"])]
    assert plans
    assert ("Seq Scan", table) not in plans


def plan(sql: str) -> list[tuple[str, str]]:
    """The nodes of a statement's plan, each with the table that it reads."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        return list(nodes(cursor.fetchone()[0][0]["Plan"]))


def nodes(of: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield of["Node Type"], of.get("Relation Name", "")
    for part in of.get("Plans", ()):
        yield from nodes(part)
