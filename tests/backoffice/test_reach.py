"""People of one location see the orders that it works on or took back; others when brought to their counter."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from backoffice import counter, reach
from core.actors import SYSTEM
from core.models import Grant
from fulfillment.models import FulfillmentOrder
from orders.models import Order
from returns.models import Return
from returns.services import Back, ReturnInput, receive_and_credit
from tests.factories.orders import released, shipped
from tests.factories.people import brought_to_counter, signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    cache.clear()
    yield small_world()
    cache.clear()


@pytest.fixture
def order(world: World) -> Order:
    """An order that the warehouse at Lyon works on."""
    made, work = released({MUG: 2})
    assert list(FulfillmentOrder.objects.filter(pk__in=work).values_list("location", flat=True)) == [world.warehouse.pk]
    return made


@pytest.fixture
def paris(world: World) -> Client:
    return signed_in("store", location_id=world.store.pk)


@pytest.fixture
def lyon(world: World) -> Client:
    return signed_in("warehouse", location_id=world.warehouse.pk)


def listed(client: Client, **query: str) -> list[str]:
    return [row.item.number for row in client.get("/orders/", query).context["rows"]]


def opens(client: Client, order: Order) -> bool:
    response = client.get(f"/orders/{order.number}/")
    assert response.status_code in (200, 404)
    return response.status_code == 200


def test_the_order_of_another_place_is_in_no_list(order: Order, paris: Client) -> None:
    assert listed(paris) == []
    assert listed(paris, q=order.number) == []
    assert listed(paris, customer=str(order.customer_id)) == []
    assert {tab["count"] for tab in paris.get("/orders/").context["list"].tabs} == {0, None}


def test_the_order_of_ones_own_place_is_in_the_list(order: Order, lyon: Client) -> None:
    assert listed(lyon) == [order.number]
    counts = {tab["label"]: tab["count"] for tab in lyon.get("/orders/").context["list"].tabs}
    assert counts["In preparation"] == 1, "and counted where it can be cheaply"


def test_the_start_page_counts_and_names_only_ones_own_orders(order: Order, paris: Client, lyon: Client) -> None:
    assert order.number not in paris.get("/").content.decode()
    assert {str(figure.value) for figure in paris.get("/").context["figures"]} == {"0"}
    assert order.number in lyon.get("/").content.decode()


def test_the_page_of_another_places_order_answers_like_that_of_none(order: Order, paris: Client) -> None:
    theirs = paris.get(f"/orders/{order.number}/")
    none = paris.get("/orders/WEB-NONE/")

    assert (theirs.status_code, none.status_code) == (404, 404)
    assert "Bertin" not in theirs.content.decode()
    assert theirs.context["missing"] == order.number
    assert none.context["missing"] == "WEB-NONE"


def test_ones_own_order_opens(order: Order, lyon: Client) -> None:
    assert opens(lyon, order)


@pytest.mark.parametrize("what", ["hold", "release-hold", "cancel", "take-back"])
def test_nothing_is_done_to_another_places_order(order: Order, world: World, what: str) -> None:
    manager, version = signed_in("manager", location_id=world.store.pk), Order.objects.get(pk=order.pk).version
    sent = {"kind": "manual", "reason": "x", f"units-{order.lines.get().pk}": "1", "location": str(world.store.pk)}

    assert manager.post(f"/orders/{order.number}/{what}/", sent).status_code == 404

    order.refresh_from_db()
    assert order.version == version
    assert not order.holds.exists()
    assert (order.lines.get().cancelled, Return.objects.count()) == (0, 0)


def test_an_order_that_came_back_here_is_seen_here(world: World, paris: Client) -> None:
    sent, _parcels = shipped({MUG: 2})
    assert not opens(paris, sent)

    back = [ReturnInput(sent.pk, [Back(sent.lines.get().pk, 1, "sellable", "Too blue")])]
    receive_and_credit(back, actor=SYSTEM, location_id=world.store.pk)

    assert opens(paris, sent)
    assert listed(paris) == [sent.number]


@pytest.mark.parametrize("proof", ["69001", " 690 01", "a@example.com", "A@Example.com"])
def test_number_and_proof_open_an_order_brought_to_the_counter(order: Order, paris: Client, proof: str) -> None:
    assert brought_to_counter(paris, order, proof) == 302
    assert opens(paris, order)


def test_a_proven_order_is_in_no_list(order: Order, paris: Client) -> None:
    brought_to_counter(paris, order)

    assert listed(paris) == []


def test_a_wrong_proof_and_an_unknown_number_get_the_same_answer(order: Order, paris: Client) -> None:
    wrong = paris.post("/orders/at-the-counter/", {"number": order.number, "proof": "75004"})
    unknown = paris.post("/orders/at-the-counter/", {"number": "WEB-NONE", "proof": "75004"})

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert not opens(paris, order)


def test_the_proof_of_one_order_opens_no_other(order: Order, paris: Client) -> None:
    other, _work = released({MUG: 1})
    brought_to_counter(paris, order)

    assert not opens(paris, other)


def test_a_proof_is_forgotten_after_an_hour(order: Order, paris: Client) -> None:
    brought_to_counter(paris, order)
    session = paris.session
    session[reach.PROVEN] = {str(order.pk): (timezone.now() - timedelta(seconds=1)).timestamp()}
    session.save()

    assert not opens(paris, order)


def test_a_proof_holds_for_the_person_who_gave_it(order: Order, paris: Client, world: World) -> None:
    brought_to_counter(paris, order)

    assert not opens(signed_in("store", location_id=world.store.pk), order)


def test_tries_at_one_order_are_counted(order: Order, paris: Client) -> None:
    for _ in range(counter.TRIES_PER_ORDER):
        assert brought_to_counter(paris, order, "wrong") == 422

    assert brought_to_counter(paris, order) == 429
    assert not opens(paris, order)


@pytest.mark.parametrize(
    "sent", [{}, {"number": "", "proof": ""}, {"number": "\0", "proof": "x"}, {"number": "X" * 999}]
)
def test_what_cannot_be_read_is_asked_for_again(paris: Client, sent: dict[str, str]) -> None:
    assert paris.post("/orders/at-the-counter/", sent).status_code == 422


def test_losing_the_place_acts_on_the_next_request(order: Order, lyon: Client, world: World) -> None:
    assert opens(lyon, order)

    Grant.objects.filter(location_id=world.warehouse.pk).update(location_id=world.store.pk)

    assert not opens(lyon, order)
    assert listed(lyon) == []


def test_losing_the_role_shuts_even_what_was_proven(order: Order, paris: Client, world: World) -> None:
    brought_to_counter(paris, order)

    Grant.objects.filter(location_id=world.store.pk).delete()

    assert paris.get(f"/orders/{order.number}/").status_code == 403


def test_several_places_see_the_orders_of_each(order: Order, paris: Client, world: World) -> None:
    grant = Grant.objects.get(location_id=world.store.pk)
    Grant.objects.create(user_id=grant.user_id, role="store", location_id=world.warehouse.pk)

    assert listed(paris) == [order.number]


@pytest.mark.parametrize("role", ["clerk", "warehouse", "finance", "manager"])
def test_people_of_everywhere_see_all(order: Order, role: str) -> None:
    client = signed_in(role)

    assert listed(client) == [order.number]
    assert opens(client, order)
    assert not client.get("/orders/").context["list"].limited


def test_people_of_one_place_do_not_see_what_the_customer_ordered_elsewhere(order: Order, lyon: Client) -> None:
    assert lyon.get(f"/orders/{order.number}/").context["customer_totals"] == []


def test_the_list_of_one_place_asks_no_more_than_that_of_all(
    order: Order, lyon: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        released({MUG: 1})

    with django_assert_max_num_queries(18):
        assert len(listed(lyon)) == 4


def test_who_sees_all_but_works_at_one_place_changes_the_orders_of_that_place_alone(world: World, order: Order) -> None:
    client = signed_in("planner")
    user: Any = client.get("/account/").wsgi_request.user
    at_paris = Grant.objects.create(user=user, role="clerk", location_id=world.store.pk)
    where = f"/orders/{order.number}"

    assert set(client.get(f"{where}/").context["actions"]) & {"hold", "cancel", "contact"} == set()
    assert client.post(f"{where}/hold/", {"kind": "manual"}).status_code == 403
    assert client.get(f"{where}/cancel/").status_code == 403
    assert not order.holds.exists()

    Grant.objects.filter(pk=at_paris.pk).update(location_id=world.warehouse.pk)
    assert {"hold", "cancel", "contact"} <= set(client.get(f"{where}/").context["actions"])
    assert client.post(f"{where}/hold/", {"kind": "manual"}).status_code == 302
    assert order.holds.exists()
