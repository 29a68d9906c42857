"""Every list: it opens for those who may, whatever its address says, with few queries, for one's own places only."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from catalog.models import Product, Variant
from core.actors import SYSTEM
from core.days import reader_day
from core.ids import new_id
from core.incidents import open_incident
from core.lists import registry
from fulfillment.models import Shipment
from inventory.services import In, receive
from tests.factories.orders import placed, shipped
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db
LISTS = ["customers", "exceptions", "mail", "orders", "parcels", "payments", "people", "returns", "stock"]
NONSENSE = ["\0", "'", "%", "99999999999999999999", "-1", "é" * 300, "0" * 36, "2026-13-45", "null", "🙂"]


@pytest.fixture
def world() -> World:
    made = small_world(stock=50)
    order, _work = shipped()
    open_incident("parcel_lost", about=order.pk, actor=SYSTEM)
    placed({MUG: 2})
    return made


def page(client: Client, name: str, query: str = "view=all") -> Any:
    return client.get(f"{reverse(registry.get(name).route)}?{query}")


def ids(answer: Any) -> list[Any]:
    return [row.item.pk for row in answer.context["list"].rows]


@pytest.mark.parametrize("name", LISTS)
def test_it_shows_rows_with_every_column_and_their_values(world: World, name: str) -> None:
    spec, reader = registry.get(name), signed_in("admin")
    every = ",".join(column.name for column in spec.columns)

    answer = page(reader, name, f"view=all&columns={every}")

    assert answer.status_code == 200
    if name not in ("mail", "returns"):
        assert ids(answer)
    items = [row.item for row in answer.context["list"].rows]
    for _header, value in spec.exported(QueryDict(f"columns={every}")):
        for item in items:
            assert "<" not in str(value(item)), "a plain value for a file"


@pytest.mark.parametrize("name", LISTS)
def test_each_tab_each_order_and_each_panel_opens(world: World, name: str) -> None:
    spec, reader = registry.get(name), signed_in("admin")
    queries = [tab.query or "view=all" for tab in spec.tabs]
    queries += [f"sort={sort.by}" for sort in spec.sorts]
    queries += ["panel=filters", "panel=columns", "panel=save", "panel=view", "panel=nowhere", "size=25", "size=7"]

    for query in queries:
        assert page(reader, name, query).status_code == 200, query


@pytest.mark.parametrize("name", LISTS)
def test_each_choice_of_each_filter_is_answered_and_told(world: World, name: str) -> None:
    spec, reader = registry.get(name), signed_in("admin")
    for each in spec.filters:
        for value, _word, *_on in each.fields(None).get("options", []):
            shown = page(reader, name, urlencode({each.name: value})).context["list"]
            assert shown.reading.values, f"{each.name}={value}"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_the_address_is_left_out(world: World, name: str, value: str) -> None:
    spec, reader = registry.get(name), signed_in("admin")
    names = [name for each in spec.filters for name in each.names] + ["q", "sort", "columns", "size", "view", "panel"]

    assert page(reader, name, urlencode(dict.fromkeys(names, value))).status_code == 200
    assert page(reader, name, urlencode({"cursor": value})).status_code == 422


@pytest.mark.parametrize("name", LISTS)
def test_nobody_sees_a_list_without_its_permission(world: World, name: str) -> None:
    assert page(signed_in(""), name).status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_its_queries_do_not_grow_with_its_rows(
    world: World, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    reader = signed_in("admin")
    for _ in range(3):
        order, _work = shipped()
        open_incident("parcel_lost", about=order.pk, actor=SYSTEM)
    page(reader, name)

    with django_assert_max_num_queries(14):
        page(reader, name)


@pytest.mark.parametrize("name", ["parcels", "payments"])
def test_the_number_of_an_order_leads_to_its_page(world: World, name: str) -> None:
    html = page(signed_in("manager"), name).content.decode()

    assert re.search(r'href="/orders/([^"/]+)/[^"]*">\1</a>', html)


def test_a_parcel_leads_to_its_own_page(world: World) -> None:
    parcel = Shipment.objects.latest("id")

    assert f'href="/work/parcels/{parcel.pk}/"' in page(signed_in("manager"), "parcels").content.decode()


def test_boxes_to_tick_are_the_last_of_the_filters(world: World) -> None:
    kinds = [
        control["filter"].kind
        for control in page(signed_in("manager"), "orders", "panel=filters").context["list"].controls
    ]

    assert "flag" in kinds
    assert kinds == sorted(kinds, key=lambda kind: kind == "flag")


@pytest.mark.parametrize("name", ["orders", "parcels", "returns", "payments"])
def test_people_of_another_place_see_nothing_of_it(world: World, name: str) -> None:
    parcel = Shipment.objects.get()
    here = signed_in("manager", location_id=parcel.fulfillment_order.location_id)
    client = signed_in("manager", location_id=world.store.pk)
    assert parcel.fulfillment_order.location_id != world.store.pk

    assert ids(page(client, name)) == []
    if name != "returns":
        assert len(ids(page(here, name))) == 1


def test_a_tab_stays_the_place_where_one_is_while_filters_are_added(world: World) -> None:
    shown = page(signed_in("clerk"), "orders", "status=placed&channel=web").context["list"]

    assert shown.tab.name == "placed"
    assert [chip["label"] for chip in shown.chips] == ["Channel: Web"]


def test_several_states_are_one_list_in_the_order_of_time(world: World) -> None:
    clerk = signed_in("clerk")
    newest_first = [row.placed_at for row in page(clerk, "orders").context["page"].items]
    both = page(clerk, "orders", "status=placed&status=shipped").context["page"].items

    assert [row.placed_at for row in both] == newest_first
    assert [
        row.pk for row in page(clerk, "orders", "status=placed&status=shipped&sort=placed").context["page"].items
    ] == [row.pk for row in reversed(both)]


def test_an_order_of_sorting_that_needs_open_orders_says_so(world: World) -> None:
    clerk = signed_in("clerk")

    assert "only a part of the list" in page(clerk, "orders", "sort=-total").content.decode()
    shown = page(clerk, "orders", "status=placed&sort=-total").context["list"]
    assert shown.reading.order == "-total"
    assert shown.heads[[head.column.name for head in shown.heads].index("total")].sorted == "descending"


def test_the_exceptions_open_with_what_is_open(world: World) -> None:
    assert signed_in("manager").get("/exceptions/")["Location"] == "/exceptions/?state=open"


def test_a_parcel_that_left_and_says_nothing_more_is_overdue(world: World) -> None:
    parcel, manager = Shipment.objects.get(), signed_in("manager")
    assert parcel.status == "shipped"
    Shipment.objects.update(expected_on=reader_day() - timedelta(1))

    shown = page(manager, "parcels", "overdue=1")

    assert ids(shown) == [parcel.pk]
    assert next(tab["count"] for tab in shown.context["list"].tabs if tab["on"]) == 1


def test_a_parcel_is_found_by_its_own_number_and_its_orders(world: World) -> None:
    parcel, manager = Shipment.objects.get(), signed_in("manager")

    for text in (parcel.tracking_number, parcel.order.number.lower()):
        assert ids(page(manager, "parcels", urlencode({"q": text}))) == [parcel.pk], text
    assert ids(page(manager, "parcels", "q=WEB-1")) == []


@pytest.mark.parametrize("number", ["number", "external_id", "tracking_number"])
def test_the_ledger_finds_what_was_booked_for_an_order_by_any_number_of_it(world: World, number: str) -> None:
    order, (parcel,) = shipped(external_id="SHOP-9")
    text = getattr(Shipment.objects.get(pk=parcel) if number == "tracking_number" else order, number)

    found = page(signed_in("finance"), "journal", urlencode({"q": text.lower()})).context["page"].items

    assert {entry.about for entry in found} == {order.pk}


def test_the_ledger_finds_what_is_about_no_order_by_a_part_of_its_label(world: World) -> None:
    units = In(world.variants[MUG].pk, world.warehouse.pk, 3)
    receive([units], source=new_id(), actor=SYSTEM, note="Late delivery of Monday")

    (entry,) = page(signed_in("finance"), "journal", "q=ELIVERY of mon").context["page"].items

    assert entry.label == "Late delivery of Monday"


@pytest.mark.parametrize("text", ["mug-b", "MUG-BLUE", "376012345", "émaill", "emaille vaiss", "tablew"])
def test_stock_is_found_by_sku_barcode_and_name_in_any_language(world: World, text: str) -> None:
    variant = world.variants[MUG]
    Variant.objects.filter(pk=variant.pk).update(barcode="376012345")
    Product.objects.filter(pk=variant.product_id).update(names={"en": "Tableware", "fr": "Vaisselle émaillée"})

    assert variant.pk in ids(page(signed_in("clerk"), "stock", urlencode({"q": text})))


@pytest.mark.parametrize("text", ["lue", "37601", "bl", "en", "%", "MUG_BLUE"])
def test_stock_is_not_found_by_a_part_of_its_numbers(world: World, text: str) -> None:
    Variant.objects.filter(sku=MUG).update(barcode="376012345")

    assert ids(page(signed_in("clerk"), "stock", urlencode({"q": text}))) == []
