"""The limits of a product on one page: set at once, by two people, refused by the field; and for many products."""

from typing import Any

import pytest

from core.actors import SYSTEM
from core.invariants import disagreements
from core.problems import Conflict
from inventory.limits.setting import set_fence
from inventory.models import Cap, Fence, PoolLocation, Stock
from inventory.services import set_safety
from orders.models import Channel
from orders.shares.limits import limits_of, set_aside, set_limits
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, make_channel, small_world

pytestmark = pytest.mark.django_db
PAGE = f"/stock-limits/{MUG}/"


@pytest.fixture
def world() -> World:
    found = small_world(stock=50, store_stock=20)
    make_channel("kiosk", found.pool, found.channel.price_list)
    return found


def typed(world: World, **more: Any) -> dict[str, Any]:
    """The page as it stands, with some boxes changed."""
    now = limits_of(world.variants[MUG].pk)
    boxes: dict[str, Any] = {"version": f"{now.version}"}
    return boxes | more


def channel(code: str) -> Channel:
    return Channel.objects.get(code=code)


def test_all_limits_are_set_at_once(world: World) -> None:
    kiosk, store = channel("kiosk").pk, world.store.pk
    boxes = {f"safety-{store}": "4", f"fence-{store}": "6", f"cap-{kiosk}": "9", f"withheld-{world.warehouse.pk}": "on"}  # fmt: skip
    page = signed_in("planner").post(PAGE + "?channel=kiosk", boxes, follow=True)
    assert "4 limits are changed." in page.content.decode()
    assert (Fence.objects.get().units, Cap.objects.get().most) == (6, 9)
    assert Stock.objects.get(variant__sku=MUG, location=store).safety == 4
    assert Stock.objects.get(variant__sku=MUG, location=world.warehouse).withheld
    assert disagreements() == []


def test_the_page_shows_what_is_used(world: World) -> None:
    mug, kiosk = world.variants[MUG].pk, channel("kiosk").pk
    set_fence(mug, world.warehouse.pk, kiosk, 10, actor=SYSTEM)
    placed({MUG: 3}, channel="kiosk")
    text = signed_in("planner").get(PAGE).content.decode()
    assert "3 promised · 0 gone · 7 left" in text


def test_saving_the_page_as_it_stands_changes_nothing(world: World) -> None:
    set_safety(world.variants[MUG].pk, world.store.pk, 4, actor=SYSTEM)
    now = limits_of(world.variants[MUG].pk)
    assert set_limits(now.variant_id, now.wish(), actor=SYSTEM) == 0


@pytest.mark.parametrize(("typed", "said"), [("-1", "greater than or equal to 0"), ("many", "Enter a whole number")])
def test_what_cannot_be_meant_is_refused_beside_its_box(world: World, typed: str, said: str) -> None:
    page = signed_in("planner").post(PAGE, {f"safety-{world.store.pk}": typed, f"cap-{channel('kiosk').pk}": "5"})
    text = page.content.decode()
    assert page.status_code == 422
    assert said in text
    assert (f'value="{typed}"' in text, 'value="5"' in text) == (True, True)
    assert not Cap.objects.exists()


def test_of_two_who_set_limits_the_second_is_told(world: World) -> None:
    planner, other = signed_in("planner"), signed_in("manager")
    page = planner.get(PAGE)
    version = page.content.decode().split('name="version" value="')[1].split('"')[0]
    other.post(PAGE, {f"safety-{world.store.pk}": "5"})
    answer = planner.post(PAGE, {"version": version, f"safety-{world.store.pk}": "7"})
    assert answer.status_code == 409 or "changed" in answer.content.decode()
    assert Stock.objects.get(variant__sku=MUG, location=world.store).safety == 5


def test_a_channel_has_nothing_set_aside_where_it_does_not_sell(world: World) -> None:
    mug, kiosk = world.variants[MUG].pk, channel("kiosk").pk
    set_aside(mug, world.store.pk, kiosk, 3, actor=SYSTEM)
    PoolLocation.objects.filter(location=world.store).delete()
    with pytest.raises(Conflict):
        set_aside(mug, world.store.pk, kiosk, 4, actor=SYSTEM)
    assert "Set aside for Kiosk at Paris shop" in signed_in("planner").get(PAGE + "?channel=kiosk").content.decode()
    set_aside(mug, world.store.pk, kiosk, 0, actor=SYSTEM)
    assert not Fence.objects.exists()


def test_an_unknown_product_is_named(world: World) -> None:
    page = signed_in("planner").get("/stock-limits/NO-SUCH/")
    assert page.status_code == 404
    assert "NO-SUCH" in page.content.decode()
