"""Two who manage people change the same role or the same account: the second is told, and loses nothing typed."""

import re
from typing import Any

import pytest
from django.test import Client

from core.people import persons, roles
from core.people.persons import Details
from core.people.roles import Wish, role_by_code
from tests.factories.people import signed_in
from tests.people.making import acting, fresh, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def bruno() -> Client:
    return signed_in("admin", name="bruno")


@pytest.fixture
def claire() -> Any:
    return person("claire", "admin")


def version_in(text: str) -> str:
    found = re.search(r'name="version" value="([^"]+)"', text)
    assert found
    return found[1]


def shown(client: Client, path: str) -> str:
    """The version that the page at `path` carries in its form."""
    return version_in(client.get(path).content.decode())


# A role

ROLE = "/people/roles/store/"


def form(*permissions: str, **more: str) -> dict[str, Any]:
    now = role_by_code("store").wish
    named = {"name": now.name, "description": now.description, "idle_minutes": str(now.idle_minutes)}
    return named | {"permissions": permissions} | more


def narrowed(claire: Any) -> None:
    """Claire leaves the role two permissions."""
    now = role_by_code("store").wish
    wish = Wish(now.name, "For the shops", frozenset({"orders.view", "stock.view"}), now.needs_second_factor, 30)
    roles.change_role("store", wish, actor=acting(claire))


def test_who_changes_a_role_too_late_is_told_who_changed_what_and_what_they_meant(bruno: Client, claire: Any) -> None:
    version = shown(bruno, ROLE)
    narrowed(claire)

    answer = bruno.post(ROLE, form("orders.view", "mail.send", description="For <all>", version=version))
    text = answer.content.decode()

    assert answer.status_code == 412
    assert "claire" in text
    assert "For the shops" in text  # what she wrote
    assert "For &lt;all&gt;" in text  # what he typed
    assert text.count("− See stock") == 1  # what doing it all the same would take
    assert 'name="permissions" value="mail.send"' in text
    assert role_by_code("store").wish.permissions == {"orders.view", "stock.view"}


def test_a_role_is_changed_all_the_same_on_the_new_state(bruno: Client, claire: Any) -> None:
    typed = form("orders.view", "mail.send", version=shown(bruno, ROLE))
    narrowed(claire)
    stale = bruno.post(ROLE, typed).content.decode()

    assert bruno.post(ROLE, typed | {"version": version_in(stale)}).status_code == 302

    assert role_by_code("store").wish.permissions == {"orders.view", "mail.send"}


def test_looking_at_the_role_again_keeps_what_was_typed_on_the_new_version(bruno: Client, claire: Any) -> None:
    typed = form("orders.view", "mail.send", description="Typed", version=shown(bruno, ROLE))
    narrowed(claire)

    answer = bruno.post(ROLE, typed | {"look-again": "yes"})
    text = answer.content.decode()

    assert answer.status_code == 200
    assert "Typed" in text
    assert re.search(r'value="mail.send"[^>]* checked', text)
    assert not re.search(r'value="stock.view"[^>]* checked', text)
    assert bruno.post(ROLE, typed | {"version": version_in(text)}).status_code == 302


def test_the_same_change_of_a_role_by_both_is_one(bruno: Client, claire: Any) -> None:
    version = shown(bruno, ROLE)
    narrowed(claire)
    wish = role_by_code("store").wish

    assert bruno.post(ROLE, form(*wish.permissions, version=version)).status_code == 302


def test_twin_without_the_version_what_the_first_gave_is_lost(bruno: Client, claire: Any) -> None:
    narrowed(claire)

    bruno.post(ROLE, form("orders.view"))

    assert role_by_code("store").wish.permissions == {"orders.view"}  # the damage


# A person


@pytest.fixture
def anna() -> Any:
    return person("anna", "clerk", first_name="Anna", last_name="Petit")


def details(somebody: Any, **changed: str) -> dict[str, str]:
    return {name: getattr(somebody, name) for name in ("username", "email", "first_name", "last_name")} | changed


def married(anna: Any, claire: Any) -> None:
    """Claire writes down Anna's new name."""
    persons.change(anna.pk, Details(**details(anna, last_name="Durand")), actor=acting(claire))


def test_who_changes_a_person_too_late_is_told_and_loses_nothing(bruno: Client, claire: Any, anna: Any) -> None:
    version = shown(bruno, f"/people/{anna.pk}/")
    married(anna, claire)

    answer = bruno.post(f"/people/{anna.pk}/edit/", details(anna, email="anna@shop.example", version=version))
    text = answer.content.decode()

    assert answer.status_code == 412
    assert "claire" in text
    assert "Petit → Durand" in text
    assert "anna@shop.example" in text
    assert (fresh(anna).last_name, fresh(anna).email) == ("Durand", "anna@example.com")


def test_a_person_is_changed_all_the_same_or_after_another_look(bruno: Client, claire: Any, anna: Any) -> None:
    path = f"/people/{anna.pk}/edit/"
    typed = details(anna, email="anna@shop.example", version=shown(bruno, f"/people/{anna.pk}/"))
    married(anna, claire)
    stale = bruno.post(path, typed).content.decode()

    again = bruno.post(path, typed | {"look-again": "yes"})
    assert again.status_code == 200
    assert "anna@shop.example" in again.content.decode()
    assert version_in(again.content.decode()).partition("@")[0] == version_in(stale).partition("@")[0]

    assert bruno.post(path, typed | {"version": version_in(stale)}).status_code == 302
    assert (fresh(anna).last_name, fresh(anna).email) == ("Petit", "anna@shop.example")


def test_what_else_happens_to_a_person_makes_no_page_old(bruno: Client, claire: Any, anna: Any) -> None:
    version = shown(bruno, f"/people/{anna.pk}/")
    persons.reset_link(anna.pk, actor=acting(claire))

    answer = bruno.post(f"/people/{anna.pk}/edit/", details(anna, last_name="Durand", version=version))

    assert answer.status_code == 302


def test_twin_without_the_version_the_new_name_is_lost(bruno: Client, claire: Any, anna: Any) -> None:
    married(anna, claire)

    bruno.post(f"/people/{anna.pk}/edit/", details(anna, email="anna@shop.example"))

    assert fresh(anna).last_name == "Petit"  # the damage
