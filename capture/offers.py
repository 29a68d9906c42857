"""What a channel can promise of some SKUs, from where and by when: said once for shop pages, the order form and the API.

One statement, whatever the number of SKUs. Only of a SKU of which nothing lies free while orders wait for it, three more
tell whether these could wait elsewhere (see capture.room): it is shown as gone only when it could not be sold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from capture import room
from inventory.selectors import on_offer
from sourcing.network import Site, network
from sourcing.promise import Promise, promise, ready
from sourcing.selectors import nearest, preferred

MOST_PICKUPS = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Units that can be had from one place, and when they would arrive there where they are wanted."""

    name: str
    free: int
    promise: Promise | None


@dataclass(frozen=True, slots=True)
class Pickup:
    """Units that can be collected at a place, and from when on."""

    location: str
    available: int
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be promised of a SKU now; `available` is None for what is not kept in stock. `left` is how many the channel
    may still sell, None for any number."""

    sku: str
    variant_id: UUID
    available: int | None
    left: int | None
    promise: Promise | None
    _sends: Sequence[Sequence[int]]
    _hands_over: Sequence[Sequence[int]]
    _desk: "_Desk"

    @property
    def free(self) -> int:
        """Units that lie free at the places that send, without what others could make room for."""
        return sum(units for _, units in self._sends)

    @property
    def places(self) -> list[Place]:
        """The places that can send it, the one that would do so first."""
        desk = self._desk
        return [Place(desk.site(n).name, units, desk.promise(n)) for n, units in self._sends]

    @property
    def pickup(self) -> list[Pickup]:
        """The places to collect it at, the nearest first."""
        desk = self._desk
        near = sorted((desk.near[n], n, units) for n, units in self._hands_over if n in desk.near)
        return [Pickup(desk.site(n).code, units, desk.ready_at(n)) for _, n, units in near[:MOST_PICKUPS]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, where it is to go, and when."""

    channel: Any
    country: str
    postal_code: str
    service: str
    at: datetime


def offers(skus: Sequence[str], asked: Asked) -> dict[str, Offer]:
    """By SKU; what is not sold is left out."""
    desk = _Desk(asked)
    found = on_offer(skus, asked.channel.pool_id, asked.channel.id, desk.places)
    gone = [row.id for row in found if row.is_stocked and not row.sends and row.is_pinned]
    rooms = room.most(gone, asked.channel.pool_id, asked.channel.id, desk.sending) if gone else {}
    return {row.sku: desk.offer(row, rooms.get(row.id, 0)) for row in found}


class _Desk:
    """What is the same for all SKUs of one question: the places by their numbers from 1, and their dates."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        pool, country, code = asked.channel.pool_id, asked.country, asked.postal_code
        self.sending = preferred(pool, country, code, asked.service)
        collecting = nearest(pool, country, code)
        self.places = tuple(dict.fromkeys((*self.sending, *collecting)))
        self.near = {self.places.index(place) + 1: n for n, place in enumerate(collecting)}
        self._promises: dict[int, Promise | None] = {}
        self._ready: dict[int, datetime] = {}

    def offer(self, row: Any, room_units: int) -> Offer:
        """One SKU; its promise is that of the place that would send it."""
        sends = sorted(row.sends or ())
        there = sum(units for _, units in sends) or room_units
        available = there if row.cap is None else min(row.cap, there)
        when = self.promise(sends[0][0] if sends else 1) if available else None
        units = available if row.is_stocked else None
        return Offer(row.sku, row.id, units, row.cap, when, sends, row.hands_over or (), self)

    def site(self, n: int) -> Site:
        """What is known of a place."""
        place = self.places[n - 1]
        return network(site_ids=[place]).sites[place]

    def promise(self, n: int) -> Promise | None:
        """When a parcel from there would arrive."""
        if n not in self._promises:
            asked = self.asked
            place = self.places[n - 1]
            self._promises[n] = promise([place], asked.service, asked.country, asked.postal_code, asked.at)
        return self._promises[n]

    def ready_at(self, n: int) -> datetime:
        """When it could be collected there."""
        if n not in self._ready:
            self._ready[n] = ready(self.site(n), self.asked.at)
        return self._ready[n]
