"""Where an order's units are pinned: chosen from an unlocked look at stock, before the guarded update decides."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from capture.drafts import DraftLine, DraftOrder
from core.problems import Invalid, OutOfStock
from inventory import selectors
from inventory.services import Pin, lock_stock
from sourcing.promise import promise
from sourcing.selectors import preferred

Free = dict[tuple[UUID, UUID], int]
"""Units still free, by (variant, location); drafts of one set draw from it in turn."""


def free_for(drafts: Iterable[DraftOrder]) -> Free:
    """What is free for the drafts' variants in their pools: one statement per pool."""
    wanted: dict[UUID, set[UUID]] = {}
    for draft in drafts:
        wanted.setdefault(draft.channel.pool_id, set()).update(s.variant_id for s in draft.lines if s.is_stocked)
    return {
        (row.variant_id, row.location_id): row.free
        for pool, variants in wanted.items()
        for row in selectors.available(sorted(variants), pool)
    }


def pin(draft: DraftOrder, free: Free) -> None:
    """Choose pins and promise dates for the draft, drawing from `free`; OutOfStock says what can be had."""
    stocked = [line for line in draft.lines if line.is_stocked]
    address = draft.shipping_address
    if stocked:
        places = preferred(draft.channel.pool_id, address["country"], address["postal_code"], draft.service)
        if not places:
            raise Invalid.field(
                ["shipping_address", "country"], f"we do not deliver to {address['country']} by {draft.service}"
            )
        draft.pins = _choose(draft, stocked, places, free)
    for p in draft.pins:
        free[(p.variant_id, p.location_id)] = free.get((p.variant_id, p.location_id), 0) - p.quantity
    _promise(draft)


def available(draft: DraftOrder, free: Free) -> dict[UUID, int]:
    """What the channel can promise of each stocked variant of the draft."""
    address = draft.shipping_address
    places = preferred(draft.channel.pool_id, address["country"], address["postal_code"], draft.service)
    stocked = {line.variant_id for line in draft.lines if line.is_stocked}
    return {v: sum(max(0, free.get((v, place), 0)) for place in places) for v in stocked}


def lock(drafts: Sequence[DraftOrder]) -> None:
    """Lock every legal stock row of the drafts' variants, so that what is chosen next holds."""
    variants = {line.variant_id for draft in drafts for line in draft.lines if line.is_stocked}
    lock_stock(sorted(variants), sorted({draft.channel.pool_id for draft in drafts}))


def pin_again(draft: DraftOrder) -> None:
    """Choose anew; the caller has the stock rows locked."""
    draft.pins = []
    pin(draft, free_for([draft]))


def _choose(draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: Free) -> list[Pin]:
    need: dict[UUID, int] = {}
    for line in lines:
        need[line.variant_id] = need.get(line.variant_id, 0) + line.quantity
    can_be_had = {v: sum(max(0, free.get((v, place), 0)) for place in places) for v in need}
    if any(can_be_had[v] < q for v, q in need.items()):
        raise OutOfStock(
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
    whole = next((p for p in places if all(free.get((v, p), 0) >= q for v, q in need.items())), None)
    order = [whole] if whole else list(places)
    return list(_spread(draft, lines, order, free))


def _spread(draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: Free) -> Iterable[Pin]:
    left = {
        (line.variant_id, place): max(0, free.get((line.variant_id, place), 0)) for line in lines for place in places
    }
    for line in lines:
        missing = line.quantity
        for place in places:
            part = min(missing, left[(line.variant_id, place)])
            if part:
                left[(line.variant_id, place)] -= part
                missing -= part
                yield Pin(line.id, line.variant_id, place, draft.channel.pool_id, part)


def _promise(draft: DraftOrder) -> None:
    address = draft.shipping_address
    places: dict[UUID, list[UUID]] = {}
    for p in draft.pins:
        places.setdefault(p.demand_key, []).append(p.location_id)
    known: dict[frozenset[UUID], tuple[object, object]] = {}
    for line in draft.lines:
        key = frozenset(places.get(line.id, ()))
        if key and key not in known:
            made = promise(key, draft.service, address["country"], address["postal_code"], draft.placed_at)
            known[key] = (made.earliest, made.latest) if made else (None, None)
        line.promise_earliest, line.promise_latest = known.get(key, (None, None))  # type: ignore[assignment]
