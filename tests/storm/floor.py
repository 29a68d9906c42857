"""`python -m tests.storm.floor SEED`: the people of the company at work on whatever there is, until they are ended.

A process of its own. Its people are cut off from the database like everybody else, shrug, and try again.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from uuid import UUID

import django

django.setup()

import httpx  # noqa: E402 - models need Django first
from django.db import Error, connection  # noqa: E402

from core.actors import Actor  # noqa: E402
from core.db import rows  # noqa: E402
from core.problems import Problem  # noqa: E402
from fulfillment import amend, floor, shipping, tracking_events  # noqa: E402
from oms import celery  # noqa: E402
from returns import services as returns  # noqa: E402

PICKER = Actor("user", "Paula Picker")
CLERK = Actor("user", "Carl Clerk")
CARRIER = Actor("system", "carrier")
SET = 40
REST = threading.Event()
"""Never set: waiting for it is a breath between two rounds."""


def attempt(work: Callable[[Any], object], things: Sequence[Any]) -> None:
    """Do it for all at once; when some of it is refused, for each alone. What the database loses is tried next round."""
    if not things:
        return
    try:
        work(things)
    except Problem:
        for one in things if len(things) > 1 else ():
            attempt(work, [one])
    except Error:
        connection.close()


def found(sql: str, most: int = SET) -> list[Any]:
    """Rows of a query; none when the database is away."""
    try:
        return rows(sql, {"most": most})
    except Error:
        connection.close()
        return []


WORK = """
SELECT f.id FROM fulfillment_fulfillmentorder f
WHERE f.status = ANY('{%s}') AND NOT EXISTS (SELECT FROM orders_hold h WHERE h.order_id = f.order_id AND h.status = 'open')
ORDER BY f.id LIMIT %%(most)s
"""
PARCELS = """
SELECT id FROM fulfillment_shipment
WHERE status IN ('shipped', 'in_transit', 'out_for_delivery', 'attempt_failed', 'exception') ORDER BY id LIMIT %(most)s
"""
UNWANTED = """
SELECT o.id, min(l.id::text)::uuid AS line FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
WHERE o.external_id LIKE '{kind}-%%' GROUP BY o.id HAVING sum(l.shipped + l.cancelled) = 0
ORDER BY random() LIMIT %(most)s
"""
SENT_BACK = """
SELECT o.id, (array_agg(l.id ORDER BY l.position))[1] AS line FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
WHERE o.external_id LIKE 'return-%%' AND o.status IN ('delivered', 'completed')
GROUP BY o.id HAVING sum(l.returned) = 0 ORDER BY o.id LIMIT %(most)s
"""
THREATENED = """
SELECT p.action_url FROM payments_payment p WHERE p.status = 'requires_action' AND p.action_url <> ''
ORDER BY random() LIMIT %(most)s
"""


def ids(found_rows: Sequence[Any]) -> list[UUID]:
    """Their ids."""
    return [row.id for row in found_rows]


def pick_pack_ship(chance: Random) -> None:
    """Everything that may be done, a set at a time; now and then only a part, so that cancellations meet each stage."""
    attempt(lambda work: floor.pick_all(work, actor=PICKER), ids(found(WORK % "released,accepted,picking")))
    if chance.random() < 0.9:
        attempt(lambda work: floor.pack(work, actor=PICKER), ids(found(WORK % "picking")))
    if chance.random() < 0.8:
        attempt(lambda work: shipping.ship(work, actor=PICKER), ids(found(WORK % "packed")))
    if chance.random() < 0.5:
        attempt(lambda sent: tracking_events.deliver(sent, actor=CARRIER), ids(found(PARCELS)))


def change_minds(chance: Random) -> None:
    """Some cancel all of their order, some a unit of it, at whatever stage it is."""
    attempt(cancel_each, [(one.id, None) for one in found(UNWANTED.format(kind="cancel"), chance.randint(1, 4))])
    attempt(
        cancel_each, [(one.id, [(one.line, 1)]) for one in found(UNWANTED.format(kind="part"), chance.randint(1, 4))]
    )


def cancel_each(wanted: Sequence[tuple[UUID, list[tuple[UUID, int]] | None]]) -> None:
    """Cancel these orders, whole or in part, one after the other."""
    for order_id, lines in wanted:
        amend.cancel(order_id, actor=CLERK, reason="not wanted", lines=lines)


def take_back() -> None:
    """Some send a unit of the first line back."""
    inputs = [
        returns.ReturnInput(one.id, [returns.Back(one.line, 1)], external_id="storm") for one in found(SENT_BACK, 10)
    ]
    attempt(lambda back: returns.receive_and_credit(back, actor=PICKER), inputs)


def authenticate() -> None:
    """Customers whose bank wants to know them go to its page."""
    for one in found(THREATENED, 5):
        try:
            httpx.post(one.action_url, data={"result": "pass"}, timeout=5)
        except httpx.TransportError:
            continue


def main() -> None:
    """Work on."""
    chance = Random(f"{sys.argv[1]}-floor")
    celery.wake_afresh()
    print("ready", flush=True)
    while not REST.wait(0.05):
        change_minds(chance)
        pick_pack_ship(chance)
        if chance.random() < 0.3:
            take_back()
            authenticate()


if __name__ == "__main__":
    main()
