"""Counting what lies in a bin: somebody takes it, counts, and says that it is done. Nothing here tells what is expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.models import Variant
from core.actors import Actor
from core.db import require_atomic, rows
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from inventory.counts import settling
from inventory.counts.following import follow
from inventory.counts.planning import lock
from inventory.counts.settling import barred, key_of
from inventory.counts.shelves import note_come_in, taken_out
from inventory.counts.writing import NewLine, add_entries, add_lines, save_lines
from inventory.models import Bin, Condition, CountBin, CountEntry, CountLine, Lot, StockCount
from inventory.services import LARGEST

MOST_LINES = 2_000
"""Articles of a bin that are asked for: what lies there beyond them is counted when it is found, and not missed."""
SCANNED_BEFORE = gettext_lazy(
    "Something else was counted by this scan before. Open the count again, and repeat the scan."
)


@dataclass(frozen=True, slots=True)
class What:
    """An article in a condition, of a lot where it asks for lots (None: of an unknown one)."""

    variant_id: UUID
    lot_id: UUID | None = None
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody counted: so many more (less, when negative), or all in all when `is_total`. `key` names the scan."""

    key: UUID
    quantity: int = 1
    is_total: bool = False


def find(spot_id: UUID) -> CountBin:
    """A bin of a count. NotFound when there is none."""
    found = CountBin.objects.select_related("count__location", "bin").filter(pk=spot_id).first()
    if found is None:
        raise NotFound(_("There is no such bin in this count."))
    return found


def _locked(spot_id: UUID) -> CountBin:
    require_atomic()
    list(CountBin.objects.select_for_update(no_key=True).filter(pk=spot_id))
    return find(spot_id)


def _insist_open(spot: CountBin) -> None:
    count = spot.count
    if count.status != "open":
        raise Conflict(_("%(number)s is not counted now.") % {"number": count.number})
    if spot.is_done:
        raise Conflict(_("%(bin)s is counted already.") % {"bin": called(spot)})


def called(spot: CountBin) -> str:
    """A bin by its name."""
    return spot.bin.code if spot.bin else _("What lies in no bin")


# Taking a bin


def take(spot_id: UUID, *, actor: Actor, is_over: bool = False) -> CountBin:
    """Begin a bin, or go on where one was left. Conflict when somebody else is at it, unless it is taken over."""
    with transaction.atomic():
        spot = _locked(spot_id)
        _insist_open(spot)
        _insist_for(spot, actor)
        if spot.taken_key not in ("", key_of(actor)) and not is_over:
            raise Conflict(_("%(who)s is counting %(bin)s.") % {"who": spot.taken_by, "bin": called(spot)})
        if spot.taken_key != key_of(actor):
            before, spot.taken_by, spot.taken_key, spot.taken_at = spot.taken_by, actor.label, key_of(actor), timezone.now()  # fmt: skip
            spot.save(update_fields=["taken_by", "taken_key", "taken_at"])
            data = {"bin": called(spot), "round": spot.round} | ({"from": before} if before else {})
            record(spot.count_id, "stock_count.take", actor=actor, data=data)
        if spot.round == 1:
            _lay_out(spot)
    return spot


def _insist_for(spot: CountBin, actor: Actor) -> None:
    """It is for this person: given to them, or counted by others before."""
    person = spot.count.assignee
    if spot.round == 1:
        if person is not None and str(person.pk) != actor.id:
            raise Conflict(_("%(number)s is given to %(who)s.") % {"number": spot.count.number, "who": person})
        return
    if key_of(actor) in barred([spot]).get(spot.pk, ()):
        raise Conflict(_("You have counted %(bin)s before: this time somebody else looks.") % {"bin": called(spot)})


# What the books know of a bin (or of no bin), so that nothing of it is forgotten. How many is not asked.
KNOWN = """
SELECT s.variant_id, h.lot_id, h.condition FROM inventory_holding h JOIN inventory_stock s ON s.id = h.stock_id
WHERE s.location_id = %(place)s AND h.bin_id IS NOT DISTINCT FROM %(bin)s::uuid
  AND (%(all)s OR s.variant_id = ANY(%(variants)s))
UNION ALL
SELECT s.variant_id, NULL, c.condition FROM inventory_stock s
JOIN catalog_variant v ON v.id = s.variant_id AND NOT v.tracks_lots
CROSS JOIN LATERAL (VALUES ('sellable', s.on_hand), ('damaged', s.damaged), ('quarantine', s.quarantine)) AS c(condition, units)
WHERE s.location_id = %(place)s AND %(bin)s::uuid IS NULL AND (%(all)s OR s.variant_id = ANY(%(variants)s))
  AND c.units > (SELECT coalesce(sum(h.units), 0) FROM inventory_holding h
                 WHERE h.stock_id = s.id AND h.condition = c.condition)
UNION ALL
SELECT v.id, NULL, 'sellable' FROM catalog_variant v
WHERE v.id = ANY(%(variants)s) AND %(bin)s::uuid IS NULL AND NOT v.tracks_lots AND NOT EXISTS (
    SELECT FROM inventory_stock s WHERE s.variant_id = v.id AND s.location_id = %(place)s
        AND s.on_hand + s.damaged + s.quarantine > 0)
ORDER BY 1, 2, 3 LIMIT %(most)s
"""


def _lay_out(spot: CountBin) -> None:
    """The lines that must be counted in a bin; what came into it since it was last looked at is added."""
    count = spot.count
    given = {"place": count.location_id, "bin": spot.bin_id, "variants": count.articles, "all": not count.articles}
    known = {(row.variant_id, row.lot_id, row.condition) for row in rows(KNOWN, given | {"most": MOST_LINES})}
    known -= set(spot.lines.values_list("variant_id", "lot_id", "condition"))
    add_lines([NewLine(spot.pk, *each) for each in known])


def look_again(count_id: UUID, *, actor: Actor) -> bool:
    """Whether bins joined the count by now, as its articles were put there."""
    with transaction.atomic():
        count = lock(count_id)
        return count.status == "open" and bool(follow(count, actor=actor))


# Counting


def count(spot_id: UUID, what: What, entry: Entry, *, actor: Actor) -> CountLine:
    """Count units. The same key again counts nothing, whatever has happened since."""
    _insist_sensible(entry)
    with transaction.atomic():
        spot = _locked(spot_id)
        if (known := _known(spot, what, entry)) is not None:
            return known
        _insist_mine(spot, actor)
        line = _line(spot, what)
        _write(spot, [(line, entry)], actor)
    return line


def _insist_sensible(entry: Entry) -> None:
    if abs(entry.quantity) > LARGEST:
        raise Invalid.field(["quantity"], _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST})


def _insist_mine(spot: CountBin, actor: Actor) -> None:
    _insist_open(spot)
    if spot.taken_key != key_of(actor):
        raise Conflict(_("Somebody else is counting %(bin)s now: scan the bin again.") % {"bin": called(spot)})


def _known(spot: CountBin, what: What, entry: Entry) -> CountLine | None:
    """The line that this scan has been counted for. Conflict when the key has counted something else."""
    found = CountEntry.objects.select_related("line").filter(key=entry.key).first()
    if found is None:
        return None
    line = found.line
    if (line.spot_id, line.variant_id) != (spot.pk, what.variant_id):
        raise Conflict(str(SCANNED_BEFORE))
    return line


def _line(spot: CountBin, what: What) -> CountLine:
    variant = Variant.objects.filter(pk=what.variant_id, is_stocked=True).first()
    if variant is None:
        raise Invalid.field(["code"], _("there is no such article"))
    lot = _lot(variant, what.lot_id)
    condition = _condition(spot.bin, lot, what.condition)
    wanted = {"spot": spot, "variant": variant, "lot": lot, "condition": condition}
    line = CountLine.objects.filter(**wanted).first()
    if spot.round > 1:
        if line is None or line.status != "open":
            raise Conflict(_("%(sku)s is not counted again here: put it back.") % {"sku": variant.sku})
        return line
    if line is None and spot.count.articles and variant.pk not in spot.count.articles:
        raise Conflict(_("%(sku)s is not part of this count: leave it where it is.") % {"sku": variant.sku})
    return line or CountLine.objects.create(**wanted, is_found=True)


def _lot(variant: Variant, lot_id: UUID | None) -> Lot | None:
    if not variant.tracks_lots:
        return None
    if lot_id is None:
        return Lot.objects.get_or_create(variant=variant, code=Lot.UNKNOWN)[0]
    lot = Lot.objects.filter(pk=lot_id, variant=variant).first()
    if lot is None:
        raise Invalid.field(["lot"], _("this article has no such lot"))
    return lot


def _condition(spot: Bin | None, lot: Lot | None, wanted: str) -> str:
    """How the units are; what may not be sold there lies in quarantine."""
    not_sold = (spot is not None and spot.kind == Bin.Kind.QUARANTINE) or (lot is not None and lot.state != "open")
    if not wanted:
        return str(Condition.QUARANTINE if not_sold else Condition.SELLABLE)
    if wanted not in Condition.values:
        raise Invalid.field(["condition"], _("choose a condition"))
    if wanted == Condition.SELLABLE and not_sold:
        raise Invalid.field(["condition"], _("nothing sellable lies here: count it as quarantine or damaged"))
    return wanted


def count_many(spot_id: UUID, counted: Sequence[tuple[What, Entry]], *, actor: Actor) -> list[CountLine]:
    """Count several things of a bin at one moment, all of them or none, each of them once.

    Invalid names the one that makes no sense by its place in `counted`.
    """
    with transaction.atomic():
        spot = _locked(spot_id)
        _insist_mine(spot, actor)
        found: list[tuple[CountLine, Entry]] = []
        for n, (what, entry) in enumerate(counted):
            try:
                _insist_sensible(entry)
                found.append((_line(spot, what), entry))
            except Invalid as wrong:
                raise Invalid(errors=[e | {"loc": ["lines", n, *e["loc"]]} for e in wrong.errors]) from wrong
        if len({line.pk for line, _entry in found}) < len(found):
            raise Invalid.field(["lines"], _("name each article, lot and condition once: put the quantities together"))
        _write(spot, found, actor)
    return [line for line, _entry in found]


def _write(
    spot: CountBin, counted: Sequence[tuple[CountLine, Entry]], actor: Actor, *, since: datetime | None = None
) -> None:
    """Add to lines of a bin, of many in as many statements as of one. `since`: when the person may have looked first,
    where that is not now."""
    lines, now = [line for line, _entry in counted], timezone.now()
    held = taken_out(spot, lines)
    entries = []
    for line, entry in counted:
        quantity = _add(line, entry, held.get((line.variant_id, line.lot_id), 0), since or now, now)
        line.counted_by, line.counted_key = actor.label, key_of(actor)
        entries.append(
            CountEntry(line_id=line.pk, key=entry.key, round=line.round, quantity=quantity, actor=actor.label,
                       actor_key=key_of(actor), at=now)
        )  # fmt: skip
    note_come_in(spot, lines, anew=True)
    save_lines(lines)
    try:
        with transaction.atomic():
            add_entries(entries)
    except IntegrityError as error:  # the same scan, in another bin, at this very moment
        raise Conflict(str(SCANNED_BEFORE)) from error


def _add(line: CountLine, entry: Entry, held: int, since: datetime, now: datetime) -> int:
    """Add what was counted to a line; returns the units that it changed by."""
    before, held = line.counted, held if line.condition == Condition.SELLABLE else 0
    quantity = entry.quantity - (before or 0) if entry.is_total else entry.quantity
    units = (before or 0) + quantity
    if units < 0:
        raise Invalid.field(["quantity"], _("fewer are counted than you take back"))
    if units > LARGEST:
        raise Invalid.field(["quantity"], _("must be a whole number from 0 to %(largest)s") % {"largest": LARGEST})
    is_first = before is None or (entry.is_total and quantity != 0)
    line.has_moved = False if is_first else line.has_moved or held != line.in_hand
    line.first_at = since if is_first else line.first_at
    line.counted, line.counted_at, line.in_hand = units, now, held
    return quantity


# The end


def finish(spot_id: UUID, *, actor: Actor, rest_is_none: bool = False) -> CountBin:
    """The bin is done: what was counted in it is compared with the books. What is left is none when it is said so."""
    with transaction.atomic():
        lock(find(spot_id).count_id)
        spot = _locked(spot_id)
        if (spot.is_done and key_of(actor) == spot.taken_key) or _is_counted_by(spot, actor):
            return spot
        _insist_mine(spot, actor)
        left = list(spot.lines.filter(status="open", counted=None).select_related("lot"))
        if left and not rest_is_none:
            said = ngettext("%(n)d article is not counted yet: count it, or say that none of it is there.", "%(n)d articles are not counted yet: count them, or say that none of them is there.", len(left))  # fmt: skip
            raise Conflict(said % {"n": len(left)}, left=len(left))
        nothing = [(line, Entry(uuid5(line.pk, f"none {line.round}"), 0, is_total=True)) for line in left]
        _write(spot, nothing, actor, since=spot.taken_at)
        follow(spot.count, actor=actor)
        spot.is_done, spot.done_at = True, timezone.now()
        spot.save(update_fields=["is_done", "done_at"])
        data = {"bin": called(spot), "lines": spot.lines.filter(round=spot.round).count(), "round": spot.round}
        record(spot.count_id, "stock_count.bin", actor=actor, data=data)
        settling.settle(spot, actor=actor)
    return spot


def _is_counted_by(spot: CountBin, actor: Actor) -> bool:
    """This person was done with it in an earlier round, and somebody else's is the present one."""
    earlier = CountEntry.objects.filter(line__spot=spot, round__lt=spot.round, actor_key=key_of(actor))
    return spot.taken_key != key_of(actor) and earlier.exists()


def leave(spot_id: UUID, *, actor: Actor) -> None:
    """Somebody stops: what they counted stays, and whoever comes next goes on."""
    with transaction.atomic():
        spot = _locked(spot_id)
        if spot.taken_key == key_of(actor) and not spot.is_done:
            spot.taken_by = spot.taken_key = ""
            spot.save(update_fields=["taken_by", "taken_key"])


def note_unknown(count: StockCount, spot: CountBin, code: str, *, actor: Actor) -> None:
    """Something lies there that nobody knows: whoever looks after the count reads it."""
    with transaction.atomic():
        record(count.pk, "stock_count.unknown", actor=actor, data={"code": code[:64], "bin": called(spot)})
