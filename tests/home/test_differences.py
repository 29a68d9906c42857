"""Differences of counts that wait for somebody: beside their menu entry and on the home of those who decide."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.counts import bin_of, counted, of_articles, tolerate
from tests.factories.people import signed_in
from tests.factories.world import MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Two differences wait in Paris."""
    world = small_world(store_stock=4)
    tolerate(None, 0, "0", recounts=False)
    counted(bin_of(of_articles(world.store, MUG, VASE)), {MUG: 3, VASE: 3})
    return world


def badge(client: Client) -> str:
    nav: Any = client.get("/styleguide/").context["nav"]
    return next((str(each["count"]) for each in nav if each["route"] == "stock-counts"), "")


def test_who_decides_sees_how_many_differences_wait_beside_counts(world: World) -> None:
    assert badge(signed_in("manager")) == "2"
    assert badge(signed_in("planner", location_id=world.store.pk)) == "2"
    assert badge(signed_in("planner", location_id=world.warehouse.pk)) == "", "not those of other places"
    assert badge(signed_in("store", location_id=world.store.pk)) == "", "who counts is told nothing"


def test_the_home_of_who_decides_leads_to_them(world: World) -> None:
    for role in ("manager", "operations", "planner"):
        page = " ".join(signed_in(role).get("/").content.decode().split())
        assert "Differences to decide" in page and 'href="/counts/differences/?status=approve"' in page
    assert "Differences to decide" not in signed_in("warehouse").get("/").content.decode()


def test_menu_and_home_ask_for_them_once(world: World) -> None:
    client = signed_in("manager")
    with CaptureQueriesContext(connection) as asked:
        client.get("/")
    found = [q["sql"] for q in asked.captured_queries if "inventory_countline" in q["sql"] and "COUNT" in q["sql"]]
    assert len(found) == 1
