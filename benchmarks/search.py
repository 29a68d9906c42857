"""Figure 14: the palette's answer over a million orders, for every kind of thing that people type.

What is measured is the server's whole answer: session, permissions, search, page. Texts are drawn from the company by
chance, the same for each kind and reader: somebody who sees everything, and somebody of one shop.
"""

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.test import Client

from backoffice.search.indexing import rebuild
from benchmarks.big_company import big_company
from benchmarks.figure import Figure
from benchmarks.machine import MEANT, Machine, machine
from benchmarks.rounds import QUICK, SECONDS
from core.db import rows, run
from inventory.models import Location
from tests.factories.people import signed_in

ORDERS = 20_000 if QUICK else 1_000_000
TEXTS = 10 if QUICK else 40
"""Of each kind."""
GOAL = 100
"""Milliseconds at the 95th percentile, scaled."""

SAMPLE = """
SELECT o.number, o.external_id, o.customer_name, c.email, c.phone, l.sku,
       (SELECT tracking_number FROM fulfillment_shipment s WHERE s.order_id = o.id LIMIT 1) AS tracking
FROM orders_order o TABLESAMPLE SYSTEM (%(share)s) JOIN customers_customer c ON c.id = o.customer_id
JOIN orders_orderline l ON l.order_id = o.id AND l.position = 1 ORDER BY random() LIMIT %(many)s
"""
RETURNS = "SELECT rma FROM returns_return ORDER BY random() LIMIT %(many)s"


def _slip(word: str) -> str:
    """A name with one letter left out."""
    at = len(word) // 2
    return word[:at] + word[at + 1 :]


def _name(row: Any, part: int) -> str:
    return str(row.customer_name).split(" ")[part]


KINDS: dict[str, Callable[[Any], str]] = {
    "number of an order": lambda o: o.number,
    "its digits": lambda o: o.number.partition("-")[2],
    "beginning of a number": lambda o: o.number[:-2],
    "number of the shop": lambda o: o.external_id,
    "parcel": lambda o: o.tracking or "",
    "family name": lambda o: _name(o, -1),
    "first name": lambda o: _name(o, 0),
    "full name": lambda o: o.customer_name,
    "three letters of a name": lambda o: _name(o, -1)[:3],
    "both names begun": lambda o: f"{_name(o, 0)[:3]} {_name(o, -1)[:4]}",
    "part of a name": lambda o: _name(o, -1)[1:5],
    "name with a slip": lambda o: _slip(_name(o, -1)),
    "e-mail": lambda o: o.email,
    "beginning of an e-mail": lambda o: o.email.partition("@")[0][:-1] + "@",
    "telephone": lambda o: o.phone,
    "its last digits": lambda o: o.phone.replace(" ", "")[-7:] if o.phone else "",
    "SKU": lambda o: o.sku,
    "part of a SKU": lambda o: o.sku[:8],
    "nothing there": lambda o: "".join(random.choices("bcdfghjkqxz", k=9)),
}
WORST = ("martin", "marie", "marie martin", "mar", "a martin", "ber", "example@", "candle", "scented candle", "web")
"""What is in very many things."""


@dataclass(frozen=True)
class Timed:
    """Answers of one kind to one reader, in milliseconds."""

    kind: str
    milliseconds: list[float]

    def at(self, share: float) -> float:
        """A percentile."""
        return quantile(self.milliseconds, share)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies, the nearest of those that were seen."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure() -> list[Figure]:
    """Build the company, index it, ask; the machine is measured before and after."""
    with machine() as reference:
        _once(signed_in("manager"), "nothing yet")  # what cannot be asked at all need not wait for a million orders
        big_company(ORDERS)
        seconds = _index()
        texts = _texts()
        reference.rate(SECONDS)
        everything = _ask(signed_in("manager", name="reader"), texts)
        reference.rate(SECONDS)
        shop = Location.objects.get(code="SHOP-1")
        limited = _ask(signed_in("store", location_id=shop.pk), texts)
        reference.rate(SECONDS)
    return [
        *_figures(f"search over {ORDERS:,} orders, p95, scaled", everything, reference),
        *_figures("… for somebody who sees one shop's orders", limited, reference),
        Figure("14", "… what indexing took", seconds, 1800, "s", higher=False, beside=f"{ORDERS / seconds:,.0f} orders/s"),
    ]  # fmt: skip


def _index() -> float:
    started = perf_counter()
    for _done in rebuild():
        pass
    run("VACUUM ANALYZE")
    return perf_counter() - started


def _texts() -> dict[str, list[str]]:
    found = rows(SAMPLE, {"share": min(100.0, 100 * 200 * TEXTS / ORDERS), "many": 3 * TEXTS})
    texts = {kind: [text for row in found if (text := of(row))][:TEXTS] for kind, of in KINDS.items()}
    return texts | {"return": [row.rma for row in rows(RETURNS, {"many": TEXTS})], "in very many": list(WORST)}


def _ask(client: Client, texts: dict[str, list[str]]) -> list[Timed]:
    for kind in texts:
        _once(client, texts[kind][0])
    return [Timed(kind, [_once(client, text) for text in of]) for kind, of in texts.items()]


def _once(client: Client, text: str) -> float:
    started = perf_counter()
    answer = client.get("/search/palette/", {"q": text})
    took = 1000 * (perf_counter() - started)
    if answer.status_code != 200:
        raise RuntimeError(f"{text!r} was answered {answer.status_code}")
    return took


def _figures(what: str, timed: list[Timed], reference: Machine) -> list[Figure]:
    slower = statistics.median(reference.seen) / MEANT
    every = [each for one in timed for each in one.milliseconds]
    slowest = max(timed, key=lambda one: one.at(0.95))
    kinds = {one.kind: {"p50": round(one.at(0.5), 1), "p95": round(one.at(0.95), 1)} for one in timed}
    return [
        Figure(
            "14", what, slower * quantile(every, 0.95), GOAL, "ms", higher=False,
            spread=(slower * quantile(every, 0.5), slower * max(every)), detail={"milliseconds here": kinds},
            beside=f"{quantile(every, 0.95):.0f} ms here, p50 {quantile(every, 0.5):.0f}, where the reference gives"
            f" {statistics.median(reference.seen):,.0f} orders/s",
        ),
        Figure(
            "14", f"… its slowest kind: {slowest.kind}", slower * slowest.at(0.95), GOAL, "ms", higher=False,
            beside=f"p50 {slower * slowest.at(0.5):.0f}",
        ),
    ]  # fmt: skip
