"""Lots: begun for a variant, received with their last day, set apart as a whole and released again.

A lot that is not open is never promised: its units lie in quarantine, at every place, so that free units need not know.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.db import require_atomic, rows, run
from core.ids import new_id
from core.outbox import publish
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from inventory import shortfalls
from inventory.events import LotClosed
from inventory.holdings.ledger import OF_LOT, Part, change, write
from inventory.holdings.moving import What, bin_of, recondition
from inventory.locks import lock_stock
from inventory.models import Bin, Condition, Lot, Stock
from inventory.services import In, receive

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
LONGEST_REASON = 200
LONGEST_SHELF = 3_650
"""Days."""


@dataclass(frozen=True, slots=True)
class LotInput:
    """A lot as a delivery names it."""

    code: str
    expires_on: date | None = None
    vendor_lot: str = ""


def track(variant_id: UUID, *, expiry: bool = False, shelf_days: int = 0, actor: Actor) -> Variant:
    """From now on the variant asks for lots (and their last days); what lies about is of the unknown lot."""
    if not 0 <= shelf_days <= LONGEST_SHELF:
        raise Invalid.field(
            ["shelf_days"], _("must be a whole number from 0 to %(largest)s") % {"largest": LONGEST_SHELF}
        )
    with transaction.atomic():
        variant = Variant.objects.select_for_update(no_key=True).filter(pk=variant_id).first()
        if variant is None:
            raise NotFound(_("There is no such product."))
        begins = not variant.tracks_lots
        if not begins and (variant.tracks_expiry, variant.shelf_days) == (expiry, shelf_days):
            return variant
        variant.tracks_lots, variant.tracks_expiry, variant.shelf_days = True, expiry, shelf_days
        lock_stock([variant_id], None)
        variant.save(update_fields=["tracks_lots", "tracks_expiry", "shelf_days"])
        if begins:
            _begin(variant, actor)
        record(variant.pk, "variant.track", actor=actor, data={"expiry": expiry, "shelf_days": shelf_days})
    return variant


_HELD = "SELECT stock_id, condition, bin_id, units FROM inventory_holding WHERE stock_id = ANY(%(ids)s)"


def _begin(variant: Variant, actor: Actor) -> None:
    stocks = list(Stock.objects.filter(variant=variant))
    if not any(s.on_hand or s.damaged or s.quarantine for s in stocks):
        return
    lot, source = Lot.objects.get_or_create(variant=variant, code=Lot.UNKNOWN)[0].pk, new_id()
    held = rows(_HELD, {"ids": [s.pk for s in stocks]})
    changes = [change(h.stock_id, h.condition, Part(-h.units, h.bin_id), source) for h in held]
    changes += [change(h.stock_id, h.condition, Part(h.units, h.bin_id, lot), source) for h in held]
    for s in stocks:
        for condition, units in (("sellable", s.on_hand), ("damaged", s.damaged), ("quarantine", s.quarantine)):
            rest = units - sum(h.units for h in held if (h.stock_id, h.condition) == (s.pk, condition))
            if rest:
                changes.append(change(s.pk, condition, Part(rest, lot_id=lot), source))
    write(changes, actor=actor)


def receive_lot(
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    lot: LotInput,
    *,
    actor: Actor,
    bin_id: UUID | None = None,
    condition: str = Condition.SELLABLE,
    vendor: str = "",
    note: str = "",
    source: UUID | None = None,
) -> Lot:
    """Units of a lot arrive. Those of one that is not open, or too old to be sold, go into quarantine."""
    with transaction.atomic():
        variant = still([variant_id]).get(variant_id) or Variant.objects.get(pk=variant_id)
        known = named(variant, lot, vendor)
        if bin_id is not None:
            bin_of(bin_id, What(variant_id, location_id, quantity, condition))
        unit = coming_in(known, location_id, quantity, condition, bin_id)
        receive([unit], source=source or new_id(), actor=actor, note=note, vendor=vendor)
    return known


STILL = "SELECT id FROM catalog_variant WHERE id = ANY(%(ids)s) AND tracks_lots ORDER BY id FOR SHARE"


def still(variant_ids: Collection[UUID]) -> dict[UUID, Variant]:
    """Those of the variants that ask for lots. Until the transaction ends no lot of theirs is set apart or released:
    variants are locked before stock rows, by whoever does that and by whoever lets units of a lot in."""
    require_atomic()
    ids = [row.id for row in rows(STILL, {"ids": list(variant_ids)})]
    return Variant.objects.in_bulk(ids) if ids else {}


def coming_in(lot: Lot, place_id: UUID, units: int, condition: str, bin_id: UUID | None = None) -> In:
    """Units of a lot that arrive: into quarantine when it is not sold. Its variant is held `still`."""
    apart = condition == Condition.SELLABLE and not is_sold(lot)
    there = Condition.QUARANTINE if apart else condition
    part = Part(units, bin_id, lot.pk, OF_LOT if apart else "")
    return In(lot.variant_id, place_id, units, there, (part,))


def is_sold(lot: Lot) -> bool:
    """Whether it is open, and young enough."""
    return lot.state == Lot.State.OPEN and not is_too_old(lot, lot.variant)


def checked(variant: Variant, lot: LotInput) -> tuple[str, Lot | None]:
    """The name of a lot, and the lot where there is one; Invalid by its field where it cannot be one."""
    code = lot.code.strip().upper()
    if not variant.tracks_lots:
        raise Invalid.field(["lot"], _("%(sku)s does not ask for lots: leave it out") % {"sku": variant.sku})
    if not CODE.fullmatch(code) or code == Lot.UNKNOWN:
        raise Invalid.field(["lot"], _("give the lot: letters, digits, dots, slashes and hyphens, 40 at most"))
    known = Lot.objects.filter(variant=variant, code=code).first()
    known_day = known.expires_on if known else None
    if variant.tracks_expiry and not (lot.expires_on or known_day):
        raise Invalid.field(["expires_on"], _("give the last day of the lot"))
    if lot.expires_on and known_day and lot.expires_on != known_day:
        said = _("lot %(lot)s ends on %(day)s: look at the label")
        raise Invalid.field(["expires_on"], said % {"lot": code, "day": known_day.isoformat()})
    return code, known


def named(variant: Variant, lot: LotInput, vendor: str = "") -> Lot:
    """The lot of this name, new if need be. One name has one last day."""
    code, _known = checked(variant, lot)
    found, made = Lot.objects.get_or_create(
        variant=variant,
        code=code,
        defaults={
            "expires_on": lot.expires_on,
            "received_on": timezone.localdate(),
            "vendor": vendor[:200],
            "vendor_lot": lot.vendor_lot.strip()[:100],
        },
    )
    if not made and lot.expires_on:
        checked(variant, lot)  # somebody else may have made it a moment ago
        if found.expires_on is None:
            found.expires_on = lot.expires_on
            found.save(update_fields=["expires_on"])
    return found


def is_too_old(lot: Lot, variant: Variant, today: date | None = None) -> bool:
    """Whether fewer days are left to the lot than the variant must have to be sold."""
    if lot.expires_on is None or not variant.tracks_expiry:
        return False
    return (lot.expires_on - (today or timezone.localdate())).days < variant.shelf_days


# `other`: those of a stock row that are in quarantine for another reason than their lot. What left the quarantine without
# anybody having looked at it is taken to be of the others, so that a release never sells too much.
_LYING = """
SELECT s.variant_id, s.location_id, h.stock_id, h.bin_id, h.units, b.kind, coalesce(o.other, 0)::int AS other
FROM inventory_holding h JOIN inventory_stock s ON s.id = h.stock_id LEFT JOIN inventory_bin b ON b.id = h.bin_id
LEFT JOIN LATERAL (
    SELECT greatest(0, sum(p.quantity)) AS other FROM inventory_holdingmove p
    JOIN inventory_movement m ON m.id = p.movement_id
    WHERE h.condition = 'quarantine' AND p.stock_id = s.id AND p.lot_id = h.lot_id AND p.condition = h.condition
      AND p.note <> %(of_lot)s AND (p.quantity > 0 OR m.reason = 'condition')) o ON true
WHERE h.lot_id = %(lot)s AND h.condition = %(condition)s
ORDER BY s.location_id, b.kind = 'quarantine' DESC NULLS LAST, b.walk DESC NULLS LAST
"""


def close_lot(lot_id: UUID, *, reason: str, actor: Actor, state: str = Lot.State.QUARANTINED) -> int:
    """Set a whole lot apart: at every place at once nothing of it can be promised any more. Returns the units that went
    into quarantine; a second call finds none. What is then missing for promises becomes shortfalls."""
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise Invalid.field(["reason"], _("say why the lot is set apart"))
    with transaction.atomic():
        lot = _locked(lot_id)
        if lot.code == Lot.UNKNOWN:
            raise Conflict(_("These units came without a lot: change their condition place by place."))
        before, moved = lot.state, 0
        if before != state and not (before == Lot.State.QUARANTINED and state == Lot.State.EXPIRED):
            lot.state = state
            lot.save(update_fields=["state"])
        moved = _turn(lot, Condition.SELLABLE, Condition.QUARANTINE, reason, actor)
        if lot.state != before or moved:
            record(lot.pk, "lot.close", actor=actor, before=before, after=lot.state, data={"reason": reason, "units": moved})  # fmt: skip
            publish([LotClosed(about=lot.pk)])
    return moved


def release_lot(lot_id: UUID, *, reason: str, actor: Actor) -> int:
    """Sell a lot again: the units that are in quarantine for its sake are sellable, but for those in bins that are a
    quarantine, and those that were set apart for another reason. A second call changes nothing; Conflict for one that is
    too old."""
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise Invalid.field(["reason"], _("say why the lot is released"))
    with transaction.atomic():
        lot = _locked(lot_id)
        if lot.state == Lot.State.OPEN:
            return 0
        if is_too_old(lot, lot.variant):
            raise Conflict(_("Lot %(lot)s is too old to be sold.") % {"lot": lot.code})
        before, lot.state = lot.state, Lot.State.OPEN
        lot.save(update_fields=["state"])
        run(STAY, {"lot": lot.pk})
        moved = _turn(lot, Condition.QUARANTINE, Condition.SELLABLE, reason, actor)
        record(lot.pk, "lot.release", actor=actor, before=before, after=lot.state, data={"reason": reason, "units": moved})  # fmt: skip
    return moved


# What a bin is for is looked at when its units turn: nobody makes it a quarantine between that and the release.
STAY = """
SELECT id FROM inventory_bin
WHERE id IN (SELECT bin_id FROM inventory_holding WHERE lot_id = %(lot)s AND condition = 'quarantine') ORDER BY id FOR SHARE
"""
NOBODY_IN = "SELECT id FROM catalog_variant WHERE id = %(id)s FOR NO KEY UPDATE"


def _locked(lot_id: UUID) -> Lot:
    """The lot, with its variant and the variant's stock locked everywhere, in this order: nothing of it comes in."""
    lot = Lot.objects.select_related("variant").filter(pk=lot_id).first()
    if lot is None:
        raise NotFound(_("There is no such lot."))
    run(NOBODY_IN, {"id": lot.variant_id})
    lock_stock([lot.variant_id], None)
    return Lot.objects.select_related("variant").select_for_update(no_key=True, of=("self",)).get(pk=lot_id)


def _turn(lot: Lot, old: str, new: str, reason: str, actor: Actor) -> int:
    """All units of a lot change their condition where they lie, place by place."""
    by_place: dict[UUID, list[Part]] = {}
    stocks = []
    stay: dict[UUID, int] = {}
    for row in rows(_LYING, {"lot": lot.pk, "condition": str(old), "of_lot": OF_LOT}):
        kept = stay.setdefault(row.stock_id, row.other)
        part = 0 if new == Condition.SELLABLE and row.kind == Bin.Kind.QUARANTINE else max(0, row.units - kept)
        stay[row.stock_id] = max(0, kept - row.units + part)
        if part:
            by_place.setdefault(row.location_id, []).append(Part(part, row.bin_id, lot.pk, OF_LOT))
            stocks.append(row.stock_id)
    for place, parts in by_place.items():
        recondition(lot.variant_id, place, old, new, parts, note=f"{lot.code}: {reason}", actor=actor)
    shortfalls.judge_many(sorted(set(stocks)), actor=actor)
    return sum(p.quantity for parts in by_place.values() for p in parts)
