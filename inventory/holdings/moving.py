"""Moving units within a place, and between conditions. Nobody's promise is refused for it: what is then missing becomes
a shortfall."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import rows, run
from core.ids import new_id
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from inventory import shortfalls
from inventory.holdings.ledger import Breakdown, Part, breakdowns, change, write
from inventory.locks import lock_rows
from inventory.models import Bin, Condition, HoldingMove, Lot, Movement, Stock
from inventory.services import LARGEST, In, move_units, write_down


@dataclass(frozen=True, slots=True)
class What:
    """Units at a place: in a condition, in a bin (None: in none), of a lot (None: the variant has none, or there is
    only one)."""

    variant_id: UUID
    location_id: UUID
    quantity: int
    condition: str = Condition.SELLABLE
    bin_id: UUID | None = None
    lot_id: UUID | None = None


def put(what: What, target_id: UUID | None, *, actor: Actor, key: UUID | None = None) -> int:
    """Move units from one bin (None: those that lie in none) to another (None: out of any); returns how many moved.

    The same `key` again moves nothing and returns 0: a scan that was sent twice counts once.
    """
    _check(what)
    if target_id == what.bin_id:
        raise Invalid.field(["target"], _("the units are there already: scan another bin"))
    source = key or new_id()
    with transaction.atomic():
        stock = locked(what)
        if HoldingMove.objects.filter(source=source, movement=None).exists():
            return 0
        target = bin_of(target_id, what)
        _refuse(target, what.condition)
        taken = _taken(stock, what)
        moves = [change(stock.pk, what.condition, Part(-p.quantity, p.bin_id, p.lot_id), source) for p in taken]
        moves += [change(stock.pk, what.condition, Part(p.quantity, target_id, p.lot_id), source) for p in taken]
        write(moves, actor=actor)
        origin = bin_of(what.bin_id, what)
        data = {"units": what.quantity, "from": origin.code if origin else "", "to": target.code if target else ""}
        record(stock.pk, "stock.put", actor=actor, data=data | _lot_named(taken))
    return what.quantity


def change_condition(what: What, to: str, *, reason: str, actor: Actor) -> Stock:
    """Units of a place become sellable, damaged or quarantined. Never refused for what is promised.

    Damaged units are written down; in quarantine they keep their value, as nobody has judged them yet.
    """
    _check(what)
    if not reason.strip():
        raise Invalid.field(["reason"], _("say why the condition changes"))
    if to not in Condition.values or to == what.condition:
        raise Invalid.field(["to"], _("choose another condition"))
    with transaction.atomic():
        stock = locked(what)
        taken = _taken(stock, what)
        if to == Condition.SELLABLE:
            refuse_closed([p.lot_id for p in taken])
            for bin_id in {p.bin_id for p in taken}:
                _refuse(bin_of(bin_id, what), to)
        recondition(what.variant_id, what.location_id, what.condition, to, taken, note=reason.strip(), actor=actor)
        data = {"units": what.quantity, "from": str(what.condition), "to": str(to), "reason": reason.strip()}
        record(stock.pk, "stock.condition", actor=actor, data=data | _lot_named(taken))
        stock.refresh_from_db()
        shortfalls.judge(stock, actor=actor)
    return stock


def recondition(
    variant_id: UUID, location_id: UUID, old: str, new: str, parts: Sequence[Part], *, note: str, actor: Actor
) -> None:
    """Two movements for the same units, out of one condition and into another, where they lie."""
    units, source = sum(p.quantity for p in parts), new_id()
    named = tuple(replace(p, exactly=True) for p in parts if p.bin_id or p.lot_id)
    move_units(
        [
            (In(variant_id, location_id, -units, old, named), source),
            (In(variant_id, location_id, units, new, named), source),
        ],
        Movement.Reason.CONDITION,
        actor=actor,
        note=note[:300],
    )
    if Condition.DAMAGED in (old, new):
        turned = In(variant_id, location_id, units if new == Condition.DAMAGED else -units)
        write_down([turned], source=source, label=note[:300], actor=actor)


def locked(what: What) -> Stock:
    """The stock row, locked; NotFound where the variant has never lain."""
    found = Stock.objects.filter(variant_id=what.variant_id, location_id=what.location_id).first()
    if found is None:
        raise NotFound(_("It has never lain at this place."))
    lock_rows([found.pk])
    found.refresh_from_db()
    return found


STAYS = "SELECT id FROM inventory_bin WHERE id = %(id)s FOR SHARE"


def bin_of(bin_id: UUID | None, what: What) -> Bin | None:
    """The bin, of this place, which nobody closes or makes a quarantine until this is done; None stays None."""
    if bin_id is None:
        return None
    run(STAYS, {"id": bin_id})
    found = Bin.objects.filter(pk=bin_id, location_id=what.location_id, is_active=True).first()
    if found is None:
        raise Invalid.field(["bin"], _("this place has no such bin"))
    return found


def _check(what: What) -> None:
    if not 0 < what.quantity <= LARGEST:
        raise Invalid.field(["quantity"], _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST})
    if what.condition not in Condition.values:
        raise Invalid.field(["condition"], _("choose a condition"))


def _refuse(target: Bin | None, condition: str) -> None:
    if target and target.kind == Bin.Kind.QUARANTINE and condition == Condition.SELLABLE:
        said = _("%(code)s is for units that are not sold: change their condition first")
        raise Invalid.field(["target"], said % {"code": target.code})


def refuse_closed(lot_ids: Sequence[UUID | None]) -> None:
    """Conflict where a lot is not sold."""
    closed = Lot.objects.filter(pk__in=[i for i in lot_ids if i]).exclude(state=Lot.State.OPEN).first()
    if closed is not None:
        raise Conflict(_("Lot %(lot)s is not sold: release the lot first.") % {"lot": closed.code})


def _taken(stock: Stock, what: What) -> list[Part]:
    """The parts that these units are; Conflict, in words, where there are too few."""
    there = breakdowns([(what.variant_id, what.location_id)]).get((what.variant_id, what.location_id))
    here = [] if there is None else [s for s in there.shelves if s.condition == what.condition]
    of_bin = [s for s in here if s.bin_id == what.bin_id]
    lots = {s.lot_id for s in of_bin if s.lot_id}
    if there is not None and there.tracks_lots and what.lot_id is None and len(lots) > 1:
        codes = ", ".join(Lot.objects.filter(pk__in=lots).order_by("code").values_list("code", flat=True))
        raise Invalid.field(["lot"], _("say which lot: %(lots)s") % {"lots": codes})
    fits = [s for s in of_bin if what.lot_id in (None, s.lot_id)]
    units = sum(s.units for s in fits)
    if what.bin_id is None and not (there and there.tracks_lots):
        counted = {"sellable": stock.on_hand, "damaged": stock.damaged, "quarantine": stock.quarantine}
        units = counted[what.condition] - sum(s.units for s in here)
    if what.quantity > units:
        raise Conflict(_too_few(what, max(0, units)), left=max(0, units))
    return [Part(what.quantity)] if not fits else _parts(fits, what.quantity)


def _too_few(what: What, units: int) -> str:
    found = bin_of(what.bin_id, what)
    if found is None:
        return _("Only %(units)s units lie in no bin.") % {"units": units}
    return _("Only %(units)s units lie in %(bin)s.") % {"units": units, "bin": found.code}


def _parts(fits: Sequence[object], quantity: int) -> list[Part]:
    there = Breakdown(new_id(), new_id(), False, {}, list(fits))  # type: ignore[arg-type]
    return there.take(there.shelves[0].condition, Part(quantity))


def _lot_named(parts: Sequence[Part]) -> dict[str, str]:
    lots = {p.lot_id for p in parts if p.lot_id}
    if not lots:
        return {}
    found = rows("SELECT code FROM inventory_lot WHERE id = ANY(%(ids)s) ORDER BY code", {"ids": list(lots)})
    return {"lot": ", ".join(row.code for row in found)}
