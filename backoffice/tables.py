"""The lists that need more than one app to be told: whose rows somebody may see, and filters on what other apps know."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounting.models import JournalEntry
from accounting.selectors import mentions
from accounting.tables import JOURNAL
from backoffice import incident_tables as incident_tables
from backoffice import reach
from backoffice.search.asked import Asked
from backoffice.search.orders import by_number
from core.lists import Filter, Reference, Several, registry
from core.permissions import locations_of
from core.wording import PAYMENT
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.states import OPEN as OPEN_WORK
from fulfillment.tables import SHIPMENTS
from inventory.models import Reservation, Stock
from inventory.selectors import place_codes
from orders.models import Order, OrderLine
from orders.selectors import Filters, listed
from orders.tables import IS_OPEN, ORDERS, waiting_in
from payments.models import Payment
from payments.states import TO_WATCH
from payments.tables import PAYMENTS
from returns.tables import RETURNS


def _seen_by(user: Any) -> QuerySet[Order]:
    return listed(Filters(), reach.within(user))


def _worked_on_at(code: str) -> Q:
    return Q(pk__in=FulfillmentOrder.objects.filter(location__code=code, status__in=OPEN_WORK).values("order_id"))


FLOOR = {
    "allocated": (("planned",), ()),
    "released": (("released", "accepted"), ("picking",)),
    "picked": ((), ("picking",)),
    "packed": (("packed",), ()),
}
"""The states of work whose units are all in a stage, and those of work of which some are. There is little open work,
and an index holds it by its state."""


def _in_stage(stage: str) -> Q:
    if stage not in FLOOR:
        return waiting_in(stage)
    wholly, partly = FLOOR[stage]
    found = _with_work(wholly) if wholly else None
    if not partly:
        return found or Q()
    some = _with_work(partly) & waiting_in(stage)
    return some if found is None else found | some


def _with_work(states: tuple[str, ...]) -> Q:
    return Q(pk__in=FulfillmentOrder.objects.filter(status__in=states).values("order_id"))


def _here(each: Filter) -> Filter:
    return replace(each, effect=_in_stage) if each.name == "stage" else each


def _at_stock_row(stock_id: UUID) -> tuple[UUID, UUID]:
    """The variant and place of a stock row; of one that there is not, nobody's."""
    found = Stock.objects.filter(pk=stock_id).values_list("variant_id", "location_id").first()
    return found or (stock_id, stock_id)


def _reserving(stock_id: UUID) -> Q:
    variant, place = _at_stock_row(stock_id)
    pins = Reservation.objects.filter(variant_id=variant, location_id=place).values("demand_key")
    return Q(pk__in=OrderLine.objects.filter(pk__in=pins).values("order_id"))


def _allocated_from(stock_id: UUID) -> Q:
    variant, place = _at_stock_row(stock_id)
    work = FulfillmentOrder.objects.filter(location_id=place, status__in=OPEN_WORK)
    return Q(pk__in=work.filter(lines__order_line__variant_id=variant).values("order_id"))


def _stock_row_named(stock_id: UUID) -> str:
    row = Stock.objects.filter(pk=stock_id).select_related("variant", "location").first()
    return f"{row.variant.sku}, {row.location.name}" if row else "—"


def _paid(status: str) -> Q:
    return Q(pk__in=Payment.objects.filter(status=status).values("order_id"))


orders = registry.register(
    replace(ORDERS, filters=tuple(_here(each) for each in ORDERS.filters)).with_more(
        base=_seen_by,
        limited=reach.is_limited,
        subtitle_limited=_("What your locations work on or took back"),
        filters=(
            Several(
                name="work",
                label=_("Open work at"),
                choices=place_codes,
                effect=_worked_on_at,
                also=IS_OPEN,
            ),
            Several(
                name="payment",
                label=_("Payment"),
                choices=[(status, PAYMENT[status].text) for status in TO_WATCH],
                effect=_paid,
                also=IS_OPEN,
            ),
            Reference(name="reserved", label=_("Units reserved"), effect=_reserving, said=_stock_row_named),
            Reference(name="allocated", label=_("Units allocated"), effect=_allocated_from, said=_stock_row_named),
        ),
    )
)


MOST_ORDERS = 200
"""Orders whose entries a text finds in the ledger, the newest."""


def _booked(found: QuerySet[JournalEntry], text: str) -> QuerySet[JournalEntry]:
    """Entries about an order by any number that it is known by, its parcels' and returns' too; others by their label."""
    return found.filter(mentions(text, by_number(Asked.of(text), MOST_ORDERS)))


registry.register(JOURNAL.with_more(search=_booked, search_hint=_("Order, parcel, return, label or party")))


def _orders_of(user: Any, needs: str) -> Q:
    """A condition on what belongs to an order: it is one of those that this person may see there."""
    places = locations_of(user, needs)
    return Q() if places is None else Q(order__in=Order.objects.filter(reach.at(places)))


registry.register(
    PAYMENTS.with_more(
        base=lambda user: PAYMENTS.base(user).filter(_orders_of(user, PAYMENTS.permission)),
        limited=lambda user: locations_of(user, PAYMENTS.permission) is not None,
    )
)
registry.register(
    RETURNS.with_more(
        base=lambda user: RETURNS.base(user).filter(_orders_of(user, RETURNS.permission)),
        limited=reach.is_limited,
    )
)


def _parcels_of(user: Any) -> QuerySet[Shipment]:
    """The parcels that leave from this person's places."""
    found, own = SHIPMENTS.base(user), locations_of(user, SHIPMENTS.permission)
    return found if own is None else found.filter(fulfillment_order__location_id__in=own)


registry.register(
    SHIPMENTS.with_more(base=_parcels_of, limited=lambda user: locations_of(user, SHIPMENTS.permission) is not None)
)
