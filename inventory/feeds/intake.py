"""Taking a message in: its levels are kept as they came, in chunks, before anything is applied."""

import re
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.ids import new_id
from core.problems import Conflict
from core.timeline import record
from inventory.feeds.levels import LARGEST_SEQUENCE, Level
from inventory.models import FeedChunk, FeedMessage, Location, StockFeed, StockFeedPlace

CHUNK = 250
"""Levels applied together: their stock rows are locked meanwhile."""
NOT_IN_CODES = re.compile(r"[^A-Za-z0-9._-]+")


def take(feed: StockFeed, levels: Sequence[Level], *, origin: str, actor: Actor, name: str = "") -> FeedMessage:
    """Keep a message of a feed. It is applied by `applying.work`, now or by a worker later."""
    if not feed.is_active:
        raise Conflict(_("The feed %(code)s is switched off.") % {"code": feed.code})
    message = FeedMessage(
        feed=feed, origin=origin, name=name, total=len(levels), sequence=_highest(levels),
        actor_kind=actor.kind, actor=actor.label, actor_id=actor.id,
    )  # fmt: skip
    parts = [levels[start : start + CHUNK] for start in range(0, len(levels), CHUNK)]
    with transaction.atomic():
        message.save(force_insert=True)
        FeedChunk.objects.bulk_create(
            [FeedChunk(message=message, position=n, levels=part, total=len(part)) for n, part in enumerate(parts)],
            batch_size=100,
        )
    return message


def _highest(levels: Sequence[Level]) -> int | None:
    known = [n for level in levels if isinstance(n := level.get("sequence"), int) and 0 <= n <= LARGEST_SEQUENCE]
    return max(known, default=None)


KINDS = {
    Location.Kind.THIRD_PARTY: StockFeed.Kind.THIRD_PARTY,
    Location.Kind.VENDOR: StockFeed.Kind.VENDOR,
    Location.Kind.STORE: StockFeed.Kind.POS,
    Location.Kind.WAREHOUSE: StockFeed.Kind.WMS,
}


def feed_of(location: Location, *, actor: Actor) -> StockFeed:
    """The feed that speaks for a place. A place that has none gets its own, which nobody waits for."""
    found = StockFeed.objects.filter(places=location).first()
    if found is not None:
        return found
    kind = KINDS.get(Location.Kind(location.kind), StockFeed.Kind.OTHER)
    try:
        with transaction.atomic():
            feed = StockFeed.objects.create(code=_code_for(location), name=location.name or location.code, kind=kind)
            StockFeedPlace.objects.create(feed=feed, location=location)
            record(feed.pk, "stock_feed.make", actor=actor, data={"places": [location.code]})
    except IntegrityError:  # somebody was faster
        return StockFeed.objects.get(places=location)
    return feed


def _code_for(location: Location) -> str:
    code = NOT_IN_CODES.sub("-", location.code)[:50].strip("-") or "place"
    return f"{code}-{new_id().hex[-6:]}" if StockFeed.objects.filter(code=code).exists() else code


def places_of(feed_id: UUID) -> dict[str, UUID]:
    """The places that a feed speaks for, by their codes."""
    return dict(Location.objects.filter(feeds=feed_id).values_list("code", "id"))
