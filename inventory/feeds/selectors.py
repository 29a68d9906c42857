"""Reads of feeds and their messages, for screens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum

from inventory.feeds.levels import REFUSED, Level, why
from inventory.models import FeedChunk, FeedMessage, Location, StockFeed

SHOWN = 30
MOST_REFUSALS = 200


def all_feeds() -> QuerySet[StockFeed]:
    """Feeds with their places by name."""
    return StockFeed.objects.prefetch_related(Prefetch("places", Location.objects.order_by("name")))


def find(code: str) -> StockFeed | None:
    """One feed by its code."""
    return all_feeds().filter(code=code).first()


def last_messages(feed_ids: Sequence[UUID]) -> dict[UUID, FeedMessage]:
    """The newest message of each feed."""
    found = FeedMessage.objects.filter(feed__in=feed_ids).order_by("feed", "-id").distinct("feed")
    return {message.feed_id: message for message in found}


def messages_of(feed_id: UUID) -> list[FeedMessage]:
    """The newest messages of a feed."""
    return list(FeedMessage.objects.filter(feed=feed_id).order_by("-id")[:SHOWN])


@dataclass(frozen=True, slots=True)
class Refusal:
    """A level that was refused: its number in the message from 1 on, as it came, and why."""

    number: int
    level: Level
    why: str


def refusals(message_id: UUID) -> Iterator[Refusal]:
    """The refused levels of a message, in their order."""
    chunks = FeedChunk.objects.filter(message=message_id, refused__gt=0).order_by("position")
    for levels, outcomes in chunks.values_list("levels", "outcomes").iterator(chunk_size=10):
        for level, outcome in zip(levels, outcomes or (), strict=True):
            if outcome.startswith(REFUSED):
                yield Refusal(level["n"] + 1, level, why(outcome, level))


def done_so_far(message: FeedMessage) -> int:
    """Levels of a message that have their outcome."""
    if message.finished_at is not None:
        return message.total
    chunks = FeedChunk.objects.filter(message=message, done_at__isnull=False)
    return int(chunks.aggregate(n=Sum("total"))["n"] or 0)
