"""What is on the books and not on the shelf, and the other way round, at the moment of a count: read for all lines of a
bin at once, as nobody can tell later."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from inventory.counts.hands import in_hand
from inventory.counts.unbooked import Unbooked, unbooked
from inventory.holdings.ledger import Breakdown, Part, breakdowns
from inventory.models import Bin, Condition, CountBin, CountLine

Held = dict[tuple[UUID, UUID | None], int]
"""Units by (variant, lot)."""


def taken_out(spot: CountBin, lines: Iterable[CountLine]) -> Held:
    """Of the units that pickers have in hand, those that they took from this bin: from the first bins on their way."""
    place = spot.count.location_id
    variants = sorted({line.variant_id for line in lines if line.condition == Condition.SELLABLE})
    held = in_hand(place, variants) if variants else []
    there = breakdowns([(variant, place) for variant in sorted({each.variant_id for each in held})]) if held else {}
    found: Held = defaultdict(int)
    for each in held:
        for part in _from(there.get((each.variant_id, place)), each.lot_id, each.units):
            if part.bin_id == spot.bin_id:
                found[each.variant_id, part.lot_id] += part.quantity
    return found


def _from(there: Breakdown | None, lot_id: UUID | None, units: int) -> Sequence[Part]:
    """Where they were taken from; what no bin can have given was in none."""
    fits = [s for s in there.shelves if s.condition == "sellable" and lot_id in (None, s.lot_id)] if there else []
    of_bins = min(units, sum(s.units for s in fits))
    parts = there.take("sellable", Part(of_bins, lot_id=lot_id)) if there and of_bins else []
    return [*parts, Part(units - of_bins, None, lot_id)]


def come_in(spot: CountBin, lines: Sequence[CountLine]) -> dict[UUID, list[Unbooked]]:
    """By line, what has come for documents and is not booked: it stands where deliveries stand, or in no bin."""
    if not lines or (spot.bin is not None and spot.bin.kind != Bin.Kind.RECEIVING):
        return {}
    by_variant: dict[UUID, list[Unbooked]] = defaultdict(list)
    for each in unbooked(spot.count.location_id, sorted({line.variant_id for line in lines})):
        by_variant[each.variant_id].append(each)
    return {line.pk: found for line in lines if (found := [e for e in by_variant[line.variant_id] if _fits(line, e)])}


def _fits(line: CountLine, each: Unbooked) -> bool:
    lot = line.lot.code if line.lot else ""
    return line.condition == each.condition and each.lot in ("", lot)


def note_come_in(spot: CountBin, lines: Sequence[CountLine], *, anew: bool = False) -> None:
    """Remember with each line what has come and is not booked: the most that was known since it was counted; `anew`:
    it is counted now."""
    come = come_in(spot, lines)
    for line in lines:
        found = come.get(line.pk, [])
        units = sum(each.units for each in found)
        if anew or units > line.unbooked:
            line.unbooked = units
            line.unbooked_of = ", ".join(sorted({each.document for each in found}))
