"""The limits of one product: how they stand, and all of them set at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.problems import Conflict, Invalid
from core.versions import Stale
from inventory.limits.safety import follow_rules
from inventory.limits.setting import set_cap, set_fence, withhold
from inventory.locks import lock_stock
from inventory.models import Cap, Fence, PoolLocation, Stock
from inventory.selectors import stock_at_places
from inventory.services import set_safety
from orders.models import Channel


@dataclass(frozen=True, slots=True)
class Share:
    """A channel's fence at a place: units set aside, and what of them is promised, gone and unused."""

    channel: Channel
    units: int = 0
    taken: int = 0
    gone: int = 0
    unused: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A place that has the product, and the shares of the channels that sell from it."""

    stock: Stock
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How the limits of a product stand."""

    variant_id: UUID
    channels: tuple[Channel, ...]
    rows: tuple[Row, ...]
    caps: Mapping[UUID, Cap]

    @property
    def version(self) -> str:
        """Other numbers, another version."""
        return str(self.wish())

    def wish(self) -> "Wish":
        """What stands, as somebody would ask for it."""
        return Wish(
            {row.stock.location_id: row.stock.safety if row.stock.is_set_by_hand else None for row in self.rows},
            {row.stock.location_id: row.stock.withheld for row in self.rows},
            {(row.stock.location_id, s.channel.pk): s.units for row in self.rows for s in row.shares},
            {channel.pk: (cap.most if (cap := self.caps.get(channel.pk)) else None) for channel in self.channels},
        )


@dataclass(frozen=True)
class Wish:
    """How limits shall be: units kept back (None: as the rules say) and places withheld by location, fences by location
    and channel, caps by channel (None: any number)."""

    safety: dict[UUID, int | None] = field(default_factory=dict)
    withheld: dict[UUID, bool] = field(default_factory=dict)
    fences: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    caps: dict[UUID, int | None] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = (self.safety, self.withheld, self.fences, self.caps)
        return "|".join(",".join(f"{key}:{value}" for key, value in sorted(part.items(), key=str)) for part in parts)


def limits_of(variant_id: UUID) -> Limits:
    """How they stand: the places that have the product, and the channels that sell from them, or have limits still."""
    stock = stock_at_places(variant_id)
    channels = list(Channel.objects.order_by("code"))
    pooled = set(PoolLocation.objects.values_list("pool_id", "location_id"))
    fences = {(f.stock_id, f.channel_id): f for f in Fence.objects.filter(stock__in=stock)}
    found = tuple(
        Row(
            row,
            tuple(
                _share(c, fences.get((row.pk, c.pk)))
                for c in channels
                if (row.pk, c.pk) in fences
                or (c.is_active and not c.is_history and (c.pool_id, row.location_id) in pooled)
            ),
        )
        for row in stock
    )
    selling = {share.channel.pk for row in found for share in row.shares}
    caps = {cap.channel_id: cap for cap in Cap.objects.filter(variant_id=variant_id)}
    return Limits(variant_id, tuple(c for c in channels if c.pk in selling or c.pk in caps), found, caps)


def _share(channel: Channel, fence: Fence | None) -> Share:
    if fence is None:
        return Share(channel)
    return Share(channel, fence.units, fence.taken, fence.gone, fence.unused)


def set_limits(variant_id: UUID, wish: Wish, *, actor: Actor, version: str = "") -> int:
    """Set what differs from how it stands, all or nothing; returns how many things that were.

    Stale when somebody changed a limit since this `version` was shown. What is promised already stays promised.
    """
    with transaction.atomic():
        lock_stock([variant_id], None)
        now = limits_of(variant_id)
        if version and version != now.version:
            raise Stale(variant_id, now.version, changes=[])
        before = now.wish()
        _check_places(wish, before)
        changed = 0
        for place, units in _other(wish.safety, before.safety):
            _keep_back(variant_id, place, units, actor)
            changed += 1
        for place, withheld in _other(wish.withheld, before.withheld):
            withhold(variant_id, place, withheld=withheld, actor=actor)
            changed += 1
        for channel, most in _other(wish.caps, before.caps):
            set_cap(variant_id, channel, most, actor=actor)
            changed += 1
        for (place, channel), units in _other(wish.fences, before.fences):
            set_aside(variant_id, place, channel, units, actor=actor)
            changed += 1
    return changed


def set_aside(variant_id: UUID, location_id: UUID, channel_id: UUID, units: int, *, actor: Actor) -> None:
    """Set units aside for a channel at a place that it sells from: elsewhere nobody could have them."""
    sells = Channel.objects.filter(pk=channel_id, is_active=True, pool__locations=location_id).exists()
    if units and not sells:
        raise Conflict(_("The channel does not sell from this place."))
    set_fence(variant_id, location_id, channel_id, units, actor=actor)


def _keep_back(variant_id: UUID, place: UUID, units: int | None, actor: Actor) -> None:
    if units is None:
        follow_rules(variant_id, place, actor=actor)
    else:
        set_safety(variant_id, place, units, actor=actor)


def _other(wanted: Mapping[Any, Any], now: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return [(key, value) for key, value in sorted(wanted.items(), key=str) if now[key] != value]


def _check_places(wish: Wish, now: Wish) -> None:
    unknown = (set(wish.safety) - set(now.safety)) | (set(wish.withheld) - set(now.withheld))
    if unknown or set(wish.fences) - set(now.fences) or set(wish.caps) - set(now.caps):
        raise Invalid.field([], _("a place or a channel is not there any more: open the page again"))
