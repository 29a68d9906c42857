"""The whole system, with its own database and broker, while the database dies: all its processes find back by themselves."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from core.ids import new_id
from core.invariants import disagreements
from launcher import demo, ports, processes, valkey
from launcher.children import Supervisor
from orders.models import Order
from tests.factories.world import World, order_body, small_world
from tests.faults.own_postgres import PATIENCE, OwnPostgres

START = 180


@pytest.fixture
def world(own_server: OwnPostgres, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), own_server.clone():
        yield small_world()


@pytest.fixture
def web(own_server: OwnPostgres, world: World) -> Iterator[str]:
    """The address of a system of web, workers, clock and provider."""
    port = ports.free_port()
    broker = valkey.url(own_server.place, valkey.start(own_server.place, own_server.programs))
    variables = {
        "DATABASE_URL": own_server.url,
        "REDIS_URL": broker,
        "OMS_SECRET_KEY": os.environ["OMS_SECRET_KEY"],
        "OMS_DATA": str(own_server.place.root),
        "WEB_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "PROVIDER_URL": f"http://127.0.0.1:{ports.free_port()}",
        "PROVIDER_WEBHOOK_SECRET": "whsec_drill",
    }
    with Supervisor(demo.parts(own_server.place.root, variables), variables, print) as supervisor:
        supervisor.wait_for_all(START)
        yield variables["WEB_URL"]
    valkey.stop(own_server.place)


def order(web: str, world: World, key: str) -> httpx.Response:
    return httpx.post(f"{web}/api/v1/orders", json=order_body(), headers=world.headers(key), timeout=PATIENCE)


def routed(number: str) -> bool:
    """Whether the workers have taken the order on."""
    connections.close_all()
    return Order.objects.get(number=number).status == "processing"


@pytest.mark.long
def test_orders_go_on_by_themselves_after_the_database_was_killed(
    own_server: OwnPostgres, world: World, web: str
) -> None:
    first = order(web, world, str(new_id()))
    assert first.status_code == 201, first.text
    assert processes.wait_until(lambda: routed(first.json()["number"]), PATIENCE)

    with psycopg.connect(own_server.url) as holder, ThreadPoolExecutor(1) as pool:
        holder.execute("SELECT FROM inventory_stock FOR UPDATE")
        going_on = pool.submit(order, web, world, "once")
        assert processes.wait_until(own_server.is_waiting_for_a_lock, PATIENCE)
        own_server.kill()
        holder.close()
    assert going_on.result().status_code == 503
    assert going_on.result().json()["type"] == "/problems/unavailable"
    assert going_on.result().headers["Retry-After"]

    away = order(web, world, "once")
    assert (away.status_code, away.json()["type"]) == (503, "/problems/unavailable")
    page = httpx.get(f"{web}/orders/", cookies={"session": "x" * 32}, timeout=PATIENCE)
    assert page.status_code == 503
    assert "The database does not answer" in page.text

    own_server.start()
    again = order(web, world, "once")
    assert again.status_code == 201, again.text
    assert order(web, world, "once").json() == again.json()
    assert processes.wait_until(lambda: routed(again.json()["number"]), PATIENCE)
    assert Order.objects.count() == 2
    assert disagreements() == []
