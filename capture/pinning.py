"""Where an order's units are pinned: chosen from an unlocked look at stock, before the guarded update decides."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from capture import ahead, room
from capture.drafts import DraftLine, DraftOrder
from core.problems import Invalid, OutOfStock
from inventory import selectors
from inventory.locks import lock_stock
from inventory.pins import moves_of
from inventory.services import Pin
from inventory.supply.locks import lock_supply
from sourcing.promise import Promise, promise, slowest
from sourcing.selectors import preferred

Free = dict[UUID, dict[UUID, int]]
"""Units still free, by location and variant; drafts of one set draw from it in turn."""


def free_for(drafts: Iterable[DraftOrder]) -> Free:
    """What is free for the drafts' variants in their pools: one statement per pool."""
    wanted: dict[UUID, set[UUID]] = {}
    for draft in drafts:
        wanted.setdefault(draft.channel.pool_id, set()).update(s.variant_id for s in draft.lines if s.is_stocked)
    free: Free = {}
    for pool, variants in wanted.items():
        for place, units in selectors.free_units(list(variants), pool).items():
            free.setdefault(place, {}).update(units)
    return free


NOTHING: Mapping[UUID, int] = {}


class RoomNeededError(Exception):
    """The order can be had once pins of others are moved, under the locks of its stock everywhere."""


def pin(draft: DraftOrder, free: Free, others: Sequence[Pin] = (), taken: Mapping[UUID, int] = NOTHING) -> None:
    """Choose pins and promise dates for the draft, drawing from `free`; OutOfStock says what can be had.

    `others` are pins of the same call that are not written yet, `taken` units of supply. What must be moved for it
    stands in `draft.moves`, what is sold before it is here in `draft.ahead`.
    """
    stocked = [line for line in draft.lines if line.is_stocked]
    address = draft.shipping_address
    if stocked:
        places = preferred(draft.channel.pool_id, address["country"], address["postal_code"], draft.service)
        if not places:
            raise Invalid.field(
                ["shipping_address", "country"],
                _("we do not deliver to %(value)s by %(service)s")
                % {"value": address["country"], "service": draft.service},
            )
        try:
            draft.pins = _choose(draft, stocked, places, free)
        except OutOfStock:
            try:
                _make_room(draft, stocked, places, free, others)
            except OutOfStock:
                if not _sell_ahead(draft, stocked, places, free, taken):
                    raise
            draft.pins = _choose(draft, stocked, places, free)
    for p in draft.pins:
        free[p.location_id][p.variant_id] -= p.quantity
    _promise(draft)


def available(draft: DraftOrder, free: Free) -> dict[UUID, int]:
    """What the channel can promise of each stocked variant of the draft, together with what the draft has pinned."""
    address = draft.shipping_address
    places = preferred(draft.channel.pool_id, address["country"], address["postal_code"], draft.service)
    found = _added_up({line.variant_id for line in draft.lines if line.is_stocked}, places, free)
    for p in draft.pins:
        found[p.variant_id] += p.quantity
    return found


def _added_up(variants: Iterable[UUID], places: Sequence[UUID], free: Free) -> dict[UUID, int]:
    here = [free[place] for place in places if place in free]
    return {v: sum(units.get(v, 0) for units in here) for v in variants}


def lock(drafts: Sequence[DraftOrder], *, everywhere: bool = False) -> None:
    """Lock every legal stock row of the drafts' variants, so that what is chosen next holds; `everywhere` so that pins of
    others may be moved too. What may be sold ahead has its supply locked as well."""
    variants = {line.variant_id for draft in drafts for line in draft.lines if line.is_stocked}
    lock_stock(variants, None if everywhere else {draft.channel.pool_id for draft in drafts})
    if sold_ahead := {line.variant_id for draft in drafts for line in draft.lines if line.pre_order}:
        lock_supply(sold_ahead)


def pin_again(draft: DraftOrder) -> None:
    """Choose anew; the caller has the stock rows locked."""
    draft.pins, draft.moves, draft.ahead = [], [], []
    for line in draft.lines:
        line.reserved, line.backordered = line.quantity, 0
    pin(draft, free_for([draft]))


def _choose(draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: Free) -> list[Pin]:
    """All from the first place that has everything; else from place after place."""
    need = _need(lines)
    pool = draft.channel.pool_id
    for place in places:
        here = free.get(place)
        if here and all(here.get(v, 0) >= q for v, q in need.items()):
            return [Pin(line.id, line.variant_id, place, pool, line.reserved) for line in lines if line.reserved]
    _refuse_short(lines, need, _added_up(need, places, free))
    return list(_spread(pool, lines, places, free))


def _need(lines: Sequence[DraftLine]) -> dict[UUID, int]:
    need: dict[UUID, int] = {}
    for line in lines:
        need[line.variant_id] = need.get(line.variant_id, 0) + line.reserved
    return need


def _make_room(
    draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: Free, others: Sequence[Pin]
) -> None:
    """See what moves of others' pins would free, and count on it; OutOfStock where that is not enough either."""
    need = _need(lines)
    have = _added_up(need, places, free)
    rooms = room.look({v: q - have[v] for v, q in need.items() if q > have[v]}, draft.channel.pool_id, places, others)
    _refuse_short(lines, need, {v: have[v] + (rooms[v].units if v in rooms else 0) for v in need})
    draft.moves = moves_of(rooms)
    for move in draft.moves:
        for place, units in ((move.origin_id, move.units), (move.target_id, -move.units)):
            here = free.setdefault(place, {})
            here[move.variant_id] = here.get(move.variant_id, 0) + units


def _sell_ahead(
    draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: Free, taken: Mapping[UUID, int]
) -> bool:
    """Sell what is missing of what is on its way; False where that may not be, OutOfStock where not enough is."""
    need = _need(lines)
    have = _added_up(need, places, free)
    missing = {v: q - have[v] for v, q in need.items() if q > have[v]}
    if not ahead.may_sell(lines, missing):
        return False
    found = ahead.rooms(missing, places, taken)
    _refuse_short(lines, need, {v: have[v] + sum(c.units for c in found.get(v, ())) for v in need})
    ahead.sell(draft, lines, missing, found)
    return True


def _refuse_short(lines: Sequence[DraftLine], need: dict[UUID, int], can_be_had: dict[UUID, int]) -> None:
    if all(can_be_had[v] >= q for v, q in need.items()):
        return
    raise OutOfStock(
        available={line.sku: can_be_had[line.variant_id] for line in lines},
        errors=[
            {"loc": ["lines", line.position - 1, "quantity"], "msg": f"only {can_be_had[line.variant_id]} available"}
            for line in lines
            if can_be_had[line.variant_id] < need[line.variant_id]
        ],
    )


def _spread(pool: UUID, lines: Sequence[DraftLine], places: Sequence[UUID], free: Free) -> Iterable[Pin]:
    left = {place: dict(free[place]) for place in places if place in free}
    for line in lines:
        missing = line.reserved
        for place, units in left.items():
            part = min(missing, units.get(line.variant_id, 0))
            if part:
                units[line.variant_id] -= part
                missing -= part
                yield Pin(line.id, line.variant_id, place, pool, part)


def _promise(draft: DraftOrder) -> None:
    address = draft.shipping_address
    places: dict[UUID, tuple[UUID, ...]] = {}
    for p in draft.pins:
        places[p.demand_key] = (*places.get(p.demand_key, ()), p.location_id)
    known: dict[tuple[UUID, ...], Promise | None] = {}
    for line in draft.lines:
        key = places.get(line.id, ())
        if key not in known:
            known[key] = promise(key, draft.service, address["country"], address["postal_code"], draft.placed_at)
        if made := slowest([*filter(None, [known[key]]), *(ahead.promises(draft, line) if line.backordered else ())]):
            line.promise_earliest, line.promise_latest = made.earliest, made.latest
