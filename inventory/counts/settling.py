"""What becomes of what was counted: compared with the books, posted, counted again or decided by somebody.

The books are asked what they said at the moment of each line's count: what stands now, less all that has moved since
(as feeds of stock levels do it), less what pickers had in hand then. A movement that is written later for an earlier
moment counts as well. What is posted bears the moment of the count, so that a later count finds it in the books; a line
that is older than another count of the same units is outdated and posts nothing.

Locks: the count, its bin, the stock rows, the ledger.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounting import journal, postings
from accounting.journal import Entry
from accounting.postings import Document, Goods
from core.actors import Actor
from core.days import company_day
from core.db import require_atomic, rows, run
from core.money import quantise
from core.outbox import publish
from core.problems import Conflict, Forbidden, Invalid, NotFound
from core.states import apply
from core.timeline import Row, record, record_many
from inventory import shortfalls
from inventory.counts.events import CountClosed
from inventory.counts.planning import lock
from inventory.counts.shelves import note_come_in
from inventory.counts.states import STOCK_COUNT
from inventory.counts.writing import save_lines
from inventory.feeds.applying import MAKE_ROWS
from inventory.holdings.ledger import Part
from inventory.locks import lock_rows
from inventory.models import Bin, Condition, CountBin, CountEntry, CountLine, Holding, Lot, Movement, Stock, StockCount
from inventory.services import In, move_units, standard_costs

COUNTS = {"sellable": "on_hand", "damaged": "damaged", "quarantine": "quarantine"}
"""The column of a stock row, by condition."""
# Per line: what the books say now for the moment of the count, whether a later count has spoken of the same units, and
# whether anything makes the difference doubtful: units that moved while they were counted, or a correction since.
BOOKS = """
SELECT l.id,
    CASE WHEN b.bin_id IS NULL AND l.lot_id IS NULL
         THEN coalesce(k.units - m.since, 0) - coalesce(h.units, 0) + coalesce(x.since, 0)
         ELSE coalesce(h.units, 0) - coalesce(x.since, 0) END::int AS units,
    EXISTS (SELECT FROM inventory_countline o JOIN inventory_countbin ob ON ob.id = o.spot_id
            JOIN inventory_stockcount oc ON oc.id = ob.count_id
            WHERE o.variant_id = l.variant_id AND o.counted_at > l.counted_at AND o.id <> l.id
              AND o.status IN ('right', 'posted') AND oc.location_id = c.location_id AND o.condition = l.condition
              AND ob.bin_id IS NOT DISTINCT FROM b.bin_id AND o.lot_id IS NOT DISTINCT FROM l.lot_id)
    OR EXISTS (SELECT FROM inventory_lastlevel f WHERE f.variant_id = l.variant_id AND f.location_id = c.location_id
               AND f.condition = l.condition AND f.as_of > l.counted_at) AS is_outdated,
    EXISTS (SELECT FROM inventory_movement f WHERE f.variant_id = l.variant_id AND f.location_id = c.location_id
            AND f.condition = l.condition
            AND ((f.at > l.first_at AND f.at <= l.counted_at AND f.source <> l.id)
                 OR (f.at > l.counted_at AND f.reason = 'adjustment')))
    OR EXISTS (SELECT FROM inventory_holdingmove v WHERE v.stock_id = s.id AND v.condition = l.condition
               AND v.movement_id IS NULL AND v.at > l.first_at AND v.at <= l.counted_at
               AND ((b.bin_id IS NULL AND l.lot_id IS NULL)
                    OR (v.bin_id IS NOT DISTINCT FROM b.bin_id AND v.lot_id IS NOT DISTINCT FROM l.lot_id))
               GROUP BY v.source HAVING sum(v.quantity) <> 0) AS is_doubtful
FROM inventory_countline l JOIN inventory_countbin b ON b.id = l.spot_id JOIN inventory_stockcount c ON c.id = b.count_id
LEFT JOIN inventory_stock s ON s.variant_id = l.variant_id AND s.location_id = c.location_id
LEFT JOIN LATERAL (
    SELECT CASE l.condition WHEN 'sellable' THEN s.on_hand WHEN 'damaged' THEN s.damaged ELSE s.quarantine END AS units) k
    ON true
LEFT JOIN LATERAL (
    SELECT coalesce(sum(f.quantity), 0) AS since FROM inventory_movement f
    WHERE f.variant_id = l.variant_id AND f.location_id = c.location_id AND f.condition = l.condition
      AND f.at > l.counted_at) m ON true
LEFT JOIN LATERAL (
    SELECT sum(h.units) AS units FROM inventory_holding h WHERE h.stock_id = s.id AND h.condition = l.condition
      AND ((b.bin_id IS NULL AND l.lot_id IS NULL)
           OR (h.bin_id IS NOT DISTINCT FROM b.bin_id AND h.lot_id IS NOT DISTINCT FROM l.lot_id))) h ON true
LEFT JOIN LATERAL (
    SELECT sum(v.quantity) AS since FROM inventory_holdingmove v
    WHERE v.stock_id = s.id AND v.condition = l.condition AND v.at > l.counted_at
      AND ((b.bin_id IS NULL AND l.lot_id IS NULL)
           OR (v.bin_id IS NOT DISTINCT FROM b.bin_id AND v.lot_id IS NOT DISTINCT FROM l.lot_id))) x ON true
WHERE l.id = ANY(%(ids)s) AND l.counted IS NOT NULL
"""


def compare(lines: Sequence[CountLine]) -> dict[UUID, Any]:
    """What the books say of each line now, without changing anything. Give each its difference and its value.

    Units that had come and were not booked explain a surplus; they never make units missing, as nobody knows for
    certain where they stand.
    """
    found = {row.id: row for row in rows(BOOKS, {"ids": [line.pk for line in lines]})}
    for line in lines:
        line.expected = found[line.pk].units - line.in_hand
        surplus = max(0, (line.counted or 0) - line.expected)
        line.expected += min(line.unbooked, surplus)
        line.difference = (line.counted or 0) - line.expected
        line.value = _worth(line)
    return found


def _worth(line: CountLine) -> Decimal:
    """At standard cost; what is damaged is worth nothing."""
    if line.condition == Condition.DAMAGED:
        return Decimal(0)
    return quantise((line.variant.standard_cost or Decimal(0)) * (line.difference or 0), "EUR")


def key_of(actor: Actor) -> str:
    """Who acts, so that two people are told apart."""
    return f"{actor.kind}:{actor.id or actor.label}"


def counters(lines: Iterable[CountLine]) -> set[str]:
    """Who has counted any of these lines, in any round."""
    found = list(lines)
    keys = set(CountEntry.objects.filter(line__in=found).values_list("actor_key", flat=True).distinct())
    keys |= {each["key"] for line in found for each in line.earlier} | {line.counted_key for line in found}
    return keys - {""}


def barred(spots: Iterable[CountBin]) -> dict[UUID, set[str]]:
    """Who may not count what is counted again, by bin: who has counted it before, and who was shown the difference and
    sent it back."""
    lines = CountLine.objects.filter(spot__in=[spot.pk for spot in spots if spot.round > 1], status="open")
    found: dict[UUID, set[str]] = {}
    for spot_id, earlier in lines.values_list("spot", "earlier"):
        keys = {each.get(name, "") for each in earlier for name in ("key", "sent_back_by")}
        found.setdefault(spot_id, set()).update(keys - {""})
    scans = CountEntry.objects.filter(line__in=lines, round__lt=F("line__round")).exclude(actor_key="")
    for spot_id, key in scans.values_list("line__spot", "actor_key").distinct():
        found[spot_id].add(key)
    return found


def _lines_of(count: StockCount, lines: Iterable[CountLine]) -> list[CountLine]:
    """The same, with their stock rows locked in order; what was found where none ever lay has one from now on."""
    require_atomic()
    found = sorted(lines, key=lambda line: (line.variant_id, line.pk))
    variants = {line.variant_id for line in found}
    new = sorted({line.variant_id for line in found if line.counted or line.in_hand})
    run(MAKE_ROWS, {"variants": new, "locations": [count.location_id] * len(new)})
    lock_rows(Stock.objects.filter(location=count.location_id, variant__in=variants).values_list("pk", flat=True))
    return found


def settle(spot: CountBin, *, actor: Actor) -> None:
    """A bin is counted: what agrees is right, small differences are posted, others are counted again or wait.

    The caller has the count and the bin locked. A bin of thousands takes as many statements as one of a few.
    """
    open_lines = spot.lines.filter(status="open", round=spot.round).select_related("variant", "lot")
    lines = _lines_of(spot.count, open_lines)
    for line in lines:
        line.spot = spot
    note_come_in(spot, lines)
    books = compare(lines)
    ends: dict[str, list[CountLine]] = {name: [] for name in ("right", "outdated", "post", "again", "wait")}
    for line in lines:
        ends[_end_of(line, books[line.pk])].append(line)
    _end(ends["right"], "right")
    _end(ends["outdated"], "outdated")
    _post(ends["post"], actor=actor)
    _wait(ends["wait"])
    if ends["again"]:
        _count_again(spot, ends["again"], actor)
    close_if_done(spot.count, actor=actor)


def _end_of(line: CountLine, books: Any) -> str:
    """What becomes of a line that was counted. What somebody else is just counting in makes a difference doubtful."""
    count = line.spot.count
    is_doubtful = line.has_moved or books.is_doubtful or line.unbooked > 0
    if line.difference == 0:
        return "right"
    if books.is_outdated:
        return "outdated"
    if not is_doubtful and _is_tolerated(count, line):
        return "post"
    return "again" if count.recounts and line.round == 1 else "wait"


def _is_tolerated(count: StockCount, line: CountLine) -> bool:
    return abs(line.difference or 0) <= count.units and abs(line.value) <= count.value


def _wait(lines: Sequence[CountLine]) -> None:
    told: dict[Actor, list[Row]] = defaultdict(list)
    for line in lines:
        line.status = "approve"
        data = {"sku": line.variant.sku, "units": line.difference}
        told[_counter(line)].append(Row(line.spot.count_id, "stock_count.differs", data=data))
    save_lines(lines)
    for counter, entries in told.items():
        record_many(entries, actor=counter)


def _counter(line: CountLine) -> Actor:
    kind, _colon, key = line.counted_key.partition(":")
    return Actor(kind, line.counted_by, key)  # type: ignore[arg-type]


def _end(lines: Sequence[CountLine], status: str, *, actor: Actor | None = None, reason: str = "") -> None:
    now = timezone.now()
    for line in lines:
        line.status, line.settled_at, line.reason = status, now, reason
        if actor is not None:
            line.decided_by, line.decided_key = actor.label, key_of(actor)
    save_lines(lines)


def _count_again(spot: CountBin, lines: Sequence[CountLine], actor: Actor, *, reason: str = "") -> None:
    """Another round, of these lines alone, by somebody else. With a `reason` when somebody sent them back."""
    spot.round, spot.is_done, spot.taken_by, spot.taken_key = spot.round + 1, False, "", ""
    spot.save(update_fields=["round", "is_done", "taken_by", "taken_key"])
    for line in lines:
        line.earlier.append(
            {"round": line.round, "counted": line.counted, "difference": line.difference, "by": line.counted_by,
             "key": line.counted_key, "at": line.counted_at.isoformat() if line.counted_at else "",
             "sent_back_by": key_of(actor) if reason else ""}
        )  # fmt: skip
        line.status, line.round = "open", spot.round
        line.counted = line.counted_at = line.first_at = line.expected = line.difference = None
        line.counted_by, line.counted_key, line.has_moved, line.value = "", "", False, Decimal(0)
        line.unbooked, line.unbooked_of = 0, ""
    save_lines(lines)
    data = {"bin": spot.bin.code if spot.bin else "", "lines": len(lines)} | ({"reason": reason} if reason else {})
    record(spot.count_id, "stock_count.again", actor=actor, data=data)


# Posting


def _post(lines: Sequence[CountLine], *, actor: Actor, by: Actor | None = None, reason: str = "") -> None:
    """Book the differences of a bin's lines, each at the moment of its count. Never refused for what is promised; what is
    not there any more cannot be taken away."""
    if not lines:
        return
    spot = lines[0].spot
    label = " · ".join(text for text in (spot.count.number, reason) if text)[:300]
    booked = _units(spot, lines)
    moves: dict[Any, list[tuple[In, UUID]]] = defaultdict(list)
    for line, unit in booked:
        moves[line.counted_at].append((unit, line.pk))
        line.posted = unit.quantity
    for at in sorted(moves):
        move_units(moves[at], Movement.Reason.COUNT, actor=actor, at=at, note=label)
    journal.post(_entries(booked, label), actor=actor)
    _tell_stock(booked, label, actor)
    _end(lines, "posted", actor=by, reason=reason)


def _entries(booked: Sequence[tuple[CountLine, In]], label: str) -> list[Entry]:
    """For the ledger, once the units are moved; damaged units are worth nothing."""
    costs, entries = standard_costs(unit.variant_id for _, unit in booked), []
    for line, unit in booked:
        cost = quantise(costs[unit.variant_id] * unit.quantity, "EUR")
        if cost and unit.condition != Condition.DAMAGED:
            document = Document(id=line.pk, date=company_day(), label=label)
            entries.append(postings.stock_count(document, differences=[Goods(unit.location_id, unit.quantity, cost)]))
    return entries


def _tell_stock(booked: Sequence[tuple[CountLine, In]], label: str, actor: Actor) -> None:
    """Each stock row's timeline, and the promises that it cannot keep any more."""
    if not booked:
        return
    place = booked[0][1].location_id
    variants = {unit.variant_id for _line, unit in booked}
    ids = dict(Stock.objects.filter(location=place, variant__in=variants).values_list("variant_id", "pk"))
    told = [
        Row(ids[unit.variant_id], "stock.counted", data={"quantity": unit.quantity, "reason": label})
        for _line, unit in booked
    ]
    record_many(told, actor=actor)
    shortfalls.judge_many(sorted(ids.values()), actor=actor)


def _units(spot: CountBin, lines: Sequence[CountLine]) -> list[tuple[CountLine, In]]:
    """The differences as they can be booked now: where they were counted as far as that still stands, and no more than
    there is."""
    bin_id = spot.bin_id if spot.bin and spot.bin.is_active else None
    stocks = {s.variant_id: s for s in Stock.objects.filter(location=spot.count.location_id, variant__in={line.variant_id for line in lines})}  # fmt: skip
    there = Holding.objects.filter(stock__in=stocks.values(), bin=bin_id)
    held = {(h.stock_id, h.condition, h.lot_id): h.units for h in there}
    left = {(s.pk, c): getattr(s, name) for s in stocks.values() for c, name in COUNTS.items()}
    found, detailed = [], []
    for line in lines:
        stock, lot, units = stocks[line.variant_id], line.lot_id, line.difference or 0
        condition = "quarantine" if line.condition == "sellable" and _is_closed(line.lot, spot.bin) else line.condition
        units = max(units, -left[stock.pk, condition])
        if units == 0:
            continue
        left[stock.pk, condition] += units
        wanted = In(line.variant_id, stock.location_id, units, condition)
        if bin_id is not None or lot is not None:
            named = units if units > 0 else -min(-units, held.get((stock.pk, condition, lot), 0))
            held[stock.pk, condition, lot] = held.get((stock.pk, condition, lot), 0) + named
            if named:
                wanted = replace(wanted, parts=(Part(abs(named), bin_id, lot),))
            if units > 0:
                detailed.append(stock.pk)
        found.append((line, wanted))
    if detailed:
        Stock.objects.filter(pk__in=detailed, is_detailed=False).update(is_detailed=True)
    return found


def _is_closed(lot: Lot | None, spot: Bin | None) -> bool:
    return (lot is not None and lot.state != "open") or (spot is not None and spot.kind == Bin.Kind.QUARANTINE)


def close_if_done(count: StockCount, *, actor: Actor) -> None:
    """Nothing waits any more: the count closes."""
    waiting = Q(is_done=False) | Q(lines__status__in=["open", "approve"])
    if count.status != "open" or CountBin.objects.filter(waiting, count=count).exists():
        return
    apply(STOCK_COUNT, count, "close", actor=actor, closed_at=timezone.now())
    lines = CountLine.objects.filter(spot__count=count)
    told = {"lines": lines.count(), "differences": lines.exclude(status="right").count()}
    publish([CountClosed(about=count.pk, number=count.number, **told)])


# Deciding


@transaction.atomic
def approve(line_id: UUID, *, reason: str, actor: Actor, shown: int | None = None) -> CountLine:
    """Book a difference that somebody else has counted. Conflict when it is not the one that was shown."""
    line = _to_decide(line_id, actor, reason)
    if line.status in ("posted", "right", "outdated"):
        return line
    _insist_waits(line)
    before = line.difference if shown is None else shown
    state = compare([line])[line.pk]
    if line.difference == 0:
        _end([line], "right", actor=actor, reason=reason.strip())
    elif state.is_outdated:
        _end([line], "outdated", actor=actor, reason=reason.strip())
    elif line.difference != before:
        told = {"sku": line.variant.sku, "now": line.difference, "before": before}
        raise Conflict(_("The difference of %(sku)s is %(now)+d by now, not %(before)+d: look again.") % told)
    else:
        _post([line], actor=actor, by=actor, reason=reason.strip())
    _decided(line, "stock_count.approve", actor, reason)
    return line


@transaction.atomic
def decline(line_id: UUID, *, reason: str, actor: Actor) -> CountLine:
    """The books stay as they are."""
    line = _to_decide(line_id, actor, reason)
    if line.status == "declined":
        return line
    _insist_waits(line)
    compare([line])
    _end([line], "declined", actor=actor, reason=reason.strip())
    _decided(line, "stock_count.decline", actor, reason)
    return line


@transaction.atomic
def send_back(line_id: UUID, *, reason: str, actor: Actor) -> CountLine:
    """Somebody who has not counted it yet counts it once more."""
    line = _to_decide(line_id, actor, reason)
    if line.status == "open":
        return line
    _insist_waits(line)
    spot = CountBin.objects.select_for_update(no_key=True, of=("self",)).select_related("bin").get(pk=line.spot_id)
    if not spot.is_done:
        raise Conflict(_("Others of this bin are being counted again: wait until that is done."))
    _count_again(spot, [line], actor, reason=reason.strip()[:200])
    return line


def _to_decide(line_id: UUID, actor: Actor, reason: str) -> CountLine:
    """A line that this person may decide about, its count and its stock row locked."""
    require_atomic()
    if not reason.strip():
        raise Invalid.field(["reason"], _("say why"))
    found = CountLine.objects.select_related("variant", "lot", "spot__count__location", "spot__bin")
    count_id = found.filter(pk=line_id).values_list("spot__count", flat=True).first()
    if count_id is None:
        raise NotFound(_("There is no such line in a count."))
    count = lock(count_id)
    line = _lines_of(count, [found.get(pk=line_id)])[0]
    line.spot.count = count
    if line.status == "approve" and count.status != "open":
        raise Conflict(_("%(number)s is not counted now.") % {"number": count.number})
    if line.status == "approve" and key_of(actor) in counters([line]):
        raise Forbidden(_("You have counted %(sku)s yourself: somebody else decides.") % {"sku": line.variant.sku})
    return line


def _insist_waits(line: CountLine) -> None:
    if line.status != "approve":
        raise Conflict(_("%(sku)s is settled already, or is being counted again.") % {"sku": line.variant.sku})


def _decided(line: CountLine, action: str, actor: Actor, reason: str) -> None:
    told = {"sku": line.variant.sku, "units": line.difference, "reason": reason.strip()[:200]}
    record(line.spot.count_id, action, actor=actor, data=told)
    close_if_done(line.spot.count, actor=actor)
