"""The list of people: found, narrowed, paged and written into files like any other, by those who manage people."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from core.actors import SYSTEM, Actor
from core.jobs import exporting, preparing, running
from core.models import Grant, Role
from core.people import persons
from core.people.persons import Details
from core.problems import Forbidden
from tests.factories.people import prove, signed_in
from tests.factories.world import World, small_world
from tests.people.making import acting, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world()


@pytest.fixture
def boss() -> Client:
    browser = Client()
    browser.force_login(person("boss", "admin"))
    prove(browser)
    return browser


@pytest.fixture
def crowd(world: World) -> None:
    """Anna and Bert of the shop, Clara of finance, Dora who has not come yet, Emil who has left."""
    person("anna", "store", world.store.pk, first_name="Anna", last_name="Petit")
    person("bert", "store", world.store.pk)
    person("clara", "finance")
    persons.take_on(Details("dora", "dora@example.com", "", ""), actor=SYSTEM)
    emil = person("emil", "clerk")
    persons.send_away(emil.pk, actor=SYSTEM)


def found(browser: Client, query: str) -> list[str]:
    return [row.item.username for row in browser.get(f"/people/?{query}").context["list"].rows]


def text(browser: Client, query: str) -> str:
    return browser.get(f"/people/?{query}").content.decode()


def test_it_opens_with_the_accounts_that_are_open(boss: Client, crowd: None) -> None:
    assert boss.get("/people/")["Location"] == "/people/?state=open"

    assert found(boss, "state=open") == ["anna", "bert", "boss", "clara", "dora"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=invited", ["dora"]),
        ("state=closed", ["emil"]),
        ("view=all", ["anna", "bert", "boss", "clara", "dora", "emil"]),
        ("role=store", ["anna", "bert"]),
        ("role=store&q=petit", ["anna"]),
        ("place=everywhere", ["boss", "clara", "emil"]),
        ("q=ANNA+example.com", ["anna"]),
        ("q=nobody", []),
        ("state=open&roleless=1", ["dora"]),
        ("owing=1", ["boss", "clara"]),
    ],
)
def test_it_is_narrowed(boss: Client, crowd: None, query: str, names: list[str]) -> None:
    Role.objects.filter(code="finance").update(needs_second_factor=True)
    Role.objects.filter(code="admin").update(needs_second_factor=True)

    assert found(boss, query) == names


def test_it_is_narrowed_to_a_place(boss: Client, crowd: None, world: World) -> None:
    assert found(boss, f"place={world.store.pk}") == ["anna", "bert"]
    assert found(boss, f"place={world.warehouse.pk}") == []
    assert found(boss, "place=nowhere") == []


def test_it_is_sorted_by_the_last_sign_in_and_those_who_never_came_are_last(boss: Client, crowd: None) -> None:
    get_user_model().objects.filter(username="clara").update(last_login="2026-01-01T12:00Z")

    newest, oldest = found(boss, "view=all&sort=-seen"), found(boss, "view=all&sort=seen")

    assert newest.index("clara") < newest.index("dora")
    assert oldest.index("clara") < oldest.index("dora")


def test_every_page_of_it_opens(boss: Client) -> None:
    for n in range(60):
        person(f"p{n:02}", "clerk")

    seen, cursor = [], ""
    while True:
        page = boss.get(f"/people/?view=all&size=25&cursor={cursor}").context["page"]
        seen += [each.username for each in page.items]
        cursor = page.next
        if not cursor:
            break

    assert seen == sorted(["boss", *(f"p{n:02}" for n in range(60))])
    back = boss.get(f"/people/?view=all&size=25&cursor={page.previous}").context["page"]
    assert back.items[-1].username == seen[49]


def test_a_row_tells_roles_places_and_how_they_sign_in(boss: Client, crowd: None, world: World) -> None:
    shown = text(boss, "q=anna")

    assert "Anna Petit" in shown
    assert "anna@example.com" in shown
    assert f"· {world.store.name}" in shown
    assert "None yet" in text(boss, "q=dora")
    assert "Invited" in text(boss, "q=dora")


@pytest.mark.parametrize("number", [1, 20])
def test_its_statements_do_not_grow_with_its_people(
    boss: Client, world: World, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        person(f"p{n}", "store", world.store.pk)
    text(boss, "view=all")
    with django_assert_num_queries(9):
        text(boss, "view=all")


def written(owner: Any) -> str:
    job = preparing.start_export("people", "csv", owner=owner, actor=Actor.of(owner), query="view=all")
    running.run_jobs()
    job.refresh_from_db()
    assert job.state == "done"
    return b"".join(exporting.pieces(job)).decode()


def test_a_file_of_it_is_for_those_who_manage_people_everywhere(crowd: None, world: World) -> None:
    everywhere, manager = person("root", "admin"), person("mia", "manager")
    here = person("here")
    Grant.objects.create(user=here, role="admin", location_id=world.store.pk)

    file = written(everywhere)
    assert "Anna Petit" in file
    assert world.store.name in file
    assert "<" not in file
    assert "anna" not in written(here).lower()
    with pytest.raises(Forbidden):
        preparing.start_export("people", "csv", owner=manager, actor=acting(manager), query="")


def test_a_page_of_it_is_for_those_who_manage_people_everywhere(world: World) -> None:
    assert signed_in("manager").get("/people/?view=all").status_code == 403
    assert signed_in("admin", location_id=world.store.pk).get("/people/?view=all").status_code == 403


def test_what_is_kept_of_it_is_kept_like_of_any_list(boss: Client, crowd: None) -> None:
    boss.post("/lists/people/views/", {"name": "Shop", "query": "role=store&sort=-seen"})

    assert "Shop" in text(boss, "view=all")


def test_the_home_counts_those_without_a_role_and_leads_to_them(boss: Client, crowd: None) -> None:
    home = boss.get("/").content.decode()

    assert "/people/?state=open&amp;roleless=1" in home
