"""Goods that somebody announces by hand: once, in words that help, and told on the timeline."""

from typing import Any

import pytest
from django.test import Client

from catalog.models import Variant
from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import TimelineEntry
from inventory.models import Supply
from inventory.supply.services import change
from tests.factories.people import signed_in
from tests.factories.supply import coming, day, line, waits
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
NEW = "/inbound/new/"
KEY = "0b0e7a52-7f0e-4f55-9d0a-6f2f3b6c7d11"


@pytest.fixture
def world() -> World:
    made = small_world(stock=0, store_stock=0)
    Variant.objects.filter(sku=CANDLE).update(barcode="3760000000017")
    return made


@pytest.fixture
def planner(world: World) -> Client:
    return signed_in("manager")


def said(world: World, **more: Any) -> dict[str, str]:
    """A form that is filled in."""
    given = {
        "sku": MUG, "location": world.warehouse.pk, "quantity": 4, "due": day(6).isoformat(), "reference": "Call of Monday",
        "key": KEY,
    }  # fmt: skip
    return {name: str(value) for name, value in (given | more).items()}


def test_what_is_announced_is_waited_for_at_once(world: World, planner: Client) -> None:
    key = waits(world, 3)
    answer = planner.post(NEW, said(world))
    supply = Supply.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/inbound/{supply.pk}/"
    assert (supply.quantity, supply.due, supply.location, supply.kind) == (4, day(6), world.warehouse, "purchase")
    assert line(key) == {"Call of Monday": 3}
    assert TimelineEntry.objects.get(about=supply.pk, action="supply.expect").actor
    shown = planner.get(answer["Location"]).content.decode()
    assert "announced 4 units for" in shown and "Change…" in shown
    assert disagreements() == []


def test_the_same_form_sent_twice_counts_once(world: World, planner: Client) -> None:
    first, second = planner.post(NEW, said(world)), planner.post(NEW, said(world))
    assert first["Location"] == second["Location"]
    assert Supply.objects.count() == 1


@pytest.mark.parametrize("other", [{"sku": CANDLE}, {"quantity": 100}, {"due": day(8).isoformat()}])
def test_the_same_form_with_something_else_in_it_is_refused_in_words(
    world: World, planner: Client, other: dict[str, Any]
) -> None:
    planner.post(NEW, said(world))
    refused = planner.post(NEW, said(world, **other))
    assert refused.status_code == 422
    assert f"was sent already: 4 of {MUG}" in refused.content.decode()
    assert Supply.objects.get().quantity == 4


def test_sent_again_after_somebody_moved_it_the_same_form_still_counts_once(world: World, planner: Client) -> None:
    first = planner.post(NEW, said(world))
    change(Supply.objects.get().pk, due=day(9), quantity=7, actor=SYSTEM)
    assert planner.post(NEW, said(world))["Location"] == first["Location"]
    assert Supply.objects.get().quantity == 7


@pytest.mark.parametrize("typed", ["3760000000017", CANDLE.lower(), f"  {CANDLE} "])
def test_an_article_is_known_by_its_barcode_or_its_sku_in_any_case(world: World, planner: Client, typed: str) -> None:
    assert planner.post(NEW, said(world, sku=typed)).status_code == 302
    assert Supply.objects.get().variant.sku == CANDLE


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"sku": "NO-SUCH"}, "sku", "look it up"),
        ({"sku": "\x00"}, "sku", ""),
        ({"quantity": "0"}, "quantity", "greater than or equal to 1"),
        ({"quantity": "x"}, "quantity", "whole number"),
        ({"due": "2020-01-01"}, "due", "today or a later day"),
        ({"due": "9999-01-01"}, "due", "five years"),
        ({"due": "soon"}, "due", "Write it like"),
        ({"location": "x"}, "location", ""),
        ({"reference": "  "}, "reference", "required"),
        ({"key": "x"}, "key", ""),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field(
    world: World, planner: Client, more: dict[str, str], field: str, words: str
) -> None:
    refused = planner.post(NEW, said(world, **more))
    assert refused.status_code == 422
    assert words in " ".join(refused.context["form"].errors[field])
    assert not Supply.objects.exists()


def test_what_is_not_kept_in_stock_cannot_come(world: World, planner: Client) -> None:
    Variant.objects.filter(sku=CANDLE).update(is_stocked=False)
    refused = planner.post(NEW, said(world, sku=CANDLE))
    assert "not kept in stock" in refused.content.decode()


def test_the_form_begins_with_the_product_of_the_page_it_was_opened_from(world: World, planner: Client) -> None:
    assert f'{NEW}?sku={MUG}"' in planner.get(f"/stock/{MUG}/").content.decode()
    assert f'value="{MUG}"' in planner.get(f"{NEW}?sku={MUG}").content.decode()
    assert planner.get(f"{NEW}?sku=%00&place=x").status_code == 200
    assert f'href="{NEW}"' in planner.get("/inbound/").content.decode()


def test_who_may_only_look_is_not_offered_it(world: World) -> None:
    shop = signed_in("store", location_id=world.store.pk)
    assert NEW not in shop.get("/inbound/").content.decode()
    assert shop.post(NEW, said(world)).status_code == 403


def test_the_supply_tells_what_happened_to_it(world: World, planner: Client) -> None:
    supply = coming(world, 4)
    planner.post(f"/inbound/{supply.pk}/change/", {"due": day(9).isoformat(), "quantity": "3"})
    waits(world, 1)
    planner.post(f"/inbound/{supply.pk}/arrive/", {"quantity": "2", "version": "2@0"})
    planner.post(f"/inbound/{supply.pk}/close/", {"reason": "sold out"})
    shown = planner.get(f"/inbound/{supply.pk}/").content.decode()
    for words in ("moved it from", "changed the units from 4 to 3", "received 2 units, 1 for orders that waited", "closed it: 1 unit did not come"):  # fmt: skip
        assert words in shown
