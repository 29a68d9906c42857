"""The home of each role: what needs that person now, with the very lists behind the numbers."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from backoffice.home import roles
from core.models import Grant
from orders.models import Hold, Order
from tests.factories.orders import placed, released, shipped
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db

ROLES = ("clerk", "store", "warehouse", "planner", "operations", "finance", "manager", "admin")


@pytest.fixture
def world() -> World:
    made = small_world()
    held, late, out = placed(), placed(), placed()
    released({MUG: 1})
    shipped()
    Hold.objects.create(order=held, kind="address", note="No such street", opened_by="rules")
    Order.objects.filter(pk=held.pk).update(status="on_hold")
    Order.objects.filter(pk=late.pk).update(promise_latest="2026-01-05")
    Order.objects.filter(pk=out.pk).update(status="backordered")
    return made


def opened(client: Client, language: str = "") -> str:
    if language:
        client.post("/language/", {"language": language})
    answer = client.get("/")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_a_home(world: World, role: str, language: str) -> None:
    page = opened(signed_in(role), language)

    assert len(re.findall('class="panel', page)) >= 3


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_a_home_in_a_company_without_data(role: str) -> None:
    page = opened(signed_in(role))

    assert 'class="home-empty"' in page


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_a_home_opens(world: World, role: str) -> None:
    client = signed_in(role)
    links = set(re.findall(r'href="(/[^"#]*)', opened(client).partition("<main")[2].partition("</main")[0]))

    refused = {link: status for link in links if (status := client.get(link).status_code) != 200}

    assert links and not refused


def rows_behind(client: Client, url: str) -> int:
    """How many rows the list has that a number leads to."""
    context: Any = client.get(url).context
    page = context["page"]
    assert not page.next
    return len(page.items)


@pytest.mark.parametrize("role", ["clerk", "operations", "finance", "manager", "admin", "planner"])
def test_a_number_is_the_length_of_the_list_behind_it(world: World, role: str) -> None:
    client = signed_in(role)
    figures = [
        f
        for f in client.get("/").context["figures"]
        if f.href
        and not f.href.startswith(("/work", "/people", "/jobs"))
        and f.value.isdigit()
        and f.label != "API keys in use"
    ]

    assert figures
    for figure in figures:
        assert rows_behind(client, figure.href) == int(figure.value), figure.label


def test_a_clerk_sees_who_waits_why_and_since_when(world: World) -> None:
    page = opened(signed_in("clerk"))

    assert "No such street" in page
    assert "days late" in page
    assert "Anne Bertin" in page


def test_a_store_sees_its_own_work_and_when_the_carrier_leaves(world: World) -> None:
    world.warehouse.cut_off = "16:30"
    world.warehouse.save()
    page = opened(signed_in("store", location_id=world.warehouse.pk))

    assert "Next to pick" in page
    assert "the carrier le" in page


def test_a_store_sees_nothing_of_another_place(world: World) -> None:
    page = opened(signed_in("store", location_id=world.store.pk))

    assert "Nothing waits to be picked" in page


def test_somebody_with_two_roles_has_each_section_once(world: World) -> None:
    client = signed_in("clerk")
    user_id = Grant.objects.get().user_id
    Grant.objects.create(user_id=user_id, role="finance")

    page = opened(client)

    ids = re.findall(r'<section class="panel" id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {"holds", "unpaid", "late", "payments", "refunds"} <= set(ids)


def test_every_section_belongs_to_a_home_and_every_home_to_sections() -> None:
    named = {section for sections in roles.HOMES.values() for section in sections}

    assert named == set(roles.SECTIONS)


@pytest.mark.parametrize(("role", "most"), [("clerk", 17), ("store", 17), ("finance", 17), ("manager", 22)])
def test_a_home_asks_for_little(world: World, role: str, most: int, django_assert_max_num_queries: Any) -> None:
    client = signed_in(role)
    client.get("/")

    with django_assert_max_num_queries(most):
        client.get("/")


def test_the_first_steps_tick_themselves_off() -> None:
    client = signed_in("admin")
    assert "0 of 7 done" in opened(client)

    small_world()

    assert "5 of 7 done" in opened(client)


def test_the_first_steps_leave_when_all_is_done(world: World) -> None:
    client = signed_in("admin")
    signed_in("clerk")

    assert "First steps" not in opened(client)


def test_somebody_without_a_role_is_told_what_to_do() -> None:
    client = signed_in("clerk")
    Grant.objects.all().delete()

    assert "You have no role yet" in opened(client)


def test_the_health_of_the_system_is_told_to_each_reader_in_their_language(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = "The broker does not answer. Orders are taken, but nothing that follows is done until it is back."
    monkeypatch.setattr("backoffice.health.facts._queued", lambda: None)
    cache.clear()

    assert finding in opened(signed_in("admin"), "en")
    assert finding not in opened(signed_in("operations"), "fr")


def test_the_figure_of_held_orders_says_which_are_for_others(world: World) -> None:
    other = placed()
    Hold.objects.create(order=other, kind="fraud_review", opened_by="rules")
    Order.objects.filter(pk=other.pk).update(status="on_hold")

    page = opened(signed_in("clerk"))

    assert "1 for you, 1 for others" in page
    assert "held 0 min" in page
    assert "No such street" in page
