"""The map that sourcing and promises are read from: sites, pools and rate cards, kept by each process for a while.

It changes a few times a year and is asked for with every order, so a copy may be up to `SOURCING_CACHE_SECONDS` old
(30 by default). Something unknown to the copy reads it anew at once.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from datetime import time as clock
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from core.db import rows
from sourcing.geography import Point, kilometres, locate
from sourcing.solver import NANO

KEEP_SECONDS = 30.0
TYPICAL_GRAMS = 1_000
GRAMS_PER_KG = 1000


@dataclass(frozen=True, slots=True)
class Site:
    """What sourcing needs to know of a location. Costs in nano-euros."""

    id: UUID
    code: str
    name: str
    country: str
    point: Point | None
    zone: ZoneInfo
    cut_off: clock | None
    handling_days: int
    order_cost: int
    unit_cost: int
    ships: bool
    hands_over: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A carrier's service between two countries. Costs in nano-euros; working days on the road."""

    carrier: str
    service: str
    package_cost: int
    per_gram: int
    per_km: int
    days_min: int
    days_max: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A site's service to one place. `freight` is the carrier's price of an empty package over that distance."""

    site: Site
    card: Card
    freight: int
    fixed: int

    def freight_of(self, grams: int) -> int:
        """What the carrier charges for a package of that weight."""
        return self.freight + self.card.per_gram * grams


# A missing rate must never leave a pinned order stuck: it is planned at a price that any real rate beats.
UNPRICED = Card("", "", 50 * NANO, NANO // GRAMS_PER_KG, 0, 3, 10)


@dataclass
class Network:
    """One consistent reading of the map."""

    sites: dict[UUID, Site]
    pools: dict[UUID, tuple[UUID, ...]]
    cards: dict[tuple[str, str], list[Card]]
    read_at: float
    _lanes: dict[tuple[UUID, str, Point | None, str], tuple[Lane, ...]] = field(default_factory=dict)
    _cheapest: dict[tuple[UUID, str, Point | None, str], Lane] = field(default_factory=dict)
    _preferred: dict[tuple[UUID, str, Point | None, str], tuple[UUID, ...]] = field(default_factory=dict)
    _nearest: dict[tuple[UUID, Point | None], tuple[UUID, ...]] = field(default_factory=dict)

    def lanes(self, pool_id: UUID, country: str, postal_code: str, service: str) -> tuple[Lane, ...]:
        """Every legal way to send a package from the pool to a place with the service asked for.

        Where no site offers that service to that country, all services count; where a site has no rate at all, it is
        `UNPRICED`.
        """
        point = locate(country, postal_code)
        key = (pool_id, country, point, service)
        known = self._lanes.get(key)
        if known is None:
            known = self._lanes[key] = tuple(self._find_lanes(pool_id, country, point, service))
        return known

    def lanes_from(self, site_ids: Iterable[UUID], country: str, postal_code: str, service: str) -> list[Lane]:
        """The cheapest lane of each of these sites, whether or not they ship or stand in a pool."""
        point = locate(country, postal_code)
        return [self._cheapest_lane(site_id, country, point, service) for site_id in site_ids]

    def preferred(self, pool_id: UUID, country: str, postal_code: str, service: str) -> tuple[UUID, ...]:
        """The pool's shipping sites, the one that sends a typical package cheapest first."""
        key = (pool_id, country, locate(country, postal_code), service)
        known = self._preferred.get(key)
        if known is None:
            lanes = sorted(self.lanes(pool_id, country, postal_code, service), key=_typical_cost)
            known = self._preferred[key] = tuple(dict.fromkeys(lane.site.id for lane in lanes))
        return known

    def nearest(self, pool_id: UUID, country: str, postal_code: str) -> tuple[UUID, ...]:
        """The pool's sites where customers collect, the nearest to the postal code first, those nowhere last."""
        point = locate(country, postal_code)
        known = self._nearest.get((pool_id, point))
        if known is None:
            found = [site for site_id in self.pools.get(pool_id, ()) if (site := self.sites[site_id]).hands_over]
            far = {s.id: kilometres(s.point, point) if s.point and point else math.inf for s in found}
            near = sorted(found, key=lambda site: (far[site.id], site.code))
            known = self._nearest[(pool_id, point)] = tuple(site.id for site in near)
        return known

    def _cheapest_lane(self, site_id: UUID, country: str, point: Point | None, service: str) -> Lane:
        key = (site_id, country, point, service)
        known = self._cheapest.get(key)
        if known is None:
            lanes = self._site_lanes(self.sites[site_id], country, point, service)
            known = self._cheapest[key] = min(lanes, key=_fixed)
        return known

    def _find_lanes(self, pool_id: UUID, country: str, point: Point | None, service: str) -> list[Lane]:
        sites = [self.sites[site_id] for site_id in self.pools.get(pool_id, ()) if self.sites[site_id].ships]
        return [lane for site in sites for lane in self._site_lanes(site, country, point, service)]

    def _site_lanes(self, site: Site, country: str, point: Point | None, service: str) -> list[Lane]:
        cards = self.cards.get((site.country, country)) or self.cards.get((site.country, "")) or [UNPRICED]
        cards = [card for card in cards if card.service == service] or cards
        far = round(kilometres(site.point, point)) if site.point and point else 0
        return [_lane(site, card, card.package_cost + card.per_km * far) for card in cards]


_kept: dict[str, Network] = {}


def network(*, pool_ids: Iterable[UUID] = (), site_ids: Iterable[UUID] = ()) -> Network:
    """The map, read anew when the copy is old or does not know one of these pools or sites."""
    name = str(connection.settings_dict["NAME"])
    found = _kept.get(name)
    keep = getattr(settings, "SOURCING_CACHE_SECONDS", KEEP_SECONDS)
    fresh = found is not None and time.monotonic() - found.read_at < keep
    if found is None or not fresh or not _knows(found, pool_ids, site_ids):
        found = _kept[name] = read_network()
    return found


def forget() -> None:
    """Drop the copy: to be called when a location, pool or rate card was changed."""
    _kept.clear()


def read_network() -> Network:
    """Three statements: sites, pools and the cards valid today."""
    return Network(_sites(), _pools(), _cards(date.today()), time.monotonic())


def nano(amount: Decimal) -> int:
    """Euros as a whole number of nano-euros."""
    return int(amount * NANO)


def _knows(found: Network, pool_ids: Iterable[UUID], site_ids: Iterable[UUID]) -> bool:
    return all(pool in found.pools for pool in pool_ids) and all(site in found.sites for site in site_ids)


def _lane(site: Site, card: Card, freight: int) -> Lane:
    return Lane(site, card, freight, freight + site.order_cost)


def _fixed(lane: Lane) -> int:
    return lane.fixed


def _typical_cost(lane: Lane) -> int:
    return lane.fixed + lane.site.unit_cost + lane.card.per_gram * TYPICAL_GRAMS


def _sites() -> dict[UUID, Site]:
    found = rows(
        """
        SELECT id, code, name, country, postal_code, latitude, longitude, time_zone, cut_off, handling_days,
               order_cost, unit_cost, is_active AND 'ship' = ANY(can) AS ships,
               is_active AND 'pickup' = ANY(can) AS hands_over
        FROM inventory_location ORDER BY code
        """
    )
    return {
        row.id: Site(
            id=row.id,
            code=row.code,
            name=row.name,
            country=row.country,
            point=_point(row.latitude, row.longitude) or locate(row.country, row.postal_code),
            zone=ZoneInfo(row.time_zone),
            cut_off=row.cut_off,
            handling_days=row.handling_days,
            order_cost=nano(row.order_cost),
            unit_cost=nano(row.unit_cost),
            ships=row.ships,
            hands_over=row.hands_over,
        )
        for row in found
    }


def _point(latitude: float | None, longitude: float | None) -> Point | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def _pools() -> dict[UUID, tuple[UUID, ...]]:
    found = rows(
        """
        SELECT p.id, array_agg(l.id ORDER BY l.code) FILTER (WHERE l.id IS NOT NULL) AS locations
        FROM inventory_pool p
        LEFT JOIN inventory_poollocation pl ON pl.pool_id = p.id
        LEFT JOIN inventory_location l ON l.id = pl.location_id
        GROUP BY p.id
        """
    )
    return {row.id: tuple(row.locations or ()) for row in found}


def _cards(today: date) -> dict[tuple[str, str], list[Card]]:
    found = rows(
        """
        SELECT DISTINCT ON (origin_country, destination_country, service, carrier)
               origin_country, destination_country, service, carrier, package_cost, cost_per_kg, cost_per_km,
               days_min, days_max
        FROM sourcing_ratecard WHERE valid_from <= %s
        ORDER BY origin_country, destination_country, service, carrier, valid_from DESC
        """,
        [today],
    )
    cards: dict[tuple[str, str], list[Card]] = {}
    for row in found:
        card = Card(
            carrier=row.carrier,
            service=row.service,
            package_cost=nano(row.package_cost),
            per_gram=nano(row.cost_per_kg) // GRAMS_PER_KG,
            per_km=nano(row.cost_per_km),
            days_min=row.days_min,
            days_max=row.days_max,
        )
        cards.setdefault((row.origin_country, row.destination_country), []).append(card)
    return cards
