"""What a customer can have now, and when: shown on the shop's pages."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query

from capture import references
from capture.answers import window
from capture.offers import Asked, Offer, offers
from core.calls import Calls
from core.problems import Invalid
from inventory.supply.dated import Step
from inventory.supply.selectors import Now, atp_by_date, inbound
from oms.api.shapes import AvailabilityOut, AvailabilityQuery
from sourcing.geography import known_countries
from sourcing.selectors import preferred

calls = Calls(tags=["stock"])


@calls.reads("/availability", scope="stock.view", gives=AvailabilityOut)
def read_availability(request: HttpRequest, query: Query[AvailabilityQuery]) -> dict[str, Any]:
    """What a channel can promise of some SKUs, when they would arrive, and where they can be collected."""
    asked = _asked(query)
    found = offers(list(dict.fromkeys(query.sku)), asked)
    unknown = [(n, sku) for n, sku in enumerate(query.sku) if sku not in found]
    if unknown:
        said = _("“%(sku)s” is not something we sell")
        raise Invalid(errors=[{"loc": ["query", "sku", n], "msg": said % {"sku": sku}} for n, sku in unknown])
    stocked = [offer for offer in found.values() if offer.available is not None]
    now = Now(
        {offer.variant_id: offer.free for offer in stocked},
        preferred(asked.channel.pool_id, asked.country, asked.postal_code, asked.service),
        {offer.variant_id: offer.left for offer in stocked if offer.left is not None},
    )
    coming = atp_by_date(list(now.free), asked.channel.pool_id, asked.channel.id, now=now)
    return {"items": [_item(found[sku], coming.get(found[sku].variant_id, ())) for sku in query.sku]}


def _asked(query: AvailabilityQuery) -> Asked:
    channel = references.channels().get(query.channel)
    if channel is None or not channel.is_active:
        said = _("“%(code)s” is not a channel of this company") % {"code": query.channel}
        raise Invalid.field(["query", "channel"], said)
    country = query.country or channel.country
    if country not in known_countries():
        said = _("“%(code)s” is not the code of a country, such as FR or GB") % {"code": country}
        raise Invalid.field(["query", "country"], said)
    return Asked(channel, country, query.postal_code, query.service, timezone.now())


def _item(offer: Offer, coming: Sequence[Step]) -> dict[str, Any]:
    when = offer.promise
    return {
        "sku": offer.sku,
        "available": offer.available,
        "promise": window(when.earliest, when.latest) if when else None,
        "pickup": [
            {"location": place.location, "available": place.available, "ready_at": place.ready_at.isoformat()}
            for place in offer.pickup
        ],
        "inbound": inbound(coming, offer.available or 0),
    }
