"""Pages, views of lists and actions by their name."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from core.models import SavedView
from tests.factories.people import signed_in
from tests.factories.world import World

pytestmark = pytest.mark.django_db


def offered(client: Client, text: str = "") -> dict[str, str]:
    """Commands of the palette: address by label."""
    groups = client.get("/search/palette/", {"q": text}).context["commands"]
    return {command.label: command.url for group in groups for command in group.commands}


@pytest.mark.parametrize("role", ["clerk", "store", "warehouse", "finance", "manager"])
def test_every_page_that_is_offered_opens(world: World, role: str) -> None:
    client = signed_in(role)

    for group in client.get("/search/").context["commands"]:
        for command in group.commands:
            assert client.get(command.url, follow=True).status_code == 200, command


def test_nothing_is_offered_that_does_not_open(world: World) -> None:
    assert "Ledger" not in offered(signed_in("clerk"))
    assert "Ledger" in offered(signed_in("finance"))


@pytest.mark.parametrize(
    ("text", "label"), [("new or", "New order"), ("stock", "Stock"), ("hold", "On hold"), ("orders", "Orders")]
)
def test_a_page_or_a_view_is_found_by_its_words(world: World, text: str, label: str) -> None:
    assert next(iter(offered(signed_in("manager"), text))) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [("français", "Switch to French"), ("dark", "Dark theme"), ("night", "Dark theme"), ("log out", "Sign out")],
)
def test_an_action_is_found_by_its_name_and_by_others(world: World, text: str, label: str) -> None:
    assert label in offered(signed_in("clerk"), text)


def test_saved_views_are_found_by_those_who_have_them(world: World) -> None:
    client, other = signed_in("clerk", name="anne"), signed_in("clerk")
    anne = get_user_model().objects.get(username="anne")
    view = SavedView.objects.create(list_name="orders", name="Big in Lyon", owner=anne, query="status=on_hold")

    assert offered(client, "big ly") == {"Big in Lyon": f"/orders/?view={view.pk}"}
    assert offered(other, "big ly") == {}


def test_a_switch_comes_back_to_the_page_it_was_asked_from(world: World) -> None:
    client = signed_in("clerk")

    html = client.get("/search/palette/", {"q": "dark"}, headers={"HX-Current-URL": "http://testserver/orders/?q=x"})

    assert 'name="next" value="http://testserver/orders/?q=x"' in html.content.decode()


def test_a_switch_never_leads_to_another_site(world: World) -> None:
    client = signed_in("clerk")

    html = client.get("/search/palette/", {"q": "dark"}, headers={"HX-Current-URL": "https://evil.example/"})

    assert 'name="next" value="/"' in html.content.decode()


def test_without_script_the_page_offers_the_same(world: World) -> None:
    client = signed_in("clerk")

    html = client.get("/search/").content.decode()

    for label in offered(client):
        assert label in html, label


def test_what_was_typed_is_kept(world: World) -> None:
    assert (
        'value="no such &lt;thing&gt;"' in signed_in("clerk").get("/search/", {"q": "no such <thing>"}).content.decode()
    )


def test_jumps_are_offered_for_what_opens(world: World) -> None:
    html = signed_in("clerk").get("/").content.decode()
    jumps = {key: url for url, key in re.findall(r'href="([^"]+)" data-jump="(\w)"', html)}

    assert jumps["o"] == "/orders/"
    assert "l" not in jumps, "the ledger is not a clerk's"
    assert len(jumps) == len(set(jumps.values()))
