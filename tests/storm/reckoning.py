"""The judgement at the end: what is still open, and what is wrong. Money is judged by the provider's own file."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.db import rows
from core.invariants import disagreements
from inventory.models import Stock
from orders.models import Order
from tests.storm.stories import FINAL

UNFINISHED = """
SELECT o.external_id || ' (' || o.number || ') is ' || o.status AS what FROM orders_order o
JOIN unnest(%(kinds)s::text[], %(finals)s::text[]) AS f(kind, final) ON f.kind = split_part(o.external_id, '-', 1)
WHERE o.status <> ALL(string_to_array(f.final, ' ')) OR split_part(o.external_id, '-', 1) = 'return' AND NOT EXISTS (
    SELECT FROM orders_orderline l WHERE l.order_id = o.id AND l.returned > 0)
UNION ALL
SELECT t.kind || ' ' || t.id || ' of ' || o.number || ' is ' || t.status || ': ' || t.error
FROM payments_transaction t JOIN payments_payment p ON p.id = t.payment_id JOIN orders_order o ON o.id = p.order_id
WHERE t.status IN ('pending', 'unknown')
UNION ALL
SELECT 'payment ' || p.id || ' of ' || o.number || ' is ' || p.status || ': ' || p.error
FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.status IN ('pending', 'unknown', 'requires_action') AND p.tender = 'card'
UNION ALL
SELECT 'delivery of ' || e.kind || ' to ' || d.handler || ': ' || d.attempts || ' attempts; ' || d.error
FROM core_delivery d JOIN core_event e ON e.id = d.event_id WHERE d.done_at IS NULL
UNION ALL
SELECT 'event ' || e.kind || ' is not dispatched' FROM core_event e WHERE e.dispatched_at IS NULL
LIMIT 200
"""


ALARMS = """
SELECT t.kind || ' of ' || o.external_id || ' (' || o.number || ') was refused: ' || t.error AS what
FROM payments_transaction t JOIN payments_payment p ON p.id = t.payment_id JOIN orders_order o ON o.id = p.order_id
WHERE t.status = 'failed'
UNION ALL
SELECT 'the alarm ' || i.kind || ' is open for ' || o.external_id || ' (' || o.number || ')'
FROM core_incident i JOIN orders_order o ON o.id = i.about
WHERE i.resolved_at IS NULL AND o.external_id NOT LIKE 'declined-%'
"""


def unfinished() -> list[str]:
    """All that the system still has to do, in words; up to 200 of them."""
    finals = {"kinds": list(FINAL), "finals": [" ".join(states) for states in FINAL.values()]}
    return [str(row.what) for row in rows(UNFINISHED, finals)]


def wrongs(accepted: Mapping[str, str], stock: Mapping[str, int], provider_file: Path) -> list[str]:
    """Everything that is not as it must be once all is quiet."""
    return [
        *_orders(accepted),
        *_stock(stock),
        *_money(intents(provider_file)),
        *(str(row.what) for row in rows(ALARMS)),
        *disagreements(),
    ]


def _orders(accepted: Mapping[str, str]) -> list[str]:
    """Each order that a customer was promised is there, once, and no other."""
    here = dict(Order.objects.values_list("external_id", "number"))
    return [
        f"order {name} was acknowledged as {number} and is {here.get(name)} here"
        for name, number in accepted.items()
        if here.get(name) != number
    ] + [
        f"order {name} is here as {number}, but nobody was told"
        for name, number in here.items()
        if name not in accepted
    ]


MOVED = """
SELECT l.sku, sum(l.shipped)::int AS shipped, sum(l.returned)::int AS returned FROM orders_orderline l GROUP BY l.sku
"""


def _stock(start: Mapping[str, int]) -> list[str]:
    """Stock is what there was, without what left, with what came back; nothing is promised any more than held orders need."""
    moved = {row.sku: row for row in rows(MOVED)}
    on_hand: dict[str, int] = defaultdict(int)
    wrong = []
    for row in Stock.objects.select_related("variant", "location"):
        on_hand[row.variant.sku] += row.on_hand + row.damaged
        if row.on_hand < 0 or row.reserved + row.allocated > row.on_hand:
            wrong.append(
                f"{row.variant.sku} at {row.location.code}: {row.on_hand} on hand, {row.reserved + row.allocated} promised"
            )
    for sku, units in start.items():
        shipped, returned = (moved[sku].shipped, moved[sku].returned) if sku in moved else (0, 0)
        if on_hand[sku] != units - shipped + returned:
            wrong.append(f"{sku}: {units} at first, {shipped} shipped, {returned} returned, and {on_hand[sku]} on hand")
    return wrong


def intents(provider_file: Path) -> dict[str, list[dict[str, Any]]]:
    """The provider's intents with their charges, by the number of our order, read from its own file."""
    with sqlite3.connect(f"file:{provider_file}?mode=ro", uri=True) as ledger:
        found = [
            json.loads(body) for (body,) in ledger.execute("SELECT body FROM object WHERE kind = 'payment_intent'")
        ]
        charges = dict(ledger.execute("SELECT id, body FROM object WHERE kind = 'charge'"))
    by_order: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for intent in found:
        charge = charges.get(intent["latest_charge"])
        by_order[intent["metadata"].get("order", "")].append(
            intent | {"charge": json.loads(charge) if charge else None}
        )
    return by_order


PAID = """
SELECT o.number, o.external_id, o.status, o.total, p.tender, p.captured, p.refunded,
       sum(l.cancelled) AS cancelled, sum(l.shipped) AS shipped
FROM orders_order o JOIN payments_payment p ON p.order_id = o.id JOIN orders_orderline l ON l.order_id = o.id
GROUP BY o.id, p.id
"""


def _money(ledger: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Each order's money moved once: what left was paid, what came back refunded, here and at the provider."""
    wrong = []
    for row in rows(PAID):
        name = f"{row.external_id} ({row.number})"
        if not row.cancelled and row.shipped and row.captured != row.total:
            wrong.append(f"{name} is shipped for {row.total}, and {row.captured} is captured")
        if not row.shipped and row.captured:
            wrong.append(f"{name}: {row.captured} captured, though nothing left")
        if row.tender == "card":
            wrong += _card(name, row, ledger.get(row.number, []))
    return wrong


def _card(name: str, row: Any, known: list[dict[str, Any]]) -> list[str]:
    """One order's card payment against the provider's intents for it."""
    captured = sum(Decimal(intent["amount_received"]) / 100 for intent in known)
    refunded = sum(Decimal(intent["charge"]["amount_refunded"]) / 100 for intent in known if intent["charge"])
    wrong = []
    if len([intent for intent in known if intent["charge"]]) > 1:
        wrong.append(f"{name}: the customer's bank was asked for the money {len(known)} times")
    if (captured, refunded) != (row.captured, row.refunded):
        wrong.append(
            f"{name}: the provider took {captured} and gave {refunded} back, we say {row.captured} and {row.refunded}"
        )
    if any(intent["amount_capturable"] for intent in known):
        wrong.append(f"{name}: money is still blocked on the customer's card")
    return wrong
