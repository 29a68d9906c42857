"""A standby answers in the place of its primary, as for a moment in a switch-over: nothing is written, and callers are told."""

from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client

from core.db import run
from core.invariants import disagreements
from orders.models import Order
from tests.api.client import Caller, problem, told
from tests.factories.world import World, order_body, small_world


@pytest.fixture
def world(fresh_database: str) -> World:
    return small_world()


def switch(database: str, writable: str) -> None:
    """New connections meet a server that takes no writes, or takes them again."""
    run("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
    run(f'ALTER DATABASE "{database}" SET default_transaction_read_only = {writable}')
    connections.close_all()


@pytest.fixture
def standby(world: World, fresh_database: str) -> Iterator[str]:
    switch(fresh_database, "on")
    yield fresh_database
    switch(fresh_database, "off")


def test_a_write_on_a_standby_is_refused_as_unavailable_and_done_by_the_repeat(world: World, standby: str) -> None:
    api = Caller(world.api_key)
    found = api.post("/orders", order_body(), key="once")
    assert "Send the same request again" in problem(found, 503, "unavailable")["detail"]
    assert found.headers["Retry-After"]

    switch(standby, "off")
    number = told(api.post("/orders", order_body(), key="once"), 201)["number"]
    assert told(api.post("/orders", order_body(), key="once"), 201)["number"] == number
    assert Order.objects.count() == 1
    assert disagreements() == []


def test_a_sign_in_on_a_standby_is_told_as_a_page(world: World, standby: str) -> None:
    browser = Client(raise_request_exception=False)
    page = browser.post("/sign-in/", {"username": "nobody", "password": "wrong-password"})
    assert page.status_code == 503
    assert "The database does not answer" in page.content.decode()
