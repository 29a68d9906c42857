"""One side of figure 10: a company of so many orders, which answers pages of the list of orders."""

import json
import random
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from benchmarks.big_company import big_company
from benchmarks.reader import listening, manager, timed
from core.lists import KeysetList, registry
from oms.collector import spare_the_collector
from orders.models import Order


def main(orders: str, pages: str) -> None:
    """Be one side: fill the database, then answer a line of JSON to each line with a seed."""
    big_company(int(orders))
    client = manager()
    spare_the_collector()
    print("ready", flush=True)
    for line in sys.stdin:
        shown = []
        queries: dict[str, int] = {}
        for path in addresses(random.Random(int(line)), int(pages)):
            with listening() as asked:
                shown.append((timed(client, path), path))
            queries[path] = len(asked.statements)
        print(json.dumps({"seconds": [s for s, _ in shown], "pages": shown, "queries": queries}), flush=True)


def addresses(chance: random.Random, count: int) -> list[str]:
    """Pages of the list: every tab and value of a filter comes up, in every order allowed, at any depth."""
    spec = registry.get("orders")
    offered = [tab.query for tab in spec.tabs] + [urlencode(pair) for each in spec.filters for pair in values(each)]
    orders = ["", *(sort.by for sort in spec.sorts)]
    found: list[str] = []
    while len(found) < count:
        chosen = "&".join(part for part in (chance.choice(offered), ordered(chance.choice(orders))) if part)
        reading = spec.read(QueryDict(chosen))
        if reading.notes:
            continue
        row = somewhere(chance.random())
        keyset = KeysetList(spec.model._default_manager.all(), reading.order)
        cursor = keyset._encode(row, chance.random() < 0.2) if row and chance.random() < 0.8 else ""
        found.append(f"/orders/?{chosen}&cursor={cursor}")
    return found


def ordered(by: str) -> str:
    """The order in the address."""
    return f"sort={by}" if by else ""


def values(each: Any) -> list[list[tuple[str, str]]]:
    """What can be asked of a filter, as parameters."""
    today = timezone.localdate()
    if hasattr(each, "options"):
        return [[(each.name, value)] for value, _ in each.options()]
    if each.kind == "flag":
        return [[(each.name, "1")]]
    if each.kind == "period":
        return [[(each.names[1], str(today - timedelta(days=days)))] for days in (1, 30, 400)]
    if each.kind == "range":
        return [[(name, amount)] for name, amount in zip(each.names, ("20", "40"), strict=False)]
    return []


def somewhere(depth: float) -> Any:
    """An order at some depth of the list: 0 is the oldest."""
    first, last = Order.objects.order_by("placed_at").first(), Order.objects.order_by("-placed_at").first()
    if first is None or last is None:
        return None
    at = first.placed_at + (last.placed_at - first.placed_at) * depth
    return Order.objects.filter(placed_at__gte=at).order_by("placed_at", "id").first()
