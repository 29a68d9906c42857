"""Opening stock of the demo company: what its customers will order, and somewhat more, where they can be served from."""

from collections import Counter
from collections.abc import Iterable
from math import ceil
from typing import Any
from uuid import UUID, uuid5

from catalog.models import Variant
from core.actors import SYSTEM
from inventory.models import Location, Movement
from inventory.services import In, receive
from oms.demo.baskets import Basket
from oms.demo.company import company
from oms.demo.products import Variant as DemoVariant
from oms.demo.products import variants

RECEIPTS = UUID("0193a5c4-0000-7000-8000-64656d6f0000")
"""Name space of the opening receipts, one for each location."""
MARGIN = 1.25
LEAST = {"warehouse": 40, "3pl": 25, "store": 4, "vendor": 30, "returns_centre": 0}
BOUTIQUE_EVERY = 14
"""One variant in so many is kept in stores only: their staff prepare what the web sells of it."""


def stock_up(orders: Iterable[Basket], at: Any) -> int:
    """Receive opening stock at every location that has none yet; returns the units received."""
    demand = _demand(orders)
    ids = dict(Variant.objects.filter(sku__in=[item.sku for item in variants()]).values_list("sku", "id"))
    places = dict(Location.objects.values_list("code", "id"))
    total = 0
    for entry in company()["locations"]:
        source = uuid5(RECEIPTS, entry["code"])
        units = [
            In(ids[item.sku], places[entry["code"]], quantity)
            for number, item in enumerate(variants())
            if (quantity := _units(entry, item, number, demand))
        ]
        if units and not Movement.objects.filter(source=source).exists():
            receive(units, source=source, actor=SYSTEM, at=at, note="Stock initial", opening=True)
            total += sum(unit.quantity for unit in units)
    return total


def _demand(orders: Iterable[Basket]) -> Counter[tuple[str, str]]:
    """Units by (pool, SKU)."""
    found: Counter[tuple[str, str]] = Counter()
    for order in orders:
        for item, quantity in order.lines:
            found[order.channel["pool"], item.sku] += quantity
    return found


def _units(entry: dict[str, Any], item: DemoVariant, number: int, demand: Counter[tuple[str, str]]) -> int:
    """What a location holds of a variant at the beginning."""
    if (item.vendor or None) != (entry["code"] if entry["kind"] == "vendor" else None):
        return 0
    if entry["kind"] == "warehouse" and number % BOUTIQUE_EVERY == 0:
        return 0
    part = 0.0
    for pool in entry["pools"]:
        shares = {other["code"]: other["stock_share"] for other in company()["locations"] if pool in other["pools"]}
        wanted = demand[pool, item.sku]
        if number % BOUTIQUE_EVERY == 0:
            part += wanted  # any of the few stores may have to serve a whole pool
        else:
            part += wanted * max(0.25, shares[entry["code"]] / sum(shares.values()))
    return ceil(part * MARGIN) + LEAST[entry["kind"]] if entry["pools"] else 0
