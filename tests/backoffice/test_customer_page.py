"""The page of a customer: what they mean, what is open, notes, and what is on file put right."""

import pytest
from django.test import Client

from core import notes, outbox
from core.actors import SYSTEM
from core.incidents import open_incident
from core.models import TimelineEntry
from customers.models import Customer
from fulfillment.models import FulfillmentOrder
from orders.models import Order
from returns.services import Back, ReturnInput, receive_and_credit
from tests.factories.orders import placed, shipped
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def clerk(world: World) -> Client:
    return signed_in("clerk")


def customer_of(order: Order) -> Customer:
    assert order.customer
    return order.customer


def page(client: Client, customer: Customer) -> str:
    answer = client.get(f"/customers/{customer.pk}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def sent(customer: Customer, **changed: str) -> dict[str, str]:
    names = ("first_name", "last_name", "email", "phone", "language")
    return {name: getattr(customer, name) for name in names} | changed


def test_it_tells_what_came_back_and_what_is_open(clerk: Client, world: World) -> None:
    order, _ = shipped({MUG: 4})
    back = Back(order.lines.get().pk, 1, "sellable", "")
    receive_and_credit([ReturnInput(order.pk, [back])], actor=SYSTEM, location_id=world.warehouse.pk)
    open_incident("parcel_lost", about=order.pk, actor=SYSTEM)

    text = page(clerk, customer_of(order))

    assert "1 of 4 · 25 %" in text
    assert "parcel lost" in text
    assert order.returns.get().rma in text


def test_a_note_about_a_customer_stands_on_their_page(clerk: Client) -> None:
    customer = customer_of(placed())

    answer = clerk.post(f"/customers/{customer.pk}/note/", {"text": "Prefers to be called"})

    assert answer.status_code == 302
    assert "Prefers to be called" in page(clerk, customer)


def test_an_empty_note_is_told_beside_the_form(clerk: Client) -> None:
    customer = customer_of(placed())

    answer = clerk.post(f"/customers/{customer.pk}/note/", {"text": " "})

    assert answer.status_code == 422
    assert "Write what the others should know." in answer.content.decode()


def test_what_is_on_file_is_put_right_and_told(clerk: Client) -> None:
    customer = customer_of(placed())

    answer = clerk.post(f"/customers/{customer.pk}/edit/", sent(customer, last_name="Durand", language="fr"))

    assert answer.status_code == 302
    customer.refresh_from_db()
    assert (customer.last_name, customer.language, customer.version) == ("Durand", "fr", 2)
    assert "→ Durand" in page(clerk, customer)


@pytest.mark.parametrize(
    "wrong",
    [{"email": "nonsense"}, {"phone": "<call>"}, {"language": "xx"}, {"last_name": "x" * 101}, {"first_name": "\0"}],
)
def test_wrong_particulars_are_told_and_kept(clerk: Client, wrong: dict[str, str]) -> None:
    customer = customer_of(placed())

    answer = clerk.post(f"/customers/{customer.pk}/edit/", sent(customer, **wrong))

    assert answer.status_code == 422
    assert "data-error-summary" in answer.content.decode()
    customer.refresh_from_db()
    assert customer.version == 1


def test_the_address_of_another_customer_is_not_taken(clerk: Client) -> None:
    customer = customer_of(placed())
    other = Customer.objects.create(email="taken@example.com", last_name="Other")

    answer = clerk.post(f"/customers/{customer.pk}/edit/", sent(customer, email=other.email.upper()))

    assert answer.status_code == 422
    assert "Another customer has this address." in answer.content.decode()
    assert not TimelineEntry.objects.filter(about=customer.pk).exists()


def test_a_customer_without_any_name_is_not_made(clerk: Client) -> None:
    customer = customer_of(placed())

    answer = clerk.post(f"/customers/{customer.pk}/edit/", {"language": "en"})

    assert answer.status_code == (302 if customer.external_id else 422)


def test_who_may_only_look_is_offered_no_editing(world: World) -> None:
    customer = customer_of(placed())
    finance = signed_in("finance")

    assert "/edit/" not in page(finance, customer)
    assert finance.post(f"/customers/{customer.pk}/edit/", sent(customer)).status_code == 403


def of_two_places(world: World) -> tuple[Order, Order]:
    """Two orders of one customer with a return and a problem each: worked on at the warehouse, and at the store."""
    orders = shipped({MUG: 4})[0], shipped({MUG: 4})[0]
    FulfillmentOrder.objects.filter(order=orders[1]).update(location=world.store)
    for order, place in zip(orders, (world.warehouse, world.store), strict=True):
        back = Back(order.lines.get().pk, 1, "sellable", "")
        receive_and_credit([ReturnInput(order.pk, [back])], actor=SYSTEM, location_id=place.pk)
        open_incident("parcel_lost", about=order.pk, actor=SYSTEM)
    outbox.drain()
    return orders


def test_who_sees_one_place_is_told_of_what_that_place_has_to_do_with(world: World) -> None:
    here, elsewhere = of_two_places(world)
    customer = customer_of(here)
    assert customer == customer_of(elsewhere)
    notes.add(customer.pk, "Prefers to be called", actor=SYSTEM)

    text = page(signed_in("manager", location_id=world.warehouse.pk), customer)

    assert {here.number in text, here.returns.get().rma in text, "Prefers to be called" in text} == {True}
    assert text.count("parcel lost") == 1
    assert {elsewhere.number in text, elsewhere.returns.get().rma in text} == {False}


def test_what_happens_to_orders_is_told_on_their_pages_and_not_among_the_notes_of_the_customer(world: World) -> None:
    here, _elsewhere = of_two_places(world)

    assert not TimelineEntry.objects.filter(about=customer_of(here).pk).exists()


def test_who_sees_none_of_their_orders_is_not_told_that_there_is_none(world: World) -> None:
    customer = customer_of(shipped({MUG: 1})[0])

    text = page(signed_in("manager", location_id=world.store.pk), customer)

    assert "No order at your places" in text
    assert "No order yet" not in text and "Nothing ordered yet" not in text
