"""The list of lost sales, its sums, and what the planner's home tells of it."""

from typing import Any

import pytest
from django.core.cache import cache
from pytest_django.fixtures import DjangoAssertNumQueries

from capture import refused
from core.problems import OutOfStock
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, World, make_channel, open_stock, small_world

pytestmark = pytest.mark.django_db
ALL = "/lost-sales/?state=lost"


@pytest.fixture
def world() -> World:
    """Two channels; eight mugs and nine candles wanted, five of each to be had; the candles were sold later."""
    world = small_world(stock=3, store_stock=2)
    make_channel("mobile", world.pool, world.channel.price_list)
    for units, more in (({MUG: 8}, {}), ({MUG: 6}, {"channel": "mobile"}), ({CANDLE: 9}, {"external_id": "S1"})):
        refuse(units, **more)
    open_stock(world.store, {world.variants[CANDLE]: 10})
    placed({CANDLE: 9}, external_id="S1")
    refused.settle()
    return world


def refuse(units: dict[str, int], **more: Any) -> None:
    with pytest.raises(OutOfStock):
        placed(units, **more)


def test_lost_sales_add_up_by_product_and_channel(world: World) -> None:
    shown = signed_in("planner").get(ALL)
    assert (shown.context["lost_units"], shown.context["lost_value"]) == (4, "€40.00")
    assert [(bar["label"], bar["value"]) for bar in shown.context["products"]["items"]] == [(MUG, 4)]
    assert [(bar["label"], bar["value"]) for bar in shown.context["channels"]["items"]] == [("Web", 3), ("Mobile", 1)]
    assert sum(bar.value for bar in shown.context["chart"].bars) == 4


def test_a_bar_leads_to_its_rows_and_a_row_to_its_product(world: World) -> None:
    planner = signed_in("planner")
    shown = planner.get(ALL)
    narrowed = planner.get(shown.context["channels"]["items"][1]["href"])
    assert [(row.wanted, row.had) for row in narrowed.context["page"].items] == [(6, 5)]
    assert narrowed.context["lost_units"] == 1
    assert f'href="/stock/{MUG}/"' in narrowed.content.decode()


def test_what_was_sold_later_names_its_order(world: World) -> None:
    text = signed_in("planner").get("/lost-sales/?state=sold").content.decode()
    assert "Taken later: WEB-" in text
    assert "Units lost a day" not in text


@pytest.mark.parametrize("query", ["q=MUG", "q=S1", "day=today", "since=2001-01-01&until=2001-01-02", "door=quote"])
def test_any_choice_can_be_shown(world: World, query: str) -> None:
    assert signed_in("planner").get(f"/lost-sales/?{query}").status_code == 200


def test_the_list_opens_with_the_last_days(world: World) -> None:
    assert signed_in("planner").get("/lost-sales/", follow=True).redirect_chain == [
        ("/lost-sales/?state=lost&day=last-30-days", 302)
    ]


def test_the_home_of_the_planner_tells_what_the_week_has_lost(world: World) -> None:
    cache.clear()
    text = signed_in("planner").get("/").content.decode()
    assert "Lost for want of stock" in text
    assert "€40.00" in text
    assert "Lost for want of stock" not in signed_in("store", location_id=world.store.pk).get("/").content.decode()


def test_the_page_asks_a_bounded_number_of_times(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    planner = signed_in("planner")
    planner.get(ALL)
    with django_assert_max_num_queries(14):
        planner.get(ALL)
