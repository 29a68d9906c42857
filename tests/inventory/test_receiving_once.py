"""Goods that are received by a form which is sent twice come once."""

from typing import Any

import pytest

from core.ids import new_id
from core.invariants import disagreements
from inventory.models import Stock
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db
PAGE = f"/stock/{MUG}/receive/"


@pytest.fixture
def world() -> World:
    return small_world()


def on_hand(world: World) -> int:
    return Stock.objects.get(variant__sku=MUG, location=world.warehouse).on_hand


def goods(world: World, key: Any, quantity: int = 5) -> dict[str, str]:
    return {"location": str(world.warehouse.pk), "quantity": str(quantity), "condition": "sellable", "key": str(key)}


def key_on(page: str) -> str:
    return page.partition('id="receive-dialog"')[2].partition('name="key" value="')[2].partition('"')[0]


def test_a_form_that_is_sent_twice_receives_once(world: World) -> None:
    client, given = signed_in("warehouse"), goods(world, new_id())
    for _ in range(2):
        assert client.post(PAGE, given).status_code == 302
    assert on_hand(world) == 105
    assert disagreements() == []


def test_another_quantity_by_the_same_form_is_refused_in_words_and_taken_when_it_is_sent_again(world: World) -> None:
    client, key = signed_in("warehouse"), new_id()
    client.post(PAGE, goods(world, key))
    answer = client.post(PAGE, goods(world, key, 7))
    assert answer.status_code == 409
    told = answer.content.decode()
    assert "Goods were received by this form before. Receive again if more has come." in told
    assert 'value="7"' in told, "what was typed is kept"
    assert key_on(told) != str(key)
    assert client.post(PAGE, goods(world, key_on(told), 7)).status_code == 302
    assert on_hand(world) == 112


def test_a_refused_form_keeps_its_key_and_every_page_has_another_one(world: World) -> None:
    client, key = signed_in("warehouse"), new_id()
    assert key_on(client.post(PAGE, goods(world, key, 0)).content.decode()) == str(key)
    first, second = (key_on(client.get(f"/stock/{MUG}/").content.decode()) for _ in range(2))
    assert first and first != second
