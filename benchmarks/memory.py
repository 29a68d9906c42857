"""Memory of the real processes over 50,000 orders: gunicorn and the Celery workers as the launcher starts them.

Orders come over HTTP, a hundred a call and some alone, every second paid by card and the others on account; workers
authorise, route, release and write letters; every fifth order is shipped, so that its payment is captured too. The queue
is kept short, so that what was captured has been worked on.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks.figure import Figure
from benchmarks.orders import bodies_of
from benchmarks.rounds import QUICK
from benchmarks.straight import straight
from benchmarks.usage import family, growth, proportional
from benchmarks.world import big_world
from core.actors import SYSTEM, Actor
from core.db import rows
from fulfillment import floor, shipping
from integrations.services import create_api_key
from launcher import ports
from launcher.children import Child, Supervisor
from launcher.demo import parts

ORDERS = 600 if QUICK else 50_000
BATCH = 100
SINGLES = 5
"""Orders alone after each batch."""
SAMPLES = 50
MOST_WAITING = 2_000
"""Deliveries; beyond it no order is sent."""
PATIENCE = 600
"""Seconds for the workers to do what waits."""
READY_SECONDS = 120
LIMITS = {"web": 250, "worker-work": 300, "worker-providers": 300, "worker-mail": 300}
"""MiB of the worker with all its processes, shared pages counted once."""
MOST_GROWTH = 10
"""MiB over the second half. An order kept by mistake is 10 KiB or more, so a leak would show as hundreds; what is less
than this comes from how the allocator cuts its pages."""
PICKER = Actor("user", "Paula Picker")

WAITING = """
SELECT (SELECT count(*) FROM core_event WHERE dispatched_at IS NULL)
     + (SELECT count(*) FROM core_delivery WHERE done_at IS NULL AND parked_at IS NULL) AS n
"""
EVERY_FIFTH = """
SELECT id FROM fulfillment_fulfillmentorder
WHERE status = 'released' AND abs(hashtextextended(id::text, 0)) % 5 = 0 ORDER BY id LIMIT 100
"""


def measure() -> list[Figure]:
    """One long run; the memory of each worker at 50 points of it."""
    big_world()
    key = create_api_key("benchmark", ["all"], actor=SYSTEM)
    with tempfile.TemporaryDirectory() as folder:
        variables = _variables()
        with Supervisor(parts(Path(folder), variables), variables, lambda words: None) as running:
            running.wait_for_all(READY_SECONDS)
            watched = Watched({child.name: child for child in running.children if child.name in LIMITS})
            _send(variables["WEB_URL"], key, watched)
            _wait(0)
            watched.look()
    parked = rows("SELECT count(*) AS n FROM core_delivery WHERE parked_at IS NOT NULL")[0].n
    return [
        *[figure for name, samples in watched.samples.items() for figure in _figures(name, samples)],
        Figure("memory", "… deliveries that were parked", parked, 0, "rows", higher=False),
        straight("memory"),
    ]


@dataclass
class Watched:
    """Workers and what they took of the memory, in MiB, at each look."""

    children: Mapping[str, Child]
    samples: dict[str, list[float]] = field(default_factory=dict)

    def look(self) -> None:
        """One sample of each; a worker that has died is a failure of its own."""
        for name, child in self.children.items():
            assert child.process
            if child.process.poll() is not None:
                raise RuntimeError(f"{name} has ended:\n{child.last_words()}")
            self.samples.setdefault(name, []).append(proportional(family(child.process.pid)))


def _figures(name: str, samples: list[float]) -> list[Figure]:
    detail = {"MiB": [round(sample, 1) for sample in samples]}
    return [
        Figure(
            "memory", f"{name} over {ORDERS:,} orders, at most", max(samples), LIMITS[name], "MiB", higher=False,
            spread=(min(samples), max(samples)), detail=detail,
        ),
        Figure("memory", "… what it grew by over the second half", growth(samples), MOST_GROWTH, "MiB", higher=False),
    ]  # fmt: skip


def _variables() -> dict[str, str]:
    port = ports.free_port()
    return {
        "WEB_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "PROVIDER_URL": f"http://127.0.0.1:{ports.free_port()}",
        "PROVIDER_KEY": "sk_test_benchmark",
        "PROVIDER_WEBHOOK_SECRET": "whsec_benchmark",
    }


def _send(url: str, key: str, watched: Watched) -> None:
    sent, looks = 0, 0
    with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60) as web:
        while sent < ORDERS:
            sent += _batch(web) + _singles(web)
            _ship()
            _wait(MOST_WAITING)
            if sent >= looks * ORDERS / SAMPLES:
                watched.look()
                looks += 1


def _batch(web: httpx.Client) -> int:
    orders = [body | {"idempotency_key": uuid4().hex} for body in bodies_of(BATCH)]
    for order in orders[::2]:
        (payment,) = order["payments"]
        order["payments"] = [{"tender": "on_account", "amount": payment["amount"]}]
    answer = web.post("/orders/batch", json={"orders": orders}, headers={"Idempotency-Key": uuid4().hex})
    assert answer.status_code == 207, answer.text
    results = answer.json()["results"]
    assert all(result["status"] == 201 for result in results), results[0]
    return len(results)


def _singles(web: httpx.Client) -> int:
    """Some orders alone, each read again as a shop would."""
    for body in bodies_of(SINGLES):
        placed = web.post("/orders", json=body, headers={"Idempotency-Key": uuid4().hex})
        assert placed.status_code == 201, placed.text
        assert web.get(f"/orders/{placed.json()['number']}").status_code == 200
    assert web.get("/orders").status_code == 200
    return SINGLES


def _ship() -> None:
    if ids := [row.id for row in rows(EVERY_FIFTH)]:
        floor.pick_all(ids, actor=PICKER)
        floor.pack(ids, actor=PICKER)
        shipping.ship(ids, actor=PICKER)


def _wait(most: int) -> None:
    """Until no more than so many deliveries wait."""
    deadline = time.monotonic() + PATIENCE
    while rows(WAITING)[0].n > most:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{rows(WAITING)[0].n} deliveries still wait after {PATIENCE} s.")
        time.sleep(0.05)
