"""Recall: from a lot to all that have it, over a million units that have left.

What is measured is the server's whole answer of the lot's page (places, open work, counts of orders, parcels and
customers), of the first page of the list, and all of the list's rows as an export reads them. Lots are of two sizes:
one of a production day, drawn by chance, and the largest, that half of an article's past was sold from.
"""

import random
import statistics
from time import perf_counter
from uuid import UUID

from django.test import Client

from benchmarks.big_company import big_company
from benchmarks.figure import Figure
from benchmarks.machine import MEANT, Machine, machine
from benchmarks.rounds import QUICK, SECONDS
from core.db import rows, run
from fulfillment.recall import picked, with_parcels
from tests.factories.people import signed_in

ORDERS = 12_000 if QUICK else 300_000
"""Of 3.6 units each, by lots: more than a million have left."""
LOTS_OF_EACH = 40
ASKED = 5 if QUICK else 20
GOAL = 1_000
"""Milliseconds, scaled."""

LOTS = f"""
INSERT INTO inventory_lot (id, variant_id, code, vendor, vendor_lot, state)
SELECT gen_random_uuid(), v.id, 'L-' || n, 'ACME', 'V-' || n, 'open'
FROM catalog_variant v CROSS JOIN generate_series(1, {LOTS_OF_EACH}) AS n WHERE v.is_stocked
"""
# Half of what an article has sold is of its first lot, the rest of the others in turn.
PICKED = f"""
INSERT INTO fulfillment_pickedlot (id, fulfillment_line_id, lot_id, quantity, has_left)
SELECT gen_random_uuid(), w.id, l.id, w.picked, true
FROM (SELECT w.id, w.picked, o.variant_id, hashtext(w.id::text) AS chance
      FROM fulfillment_fulfillmentline w JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
      JOIN orders_orderline o ON o.id = w.order_line_id
      WHERE f.status IN ('shipped', 'delivered') AND w.picked > 0) w
JOIN inventory_lot l ON l.variant_id = w.variant_id
 AND l.code = 'L-' || CASE WHEN w.chance % 2 = 0 THEN 1 ELSE 2 + abs(w.chance) % {LOTS_OF_EACH - 1} END
"""
LARGEST = """
SELECT lot_id, sum(quantity)::int AS units FROM fulfillment_pickedlot GROUP BY lot_id ORDER BY units DESC LIMIT 1
"""


def measure() -> list[Figure]:
    """Build the company, give its past lots, ask; the machine is measured before and after."""
    with machine() as reference:
        big_company(ORDERS)
        run(LOTS)
        run(PICKED)
        run("VACUUM ANALYZE")
        units = rows("SELECT sum(quantity)::int AS units FROM fulfillment_pickedlot")[0].units
        drawn = [row.id for row in rows("SELECT id FROM inventory_lot ORDER BY code, id")]
        random.Random(11).shuffle(drawn)
        largest = rows(LARGEST)[0]
        client = signed_in("manager")
        reference.rate(SECONDS)
        _ask(client, drawn[0])
        some = [_ask(client, lot) for lot in drawn[:ASKED]]
        all_of_it = [_ask(client, largest.lot_id) for _ in range(ASKED)]
        reference.rate(SECONDS)
    return [
        _figure(f"recall: a lot's page, list and export over {units:,} units sent, slowest, scaled", some, reference),
        _figure(f"… the largest lot, of {largest.units:,} units", all_of_it, reference),
    ]


def _ask(client: Client, lot: UUID) -> float:
    """Seconds from the question to all of the answer, in milliseconds."""
    started = perf_counter()
    for address in (f"/stock-lots/{lot}/", f"/recall/?lot_id={lot}"):
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} was answered {answer.status_code}")
    with_parcels(list(picked().filter(lot=lot).order_by("id")))
    return 1000 * (perf_counter() - started)


def _figure(what: str, milliseconds: list[float], reference: Machine) -> Figure:
    slower = statistics.median(reference.seen) / MEANT
    return Figure(
        "recall", what, slower * max(milliseconds), GOAL, "ms", higher=False,
        spread=(slower * min(milliseconds), slower * max(milliseconds)),
        beside=f"{max(milliseconds):.0f} ms here, median {statistics.median(milliseconds):.0f}",
    )  # fmt: skip
