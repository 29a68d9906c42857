"""Holdings follow the movements of their stock row: which bin and which lot units came to, or went from.

Whoever moves stock may name the parts; what is not named leaves by the lot that expires first and the bin that people
walk to first, units that somebody has in hand after all others, and arrives in no bin, of the lot UNKNOWN. Stock rows
that are not broken down never come here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.bulk import Table
from core.db import rows, run
from core.ids import new_id
from core.outbox import publish
from core.problems import Conflict
from inventory.events import LotShort
from inventory.holdings import hands
from inventory.holdings.models import Lot

OF_LOT = "lot"
"""Why units are in quarantine: their lot is not sold."""


@dataclass(frozen=True, slots=True)
class Part:
    """Units in a bin (None: in none, or of whichever people walk to first) and of a lot (None: of none, or of whichever
    goes first). `exactly`: None is none. `because` is kept with their move."""

    quantity: int
    bin_id: UUID | None = None
    lot_id: UUID | None = None
    because: str = ""
    exactly: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement that was written; `parts` are those that its writer named, `at` is its moment where that is not now."""

    id: UUID
    variant_id: UUID
    location_id: UUID
    condition: str
    quantity: int
    source: UUID
    parts: tuple[Part, ...] = ()
    at: datetime | None = None


@dataclass(slots=True)
class Shelf:
    """What a holding has left while movements are laid out."""

    condition: str
    bin_id: UUID | None
    lot_id: UUID | None
    units: int


@dataclass(slots=True)
class Breakdown:
    """A stock row with its holdings in the order in which they go: by last day, then as people walk."""

    stock_id: UUID
    variant_id: UUID
    tracks_lots: bool
    counts: dict[str, int]
    shelves: list[Shelf] = field(default_factory=list)
    in_hand: dict[UUID, int] = field(default_factory=dict)
    """Units by lot that somebody has picked: of these, others take last."""

    def left(self, condition: str) -> int:
        """Units in holdings."""
        return sum(s.units for s in self.shelves if s.condition == condition)

    def take(self, condition: str, wanted: Part) -> list[Part]:
        """Take units from the holdings that fit, or Conflict when these have too few. Whoever names no lot takes what
        nobody has in hand first."""
        fits = [
            s for s in self.shelves
            if s.condition == condition and wanted.lot_id in (None, s.lot_id)
            and (s.bin_id == wanted.bin_id or (wanted.bin_id is None and not wanted.exactly))
        ]  # fmt: skip
        taken, left = [], wanted.quantity
        spare = self._spare(condition) if wanted.lot_id is None else {}
        for most in (spare, {}) if spare else ({},):
            for shelf in fits:
                if part := min(left, shelf.units, most.get(shelf.lot_id, left)):
                    shelf.units -= part
                    left -= part
                    if shelf.lot_id in most:
                        most[shelf.lot_id] -= part
                    taken.append(replace(wanted, quantity=part, bin_id=shelf.bin_id, lot_id=shelf.lot_id))
        if left:
            raise Conflict(_("There are fewer units in that bin or of that lot than are to leave. Count them first."))
        return taken

    def _spare(self, condition: str) -> dict[UUID | None, int]:
        """Of lots that somebody has units of in hand: the units that nobody has."""
        in_hand = self.in_hand if condition == "sellable" else {}
        return {lot: max(0, self._sellable(lot) - units) for lot, units in in_hand.items()}

    def missing(self) -> list[UUID]:
        """Lots of which fewer units are left than people have in hand."""
        return [lot for lot, units in self.in_hand.items() if self._sellable(lot) < units]

    def _sellable(self, lot_id: UUID) -> int:
        return sum(s.units for s in self.shelves if s.condition == "sellable" and s.lot_id == lot_id)

    def put(self, condition: str, part: Part) -> None:
        """Add units."""
        self.shelves.append(Shelf(condition, part.bin_id, part.lot_id, part.quantity))


@dataclass(frozen=True, slots=True)
class Change:
    """A move of a holding, as it is written."""

    stock_id: UUID
    condition: str
    bin_id: UUID | None
    lot_id: UUID | None
    quantity: int
    source: UUID
    movement_id: UUID | None = None
    note: str = ""
    at: datetime | None = None
    id: UUID = field(default_factory=new_id)


CHANGES = Table(
    "inventory_holdingmove",
    {
        "id": "uuid", "stock_id": "uuid", "condition": "text", "bin_id": "uuid", "lot_id": "uuid", "quantity": "int",
        "source": "uuid", "movement_id": "uuid", "note": "text", "at": "timestamptz",
    },
    computed={"actor": "%(actor)s::text", "at": "coalesce(r.at, %(at)s::timestamptz)"},
)  # fmt: skip
WRITE = CHANGES.insert()
BREAKDOWNS = """
SELECT s.id AS stock_id, s.variant_id, s.location_id, s.on_hand, s.damaged, s.quarantine, v.tracks_lots,
       h.condition, h.bin_id, h.lot_id, h.units
FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id
LEFT JOIN inventory_holding h ON h.stock_id = s.id
LEFT JOIN inventory_lot l ON l.id = h.lot_id LEFT JOIN inventory_bin b ON b.id = h.bin_id
WHERE s.is_detailed AND (s.variant_id, s.location_id) IN (
    SELECT * FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[]))
ORDER BY l.expires_on NULLS LAST, l.received_on NULLS LAST, l.code, b.kind = 'pick' DESC NULLS LAST, b.walk, b.code
"""


def breakdowns(places: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Breakdown]:
    """The stock rows at these (variant, location) that are broken down. The caller has them locked."""
    found: dict[tuple[UUID, UUID], Breakdown] = {}
    given = {"variants": [variant for variant, _ in places], "locations": [place for _, place in places]}
    for row in rows(BREAKDOWNS, given):
        key = (row.variant_id, row.location_id)
        if key not in found:
            counts = {"sellable": row.on_hand, "damaged": row.damaged, "quarantine": row.quarantine}
            found[key] = Breakdown(row.stock_id, row.variant_id, row.tracks_lots, counts)
        if row.units:
            found[key].shelves.append(Shelf(row.condition, row.bin_id, row.lot_id, row.units))
    return found


def follow(moved: Sequence[Moved], *, leaving: bool, actor: Actor, at: datetime | None = None) -> None:
    """Lay movements that were just written out over the holdings of their stock rows, where these have any.

    `leaving`: the units went out of the door, so from the bins; a correction is of units in no bin as far as it can be.
    """
    found = breakdowns([(m.variant_id, m.location_id) for m in moved])
    _know_hands(found, moved, leaving=leaving)
    changes = []
    for each in sorted(moved, key=lambda m: m.quantity < 0):
        there = found.get((each.variant_id, each.location_id))
        if there is not None:
            parts = _arrive(there, each) if each.quantity > 0 else _leave(there, each, leaving=leaving)
            changes += [
                replace(change(there.stock_id, each.condition, p, each.source, each.id), at=each.at) for p in parts
            ]
    write(changes, actor=actor, at=at)
    publish([LotShort(about=lot) for lot in sorted(lot for there in found.values() for lot in there.missing())])


def change(stock_id: UUID, condition: str, part: Part, source: UUID, movement_id: UUID | None = None) -> Change:
    """A part as it is written."""
    return Change(stock_id, str(condition), part.bin_id, part.lot_id, part.quantity, source, movement_id, part.because)


def _know_hands(found: Mapping[tuple[UUID, UUID], Breakdown], moved: Sequence[Moved], *, leaving: bool) -> None:
    """Where sellable units of lots go: what somebody has in hand there. A parcel takes its own; a lot that is set apart
    as a whole comes out of open work as a whole."""
    places = sorted(
        {
            (each.variant_id, each.location_id)
            for each in moved
            if -each.quantity > sum(p.quantity for p in each.parts if p.because or (leaving and p.lot_id))
            and each.condition == "sellable"
            and ((there := found.get((each.variant_id, each.location_id))) and there.tracks_lots)
        }
    )
    for (variant, place, lot), units in (hands.in_hand(places) if places else {}).items():
        found[variant, place].in_hand[lot] = units


def write(changes: Sequence[Change], *, actor: Actor, at: datetime | None = None) -> None:
    """Write moves of holdings; units in no bin and of no lot have none."""
    told = [c for c in changes if c.bin_id or c.lot_id]
    if told:
        run(WRITE, CHANGES.params(told) | {"actor": actor.label, "at": at or timezone.now()})


def _arrive(there: Breakdown, each: Moved) -> list[Part]:
    named = [p if p.lot_id or not there.tracks_lots else replace(p, lot_id=unknown(there)) for p in each.parts]
    rest = each.quantity - sum(p.quantity for p in named)
    if rest and there.tracks_lots:
        named.append(Part(rest, lot_id=unknown(there)))
    for part in named:
        there.put(each.condition, part)
    return named


def _leave(there: Breakdown, each: Moved, *, leaving: bool) -> list[Part]:
    gone = [taken for part in each.parts for taken in there.take(each.condition, part)]
    rest = -each.quantity - sum(p.quantity for p in gone)
    if not there.tracks_lots:
        held = there.left(each.condition)
        rest = min(rest, held) if leaving else min(rest, max(0, held - there.counts[each.condition]))
    if rest > 0:
        gone += there.take(each.condition, Part(rest))
    return [replace(p, quantity=-p.quantity) for p in gone]


def unknown(there: Breakdown) -> UUID:
    """The lot of units that came without one."""
    return Lot.objects.get_or_create(variant_id=there.variant_id, code=Lot.UNKNOWN)[0].pk


def is_detailed(locked: Sequence[Any], places: Mapping[Any, Any] | Sequence[Any]) -> bool:
    """Whether any of these stock rows may be broken down: those locked say so, those not there yet may be."""
    return len(locked) < len(set(places)) or any(row.is_detailed for row in locked)
