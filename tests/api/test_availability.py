"""What a shop's page shows before anybody orders: units, days, and the places to collect at."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from capture import references
from catalog.models import Variant
from core.actors import SYSTEM
from core.problems import OutOfStock
from inventory.limits.setting import set_cap
from inventory.models import Location, Pool, PoolLocation
from inventory.services import set_safety
from sourcing.network import forget
from tests.api.client import Caller, problem, told
from tests.factories.orders import make_voucher, placed
from tests.factories.supply import coming
from tests.factories.world import CANDLE, MUG, VASE, World, make_channel, make_location, make_pool, open_stock

pytestmark = pytest.mark.django_db


def ask(api: Caller, *skus: str, **more: Any) -> list[dict[str, Any]]:
    references.forget()
    forget()
    query = {"channel": "web", "country": "FR", "postal_code": "69001"} | more
    found: list[dict[str, Any]] = told(api.get("/availability", sku=list(skus), **query))["items"]
    return found


def lets_collect(*places: Location) -> None:
    for place in places:
        Location.objects.filter(pk=place.pk).update(can=[Location.Can.SHIP, Location.Can.PICKUP])


def test_places_to_collect_at_stand_by_their_distance_and_say_when_it_is_ready(world: World, api: Caller) -> None:
    marseille = make_location("SHOP-MRS", "Marseille shop", Location.Kind.STORE, "13001", "Marseille")
    PoolLocation.objects.create(pool=world.pool, location=marseille)
    open_stock(marseille, {world.variants[MUG]: 3})
    lets_collect(world.store, marseille)

    for code, expected in (("75001", ["SHOP-PARIS", "SHOP-MRS"]), ("13005", ["SHOP-MRS", "SHOP-PARIS"])):
        (item,) = ask(api, MUG, postal_code=code)
        assert [place["location"] for place in item["pickup"]] == expected
    assert {place["location"]: place["available"] for place in item["pickup"]} == {"SHOP-MRS": 3, "SHOP-PARIS": 10}
    assert all(datetime.fromisoformat(place["ready_at"]).tzinfo for place in item["pickup"])
    assert (item["available"], item["inbound"]) == (113, [])


def test_a_place_without_the_product_is_no_place_to_collect_it_at(world: World, api: Caller) -> None:
    lets_collect(world.store)
    set_safety(world.variants[MUG].pk, world.store.pk, 10, actor=SYSTEM)

    mug, candle = ask(api, MUG, CANDLE)

    assert mug["pickup"] == []
    assert [place["location"] for place in candle["pickup"]] == ["SHOP-PARIS"]


def test_what_is_not_kept_in_stock_has_no_number(world: World, api: Caller) -> None:
    make_voucher()
    (item,) = ask(api, "VOUCHER")
    assert (item["available"], item["promise"], item["pickup"]) == (None, None, [])


def test_what_is_gone_has_no_promise(world: World, api: Caller) -> None:
    placed({MUG: 110})
    (item,) = ask(api, MUG)
    assert (item["available"], item["promise"]) == (0, None)


def test_what_another_order_can_make_room_for_is_not_shown_as_gone(world: World, api: Caller) -> None:
    make_channel("counter", make_pool("counter", world.warehouse), world.channel.price_list)
    placed({MUG: 100})
    assert Pool.objects.count() == 2

    (item,) = ask(api, MUG, channel="counter")

    assert item["available"] == 10
    assert item["promise"] is not None
    assert placed({MUG: 10}, channel="counter")


def can_be_sold(units: int) -> bool:
    """Whether an order of so many is accepted; nothing of it stays."""
    with transaction.atomic():
        try:
            placed({MUG: units})
        except OutOfStock:
            return False
        finally:
            transaction.set_rollback(True)
    return True


@pytest.mark.parametrize("most", [None, 3, 6, 9])
@pytest.mark.parametrize("here", [0, 5])
def test_what_is_here_and_what_comes_are_together_what_an_order_is_accepted_for(
    world: World, api: Caller, most: int | None, here: int
) -> None:
    Variant.objects.filter(sku=MUG).update(pre_order=True)
    placed({MUG: 110 - here})
    coming(world, 4, due=9)
    coming(world, 2, due=0, reference="PO-2")
    set_cap(world.variants[MUG].pk, world.channel.pk, most, actor=SYSTEM)

    (item,) = ask(api, MUG)

    told_of = item["available"] + sum(each["quantity"] for each in item["inbound"])
    assert told_of == min(here + 6, most or 99)
    assert can_be_sold(told_of)
    assert not can_be_sold(told_of + 1)


def test_what_others_could_make_room_for_is_not_added_to_what_comes(world: World, api: Caller) -> None:
    make_channel("counter", make_pool("counter", world.warehouse), world.channel.price_list)
    Variant.objects.filter(sku=MUG).update(pre_order=True)
    placed({MUG: 100})
    coming(world, 4)

    (item,) = ask(api, MUG, channel="counter")

    assert (item["available"], item["inbound"]) == (10, [])
    with pytest.raises(OutOfStock):
        placed({MUG: 11}, channel="counter")
    assert placed({MUG: 10}, channel="counter")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"channel": "moon"}, ["query", "channel"]),
        ({"country": "XX"}, ["query", "country"]),
        ({"sku": [MUG, "NOTHING"]}, ["query", "sku", 1]),
        ({"sku": [f"S{n}" for n in range(51)]}, ["query", "sku"]),
        ({"method": "drone"}, ["query", "method"]),
        ({"postal_code": "6" * 21}, ["query", "postal_code"]),
    ],
)
def test_what_is_not_known_is_named(world: World, api: Caller, query: dict[str, Any], place: list[Any]) -> None:
    references.forget()
    found = problem(api.get("/availability", **{"sku": MUG, "channel": "web"} | query), 422, "invalid")
    assert [error["loc"] for error in found["errors"]] == [place]


def test_a_channel_that_is_closed_sells_nothing(world: World, api: Caller) -> None:
    type(world.channel).objects.update(is_active=False)
    references.forget()
    assert problem(api.get("/availability", sku=MUG, channel="web"), 422, "invalid")


def test_many_skus_take_as_many_statements_as_one(world: World, api: Caller) -> None:
    ask(api, MUG)
    counts = []
    for skus in ([MUG], [MUG, CANDLE, VASE]):
        with CaptureQueriesContext(connection) as asked:
            told(api.get("/availability", sku=skus, channel="web"))
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 3  # the key, what is there, what comes
