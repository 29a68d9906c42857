"""Figure 11: what the server needs for each page, against the bare statements that the page asks.

Every page of the access table (tests/access/table.py) that is opened by GET, as a manager, in process: middleware,
view, template. The reference asks the very statements that the page asked, with their values, by psycopg alone.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection
from django.test import Client
from psycopg import ClientCursor, RawCursor

from accounting.models import JournalEntry
from benchmarks.big_company import fill
from benchmarks.figure import Figure
from benchmarks.line import line
from benchmarks.reader import Statement, listening, manager
from benchmarks.rounds import QUICK, ROUNDS
from benchmarks.world import big_world
from core.db import run
from fulfillment.models import FulfillmentOrder, Shipment
from inventory.models import Location
from notifications.models import Message
from orders.models import Order
from tests.access.table import GET, PUBLIC, ROWS

ORDERS = 1_000 if QUICK else 10_000
SHIPPED = 20 if QUICK else 60
"""Orders that went all the way, so that ledger, mail and parcels have something to show."""
TURNS = 2 if QUICK else 5
"""Pages of each side of each round."""
GOAL = 5
TOLD = 8
NOT_PAGES = ("parcel-label", "parcel-slip", "order-live", "new-order-products", "health-live", "health", "styleguide")
"""Papers, parts, what machines ask, and the page for designers that shows every component at once."""


def measure() -> list[Figure]:
    """The ratio of each page; the worst is the figure, the others stand beside it."""
    a_company(ORDERS)
    run("ANALYZE")
    client = manager()
    found = [page for page in (look(client, name, path) for name, path in pages()) if page]
    found.sort(key=lambda page: -page["ratio"])
    for page in found:
        print(
            f"        {page['ratio']:5.1f} ×  {page['ours']:6.1f} ms of {page['bare']:5.1f} ms,"
            f" {page['statements']:3d} statements  {page['name']}"
        )
    worst = found[0]
    return [
        Figure(
            "11", f"the worst of {len(found)} pages, of its bare SQL", worst["ratio"], GOAL, "×", higher=False,
            spread=(found[-1]["ratio"], worst["ratio"]), beside=worst["name"], detail={"pages": found},
        ),
        Figure(
            "11", "… the median page", statistics.median(page["ratio"] for page in found), GOAL, "×", higher=False,
        ),
    ]  # fmt: skip


def a_company(orders: int) -> None:
    """A company with a past, and a few orders that really went all the way."""
    big_world()
    with tempfile.TemporaryDirectory() as folder:
        line(0, of=1, share=SHIPPED, data=f"{folder}/provider")()
    fill(orders)


def pages() -> list[tuple[str, str]]:
    """Name and address of every page; those whose thing this company lacks are left out and named."""
    words = things()
    found = []
    for row in ROWS:
        if row.method != GET or row.guard == PUBLIC or row.ok != 200 or row.route in NOT_PAGES:
            continue
        try:
            found.append((row.route, row.path.format_map(words)))
        except KeyError as missing:
            print(f"        left out: {row.route}, for there is no {missing}")
    return found


def things() -> dict[str, Any]:
    """What the words in braces of the access table stand for here."""
    order = Order.objects.filter(shipments__isnull=False).latest("id")
    named: dict[str, Any] = {
        "order": order.number,
        "held": Order.objects.filter(status="on_hold").latest("id").number,
        "sent": order.number,
        "customer": order.customer_id,
        "sku": order.lines.all()[0].sku,
        "place": Location.objects.all()[0].pk,
        "work": FulfillmentOrder.objects.filter(status__in=["released", "picking"]).latest("id").pk,
        "parcel": Shipment.objects.latest("id").pk,
    }
    later = {"entry": JournalEntry.objects.order_by("-id").first(), "message": Message.objects.order_by("-id").first()}
    return named | {name: thing.pk for name, thing in later.items() if thing}


def look(client: Client, name: str, path: str) -> dict[str, Any] | None:
    """One page: its time against that of its statements, in turn."""
    for _ in range(3):
        answer = client.get(path)
    if answer.status_code != 200:
        print(f"        left out: {name} answers {answer.status_code}")
        return None
    with listening() as asked:
        client.get(path)
    reads = [each for each in asked.statements if each.is_read]
    with connection.get_new_connection(connection.get_connection_params()) as bare:
        bare.autocommit = True
        bare_once(bare, reads)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(mean(lambda: client.get(path)))
            theirs.append(mean(lambda: bare_once(bare, reads)))
    return {
        "name": name,
        "path": path,
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "ours": statistics.median(ours) * 1000,
        "bare": statistics.median(theirs) * 1000,
        "statements": len(asked.statements),
    }


def bare_once(bare: psycopg.Connection[Any], statements: Sequence[Statement]) -> None:
    """The statements one after the other, with all that they find."""
    for each in statements:
        cursor: psycopg.Cursor[Any] = RawCursor(bare) if each.ours else ClientCursor(bare)
        cursor.execute(each.query, each.params, prepare=True if each.ours else None)
        cursor.fetchall()


def mean(turn: Any) -> float:
    """Seconds of a turn."""
    started = time.perf_counter()
    for _ in range(TURNS):
        turn()
    return (time.perf_counter() - started) / TURNS
