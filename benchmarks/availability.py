"""Figure 13: what can be promised of 20 SKUs, from where and when, over half a million stock rows.

Through the selector of the API, the order form and the pages; against reading 20 rows by their primary keys.
"""

import random
from collections.abc import Callable
from time import perf_counter

from django.utils import timezone

from benchmarks.figure import Figure
from benchmarks.rounds import QUICK, in_turn
from benchmarks.straight import straight
from benchmarks.world import REGIONS, big_world, body, sku, three
from capture import references
from capture.offers import Asked, offers
from capture.services import Attempt, place_orders
from core.actors import SYSTEM
from core.db import rows, run
from core.ids import new_id
from inventory.models import Location, Pool, PoolLocation
from inventory.valuation.costs import level
from sourcing.network import forget
from tests.factories.world import make_location

SKUS = 2_000 if QUICK else 25_000
SHOPS = 16
"""Places beside the warehouses that have each SKU too, in no pool of the channel's."""
ASKED = 20
ORDERS = 50
BY_KEY = "SELECT * FROM inventory_stock WHERE id = ANY(%(ids)s::uuid[])"
SHELVES = """
INSERT INTO inventory_movement (id, variant_id, location_id, condition, quantity, reason, source, note, actor, at)
SELECT gen_random_uuid(), v.id, l.id, 'sellable', 7, 'adjustment', gen_random_uuid(), '', '', now()
FROM catalog_variant v CROSS JOIN inventory_location l WHERE l.code LIKE 'SHOP-%%' AND v.sku ~ '^BENCH-[0-9]'
"""


def measure() -> list[Figure]:
    """Four warehouses in the channel's pool; then the same with sixteen shops beside them."""
    big_world(skus=SKUS, tender="on_account")
    _shops()
    _sell()
    run("VACUUM ANALYZE inventory_stock")
    with_four = in_turn(_answers(), _by_key())
    _open_all()
    with_all = in_turn(_answers(), _by_key())
    stands = f"{(SHOPS + len(REGIONS)) * SKUS:,} stock rows"
    return [
        Figure(
            "13", f"what can be promised of {ASKED} SKUs at 4 places, of reading {ASKED} rows by key, in time",
            1 / with_four.median, 4, "×", higher=False, spread=_times(with_four.spread), detail=with_four.detail(),
            beside=f"{with_four.beside('questions/s')}; {stands}",
        ),
        Figure(
            "13", f"… at {SHOPS + len(REGIONS)} places, five times as many rows", 1 / with_all.median, 20, "×",
            higher=False, spread=_times(with_all.spread), detail=with_all.detail(),
            beside=with_all.beside("questions/s"),
        ),
        straight("13"),
    ]  # fmt: skip


def _times(rates: tuple[float, float]) -> tuple[float, float]:
    return 1 / rates[1], 1 / rates[0]


def _shops() -> None:
    for n in range(SHOPS):
        make_location(f"SHOP-{n}", f"Shop {n}", Location.Kind.STORE, random.choice(REGIONS).postal_code, "")
    run(SHELVES)
    level(actor=SYSTEM)


def _sell() -> None:
    """Some orders wait for routing."""
    attempts = [Attempt(body(three(SKUS)) | {"payments": []}, str(new_id()), "d") for _ in range(ORDERS)]
    place_orders(attempts, client="benchmark", actor=SYSTEM)


def _open_all() -> None:
    pool = Pool.objects.get()
    PoolLocation.objects.bulk_create(
        PoolLocation(pool=pool, location=shop) for shop in Location.objects.filter(code__startswith="SHOP-")
    )
    Location.objects.update(can=[Location.Can.SHIP, Location.Can.PICKUP])
    forget()


def _answers() -> Callable[[float], float]:
    channel, chance = references.channels()["web"], random.Random(13)

    def ask() -> None:
        code = chance.choice(REGIONS).postal_code
        asked = Asked(channel, "FR", code, "standard", timezone.now())
        found = offers([sku(chance.randrange(SKUS)) for _ in range(ASKED)], asked)
        if not all(offer.available and offer.promise for offer in found.values()):
            raise RuntimeError("Something cannot be promised.")

    return lambda seconds: _rate(ask, seconds)


def _by_key() -> Callable[[float], float]:
    chance = random.Random(13)
    ids = [row.id for row in rows("SELECT id FROM inventory_stock ORDER BY random() LIMIT 20000")]

    def ask() -> None:
        if len(rows(BY_KEY, {"ids": chance.sample(ids, ASKED)})) != ASKED:
            raise RuntimeError("A row is missing.")

    return lambda seconds: _rate(ask, seconds)


def _rate(ask: Callable[[], None], seconds: float) -> float:
    done, started = 0, perf_counter()
    while perf_counter() - started < seconds:
        ask()
        done += 1
    return done / (perf_counter() - started)
