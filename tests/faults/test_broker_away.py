"""The broker is gone, deaf or emptied: orders are still taken at once, and all of them are routed after it is back."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db.models import F

from core import outbox
from core.invariants import disagreements
from core.models import Delivery
from launcher.places import REPOSITORY
from orders.models import Order
from tests.factories.orders import placed
from tests.factories.world import MUG, World, small_world

ORDERS = 5
PATIENCE = 3
"""Seconds for all the orders together. The broker's client alone waits two to five seconds before it gives up."""

CUSTOMER = """
import sys, time
import django
django.setup()
import oms.urls
from django.test import Client
from tests.factories.world import order_body

client, key = Client(), sys.argv[1]
client.get("/health/")
started = time.monotonic()
for n in range(int(sys.argv[2])):
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"order-{n}"}
    answer = client.post("/api/v1/orders", order_body(quantity=1), content_type="application/json", headers=headers)
    assert answer.status_code == 201, answer.content
print(time.monotonic() - started)
"""


@pytest.fixture
def world(fresh_database: str) -> World:
    return small_world()


@pytest.fixture
def deaf_broker() -> Iterator[str]:
    """Takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def dead_broker() -> str:
    """Nobody listens there any more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.parametrize("broker", ["deaf_broker", "dead_broker"])
def test_orders_are_taken_at_once_and_routed_when_the_broker_is_back(
    broker: str, world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", request.getfixturevalue(broker))
    told = subprocess.run(
        [sys.executable, "-c", CUSTOMER, world.api_key, str(ORDERS)],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert float(told.stdout) < PATIENCE
    assert list(Order.objects.values_list("status", flat=True)) == ["placed"] * ORDERS
    outbox.drain()  # what relay and workers do
    assert list(Order.objects.values_list("status", flat=True)) == ["processing"] * ORDERS
    assert disagreements() == []


@pytest.mark.django_db
def test_what_an_emptied_broker_has_lost_is_handed_out_again() -> None:
    small_world()
    placed({MUG: 1})
    outbox.fan_out()
    lost = outbox.claim()  # on its way through the broker when that was emptied
    assert lost and outbox.claim() == []
    Delivery.objects.update(due_at=F("due_at") - outbox.limits.LEASE)  # a minute later
    assert [(one.handler, one.ids) for one in outbox.claim()] == [(one.handler, one.ids) for one in lost]
