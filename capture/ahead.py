"""Selling ahead: what is not here yet and is on its way, for products that may be sold so (pre-orders).

Only what nobody was promised is sold, and only of supply that is not late. The line's promise is the day its supply is
due, and from there the way of any parcel.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from capture.drafts import DraftLine, DraftOrder
from core.days import company_day
from inventory.supply.reading import room
from inventory.supply.sharing import Coming
from inventory.supply.waiting import Ahead, Wait
from sourcing.promise import Promise, available_at, promise

Found = Mapping[UUID, Sequence[Coming]]


def may_sell(lines: Iterable[DraftLine], missing: Iterable[UUID]) -> bool:
    """Whether all that is missing may be sold ahead."""
    return {line.variant_id for line in lines if line.pre_order} >= set(missing)


def rooms(draft: DraftOrder, missing: Iterable[UUID], places: Sequence[UUID], taken: Iterable[Ahead]) -> Found:
    """What comes to these places of each variant and can be promised to the draft's channel, after what orders of the
    same call take (`taken`)."""
    today = company_day()
    found = room(list(missing))
    for each in taken:
        if each.wait.variant_id in found:
            found[each.wait.variant_id].take(each.supply_id, each.wait.channel_id, each.wait.quantity)
    return {
        variant: [c for c in coming.of(draft.channel_id) if c.location_id in places and c.due >= today and c.units]
        for variant, coming in found.items()
    }


def sell(draft: DraftOrder, lines: Sequence[DraftLine], missing: Mapping[UUID, int], found: Found) -> None:
    """Take the missing units of each variant from the earliest supply; its last lines wait for them."""
    left = dict(missing)
    for line in reversed(lines):
        for coming in found.get(line.variant_id, ()):
            part = min(left.get(line.variant_id, 0), line.reserved, coming.units - _sold(draft, coming.supply_id))
            if part > 0:
                wait = Wait(line.id, line.variant_id, draft.channel.pool_id, draft.channel_id, part, draft.placed_at)
                draft.ahead.append(Ahead(wait, coming.supply_id, coming.location_id, coming.due))
                line.reserved -= part
                line.backordered += part
                left[line.variant_id] -= part


def _sold(draft: DraftOrder, supply_id: UUID) -> int:
    return sum(each.wait.quantity for each in draft.ahead if each.supply_id == supply_id)


def promises(draft: DraftOrder, line: DraftLine, now: datetime | None = None) -> list[Promise]:
    """When the units of a line that are sold ahead would arrive, from each supply."""
    address, now = draft.shipping_address, now or timezone.now()
    return [
        made
        for each in draft.ahead
        if each.wait.demand_key == line.id
        and (
            made := promise(
                [each.location_id],
                draft.service,
                address["country"],
                address["postal_code"],
                available_at(each.due, each.location_id, now),
            )
        )
    ]
