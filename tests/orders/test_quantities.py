"""Every unit of a line is in exactly one place, through the service and by raw SQL."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Event, TimelineEntry
from core.money import FINER_THAN_CENTS
from core.problems import Conflict
from fulfillment.tracking_events import deliver as deliver_parcels
from orders.models import Channel, Order, OrderLine
from orders.quantities import Units, deliver, move, take_back
from orders.services import refresh, set_settled
from tests.factories.orders import placed, shipped
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db


def line(order: Order) -> OrderLine:
    return OrderLine.objects.get(order=order)


@pytest.mark.parametrize(
    "change",
    [
        {"reserved": 3},
        {"reserved": 1},
        {"quantity": 5},
        {"reserved": -1, "cancelled": 3},
        {"delivered": 1},
        {"returned": 1},
    ],
)
def test_the_database_refuses_a_unit_in_two_places_or_none(change: dict[str, int]) -> None:
    small_world()
    order = placed({MUG: 2})
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.filter(order=order).update(**change)


def test_units_that_are_not_there_cannot_be_moved_and_it_names_the_line() -> None:
    small_world()
    order = placed({MUG: 2})
    with pytest.raises(Conflict, match=f"{order.number} {MUG} no longer has that many units reserved"):
        move([Units(line(order).pk, 2), Units(line(order).pk, 1)], "reserved", "cancelled")
    assert line(order).reserved == 2


def test_no_more_is_delivered_or_taken_back_than_was_shipped() -> None:
    small_world()
    order, _ = shipped({MUG: 2})
    for count in (deliver, take_back):
        with pytest.raises(Conflict):
            count([Units(line(order).pk, 3)])
    assert (line(order).delivered, line(order).returned) == (0, 0)


def test_buckets_have_names() -> None:
    small_world()
    with pytest.raises(ValueError, match="no such bucket"):
        move([Units(line(placed({MUG: 1})).pk, 1)], "reserved", "total = 0 --")


def test_the_invariant_names_an_order_whose_status_somebody_wrote_by_hand() -> None:
    small_world()
    order = placed({MUG: 2})
    Order.objects.update(status="delivered", version=F("version") + 1)
    assert f"order {order.number} is stored as delivered and is placed" in " ".join(disagreements())


def test_a_refresh_raises_the_version_and_tells_the_change() -> None:
    small_world()
    order = placed({MUG: 2})
    move([Units(line(order).pk, 2)], "reserved", "cancelled")
    refresh([order.pk], actor=SYSTEM)
    fresh = Order.objects.get()
    assert (fresh.status, fresh.version) == ("cancelled", order.version + 1)
    assert TimelineEntry.objects.get(action="order.cancelled").before == "placed"


def test_an_order_that_is_settled_again_after_a_return_is_completed_once() -> None:
    small_world(tender="bank_transfer")
    order, shipments = shipped({MUG: 2})
    deliver_parcels(shipments, actor=SYSTEM)
    for settled, status in ((False, "delivered"), (True, "completed")):
        set_settled([order.pk], settled, actor=SYSTEM)
        assert Order.objects.get().status == status
    assert TimelineEntry.objects.filter(about=order.pk, action="order.completed").count() == 2
    assert Event.objects.filter(about=order.pk, kind="order.completed").count() == 1


@pytest.mark.parametrize("currency", FINER_THAN_CENTS)
def test_a_currency_finer_than_the_amounts_kept_is_refused(currency: str) -> None:
    small_world()
    with pytest.raises(IntegrityError, match="channel_currency_has_cents"), transaction.atomic():
        Channel.objects.update(currency=currency)
