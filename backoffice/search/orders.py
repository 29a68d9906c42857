"""Orders: by their own number, another system's, a parcel's, a return's or a payment's; by who ordered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice import reach
from backoffice.search.asked import Asked
from backoffice.search.hits import EXACT, Group, Hit
from backoffice.search.indexing import ORDER
from core.db import rows
from core.search import Found
from core.search.terms import above, code_term
from orders.models import Order

MOST_SIFTED = 400
"""Orders of which those of one's own places are taken."""

CODES = """
SELECT id, 0 AS rank, 'number' AS via, number AS said FROM orders_order WHERE number = ANY(%(numbers)s::text[])
UNION ALL
SELECT id, 0, 'external', external_id FROM orders_order
WHERE channel_id = ANY(%(channels)s::uuid[]) AND external_id = ANY(%(codes)s::text[]) AND external_id <> ''
UNION ALL
SELECT order_id, 0, 'parcel', tracking_number FROM fulfillment_shipment WHERE tracking_number = ANY(%(codes)s::text[])
UNION ALL
SELECT order_id, 0, 'return', rma FROM returns_return WHERE rma = ANY(%(codes)s::text[])
UNION ALL
SELECT order_id, 0, 'payment', provider_reference FROM payments_payment
WHERE provider_reference = ANY(%(codes)s::text[]) AND provider_reference <> ''
"""
# Numbers by their beginning, in the order of the index that compares them sign by sign. The newest end highest.
BEGINNINGS = """
UNION ALL
SELECT f.id, 1, f.via, f.said FROM unnest(%(lows)s::text[], %(highs)s::text[]) AS p(low, high) CROSS JOIN LATERAL (
    (SELECT id, 'number' AS via, number AS said FROM orders_order
     WHERE number ~>=~ p.low AND number ~<~ p.high ORDER BY number USING ~>~ LIMIT %(most)s)
    UNION ALL
    (SELECT order_id, 'parcel', tracking_number FROM fulfillment_shipment
     WHERE tracking_number ~>=~ p.low AND tracking_number ~<~ p.high ORDER BY tracking_number USING ~>~ LIMIT %(most)s)
    UNION ALL
    (SELECT order_id, 'return', rma FROM returns_return
     WHERE rma ~>=~ p.low AND rma ~<~ p.high ORDER BY rma USING ~>~ LIMIT %(most)s)) f
UNION ALL
SELECT f.about, 1, 'external', '' FROM (
    SELECT about FROM core_searchterm WHERE kind = 'order' AND term >= %(code)s AND term < %(code_top)s
    ORDER BY term DESC LIMIT %(most)s) f
"""
OF_CUSTOMERS = """
SELECT o.id FROM unnest(%(customers)s::uuid[]) AS c(id) CROSS JOIN LATERAL (
    SELECT id FROM orders_order WHERE customer_id = c.id ORDER BY id DESC LIMIT %(most)s) o
"""


@dataclass(frozen=True, slots=True)
class Match:
    """Why an order is among those found: through which number of it, or its customer ("")."""

    rank: int
    via: str = ""
    said: str = ""


Matches = dict[UUID, Match]


def by_number(asked: Asked, most: int) -> Matches:
    """Orders that a number leads to, whole or by its beginning: one statement."""
    found: Matches = {}
    sql = CODES if asked.is_too_short else CODES + BEGINNINGS
    for row in rows(sql, _numbers(asked, most)):
        _note(found, row.id, Match(row.rank, row.via, row.said))
    return found


def _numbers(asked: Asked, most: int) -> dict[str, Any]:
    lows = [number for number in asked.numbers if number]
    told = {
        "numbers": asked.numbers,
        "codes": asked.codes,
        "channels": [channel.pk for channel in asked.channels],
    }
    if asked.is_too_short:
        return told
    code = code_term(asked.text)
    return told | {
        "lows": lows, "highs": [above(low) for low in lows], "code": code, "code_top": above(code), "most": most,
    }  # fmt: skip


def by_people(asked: Asked, found: Iterable[Found], customers: Sequence[Found], most: int) -> Matches:
    """Orders that say the name, address or telephone number, and the newest of customers who have that."""
    matches: Matches = {}
    for each in found:
        _note(matches, each.id, Match(each.rank + 1))
    if customers and (asked.email or asked.phone):
        rank = min(each.rank for each in customers) + 1
        for row in rows(OF_CUSTOMERS, {"customers": [each.id for each in customers], "most": most}):
            _note(matches, row.id, Match(rank))
    return matches


def merged(*several: Matches) -> Matches:
    """All of them, each order by the better of its reasons."""
    found: Matches = {}
    for matches in several:
        for order_id, match in matches.items():
            _note(found, order_id, match)
    return found


def _note(found: Matches, order_id: UUID, match: Match) -> None:
    if order_id not in found or match.rank < found[order_id].rank:
        found[order_id] = match


def group(request: HttpRequest, asked: Asked, matches: Matches, most: int) -> Group:
    """The best of them that this person may see, the newest first among equals."""
    best = sorted(matches, key=lambda each: (-matches[each].rank, each), reverse=True)
    shown = _seen(request, best, most)
    hits = [_hit(order, matches[order.pk]) for order in shown[:most]]
    address = f"{reverse('orders')}?{urlencode({'q': asked.text})}"
    return Group(
        kind=ORDER, label=_("Orders"), icon="inbox", hits=hits,
        more=address if len(hits) == most else "", more_label=_("All orders that match"),
    )  # fmt: skip


def _seen(request: HttpRequest, ids: Sequence[UUID], most: int) -> list[Order]:
    """Those of the first that may be seen, in their order. Who sees some places only gets what is theirs of many."""
    mine = reach.within(request.user)
    wanted = list(ids[: most if mine is None else MOST_SIFTED])
    if not wanted:
        return []
    orders = Order.objects.filter(pk__in=wanted).defer("billing_address", "shipping_address")
    seen = {order.pk: order for order in (orders if mine is None else orders.filter(mine))}
    if mine is not None:
        seen |= {order.pk: order for order in orders.filter(pk__in=reach.proven(request))}
    return [seen[each] for each in wanted if each in seen][:most]


def _hit(order: Order, match: Match) -> Hit:
    words = {
        "external": lambda: _("Order %(number)s of the shop") % {"number": match.said or order.external_id},
        "parcel": lambda: _("Parcel %(number)s") % {"number": match.said},
        "return": lambda: _("Return %(number)s") % {"number": match.said},
        "payment": lambda: _("Payment %(number)s") % {"number": match.said},
    }
    place = {"parcel": "#parcels", "return": "#returns"}.get(match.via, "")
    return Hit(
        url=reverse("order", args=[order.number]) + place, title=order.number, number=True,
        rank=EXACT if match.via and match.rank == EXACT else match.rank + 1,
        note=order.customer_name or order.email, why=words[match.via]() if match.via in words else "",
        status=order.status, at=order.placed_at, amount=order.total, currency=order.currency,
    )  # fmt: skip
