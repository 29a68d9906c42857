"""Feeds of the demo company: the tills of its shops, which speak whenever they like, and a vendor who has gone silent."""

from datetime import datetime, timedelta

from core.actors import SYSTEM, Actor
from inventory.feeds import applying, intake, silence
from inventory.feeds.levels import Level
from inventory.feeds.setting_up import Wish, make_feed
from inventory.models import Location, Stock, StockFeed

TILLS, PARTNER = "TILLS", "PARTNER"
TILL = Actor("api", "Tills")
COUNTED = 40
"""Rows that the tills have counted."""


def listen(now: datetime) -> None:
    """Set them up, once, each with its first message."""
    if StockFeed.objects.exists():
        return
    _tills(now)
    _partner(now)


def _tills(now: datetime) -> None:
    shops = Location.objects.filter(kind=Location.Kind.STORE)
    feed = make_feed(
        TILLS, Wish("Tills of the shops", "pos", frozenset(shops.values_list("pk", flat=True))), actor=SYSTEM
    )
    rows = Stock.objects.filter(location__in=shops).select_related("variant", "location").order_by("id")[:COUNTED]
    levels = [_level(n, row.location.code, row.variant.sku, row.on_hand, now) for n, row in enumerate(rows)]
    slips = [
        _level(len(levels), shops[0].code, "GIFT-WRAP-OLD", 12, now),
        _level(len(levels) + 1, "MARKET", "", 3, now),
    ]
    applying.work(intake.take(feed, [*levels, *slips], origin="api", actor=TILL, name="first").pk)


def _level(n: int, place: str, sku: str, on_hand: int, now: datetime) -> Level:
    return {"n": n, "location": place, "sku": sku, "on_hand": on_hand, "as_of": now.isoformat(), "sequence": 1}


def _partner(now: datetime) -> None:
    """Promises go on: nobody is refused anything in the demo over a vendor who is not there."""
    vendor = Location.objects.filter(kind=Location.Kind.VENDOR).order_by("code").first()
    if vendor is not None:
        wish = Wish(vendor.name, "vendor", frozenset({vendor.pk}), expected_minutes=240)
        feed = make_feed(PARTNER, wish, actor=SYSTEM)
        StockFeed.objects.filter(pk=feed.pk).update(watched_since=now - timedelta(hours=7))
        silence.watch(now)
