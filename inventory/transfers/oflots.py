"""Which lots a transfer's units are of: what left is written down from its holdings, and arrives as what it is.

Lots that were scanned are honoured; for the others those that end first leave first, and arrive first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core.db import rows, run
from core.ids import new_id
from core.problems import Conflict
from inventory.holdings import hands
from inventory.holdings.arriving import Arrival
from inventory.holdings.ledger import Part
from inventory.holdings.lots import still
from inventory.models import Lot, Transfer, TransferLine, TransferStep, TransferStepLine, TransferStepLot
from inventory.tallies.counting import OfLot, Units, summed

Moved = Sequence[tuple[TransferLine, Units]]
Shares = dict[UUID, list[tuple[Lot, OfLot]]]
"""The lots of each line's units, by line."""

# What can leave: sellable units of a lot at a place.
LYING = """
SELECT l.id, l.variant_id, l.code, l.expires_on, sum(h.units)::int AS units FROM inventory_lot l
JOIN inventory_holding h ON h.lot_id = l.id AND h.condition = 'sellable' JOIN inventory_stock s ON s.id = h.stock_id
WHERE s.location_id = %(place)s AND s.variant_id = ANY(%(variants)s) GROUP BY l.id
ORDER BY l.expires_on NULLS LAST, l.received_on NULLS LAST, l.code
"""


def lying(place_id: UUID, variant_ids: Sequence[UUID]) -> list[Any]:
    """Sellable units of lots that nobody has in hand there, what ends first first."""
    there = rows(LYING, {"place": place_id, "variants": list(variant_ids)})
    held = hands.in_hand([(variant, place_id) for variant in sorted(set(variant_ids))]) if there else {}
    left = [(row, row.units - held.get((row.variant_id, place_id, row.id), 0)) for row in there]
    return [row._replace(units=units) for row, units in left if units > 0]


def leaving(transfer: Transfer, lines: Moved) -> dict[UUID, tuple[Part, ...]]:
    """The parts of what was scanned by lot, by line; Conflict where fewer units of a lot can leave."""
    named = [(line, units) for line, units in lines if units.lots]
    there = {(row.variant_id, row.code): row for row in lying(transfer.origin_id, [x.variant_id for x, _ in named])}
    found: dict[UUID, tuple[Part, ...]] = {}
    for line, units in named:
        parts = []
        for each in units.lots:
            row = there.get((line.variant_id, each.code))
            if row is None or row.units < each.all:
                told = {"n": row.units if row else 0, "lot": each.code, "place": transfer.origin.name}
                raise Conflict(_("Only %(n)s of lot %(lot)s can leave %(place)s: put the others back.") % told)
            parts.append(Part(each.all, lot_id=row.id))
        found[line.pk] = tuple(parts)
    return found


LEFT = """
INSERT INTO inventory_transfersteplot (id, step_line_id, lot_id, sellable, damaged)
SELECT gen_random_uuid(), x.id, p.lot_id, -sum(p.quantity), 0
FROM inventory_transferstepline x JOIN inventory_transferline l ON l.id = x.line_id
JOIN inventory_movement m ON m.source = x.step_id AND m.variant_id = l.variant_id
JOIN inventory_holdingmove p ON p.movement_id = m.id AND p.lot_id IS NOT NULL
WHERE x.step_id = %(step)s GROUP BY x.id, p.lot_id
"""


def have_left(step: TransferStep) -> None:
    """Write down which lots left with a step, after its units have."""
    run(LEFT, {"step": step.pk})


IN_TRANSIT = """
SELECT x.line_id, k.lot_id, sum(CASE p.kind WHEN 'send' THEN 1 ELSE -1 END * (k.sellable + k.damaged))::int AS units
FROM inventory_transferstepline x JOIN inventory_transferstep p ON p.id = x.step_id
JOIN inventory_transfersteplot k ON k.step_line_id = x.id
WHERE p.transfer_id = ANY(%(transfers)s) GROUP BY x.line_id, k.lot_id
HAVING sum(CASE p.kind WHEN 'send' THEN 1 ELSE -1 END * (k.sellable + k.damaged)) > 0
"""


def in_transit(transfer_ids: Sequence[UUID]) -> dict[UUID, list[tuple[Lot, int]]]:
    """Units in transit by lot, what ends first first, by line."""
    sums = {(row.line_id, row.lot_id): row.units for row in rows(IN_TRANSIT, {"transfers": list(transfer_ids)})}
    lots = Lot.objects.select_related("variant").in_bulk({lot for _line, lot in sums})
    found: dict[UUID, list[tuple[Lot, int]]] = defaultdict(list)
    for (line, lot), units in sorted(sums.items(), key=lambda each: _end(lots[each[0][1]])):
        found[line].append((lots[lot], units))
    return found


def _end(lot: Lot) -> tuple[bool, str, str]:
    return lot.expires_on is None, str(lot.expires_on), lot.code


def shares(transfer: Transfer, lines: Moved) -> Shares:
    """Which lots these units in transit are of: those that were named, then what ends first."""
    moving = in_transit([transfer.pk])
    return {line.pk: _share(line, units, moving.get(line.pk, [])) for line, units in lines}


def _share(line: TransferLine, units: Units, moving: Sequence[tuple[Lot, int]]) -> list[tuple[Lot, OfLot]]:
    left = {lot.code: n for lot, n in moving}
    taken: dict[str, list[OfLot]] = defaultdict(list)
    for each in units.lots:
        if each.all > left.get(each.code, 0):
            told = {"n": left.get(each.code, 0), "lot": each.code, "lots": ", ".join(left) or "—"}
            raise Conflict(_("Only %(n)s of lot %(lot)s are in transit. What is: %(lots)s.") % told)
        left[each.code] -= each.all
        taken[each.code].append(each)
    sellable, damaged = (
        getattr(units, name) - sum(getattr(each, name) for each in units.lots) for name in ("sellable", "damaged")
    )
    for code, n in left.items():
        good = min(sellable, n)
        bad = min(damaged, n - good)
        sellable, damaged = sellable - good, damaged - bad
        taken[code].append(OfLot(code, good, bad))
    together = [(lot, summed(taken[lot.code])) for lot, _ in moving]
    return [(lot, OfLot(lot.code, each.sellable, each.damaged)) for lot, each in together if each.all]


def arriving(transfer: Transfer, lines: Moved, of_lots: Shares) -> Arrival:
    """What is to be moved into the target: of a lot that is not sold any more, into quarantine."""
    still([line.variant_id for line, _ in lines])
    arrival = Arrival()
    known = Lot.objects.select_related("variant").in_bulk({lot.pk for found in of_lots.values() for lot, _ in found})
    for line, units in lines:
        found = of_lots[line.pk]
        for lot, part in found:
            arrival.of_lot(known[lot.pk], transfer.target_id, part)
        parts = summed([part for _, part in found])
        rest = Units(units.sellable - parts.sellable, units.damaged - parts.damaged)
        arrival.plain(line.variant_id, transfer.target_id, rest)
    return arrival


def write_down(step: TransferStep, of_lots: Shares) -> None:
    """The lots of a step's units."""
    if any(of_lots.values()):
        step_lines = {x.line_id: x for x in TransferStepLine.objects.filter(step=step)}
        TransferStepLot.objects.bulk_create(
            TransferStepLot(
                id=new_id(), step_line=step_lines[line], lot=lot, sellable=part.sellable, damaged=part.damaged
            )
            for line, found in of_lots.items()
            for lot, part in found
        )


def promised(lines: Moved, arrival: Arrival) -> Mapping[UUID, int]:
    """Sellable units that came and may be promised, by line."""
    return {line.pk: came.sellable - arrival.apart.get(line.variant_id, 0) for line, came in lines}
