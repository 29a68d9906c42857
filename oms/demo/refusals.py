"""Sales that the demo company has lost in the last weeks: somebody wanted a few units more than there were."""

from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

from capture import references
from capture.models import RefusedDemand
from capture.offers import Asked, offers
from capture.services import Attempt, place_orders
from catalog.models import Variant
from core.actors import SYSTEM

CHANNELS = ("web", "marketplace", "mobile", "call_centre")
PRODUCTS, REFUSALS = 6, 18
BUYER = {"email": "demande@example.com", "first_name": "Paul", "last_name": "Meunier"}
HOME = {"name": "Paul Meunier", "line1": "4 rue des Lilas", "postal_code": "69003", "city": "Lyon", "country": "FR"}


def lose_sales(now: datetime) -> None:
    """Orders that are refused, once."""
    if RefusedDemand.objects.exists():
        return
    skus = list(Variant.objects.filter(is_stocked=True, is_active=True).order_by("-sku").values_list("sku", flat=True))
    wanted = islice(zip(cycle(skus[:PRODUCTS]), cycle(CHANNELS), range(REFUSALS)), REFUSALS)
    attempts = [Attempt(_order(sku, channel, n, now), f"lost-{n}", "lost") for sku, channel, n in wanted]
    place_orders(attempts, client="demo", actor=SYSTEM, door="api")


def _order(sku: str, code: str, n: int, now: datetime) -> dict[str, Any]:
    at = now - timedelta(days=n * n / 12, hours=n)
    channel = references.channels()[code]
    there = offers([sku], Asked(channel, HOME["country"], HOME["postal_code"], "standard", at))[sku].available or 0
    return {
        "channel": code,
        "external_id": f"REFUSED-{n}",
        "placed_at": at.isoformat(),
        "customer": BUYER,
        "shipping_address": HOME,
        "lines": [{"sku": sku, "quantity": there + 1 + n % 4}],
    }
