"""Two workers index the same thing, the slower one with what it read first: search knows the newest all the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection

from backoffice.search import indexing
from core import search
from core.actors import SYSTEM
from core.search import index
from customers.editing import Particulars, edit_customer
from customers.models import Customer
from launcher import processes
from tests.concurrency.lined_up import PATIENCE, WAITING
from tests.factories.orders import placed
from tests.factories.world import small_world

LOOKED_AT = "SELECT FROM core_searchdocument WHERE id = ANY(%(ids)s) AND kind = %(kind)s ORDER BY id FOR UPDATE"
"""What is left of the hold when a document that is not there yet is not made: nothing to wait for."""


class Slow:
    """A worker that has read what a customer is found by, and writes it when it is told to."""

    def __init__(self) -> None:
        self.has_read, self.may_write = Event(), Event()

    def of_customer(self, row: Any) -> search.Document:
        self.has_read.set()
        assert self.may_write.wait(PATIENCE)
        return search.Document(indexing.CUSTOMER, row.id, search.name_terms(row.first_name, row.last_name))


@pytest.fixture
def customer(fresh_database: str) -> Customer:
    """Anne Bertin, whom search does not know yet."""
    small_world()
    placed()
    return Customer.objects.get()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """The first worker to come is slow, the others are not."""
    worker, usual = Slow(), indexing._of_customer
    monkeypatch.setattr(
        indexing, "_of_customer", lambda row: usual(row) if worker.has_read.is_set() else worker.of_customer(row)
    )
    yield worker
    worker.may_write.set()


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


def indexed(customer: Customer) -> None:
    try:
        indexing.index_customers([customer.pk])
    finally:
        connection.close()


def two_workers(customer: Customer, slow: Slow) -> None:
    """One reads the name, the customer is renamed, the other indexes them, and then the first one writes."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(indexed, customer)
        assert slow.has_read.wait(PATIENCE)
        edit_customer(customer.pk, Particulars("Anne", "Zimmermann", customer.email, "", "fr"), actor=SYSTEM)
        second = pool.submit(indexed, customer)
        assert processes.wait_until(lambda: second.done() or waiting(), PATIENCE)
        slow.may_write.set()
        for worker in (first, second):
            worker.result(PATIENCE)


def found(text: str) -> int:
    return len(search.find([indexing.CUSTOMER], text, 5)[indexing.CUSTOMER])


def test_a_customer_new_to_both_is_found_by_the_newest_name(customer: Customer, slow: Slow) -> None:
    two_workers(customer, slow)
    assert (found("bertin"), found("zimmermann")) == (0, 1)


def test_without_a_document_to_wait_for_the_older_name_is_written_last(
    customer: Customer, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "HOLD", LOOKED_AT)
    two_workers(customer, slow)
    assert (found("bertin"), found("zimmermann")) == (1, 0)


def test_a_customer_whom_search_knows_is_found_by_the_newest_name_too(customer: Customer, slow: Slow) -> None:
    search.put([search.Document(indexing.CUSTOMER, customer.pk, ["bertin"])])
    two_workers(customer, slow)
    assert (found("bertin"), found("zimmermann")) == (0, 1)
