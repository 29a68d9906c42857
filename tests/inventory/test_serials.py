"""Serial numbers where they become known: told once, spelt one way, and counting nothing."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Variant
from catalog.services import set_serials
from core.actors import SYSTEM
from core.db import run
from core.invariants import disagreements
from core.models import TimelineEntry
from core.problems import Conflict, Invalid, NotFound
from inventory.models import SerialNumber, Stock
from inventory.serials.gone import find_again, mark_gone
from inventory.serials.registering import Named, register
from tests.factories.people import signed_in
from tests.factories.serials import asked_of, lying, registered, sent_by_number, serial
from tests.factories.world import MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Vases ask for their numbers."""
    world = small_world(stock=10, store_stock=0)
    asked_of(world.variants[VASE])
    return world


def named(world: World, *codes: str, **more: Any) -> Named:
    return Named(world.variants[VASE].pk, world.warehouse.pk, codes, **more)


def wrong(*given: Named) -> list[tuple[list[Any], str]]:
    with pytest.raises(Invalid) as refused:
        register(given, actor=SYSTEM)
    return [(error["loc"], error["msg"]) for error in refused.value.errors]


def test_an_article_asks_for_numbers_and_no_longer(world: World) -> None:
    mug = world.variants[MUG]
    assert set_serials(mug.pk, True, actor=SYSTEM) is True
    assert set_serials(mug.pk, True, actor=SYSTEM) is False
    assert set_serials(mug.pk, False, actor=SYSTEM) is True
    said = TimelineEntry.objects.filter(about=mug.pk, action="variant.serials").order_by("id")
    assert list(said.values_list("before", "after")) == [("off", "on"), ("on", "off")]
    Variant.objects.filter(pk=mug.pk).update(is_stocked=False)
    with pytest.raises(Conflict, match="not kept in stock"):
        set_serials(mug.pk, True, actor=SYSTEM)
    with pytest.raises(NotFound):
        set_serials(world.warehouse.pk, True, actor=SYSTEM)


def test_numbers_are_spelt_one_way_and_count_nothing(world: World) -> None:
    before = Stock.objects.get(variant__sku=VASE).on_hand
    assert register([named(world, " ab-12/x ", "cd#34")], actor=SYSTEM) == 2
    assert lying("AB-12/X") == lying("CD#34") == ("here", "DC-LYON")
    assert Stock.objects.get(variant__sku=VASE).on_hand == before
    assert disagreements() == []


def test_each_wrong_number_is_named_and_nothing_is_kept(world: World) -> None:
    registered(world.variants[VASE], world.warehouse, "V-1")
    assert wrong(named(world, "V-2", "v-2")) == [(["serials", 1], "V-2 stands here twice")]
    assert wrong(named(world, "V-2", "V-1")) == [
        (["serials", 1], "V-1 is known already: it lies at Lyon warehouse")
    ]  # fmt: skip
    for text in ("", "a b", "é", "x" * 65):
        ((loc, said),) = wrong(named(world, "V-2", text))
        assert loc == ["serials", 1] and "is no serial number" in said
    assert wrong(named(world, "V-2", "V-3", most=1, loc=("lines", 0, "serials"))) == [
        (["lines", 0, "serials"], "2 numbers are too many: one for each unit at most")
    ]
    mug = Named(world.variants[MUG].pk, world.warehouse.pk, ["M-1"])
    assert wrong(mug) == [(["serials"], f"{MUG} does not ask for serial numbers: leave them out")]
    assert list(SerialNumber.objects.values_list("code", flat=True)) == ["V-1"]


def test_a_unit_that_was_sent_or_is_gone_comes_in_by_its_own_way(world: World) -> None:
    registered(world.variants[VASE], world.warehouse, "V-1", "V-2")
    order, _parcel = sent_by_number(world.variants[VASE], ["V-1"])
    mark_gone(serial("V-2").pk, reason="stolen", actor=SYSTEM)
    (sent, gone) = wrong(named(world, "V-1", "V-2"))
    assert f"V-1 was sent with order {order.number} (today" in sent[1]
    assert gone[1] == "V-2 is marked as gone (stolen): mark it as found first"


def test_a_unit_is_gone_and_found_again_with_reasons(world: World) -> None:
    registered(world.variants[VASE], world.warehouse, "V-1")
    key = serial("V-1").pk
    with pytest.raises(Invalid, match="say what became of it"):
        mark_gone(key, reason=" ", actor=SYSTEM)
    mark_gone(key, reason="scrapped", actor=SYSTEM)
    assert (lying("V-1"), serial("V-1").reason) == (("gone", ""), "scrapped")
    with pytest.raises(Conflict, match="does not lie here"):
        mark_gone(key, reason="lost", actor=SYSTEM)
    with pytest.raises(Invalid, match="no such place"):
        find_again(key, key, reason="x", actor=SYSTEM)
    find_again(key, world.store.pk, reason="came up", actor=SYSTEM)
    assert (lying("V-1"), serial("V-1").reason) == (("here", "SHOP-PARIS"), "")
    with pytest.raises(Conflict, match="is not gone"):
        find_again(key, world.store.pk, reason="again", actor=SYSTEM)
    with pytest.raises(NotFound):
        mark_gone(world.store.pk, reason="x", actor=SYSTEM)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("location_id = NULL", "serial_lies_somewhere"),
        ("state = 'sent'", "serial_lies_somewhere"),
        ("state = 'lost', location_id = NULL", "serial_state"),
        ("state = 'gone', location_id = NULL", "serial_gone_why"),
        ("reason = 'why'", "serial_gone_why"),
        ("code = 'v-1'", "serial_spelt"),
        ("code = 'V 1'", "serial_spelt"),
        ("code = ''", "serial_spelt"),
        ("code = 'V-2'", "serial_once"),
    ],
)
def test_the_database_refuses_what_no_number_can_be(world: World, change: str, constraint: str) -> None:
    registered(world.variants[VASE], world.warehouse, "V-1", "V-2")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        run(f"UPDATE inventory_serialnumber SET {change} WHERE code = 'V-1'")


# Pages


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_numbers_are_switched_on_and_registered_on_the_article_s_page(world: World) -> None:
    planner, dock = signed_in("planner"), signed_in("warehouse", name="dock")
    page = f"/stock/{MUG}/"
    assert "Register numbers" not in text(dock.get(page))
    planner.post(f"{page}serials/", {"may": "on"})
    assert "Register numbers" in text(dock.get(page))
    place = str(world.warehouse.pk)
    done = dock.post(f"{page}serials/register/", {"location": place, "serials": "m-1\nm-2\r\n"}, follow=True)
    assert "2 serial numbers are known now." in text(done)
    refused = dock.post(f"{page}serials/register/", {"location": place, "serials": "M-3\nM-1"})
    assert refused.status_code == 422
    assert "M-1 is known already" in text(refused)
    assert "M-3" in text(refused), "what was typed is kept"
    assert not SerialNumber.objects.filter(code="M-3").exists()
    empty = dock.post(f"{page}serials/register/", {"location": place, "serials": " "})
    assert "Give at least one number." in text(empty)


def test_the_list_finds_numbers_by_beginning_article_place_and_state(world: World) -> None:
    registered(world.variants[VASE], world.warehouse, "V-1", "V-2")
    registered(world.variants[VASE], world.store, "W-1")
    mark_gone(serial("V-2").pk, reason="lost", actor=SYSTEM)
    client = signed_in("warehouse")
    for query, found in (
        ("q=v-", {"V-1", "V-2"}),
        (f"sku={VASE}", {"V-1", "V-2", "W-1"}),
        ("place=SHOP-PARIS", {"W-1"}),
        ("state=gone", {"V-2"}),
        ("q=nothing", set()),
    ):
        page = text(client.get(f"/serials/?{query}"))
        assert {code for code in ("V-1", "V-2", "W-1") if f">{code}</a>" in page} == found, query


def test_the_page_tells_state_place_history_and_what_became_of_it(world: World) -> None:
    registered(world.variants[VASE], world.warehouse, "V-1")
    client, page = signed_in("warehouse"), f"/serials/{serial('V-1').pk}/"
    shown = text(client.get(page))
    assert "Lyon warehouse" in shown and "made it known at Lyon warehouse" in shown
    assert client.post(f"{page}gone/", {"reason": ""}).status_code == 422
    assert "Marked as gone" in text(client.post(f"{page}gone/", {"reason": "stolen"}, follow=True))
    again = client.post(f"{page}gone/", {"reason": "stolen"})
    assert (again.status_code, "V-1 does not lie here" in text(again)) == (409, True)
    back = {"location": str(world.warehouse.pk), "reason": "came up"}
    assert "It is here again." in text(client.post(f"{page}found/", back, follow=True))
    assert "found it again at Lyon warehouse" in text(client.get(page))
    assert client.get(f"/serials/{world.store.pk}/").status_code == 404


def test_only_who_sees_customers_reads_whose_it_is(world: World) -> None:
    order, _parcel = sent_by_number(world.variants[VASE], ["V-1"])
    page = f"/serials/{serial('V-1').pk}/"
    who = order.customer_name or order.email
    assert who in text(signed_in("manager").get(page))
    planner = text(signed_in("planner", name="planner2").get(page))
    assert order.number in planner and who not in planner


def test_the_search_opens_a_number_and_finds_its_beginning(world: World) -> None:
    registered(world.variants[VASE], world.warehouse, "SER-100", "SER-200")
    client = signed_in("manager")
    opened = client.get("/search/?q=ser-100")
    assert opened.status_code == 302 and opened["Location"] == f"/serials/{serial('SER-100').pk}/"
    found = text(client.get("/search/?q=SER-"))
    assert "SER-100" in found and "SER-200" in found
