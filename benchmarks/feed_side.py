"""The feed of figure F: a process that says and applies so many levels each time that it is told to."""

import json
import random
import sys
from time import perf_counter

from django.utils import timezone

from benchmarks.world import UNITS
from core.actors import SYSTEM
from core.db import rows
from inventory.feeds import applying, intake
from inventory.feeds.levels import Level
from inventory.feeds.setting_up import Wish, make_feed
from inventory.models import Location
from oms.collector import spare_the_collector

OTHERWISE = 0.3
"""The share of levels that differ from the books."""


def main(levels: str) -> None:
    """Be the feed: a line with a number is answered with the seconds that a message took, taken in and applied."""
    places = frozenset(Location.objects.values_list("pk", flat=True))
    feed = make_feed("BENCH", Wish("The benchmark", "wms", places), actor=SYSTEM)
    skus = [row.sku for row in rows("SELECT sku FROM catalog_variant WHERE sku ~ '^BENCH-[0-9]' ORDER BY sku")]
    codes = list(Location.objects.order_by("code").values_list("code", flat=True))
    spare_the_collector()
    print("ready", flush=True)
    for line in sys.stdin:
        counted = _counts(skus, codes, int(levels), int(line))
        started = perf_counter()
        message = intake.take(feed, counted, origin="file", actor=SYSTEM, name="benchmark")
        if not applying.work(message.pk):
            raise RuntimeError("The message was not applied to its end.")
        seconds = perf_counter() - started
        message.refresh_from_db()
        print(json.dumps({"seconds": seconds, "applied": message.applied, "refused": message.refused}), flush=True)


def _counts(skus: list[str], codes: list[str], levels: int, sequence: int) -> list[Level]:
    """A count of everything at each place, most of it as the books say, in the order of a warehouse's own list."""
    chance, as_of = random.Random(sequence), timezone.now().isoformat()
    found: list[Level] = []
    for place in codes:
        for sku in chance.sample(skus, min(len(skus), levels // len(codes))):
            units = UNITS - (chance.randrange(1, 100) if chance.random() < OTHERWISE else 0)
            found.append(
                {"n": len(found), "location": place, "sku": sku, "on_hand": units, "as_of": as_of, "sequence": sequence}
            )
    return found
