"""Feeds that have gone silent: what their places promise is lowered, people are told, until they are heard again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.incidents import open_incident, resolve_incidents
from inventory.models import Location, StockFeed

KIND = "feed_silent"


def watch(now: datetime | None = None) -> int:
    """See which feeds should have been heard by now; how many are newly silent."""
    now = now or timezone.now()
    listening = StockFeed.objects.filter(is_active=True, silent_since=None, expected_minutes__isnull=False)
    return sum(_look(feed.pk, now) for feed in listening.order_by("id") if feed.is_overdue(now))


def _look(feed_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        feed = StockFeed.objects.select_for_update(no_key=True).get(pk=feed_id)
        settle(feed, actor=SYSTEM, now=now)
    return feed.silent_since is not None


def hear(feed: StockFeed, at: datetime, sequence: int | None, *, actor: Actor) -> None:
    """The feed, which the caller has locked, has said something that came in at `at`."""
    feed.heard_at = max(at, feed.heard_at) if feed.heard_at else at
    if sequence is not None:
        feed.last_sequence = max(sequence, feed.last_sequence or 0)
    settle(feed, actor=actor)


def settle(feed: StockFeed, *, actor: Actor, now: datetime | None = None) -> None:
    """Keep a feed, which the caller has locked, silent or not as it is by now, with all that follows of it."""
    before = feed.silent_since
    feed.silent_since = feed.last_sign if feed.is_overdue(now or timezone.now()) else None
    feed.save()
    hold_back(feed)
    if feed.silent_since and not before:
        places = list(Location.objects.filter(feeds=feed).values_list("id", flat=True)[:2])
        open_incident(
            KIND,
            about=feed.pk,
            location_id=places[0] if len(places) == 1 else None,
            data={"feed": feed.code, "since": feed.silent_since.isoformat()},
            actor=actor,
        )
    elif before and not feed.silent_since:
        how = "it is heard again" if feed.is_active else "nobody waits for it any more"
        resolve_incidents(KIND, about=feed.pk, actor=actor, resolution=how)


def hold_back(feed: StockFeed) -> None:
    """What the feed's places hold back from now on. It acts on the next promise, where free units are read and taken."""
    units, share = rule(feed) if feed.silent_since else (0, 0)
    here = Location.objects.filter(feeds=feed)
    here.filter(~Q(held_units=units) | ~Q(held_share=share)).update(held_units=units, held_share=share)


def rule(feed: StockFeed) -> tuple[int, int]:
    """Units of each product, and per cent of what is on hand, that a silent feed's places hold back."""
    everything = 100 if feed.when_silent == StockFeed.WhenSilent.PROMISE_NOTHING else feed.hold_share
    return feed.hold_units, everything
