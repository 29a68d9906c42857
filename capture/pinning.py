"""Where an order's units are pinned: chosen from an unlocked look at stock, before the guarded update decides."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from capture import ahead, room
from capture.drafts import DraftLine, DraftOrder
from core.problems import Invalid, OutOfStock
from inventory.limits import caps
from inventory.limits.caps import Sale
from inventory.locks import lock_stock
from inventory.pins import moves_of
from inventory.selectors import Free, free_units
from inventory.services import Pin
from inventory.supply.locks import lock_supply
from inventory.supply.waiting import Ahead
from sourcing.promise import Promise, promise, slowest
from sourcing.selectors import preferred

View = Mapping[UUID, Mapping[UUID, int]]
"""Units that a channel can promise, by location and variant."""


def free_for(drafts: Iterable[DraftOrder]) -> Free:
    """What is free for the drafts' variants, for drafts of one set to draw from in turn: one statement per channel."""
    wanted: dict[tuple[UUID, UUID], set[UUID]] = {}
    for draft in drafts:
        stocked = {line.variant_id for line in draft.lines if line.is_stocked}
        wanted.setdefault((draft.channel.pool_id, draft.channel_id), set()).update(stocked)
    free = Free()
    for (pool, channel), variants in wanted.items():
        free_units(list(variants), pool, channel, free)
    return free


class NotEnough(OutOfStock):
    """The draft cannot have all that it wants; `can_be_had` says how much of each variant it could."""

    def __init__(self, draft: DraftOrder, lines: Sequence[DraftLine], can_be_had: dict[UUID, int]) -> None:
        self.draft, self.can_be_had = draft, can_be_had
        need = _need(lines)
        super().__init__(
            available={line.sku: can_be_had[line.variant_id] for line in lines},
            errors=[
                {
                    "loc": ["lines", line.position - 1, "quantity"],
                    "msg": f"only {can_be_had[line.variant_id]} available",
                }
                for line in lines
                if can_be_had[line.variant_id] < need[line.variant_id]
            ],
        )


class RoomNeededError(Exception):
    """The order can be had once pins of others are moved, under the locks of its stock everywhere."""


def pin(draft: DraftOrder, free: Free, others: Sequence[Pin] = (), taken: Sequence[Ahead] = ()) -> None:
    """Choose pins and promise dates for the draft, drawing from `free`; OutOfStock says what can be had.

    `others` are pins of the same call that are not written yet, `taken` what it sells ahead. What must be moved for it
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
        _within_caps(draft, stocked, places, free)
        try:
            draft.pins = _choose(draft, stocked, places, free.of(draft.channel_id))
        except OutOfStock:
            try:
                _make_room(draft, stocked, places, free, others)
            except OutOfStock:
                if not _sell_ahead(draft, stocked, places, free, taken):
                    raise
            draft.pins = _choose(draft, stocked, places, free.of(draft.channel_id))
    for p in draft.pins:
        free.take(draft.channel_id, p.location_id, p.variant_id, p.quantity)
    _count_sales(draft, free)
    _promise(draft)


def _within_caps(draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: Free) -> None:
    """OutOfStock where the channel has sold what it may of something."""
    if not free.caps:
        return
    need = _need(lines)
    left = {v: free.caps.get((draft.channel_id, v), q) for v, q in need.items()}
    if any(left[v] < q for v, q in need.items()):
        have = _added_up(need, places, free.of(draft.channel_id))
        _refuse_short(draft, lines, {v: min(left[v], have[v]) for v in need})


def _count_sales(draft: DraftOrder, free: Free) -> None:
    """What the draft sells of capped goods, in the draft and in what is left for the next."""
    draft.sales = []
    if not free.caps:
        return
    for line in draft.lines:
        key = (draft.channel_id, line.variant_id)
        if line.is_stocked and key in free.caps:
            free.caps[key] -= line.quantity
            draft.sales.append(Sale(line.id, line.variant_id, draft.channel_id, line.quantity))


def available(draft: DraftOrder, free: Free) -> dict[UUID, int]:
    """What the channel can promise of each stocked variant of the draft, together with what the draft has pinned."""
    address = draft.shipping_address
    places = preferred(draft.channel.pool_id, address["country"], address["postal_code"], draft.service)
    found = _added_up({line.variant_id for line in draft.lines if line.is_stocked}, places, free.of(draft.channel_id))
    left = {variant: units for (channel, variant), units in free.caps.items() if channel == draft.channel_id}
    for p in draft.pins:
        found[p.variant_id] += p.quantity
    for sale in draft.sales:
        left[sale.variant_id] += sale.quantity
    return {variant: min(units, left.get(variant, units)) for variant, units in found.items()}


def _added_up(variants: Iterable[UUID], places: Sequence[UUID], free: View) -> dict[UUID, int]:
    here = [free[place] for place in places if place in free]
    return {v: sum(max(0, units.get(v, 0)) for units in here) for v in variants}


def lock(drafts: Sequence[DraftOrder], *, everywhere: bool = False) -> None:
    """Lock every legal stock row of the drafts' variants, so that what is chosen next holds; `everywhere` so that pins of
    others may be moved too. What may be sold ahead has its supply locked as well."""
    variants = {line.variant_id for draft in drafts for line in draft.lines if line.is_stocked}
    lock_stock(variants, None if everywhere else {draft.channel.pool_id for draft in drafts})
    if sold_ahead := {line.variant_id for draft in drafts for line in draft.lines if line.pre_order}:
        caps.lock([(line.variant_id, d.channel_id) for d in drafts for line in d.lines if line.is_stocked])
        lock_supply(sold_ahead)


def pin_again(draft: DraftOrder) -> None:
    """Choose anew; the caller has the stock rows locked."""
    draft.pins, draft.moves, draft.ahead = [], [], []
    for line in draft.lines:
        line.reserved, line.backordered = line.quantity, 0
    pin(draft, free_for([draft]))


def _choose(draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: View) -> list[Pin]:
    """All from the first place that has everything; else from place after place."""
    need = _need(lines)
    for place in places:
        here = free.get(place)
        if here and all(here.get(v, 0) >= q for v, q in need.items()):
            pool, channel = draft.channel.pool_id, draft.channel_id
            return [
                Pin(line.id, line.variant_id, place, pool, line.reserved, channel) for line in lines if line.reserved
            ]
    _refuse_short(draft, lines, _added_up(need, places, free))
    return list(_spread(draft, lines, places, free))


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
    have = _added_up(need, places, free.of(draft.channel_id))
    missing = {v: q - have[v] for v, q in need.items() if q > have[v]}
    rooms = room.look(missing, draft.channel.pool_id, draft.channel_id, places, others)
    _refuse_short(draft, lines, {v: have[v] + (rooms[v].units if v in rooms else 0) for v in need})
    draft.moves = moves_of(rooms)
    for move in draft.moves:
        for place, units in ((move.origin_id, move.units), (move.target_id, move.own - move.units)):
            here = free.common.setdefault(place, {})
            here[move.variant_id] = here.get(move.variant_id, 0) + units


def _sell_ahead(
    draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: Free, taken: Sequence[Ahead]
) -> bool:
    """Sell what is missing of what is on its way; False where that may not be, OutOfStock where not enough is."""
    need = _need(lines)
    have = _added_up(need, places, free.of(draft.channel_id))
    missing = {v: q - have[v] for v, q in need.items() if q > have[v]}
    if not ahead.may_sell(lines, missing):
        return False
    found = ahead.rooms(draft, missing, places, taken)
    _refuse_short(draft, lines, {v: have[v] + sum(c.units for c in found.get(v, ())) for v in need})
    ahead.sell(draft, lines, missing, found)
    return True


def _refuse_short(draft: DraftOrder, lines: Sequence[DraftLine], can_be_had: dict[UUID, int]) -> None:
    if any(can_be_had[v] < q for v, q in _need(lines).items()):
        raise NotEnough(draft, lines, can_be_had)


def _spread(draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: View) -> Iterable[Pin]:
    left = {place: dict(free[place]) for place in places if place in free}
    for line in lines:
        missing = line.reserved
        for place, units in left.items():
            part = min(missing, units.get(line.variant_id, 0))
            if part > 0:
                units[line.variant_id] -= part
                missing -= part
                yield Pin(line.id, line.variant_id, place, draft.channel.pool_id, part, draft.channel_id)


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
