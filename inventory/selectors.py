"""Reads of stock: what is free where, and what can be promised."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from catalog.models import Variant
from core.db import rows
from inventory.free import FREE, OWN, free_of
from inventory.limits import owners
from inventory.models import Location, Movement, Stock
from inventory.room import Seat, Spot

ON_OFFER = f"""
WITH places AS MATERIALIZED (
    SELECT l.id, l.held_units, l.held_share, array_position(%(places)s::uuid[], l.id) AS n, 'ship' = ANY(l.can) AS ships,
           'pickup' = ANY(l.can) AS hands_over
    FROM inventory_poollocation p JOIN inventory_location l ON l.id = p.location_id
    WHERE p.pool_id = %(pool)s AND l.is_active AND l.id = ANY(%(places)s::uuid[]))
SELECT v.id, v.sku, v.is_stocked,
       array_agg(ARRAY[x.n, x.units]) FILTER (WHERE x.ships AND x.units > 0) AS sends,
       array_agg(ARRAY[x.n, x.units]) FILTER (WHERE x.hands_over AND x.units > 0) AS hands_over,
       coalesce(bool_or(x.reserved > 0) FILTER (WHERE x.ships), false) AS is_pinned,
       (SELECT greatest(0, c.most - c.used) FROM inventory_cap c
        WHERE c.variant_id = v.id AND c.channel_id = %(channel)s) AS cap
FROM catalog_variant v
LEFT JOIN LATERAL (
    SELECT l.n, l.ships, l.hands_over, s.reserved, {FREE} + CASE WHEN s.fenced > 0 THEN coalesce((
        SELECT f.unused FROM inventory_fence f WHERE f.stock_id = s.id AND f.channel_id = %(channel)s), 0) ELSE 0 END AS units
    FROM inventory_stock s JOIN places l ON l.id = s.location_id WHERE s.variant_id = v.id
    OFFSET 0) x ON true  -- worked out once a row
WHERE v.sku = ANY(%(skus)s::text[]) AND v.is_active
GROUP BY v.id
"""  # noqa: S608 - constants


def on_offer(skus: Sequence[str], pool_id: UUID, channel_id: UUID, places: Sequence[UUID]) -> list[Any]:
    """What a channel can promise of each SKU that is sold, at those of `places` that are in the pool: one statement.

    Each row has `id`, `sku`, `is_stocked`, pairs of (number of the place from 1, free units) at the places that ship
    (`sends`) and where customers collect (`hands_over`), None for none; whether orders wait for units at places that
    ship (`is_pinned`); and how many the channel may still sell (`cap`), None for any number.
    """
    return rows(ON_OFFER, {"skus": list(skus), "pool": pool_id, "channel": channel_id, "places": list(places)})


FREE_BY_PLACE = f"""
SELECT s.location_id, array_agg(w.n::int) AS variants, array_agg({FREE}) AS units, array_agg(f.unused) AS own
FROM unnest(%(variants)s::uuid[]) WITH ORDINALITY AS w(variant_id, n)
JOIN inventory_stock s ON s.variant_id = w.variant_id
JOIN inventory_poollocation p ON p.location_id = s.location_id AND p.pool_id = %(pool)s
JOIN inventory_location l ON l.id = s.location_id
LEFT JOIN inventory_fence f ON f.stock_id = s.id AND f.channel_id = %(channel)s AND f.unused > 0
WHERE {OWN} > 0 AND l.is_active AND 'ship' = ANY(l.can)
GROUP BY s.location_id
UNION ALL
SELECT NULL, array_agg(w.n::int), array_agg(greatest(0, c.most - c.used)), NULL
FROM unnest(%(variants)s::uuid[]) WITH ORDINALITY AS w(variant_id, n)
JOIN inventory_cap c ON c.variant_id = w.variant_id AND c.channel_id = %(channel)s
HAVING count(*) > 0
"""  # noqa: S608 - constants


@dataclass(slots=True)
class Free:
    """What can be promised, by location and variant: `common` to every channel, below zero only where a channel has set
    more aside; `own` by channel and location; and by channel and variant what a cap leaves."""

    common: dict[UUID, dict[UUID, int]] = field(default_factory=dict)
    own: dict[tuple[UUID, UUID], dict[UUID, int]] = field(default_factory=dict)
    caps: dict[tuple[UUID, UUID], int] = field(default_factory=dict)

    def of(self, channel_id: UUID) -> dict[UUID, dict[UUID, int]]:
        """Units by location and variant that a channel can promise."""
        mine = {place: units for (channel, place), units in self.own.items() if channel == channel_id}
        if not mine:
            return self.common
        found = dict(self.common)
        for place, units in mine.items():
            common = self.common.get(place, {})
            found[place] = common | {v: max(0, common.get(v, 0) + own) for v, own in units.items()}
        return found

    def take(self, channel_id: UUID, place: UUID, variant_id: UUID, units: int) -> None:
        """Units are promised: those set aside for the channel first."""
        if mine := self.own.get((channel_id, place)):
            first = min(units, mine.get(variant_id, 0))
            if first:
                mine[variant_id] -= first
                units -= first
        here = self.common.setdefault(place, {})
        here[variant_id] = here.get(variant_id, 0) - units


def free_units(variant_ids: Sequence[UUID], pool_id: UUID, channel_id: UUID, into: Free | None = None) -> Free:
    """What a channel that sells from the pool can promise, in one statement; added to what is known of other channels."""
    free = into or Free()
    for row in rows(FREE_BY_PLACE, {"variants": list(variant_ids), "pool": pool_id, "channel": channel_id}):
        units = {variant_ids[n - 1]: units for n, units in zip(row.variants, row.units, strict=True)}
        if row.location_id is None:
            free.caps.update({(channel_id, variant): left for variant, left in units.items()})
            continue
        free.common.setdefault(row.location_id, {}).update(units)
        own = {variant_ids[n - 1]: own for n, own in zip(row.variants, row.own, strict=True) if own}
        if own:
            free.own[(channel_id, row.location_id)] = own
    return free


@dataclass(frozen=True, slots=True)
class Seats:
    """Where the units of some variants are free or set aside and where they are pinned, everywhere; and what is legal for
    a pool."""

    free: dict[UUID, dict[UUID, int]]
    own: dict[UUID, dict[Spot, int]]
    pins: dict[UUID, dict[Seat, int]]
    legal: dict[UUID, tuple[UUID, ...]]

    def seat(self, place_id: UUID, pool_id: UUID, channel_id: UUID | None) -> Seat:
        """Where a demand sits: its channel matters only where something is set aside for it."""
        known = {channel for of in self.own.values() for _, channel in of}
        return place_id, pool_id, channel_id if channel_id in known else None


FREE_ANYWHERE = f"""
SELECT s.variant_id, s.location_id, {FREE} AS units, s.fenced > 0 AS has_fences
FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
WHERE s.variant_id = ANY(%(variants)s) AND l.is_active AND 'ship' = ANY(l.can)
"""  # noqa: S608 - constants
UNUSED = """
SELECT s.variant_id, s.location_id, f.channel_id, f.unused
FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id JOIN inventory_fence f ON f.stock_id = s.id
WHERE s.variant_id = ANY(%(variants)s) AND f.unused > 0 AND l.is_active AND 'ship' = ANY(l.can)
"""
PINNED = """
SELECT r.variant_id, r.location_id, r.pool_id, d.channel_id, sum(r.quantity)::int AS units
FROM inventory_reservation r
LEFT JOIN unnest(%(keys)s::uuid[], %(channels)s::uuid[]) AS d(demand_key, channel_id) ON d.demand_key = r.demand_key
WHERE r.variant_id = ANY(%(variants)s) AND (%(fenced)s OR NOT EXISTS (
    SELECT FROM inventory_fencedraw d JOIN inventory_fence f ON f.id = d.fence_id
    JOIN inventory_stock s ON s.id = f.stock_id AND s.location_id = r.location_id WHERE d.demand_key = r.demand_key))
GROUP BY r.variant_id, r.location_id, r.pool_id, d.channel_id
"""
LEGAL = """
SELECT p.pool_id, array_agg(p.location_id ORDER BY l.code) AS places
FROM inventory_poollocation p JOIN inventory_location l ON l.id = p.location_id
WHERE l.is_active AND 'ship' = ANY(l.can) GROUP BY p.pool_id
"""


def seats(variant_ids: Collection[UUID], *, fenced: bool = False) -> Seats:
    """Free units by variant and location (below zero where more is promised or kept back than there is), what is set aside
    there for channels and not used, pinned units by variant, location, pool and channel, and each pool's places that ship.

    What is pinned out of a fence counts only where a place has too few (`fenced`): it does not move for the sake of a sale.
    """
    wanted = {"variants": list(variant_ids)}
    found = Seats(
        {variant: {} for variant in variant_ids},
        {variant: {} for variant in variant_ids},
        {variant: {} for variant in variant_ids},
        {row.pool_id: tuple(row.places) for row in rows(LEGAL)},
    )
    has_fences = False
    for row in rows(FREE_ANYWHERE, wanted):
        found.free[row.variant_id][row.location_id] = row.units
        has_fences = has_fences or row.has_fences
    for row in rows(UNUSED, wanted) if has_fences else ():
        found.own[row.variant_id][row.location_id, row.channel_id] = row.unused
    channels = owners.of_pins(variant_ids) if has_fences else {}
    whose = {"keys": list(channels), "channels": list(channels.values()), "fenced": fenced}
    for row in rows(PINNED, wanted | whose):
        found.pins[row.variant_id][row.location_id, row.pool_id, row.channel_id] = row.units
    return found


def free_and_left(
    variant_ids: Sequence[UUID], pool_id: UUID, channel_id: UUID
) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """What lies free of each variant for a channel that sells from the pool, and what its caps leave of those that have
    one."""
    free = free_units(variant_ids, pool_id, channel_id)
    here = free.of(channel_id).values()
    there = {variant: sum(max(0, units.get(variant, 0)) for units in here) for variant in variant_ids}
    return there, {variant: left for (_, variant), left in free.caps.items()}


def atp(variant_ids: Sequence[UUID], pool_id: UUID, channel_id: UUID) -> dict[UUID, int]:
    """What a channel that sells from the pool can promise of each variant now."""
    there, left = free_and_left(variant_ids, pool_id, channel_id)
    return {variant: min(units, left.get(variant, units)) for variant, units in there.items()}


def stock_of_variants() -> QuerySet[Variant]:
    """Variants with their units added up over the places, meant for `KeysetList(…, "sku")`.

    Each has `on_hand`, `reserved`, `allocated`, `safety`, `free` (what can be promised) and `places`.
    """
    return _summed(Variant.objects.select_related("product").filter(is_stocked=True), Q(stock__isnull=False))


def at_place(found: QuerySet[Variant], location_id: UUID) -> QuerySet[Any]:
    """The variants that a place has, with the units there in place of those everywhere."""
    return _summed(found, Q(stock__location_id=location_id)).filter(places__gt=0)


def _summed(found: QuerySet[Variant], rows_here: Q) -> QuerySet[Any]:
    sums = {name: Sum(f"stock__{name}", filter=rows_here, default=0) for name in STOCK_COLUMNS}
    return found.annotate(
        **sums, free=Sum(free_of("stock__"), filter=rows_here, default=0), places=Count("stock", filter=rows_here)
    )


STOCK_COLUMNS = ("on_hand", "reserved", "allocated", "safety", "fenced")


def variant_by_sku(sku: str) -> Variant | None:
    """One variant with its product."""
    return Variant.objects.select_related("product").filter(sku=sku).first()


def stock_at_places(variant_id: UUID) -> list[Stock]:
    """The stock rows of a variant with their places, warehouses first."""
    found = Stock.objects.filter(variant_id=variant_id).select_related("location")
    return sorted(found, key=lambda stock: (_PLACE_ORDER.get(stock.location.kind, 9), stock.location.name))


_PLACE_ORDER = {"warehouse": 0, "store": 1, "3pl": 2, "vendor": 3}


def movements_of(variant_id: UUID, limit: int = 50) -> list[Movement]:
    """The last movements of a variant with their places, newest first."""
    found = Movement.objects.filter(variant_id=variant_id).select_related("location")
    return list(found.order_by("-at", "-id")[:limit])


def last_correction(variant_id: UUID) -> str:
    """The newest correction of a variant's stock, as the version of what a page about it shows; "0" without any."""
    found = Movement.objects.filter(variant_id=variant_id, reason__in=Movement.CORRECTIONS)
    return str(found.order_by("-id").values_list("id", flat=True).first() or 0)


def places(ids: Iterable[UUID] | None = None) -> list[Location]:
    """Places in use by name, all or those named."""
    found = Location.objects.filter(is_active=True).order_by("name")
    return list(found if ids is None else found.filter(pk__in=list(ids)))


def place_choices(ids: Iterable[UUID] | None = None) -> list[tuple[str, str]]:
    """The same to choose from: key and name."""
    return [(str(place.pk), place.name) for place in places(ids)]


def place_codes() -> list[tuple[str, str]]:
    """All places in use to choose from by their codes, which addresses of lists name."""
    return [(place.code, place.name) for place in places()]
