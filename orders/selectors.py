"""Reads of orders for screens and API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from core.days import company_day
from core.db import rows
from core.lists.searching import MOST_FOUND, among_newest, found_by
from core.search.terms import above
from orders.models import Channel, Hold, Order, OrderLine
from orders.states import BUCKETS, FINISHED, OPEN

STAGES = ("reserved", "backordered", "allocated", "released", "picked", "packed")
"""Where units wait, in the order they pass: routing, stock, release, picking, packing, the carrier."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of orders is narrowed by; empty means all."""

    text: str = ""
    status: str = ""
    channel: str = ""
    stage: str = ""
    day: date | None = None
    since: date | None = None
    late: bool = False
    customer: UUID | None = None


def listed(filters: Filters, within: Q | None = None) -> QuerySet[Order]:
    """Orders with their channel and open holds: two statements for a page, meant for `KeysetList(…, "-placed_at")`.

    `within` keeps to the orders that the reader may see; None is all.
    """
    held = Prefetch("holds", Hold.objects.filter(status="open").order_by("opened_at"), to_attr="open_holds")
    found = Order.objects.select_related("channel").prefetch_related(held)
    if within is not None:
        found = found.filter(within)
    if filters.status == "needs_someone":
        found = found.filter(needs_someone())
    elif filters.status:
        found = found.filter(status=filters.status)
    if filters.channel:
        found = found.filter(channel__code=filters.channel)
    if filters.stage in STAGES:
        waiting = OrderLine.objects.filter(order_id=OuterRef("pk"), **{f"{filters.stage}__gt": 0})
        found = found.filter(Exists(waiting)).exclude(status="on_hold")
    if filters.day:
        found = found.filter(placed_at__gte=midnight(filters.day), placed_at__lt=midnight(filters.day, 1))
    if filters.since:
        found = found.filter(placed_at__gte=midnight(filters.since))
    if filters.late:
        found = found.filter(late())
    if filters.customer:
        found = found.filter(customer_id=filters.customer)
    return found.filter(mentions(filters.text)) if filters.text else found


def midnight(day: date, days: int = 0) -> datetime:
    """The beginning of a day (or of one `days` later) where the company is."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))


def overdue() -> Q:
    """Past the promise, whatever the state."""
    return Q(promise_latest__lt=timezone.localdate())


def late() -> Q:
    """Open orders that are past their promise."""
    return Q(status__in=OPEN) & overdue()


WAITING_FOR_SOMEONE = ("on_hold", "backordered")
"""States in which an order goes on only when somebody does something."""


def needs_someone() -> Q:
    """Orders that are held, without stock, or late."""
    return Q(status__in=OPEN) & (Q(status__in=WAITING_FOR_SOMEONE) | overdue())


def mentions(text: str) -> Q:
    """Number, other system's number, e-mail, telephone, SKU or part of the name."""
    text = text.strip()
    if "@" in text:
        return Q(email__iexact=text) | Q(customer__email__iexact=text)
    found = Q(number__istartswith=text) | Q(external_id=text) | Q(customer_name__icontains=text)
    digits = "".join(c for c in text if c.isdigit())
    if len(digits) >= 6:
        found |= Q(customer__phone__contains=digits) | Q(customer__phone=text)
    lines = OrderLine.objects.filter(order_id=OuterRef("pk"), sku__iexact=text)
    return found | Q(Exists(lines))


KIND = "order"
"""How the index of words calls them."""
REGIONS = ("FR", "GB", "CH", "DE", "BE")
"""Countries whose telephone numbers are typed without their code."""
OF_NUMBER = """
(SELECT id FROM orders_order WHERE number ~>=~ %(low)s AND number ~<~ %(high)s ORDER BY number USING ~>~ LIMIT %(most)s)
UNION ALL
(SELECT l.order_id FROM orders_orderline l WHERE l.variant_id = ANY(SELECT id FROM catalog_variant WHERE sku = %(low)s)
 ORDER BY l.id DESC LIMIT %(most)s)
"""


def matching(text: str) -> set[UUID]:
    """The orders that a text finds, at most so many as a list shows: number, other numbers, who ordered, SKU."""
    number = text.strip().upper()
    found = {row.id for row in rows(OF_NUMBER, {"low": number, "high": above(number), "most": MOST_FOUND})}
    return found | found_by(KIND, text, regions=REGIONS) | among_newest(Order.objects.filter(mentions(text)))


def is_late(order: Order, today: date | None = None) -> int:
    """Days by which an unfinished order has missed its promise; 0 when it has not."""
    if order.promise_latest is None or order.status in (*FINISHED, "draft"):
        return 0
    return max(0, ((today or company_day()) - order.promise_latest).days)


def by_number(number: str) -> Order | None:
    """One order with channel, customer, lines (with variants) and holds."""
    lines = OrderLine.objects.select_related("variant__product").order_by("position")
    return (
        Order.objects.select_related("channel", "customer")
        .prefetch_related(Prefetch("lines", lines), Prefetch("holds", Hold.objects.order_by("opened_at")))
        .filter(number=number)
        .first()
    )


def with_number(number: str) -> Subquery:
    """The key of the order with this number, looked up once, for conditions on what belongs to an order."""
    return Subquery(Order.objects.filter(number=number).values("pk")[:1])


def channels() -> Iterable[Channel]:
    """Channels by name, for filters."""
    return Channel.objects.filter(is_active=True).order_by("name")


def totals_of_customer(customer_id: UUID) -> list[dict[str, Any]]:
    """Orders and their value per currency, cancelled ones left out."""
    found = Order.objects.filter(customer_id=customer_id).exclude(status="cancelled")
    grouped = found.values("currency").annotate(orders=Count("id"), value=Sum("total"))
    return [dict(row) for row in grouped.order_by("-orders")]


def placed_per_day(first: date, last: date) -> dict[date, int]:
    """Orders placed on each day of the span (days without any are left out)."""
    found = Order.objects.filter(placed_at__gte=midnight(first), placed_at__lt=midnight(last, 1))
    counted = found.annotate(day=TruncDate("placed_at")).values("day").annotate(n=Count("id")).order_by()
    return {row["day"]: row["n"] for row in counted}


def value_per_currency(day: date) -> list[dict[str, Any]]:
    """Orders and value placed on a day, per currency, cancelled ones left out."""
    found = Order.objects.filter(placed_at__gte=midnight(day), placed_at__lt=midnight(day, 1)).exclude(
        status="cancelled"
    )
    grouped = found.values("currency").annotate(orders=Count("id"), value=Sum("total"))
    return [dict(row) for row in grouped.order_by("-value")]


def late_count() -> int:
    """Orders past their promise that have not left in full."""
    return Order.objects.filter(late()).count()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Orders with units in one stage (`on_hold` is one of its own), and since when the oldest was placed."""

    stage: str
    orders: int
    units: int
    oldest: datetime


def waiting() -> dict[str, Waiting]:
    """Where orders wait now, by stage: one statement over what is open."""
    found = rows(
        """
        SELECT CASE o.status WHEN 'on_hold' THEN 'on_hold' ELSE v.stage END AS stage,
               count(DISTINCT o.id)::int AS orders, sum(v.units)::int AS units, min(o.placed_at) AS oldest
        FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
        CROSS JOIN LATERAL (VALUES ('reserved', l.reserved), ('backordered', l.backordered), ('allocated', l.allocated),
            ('released', l.released), ('picked', l.picked), ('packed', l.packed)) v (stage, units)
        WHERE o.status = ANY(%(open)s) AND v.units > 0 GROUP BY 1
        """,
        {"open": ["placed", "on_hold", "backordered", "processing", "partially_shipped"]},
    )
    return {row.stage: Waiting(*row) for row in found}


def by_channel(day: date) -> list[dict[str, Any]]:
    """Orders and value of a day per channel, cancelled ones left out."""
    found = Order.objects.filter(placed_at__gte=midnight(day), placed_at__lt=midnight(day, 1)).exclude(
        status="cancelled"
    )
    grouped = found.values("channel__code", "channel__name", "currency")
    return [dict(row) for row in grouped.annotate(orders=Count("id"), value=Sum("total")).order_by("-orders")]


def units_by_bucket(lines: Iterable[OrderLine]) -> dict[str, int]:
    """The units of several lines together, by bucket."""
    totals = dict.fromkeys(BUCKETS, 0)
    for line in lines:
        for bucket in BUCKETS:
            totals[bucket] += getattr(line, bucket)
    return totals
