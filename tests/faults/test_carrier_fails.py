"""The carrier gives no label: the package stays packed, is asked for again or labelled by hand, and leaves once."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse

from core import outbox
from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from core.models import Delivery, Incident, TimelineEntry
from core.problems import Conflict
from fulfillment import labelling, shipping
from fulfillment.amend import cancel
from fulfillment.carriers import CARRIERS, Booking, Parcel
from fulfillment.carriers.builtin import tracking_number
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.shipping import Tracking
from orders.models import Order
from tests.api.client import Caller, problem, told
from tests.factories.orders import PICKER, buckets, packed, states
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db


class FarCarrier:
    """A carrier at the other end of a line: it may be down, and its answers may be lost after it has done its part."""

    outside = True

    def __init__(self) -> None:
        self.is_down = self.loses_answers = False
        self.asked = 0
        self.booked: dict[UUID, Booking] = {}
        self.saw_a_transaction = False

    def book(self, parcels: Sequence[Parcel]) -> list[Booking]:
        """Once per key, however often it is asked."""
        self.asked += 1
        self.saw_a_transaction |= len(connection.savepoint_ids) > 0
        if self.is_down:
            raise ConnectionError("no route to the carrier")
        for parcel in parcels:
            day = date.today() + timedelta(days=2)
            number = tracking_number(500 + len(self.booked))
            self.booked.setdefault(parcel.key, Booking(parcel.key, number, parcel.price, day))
        if self.loses_answers:
            raise TimeoutError("the carrier did not answer in time")
        return [self.booked[parcel.key] for parcel in parcels]


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> FarCarrier:
    made = FarCarrier()
    monkeypatch.setitem(CARRIERS, "postal", made)
    return made


def work_on(minutes: int = 0) -> None:
    """What the workers do, after some time."""
    Delivery.objects.filter(done_at=None).update(due_at=F("due_at") - timedelta(minutes=minutes))
    outbox.drain()


def closed_box() -> tuple[Order, list[UUID], Shipment]:
    order, work = packed({MUG: 2})
    return order, work, Shipment.objects.get(order=order)


def leaves_once(order: Order, work: list[UUID]) -> None:
    (parcel,) = shipping.ship(work, actor=PICKER)
    assert shipping.ship(work, actor=PICKER) == []
    assert Shipment.objects.get(pk=parcel).status == "shipped"
    assert buckets(order) == {MUG: {"shipped": 2}}
    outbox.drain()
    assert disagreements() == []


@pytest.mark.usefixtures("world")
def test_a_carrier_outside_is_asked_after_packing_and_never_in_the_packing_transaction(carrier: FarCarrier) -> None:
    order, work, parcel = closed_box()
    assert (parcel.status, parcel.tracking_number, carrier.asked) == ("draft", None, 0)
    work_on()
    assert not carrier.saw_a_transaction
    parcel.refresh_from_db()
    assert (parcel.status, parcel.tracking_number) == ("labelled", carrier.booked[parcel.id].tracking_number)
    leaves_once(order, work)


@pytest.mark.usefixtures("world")
def test_while_the_carrier_is_down_the_package_stays_packed_and_cannot_leave(carrier: FarCarrier) -> None:
    carrier.is_down = True
    order, work, parcel = closed_box()
    work_on()
    work_on(minutes=20)
    assert carrier.asked >= 2
    assert states(work) == ["packed"]
    assert buckets(order) == {MUG: {"packed": 2}}
    assert Incident.objects.get(about=order.id, resolved_at=None).kind == "no_label"
    with pytest.raises(Conflict, match="no label yet"):
        shipping.ship(work, actor=PICKER)
    assert states(work) == ["packed"]
    assert disagreements() == []

    carrier.is_down = False
    work_on(minutes=20)
    parcel.refresh_from_db()
    assert parcel.status == "labelled"
    assert not Incident.objects.filter(resolved_at=None).exists()
    leaves_once(order, work)


@pytest.mark.usefixtures("world")
def test_an_answer_that_was_lost_is_asked_for_again_and_there_is_one_label(carrier: FarCarrier) -> None:
    carrier.loses_answers = True
    order, work, parcel = closed_box()
    work_on()
    carrier.loses_answers = False
    work_on(minutes=20)
    parcel.refresh_from_db()
    assert [b.tracking_number for b in carrier.booked.values()] == [parcel.tracking_number]
    leaves_once(order, work)


@pytest.mark.usefixtures("world")
def test_with_a_new_key_at_each_attempt_a_lost_answer_costs_a_second_label(
    carrier: FarCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(parcels: Sequence[Parcel]) -> list[Booking]:
        fresh = {new_id(): parcel for parcel in parcels}
        booked = book([Parcel(key, p.service, p.weight_g, p.country, p.price, p.expected_on, p.sent_on)
                       for key, p in fresh.items()])  # fmt: skip
        return [Booking(fresh[b.key].key, b.tracking_number, b.cost, b.expected_on) for b in booked]

    book = carrier.book
    monkeypatch.setattr(carrier, "book", forgetful)
    carrier.loses_answers = True
    closed_box()
    work_on()
    carrier.loses_answers = False
    work_on(minutes=20)
    assert len(carrier.booked) > 1


@pytest.mark.usefixtures("world")
def test_a_label_made_by_hand_lets_the_package_leave_and_the_carriers_late_one_is_not_used(carrier: FarCarrier) -> None:
    carrier.is_down = True
    order, work, parcel = closed_box()
    work_on()
    labelling.by_hand(parcel.id, Tracking(number="HAND-1"), actor=PICKER)
    with pytest.raises(Conflict, match="has its label already"):
        labelling.by_hand(parcel.id, Tracking(number="HAND-2"), actor=PICKER)
    carrier.is_down = False
    work_on(minutes=20)
    parcel.refresh_from_db()
    assert (parcel.status, parcel.tracking_number) == ("labelled", "HAND-1")
    assert carrier.booked == {}
    assert not Incident.objects.filter(resolved_at=None).exists()
    leaves_once(order, work)


@pytest.mark.usefixtures("world")
def test_a_carrier_that_is_asked_twice_at_once_gives_one_label_and_no_false_alarm(
    carrier: FarCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, work, parcel = closed_box()
    book = carrier.book

    def asked_by_another_too(parcels: Sequence[Parcel]) -> list[Booking]:
        monkeypatch.setattr(carrier, "book", book)
        assert labelling.book([parcel.id], actor=SYSTEM) == [parcel.id]
        return book(parcels)

    monkeypatch.setattr(carrier, "book", asked_by_another_too)
    assert labelling.book([parcel.id], actor=SYSTEM) == []
    assert len(carrier.booked) == 1
    assert TimelineEntry.objects.filter(action="shipment.label").count() == 1
    assert not TimelineEntry.objects.filter(action="shipment.label_unused").exists()
    leaves_once(order, work)


@pytest.mark.usefixtures("world")
def test_an_order_cancelled_while_the_carrier_is_asked_gets_no_label(
    carrier: FarCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, work, parcel = closed_box()
    book = carrier.book

    def cancelled_meanwhile(parcels: Sequence[Parcel]) -> list[Booking]:
        cancel(order.id, actor=PICKER, reason="Changed their mind")
        return book(parcels)

    monkeypatch.setattr(carrier, "book", cancelled_meanwhile)
    assert labelling.book([parcel.id], actor=SYSTEM) == []
    parcel.refresh_from_db()
    assert (parcel.status, states(work)) == ("voided", ["cancelled"])
    assert TimelineEntry.objects.filter(about=order.id, action="shipment.label_unused").count() == 1
    outbox.drain()
    assert disagreements() == []


@pytest.mark.usefixtures("world")
def test_without_a_look_at_the_parcels_state_a_late_label_wakes_a_cancelled_package(
    carrier: FarCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling, "_LABEL", labelling._LABEL.replace("AND status = 'draft'", ""))
    order, _, parcel = closed_box()
    book = carrier.book

    def cancelled_meanwhile(parcels: Sequence[Parcel]) -> list[Booking]:
        cancel(order.id, actor=PICKER, reason="Changed their mind")
        return book(parcels)

    monkeypatch.setattr(carrier, "book", cancelled_meanwhile)
    labelling.book([parcel.id], actor=SYSTEM)
    assert disagreements() != []


class Uncounted(list[Any]):
    """As long as anybody wishes."""

    def __len__(self) -> int:
        return 1_000


@pytest.mark.usefixtures("world")
def test_without_the_refusal_a_package_without_a_label_is_gone_in_the_books_and_not_in_truth(
    carrier: FarCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier.is_down = True
    _, work, _ = closed_box()
    load = shipping._load
    monkeypatch.setattr(shipping, "_load", lambda *args: Uncounted(load(*args)))
    shipping.ship(work, actor=PICKER)
    assert disagreements() != []


def test_the_screen_tells_of_the_missing_label_and_takes_one_made_by_hand(world: World, carrier: FarCarrier) -> None:
    carrier.is_down = True
    order, (work,), parcel = closed_box()
    outbox.drain()
    client: Client = signed_in("store", location_id=FulfillmentOrder.objects.get(pk=work).location_id)
    page = client.get(reverse("work-piece", args=[work])).content.decode()
    assert "has not given its label yet" in page
    assert client.get(reverse("parcel", args=[parcel.pk])).status_code == 200
    assert client.get(reverse("parcel-label", args=[parcel.pk])).status_code == 409
    assert client.get(reverse("parcel-slip", args=[parcel.pk])).status_code == 200

    asked = client.post(reverse("parcel-ask-label", args=[parcel.pk]), follow=True)
    assert "asked again" in asked.content.decode()
    client.post(reverse("work-ship", args=[work]), {"carrier": "postal", "tracking_number": "HAND-1"})
    parcel.refresh_from_db()
    assert (parcel.status, parcel.tracking_number) == ("shipped", "HAND-1")
    outbox.drain()
    assert buckets(order) == {MUG: {"shipped": 2}}
    assert disagreements() == []


def test_a_program_asks_again_or_labels_by_hand(world: World, carrier: FarCarrier) -> None:
    carrier.is_down = True
    _, (work,), parcel = closed_box()
    api = Caller(world.api_key)
    assert problem(api.post(f"/fulfillment-orders/{work}/ship", {}), 409, "conflict")["detail"] == shipping.NO_LABEL
    assert told(api.post(f"/shipments/{parcel.pk}/label", {}))["status"] == "draft"
    given = told(api.post(f"/shipments/{parcel.pk}/label", {"tracking_number": "HAND-1"}))
    assert (given["status"], given["tracking_number"]) == ("labelled", "HAND-1")
    problem(api.post(f"/shipments/{parcel.pk}/label", {}), 409, "conflict")
    problem(api.post(f"/shipments/{new_id()}/label", {}), 404, "not-found")
    told(api.post(f"/fulfillment-orders/{work}/ship", {}))
    assert disagreements() == []
