"""The calls by which feeds tell what there is: of one feed, or of places whoever speaks for them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import AwareDatetime, Field

from core import idempotency
from core.calls import PageQuery, Strict, body_of, caller_of, key_of, named, page, replied, validated
from core.idempotency import Answer
from core.lists import KeysetList
from core.problems import IdempotencyInFlight, Invalid, NotFound
from inventory.api import calls as calls
from inventory.feeds import applying, intake
from inventory.feeds.levels import LARGEST_SEQUENCE, OUTCOMES, REFUSED, Level, why
from inventory.models import FeedChunk, FeedMessage, Location, StockFeed

MOST_LEVELS = 5_000

Units = Annotated[int, Field(strict=True)]
Sequence_ = Annotated[int, Field(strict=True, ge=0, le=LARGEST_SEQUENCE)]
Code = Annotated[str, Field(min_length=1, max_length=200)]


class LevelIn(Strict):
    """How many units of a SKU there are at a place, counted at a moment."""

    location: Annotated[str, Field(max_length=200, description="may be left out by a feed of one place")] = ""
    sku: Code
    on_hand: Annotated[Units, Field(description="sellable units")]
    damaged: Units | None = None
    quarantine: Units | None = None
    as_of: AwareDatetime | None = None
    sequence: Sequence_ | None = None


class LevelsIn(Strict):
    """Levels of one message; `as_of` and `sequence` are those of the levels that have none of their own."""

    levels: Annotated[list[LevelIn], Field(max_length=MOST_LEVELS)]
    as_of: AwareDatetime | None = None
    sequence: Sequence_ | None = None


class LevelOut(Strict):
    """What became of a level: `applied`, `unchanged` (the books said so already), `stale` (not newer than the last one
    of this row) or `refused`, with the reason in `detail`."""

    location: str
    sku: str
    status: str
    detail: str


class LevelsOut(Strict):
    """What became of a message, level by level in the order that they came in."""

    applied: int
    unchanged: int
    stale: int
    refused: int
    results: list[LevelOut]


class FeedOut(Strict):
    """A feed, and when it was heard."""

    code: str
    name: str
    kind: str
    locations: list[str]
    is_active: bool
    expected_minutes: int | None
    when_silent: str
    heard_at: str | None
    last_sequence: int | None
    silent_since: str | None


class FeedPage(Strict):
    """A page of feeds."""

    items: list[FeedOut]
    next: str | None


@calls.reads("/stock-feeds", scope="stock.view", gives=FeedPage)
def list_feeds(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Who tells what there is, and when they did."""
    found = StockFeed.objects.prefetch_related("places")
    part = KeysetList(found, order="id").page(query.cursor, query.limit)
    return page(map(_feed_answer, part.items), part.next)


def _feed_answer(feed: StockFeed) -> dict[str, Any]:
    return {
        "code": feed.code,
        "name": feed.name,
        "kind": feed.kind,
        "locations": sorted(place.code for place in feed.places.all()),
        "is_active": feed.is_active,
        "expected_minutes": feed.expected_minutes,
        "when_silent": feed.when_silent,
        "heard_at": feed.heard_at and feed.heard_at.isoformat(),
        "last_sequence": feed.last_sequence,
        "silent_since": feed.silent_since and feed.silent_since.isoformat(),
    }


@calls.asks("/stock-feeds/{code}/levels", scope="stock.adjust", takes=LevelsIn, gives=LevelsOut, needs_key=True)
def tell_levels(request: HttpRequest, code: str, body: Any) -> HttpResponse:
    """Tell what a feed has counted at its places; each level is applied or refused for itself."""
    return _once(request, body, lambda levels: [(_feed(code), levels)])


@calls.asks("/inventory", scope="stock.adjust", takes=LevelsIn, gives=LevelsOut, needs_key=True, method="PUT")
def put_levels(request: HttpRequest, body: Any) -> HttpResponse:
    """Tell absolute counts at any places, each by the feed that speaks for it."""
    return _once(request, body, lambda levels: _by_feed(request, levels))


def _feed(code: str) -> StockFeed:
    found = StockFeed.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no feed with the code %(code)s.") % {"code": code})
    return found


def _levels(given: LevelsIn) -> list[Level]:
    """As they are kept."""
    as_of = given.as_of and given.as_of.isoformat()
    return [
        level.model_dump(mode="json", exclude_defaults=True)
        | {
            "n": n,
            "on_hand": level.on_hand,
            "as_of": level.as_of.isoformat() if level.as_of else as_of,
            "sequence": given.sequence if level.sequence is None else level.sequence,
        }
        for n, level in enumerate(given.levels)
    ]


def _by_feed(request: HttpRequest, levels: Sequence[Level]) -> list[tuple[StockFeed, list[Level]]]:
    codes = {level.get("location", "") for level in levels}
    places = {place.code: place for place in Location.objects.filter(code__in=codes)}
    wrong = [
        {"loc": ["levels", n, "location"], "msg": _("“%(code)s” is not a location of this company") % {"code": code}}
        for n, level in enumerate(levels)
        if (code := level.get("location", "")) not in places
    ]
    if wrong:
        raise Invalid(errors=wrong[:50])
    actor = caller_of(request).actor
    feeds = {code: intake.feed_of(place, actor=actor) for code, place in sorted(places.items())}
    parts: dict[UUID, tuple[StockFeed, list[Level]]] = {}
    for level in levels:
        feed = feeds[level["location"]]
        parts.setdefault(feed.pk, (feed, []))[1].append(level)
    return list(parts.values())


Parts = Callable[[list[Level]], list[tuple[StockFeed, list[Level]]]]


def _once(request: HttpRequest, body: Any, parts: Parts) -> HttpResponse:
    """Keep the messages under the call's key, then apply them; a repeat goes on with what the first one has left."""
    caller, key = caller_of(request), key_of(request)
    levels = _levels(validated(LevelsIn, body))

    def keep() -> tuple[int, dict[str, Any]]:
        kept = [intake.take(feed, part, origin="api", actor=caller.actor, name=key) for feed, part in parts(levels)]
        return 200, {"messages": [str(message.pk) for message in kept]}

    kept = idempotency.once(caller.client, key, named(request, body_of(request)), keep)
    messages = [UUID(each) for each in kept.body["messages"]]
    for message in messages:
        if not applying.work(message):
            raise IdempotencyInFlight(_("These levels are still being applied. Try again soon."))
    return replied(Answer(kept.status, _told(messages), kept.replayed))


def _told(messages: Iterable[UUID]) -> dict[str, Any]:
    ids = list(messages)
    counts = FeedMessage.objects.filter(pk__in=ids).values(*OUTCOMES)
    chunks = FeedChunk.objects.filter(message__in=ids).values_list("levels", "outcomes")
    told = [pair for levels, outcomes in chunks for pair in zip(levels, outcomes or (), strict=True)]
    results = [_result(level, outcome) for level, outcome in sorted(told, key=lambda pair: pair[0]["n"])]
    return {name: sum(each[name] for each in counts) for name in OUTCOMES} | {"results": results}


def _result(level: Level, outcome: str) -> dict[str, Any]:
    status = outcome.partition(":")[0]
    detail = why(outcome, level) if status == REFUSED else ""
    return {"location": level.get("location", ""), "sku": level["sku"], "status": status, "detail": detail}
