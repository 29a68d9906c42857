"""Two people at once: whoever acts on a page that is out of date is told who changed what, and loses nothing."""

import re
from typing import Any

import pytest
from django.test import Client

from core import versions
from core.actors import SYSTEM, Actor
from customers.editing import Particulars, edit_customer
from customers.models import Customer
from inventory.models import Stock
from orders.models import Order
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db
CLAIRE = Actor("user", "Claire", "1")


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def clerk(world: World) -> Client:
    return signed_in("clerk", name="bruno")


def shown(client: Client, path: str) -> str:
    """The version that the page at `path` carries in its forms."""
    found = re.search(r'name="version" value="([^"]+)"', client.get(path).content.decode())
    assert found
    return found[1]


def cancelled_meanwhile(order: Order, client: Client) -> str:
    """What Bruno's page shows, before Claire cancels a unit."""
    version = shown(client, f"/orders/{order.number}/cancel/")
    claire = signed_in("clerk", name="claire")
    line = order.lines.get()
    claire.post(f"/orders/{order.number}/cancel/", {"reason": "Ordered twice", f"units-{line.pk}": "1"})
    return version


def test_it_says_who_changed_what_and_keeps_what_was_typed(clerk: Client) -> None:
    order = placed({MUG: 3})
    line = order.lines.get()
    version = cancelled_meanwhile(order, clerk)

    typed = {"reason": "Too <slow>", f"units-{line.pk}": "2", "version": version}
    answer = clerk.post(f"/orders/{order.number}/cancel/", typed)
    text = answer.content.decode()

    assert answer.status_code == 412
    assert "claire" in text
    assert "cancelled 1 unit" in text
    assert "Too &lt;slow&gt;" in text
    assert f'name="units-{line.pk}" value="2"' in text
    line.refresh_from_db()
    assert line.cancelled == 1


def test_it_can_be_done_all_the_same_on_the_new_state(clerk: Client) -> None:
    order = placed({MUG: 3})
    line = order.lines.get()
    typed = {"reason": "Slow", f"units-{line.pk}": "2", "version": cancelled_meanwhile(order, clerk)}
    stale = clerk.post(f"/orders/{order.number}/cancel/", typed).content.decode()
    found = re.search(r'name="version" value="([^"]+)"', stale)
    assert found

    answer = clerk.post(f"/orders/{order.number}/cancel/", typed | {"version": found[1]})

    assert answer.status_code == 302
    line.refresh_from_db()
    assert line.cancelled == 3


def test_looking_again_shows_the_form_as_typed_on_the_new_state(clerk: Client) -> None:
    order = placed({MUG: 3})
    line = order.lines.get()
    typed = {"reason": "Slow", f"units-{line.pk}": "2", "version": cancelled_meanwhile(order, clerk)}

    answer = clerk.post(f"/orders/{order.number}/cancel/", typed | {"look-again": "yes"})
    text = answer.content.decode()

    assert answer.status_code == 200
    assert 'value="Slow"' in text
    assert 'max="2" value="2"' in text
    line.refresh_from_db()
    assert line.cancelled == 1


def test_twin_without_the_version_a_unit_too_many_is_cancelled(clerk: Client) -> None:
    """Claire and Bruno both cancel the one unit that the customer no longer wants."""
    order = placed({MUG: 3})
    line = order.lines.get()
    typed = {"reason": "Customer changed their mind", f"units-{line.pk}": "1"}
    version = cancelled_meanwhile(order, clerk)

    clerk.post(f"/orders/{order.number}/cancel/", typed)
    line.refresh_from_db()
    assert line.cancelled == 2  # the damage

    clerk.post(f"/orders/{order.number}/cancel/", typed | {"version": version})
    line.refresh_from_db()
    assert line.cancelled == 2  # held to the version: no more


@pytest.mark.parametrize("what", ["hold", "take-back", "contact"])
def test_every_form_of_the_order_page_is_held_to_its_version(clerk: Client, what: str) -> None:
    order = placed({MUG: 3})
    version = cancelled_meanwhile(order, clerk)

    answer = clerk.post(f"/orders/{order.number}/{what}/", {"version": version, "kind": "manual", "email": "a@b.cd"})

    assert answer.status_code == 412


def test_a_note_is_right_on_any_state(clerk: Client) -> None:
    order = placed({MUG: 3})
    version = cancelled_meanwhile(order, clerk)

    answer = clerk.post(f"/orders/{order.number}/note/", {"version": version, "text": "Call before noon"})

    assert answer.status_code == 302


@pytest.mark.parametrize("version", ["1@x", "1@99999999999999999999", "@", "x@1", "1@-5", "\0@\0", "1@٣"])
def test_nonsense_for_a_version_is_no_error(clerk: Client, version: str) -> None:
    order = placed({MUG: 3})

    answer = clerk.post(f"/orders/{order.number}/hold/", {"version": version, "kind": "manual"})

    assert answer.status_code in (302, 412)


# The customer


def particulars(customer: Customer, **changed: str) -> dict[str, str]:
    names = ("first_name", "last_name", "email", "phone", "language")
    return {name: getattr(customer, name) for name in names} | changed


def test_a_customer_edited_by_two_is_not_overwritten(clerk: Client) -> None:
    customer = placed().customer
    assert customer
    path = f"/customers/{customer.pk}/edit/"
    version = shown(clerk, path)
    edit_customer(customer.pk, Particulars(**particulars(customer, phone="+33 1 23")), actor=CLAIRE)

    answer = clerk.post(path, particulars(customer, last_name="Durand") | {"version": version})
    text = answer.content.decode()

    assert answer.status_code == 412
    assert "Claire" in text
    assert "+33 1 23" in text
    assert "Durand" in text
    customer.refresh_from_db()
    assert (customer.phone, customer.last_name == "Durand") == ("+33 1 23", False)


def test_twin_without_the_version_the_telephone_is_lost(clerk: Client) -> None:
    customer = placed().customer
    assert customer
    edit_customer(customer.pk, Particulars(**particulars(customer, phone="+33 1 23")), actor=CLAIRE)

    clerk.post(f"/customers/{customer.pk}/edit/", particulars(customer, last_name="Durand"))

    customer.refresh_from_db()
    assert customer.phone != "+33 1 23"  # the damage


def test_the_same_edit_twice_is_one(world: World) -> None:
    customer = placed().customer
    assert customer
    given = Particulars(**particulars(customer, phone="+33 9"))
    edit_customer(customer.pk, given, actor=SYSTEM)

    again = edit_customer(customer.pk, given, actor=SYSTEM, version="1")

    assert again.version == 2


# The live notice


def live(client: Client, order: Order, since: Any) -> Any:
    return client.get(f"/orders/{order.number}/live/", {"since": since})


def read_at(client: Client, order: Order) -> str:
    found = re.search(r"/live/\?since=(\d+)", client.get(f"/orders/{order.number}/").content.decode())
    assert found
    return found[1]


def test_the_page_hears_of_what_another_did_meanwhile(clerk: Client) -> None:
    order = placed({MUG: 3})
    since = read_at(clerk, order)
    assert live(clerk, order, since).status_code == 204
    cancelled_meanwhile(order, clerk)

    answer = live(clerk, order, since)

    assert answer.status_code == 200
    assert "claire" in answer.content.decode()


def test_nobody_is_told_of_what_they_did_themselves(clerk: Client) -> None:
    order = placed({MUG: 3})
    since = read_at(clerk, order)
    clerk.post(f"/orders/{order.number}/note/", {"text": "I was here"})

    assert live(clerk, order, since).status_code == 204


def test_looking_costs_one_question_of_its_own(clerk: Client, django_assert_num_queries: Any) -> None:
    order = placed({MUG: 3})
    live(clerk, order, 1)
    with django_assert_num_queries(4):  # the session, the person, their rights, and the timeline
        live(clerk, order, 1)


@pytest.mark.parametrize("since", ["", "x", "-1", "9" * 40, "\0"])
def test_a_moment_that_cannot_be_read_tells_nothing(clerk: Client, since: str) -> None:
    assert live(clerk, placed(), since).status_code == 204


def test_a_version_is_told_with_its_moment() -> None:
    assert re.fullmatch(r"7@\d{13}", versions.token(7))


# Stock


def correction(world: World, **more: str) -> dict[str, str]:
    return {"location": str(world.warehouse.pk), "quantity": "-2", "reason": "lost", "note": "Counted"} | more


def on_hand(world: World) -> int:
    return int(Stock.objects.get(variant__sku=MUG, location=world.warehouse).on_hand)


def test_two_who_count_the_same_shelf_do_not_both_take_away_what_is_missing(world: World) -> None:
    bruno, claire = signed_in("warehouse", name="bruno"), signed_in("warehouse", name="claire")
    version, before = shown(bruno, f"/stock/{MUG}/"), on_hand(world)
    assert claire.post(f"/stock/{MUG}/adjust/", correction(world)).status_code == 302

    answer = bruno.post(f"/stock/{MUG}/adjust/", correction(world, version=version))
    text = answer.content.decode()

    assert answer.status_code == 412
    assert "claire" in text
    assert "by -2" in text
    assert on_hand(world) == before - 2


def test_twin_without_the_version_the_shelf_is_short_twice(world: World) -> None:
    bruno, claire, before = signed_in("warehouse"), signed_in("warehouse", name="claire"), on_hand(world)
    for each in (claire, bruno):
        each.post(f"/stock/{MUG}/adjust/", correction(world))

    assert on_hand(world) == before - 4  # the damage


def test_looking_again_at_the_stock_keeps_what_was_typed(world: World) -> None:
    bruno = signed_in("warehouse")

    answer = bruno.post(f"/stock/{MUG}/adjust/", correction(world) | {"look-again": "yes"})

    assert answer.status_code == 200
    assert 'value="-2"' in answer.content.decode()
