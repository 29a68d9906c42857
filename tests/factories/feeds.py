"""A feed, and what it says, as short as tests want it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from core.actors import SYSTEM, Actor
from inventory.feeds import applying, intake
from inventory.feeds.levels import Level
from inventory.feeds.setting_up import Wish, make_feed
from inventory.models import FeedChunk, FeedMessage, Location, StockFeed

TILL = Actor("api", "Till")


def feed_at(*places: Location, code: str = "TILL", **wish: Any) -> StockFeed:
    """A feed that speaks for these places."""
    given = {"name": "The till", "kind": "pos"} | wish
    return make_feed(code, Wish(places=frozenset(place.pk for place in places), **given), actor=SYSTEM)


def level(sku: str, on_hand: Any, *, at: datetime | None = None, minutes_ago: float = 0, **more: Any) -> Level:
    """A level counted then."""
    as_of = at or timezone.now() - timedelta(minutes=minutes_ago)
    return {"n": 0, "sku": sku, "on_hand": on_hand, "as_of": as_of.isoformat()} | more


def say(feed: StockFeed, *levels: Level) -> list[str]:
    """The feed says it, and it is applied; what became of each level."""
    message = kept(feed, levels)
    assert applying.work(message.pk)
    return outcomes_of(message)


def kept(feed: StockFeed, levels: Sequence[Level]) -> FeedMessage:
    """The feed says it, and nothing is applied yet."""
    numbered = [{**each, "n": n} for n, each in enumerate(levels)]
    return intake.take(feed, numbered, origin="api", actor=TILL, name="m")


def outcomes_of(message: FeedMessage) -> list[str]:
    """What became of each level of a message."""
    chunks = FeedChunk.objects.filter(message=message).order_by("position").values_list("outcomes", flat=True)
    return [outcome for outcomes in chunks for outcome in outcomes or ()]
