"""What orders and customers are found by besides their numbers. It follows them within moments (handlers.py)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core import search
from core.db import rows

ORDER, CUSTOMER = "order", "customer"
AT_ONCE = 1_000
LOOKED_BACK = timedelta(days=2)

# What an order says of its customer is on file there: only what differs is kept with the order.
ORDERS = """
SELECT o.id, o.customer_name, o.email, o.external_id, o.shipping_address->>'name' AS ship_to, o.shipping_address->>'phone' AS phone,
       o.billing_address->>'name' AS bill_to, o.shipping_address->>'country' AS country,
       c.email AS customer_email, c.phone AS customer_phone
FROM orders_order o LEFT JOIN customers_customer c ON c.id = o.customer_id WHERE o.id = ANY(%(ids)s)
"""
CUSTOMERS = """
SELECT c.id, c.email, c.external_id, c.first_name, c.last_name, c.phone, c.country, upper(c.language) AS language, (
    SELECT o.shipping_address->>'country' FROM orders_order o WHERE o.customer_id = c.id LIMIT 1) AS ordered_to
FROM customers_customer c WHERE c.id = ANY(%(ids)s)
"""


def index_orders(ids: Iterable[UUID]) -> int:
    """Orders are found by what they say now, and so are their customers when they are new."""
    ids = list(dict.fromkeys(ids))
    with transaction.atomic():
        search.hold(ORDER, ids)
        new = [row.id for row in rows(UNKNOWN_CUSTOMERS, {"ids": ids})]
        search.hold(CUSTOMER, new)
        return search.put([*_orders(ids), *_customers(new)])


def index_customers(ids: Iterable[UUID]) -> int:
    """Customers are found by what is on file now."""
    ids = list(dict.fromkeys(ids))
    with transaction.atomic():
        search.hold(CUSTOMER, ids)
        return search.put(_customers(ids))


def _orders(ids: Sequence[UUID]) -> list[search.Document]:
    return [_of_order(row) for row in rows(ORDERS, {"ids": ids})]


def _customers(ids: Sequence[UUID]) -> list[search.Document]:
    return [_of_customer(row) for row in rows(CUSTOMERS, {"ids": ids})]


UNKNOWN_CUSTOMERS = """
SELECT DISTINCT o.customer_id AS id FROM orders_order o
WHERE o.id = ANY(%(ids)s) AND o.customer_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM core_searchdocument d WHERE d.id = o.customer_id)
"""


def _of_order(row: Any) -> search.Document:
    terms = search.name_terms(row.customer_name, row.ship_to or "", row.bill_to or "")
    terms.append(search.code_term(row.external_id))
    if row.email.lower() != (row.customer_email or "").lower():
        terms.append(search.email_term(row.email))
    if row.phone and row.phone != row.customer_phone:
        terms += search.phone_terms(row.phone, row.country or "")
    return search.Document(ORDER, row.id, terms)


def _of_customer(row: Any) -> search.Document:
    names = search.name_terms(row.first_name, row.last_name)
    regions = filter(None, (row.country, row.ordered_to, row.language))
    codes = (search.email_term(row.email), search.code_term(row.external_id))
    return search.Document(CUSTOMER, row.id, [*names, *codes, *search.phone_terms(row.phone, *regions)])


MISSING = """
SELECT o.id FROM {table} o WHERE o.id > %(after)s AND NOT EXISTS (SELECT FROM core_searchdocument d WHERE d.id = o.id)
ORDER BY o.id LIMIT %(most)s
"""
ALL = "SELECT o.id FROM {table} o WHERE o.id > %(after)s ORDER BY o.id LIMIT %(most)s"
KINDS = (("customers_customer", index_customers), ("orders_order", index_orders))


def catch_up(*, ever: bool = False) -> int:
    """Index what nobody was told of, as orders of the past are: of the last days, or whenever it was made."""
    after = UUID(int=0) if ever else _first_id(timezone.now() - LOOKED_BACK)
    return sum(put(ids) for table, put in KINDS for ids in _sets(MISSING.format(table=table), after))


def rebuild() -> Iterator[int]:
    """Index everything anew, a set at a time; gives how many were put so far."""
    done = 0
    for table, put in KINDS:
        for ids in _sets(ALL.format(table=table), UUID(int=0)):
            done += put(ids)
            yield done


def _sets(sql: str, after: UUID) -> Iterator[Sequence[UUID]]:
    while found := [row.id for row in rows(sql, {"after": after, "most": AT_ONCE})]:
        yield found
        after = found[-1]


def _first_id(moment: datetime) -> UUID:
    """The smallest id of those that are made from a moment on."""
    return UUID(int=int(moment.astimezone(UTC).timestamp() * 1000) << 80)
