"""The demo company as it stands in the database: real documents, work at every stage, books that agree."""

import io
from collections import Counter
from collections.abc import Iterator

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.test import RequestFactory, override_settings
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from core.db import rows
from core.invariants import disagreements
from core.models import Event, Incident
from core.permissions import locations_of
from fulfillment.models import FulfillmentOrder, Shipment
from inventory.models import Location, Stock, SupplyPin, Transfer
from oms.demo.build import build
from oms.demo.waiting import AHEAD, ASKED, SERVED, UNLUCKY
from orders.models import Channel, Order
from payments.models import Payment
from purchasing.models import PurchaseOrder
from returns.models import Return
from tests import database

WAITING = 5
"""Orders of the last day that show who waits."""


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A company with a short past, 260 orders, in a database of its own that the tests of this module share."""
    with django_db_blocker.unblock(), database.clone(), override_settings(DEMO_PASSWORD="demo"):
        build(260, timezone.now(), lambda done: None, days_at_a_time=15)
        yield


@pytest.mark.usefixtures("built")
def test_there_is_work_in_every_state_and_the_books_agree() -> None:
    orders = Counter(Order.objects.values_list("status", flat=True))
    assert {"on_hold", "placed", "processing", "shipped", "completed", "cancelled"} <= set(orders)
    work = set(FulfillmentOrder.objects.values_list("status", flat=True))
    assert {"planned", "released", "accepted", "picking", "packed", "shipped", "delivered"} <= work
    parcels = set(Shipment.objects.values_list("status", flat=True))
    assert {"labelled", "shipped", "in_transit", "out_for_delivery", "delivered"} <= parcels
    assert {"approved", "received"} <= set(Return.objects.values_list("status", flat=True))
    assert Payment.objects.filter(tender="card", status="pending").count() == 12
    bought = set(PurchaseOrder.objects.values_list("status", flat=True))
    assert {"draft", "sent", "partly_received", "received"} == bought
    assert {"draft", "in_transit", "partly_received"} == set(Transfer.objects.values_list("status", flat=True))
    assert disagreements() == []


@pytest.mark.usefixtures("built")
def test_somebody_waits_somebody_has_ordered_ahead_and_somebody_was_served() -> None:
    numbers = (UNLUCKY, AHEAD, SERVED, ASKED)
    unlucky, ahead, served, asked = (Order.objects.get(external_id=number) for number in numbers)
    assert unlucky.lines.get().backordered == ahead.lines.get().backordered == asked.lines.get().backordered == 2
    waited = {pin.demand_key: pin.supply and pin.supply.reference for pin in SupplyPin.objects.all()}
    assert waited == {
        unlucky.lines.get().pk: None,
        ahead.lines.get().pk: "ASN-2002",
        asked.lines.get().pk: "Ciergerie Marchand",
    }
    assert Incident.objects.filter(kind="backorder", about=unlucky.pk, resolved_at=None).exists()
    assert served.lines.get().backordered == 0 and served.status == "processing"


@pytest.mark.usefixtures("built")
def test_the_past_is_told_to_nobody_and_the_last_day_is() -> None:
    waiting = Event.objects.filter(dispatched_at=None)
    told = set(Order.objects.filter(pk__in=waiting.values("about")).values_list("external_id", flat=True))
    numbers = sorted(Order.objects.values_list("external_id", flat=True))
    assert told
    assert told - set(numbers[-72 - WAITING :]) <= _with_announced_return()
    assert not Channel.objects.filter(is_history=True).exists()


def _with_announced_return() -> set[str]:
    found = rows(
        "SELECT o.external_id FROM orders_order o JOIN returns_return r ON r.order_id = o.id WHERE r.status = 'approved'"
    )
    return {row.external_id for row in found}


@pytest.mark.usefixtures("built")
def test_sign_ins_have_their_roles_and_places() -> None:
    request = RequestFactory().post("/sign-in/")
    for name in ("clerk", "store", "warehouse", "finance", "manager", "admin"):
        assert authenticate(request, username=name, password="demo") is not None
    users = {user.username: user for user in get_user_model().objects.all()}
    store = Location.objects.get(code="PAR")
    assert locations_of(users["store"], "fulfillment.work") == {store.pk}
    assert locations_of(users["clerk"], "orders.place") is None
    assert locations_of(users["finance"], "orders.place") == set()


@pytest.mark.usefixtures("built")
def test_a_second_call_finds_the_company_complete_and_does_nothing() -> None:
    before = (Order.objects.count(), Event.objects.count(), Stock.objects.count())
    call_command("demo_company", stdout=io.StringIO())
    assert (Order.objects.count(), Event.objects.count(), Stock.objects.count()) == before


@pytest.mark.usefixtures("built")
def test_an_interrupted_build_goes_on_without_placing_an_order_twice() -> None:
    before = Order.objects.count()
    build(260, timezone.now(), lambda done: None, days_at_a_time=15)
    assert Order.objects.count() == before
    assert disagreements() == []
