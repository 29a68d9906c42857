"""Applying levels: what is on hand becomes what was counted and what has moved since, in short transactions.

A chunk's effect (movements, journal, shortfalls, what was last applied) and its outcomes are one transaction, so a
worker that dies leaves chunks that are done and chunks that are not. A chunk's stock rows are locked in order, as
everywhere; a level is never refused for being below what is promised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounting import journal, postings
from accounting.postings import Document, Goods
from core import sweeps
from core.actors import SYSTEM, Actor
from core.bulk import Table, dump
from core.days import company_day
from core.db import rows, run
from core.failures import is_busy
from core.ids import new_id
from inventory import shortfalls
from inventory.feeds import silence
from inventory.feeds.intake import places_of
from inventory.feeds.levels import APPLIED, OUTCOMES, STALE, UNCHANGED, Readable, newest, read
from inventory.holdings import ledger
from inventory.models import Condition, FeedMessage, StockFeed
from inventory.services import LOCK, In, goods, write_down
from inventory.supply.risen import tell_risen

MOST_TRIES = 5

NEXT = """
SELECT id, levels FROM inventory_feedchunk
WHERE message_id = %(message)s AND done_at IS NULL ORDER BY position LIMIT 1
"""
MINE = "SELECT id FROM inventory_feedchunk WHERE id = %(chunk)s AND done_at IS NULL FOR NO KEY UPDATE SKIP LOCKED"
# Rows that are not there yet are made before anything is locked: a row that somebody else is making is waited for.
MAKE_ROWS = """
INSERT INTO inventory_stock (id, variant_id, location_id, on_hand, damaged, quarantine, reserved, allocated, safety)
SELECT gen_random_uuid(), w.variant_id, w.location_id, 0, 0, 0, 0, 0, 0
FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS w(variant_id, location_id)
WHERE NOT EXISTS (
    SELECT FROM inventory_stock s WHERE s.variant_id = w.variant_id AND s.location_id = w.location_id)
ORDER BY w.variant_id, w.location_id ON CONFLICT DO NOTHING
"""
# `apart`: units that were in quarantine when it was counted because their lot is not sold; `lots`: the same, lot by lot.
# `expected`: those of them that the feed counts as sellable if it knows nothing new: what it did at its last level, and
# what was set apart since. Null where it has told nothing yet, or somebody else has counted since: what is sellable here
# is right then, whatever the last level was taken to say. Stock rows without lots have neither.
STANDS = """
SELECT s.id AS stock_id, p.sequence, p.as_of, coalesce(m.since, 0)::int AS since,
       coalesce(m.is_counted, false) AS is_counted_since,
       coalesce(a.units, 0)::int AS apart, coalesce(a.lots, '{}') AS lots, i.units::int AS expected,
       CASE w.condition WHEN 'sellable' THEN s.on_hand WHEN 'damaged' THEN s.damaged ELSE s.quarantine END AS stands
FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[], %(conditions)s::text[], %(as_ofs)s::timestamptz[])
    WITH ORDINALITY AS w(variant_id, location_id, condition, as_of, n)
JOIN inventory_stock s USING (variant_id, location_id)
LEFT JOIN inventory_lastlevel p ON p.variant_id = w.variant_id AND p.location_id = w.location_id
    AND p.condition = w.condition AND p.feed_id = %(feed)s
LEFT JOIN LATERAL (
    SELECT sum(x.quantity) AS since, bool_or(x.reason = 'count') AS is_counted FROM inventory_movement x
    WHERE x.variant_id = w.variant_id AND x.location_id = w.location_id AND x.at > w.as_of
      AND x.condition = w.condition) m ON true
LEFT JOIN LATERAL (
    SELECT sum(o.units) AS units, array_agg(o.units::int) AS lots FROM (
        SELECT sum(q.units) AS units FROM (
            SELECT h.lot_id, h.units FROM inventory_holding h JOIN inventory_lot l ON l.id = h.lot_id AND l.state <> 'open'
            WHERE h.stock_id = s.id AND h.condition = 'quarantine'
            UNION ALL
            SELECT x.lot_id, -x.quantity FROM inventory_holdingmove x
            WHERE x.stock_id = s.id AND x.at > w.as_of AND x.condition = 'quarantine' AND x.note = %(of_lot)s) q
        GROUP BY q.lot_id) o
    WHERE s.is_detailed AND o.units > 0) a ON true
LEFT JOIN LATERAL (
    SELECT greatest(0, coalesce((
        SELECT sum(m.quantity) FROM inventory_holdingmove m
        WHERE m.stock_id = s.id AND m.at > x.as_of AND m.at <= w.as_of AND m.condition = 'quarantine'
          AND m.note = %(of_lot)s), 0) - x.apart) AS units
    FROM inventory_lastlevel x
    WHERE s.is_detailed AND x.variant_id = s.variant_id AND x.location_id = s.location_id
      AND x.condition = 'sellable' AND x.feed_id = %(feed)s AND NOT EXISTS (
        SELECT FROM inventory_movement c WHERE c.variant_id = s.variant_id AND c.location_id = s.location_id
          AND c.condition = 'sellable' AND c.reason = 'count' AND c.at > x.as_of)) i ON true
ORDER BY w.n
"""
DONE = """
UPDATE inventory_feedchunk SET outcomes = %(outcomes)s::jsonb, done_at = statement_timestamp(), applied = %(applied)s,
    unchanged = %(unchanged)s, stale = %(stale)s, refused = %(refused)s
WHERE id = %(chunk)s
"""
FINISH = """
UPDATE inventory_feedmessage m SET finished_at = statement_timestamp(), applied = c.applied,
    unchanged = c.unchanged, stale = c.stale, refused = c.refused
FROM (SELECT coalesce(sum(applied), 0) AS applied, coalesce(sum(unchanged), 0) AS unchanged,
             coalesce(sum(stale), 0) AS stale, coalesce(sum(refused), 0) AS refused,
             count(*) FILTER (WHERE done_at IS NULL) AS waiting
      FROM inventory_feedchunk WHERE message_id = %(message)s) c
WHERE m.id = %(message)s AND m.finished_at IS NULL AND c.waiting = 0
RETURNING m.total, m.applied + m.unchanged AS understood, m.received_at, m.sequence
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """A difference, as a movement."""

    id: UUID
    variant_id: UUID
    location_id: UUID
    condition: str
    quantity: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Last:
    """A level that was applied, as it is remembered."""

    variant_id: UUID
    location_id: UUID
    condition: str
    sequence: int | None
    as_of: datetime
    counted: int
    since: int
    apart: int
    before: int
    stands: int


SAME_FOR_ALL = {"source": "%(chunk)s::uuid"}
MOVEMENTS = Table(
    "inventory_movement",
    {
        "id": "uuid", "variant_id": "uuid", "location_id": "uuid", "condition": "text", "quantity": "int",
        "at": "timestamptz",
    },
    computed={"reason": "'count'", "note": "%(note)s::text", "actor": "%(actor)s::text"} | SAME_FOR_ALL,
)  # fmt: skip
LASTS = Table(
    "inventory_lastlevel",
    {
        "variant_id": "uuid", "location_id": "uuid", "condition": "text", "sequence": "bigint", "as_of": "timestamptz",
        "counted": "int", "since": "int", "apart": "int", "before": "int", "stands": "int",
    },
    computed={"feed_id": "%(feed)s::uuid"} | SAME_FOR_ALL,
)  # fmt: skip
REMEMBER = f"""
{LASTS.insert()} ON CONFLICT (variant_id, location_id, condition, feed_id) DO UPDATE SET
    sequence = excluded.sequence, as_of = excluded.as_of, counted = excluded.counted, since = excluded.since,
    apart = excluded.apart, before = excluded.before, stands = excluded.stands, source = excluded.source
"""


def work(message_id: UUID, *, ends: float | None = None) -> bool:
    """Apply what is left of a message; whether all of it is. Not when the time is over, or somebody else is at it."""
    message = FeedMessage.objects.select_related("feed").get(pk=message_id)
    if message.finished_at is not None:
        return True
    places = places_of(message.feed_id)
    tried: UUID | None = None
    while (chunk := next(iter(rows(NEXT, {"message": message_id})), None)) is not None:
        if chunk.id == tried or (ends is not None and monotonic() > ends):
            return False
        tried = chunk.id
        _apply_patiently(message, chunk, places)
    return finish(message)


def _apply_patiently(message: FeedMessage, chunk: Any, places: Mapping[str, UUID]) -> None:
    for tries in range(1, MOST_TRIES + 1):
        try:
            apply_chunk(message, chunk, places)
        except Exception as error:
            if not is_busy(error) or tries == MOST_TRIES:
                raise
        else:
            return


def apply_chunk(message: FeedMessage, chunk: Any, places: Mapping[str, UUID]) -> None:
    """Apply a chunk and write down what became of each level, both or neither. Once, whoever else tries."""
    readable, outcomes = read(chunk.levels, places)
    chosen, older = newest(readable)
    for place in older:
        outcomes[place] = STALE
    where = {"variants": [c.variant_id for c in chosen], "locations": [c.location_id for c in chosen]}
    run(MAKE_ROWS, where)
    with transaction.atomic():
        if not rows(MINE, {"chunk": chunk.id}):
            return
        detailed = any(row.is_detailed for row in rows(LOCK, where))
        for level, outcome in zip(chosen, _apply(message, chunk.id, chosen, detailed=detailed), strict=True):
            outcomes[level.place_in_chunk] = outcome
        _settle(chunk.id, outcomes)


def _apply(message: FeedMessage, chunk_id: UUID, chosen: Sequence[Readable], *, detailed: bool) -> list[str]:
    """The effect of levels whose stock rows are locked; what became of each."""
    told: dict[int, str] = {}
    lasts: list[Last] = []
    changed: set[UUID] = set()
    for level, last, stock_id in _judged(message.feed_id, chosen):
        n = level.place_in_chunk
        if last is None:
            told.setdefault(n, STALE)
            continue
        lasts.append(last)
        if last.stands != last.before:
            told[n] = APPLIED
            changed.add(stock_id)
        elif told.get(n) != APPLIED:
            told[n] = UNCHANGED
    _write(message, chunk_id, lasts, sorted(changed), detailed=detailed)
    return [told[level.place_in_chunk] for level in chosen]


def _judged(feed_id: UUID, chosen: Sequence[Readable]) -> list[tuple[Readable, Last | None, UUID]]:
    """Each condition of each level: what comes of it, None when it is not newer than the last one, nor than what somebody
    else has counted there since: that difference would be found twice."""
    wanted = [(level, condition) for level in chosen for condition in level.counted]
    found = rows(
        STANDS,
        {
            "variants": [level.variant_id for level, _ in wanted],
            "locations": [level.location_id for level, _ in wanted],
            "conditions": [str(condition) for _, condition in wanted],
            "as_ofs": [level.as_of for level, _ in wanted],
            "feed": feed_id,
            "of_lot": ledger.OF_LOT,
        },
    )
    rises = {
        level.place_in_chunk: level.counted[condition] + row.since - row.stands
        for (level, condition), row in zip(wanted, found, strict=True)
        if condition == Condition.SELLABLE
    }
    judged = []
    for (level, condition), row in zip(wanted, found, strict=True):
        unaware = _unaware(level, row, rises.get(level.place_in_chunk, 0))
        last = _last(level, condition, row, unaware) if _is_news(level, row) else None
        judged.append((level, last, row.stock_id))
    return judged


def _is_news(level: Readable, row: Any) -> bool:
    return level.is_after(row.sequence, row.as_of) and not row.is_counted_since


def _unaware(level: Readable, row: Any, rise: int) -> int:
    """Units of lots set apart that the feed still counts as sellable, unless it says itself that so many are in
    quarantine. They stay there. `rise` is what it says beyond what is known here."""
    missing = row.apart - level.counted.get(Condition.QUARANTINE, 0)
    most = level.counted.get(Condition.SELLABLE, missing)
    return max(0, min(missing, most, _counts_still(row, rise)))


def _counts_still(row: Any, rise: int) -> int:
    """As many as before, with what was set apart since. It has taken them out of its count when it says no more than is
    known here, and those of a lot when its count falls by just these; what it does not count once, it never does again."""
    if row.expected is None or rise <= 0 or row.expected - rise in row.lots:
        return rise
    return int(row.expected)


def _last(level: Readable, condition: str, row: Any, unaware: int) -> Last:
    counted = level.counted[condition]
    apart = {Condition.SELLABLE: -unaware, Condition.QUARANTINE: unaware}.get(Condition(condition), 0)
    return Last(
        level.variant_id,
        level.location_id,
        str(condition),
        level.sequence,
        level.as_of,
        counted,
        row.since,
        apart,
        row.stands,
        max(0, counted + row.since + apart),
    )


def _write(
    message: FeedMessage, chunk_id: UUID, lasts: Sequence[Last], changed: Sequence[UUID], *, detailed: bool
) -> None:
    """Movements with their holdings, memory, journal and shortfalls."""
    if not lasts:
        return
    actor = Actor(message.actor_kind, message.actor, message.actor_id)  # type: ignore[arg-type]
    run(REMEMBER, LASTS.params(lasts) | {"feed": message.feed_id, "chunk": chunk_id})
    moved = [
        Moved(new_id(), last.variant_id, last.location_id, last.condition, last.stands - last.before, last.as_of)
        for last in lasts
        if last.stands != last.before
    ]
    if not moved:
        return
    said = {"chunk": chunk_id, "note": message.feed.name, "actor": actor.label}
    run(MOVEMENTS.insert(), MOVEMENTS.params(moved) | said)
    if detailed:
        parts = [
            ledger.Moved(m.id, m.variant_id, m.location_id, m.condition, m.quantity, chunk_id, at=m.at) for m in moved
        ]
        ledger.follow(parts, leaving=False, actor=actor)
    differences, turned = _differences(moved)
    write_down(turned, source=chunk_id, label=f"Stock levels: {message.feed.name}", actor=actor)
    if any(d.cost for d in differences):
        document = Document(id=chunk_id, date=company_day(), label=f"Stock levels: {message.feed.name}")
        journal.post([postings.stock_count(document, differences=differences)], actor=actor)
    shortfalls.judge_many(changed, actor=actor)
    tell_risen({(m.variant_id, m.location_id) for m in moved if m.quantity > 0 and m.condition == Condition.SELLABLE})


def _differences(moved: Sequence[Moved]) -> tuple[list[Goods], list[In]]:
    """What was found and what is missing, each at its cost, and the units that turned out to be damaged (negative: good
    again). Damaged units are worth nothing: as many as are found or missing beside these change no value."""
    net: dict[tuple[UUID, UUID], list[int]] = {}
    for each in moved:
        good_and_damaged = net.setdefault((each.variant_id, each.location_id), [0, 0])
        good_and_damaged[each.condition == Condition.DAMAGED] += each.quantity
    turned = {place: _turned(*units) for place, units in net.items()}
    units = [In(*place, good + turned[place]) for place, (good, _damaged) in net.items()]
    found = goods([u for u in units if u.quantity > 0]) + goods([u for u in units if u.quantity < 0])
    return found, [In(*place, n) for place, n in turned.items() if n]


def _turned(good: int, damaged: int) -> int:
    """Units that went from good to damaged (negative: back), where both changed in opposite ways."""
    if good < 0 < damaged:
        return min(-good, damaged)
    return -min(good, -damaged) if damaged < 0 < good else 0


def _settle(chunk_id: UUID, outcomes: Sequence[str]) -> None:
    counts = dict.fromkeys(OUTCOMES, 0)
    for outcome in outcomes:
        counts[outcome.partition(":")[0]] += 1
    run(DONE, {"chunk": chunk_id, "outcomes": dump(outcomes), **counts})


def finish(message: FeedMessage) -> bool:
    """Count a message up of which every chunk is done: the feed is heard. Whether it is finished, by whomever."""
    with transaction.atomic():
        feed = StockFeed.objects.select_for_update(no_key=True).get(pk=message.feed_id)
        done = rows(FINISH, {"message": message.pk})
        # A feed that says nothing new, again and again, is no better than a silent one; one with nothing to say is well.
        if done and (done[0].understood or not done[0].total):
            actor = Actor(message.actor_kind, message.actor, message.actor_id)  # type: ignore[arg-type]
            silence.hear(feed, done[0].received_at, done[0].sequence, actor=actor)
    return bool(done) or FeedMessage.objects.filter(pk=message.pk, finished_at__isnull=False).exists()


OPEN = "SELECT id FROM inventory_feedmessage WHERE finished_at IS NULL ORDER BY id"
APPLY = "feeds.apply"


def work_all(seconds: float) -> int:
    """Go on with every message that is not finished, the oldest first, until the time is over; how many were finished.
    One that fails stops no other."""
    ends = monotonic() + seconds
    found = [*(row.id for row in rows(OPEN)), *sweeps.stuck(APPLY)]
    return sum(sweeps.each(APPLY, found, partial(work, ends=ends), actor=SYSTEM, until=ends))


KEPT = timedelta(days=30)
AT_A_TIME = 500


def forget_old() -> int:
    """Delete what came long ago: a message has had its effect, and its key is forgotten sooner; how many rows went."""
    old = FeedMessage.objects.filter(received_at__lt=timezone.now() - KEPT, finished_at__isnull=False)
    gone = 0
    while ids := list(old.order_by("received_at").values_list("id", flat=True)[:AT_A_TIME]):
        gone += FeedMessage.objects.filter(pk__in=ids).delete()[0]
    return gone
